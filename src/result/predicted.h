/* predicted.h - what theory says of one pair of vectors and one pair of keys: plain data. */
#ifndef RW_RESULT_PREDICTED_H
#define RW_RESULT_PREDICTED_H
#include "base/number.h"
#include "result/estimate.h"

typedef struct rw_single_prediction {
    rw_estimate inversion, inversion_local, inversion_beyond;
    double mean, variance, near_mean, near_variance, far_mean,
        far_variance; /* exact; NaN if none */
    rw_estimate alias_pairs[RW_N_DTYPE], alias_distances[RW_N_DTYPE];
    rw_estimate near_aliasing;
} rw_single_prediction;

typedef struct rw_double_prediction {
    rw_estimate inversion; /* in the key order of `swapped` */
    int swapped;
    rw_estimate aliasing[RW_N_DTYPE];
} rw_double_prediction;
#endif
