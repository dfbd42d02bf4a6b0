/* event.h - the counters, one file each (event_<name>.c), called by group.c.
 * All take the contexts ascending and fill one result per context. */
#ifndef RW_MEASURE_EVENT_H
#define RW_MEASURE_EVENT_H
#include "measure/group.h"
#include "measure/occupied.h"

/** E1 of the windows that `b` holds, for each the count of its context. The counters of pairs of
 *  scores return false when there is no memory or they were stopped, and leave `b` as it was. */
bool rw_count_position_inversion(rw_buckets *b, rw_doubt *d, const rw_series *s,
                                 const rw_window *window, size_t n_window,
                                 rw_single *single);
/** E8 over [0, context), an edge of `b`, which is in order. */
bool rw_count_near_aliasing(rw_buckets *b, rw_doubt *d, const rw_series *s,
                            int64_t context, double threshold, rw_count *count);
/* E2 while keys come stretch by stretch. */
typedef struct rw_aliasing {
    const rw_kernels *kernels;
    rw_dtype dtype;
    const rw_measure_plan *plan;
    rw_tally *tally;
    rw_single *row;
    rw_occupied range;    /* slots that hold anything; of a direct tally */
    size_t context;       /* the next to be reached */
    int64_t m;            /* distances so far */
    bool unread;          /* pairs and distances are to be read off the tally */
    rw_alias_count count; /* where nothing is unread, of all distances so far */
} rw_aliasing;

/** row: one result a context of the plan. */
void rw_aliasing_begin(rw_aliasing *a, const rw_kernels *kernels, rw_dtype dtype,
                       const rw_measure_plan *plan, rw_tally *tally, rw_single *row);
/** Keys of the next n distances as stored; overflow by key. Results stand as soon as their context is reached. */
void rw_aliasing_add(rw_aliasing *a, const int32_t *keys, int64_t n);
/** The tally as it was; to be called however far it came. */
void rw_aliasing_end(rw_aliasing *a);
/** The three together: `keys` of distances 0.. */
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

/* How many numbers, their mean, and the sum of squares around it. */
typedef struct rw_spread {
    double n, mean, square;
} rw_spread;
rw_spread rw_spread_of(const double *t, int64_t n);
rw_spread rw_spread_join(rw_spread a, rw_spread b);
/** Two-sided Kolmogorov distance of scores [from, to), edges of `b`, which is in order, to the normal with their own
 *  mean and variance; NaN when there are fewer than two or the variance is not above
 *  `least_variance`. */
bool rw_ks_normal(rw_buckets *b, int64_t from, int64_t to, rw_spread spread,
                  double least_variance, double *distance);

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
