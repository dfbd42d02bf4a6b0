/* event.h - the counters, one file each (event_<name>.c), called by group.c.
 * All take the contexts ascending and fill one result per context. */
#ifndef RW_MEASURE_EVENT_H
#define RW_MEASURE_EVENT_H
#include "measure/group.h"

/** E1 and near aliasing, from the certified order; destroys `order` (windows are cut out of it).
 *  window: room for order->n scores twice. */
void rw_count_position_inversion(rw_order *order, const rw_series *s,
                                 const rw_measure_plan *plan, double *window,
                                 rw_single *single);
/** The segments that the windows of every context are made of; false: too many to count at once. */
bool rw_position_segments(const rw_measure_plan *plan, rw_segments *segments);
/** E1 alone, by segments: no certificates and no near aliasing. *done is false, and nothing
 *  filled, where rw_order_sort() is needed. */
ropewalk_status rw_count_position_segments(rw_segment_sort *sort, const rw_series *s,
                                           const rw_measure_plan *plan,
                                           const rw_segments *segments, rw_single *single,
                                           bool *done, ropewalk_error *err);
/** E2: `keys` of distances 0.. as stored; overflow by key. */
void rw_count_position_aliasing(const rw_kernels *kernels, const int32_t *keys,
                                rw_dtype dtype, const rw_measure_plan *plan,
                                rw_tally *tally, rw_single *single);
/** E3, and the positional score. */
void rw_count_insensitivity(const rw_series *s, const rw_measure_plan *plan,
                            rw_single *single);
/** Mean and variance of the scores. */
void rw_sample_moments(const rw_series *s, const rw_measure_plan *plan,
                       rw_single *single);

/** E4: order of two keys, distance by distance. difference receives S1 - S2 in key order (may be
 *  NULL); scratch: 4 n_pair + 8 doubles. */
void rw_count_token_inversion(const rw_series *s1, const rw_series *s2,
                              const rw_measure_plan *plan, double *scratch,
                              double *difference, rw_double *out);
/** E5, E6, E7 from the two rounded series. */
void rw_count_token_aliasing(const rw_kernels *kernels, const int32_t *k1,
                             const int32_t *k2, rw_dtype dtype,
                             const rw_measure_plan *plan, rw_double *out);
void rw_count_attention_invariance(const int32_t *k1, const int32_t *k2, rw_dtype dtype,
                                   const rw_measure_plan *plan, rw_coincidences *both,
                                   rw_double *out);
void rw_count_cross_aliasing(const rw_kernels *kernels, const int32_t *k1,
                             const int32_t *k2, rw_dtype dtype,
                             const rw_measure_plan *plan, rw_tally *tally1,
                             rw_tally *tally2, rw_double *out);

/** Two-sided Kolmogorov distance of n ascending values to the normal with their own mean and
 *  variance; NaN when n < 2 or the variance is below `least_variance`. */
double rw_ks_normal(const double *sorted, int64_t n, double least_variance);

/** Slot of a rounded key in a tally: clipped as memory would hold it, and not negative. */
typedef struct rw_slotting {
    int32_t clip, offset;
} rw_slotting;
static inline rw_slotting rw_slotting_of(rw_dtype dtype)
{
    const rw_dtype_info *t = rw_dtype_get(dtype);
    return (rw_slotting){t->saturates ? t->max_key : t->max_key + 1, t->max_key + 1};
}
static inline uint64_t rw_slot(rw_slotting how, int32_t key)
{
    const int32_t k = key > how.clip ? how.clip : key < -how.clip ? -how.clip : key;
    return (uint64_t)((int64_t)k + how.offset);
}

#endif
