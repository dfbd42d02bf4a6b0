/* lookup.c - few ranges by the lists of their buckets, many in one pass over all scores. */
#include "measure/lookup.h"

#include "base/alloc.h"

/* --- by lists: a list is in the order of distances, so that a place in it is from a section that is known -------- */
/* Places of one bucket, `low` to `low` + `width`, wanted from one section. */
typedef struct visit {
    uint32_t bucket, low, width;
    size_t section;
} visit;

typedef struct visits {
    visit *visit; /* [n_section]: with more a pass over all scores takes less */
    size_t n;
    int64_t walked; /* places looked at, at most as many as there are */
} visits;

/* The section that a list's `at`-th place is from. */
static size_t section_of(const rw_buckets *b, uint32_t bucket, size_t at)
{
    size_t low = 0, high = b->n_section - 1;
    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;
        if (b->section[mid * b->n_bucket + bucket] <= at)
            low = mid;
        else
            high = mid;
    }
    return low;
}

/* False when there are too many. */
static bool add_visits(const rw_buckets *b, visits *v, uint32_t bucket, uint32_t low,
                       uint32_t width)
{
    const size_t first = v->n;
    rw_list_reader r =
        rw_list_read(&b->dealing[0], bucket, b->chunk + b->first_chunk[bucket]);
    v->walked += r.left;
    if (v->walked > b->edges.at[b->edges.n - 1]) return false;
    for (size_t at = 0, n; r.left; at += n) {
        const int32_t *place = rw_list_next(&r, &n);
        for (size_t i = 0; i < n; i++) {
            if ((uint32_t)place[i] - low > width) continue;
            const size_t section = section_of(b, bucket, at + i);
            if (v->n > first && v->visit[v->n - 1].section == section) continue;
            if (v->n == b->n_section) return false;
            v->visit[v->n++] = (visit){bucket, low, width, section};
        }
    }
    return true;
}

static bool plan_visits(const rw_buckets *b, const rw_cell_range *range, size_t n,
                        visits *v)
{
    const uint64_t cells = (uint64_t)1 << b->by.low_bits;
    for (size_t r = 0; r < n; r++) {
        const uint64_t last = range[r].high >> b->by.low_bits;
        for (uint64_t i = range[r].low >> b->by.low_bits; i <= last && i < b->n_bucket;
             i++) {
            const uint64_t from = i * cells,
                           low = range[r].low > from ? range[r].low - from : 0,
                           high = i < last ? cells - 1 : range[r].high - from;
            if (!add_visits(b, v, (uint32_t)i, (uint32_t)low, (uint32_t)(high - low)))
                return false;
        }
    }
    return true;
}

/* In the strips in which the scores were dealt out: they have the same cells again. */
static bool go_there(const rw_buckets *b, const visit *v, int64_t limit,
                     rw_lookup_found found, void *ctx)
{
    uint32_t bucket[RW_CELL_STRIP];
    int32_t place[RW_CELL_STRIP];
    const int64_t end = b->section_at[v->section + 1];
    size_t e = 1;
    for (int64_t m = b->section_at[v->section], next; m < end && m < limit; m = next) {
        while (b->edges.at[e] <= m)
            e++;
        next = m + RW_CELL_STRIP < b->edges.at[e] ? m + RW_CELL_STRIP : b->edges.at[e];
        const size_t n = (size_t)(next - m);
        b->kernels->cells(&b->by, b->t + m, n, 0, bucket, place);
        for (size_t i = 0; i < n && m + (int64_t)i < limit; i++)
            if (bucket[i] == v->bucket && (uint32_t)place[i] - v->low <= v->width &&
                !found(ctx, (uint32_t)m + (uint32_t)i,
                       rw_buckets_cell(b, bucket[i], place[i])))
                return false;
    }
    return true;
}

/* --- in one pass ------------------------------------------------------------------------------------------------- */
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

static bool in_one_pass(const rw_buckets *b, const rw_cell_range *range, size_t n_range,
                        int64_t limit, rw_lookup_found found, void *ctx)
{
    uint32_t bucket[RW_CELL_STRIP], which[RW_CELL_STRIP + RW_READ_BEYOND];
    int32_t place[RW_CELL_STRIP];
    range_map map = {.bit = NULL}, fine = {.bit = NULL};
    bool ok = map_ranges(b, range, n_range, COARSE_BITS, &map) &&
              (n_range < 64 || map_ranges(b, range, n_range, FINE_BITS, &fine));
    for (size_t e = 1; e < b->edges.n && ok; e++)
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e];
             m < end && m < limit && ok; m += RW_CELL_STRIP) {
            const size_t n = end - m < RW_CELL_STRIP ? (size_t)(end - m) : RW_CELL_STRIP;
            const size_t n_which =
                b->kernels->mapped(&b->by, b->t + m, n, map.bit, map.shift, which);
            if (n_which) b->kernels->cells(&b->by, b->t + m, n, 0, bucket, place);
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

bool rw_lookup(const rw_buckets *b, const rw_cell_range *range, size_t n, int64_t limit,
               rw_lookup_found found, void *ctx)
{
    visits v = {.n = 0};
    if (n && n < b->n_section) {
        v.visit = rw_array(b->n_section, sizeof *v.visit);
        if (!v.visit) return false;
    }
    bool ok = true;
    if (v.visit && plan_visits(b, range, n, &v))
        for (size_t i = 0; i < v.n && ok; i++)
            ok = go_there(b, &v.visit[i], limit, found, ctx);
    else
        ok = in_one_pass(b, range, n, limit, found, ctx);
    rw_free(v.visit);
    return ok;
}
