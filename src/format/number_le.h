/* number_le.h - little-endian floating point in files, as double, exactly; checked products. */
#ifndef RW_FORMAT_NUMBER_LE_H
#define RW_FORMAT_NUMBER_LE_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "format/cursor.h"

static inline double rw_load_f64(const unsigned char *b)
{
    const uint64_t u = rw_load_le(b, 8);
    double v;
    memcpy(&v, &u, sizeof v);
    return v;
}

static inline double rw_load_f32(const unsigned char *b)
{
    const uint32_t u = (uint32_t)rw_load_le(b, 4);
    float v;
    memcpy(&v, &u, sizeof v);
    return (double)v;
}

static inline double rw_load_bf16(const unsigned char *b)
{
    const uint32_t u = (uint32_t)rw_load_le(b, 2) << 16;
    float v;
    memcpy(&v, &u, sizeof v);
    return (double)v;
}

/* 1 sign, 5 exponent, 10 fraction bits: every value has an exact double, built from its bits. */
static inline double rw_load_f16(const unsigned char *b)
{
    const uint64_t h = rw_load_le(b, 2);
    const uint64_t sign = (h >> 15) << 63;
    const uint64_t exponent = h >> 10 & 31, fraction = h & 1023;
    uint64_t u;
    double v;
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
        v = (double)fraction * 0x1p-24;
        memcpy(&u, &v, sizeof u);
        u |= sign;
    } else {
        const uint64_t wide = exponent == 31 ? 2047 : exponent + (1023 - 15);
        u = sign | wide << 52 | fraction << 42;
    }
    memcpy(&v, &u, sizeof v);
    return v;
}

/** *product = a * b; false when it does not fit. */
static inline bool rw_mul_u64(uint64_t a, uint64_t b, uint64_t *product)
{
    *product = 0;
    if (a && b > UINT64_MAX / a) return false;
    *product = a * b;
    return true;
}
#endif
