/* evaluate.h - every quantity of result/quantity.h that needs no score: for a frequency table, for
 * a table within a context, for one query with one or two keys. */
#ifndef RW_THEORY_EVALUATE_H
#define RW_THEORY_EVALUATE_H
#include "result/theory_result.h"
#include "theory/predictor.h"
#include "theory/reversal.h"

typedef struct rw_evaluator {
    int64_t context;
    double rope_theta; /* NaN: unknown */
    uint32_t n_layer;  /* 0: unknown */
    uint32_t n_freq;
    double *freq; /* those that are not 0 */
    rw_predictor predictor;
    rw_moment_form steps;       /* distances 0 .. M-2; end 0 when M < 2 */
    double zeta;                /* of insensitivity */
    rw_reversal_table reversal; /* n_pair 0 without frequencies */
} rw_evaluator;

/** One table within one context. Release with rw_evaluator_clear(). */
ropewalk_status rw_evaluator_init(rw_evaluator *e, const rw_rotation *rotation,
                                  double rope_theta, uint32_t n_layer, int64_t context,
                                  uint32_t dtypes, double zeta, double near_alias,
                                  ropewalk_error *err);
void rw_evaluator_clear(rw_evaluator *e);

/** The quantities of the table, [RW_N_TABLE_VALUE]. */
ropewalk_status rw_evaluate_table(const rw_evaluator *e, rw_estimate *value,
                                  ropewalk_error *err);
/** Those of the table within the context, [RW_N_CONTEXT_VALUE]. */
void rw_evaluate_context(const rw_evaluator *e, rw_estimate *value);

/** Those that depend on a type too, [RW_N_FORMAT_VALUE]. */
void rw_evaluate_format(const rw_evaluator *e, rw_dtype dtype, rw_estimate *value);

/* Those of one score. What was not asked for is undefined. */
typedef struct rw_score_estimates {
    rw_estimate value[RW_N_SCORE_VALUE];
    rw_estimate by_dtype[RW_N_DTYPE][RW_N_DTYPE_VALUE];
} rw_score_estimates;

/** @param one  whether quantities of the first key alone are wanted.
 *  @param k2   the second key, or NULL. */
ropewalk_status rw_evaluate_score(const rw_evaluator *e, const rw_coefficient *k1,
                                  const rw_coefficient *k2, bool one,
                                  rw_score_estimates *out, ropewalk_error *err);
#endif
