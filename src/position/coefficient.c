/* coefficient.c - from vectors to the terms of the score. */
#include "position/coefficient.h"

#include <math.h>

static int is_zero(double x)
{
    return !(x > 0.0 || x < 0.0);
}

uint32_t rw_active_freq(const rw_rotation *rot, double *freq)
{
    uint32_t n = 0;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        if (!is_zero(rot->inv_freq[pair])) freq[n++] = rot->inv_freq[pair];
    return n;
}

double rw_coefficient_unit(const rw_coefficient *z)
{
    double largest = 0.0;
    for (uint32_t n = 0; n < z->n_pair; n++)
        largest = fmax(largest, fmax(fabs(z->re[n]), fabs(z->im[n])));
    if (!(largest > 0.0) || !isfinite(largest)) return 1.0;
    int exponent;
    (void)frexp(largest, &exponent);
    return ldexp(1.0, exponent > -1022 ? -exponent : 1022);
}

/* max_share and n_eff, from squares that neither under- nor overflow. */
static void spread_of_energy(rw_coefficient *z)
{
    const double unit = rw_coefficient_unit(z);
    double sum = 0.0, fourth = 0.0, largest = 0.0;
    for (uint32_t n = 0; n < z->n_pair; n++) {
        const double re = z->re[n] * unit, im = z->im[n] * unit,
                     power = re * re + im * im;
        sum += power;
        fourth += power * power;
        largest = fmax(largest, power);
    }
    z->max_share = sum > 0.0 ? largest / sum : 0.0;
    z->n_eff = fourth > 0.0 ? sum * sum / fourth : 0.0;
}

ropewalk_status rw_coefficient_make(const rw_rotation *rot, uint32_t head_dim,
                                    double score_scale, const double *q, const double *k,
                                    rw_coefficient *out, ropewalk_error *err)
{
    const uint32_t half = rot->rotary_dim / 2;
    const double a2 = (score_scale * rot->attn_factor) * rot->attn_factor;
    double rest = 0.0;
    for (uint32_t i = rot->rotary_dim; i < head_dim; i++)
        rest += q[i] * k[i];
    out->constant = score_scale * rest;
    out->n_pair = 0;
    out->amplitude_sum = out->energy = 0.0;
    for (uint32_t pair = 0; pair < half; pair++) {
        const int interleaved = rot->pairs == RW_PAIRS_INTERLEAVED;
        const uint32_t c = interleaved ? 2 * pair : pair;
        const uint32_t s = interleaved ? c + 1 : pair + half;
        const double re = (q[c] * k[c] + q[s] * k[s]) * a2;
        const double im = (q[s] * k[c] - q[c] * k[s]) * a2;
        if (is_zero(rot->inv_freq[pair])) {
            out->constant += re;
            continue;
        }
        const double power = re * re + im * im;
        out->re[out->n_pair] = re;
        out->im[out->n_pair++] = im;
        out->amplitude_sum +=
            fabs(re) < 1e-150 && fabs(im) < 1e-150 ? fabs(re) + fabs(im) : sqrt(power);
        out->energy += power;
    }
    /* upwards: each addition and root lost at most an ulp */
    out->amplitude_sum *= 1.0 + 4.0 * (out->n_pair + 4.0) * 0x1p-53;
    spread_of_energy(out);
    if (!isfinite(out->constant) || !isfinite(out->energy) ||
        !isfinite(out->amplitude_sum))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the product of a query and a key is too large for float64");
    return ROPEWALK_OK;
}

int rw_coefficient_is_constant(const rw_coefficient *z)
{
    for (uint32_t n = 0; n < z->n_pair; n++)
        if (!is_zero(z->re[n]) || !is_zero(z->im[n])) return 0;
    return 1;
}

int rw_coefficient_equal(const rw_coefficient *a, const rw_coefficient *b)
{
    if (a->n_pair != b->n_pair || !is_zero(a->constant - b->constant)) return 0;
    for (uint32_t n = 0; n < a->n_pair; n++)
        if (!is_zero(a->re[n] - b->re[n]) || !is_zero(a->im[n] - b->im[n])) return 0;
    return 1;
}
