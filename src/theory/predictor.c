/* predictor.c - windows of a context, and all estimates on them. */
#include "theory/predictor.h"

#include <math.h>

#include "base/alloc.h"

static const rw_estimate none = {(double)NAN, RW_ESTIMATE_NORMAL, RW_ESTIMATE_UNDEFINED};

/* The windows of theory.md section 3; an empty one is left out. */
static void window_of(int which, int64_t M, int64_t limit, int64_t *first, int64_t *end)
{
    *first = *end = 0;
    switch (which) {
    case RW_WINDOW_FULL: *end = M; return;
    case RW_WINDOW_NEAR: *end = M / 2; return;
    case RW_WINDOW_FAR: *first = M / 2, *end = M; return;
    case RW_WINDOW_LOCAL:
        if (M / 2 >= 129) *first = 1, *end = 129;
        return;
    case RW_WINDOW_BEYOND_NEAR:
        if (3 * M + 1 <= limit) *first = M + 1, *end = 2 * M + 1;
        return;
    case RW_WINDOW_BEYOND_FAR:
        if (3 * M + 1 <= limit) *first = 2 * M + 1, *end = 3 * M + 1;
        return;
    default: return;
    }
}

ropewalk_status rw_predictor_init(rw_predictor *p, const rw_rotation *rot,
                                  const int64_t *context, size_t n_context,
                                  uint32_t dtypes, double near_alias,
                                  int64_t beyond_limit, ropewalk_error *err)
{
    *p = (rw_predictor){.context = context,
                        .n_context = n_context,
                        .dtypes = dtypes,
                        .near_alias = near_alias,
                        .beyond_limit = beyond_limit};
    double *freq = rw_array(rot->rotary_dim / 2 + 1, sizeof *freq);
    p->form = rw_calloc(n_context * RW_N_WINDOW, sizeof *p->form);
    ropewalk_status status = ROPEWALK_OK;
    if (!freq || !p->form) status = rw_fail_memory(err, "predictions");
    const uint32_t n_pair = freq ? rw_active_freq(rot, freq) : 0;
    for (size_t i = 0; i < n_context * RW_N_WINDOW && !status; i++) {
        int64_t first, end;
        window_of((int)(i % RW_N_WINDOW), context[i / RW_N_WINDOW], beyond_limit, &first,
                  &end);
        if (end > first)
            status = rw_moment_form_init(&p->form[i], freq, n_pair, first, end, err);
    }
    rw_free(freq);
    if (status) rw_predictor_clear(p);
    return status;
}

void rw_predictor_clear(rw_predictor *p)
{
    for (size_t i = 0; p->form && i < p->n_context * RW_N_WINDOW; i++)
        rw_moment_form_clear(&p->form[i]);
    rw_free(p->form);
    *p = (rw_predictor){0};
}

static rw_estimate inversion(const rw_moment_form *near, const rw_moment_form *far,
                             const rw_coefficient *z)
{
    return near->end && far->end ? rw_predict_position_inversion(near, far, z) : none;
}

static void moments(const rw_moment_form *form, const rw_coefficient *z, double *mean,
                    double *variance)
{
    *mean = form->end ? rw_moment_mean(form, z) : (double)NAN;
    *variance = form->end ? fmax(0.0, rw_moment_covariance(form, z, z)) : (double)NAN;
}

void rw_predict_single(const rw_predictor *p, size_t context, const rw_coefficient *z,
                       rw_single_prediction *out)
{
    const rw_moment_form *form = p->form + context * RW_N_WINDOW;
    out->inversion = inversion(&form[RW_WINDOW_NEAR], &form[RW_WINDOW_FAR], z);
    out->inversion_local = inversion(&form[RW_WINDOW_LOCAL], &form[RW_WINDOW_FAR], z);
    out->inversion_beyond =
        inversion(&form[RW_WINDOW_BEYOND_NEAR], &form[RW_WINDOW_BEYOND_FAR], z);
    moments(&form[RW_WINDOW_FULL], z, &out->mean, &out->variance);
    moments(&form[RW_WINDOW_NEAR], z, &out->near_mean, &out->near_variance);
    moments(&form[RW_WINDOW_FAR], z, &out->far_mean, &out->far_variance);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        out->alias_pairs[d] = out->alias_distances[d] = none;
        if (!(p->dtypes >> d & 1)) continue;
        const rw_alias_estimate e = rw_predict_position_aliasing(
            out->mean, out->variance, z->amplitude_sum, (rw_dtype)d, p->context[context]);
        out->alias_pairs[d] = e.pairs;
        out->alias_distances[d] = e.distances;
    }
    out->near_aliasing =
        p->near_alias > 0.0
            ? rw_predict_near_aliasing(out->variance, z->amplitude_sum, p->near_alias)
            : none;
}

void rw_predict_double(const rw_predictor *p, size_t context, const rw_coefficient *a,
                       const rw_coefficient *b, rw_double_prediction *out)
{
    const rw_moment_form *full = p->form + context * RW_N_WINDOW + RW_WINDOW_FULL;
    out->inversion = rw_predict_token_inversion(full, a, b, &out->swapped);
    const double mean[2] = {rw_moment_mean(full, a), rw_moment_mean(full, b)};
    const double variance[2] = {rw_moment_covariance(full, a, a),
                                rw_moment_covariance(full, b, b)};
    const double covariance = rw_moment_covariance(full, a, b);
    const int identical = rw_coefficient_equal(a, b);
    for (int d = 0; d < RW_N_DTYPE; d++)
        out->aliasing[d] =
            identical && (p->dtypes >> d & 1)
                ? (rw_estimate){1.0, RW_ESTIMATE_EXACT, RW_ESTIMATE_KNOWN}
            : p->dtypes >> d & 1
                ? rw_predict_token_aliasing(mean, variance, covariance,
                                            fmax(a->amplitude_sum, b->amplitude_sum),
                                            (rw_dtype)d)
                : none;
}

rw_estimate rw_predict_cross_aliasing(const rw_predictor *p, size_t context,
                                      const rw_coefficient *a, const rw_coefficient *b,
                                      rw_dtype dtype)
{
    const rw_moment_form *full = p->form + context * RW_N_WINDOW + RW_WINDOW_FULL;
    const double mean[2] = {rw_moment_mean(full, a), rw_moment_mean(full, b)};
    const double variance[2] = {rw_moment_covariance(full, a, a),
                                rw_moment_covariance(full, b, b)};
    if (p->context[context] < 2) return none;
    return rw_predict_token_aliasing(mean, variance, 0.0,
                                     fmax(a->amplitude_sum, b->amplitude_sum), dtype);
}
