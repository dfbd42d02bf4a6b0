/* number.h - the working data types: rounding to them, their cells, and exact sums.
 *
 * A value rounded to a type is named by an integer KEY: keys are equal exactly when the rounded
 * values are equal as numbers (-0 = 0), and grow with the value. Key 0 is zero, key j > 0 the
 * j-th smallest positive number, -j its negative. Rounding is to nearest, ties to even, straight
 * from the double (theory.md section 3: no double rounding). */
#ifndef RW_BASE_NUMBER_H
#define RW_BASE_NUMBER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dd.h"

typedef enum rw_dtype { RW_BF16, RW_F16, RW_F32, RW_E4M3, RW_E5M2, RW_N_DTYPE } rw_dtype;

/* The numbers of a type: significand bits with the hidden one, least normal exponent, and the
 * key of the largest finite value. One key more means overflow: stored as infinity, or clipped
 * to the largest value when the type saturates (rw_key_stored). */
typedef struct rw_dtype_info {
    const char *name;
    int significand_bits, min_exponent;
    int32_t max_key;
    bool saturates;
} rw_dtype_info;

const rw_dtype_info *rw_dtype_get(rw_dtype dtype);
bool rw_dtype_parse(const char *name, rw_dtype *dtype);
/** The first type of a set of bits 1 << rw_dtype; the last type for an empty set. */
rw_dtype rw_dtype_first(uint32_t bits);

/** Key of x rounded to the type. x is finite. */
int32_t rw_round_key(rw_dtype dtype, double x);
/** The key as memory would hold it: clipped for a type that saturates. */
int32_t rw_key_stored(rw_dtype dtype, int32_t key);
/** The number a key stands for; infinity for max_key + 1. */
double rw_key_value(rw_dtype dtype, int32_t key);
/** The point halfway between keys `key` and `key + 1`: exact in double. For the last finite key
 *  the point from which values overflow; infinity beyond it. */
double rw_key_upper_edge(rw_dtype dtype, int32_t key);

/** Key of the real number x with |x - value| <= error, or false when the interval does not
 *  decide. error 0 means value is exact (ties to even then apply). */
bool rw_round_key_dd(rw_dtype dtype, rw_dd value, double error, int32_t *key);

/** Exact sum of n doubles (Shewchuk's expansions), rounded to a double-double whose error is
 *  below 2^-104 of it; *sign is the exact sign of the sum, *exact whether hi + lo is the sum.
 *  `scratch` has room for n doubles. */
rw_dd rw_exact_sum(const double *x, size_t n, double *scratch, int *sign, bool *exact);

#endif
