/* evaluate.c - gathers what the files of this room compute under the names of quantities. */
#include "theory/evaluate.h"

#include <math.h>

#include "base/alloc.h"
#include "theory/highband.h"

static const double TWO_PI = 6.283185307179586476925286766559;

/* Of a value that is NaN where it has no answer. */
static rw_estimate of(rw_quantity q, double value)
{
    return (rw_estimate){.value = value,
                         .kind = rw_quantity_get(q)->kind,
                         .state =
                             isnan(value) ? RW_ESTIMATE_UNDEFINED : RW_ESTIMATE_KNOWN};
}

/* The quantities of a scope, all undefined. */
static void begin(rw_estimate *value, rw_quantity first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        value[i] = of((rw_quantity)(first + i), (double)NAN);
}

static bool is_geometric(const rw_rotation *rotation, double rope_theta,
                         ropewalk_error *err, ropewalk_status *status)
{
    const uint32_t half = rotation->rotary_dim / 2;
    if (!(rope_theta > 1.0) || half == 0) return false;
    double *plain = rw_array(half, sizeof *plain);
    if (!plain) {
        *status = rw_fail_memory(err, "frequencies");
        return false;
    }
    rw_inv_freq_unscaled(rope_theta, rotation->rotary_dim, plain);
    bool same = true;
    for (uint32_t n = 0; n < half; n++) /* files may hold float32 values */
        same = same && fabs(rotation->inv_freq[n] - plain[n]) <= 1e-6 * plain[n];
    rw_free(plain);
    return same;
}

ropewalk_status rw_evaluator_init(rw_evaluator *e, const rw_rotation *rotation,
                                  double rope_theta, int64_t context, uint32_t dtypes,
                                  double near_alias, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    *e = (rw_evaluator){.context = context, .rope_theta = rope_theta};
    e->geometric = is_geometric(rotation, rope_theta, err, &status);
    if (status) return status;
    e->freq = rw_array(rotation->rotary_dim / 2 + 1, sizeof *e->freq);
    if (!e->freq) return rw_fail_memory(err, "frequencies");
    e->n_freq = rw_active_freq(rotation, e->freq);
    status = rw_predictor_init(&e->predictor, rotation, &e->context, 1, dtypes,
                               near_alias, INT64_MAX, err);
    if (status) rw_evaluator_clear(e);
    return status;
}

void rw_evaluator_clear(rw_evaluator *e)
{
    rw_predictor_clear(&e->predictor);
    rw_free(e->freq);
    *e = (rw_evaluator){0};
}

void rw_evaluate_table(const rw_evaluator *e, rw_estimate *value)
{
    begin(value, RW_Q_PAIRS, RW_N_TABLE_VALUE);
    double slow = (double)INFINITY;
    for (uint32_t n = 0; n < e->n_freq; n++)
        slow = fmin(slow, e->freq[n]);
    value[RW_Q_PAIRS] = of(RW_Q_PAIRS, e->n_freq);
    if (e->n_freq)
        value[RW_Q_LONGEST_WAVELENGTH] = of(RW_Q_LONGEST_WAVELENGTH, TWO_PI / slow);
    if (e->geometric)
        value[RW_Q_M_MAX_SCALE] =
            of(RW_Q_M_MAX_SCALE, rw_m_max_scale(e->rope_theta, e->n_freq, 0.1));
}

void rw_evaluate_context(const rw_evaluator *e, rw_estimate *value)
{
    const rw_quantity first = RW_Q_PAIRS_TURNED;
    begin(value, first, RW_N_CONTEXT_VALUE);
    double turned = 0.0;
    for (uint32_t n = 0; n < e->n_freq; n++)
        turned += e->freq[n] * (double)e->context >= TWO_PI;
    value[RW_Q_PAIRS_TURNED - first] = of(RW_Q_PAIRS_TURNED, turned);
}

static rw_estimate *score(rw_score_estimates *out, rw_quantity q)
{
    return &out->value[q - RW_Q_MEAN];
}

static rw_estimate *typed(rw_score_estimates *out, int dtype, rw_quantity q)
{
    return &out->by_dtype[dtype][q - RW_Q_POSITION_ALIASING];
}

/* Rounding noise of a variance is 0. */
static double variance_of(double variance, const rw_coefficient *z)
{
    const double least = RW_LEAST_VARIANCE * z->amplitude_sum * z->amplitude_sum;
    return variance <= least ? 0.0 : variance; /* NaN stays */
}

static void one_key(const rw_evaluator *e, const rw_coefficient *z,
                    rw_score_estimates *out)
{
    rw_single_prediction p;
    rw_predict_single(&e->predictor, 0, z, &p);
    const bool varies = !rw_coefficient_is_constant(z);
    const double moments[] = {p.mean,      variance_of(p.variance, z),
                              p.near_mean, variance_of(p.near_variance, z),
                              p.far_mean,  variance_of(p.far_variance, z)};
    for (int i = 0; i < 6; i++) /* null for a score that is constant, as in `measure` */
        *score(out, (rw_quantity)(RW_Q_MEAN + i)) =
            of((rw_quantity)(RW_Q_MEAN + i), varies ? moments[i] : (double)NAN);
    *score(out, RW_Q_POSITION_INVERSION) = p.inversion;
    *score(out, RW_Q_POSITION_INVERSION_LOCAL) = p.inversion_local;
    *score(out, RW_Q_POSITION_INVERSION_BEYOND) = p.inversion_beyond;
    *score(out, RW_Q_NEAR_ALIASING) = p.near_aliasing;
    *score(out, RW_Q_N_EFF) = of(RW_Q_N_EFF, varies ? z->n_eff : (double)NAN);
    *score(out, RW_Q_MAX_SHARE) = of(RW_Q_MAX_SHARE, varies ? z->max_share : (double)NAN);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        *typed(out, d, RW_Q_POSITION_ALIASING) = p.alias_pairs[d];
        *typed(out, d, RW_Q_POSITION_ALIASING_DISTANCES) = p.alias_distances[d];
    }
}

static void two_keys(const rw_evaluator *e, const rw_coefficient *k1,
                     const rw_coefficient *k2, rw_score_estimates *out)
{
    rw_double_prediction p;
    rw_predict_double(&e->predictor, 0, k1, k2, &p);
    *score(out, RW_Q_TOKEN_INVERSION) = p.inversion;
    *score(out, RW_Q_SEMANTIC_SCORE) = p.inversion;
    score(out, RW_Q_SEMANTIC_SCORE)->value = 1.0 - p.inversion.value;
    *score(out, RW_Q_R_HIGH) =
        of(RW_Q_R_HIGH,
           rw_high_band_share(e->freq, e->n_freq, e->rope_theta, e->context, k1, k2));
    for (int d = 0; d < RW_N_DTYPE; d++)
        *typed(out, d, RW_Q_TOKEN_ALIASING) = p.aliasing[d];
}

void rw_evaluate_score(const rw_evaluator *e, const rw_coefficient *k1,
                       const rw_coefficient *k2, bool one, rw_score_estimates *out)
{
    begin(out->value, RW_Q_MEAN, RW_N_SCORE_VALUE);
    for (int d = 0; d < RW_N_DTYPE; d++)
        begin(out->by_dtype[d], RW_Q_POSITION_ALIASING, RW_N_DTYPE_VALUE);
    if (one) one_key(e, k1, out);
    if (k2) two_keys(e, k1, k2, out);
}
