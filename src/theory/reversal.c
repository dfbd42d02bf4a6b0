/* reversal.c - the band of each window, and the reversal it forces. */
#include "theory/reversal.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/normal.h"

static const double two_pi = 6.283185307179586;

static int slower(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* How far t is from the next whole turn: distances are integers, and know frequencies mod 2 pi. */
static double off_turn(double t)
{
    return fabs(remainder(t, two_pi));
}

static int is_geometric(const double *freq, uint32_t h, double theta)
{
    if (!(theta > 1.0) || !isfinite(theta)) return 0;
    for (uint32_t n = 0; n < h; n++) {
        const double w = pow(theta, -(double)n / h);
        if (!(fabs(fabs(freq[n]) - w) <= 1e-6 * w)) return 0;
    }
    return 1;
}

/* Least spacing of {0, +-w_n} over the k + 1 fastest pairs, for every k. */
static void spacings(const double *fast, uint32_t h, double *out)
{
    double least = two_pi;
    for (uint32_t k = 0; k < h; k++) {
        least = fmin(least, fmin(off_turn(fast[k]), off_turn(2.0 * fast[k])));
        for (uint32_t j = 0; j < k; j++)
            least = fmin(least,
                         fmin(off_turn(fast[j] - fast[k]), off_turn(fast[j] + fast[k])));
        out[k] = least;
    }
}

static ropewalk_status check(const rw_reversal_rule *r, uint32_t n_pair,
                             ropewalk_error *err)
{
    if (n_pair == 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "no pair rotates: there is no band");
    if (!(r->c_f > 0.0 && isfinite(r->c_f)))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "C_F %g must be above 0", r->c_f);
    if (!(r->eps > 0.0 && r->eps < 0.5))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "eps %g must lie in (0, 0.5)",
                       r->eps);
    if (!(r->zeta > 0.0 && isfinite(r->zeta)))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "zeta %g must be above 0", r->zeta);
    if (!(r->tau >= 0.0 && r->tau < 0.5 && r->delta >= 0.0 && r->delta < 0.5))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "tau %g and delta %g must lie in [0, 0.5)", r->tau, r->delta);
    return ROPEWALK_OK;
}

ropewalk_status rw_reversal_init(rw_reversal_table *t, const double *freq,
                                 uint32_t n_pair, double rope_theta,
                                 const rw_reversal_rule *rule, ropewalk_error *err)
{
    *t = (rw_reversal_table){.rule = *rule, .n_pair = n_pair, .gamma = (double)NAN};
    const ropewalk_status status = check(rule, n_pair, err);
    if (status) return status;
    t->enter = rw_array(n_pair, sizeof *t->enter);
    t->sorted = rw_array(n_pair, sizeof *t->sorted);
    t->fast = rw_array(n_pair, sizeof *t->fast);
    if (!t->enter || !t->sorted || !t->fast) {
        rw_reversal_clear(t);
        return rw_fail_memory(err, "the bands of a frequency table");
    }
    double response = 0.0;
    for (uint32_t n = 0; n < n_pair; n++) {
        const double chord = 2.0 * sin(0.5 * freq[n]);
        response += chord * chord;
        t->fast[n] = fabs(freq[n]);
    }
    t->response = sqrt(response);
    qsort(t->fast, n_pair, sizeof *t->fast, slower);
    spacings(t->fast, n_pair, t->sorted);
    t->spacing = t->sorted[n_pair - 1];
    t->geometric = is_geometric(freq, n_pair, rope_theta);
    if (t->geometric) /* 1 - rho = -expm1: exact for a base near 1 */
        t->gamma = 2.0 * rule->c_f / (-expm1(-log(rope_theta) / n_pair) * rule->eps);
    for (uint32_t k = 0; k < n_pair; k++)
        t->sorted[k] = t->geometric
                           ? t->gamma / t->fast[k]
                           : 2.0 * rule->c_f / rule->eps / t->sorted[k]; /* 1/0: never */
    for (uint32_t k = n_pair - 1; k-- > 0;) /* equal pairs enter together */
        if (!(t->fast[k] > t->fast[k + 1])) t->sorted[k] = t->sorted[k + 1];
    for (uint32_t n = 0; n < n_pair; n++) {
        uint32_t k = 0;
        while (t->fast[k] > fabs(freq[n]))
            k++;
        t->enter[n] = t->sorted[k];
    }
    return ROPEWALK_OK;
}

void rw_reversal_clear(rw_reversal_table *t)
{
    rw_free(t->enter);
    rw_free(t->sorted);
    rw_free(t->fast);
    *t = (rw_reversal_table){0};
}

static uint32_t n_high(const rw_reversal_table *t, int64_t context)
{
    uint32_t n = 0;
    while (n < t->n_pair && t->sorted[n] <= (double)context)
        n++;
    return n;
}

rw_reversal_at rw_reversal_of_share(const rw_reversal_table *t, int64_t context,
                                    double share)
{
    rw_reversal_at at = {.n_high = n_high(t, context), .least_share = share};
    at.n_low = t->n_pair - at.n_high;
    at.u = at.v = (double)NAN;
    at.psi = (rw_estimate){(double)NAN, RW_ESTIMATE_BOUND, RW_ESTIMATE_UNDEFINED};
    if (!(share >= 0.0 && share <= 1.0)) return at;
    const double low = sqrt((double)at.n_low * (1.0 - share * share));
    at.u = t->rule.eps * share + low;
    at.v = fmax(0.0, sqrt(0.5 - t->rule.eps) * share - low);
    const double psi =
        at.v > 0.0 ? fmax(0.0, rw_normal_cdf(-at.u / at.v) - t->rule.tau) : 0.0;
    at.psi = (rw_estimate){psi, RW_ESTIMATE_BOUND, RW_ESTIMATE_KNOWN};
    return at;
}

rw_reversal_at rw_reversal_of_table(const rw_reversal_table *t, int64_t context)
{
    const uint32_t n = n_high(t, context);
    /* No pair outside H is faster than this. */
    const double slow = context < 1     ? (double)INFINITY
                        : t->geometric  ? t->gamma / (double)context
                        : n < t->n_pair ? t->fast[n]
                                        : 0.0;
    const double left = t->rule.zeta - slow * sqrt((double)t->n_pair);
    return rw_reversal_of_share(t, context, left > 0.0 ? left / t->response : 0.0);
}

double rw_reversal_share(const rw_reversal_table *t, int64_t context,
                         const rw_coefficient *a, const rw_coefficient *b)
{
    double high = 0.0, all = 0.0;
    for (uint32_t n = 0; n < t->n_pair; n++) {
        const double re = a->re[n] - b->re[n], im = a->im[n] - b->im[n];
        const double power = re * re + im * im;
        all += power;
        if (t->enter[n] <= (double)context) high += power;
    }
    return all > 0.0 ? sqrt(high / all) : (double)NAN;
}

/* psi(l(M)) never falls (T16), so the first M above delta is found by halving. */
rw_estimate rw_reversal_m_max(const rw_reversal_table *t)
{
    const rw_estimate none = {(double)NAN, RW_ESTIMATE_BOUND, RW_ESTIMATE_UNDEFINED};
    int64_t below = 0, above = t->rule.window_end;
    if (above < 1) return none;
    const rw_estimate last = rw_reversal_of_table(t, above).psi;
    if (last.state != RW_ESTIMATE_KNOWN || !(last.value > t->rule.delta)) return none;
    while (above - below > 1) {
        const int64_t middle = below + (above - below) / 2;
        if (rw_reversal_of_table(t, middle).psi.value > t->rule.delta)
            above = middle;
        else
            below = middle;
    }
    return (rw_estimate){(double)below, RW_ESTIMATE_BOUND, RW_ESTIMATE_KNOWN};
}
