/* peak.c - twelve chains: more than the latency of a multiply-add times the units of any core. */
#include "bench/peak.h"

#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CHAINS = 12 };

/* Values go to the fixed point 1: nothing overflows or becomes denormal. Starts differ, lest equal
 * chains become one. */
#define START(set, scalar, n) set((scalar)(0.5 + 0.03125 * (n)))
#define FMA_LOOP(name, attributes, vector, scalar, set, fma)                             \
    attributes static double name(int64_t n)                                             \
    {                                                                                    \
        const vector x = set((scalar)0.75), y = set((scalar)0.25);                       \
        vector a = START(set, scalar, 0), b = START(set, scalar, 1);                     \
        vector c = START(set, scalar, 2), d = START(set, scalar, 3);                     \
        vector e = START(set, scalar, 4), f = START(set, scalar, 5);                     \
        vector g = START(set, scalar, 6), h = START(set, scalar, 7);                     \
        vector i = START(set, scalar, 8), j = START(set, scalar, 9);                     \
        vector k = START(set, scalar, 10), l = START(set, scalar, 11);                   \
        for (; n > 0; n--) {                                                             \
            a = fma(a, x, y), b = fma(b, x, y), c = fma(c, x, y);                        \
            d = fma(d, x, y), e = fma(e, x, y), f = fma(f, x, y);                        \
            g = fma(g, x, y), h = fma(h, x, y), i = fma(i, x, y);                        \
            j = fma(j, x, y), k = fma(k, x, y), l = fma(l, x, y);                        \
        }                                                                                \
        a = fma(a, b, c), d = fma(d, e, f), g = fma(g, h, i), j = fma(j, k, l);          \
        a = fma(a, d, fma(g, j, x));                                                     \
        scalar out[sizeof(vector) / sizeof(scalar)];                                     \
        memcpy(out, &a, sizeof out);                                                     \
        return (double)out[0];                                                           \
    }

/* The reference: what compilers make of plain C, a multiplication and an addition. */
typedef double pair_f64 __attribute__((vector_size(16)));
typedef float quad_f32 __attribute__((vector_size(16)));
#define SET_PAIR(s) ((pair_f64){s, s})
#define SET_QUAD(s) ((quad_f32){s, s, s, s})
#define MULTIPLY_ADD(a, x, y) ((a) * (x) + (y))
FMA_LOOP(ref_f64, , pair_f64, double, SET_PAIR, MULTIPLY_ADD)
FMA_LOOP(ref_f32, , quad_f32, float, SET_QUAD, MULTIPLY_ADD)

#if defined(__x86_64__)
#define FOR_AVX2 __attribute__((target("avx2,fma")))
#define FOR_AVX512 __attribute__((target("avx512f,avx512dq,fma")))
FMA_LOOP(avx2_f64, FOR_AVX2, __m256d, double, _mm256_set1_pd, _mm256_fmadd_pd)
FMA_LOOP(avx2_f32, FOR_AVX2, __m256, float, _mm256_set1_ps, _mm256_fmadd_ps)
FMA_LOOP(avx512_f64, FOR_AVX512, __m512d, double, _mm512_set1_pd, _mm512_fmadd_pd)
FMA_LOOP(avx512_f32, FOR_AVX512, __m512, float, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

#define ROW(name, bytes)                                                                 \
    {                                                                                    \
#name, name##_f64, name##_f32, 2.0 * CHAINS *(bytes) / 8,                        \
            2.0 * CHAINS *(bytes) / 4                                                    \
    }
static const rw_fma_loop loops[] = {
#if defined(__x86_64__)
    ROW(avx512, 64),
    ROW(avx2, 32),
#endif
    {"generic", ref_f64, ref_f32, 2.0 * CHAINS * 2, 2.0 * CHAINS * 4},
    ROW(ref, 16)};

const rw_fma_loop *rw_fma_loop_of(const char *isa)
{
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
        if (strcmp(loops[i].isa, isa) == 0) return &loops[i];
    return NULL;
}
