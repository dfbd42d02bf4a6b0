/* evaluate.c - gathers what the files of this room compute under the names of quantities. */
#include "theory/evaluate.h"

#include <math.h>

#include "base/alloc.h"
#include "theory/adjacent.h"
#include "theory/base_bound.h"
#include "theory/highband.h"
#include "theory/phase_bounds.h"
#include "theory/rates.h"

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

ropewalk_status rw_evaluator_init(rw_evaluator *e, const rw_rotation *rotation,
                                  double rope_theta, uint32_t n_layer, int64_t context,
                                  uint32_t dtypes, double zeta, double near_alias,
                                  ropewalk_error *err)
{
    const rw_reversal_rule theorem = RW_REVERSAL_THEOREM;
    *e = (rw_evaluator){
        .context = context, .rope_theta = rope_theta, .n_layer = n_layer, .zeta = zeta};
    e->freq = rw_array(rotation->rotary_dim / 2 + 1, sizeof *e->freq);
    if (!e->freq) return rw_fail_memory(err, "frequencies");
    e->n_freq = rw_active_freq(rotation, e->freq);
    ropewalk_status status = rw_predictor_init(&e->predictor, rotation, &e->context, 1,
                                               dtypes, near_alias, INT64_MAX, err);
    if (!status && context > 1)
        status = rw_moment_form_init(&e->steps, e->freq, e->n_freq, 0, context - 1, err);
    if (!status && e->n_freq)
        status =
            rw_reversal_init(&e->reversal, e->freq, e->n_freq, rope_theta, &theorem, err);
    if (status) rw_evaluator_clear(e);
    return status;
}

void rw_evaluator_clear(rw_evaluator *e)
{
    rw_moment_form_clear(&e->steps);
    rw_reversal_clear(&e->reversal);
    rw_predictor_clear(&e->predictor);
    rw_free(e->freq);
    *e = (rw_evaluator){0};
}

/* The base, where frequencies are its unscaled ones. */
static double plain_base(const rw_evaluator *e)
{
    return e->n_freq && e->reversal.geometric ? e->rope_theta : (double)NAN;
}

ropewalk_status rw_evaluate_table(const rw_evaluator *e, rw_estimate *value,
                                  ropewalk_error *err)
{
    begin(value, RW_Q_PAIRS, RW_N_TABLE_VALUE);
    value[RW_Q_PAIRS] = of(RW_Q_PAIRS, e->n_freq);
    if (!e->n_freq) return ROPEWALK_OK;
    const rw_reversal_rule operational = RW_REVERSAL_OPERATIONAL;
    rw_reversal_table table;
    const ropewalk_status status =
        rw_reversal_init(&table, e->freq, e->n_freq, e->rope_theta, &operational, err);
    if (status) return status;
    double slow = (double)INFINITY;
    for (uint32_t n = 0; n < e->n_freq; n++)
        slow = fmin(slow, e->freq[n]);
    value[RW_Q_LONGEST_WAVELENGTH] = of(RW_Q_LONGEST_WAVELENGTH, TWO_PI / slow);
    value[RW_Q_RESPONSE] = of(RW_Q_RESPONSE, e->reversal.response);
    value[RW_Q_GAMMA] = of(RW_Q_GAMMA, e->reversal.gamma);
    value[RW_Q_M_MAX] = rw_reversal_m_max(&e->reversal);
    value[RW_Q_M_MAX_OPERATIONAL] =
        of(RW_Q_M_MAX_OPERATIONAL, rw_reversal_m_max(&table).value);
    value[RW_Q_M_MAX_SCALE] = of(
        RW_Q_M_MAX_SCALE, rw_m_max_scale(plain_base(e), e->n_freq, e->reversal.rule.eps));
    rw_reversal_clear(&table);
    const int64_t share = (int64_t)1 << 28, most = (int64_t)1 << 22;
    const int64_t limit = share / e->n_freq < most ? share / e->n_freq : most;
    return rw_context_bound(e->freq, e->n_freq, limit, NULL, NULL,
                            &value[RW_Q_CONTEXT_BOUND], err);
}

void rw_evaluate_context(const rw_evaluator *e, rw_estimate *value)
{
    begin(value, RW_Q_PAIRS_TURNED, RW_N_CONTEXT_VALUE);
    if (!e->n_freq) return;
    const double base = plain_base(e);
    const rw_reversal_at r = rw_reversal_of_table(&e->reversal, e->context);
    const struct {
        rw_quantity q;
        rw_estimate estimate;
    } rows[] = {
        {RW_Q_PAIRS_TURNED,
         of(RW_Q_PAIRS_TURNED, rw_turning_pairs(e->freq, e->n_freq, e->context))},
        {RW_Q_SPLIT_INDEX, rw_split_index(base, e->n_freq, e->context)},
        {RW_Q_HIGH_BAND_PAIRS, of(RW_Q_HIGH_BAND_PAIRS, r.n_high)},
        {RW_Q_LEAST_SHARE, of(RW_Q_LEAST_SHARE, r.least_share)},
        {RW_Q_REVERSAL_U, of(RW_Q_REVERSAL_U, r.u)},
        {RW_Q_REVERSAL_V, of(RW_Q_REVERSAL_V, r.v)},
        {RW_Q_REVERSAL_BOUND, r.psi},
        {RW_Q_POSITION_INVERSION_RATE,
         rw_rate_position_inversion(base, e->n_freq, e->context,
                                    RW_RATE_POSITION_INVERSION)},
        {RW_Q_TOKEN_INVERSION_RATE,
         rw_rate_token_inversion(base, e->n_freq, e->context, RW_RATE_TOKEN_INVERSION)},
        {RW_Q_ALIASING_BASE, rw_bound_aliasing_base(e->context, 2 * e->n_freq)},
        {RW_Q_DC_BASE, rw_bound_dc_base(e->context, e->n_layer)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        value[rows[i].q - RW_Q_PAIRS_TURNED] = rows[i].estimate;
}

void rw_evaluate_format(const rw_evaluator *e, rw_dtype dtype, rw_estimate *value)
{
    const int bits = rw_dtype_get(dtype)->significand_bits;
    begin(value, RW_Q_TOKEN_ALIASING_RATE, RW_N_FORMAT_VALUE);
    if (!isnan(plain_base(e)))
        value[0] = rw_rate_token_aliasing(e->n_freq, bits, RW_RATE_TOKEN_ALIASING);
    if (e->n_freq) value[1] = rw_bound_precision_base(bits);
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

static ropewalk_status one_key(const rw_evaluator *e, const rw_coefficient *z,
                               rw_score_estimates *out, ropewalk_error *err)
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
    *score(out, RW_Q_PREFERENCE) = p.inversion;
    score(out, RW_Q_PREFERENCE)->value = fabs(2.0 * p.inversion.value - 1.0);
    *score(out, RW_Q_POSITION_INVERSION_LOCAL) = p.inversion_local;
    *score(out, RW_Q_POSITION_INVERSION_BEYOND) = p.inversion_beyond;
    *score(out, RW_Q_NEAR_ALIASING) = p.near_aliasing;
    *score(out, RW_Q_N_EFF) = of(RW_Q_N_EFF, varies ? z->n_eff : (double)NAN);
    *score(out, RW_Q_MAX_SHARE) = of(RW_Q_MAX_SHARE, varies ? z->max_share : (double)NAN);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        *typed(out, d, RW_Q_POSITION_ALIASING) = p.alias_pairs[d];
        *typed(out, d, RW_Q_POSITION_ALIASING_DISTANCES) = p.alias_distances[d];
    }
    if (!e->steps.end) return ROPEWALK_OK;
    rw_adjacent_prediction step;
    const ropewalk_status status =
        rw_predict_adjacent(&e->steps, e->freq, z, e->zeta, &step, err);
    if (status) return status;
    *score(out, RW_Q_STEP_RMS) = step.rms;
    *score(out, RW_Q_POSITIONAL_SCORE) = step.score;
    *score(out, RW_Q_INSENSITIVITY) = step.insensitivity;
    return ROPEWALK_OK;
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
    for (int d = 0; d < RW_N_DTYPE; d++)
        if (e->predictor.dtypes >> d & 1)
            *typed(out, d, RW_Q_CROSS_ALIASING) =
                rw_predict_cross_aliasing(&e->predictor, 0, k1, k2, (rw_dtype)d);
}

ropewalk_status rw_evaluate_score(const rw_evaluator *e, const rw_coefficient *k1,
                                  const rw_coefficient *k2, bool one,
                                  rw_score_estimates *out, ropewalk_error *err)
{
    begin(out->value, RW_Q_MEAN, RW_N_SCORE_VALUE);
    for (int d = 0; d < RW_N_DTYPE; d++)
        begin(out->by_dtype[d], RW_Q_POSITION_ALIASING, RW_N_DTYPE_VALUE);
    if (k2) two_keys(e, k1, k2, out);
    return one ? one_key(e, k1, out, err) : ROPEWALK_OK;
}
