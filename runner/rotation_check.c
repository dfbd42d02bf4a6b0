/* rotation_check.c - float64 re-rotation of what a runtime rotated in float32. */
#include "rotation_check.h"

#include <math.h>
#include <stddef.h>

static const float PI_F32 = 3.14159265358979f;

/* ggml's own expression, in its own precision: the result is floored or ceiled, and a different
 * rounding at an integer would move the whole ramp by one pair. */
static float corr_dim(const rw_rope_params *p, double n_rotation)
{
    const float base = (float)p->freq_base;
    const float turns = (float)n_rotation * 2.0f * PI_F32;
    return (float)(int)p->n_dims * logf((float)(int)p->n_ctx_orig / turns) /
           (2.0f * logf(base));
}

void rw_rope_inv_freq(const rw_rope_params *p, const float *freq_factors,
                      double *inv_freq, double *rounding)
{
    const uint32_t n_pair = p->n_dims / 2;
    float low = 0.0f, high = 0.0f;
    if (p->ext_factor != 0.0) {
        low = fmaxf(0.0f, floorf(corr_dim(p, p->beta_fast)));
        high = fminf((float)(p->n_dims - 1), ceilf(corr_dim(p, p->beta_slow)));
    }
    const double span = fmax((double)0.001f, (double)(high - low));
    for (uint32_t pair = 0; pair < n_pair; pair++) {
        double own = pow(p->freq_base, -2.0 * (double)pair / (double)p->n_dims);
        double units = 2.0 * (double)pair + 1.0;
        if (freq_factors) {
            own /= (double)freq_factors[pair];
            units += 1.0;
        }
        double stretched = p->freq_scale;
        if (p->freq_scale != 1.0) units += 1.0;
        if (p->ext_factor != 0.0) {
            const double ramp = ((double)pair - (double)low) / span;
            const double mix = (1.0 - fmin(1.0, fmax(0.0, ramp))) * p->ext_factor;
            stretched = p->freq_scale * (1.0 - mix) + mix;
            if (ramp > 0.0 && ramp < 1.0)
                units += 3.0 + 2.0 * fabs(1.0 - p->freq_scale) / stretched;
        }
        rounding[pair] = units;
        inv_freq[pair] = own * stretched;
    }
}

double rw_rope_attn_factor(const rw_rope_params *p)
{
    if (p->ext_factor == 0.0) return p->attn_factor;
    return p->attn_factor * (1.0 + 0.1 * log(1.0 / p->freq_scale));
}

void rw_rotation_table(const rw_executed *rot, const int64_t *position, uint32_t n_row,
                       double *table)
{
    const uint32_t n_pair = rot->rotary_dim / 2;
    for (uint32_t row = 0; row < n_row; row++)
        for (uint32_t pair = 0; pair < n_pair; pair++) {
            const double angle_rad = (double)position[row] * rot->inv_freq[pair];
            double *cell = table + ((size_t)row * n_pair + pair) * 2;
            cell[0] = cos(angle_rad) * rot->attn_factor;
            cell[1] = sin(angle_rad) * rot->attn_factor;
        }
}

/* Negated comparison: NaN raises too. */
static bool note_worst(rw_check_worst *worst, double error, double tolerance,
                       uint32_t row, uint32_t head, uint32_t dim)
{
    const double ratio =
        error > 0.0 ? error / tolerance : (error == 0.0 ? 0.0 : (double)NAN);
    if (!(ratio <= worst->ratio) && !isnan(worst->ratio)) {
        worst->ratio = ratio;
        worst->error = error;
        worst->tolerance = tolerance;
        worst->row = row;
        worst->head = head;
        worst->dim = dim;
    }
    return ratio <= 1.0;
}

bool rw_rotation_check(const rw_executed *rot, const int64_t *position,
                       const double *table, uint32_t n_row, uint32_t n_head,
                       uint32_t head_dim, const float *before, const float *after,
                       rw_check_worst *worst)
{
    const uint32_t n_pair = rot->rotary_dim / 2;
    const uint32_t step = rot->interleaved ? 2 : 1;
    const uint32_t apart = rot->interleaved ? 1 : n_pair;
    bool good = true;
    for (uint32_t row = 0; row < n_row; row++)
        for (uint32_t head = 0; head < n_head; head++) {
            const size_t at = ((size_t)row * n_head + head) * head_dim;
            const float *x = before + at, *y = after + at;
            for (uint32_t pair = 0; pair < n_pair; pair++) {
                const double *cell = table + ((size_t)row * n_pair + pair) * 2;
                const uint32_t i = pair * step;
                const double re = (double)x[i], im = (double)x[i + apart];
                const double angle = fabs((double)position[row] * rot->inv_freq[pair]);
                const double size = sqrt(re * re + im * im) * fabs(rot->attn_factor);
                /* 2^-149: the smallest float32, for products that underflow. */
                const double tolerance =
                    (angle * rot->rounding[pair] + 8.0) * 0x1p-24 * size + 0x1p-147;
                const double e_re = fabs((double)y[i] - (re * cell[0] - im * cell[1]));
                const double e_im =
                    fabs((double)y[i + apart] - (re * cell[1] + im * cell[0]));
                good &= note_worst(worst, e_re, tolerance, row, head, i);
                good &= note_worst(worst, e_im, tolerance, row, head, i + apart);
            }
            for (uint32_t dim = rot->rotary_dim; dim < head_dim; dim++)
                good &= note_worst(worst, fabs((double)y[dim] - (double)x[dim]), 0.0, row,
                                   head, dim);
        }
    return good;
}
