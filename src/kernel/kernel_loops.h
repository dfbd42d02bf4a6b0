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
#endif
