/* layer_contrast.c - two descriptions of one layer side by side: which facts differ, and by how much. */
#include "model/layer_contrast.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"

static const double half_turn = 3.14159265358979323846;
static const double float_unit = 0x1p-24; /* of rounding to float32, relative */
/* Mechanisms are within 4 ulp of the definition each, so 8 apart. */
static const double double_slack = 8 * 0x1p-52;
/* Attention factors and softmax scales pass through a handful of float32 values. */
static const double factor_slack = 1e-6;

/* Over 2^31 positions such a difference, in radian a position, moves no cosine or sine by half an
 * ulp of 1 in float64. */
static const double unseen = 0x1p-85;
/* Of pairs that are equally far apart but for rounding, the first is named. */
static const double tie = 1 + 0x1p-20;

static double parameter(const rw_rotation_info *rot, const char *name, double fallback)
{
    for (uint32_t i = 0; i < rot->n_parameter; i++)
        if (strcmp(rot->parameters[i].name, name) == 0) return rot->parameters[i].value;
    return fallback;
}

/* How much llama3's blend multiplies a relative error of the unscaled frequency f. With
 * t = (L f / 2 pi - low) / (high - low), the scaled w = f ((1 - t)/s + t) has
 * d ln w / d ln f = 1 + (1 - 1/s) (t + low/(high - low)) / ((1 - t)/s + t), largest at t = 0. */
static double blend_gain(const rw_rotation_info *rot)
{
    /* GGUF keeps divisors alone: the largest is the factor, and low 1, high 4 are llama3's */
    const bool divisors = strcmp(rot->mechanism, "freq_factors") == 0;
    if (strcmp(rot->mechanism, "llama3") != 0 && !divisors) return 1.0;
    const double low = parameter(rot, "low_freq_factor", 1.0);
    const double high = parameter(rot, "high_freq_factor", 4.0);
    const double factor = parameter(rot, divisors ? "divisor_max" : "factor", 1.0);
    /* no llama3 factor is near 1024; larger divisors are there to stop a pair */
    if (!(high > low) || !(factor > 1.0) || factor > 1024.0) return 1.0;
    return 1.0 + (factor - 1.0) * low / (high - low);
}

double rw_contrast_tolerance(const rw_rotation_info *a, const rw_rotation_info *b,
                             uint32_t pair, rw_storage storage)
{
    if (storage == RW_STORED_DOUBLE) return double_slack;
    const double exponent = 2.0 * pair / a->rotary_dim;
    const double stored = 2.0 + exponent;
    const double gain = fmax(blend_gain(a), blend_gain(b));
    const double base = fmax(a->rope_theta, b->rope_theta); /* the known one of the two */
    const double formed =
        gain > 1.0 && base > 1.0 ? gain * (3.0 + exponent * rw_log(base)) : 0.0;
    return double_slack + float_unit * (stored + formed);
}

double rw_relative_difference(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b) ? 0.0 : 1.0;
    const double size = fmax(fabs(a), fabs(b));
    return size > 0.0 ? fabs(a - b) / size : 0.0;
}

double rw_score_factor(const rw_rotation_info *rot)
{
    return rot->attn_factor * rot->attn_factor * rot->softmax_scale;
}

static void set(rw_contrast *c, rw_differs what, bool differs)
{
    if (differs) c->differs |= 1u << what;
}

static void contrast_frequencies(const rw_rotation_info *a, const rw_rotation_info *b,
                                 rw_storage storage, rw_contrast *c)
{
    set(c, RW_DIFFERS_UNKNOWN, !a->inv_freq != !b->inv_freq);
    if (!a->inv_freq || !b->inv_freq) return;
    c->frequencies = true;
    for (uint32_t n = 0; n < a->rotary_dim / 2; n++) {
        const double from = fabs(a->inv_freq[n]);
        const double apart = fabs(a->inv_freq[n] - b->inv_freq[n]);
        if (!(apart > 0.0)) continue;
        if (apart < unseen) { /* a pair that stands still, kept as a huge divisor */
            c->rounded = true;
            continue;
        }
        const double error = from > 0.0 ? apart / from : (double)INFINITY;
        const double allowed = rw_contrast_tolerance(a, b, n, storage);
        if (error > allowed)
            c->n_pair++;
        else
            c->rounded = true;
        if (error > c->frequency_error * tie) {
            c->frequency_error = error;
            c->worst_pair = n;
            c->tolerance = allowed;
        }
        if (apart > c->phase_rate * tie) {
            c->phase_rate = apart;
            c->phase_pair = n;
        }
    }
    if (c->n_pair) c->rounded = false;
    set(c, RW_DIFFERS_FREQUENCY, c->n_pair > 0);
}

/* Without a statement of either scale there is nothing to compare; one alone is a difference
 * of knowledge, not of what runs. */
static bool factors_differ(double a, double b, rw_storage storage)
{
    if (isnan(a) || isnan(b)) return false;
    return rw_relative_difference(a, b) >
           (storage == RW_STORED_FLOAT ? factor_slack : double_slack);
}

static void contrast_rotations(const rw_rotation_info *a, const rw_rotation_info *b,
                               rw_storage storage, rw_contrast *c)
{
    set(c, RW_DIFFERS_ATTN_FACTOR,
        factors_differ(a->attn_factor, b->attn_factor, storage));
    set(c, RW_DIFFERS_SOFTMAX_SCALE,
        factors_differ(a->softmax_scale, b->softmax_scale, storage));
    set(c, RW_DIFFERS_SCORE_FACTOR,
        factors_differ(rw_score_factor(a), rw_score_factor(b), storage));
    set(c, RW_DIFFERS_ROTARY_DIM, a->rotary_dim != b->rotary_dim);
    if (a->rotary_dim != b->rotary_dim) return;
    set(c, RW_DIFFERS_PAIRS, !a->interleaved != !b->interleaved);
    set(c, RW_DIFFERS_OFFSET, a->rotary_offset != b->rotary_offset);
    set(c, RW_DIFFERS_SECTION,
        memcmp(a->section, b->section, sizeof a->section) != 0 ||
            !a->section_interleaved != !b->section_interleaved);
    contrast_frequencies(a, b, storage, c);
}

rw_contrast rw_contrast_rotations(const rw_rotation_info *a, const rw_rotation_info *b,
                                  rw_storage storage)
{
    rw_contrast c = {0};
    contrast_rotations(a, b, storage, &c);
    return c;
}

rw_contrast rw_contrast_layers(const rw_layer_info *a, const rw_rotation_info *rot_a,
                               const rw_layer_info *b, const rw_rotation_info *rot_b,
                               rw_storage storage)
{
    rw_contrast c = {0};
    set(&c, RW_DIFFERS_LAYER, !a || !b);
    if (!a || !b) return c;
    set(&c, RW_DIFFERS_ATTENTION, a->attention != b->attention);
    set(&c, RW_DIFFERS_WINDOW, a->window != b->window);
    set(&c, RW_DIFFERS_HEADS,
        a->head_dim != b->head_dim || a->n_head_q != b->n_head_q ||
            a->n_head_kv != b->n_head_kv);
    const bool turns_a = rot_a && rot_a->rotary_dim, turns_b = rot_b && rot_b->rotary_dim;
    set(&c, RW_DIFFERS_NOPE, turns_a != turns_b);
    if (turns_a && turns_b) contrast_rotations(rot_a, rot_b, storage, &c);
    return c;
}

uint32_t rw_contrast_beyond_half_turn(const rw_rotation_info *a,
                                      const rw_rotation_info *b, int64_t position)
{
    uint32_t n_pair = 0;
    for (uint32_t n = 0; n < a->rotary_dim / 2; n++)
        n_pair += fabs(a->inv_freq[n] - b->inv_freq[n]) * (double)position > half_turn;
    return n_pair;
}
