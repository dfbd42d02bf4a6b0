/* buckets.c - scores dealt out to lists, and the lists put in order. */
#include "measure/buckets.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

enum { STRIP = 256 };
_Static_assert(RW_PLACE_BITS - 1 <= 5 + (RW_DEALINGS - 2) * RW_LIST_BITS,
               "dealings take all bits of a cell");

bool rw_edges_add(rw_edges *e, int64_t edge)
{
    size_t at = 0;
    while (at < e->n && e->at[at] < edge)
        at++;
    if (at < e->n && e->at[at] == edge) return true;
    if (e->n == RW_MAX_EDGE) return false;
    memmove(e->at + at + 1, e->at + at, (e->n - at) * sizeof *e->at);
    e->at[at] = edge;
    e->n++;
    return true;
}

uint64_t rw_buckets_bytes(int64_t n, size_t n_edge, bool keep)
{
    const size_t lists = (size_t)1 << rw_dealing_bits(n);
    /* lists that are dealt out again are two or three times the average where scores are dense */
    const int64_t again = 4 * n / (int64_t)lists + RW_MOST_SORTED;
    return rw_dealing_bytes(n, lists) + 4 * (uint64_t)n_edge * lists +
           (RW_DEALINGS - 1) * rw_dealing_bytes(again, RW_MOST_LISTS) +
           (uint64_t)RW_MOST_LISTS * 12 +
           (keep ? 8 * ((uint64_t)n + RW_READ_BEYOND + RW_MOST_LISTS + 3) : 0);
}

ropewalk_status rw_buckets_init(rw_buckets *b, int64_t n, size_t n_edge, bool keep,
                                ropewalk_error *err)
{
    *b = (rw_buckets){.kernels = NULL};
    const size_t lists = (size_t)1 << rw_dealing_bits(n);
    b->row = rw_array(lists * n_edge, sizeof *b->row);
    b->ends = rw_array(RW_MOST_LISTS, sizeof *b->ends);
    b->list = rw_array(RW_MOST_LISTS, sizeof *b->list);
    bool ok = b->row && b->ends && b->list && rw_dealing_begin(&b->dealing[0], n, lists);
    if (keep) {
        b->sorted = rw_array((size_t)n + RW_READ_BEYOND, sizeof *b->sorted);
        b->cell = rw_calloc((size_t)n + RW_READ_BEYOND, sizeof *b->cell);
        b->begin = rw_array(RW_MOST_LISTS + 3, sizeof *b->begin);
        ok = ok && b->sorted && b->cell && b->begin;
    }
    if (ok) return ROPEWALK_OK;
    rw_buckets_clear(b);
    return rw_fail_memory(err, "buckets of scores");
}

void rw_buckets_clear(rw_buckets *b)
{
    rw_free(b->row);
    rw_free(b->sorted);
    rw_free(b->cell);
    rw_free(b->begin);
    rw_free(b->close);
    rw_free(b->ends);
    rw_free(b->list);
    for (int i = 0; i < RW_DEALINGS; i++)
        rw_dealing_clear(&b->dealing[i]);
    *b = (rw_buckets){.kernels = NULL};
}

static size_t number_of(const rw_edges *edges, int64_t edge)
{
    size_t i = 0;
    while (edges->at[i] < edge)
        i++;
    return i;
}

const uint32_t *rw_buckets_row(const rw_buckets *b, int64_t edge)
{
    return b->row + number_of(&b->edges, edge) * b->n_bucket;
}

uint64_t rw_buckets_cell(const rw_buckets *b, size_t bucket, int32_t place)
{
    return ((uint64_t)bucket << b->by.low_bits) + (uint64_t)(place >> b->by.label_bits);
}

/* Numbers of cells such that all bounds of N15 hold; where there are none, one cell for all. */
static void choose_cells(rw_buckets *b, double t_error, double least, double most)
{
    const double range = most - least;
    int label_bits = 1;
    while ((size_t)1 << label_bits < b->edges.n) /* one more than there are stretches */
        label_bits++;
    b->n_bucket = (size_t)1 << rw_dealing_bits(b->edges.at[b->edges.n - 1]);
    b->by = (rw_cell_map){.least = least, .label_bits = label_bits};
    for (int low_bits = RW_PLACE_BITS - label_bits; low_bits >= 6; low_bits--) {
        const double cells = (double)((uint64_t)b->n_bucket << low_bits),
                     scale = (cells - 2 * RW_CELL_ORIGIN) / range;
        if (!(range > 0.0 && isfinite(range)) || !isfinite(scale)) break;
        if (!(t_error * scale <= 0.125)) continue;
        b->by.scale = scale;
        b->by.low_bits = low_bits;
        return;
    }
    b->by.low_bits = 6;
    b->n_bucket = 1;
}

ropewalk_status rw_buckets_fill(rw_buckets *b, const rw_kernels *kernels, const double *t,
                                const rw_edges *edges, double t_error, double least,
                                double most, ropewalk_error *err)
{
    uint32_t list[STRIP];
    int32_t place[STRIP];
    rw_dealing *d = &b->dealing[0];
    b->kernels = kernels;
    b->t = t;
    b->edges = *edges;
    choose_cells(b, t_error, least, most);
    if (!rw_dealing_begin(d, edges->at[edges->n - 1], b->n_bucket))
        return rw_fail_memory(err, "buckets of scores");
    rw_dealing_lengths(d, b->n_bucket, b->row);
    for (size_t e = 1; e < edges->n; e++) {
        for (int64_t m = edges->at[e - 1], end = edges->at[e]; m < end; m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            kernels->cells(&b->by, t + m, n, (int32_t)e - 1, list, place);
            const double *next = t + m + STRIP; /* fetched while this is dealt */
            for (size_t i = 0; i < STRIP && end - m >= (int64_t)2 * STRIP; i += 8)
                __builtin_prefetch(next + i);
            rw_dealing_add(d, list, place, n);
        }
        rw_dealing_lengths(d, b->n_bucket, b->row + e * b->n_bucket);
    }
    rw_dealing_end(d, b->n_bucket);
    return ROPEWALK_OK;
}

/* Two neighbours whose order their cells do not tell; runs of such are one range. */
static bool note_close(rw_buckets *b, uint64_t low, uint64_t high)
{
    if (b->n_close && low <= b->close[b->n_close - 1].high) {
        b->close[b->n_close - 1].high = high;
        return true;
    }
    if (b->n_close == b->cap_close) {
        const size_t cap = b->cap_close ? 2 * b->cap_close : 64;
        rw_cell_range *more = rw_realloc(b->close, cap, sizeof *more);
        if (!more) return false;
        b->close = more;
        b->cap_close = cap;
    }
    b->close[b->n_close++] = (rw_cell_range){low, high};
    return true;
}

/* The next cell in order. */
static bool go_on(rw_buckets *b, uint64_t cell)
{
    if (b->any && cell - b->last_cell <= 1 && !note_close(b, b->last_cell, cell))
        return false;
    b->any = true;
    b->last_cell = cell;
    return true;
}

/* What is counted while lists are put in order. */
typedef struct counting {
    rw_sides *window;
    size_t n_window;
} counting;

/* Cells of one list, one by one. */
static bool go_through(rw_buckets *b, const rw_dealing *d, size_t list, size_t bucket)
{
    int32_t place[RW_MOST_SORTED];
    rw_ends ends;
    uint32_t close;
    const rw_lists one = rw_dealing_lists(d, list);
    (void)b->kernels->order(&one, 1, b->by.label_bits, NULL, 0, place, &ends, &close);
    for (uint32_t i = 0; i < d->n[list]; i++)
        if (!go_on(b, rw_buckets_cell(b, bucket, place[i]))) return false;
    return true;
}

/* Lists first .. end - 1, none of them crowded; buckets, or all of one bucket. */
static bool order_lists(rw_buckets *b, const counting *c, const rw_dealing *d,
                        size_t first, size_t end, const size_t *bucket)
{
    const rw_lists lists = rw_dealing_lists(d, first);
    const size_t n_close =
        b->kernels->order(&lists, end - first, b->by.label_bits, c->window, c->n_window,
                          b->sorted ? b->sorted + b->n_sorted : NULL, b->ends, b->list);
    size_t next = 0;
    bool ok = true;
    for (size_t i = first; i < end && ok; i++) {
        const size_t in = bucket ? *bucket : i;
        const rw_ends at = b->ends[i - first];
        b->n_sorted += d->n[i];
        if (next < n_close && b->list[next] == i - first) {
            next++;
            ok = go_through(b, d, i, in);
        } else if (d->n[i]) {
            ok = go_on(b, rw_buckets_cell(b, in, at.lowest));
            b->last_cell = rw_buckets_cell(b, in, at.highest);
        }
    }
    return ok;
}

/* A list whose places are of one cell: it is in the order of labels. */
static bool count_one_cell(rw_buckets *b, const counting *c, const rw_dealing *d,
                           size_t list, size_t bucket)
{
    uint64_t of_label[RW_MOST_LABELS + 1] = {0};
    rw_list_reader r = rw_list_read(d, list);
    const int32_t some = d->place[(size_t)r.chunk * RW_CHUNK];
    while (r.left) {
        size_t n;
        const int32_t *place = rw_list_next(&r, &n);
        for (size_t i = 0; i < n; i++)
            of_label[place[i] & ((1 << b->by.label_bits) - 1)]++;
        if (b->sorted) memcpy(b->sorted + b->n_sorted, place, n * sizeof *place);
        b->n_sorted += n;
    }
    for (size_t w = 0; w < c->n_window; w++)
        for (uint32_t label = 0; label <= RW_MOST_LABELS; label++) {
            rw_sides *at = &c->window[w];
            if (at->far >> label & 1) at->above += at->seen * of_label[label];
            if (at->near >> label & 1) at->seen += of_label[label];
        }
    const uint64_t cell = rw_buckets_cell(b, bucket, some);
    bool ok = go_on(b, cell);
    if (ok) ok = go_on(b, cell); /* more than one: in doubt among themselves */
    return ok;
}

static bool order_all(rw_buckets *b, const counting *c, size_t depth, size_t n_list,
                      const size_t *bucket, int shift);

/* A crowded list, dealt out again by the bits below `shift`. */
static bool order_crowded(rw_buckets *b, const counting *c, size_t depth, size_t list,
                          size_t bucket, int shift)
{
    const rw_dealing *from = &b->dealing[depth];
    const int left = shift - b->by.label_bits,
              wanted = depth == 0 ? rw_dealing_bits(from->n[list]) : RW_LIST_BITS,
              bits = wanted < left ? wanted : left;
    if (bits == 0) return count_one_cell(b, c, from, list, bucket);
    rw_dealing *to = &b->dealing[depth + 1];
    const size_t n_list = (size_t)1 << bits;
    const int below = shift - bits;
    if (!rw_dealing_begin(to, from->n[list], n_list)) return false;
    rw_list_reader r = rw_list_read(from, list);
    while (r.left) {
        size_t n;
        const int32_t *place = rw_list_next(&r, &n);
        uint32_t next[RW_CHUNK];
        for (size_t i = 0; i < n; i++)
            next[i] = (uint32_t)place[i] >> below & (uint32_t)(n_list - 1);
        rw_dealing_add(to, next, place, n);
    }
    rw_dealing_end(to, n_list);
    return order_all(b, c, depth + 1, n_list, &bucket, below);
}

/* All lists of a dealing, ascending. The second one takes five bits or more, those after it ten, or all that
 * are left: there are enough of them. */
static bool order_all(rw_buckets *b, const counting *c, size_t depth, size_t n_list,
                      const size_t *bucket, int shift)
{
    const rw_dealing *d = &b->dealing[depth];
    for (size_t i = 0, end; i < n_list; i = end + 1) {
        for (end = i; end < n_list && d->n[end] <= RW_MOST_SORTED;)
            end++;
        if (end > i && !order_lists(b, c, d, i, end, bucket)) return false;
        if (end < n_list &&
            !order_crowded(b, c, depth, end, bucket ? *bucket : end, shift))
            return false;
    }
    return true;
}

bool rw_buckets_order(rw_buckets *b, rw_sides *window, size_t n_window)
{
    const counting c = {window, n_window};
    b->n_close = b->n_sorted = 0;
    b->n_label = b->edges.n - 1;
    b->any = false;
    return order_all(b, &c, 0, b->n_bucket, NULL, b->by.low_bits + b->by.label_bits);
}

void rw_buckets_select(rw_buckets *b, int64_t from, int64_t to)
{
    const uint32_t *first = rw_buckets_row(b, from), *end = rw_buckets_row(b, to);
    size_t n = 0;
    for (size_t i = 0; i < b->n_bucket; i++) {
        b->begin[i] = n;
        n += end[i] - first[i];
    }
    for (size_t i = 0; i < 3; i++)
        b->begin[b->n_bucket + i] = n;
    (void)b->kernels->select(
        b->sorted, b->n_sorted, b->by.label_bits, (int32_t)number_of(&b->edges, from),
        (int32_t)number_of(&b->edges, to), b->by.label_bits, b->cell);
}

void rw_buckets_forget(rw_buckets *b, int64_t from)
{
    const size_t end = number_of(&b->edges, from);
    if (end >= b->n_label) return;
    b->n_label = end;
    b->n_sorted = b->kernels->select(b->sorted, b->n_sorted, b->by.label_bits, 0,
                                     (int32_t)end, 0, b->sorted);
}

/* Which scores are worth a closer look: those whose cells' upper bits a map has, a bit each. */
typedef struct range_map {
    uint32_t *bit;
    int shift; /* from a cell to its number in the map */
} range_map;

static bool map_ranges(const rw_buckets *b, const rw_cell_range *range, size_t n,
                       int bits, range_map *map)
{
    map->shift = b->by.low_bits > bits ? b->by.low_bits - bits : 0;
    const uint64_t last = ((uint64_t)b->n_bucket << (b->by.low_bits - map->shift)) - 1;
    map->bit = rw_calloc((size_t)last / 32 + 1, sizeof *map->bit);
    for (size_t r = 0; map->bit && r < n; r++) {
        const uint64_t low = range[r].low ? range[r].low - 1 : 0,
                       high = range[r].high + 1;
        for (uint64_t i = low >> map->shift; i <= high >> map->shift && i <= last; i++)
            map->bit[i / 32] |= (uint32_t)1 << i % 32;
    }
    return map->bit != NULL;
}

static bool is_mapped(const range_map *map, uint64_t cell)
{
    const uint64_t i = cell >> map->shift;
    return map->bit[i / 32] >> i % 32 & 1;
}

static bool in_a_range(const rw_cell_range *range, size_t n, uint64_t cell)
{
    size_t from = 0, to = n;
    while (from < to) { /* the first that ends at the cell or beyond */
        const size_t mid = from + (to - from) / 2;
        if (range[mid].high < cell)
            from = mid + 1;
        else
            to = mid;
    }
    return from < n && range[from].low <= cell;
}

/* A map that the nearest cache holds, and a finer one for the few in a hundred that it lets pass where there are
 * thousands of ranges. */
enum { COARSE_BITS = 8, FINE_BITS = 12 };

bool rw_buckets_each(const rw_buckets *b, const rw_cell_range *range, size_t n_range,
                     int64_t limit, bool (*found)(void *ctx, uint32_t m, uint64_t cell),
                     void *ctx)
{
    uint32_t bucket[STRIP], which[STRIP + RW_READ_BEYOND];
    int32_t place[STRIP];
    range_map map = {.bit = NULL}, fine = {.bit = NULL};
    bool ok = map_ranges(b, range, n_range, COARSE_BITS, &map) &&
              (n_range < 64 || map_ranges(b, range, n_range, FINE_BITS, &fine));
    for (size_t e = 1; e < b->edges.n && ok; e++)
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e];
             m < end && m < limit && ok; m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            const size_t n_which =
                b->kernels->mapped(&b->by, b->t + m, n, map.bit, map.shift, which);
            if (n_which)
                b->kernels->cells(&b->by, b->t + m, n, (int32_t)e - 1, bucket, place);
            for (size_t j = 0; j < n_which && ok; j++) {
                const uint32_t i = which[j];
                const uint64_t cell = rw_buckets_cell(b, bucket[i], place[i]);
                if (m + (int64_t)i < limit && (!fine.bit || is_mapped(&fine, cell)) &&
                    in_a_range(range, n_range, cell))
                    ok = found(ctx, (uint32_t)m + i, cell);
            }
        }
    rw_free(map.bit);
    rw_free(fine.bit);
    return ok;
}
