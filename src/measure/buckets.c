/* buckets.c - scores dealt out to buckets: counted, then placed. */
#include "measure/buckets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    AHEAD =
        8, /* places asked for before they are written: later they wait, earlier they are gone again */
    STRIP = 256,
    SCORES_A_BUCKET = 24,   /* or half as many: three times that where scores are dense */
    BAND_BITS = 10,         /* buckets of a band */
    MOST_AT_ONCE = 1 << 15, /* buckets dealt out to in one pass; beyond, by bands first */
    BANDED_LOW_BITS = 32 - BAND_BITS
};

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

static size_t buckets_of(int64_t n)
{
    size_t n_bucket = 1;
    while ((int64_t)n_bucket * SCORES_A_BUCKET < n)
        n_bucket *= 2;
    return n_bucket;
}

uint64_t rw_buckets_bytes(int64_t n, size_t n_edge)
{
    const uint64_t n_bucket = buckets_of(n);
    /* a band is two or three times the average where scores are dense */
    const uint64_t spare =
        n_bucket > MOST_AT_ONCE ? 4ull * SCORES_A_BUCKET << (BAND_BITS + 3) : 0;
    return 4 * ((uint64_t)n + RW_PLACE_PAD + n_bucket * (n_edge + 1)) + spare;
}

ropewalk_status rw_buckets_init(rw_buckets *b, int64_t n, size_t n_edge,
                                ropewalk_error *err)
{
    *b = (rw_buckets){.kernels = NULL};
    const size_t n_bucket = buckets_of(n);
    b->place = rw_array((size_t)n + RW_PLACE_PAD, sizeof *b->place);
    b->row = rw_array(n_bucket * n_edge, sizeof *b->row);
    b->bucket_list = rw_array(n_bucket, sizeof *b->bucket_list);
    if (b->place && b->row && b->bucket_list) {
        memset(b->place, 0, ((size_t)n + RW_PLACE_PAD) * sizeof *b->place);
        return ROPEWALK_OK;
    }
    rw_buckets_clear(b);
    return rw_fail_memory(err, "buckets of scores");
}

void rw_buckets_clear(rw_buckets *b)
{
    rw_free(b->place);
    rw_free(b->row);
    rw_free(b->bucket_list);
    rw_free(b->spare);
    rw_free(b->close);
    *b = (rw_buckets){.kernels = NULL};
}

const uint32_t *rw_buckets_row(const rw_buckets *b, int64_t edge)
{
    size_t i = 0;
    while (b->edges.at[i] < edge)
        i++;
    return b->row + i * b->n_bucket;
}

uint32_t *rw_buckets_spare(rw_buckets *b, size_t n)
{
    if (n < b->cap_spare) return b->spare;
    const size_t cap = n + n / 4 + 256;
    uint32_t *more = rw_realloc(b->spare, cap, sizeof *more);
    if (!more) return NULL;
    b->spare = more;
    b->cap_spare = cap;
    return more;
}

/* One strip of scores as buckets and places. */
typedef struct strip {
    uint32_t bucket[STRIP + AHEAD];
    int32_t place[STRIP];
} strip;

/* Numbers of cells such that all bounds of N15 hold; false: there are none. */
static bool choose_cells(rw_buckets *b, double t_error, double distance, size_t n)
{
    double least, most;
    b->kernels->range(b->t, n, &least, &most);
    b->n_bucket = buckets_of((int64_t)n);
    const int most_low = b->n_bucket > MOST_AT_ONCE ? BANDED_LOW_BITS : RW_MOST_LOW_BITS;
    const double range = most - least;
    for (int low_bits = most_low; low_bits >= 6; low_bits--) {
        const double bucket = (double)((uint64_t)1 << low_bits);
        double scale = (bucket * (double)b->n_bucket - 4 * RW_CELL_ORIGIN) / range;
        if (!(range > 0.0) || !isfinite(scale)) return false;
        if (!(t_error * scale <= 0.125)) continue;
        const double across = distance * scale / bucket; /* in buckets */
        if (across >= 0.5 && across <= 1.0 + (double)b->n_bucket) {
            const double middle = floor(across - 0.5) + 0.5;
            scale = middle * bucket / distance;
        }
        b->by = (rw_cell_map){.least = least, .scale = scale, .low_bits = low_bits};
        return true;
    }
    return false;
}

/* Each score at the edge between two buckets, as twice the edge's number, even just below it, odd
 * just above. */
static bool note_close(rw_buckets *b, const strip *s, size_t n)
{
    const int32_t last = (int32_t)(((uint32_t)1 << b->by.low_bits) - 1);
    for (size_t i = 0; i < n; i++) {
        const int32_t place = s->place[i] >> RW_LABEL_BITS;
        if (place != 0 && place != last) continue;
        if (b->n_close == b->cap_close) {
            const size_t cap = b->cap_close ? 2 * b->cap_close : 64;
            uint64_t *more = rw_realloc(b->close, cap, sizeof *more);
            if (!more) return false;
            b->close = more;
            b->cap_close = cap;
        }
        b->close[b->n_close++] = 2 * (uint64_t)s->bucket[i] + (place == 0 ? 1 : 2);
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Keep the edges that scores of both sides are close to. */
static void pair_close(rw_buckets *b)
{
    if (b->n_close) qsort(b->close, b->n_close, sizeof *b->close, by_value);
    size_t kept = 0;
    for (size_t i = 0; i + 1 < b->n_close; i++)
        if (b->close[i] % 2 == 0 && b->close[i + 1] == b->close[i] + 1)
            b->close[kept++] = b->close[i] / 2 - 1;
    b->n_close = kept;
}

/* Where each edge's scores begin, from how many scores of each stretch between edges every bucket
 * holds: rows 1 .. hold those counts, and row 0 is first filled. `from` is where the first bucket
 * begins. */
static void rows_from_counts(rw_buckets *b, size_t first, size_t n, uint32_t from)
{
    uint32_t *row = b->row + first;
    memset(row, 0, n * sizeof *row);
    for (size_t e = 1; e < b->edges.n; e++)
        for (size_t i = 0; i < n; i++)
            row[i] += row[e * b->n_bucket + i];
    for (size_t i = 0; i < n; i++) {
        const uint32_t here = row[i];
        row[i] = from;
        from += here;
    }
    for (size_t e = 1; e < b->edges.n; e++)
        for (size_t i = 0; i < n; i++)
            row[e * b->n_bucket + i] += row[(e - 1) * b->n_bucket + i];
}

/* Buckets few enough to be dealt out to at once. */
static bool deal(rw_buckets *b)
{
    strip s;
    for (size_t e = 1; e < b->edges.n; e++) {
        uint32_t *count = b->row + e * b->n_bucket;
        memset(count, 0, b->n_bucket * sizeof *count);
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e]; m < end; m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            if (b->kernels->cells(&b->by, b->t + m, n, (int32_t)e - 1, s.bucket,
                                  s.place) &&
                !note_close(b, &s, n))
                return false;
            for (size_t i = 0; i < n; i++)
                count[s.bucket[i]]++;
        }
    }
    rows_from_counts(b, 0, b->n_bucket, 0);
    uint32_t *next = b->bucket_list;
    memcpy(next, b->row, b->n_bucket * sizeof *next);
    memset(s.bucket, 0, sizeof s.bucket);
    for (size_t e = 1; e < b->edges.n; e++)
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e]; m < end; m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            b->kernels->cells(&b->by, b->t + m, n, (int32_t)e - 1, s.bucket, s.place);
            for (size_t i = 0; i < n; i++) {
                __builtin_prefetch(&b->place[next[s.bucket[i + AHEAD]]], 1);
                b->place[next[s.bucket[i]]++] = s.place[i];
            }
        }
    return true;
}

/* One band, whose scores from edge e on begin at from[e]: bucket in the band and place, 32 bits. */
static bool deal_band(rw_buckets *b, size_t band, const uint32_t *from)
{
    enum { IN_BAND = 1 << BAND_BITS };
    const size_t first = band << BAND_BITS, n_row = b->edges.n;
    const size_t n = from[n_row - 1] - from[0];
    uint32_t *score = rw_buckets_spare(b, n);
    if (!score) return false;
    memcpy(score, b->place + from[0], n * sizeof *score);
    for (size_t e = 1; e < n_row; e++) {
        uint32_t *count = b->row + e * b->n_bucket + first;
        memset(count, 0, IN_BAND * sizeof *count);
        for (size_t i = from[e - 1] - from[0], end = from[e] - from[0]; i < end; i++)
            count[score[i] >> b->by.low_bits]++;
    }
    rows_from_counts(b, first, IN_BAND, from[0]);
    uint32_t *next = b->bucket_list + first;
    memcpy(next, b->row + first, IN_BAND * sizeof *next);
    const uint32_t low = ((uint32_t)1 << b->by.low_bits) - 1;
    for (size_t e = 1; e < n_row; e++)
        for (size_t i = from[e - 1] - from[0], end = from[e] - from[0]; i < end; i++)
            b->place[next[score[i] >> b->by.low_bits]++] =
                (int32_t)((score[i] & low) << RW_LABEL_BITS | (uint32_t)(e - 1));
    return true;
}

/* So many buckets that the heads of all would not fit the cache: by bands of buckets first. */
static bool deal_by_bands(rw_buckets *b)
{
    const size_t n_band = b->n_bucket >> BAND_BITS, n_row = b->edges.n;
    uint32_t *begin = rw_calloc(n_band * (n_row + 1), sizeof *begin);
    if (!begin) return false;
    uint32_t *next = begin + n_band * n_row;
    strip s;
    bool ok = true;
    for (size_t e = 1; e < n_row && ok; e++)
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e]; m < end && ok;
             m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            if (b->kernels->cells(&b->by, b->t + m, n, (int32_t)e - 1, s.bucket, s.place))
                ok = note_close(b, &s, n);
            for (size_t i = 0; i < n; i++)
                begin[(s.bucket[i] >> BAND_BITS) * n_row + e]++;
        }
    uint32_t below = 0;
    for (size_t i = 0; i < n_band && ok; i++) {
        uint32_t *from = begin + i * n_row;
        next[i] = from[0] = below;
        for (size_t e = 1; e < n_row; e++)
            from[e] += from[e - 1];
        below = from[n_row - 1];
    }
    for (size_t e = 1; e < n_row && ok; e++)
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e]; m < end; m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            b->kernels->cells(&b->by, b->t + m, n, (int32_t)e - 1, s.bucket, s.place);
            for (size_t i = 0; i < n; i++) {
                const uint32_t in_band = s.bucket[i] & ((1u << BAND_BITS) - 1);
                const uint32_t score =
                    in_band << b->by.low_bits | (uint32_t)s.place[i] >> RW_LABEL_BITS;
                b->place[next[s.bucket[i] >> BAND_BITS]++] = (int32_t)score;
            }
        }
    for (size_t i = 0; i < n_band && ok; i++)
        ok = deal_band(b, i, begin + i * n_row);
    rw_free(begin);
    return ok;
}

ropewalk_status rw_buckets_fill(rw_buckets *b, const rw_kernels *kernels, const double *t,
                                const rw_edges *edges, double t_error, double distance,
                                ropewalk_error *err)
{
    b->kernels = kernels;
    b->t = t;
    b->edges = *edges;
    b->n_close = 0;
    if (!choose_cells(b, t_error, distance, (size_t)edges->at[edges->n - 1])) {
        b->n_bucket = 1;
        b->by = (rw_cell_map){.least = t[0], .scale = 0.0, .low_bits = RW_MOST_LOW_BITS};
    }
    if (!(b->n_bucket > MOST_AT_ONCE ? deal_by_bands(b) : deal(b)))
        return rw_fail_memory(err, "buckets of scores");
    pair_close(b);
    return ROPEWALK_OK;
}

bool rw_buckets_each(const rw_buckets *b, const unsigned char *wanted, int64_t limit,
                     bool (*found)(void *ctx, uint32_t m, uint32_t bucket), void *ctx)
{
    strip s;
    for (size_t e = 1; e < b->edges.n; e++)
        for (int64_t m = b->edges.at[e - 1], end = b->edges.at[e]; m < end && m < limit;
             m += STRIP) {
            const size_t n = end - m < STRIP ? (size_t)(end - m) : STRIP;
            b->kernels->cells(&b->by, b->t + m, n, (int32_t)e - 1, s.bucket, s.place);
            for (size_t i = 0; i < n && m + (int64_t)i < limit; i++)
                if (wanted[s.bucket[i]] &&
                    !found(ctx, (uint32_t)(m + (int64_t)i), s.bucket[i]))
                    return false;
        }
    return true;
}
