/* predictor.h - every prediction for a list of contexts, with the forms they need made once. */
#ifndef RW_THEORY_PREDICTOR_H
#define RW_THEORY_PREDICTOR_H
#include "result/predicted.h"
#include "theory/predict.h"

enum {
    RW_WINDOW_FULL,
    RW_WINDOW_NEAR,
    RW_WINDOW_FAR,
    RW_WINDOW_LOCAL,
    RW_WINDOW_BEYOND_NEAR,
    RW_WINDOW_BEYOND_FAR,
    RW_N_WINDOW
};

typedef struct rw_predictor {
    const int64_t *context;
    size_t n_context;
    uint32_t dtypes;
    double near_alias;    /* 0: not predicted */
    int64_t beyond_limit; /* windows up to 3M are predicted when 3M + 1 <= this */
    rw_moment_form
        *form; /* [n_context][RW_N_WINDOW]; end 0 when a window does not exist */
} rw_predictor;

ropewalk_status rw_predictor_init(rw_predictor *p, const rw_rotation *rot,
                                  const int64_t *context, size_t n_context,
                                  uint32_t dtypes, double near_alias,
                                  int64_t beyond_limit, ropewalk_error *err);
void rw_predictor_clear(rw_predictor *p);

void rw_predict_single(const rw_predictor *p, size_t context, const rw_coefficient *z,
                       rw_single_prediction *out);
void rw_predict_double(const rw_predictor *p, size_t context, const rw_coefficient *a,
                       const rw_coefficient *b, rw_double_prediction *out);

/** T22: P(rnd S1(m1) = rnd S2(m2)), two distances drawn on their own. */
rw_estimate rw_predict_cross_aliasing(const rw_predictor *p, size_t context,
                                      const rw_coefficient *a, const rw_coefficient *b,
                                      rw_dtype dtype);
#endif
