/* buckets.c - scores dealt out to lists, and the lists put in order. */
#include "measure/buckets.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

/* More scores than that fill lists beyond what is sorted at once: all are dealt out again. */
#define MOST_AT_ONCE ((int64_t)RW_MOST_SORTED << RW_LIST_BITS)
/* Inside a bucket scores lie more evenly: its lists may be fuller, by so many bits fewer. */
enum { FULLER_BITS = 2 };
_Static_assert(RW_PLACE_BITS - 1 <= 3 + (RW_DEALINGS - 2) * RW_LIST_BITS,
               "dealings take all bits of a cell");
_Static_assert(RW_PLACE_BITS <= (RW_DEALINGS - 2) * RW_LIST_BITS,
               "dealings take all bits of a cell where labels come later");

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

/* Whether places get their labels when they are dealt out again: nobody asks for their order, and all of it is
 * dealt out again. Until then a place has room for more of its cell. */
static bool labels_come_later(int64_t n, bool keep)
{
    return !keep && n > MOST_AT_ONCE;
}

static size_t most_sections(int64_t n, size_t n_edge)
{
    return (size_t)(n / RW_SECTION) + n_edge + 2;
}

static uint64_t later_bytes(int64_t n, size_t n_edge, size_t lists)
{
    return most_sections(n, n_edge) * (4 * lists + 8) +
           4 * (rw_dealing_chunks(n, lists) + lists);
}

uint64_t rw_buckets_bytes(int64_t n, size_t n_edge, bool keep)
{
    const size_t lists = (size_t)1 << rw_dealing_bits(n);
    /* lists that are dealt out again are two or three times the average where scores are dense */
    const int64_t again = 4 * n / (int64_t)lists + RW_MOST_SORTED;
    return rw_dealing_bytes(n, lists) + 4 * (uint64_t)n_edge * lists +
           (RW_DEALINGS - 1) * rw_dealing_bytes(again, RW_MOST_LISTS) +
           (uint64_t)RW_MOST_LISTS * 12 +
           (labels_come_later(n, keep) ? later_bytes(n, n_edge, lists) : 0) +
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
    if (labels_come_later(n, keep)) {
        const size_t most = most_sections(n, n_edge);
        b->section = rw_array(most * lists, sizeof *b->section);
        b->section_at = rw_array(most, sizeof *b->section_at);
        b->chunk = rw_array(rw_dealing_chunks(n, lists), sizeof *b->chunk);
        b->first_chunk = rw_array(lists, sizeof *b->first_chunk);
        ok = ok && b->section && b->section_at && b->chunk && b->first_chunk;
    }
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
    rw_free(b->section);
    rw_free(b->section_at);
    rw_free(b->chunk);
    rw_free(b->first_chunk);
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
    return ((uint64_t)bucket << b->by.low_bits) + ((uint32_t)place >> b->by.label_bits);
}

/* Numbers of cells such that all bounds of N15 hold; where there are none, one cell for all. */
static void choose_cells(rw_buckets *b, double t_error, double least, double most)
{
    const double range = most - least;
    int label_bits = 1;
    while ((size_t)1 << label_bits < b->edges.n) /* one more than there are stretches */
        label_bits++;
    const int64_t n = b->edges.at[b->edges.n - 1];
    const bool later = b->section && n > MOST_AT_ONCE;
    b->n_bucket = (size_t)1 << rw_dealing_bits(n);
    b->label_bits = label_bits;
    b->by = (rw_cell_map){.least = least, .label_bits = later ? 0 : label_bits};
    for (int low_bits = later ? RW_WIDE_BITS : RW_PLACE_BITS - label_bits; low_bits >= 6;
         low_bits--) {
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

/* Places of the first dealing may have no labels yet. */
static bool is_unlabelled(const rw_buckets *b, size_t depth)
{
    return depth == 0 && b->by.label_bits == 0;
}

/* How many scores each bucket has from the distances below m. */
static void note_section(rw_buckets *b, int64_t m)
{
    b->section_at[b->n_section] = m;
    rw_dealing_lengths(&b->dealing[0], b->n_bucket,
                       b->section + b->n_section * b->n_bucket);
    b->n_section++;
}

ropewalk_status rw_buckets_fill(rw_buckets *b, const rw_kernels *kernels, const double *t,
                                const rw_edges *edges, double t_error, double least,
                                double most, ropewalk_error *err)
{
    uint32_t list[RW_CELL_STRIP];
    int32_t place[RW_CELL_STRIP];
    int64_t next_section = 0;
    rw_dealing *d = &b->dealing[0];
    b->kernels = kernels;
    b->t = t;
    b->edges = *edges;
    choose_cells(b, t_error, least, most);
    if (!rw_dealing_begin(d, edges->at[edges->n - 1], b->n_bucket))
        return rw_fail_memory(err, "buckets of scores");
    const bool is_later = is_unlabelled(b, 0);
    rw_dealing_lengths(d, b->n_bucket, b->row);
    b->n_section = 0;
    for (size_t e = 1; e < edges->n; e++) {
        for (int64_t m = edges->at[e - 1], end = edges->at[e]; m < end;
             m += RW_CELL_STRIP) {
            const size_t n = end - m < RW_CELL_STRIP ? (size_t)(end - m) : RW_CELL_STRIP;
            if (is_later && m >= next_section) {
                note_section(b, m);
                next_section = m + RW_SECTION;
            }
            kernels->cells(&b->by, t + m, n, is_later ? 0 : (int32_t)e - 1, list, place);
            const double *next = t + m + RW_CELL_STRIP; /* fetched while this is dealt */
            for (size_t i = 0; i < RW_CELL_STRIP && end - m >= (int64_t)2 * RW_CELL_STRIP;
                 i += 8)
                __builtin_prefetch(next + i);
            rw_dealing_add(d, list, place, n);
        }
        rw_dealing_lengths(d, b->n_bucket, b->row + e * b->n_bucket);
    }
    if (is_later) note_section(b, edges->at[edges->n - 1]); /* where the last one ends */
    rw_dealing_end(d, b->n_bucket);
    if (is_later) rw_dealing_index(d, b->n_bucket, b->chunk, b->first_chunk);
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

/* Where the cells of a dealing's lists begin: the i-th at `cell` + i * `step`. */
typedef struct origin {
    uint64_t cell, step;
} origin;

static uint64_t cell_of(const rw_buckets *b, const origin *from, size_t list,
                        int32_t place)
{
    return from->cell + list * from->step + ((uint32_t)place >> b->label_bits);
}

/* Cells of one list, one by one. */
static bool go_through(rw_buckets *b, const rw_dealing *d, size_t list,
                       const origin *from)
{
    int32_t place[RW_MOST_SORTED];
    rw_ends ends;
    uint32_t close;
    const rw_lists one = rw_dealing_lists(d, list);
    (void)b->kernels->order(&one, 1, b->label_bits, NULL, 0, place, &ends, &close);
    for (uint32_t i = 0; i < d->n[list]; i++)
        if (!go_on(b, cell_of(b, from, list, place[i]))) return false;
    return true;
}

/* Lists first .. end - 1, none of them crowded. */
static bool order_lists(rw_buckets *b, const counting *c, const rw_dealing *d,
                        size_t first, size_t end, const origin *from)
{
    const rw_lists lists = rw_dealing_lists(d, first);
    const size_t n_close =
        b->kernels->order(&lists, end - first, b->label_bits, c->window, c->n_window,
                          b->sorted ? b->sorted + b->n_sorted : NULL, b->ends, b->list);
    size_t next = 0;
    bool ok = true;
    for (size_t i = first; i < end && ok; i++) {
        const rw_ends at = b->ends[i - first];
        b->n_sorted += d->n[i];
        if (next < n_close && b->list[next] == i - first) {
            next++;
            ok = go_through(b, d, i, from);
        } else if (d->n[i]) {
            ok = go_on(b, cell_of(b, from, i, at.lowest));
            b->last_cell = cell_of(b, from, i, at.highest);
        }
    }
    return ok;
}

/* A list whose places are of one cell: it is in the order of labels. */
static bool count_one_cell(rw_buckets *b, const counting *c, const rw_dealing *d,
                           size_t list, const origin *from)
{
    uint64_t of_label[RW_MOST_LABELS + 1] = {0};
    rw_list_reader r = rw_list_read(d, list, NULL);
    const int32_t some = d->place[(size_t)r.chunk * RW_CHUNK];
    while (r.left) {
        size_t n;
        const int32_t *place = rw_list_next(&r, &n);
        for (size_t i = 0; i < n; i++)
            of_label[place[i] & ((1 << b->label_bits) - 1)]++;
        if (b->sorted) memcpy(b->sorted + b->n_sorted, place, n * sizeof *place);
        b->n_sorted += n;
    }
    for (size_t w = 0; w < c->n_window; w++)
        for (uint32_t label = 0; label <= RW_MOST_LABELS; label++) {
            rw_sides *at = &c->window[w];
            if (at->far >> label & 1) at->above += at->seen * of_label[label];
            if (at->near >> label & 1) at->seen += of_label[label];
        }
    const uint64_t cell = cell_of(b, from, list, some);
    bool ok = go_on(b, cell);
    if (ok) ok = go_on(b, cell); /* more than one: in doubt among themselves */
    return ok;
}

static bool order_all(rw_buckets *b, const counting *c, size_t depth, size_t n_list,
                      const origin *from, int shift);

/* Deal out one list's places, in the order of distance: what has no label yet gets that of its stretch. */
static void deal_again(const rw_buckets *b, rw_list_reader *from, size_t list,
                       const rw_split *by, rw_dealing *to)
{
    /* of that list below the first edge, the second, .. */
    const uint32_t *row = by->label_bits ? b->row + list : NULL;
    size_t label = 0, at = 0;
    while (from->left) {
        size_t n, end;
        const int32_t *place = rw_list_next(from, &n);
        for (size_t i = 0; i < n; i = end) {
            uint32_t next[RW_CHUNK];
            int32_t remains[RW_CHUNK];
            end = n;
            if (row) {
                while (row[(label + 1) * b->n_bucket] <= at + i)
                    label++;
                const size_t stretch = row[(label + 1) * b->n_bucket] - at;
                end = stretch < n ? stretch : n;
            }
            b->kernels->split(by, place + i, end - i, (uint32_t)label, next, remains);
            rw_dealing_add(to, next, remains, end - i);
        }
        at += n;
    }
}

/* A list dealt out again by the bits below `shift`: a crowded one, or any whose places have no labels. */
static bool order_again(rw_buckets *b, const counting *c, size_t depth, size_t list,
                        const origin *from, int shift)
{
    const rw_dealing *d = &b->dealing[depth];
    const bool is_later = is_unlabelled(b, depth);
    const int left = is_later ? shift : shift - b->label_bits,
              most = is_later ? RW_PLACE_BITS - b->label_bits : shift;
    int bits = depth == 0 ? rw_dealing_bits(d->n[list]) - FULLER_BITS : RW_LIST_BITS;
    if (bits < shift - most) bits = shift - most; /* so that labels have room */
    if (bits < 0) bits = 0;
    if (bits > left) bits = left;
    if (left == 0) return count_one_cell(b, c, d, list, from);
    rw_dealing *to = &b->dealing[depth + 1];
    const size_t n_list = (size_t)1 << bits;
    const int below = shift - bits;
    if (!rw_dealing_begin(to, d->n[list], n_list)) return false;
    const rw_split by = {.below = below,
                         .lists = (uint32_t)n_list - 1,
                         .kept = is_later ? ((uint32_t)1 << below) - 1 : UINT32_MAX,
                         .label_bits = is_later ? b->label_bits : 0};
    rw_list_reader r =
        rw_list_read(d, list, is_later ? b->chunk + b->first_chunk[list] : NULL);
    deal_again(b, &r, list, &by, to);
    rw_dealing_end(to, n_list);
    const origin whole = {from->cell + list * from->step, 0},
                 parts = {whole.cell, (uint64_t)1 << below};
    return order_all(b, c, depth + 1, n_list, is_later ? &parts : &whole,
                     is_later ? below + b->label_bits : below);
}

/* All lists of a dealing, ascending. The second one takes three bits of a crowded list or more, those after it
 * ten, or all that are left: there are enough of them. */
static bool order_all(rw_buckets *b, const counting *c, size_t depth, size_t n_list,
                      const origin *from, int shift)
{
    const rw_dealing *d = &b->dealing[depth];
    const uint32_t most = is_unlabelled(b, depth) ? 0 : RW_MOST_SORTED;
    for (size_t i = 0, end; i < n_list; i = end + 1) {
        for (end = i; end < n_list && d->n[end] <= most;)
            end++;
        if (end > i && !order_lists(b, c, d, i, end, from)) return false;
        if (end < n_list && !order_again(b, c, depth, end, from, shift)) return false;
    }
    return true;
}

bool rw_buckets_order(rw_buckets *b, rw_sides *window, size_t n_window)
{
    const counting c = {window, n_window};
    b->n_close = b->n_sorted = 0;
    b->n_label = b->edges.n - 1;
    b->any = false;
    const origin from = {0, (uint64_t)1 << b->by.low_bits};
    return order_all(b, &c, 0, b->n_bucket, &from, b->by.low_bits + b->by.label_bits);
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
    (void)b->kernels->select(b->sorted, b->n_sorted, b->label_bits,
                             (int32_t)number_of(&b->edges, from),
                             (int32_t)number_of(&b->edges, to), b->label_bits, b->cell);
}

void rw_buckets_forget(rw_buckets *b, int64_t from)
{
    const size_t end = number_of(&b->edges, from);
    if (end >= b->n_label) return;
    b->n_label = end;
    b->n_sorted = b->kernels->select(b->sorted, b->n_sorted, b->label_bits, 0,
                                     (int32_t)end, 0, b->sorted);
}
