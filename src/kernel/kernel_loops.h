/* kernel_loops.h - the loops that compilers vectorise by themselves, included by each set so that
 * each compiles them with its own flags. */
#ifndef RW_KERNEL_KERNEL_LOOPS_H
#define RW_KERNEL_KERNEL_LOOPS_H
#include <string.h>

#include "kernel/kernel.h"

static inline int64_t round_key(const rw_rounding *how, double x)
{
    const double ax = __builtin_fabs(x), shifted = ax + how->quantum_2_52;
    uint64_t bits, sub, one;
    memcpy(&bits, &ax, sizeof bits);
    memcpy(&sub, &shifted, sizeof sub);
    memcpy(&one, &how->quantum_2_52, sizeof one);
    const uint64_t half = (uint64_t)1 << (how->drop - 1), lsb = (bits >> how->drop) & 1;
    const uint64_t normal = ((bits + half - 1 + lsb) >> how->drop) - how->bias;
    int64_t key = (int64_t)(ax < how->min_normal ? sub - one : normal);
    key = key > (int64_t)how->top ? (int64_t)how->top : key;
    return x < 0 ? -key : key;
}

static size_t round_keys(const rw_rounding *how_in, const double *t, size_t n,
                         double offset, double error, int32_t *key, uint32_t *doubtful)
{
    const rw_rounding how = *how_in;
    size_t n_doubtful = 0;
    for (size_t from = 0; from < n; from += 64) {
        const size_t len = n - from < 64 ? n - from : 64;
        int64_t differ[64], any = 0;
        for (size_t i = 0; i < len; i++) {
            const double s = offset + t[from + i];
            const int64_t lo = round_key(&how, s - error),
                          hi = round_key(&how, s + error);
            key[from + i] = (int32_t)hi;
            differ[i] = hi - lo;
            any |= differ[i];
        }
        if (any)
            for (size_t i = 0; i < len; i++)
                if (differ[i]) doubtful[n_doubtful++] = (uint32_t)(from + i);
    }
    return n_doubtful;
}

static void pack(const double *t, size_t n, double least, double scale, uint64_t *packed)
{
    for (size_t i = 0; i < n; i++)
        packed[i] = (uint64_t)(int64_t)((t[i] - least) * scale) << 32 | (uint64_t)i;
}

static void range(const double *t, size_t n, double *least, double *most)
{
    enum { LANE = 16 };
    double lo[LANE], hi[LANE];
    for (size_t j = 0; j < LANE; j++)
        lo[j] = hi[j] = t[0];
    size_t i = 0;
    for (; i + LANE <= n; i += LANE)
        for (size_t j = 0; j < LANE; j++) {
            lo[j] = t[i + j] < lo[j] ? t[i + j] : lo[j];
            hi[j] = t[i + j] > hi[j] ? t[i + j] : hi[j];
        }
    for (; i < n; i++) {
        lo[0] = t[i] < lo[0] ? t[i] : lo[0];
        hi[0] = t[i] > hi[0] ? t[i] : hi[0];
    }
    for (size_t j = 1; j < LANE; j++) {
        lo[0] = lo[j] < lo[0] ? lo[j] : lo[0];
        hi[0] = hi[j] > hi[0] ? hi[j] : hi[0];
    }
    *least = lo[0];
    *most = hi[0];
}

/* v's band as a double, and what is left of v. */
static inline double split(double v, double *rest)
{
    const double band = (double)(int32_t)(v * 0x1p-26);
    *rest = v - band * 0x1p26; /* exact */
    return band;
}

static int cells(const double *t, size_t n, double least, double scale, double margin,
                 uint32_t segment, uint32_t *cell, uint32_t *band)
{
    int near = 0;
    for (size_t i = 0; !band && i < n; i++) {
        const double v = (t[i] - least) * scale;
        const int32_t whole = (int32_t)v; /* v >= 0 */
        const double rest = v - whole;
        near |= (rest < margin) | (rest > 1.0 - margin);
        cell[i] = (uint32_t)whole << RW_SEGMENT_BITS | segment;
    }
    for (size_t i = 0; band && i < n; i++) {
        double v;
        band[i] = (uint32_t)(int32_t)split((t[i] - least) * scale, &v);
        const int32_t whole = (int32_t)v;
        const double rest = v - whole;
        near |= (rest < margin) | (rest > 1.0 - margin);
        cell[i] = (uint32_t)whole << RW_SEGMENT_BITS | segment;
    }
    return near;
}

static size_t shared(const uint32_t *cell, size_t n, uint32_t *found)
{
    size_t n_found = 0;
    for (size_t from = 0; from + 1 < n; from += 64) {
        const size_t len = n - 1 - from < 64 ? n - 1 - from : 64;
        uint32_t any = 0;
        for (size_t i = from; i < from + len; i++) {
            const uint32_t differ = cell[i] ^ cell[i + 1];
            any |= (differ < RW_KERNEL_SEGMENT) & (differ > 0);
        }
        if (any)
            for (size_t i = from; i < from + len; i++) {
                const uint32_t differ = cell[i] ^ cell[i + 1];
                if (differ < RW_KERNEL_SEGMENT && differ > 0)
                    found[n_found++] = (uint32_t)i;
            }
    }
    return n_found;
}

static inline uint32_t is_in_filter(const uint32_t *filter, uint32_t mask, double v)
{
    double rest;
    (void)split(v, &rest);
    const uint32_t c = (uint32_t)(int32_t)rest & mask;
    return filter[c >> 5] >> (c & 31) & 1;
}

static size_t find(const double *t, size_t n, double least, double scale,
                   const uint32_t *filter, uint32_t filter_mask, uint32_t *found)
{
    size_t n_found = 0;
    for (size_t from = 0; from < n; from += 64) {
        const size_t len = n - from < 64 ? n - from : 64;
        uint32_t any = 0;
        for (size_t i = from; i < from + len; i++)
            any |= is_in_filter(filter, filter_mask, (t[i] - least) * scale);
        if (any)
            for (size_t i = from; i < from + len; i++)
                if (is_in_filter(filter, filter_mask, (t[i] - least) * scale))
                    found[n_found++] = (uint32_t)i;
    }
    return n_found;
}

/* Counters of all segments, in as many registers as it takes. */
#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif
typedef uint32_t counters __attribute__((vector_size(VECTOR_BYTES)));
enum { COUNTERS = VECTOR_BYTES / 4 };

static inline __attribute__((always_inline)) void
walk_with(const uint32_t *cell, size_t n, size_t n_vector, size_t n_segment,
          uint64_t (*above)[RW_KERNEL_SEGMENT])
{
    enum { MOST = RW_KERNEL_SEGMENT / COUNTERS, STRETCH = 1 << 13 };
    counters one[RW_KERNEL_SEGMENT][MOST], seen[MOST], sum[RW_KERNEL_SEGMENT][MOST];
    memset(one, 0, sizeof one);
    memset(seen, 0, sizeof seen);
    for (size_t f = 0; f < n_segment; f++)
        one[f][f / COUNTERS][f % COUNTERS] = 1;
    uint64_t before[RW_KERNEL_SEGMENT] = {0}; /* seen in earlier stretches */
    for (size_t from = 0; from < n; from += STRETCH) {
        const size_t end = n - from < STRETCH ? n : from + STRETCH;
        uint32_t of[RW_KERNEL_SEGMENT];
        for (size_t f = 0; f < n_segment; f++)
            for (size_t v = 0; v < n_vector; v++)
                sum[f][v] = (counters){0};
        for (size_t v = 0; v < n_vector; v++)
            seen[v] = (counters){0};
        for (size_t i = from; i < end; i++) {
            const uint32_t f = cell[i] & (RW_KERNEL_SEGMENT - 1);
            for (size_t v = 0; v < n_vector; v++) {
                sum[f][v] += seen[v]; /* at most 2^13 times 2^13 */
                seen[v] += one[f][v];
            }
        }
        for (size_t f = 0; f < n_segment; f++)
            of[f] = seen[f / COUNTERS][f % COUNTERS];
        for (size_t f = 0; f < n_segment; f++)
            for (size_t g = 0; g < n_segment; g++)
                above[f][g] += before[g] * of[f] + sum[f][g / COUNTERS][g % COUNTERS];
        for (size_t f = 0; f < n_segment; f++)
            before[f] += of[f];
    }
}

static void walk(const uint32_t *cell, size_t n, size_t n_segment,
                 uint64_t (*above)[RW_KERNEL_SEGMENT])
{
    const size_t n_vector = (n_segment + COUNTERS - 1) / COUNTERS;
    if (n_vector <= 1)
        walk_with(cell, n, 1, n_segment, above);
    else if (n_vector <= 2)
        walk_with(cell, n, 2, n_segment, above);
    else if (n_vector <= 4)
        walk_with(cell, n, 4, n_segment, above);
    else
        walk_with(cell, n, RW_KERNEL_SEGMENT / COUNTERS, n_segment, above);
}
#endif
