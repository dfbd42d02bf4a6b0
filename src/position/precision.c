/* precision.c - angles as runtimes evaluate them in float32, their errors, and the positions
 * that become one.
 *
 * Every profile but the ideal one is the same short program. A position p is rounded to a type.
 * The angle of pair n is (p_n / divisor_n) * gain_n, where p_0 = p and p_{n+1} = p_n * step,
 * each operation rounded to float32. A plain product has step 1 and divisors 1, and its gains
 * are the frequencies; ggml has step base^(-2/d), and gains of 1 unless something scales. */
#include "position/precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/number.h"
#include "position/mechanism.h"

typedef struct profile_info {
    const char *name, *about;
    rw_dtype position; /* positions are rounded to it */
    rw_dtype cache;    /* cos and sin are; RW_F32: they stay as they are */
} profile_info;

static const profile_info infos[RW_N_PROFILE] = {
    [RW_PROFILE_IDEAL] = {"ideal", "real numbers: no runtime does this", RW_F32, RW_F32},
    [RW_PROFILE_F32_PRODUCT] =
        {"f32_product",
         "float32 frequency times float32 position: transformers, vLLM and mlx-lm",
         RW_F32, RW_F32},
    [RW_PROFILE_GGML_F32] = {"ggml_f32",
                             "the position multiplied by base^(-2/d) in float32 once a "
                             "pair, so that errors add "
                             "up: ggml, hence llama.cpp and what is built on it",
                             RW_F32, RW_F32},
    [RW_PROFILE_BF16_POSITION] = {"bf16_position",
                                  "positions rounded to bf16, which repeats them above "
                                  "256: runtimes that make their "
                                  "positions in the model's type",
                                  RW_BF16, RW_F32},
    [RW_PROFILE_F16_POSITION] =
        {"f16_position",
         "positions rounded to f16, which repeats them above 2048 and ends at 65504: "
         "runtimes that make their positions in the model's type",
         RW_F16, RW_F32},
    [RW_PROFILE_BF16_CACHE] = {"bf16_cache",
                               "float32 angles, cos and sin rounded to bf16: "
                               "transformers and vLLM with a model "
                               "in bf16",
                               RW_F32, RW_BF16},
    [RW_PROFILE_F16_CACHE] = {"f16_cache",
                              "float32 angles, cos and sin rounded to f16: transformers "
                              "and vLLM with a model in "
                              "f16",
                              RW_F32, RW_F16},
};

static const double MAX_ANGLE =
    0x1p40; /* for cos and sin; base/elementary.h reaches 2^41 */
static const int64_t MAX_CONTEXT = INT64_C(1) << 31, MAX_CACHE = INT64_C(1) << 20;

const char *rw_profile_name(rw_profile profile)
{
    return infos[profile].name;
}

const char *rw_profile_about(rw_profile profile)
{
    return infos[profile].about;
}

rw_profile rw_profile_find(const char *name)
{
    int i = 0;
    while (i < RW_N_PROFILE && strcmp(infos[i].name, name) != 0)
        i++;
    return (rw_profile)i;
}

/* --- angles ------------------------------------------------------------------------------ */

/* How one pair turns p_n into its angle. */
typedef struct pair_rule {
    float divisor, gain;
} pair_rule;

/* powf(base, -2 / d) as ggml calls it, correctly rounded. */
static float step_of(rw_profile profile, const rw_rotation *rot, double rope_theta)
{
    if (profile != RW_PROFILE_GGML_F32) return 1.0f;
    const float exponent = -2.0f / (float)rot->rotary_dim;
    return (float)rw_pow((double)(float)rope_theta, (double)exponent);
}

static pair_rule rule_of(rw_profile profile, const rw_rotation *rot, double rope_theta,
                         const double *divisor, uint32_t pair)
{
    const double w = rot->inv_freq[pair];
    if (profile != RW_PROFILE_GGML_F32) return (pair_rule){1.0f, (float)w};
    if (!(fabs(w) > 0.0)) return (pair_rule){1.0f, 0.0f};
    const rw_dd unscaled = rw_inv_freq_dd(rope_theta, rot->rotary_dim, pair);
    const double d = divisor ? divisor[pair] : 1.0;
    const double factor = unscaled.hi / (w * d);
    /* a difference of the last bits of float64 is no scaling */
    const bool none = fabs(factor - 1.0) < 0x1p-40;
    /* llama.cpp keeps the factor in float32, and the inverse of that */
    return (pair_rule){(float)d, none ? 1.0f : 1.0f / (float)factor};
}

static float angle_of(float p, pair_rule rule)
{
    const float divided = p / rule.divisor;
    return divided * rule.gain;
}

static float rounded_position(rw_profile profile, int64_t position)
{
    const rw_dtype type = infos[profile].position;
    return (float)rw_key_value(type, rw_round_key(type, (double)position));
}

/* Of m w, m >= 0, w > 0, m w <= MAX_ANGLE up to a rounding of float32. */
static void sincos_of(double m, double w, double *sine, double *cosine)
{
    int exponent = 10;
    double factor = w;
    if (m > 0x1p31 || w > 0x1p10) /* the same product, as rw_sincos_product wants it */
        factor = ldexp(frexp(w, &exponent), 10);
    rw_dd s, c;
    rw_sincos_product(ldexp(m, exponent - 10), factor, &s, &c);
    *sine = s.hi;
    *cosine = c.hi;
}

/* What a cache of cos or sin holds: rounded to float32, enlarged there, then rounded again. */
static int32_t cached(rw_profile profile, double value, double attn_factor)
{
    const float product = (float)value * (float)attn_factor;
    return rw_round_key(infos[profile].cache, (double)product);
}

/* --- errors ------------------------------------------------------------------------------ */

static double cache_error(rw_profile profile, const rw_rotation *rot, uint32_t pair,
                          double position, float angle)
{
    const double w = rot->inv_freq[pair];
    double exact[2], evaluated[2], worst = 0.0;
    if (!(fabs(w) * position <= MAX_ANGLE)) return (double)NAN;
    sincos_of(position, fabs(w), &exact[0], &exact[1]);
    sincos_of(fabs((double)angle), 1.0, &evaluated[0], &evaluated[1]);
    for (int i = 0; i < 2; i++) {
        const int32_t key = cached(profile, evaluated[i], rot->attn_factor);
        const double stored = rw_key_value(infos[profile].cache, key) / rot->attn_factor;
        worst = fmax(worst, fabs(stored - exact[i]));
    }
    return worst;
}

double rw_profile_error(rw_profile profile, const rw_rotation *rot, double rope_theta,
                        const double *divisor, int64_t position, uint32_t *worst_pair)
{
    double worst = 0.0;
    *worst_pair = 0;
    if (profile == RW_PROFILE_IDEAL) return 0.0;
    if (profile == RW_PROFILE_GGML_F32 && !(rope_theta > 1.0)) return (double)NAN;
    const float step = step_of(profile, rot, rope_theta);
    float p = rounded_position(profile, position);
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++) {
        const double w = rot->inv_freq[pair];
        const float angle = angle_of(p, rule_of(profile, rot, rope_theta, divisor, pair));
        p *= step;
        if (!(fabs(w) > 0.0)) continue;
        double error;
        if (infos[profile].cache != RW_F32) {
            error = cache_error(profile, rot, pair, (double)position, angle);
        } else {
            const rw_dd exact = rw_two_prod(w, (double)position);
            error = fabs(((double)angle - exact.hi) - exact.lo);
        }
        if (isnan(error)) return error;
        if (!(error > worst)) continue;
        worst = error;
        *worst_pair = pair;
    }
    return worst;
}

/* Spread evenly, and off any power of two, where rounded positions happen to be exact; the last
 * position is the first probe. */
double rw_profile_largest_error(rw_profile profile, const rw_rotation *rot,
                                double rope_theta, const double *divisor, int64_t context,
                                uint32_t *worst_pair)
{
    double largest = (double)NAN;
    *worst_pair = 0;
    for (int i = 0; i < RW_PROFILE_N_PROBE; i++) {
        const double golden = i * 0.6180339887498949;
        const double half = floor((double)context / 2.0);
        const int64_t back = (int64_t)((golden - floor(golden)) * half);
        uint32_t pair;
        const double error = rw_profile_error(profile, rot, rope_theta, divisor,
                                              context - 1 - back, &pair);
        if (isnan(error)) return error;
        if (!isnan(largest) && error <= largest) continue;
        largest = error;
        *worst_pair = pair;
    }
    return largest;
}

/* --- positions that become one ----------------------------------------------------------- */

static void count_class(uint64_t n, uint64_t *pairs, uint64_t *distinct)
{
    *pairs += n % 2 ? n * ((n - 1) / 2) : n / 2 * (n - 1);
    (*distinct)++;
}

typedef struct angles {
    uint32_t n_pair;
    float step;
    const pair_rule *rule;
} angles;

static bool same_angles(const angles *a, float p, float q)
{
    for (uint32_t pair = 0; pair < a->n_pair; pair++) {
        const float x = angle_of(p, a->rule[pair]), y = angle_of(q, a->rule[pair]);
        if (x < y || x > y || isnan(x) != isnan(y)) return false;
        p *= a->step;
        q *= a->step;
    }
    return true;
}

/* Rounding and multiplying never reverse an order, so equal angles belong to neighbours: walk
 * over the representable positions, of which there are fewer than 2^27 up to 2^31. Above 2^p, p
 * the bits of the type, each stands for `spacing` positions or one more or less, since ties go
 * to even. */
static void count_neighbours(rw_profile profile, const angles *a, int64_t context,
                             uint64_t *pairs, uint64_t *distinct)
{
    const rw_dtype_info *type = rw_dtype_get(infos[profile].position);
    const int64_t top = INT64_C(1) << type->significand_bits;
    const double greatest = rw_key_value(infos[profile].position, type->max_key);
    int64_t spacing = 1, scale = 1,
            n = 0; /* spacing of floats at x; x is below scale * top */
    float before = 0.0f;
    for (int64_t x = 0, first = 0; first < context;) {
        const bool overflows = (double)x > greatest;
        const bool even = x / spacing % 2 == 0;
        int64_t last = x + (spacing > 1 ? spacing / 2 - (even ? 0 : 1) : 0);
        if (overflows || last >= context) last = context - 1;
        const float here = overflows ? INFINITY : (float)x;
        if (first && !same_angles(a, before, here)) {
            count_class((uint64_t)n, pairs, distinct);
            n = 0;
        }
        n += last - first + 1;
        before = here;
        first = last + 1;
        x += spacing;
        if (x >= scale * top) {
            scale *= 2;
            spacing *= 2;
        }
    }
    count_class((uint64_t)n, pairs, distinct);
}

/* A position and what a cache holds for it at one pair. */
typedef struct entry {
    uint32_t key, position;
} entry;

static int by_key(const void *a, const void *b)
{
    const uint32_t x = ((const entry *)a)->key, y = ((const entry *)b)->key;
    return (x > y) - (x < y);
}

/* Split the class items[0 .. n) by what the cache holds at `pair`; begins[i] marks where a class
 * begins. */
static void split_class(rw_profile profile, const rw_rotation *rot, uint32_t pair,
                        size_t n, entry *items, unsigned char *begins)
{
    const pair_rule rule = rule_of(profile, rot, (double)NAN, NULL, pair);
    bool differ = false;
    for (size_t i = 0; i < n; i++) {
        double sine, cosine;
        const double angle = (double)angle_of((float)items[i].position, rule);
        sincos_of(fabs(angle), 1.0, &sine, &cosine);
        const int32_t s = cached(profile, sine, rot->attn_factor),
                      c = cached(profile, cosine, rot->attn_factor);
        /* keys of 16-bit types are below 2^15 in size */
        items[i].key = (uint32_t)(s + 0x8000) << 16 | (uint32_t)(c + 0x8000);
        differ = differ || items[i].key != items[0].key;
    }
    if (!differ) return;
    qsort(items, n, sizeof *items, by_key);
    for (size_t i = 1; i < n; i++)
        if (items[i].key != items[i - 1].key) begins[i] = 1;
}

/* Pairs of dimensions split the positions further and further; a class of one is left alone, so
 * that most positions are evaluated at two or three pairs only. */
static ropewalk_status count_tables(rw_profile profile, const rw_rotation *rot,
                                    int64_t context, uint64_t *pairs, uint64_t *distinct,
                                    ropewalk_error *err)
{
    const size_t n = (size_t)context;
    entry *items = rw_array(n, sizeof *items);
    unsigned char *begins = rw_calloc(n, sizeof *begins);
    if (!items || !begins) {
        rw_free(items);
        rw_free(begins);
        return rw_fail_memory(err, "a table of cos and sin");
    }
    for (size_t i = 0; i < n; i++)
        items[i] = (entry){.position = (uint32_t)i};
    for (uint32_t pair = 0; pair <= rot->rotary_dim / 2; pair++) {
        const bool last = pair == rot->rotary_dim / 2; /* all is split: count */
        if (!last && !(fabs(rot->inv_freq[pair]) > 0.0)) continue;
        for (size_t lo = 0, hi; lo < n; lo = hi) {
            for (hi = lo + 1; hi < n && !begins[hi];)
                hi++;
            if (last)
                count_class(hi - lo, pairs, distinct);
            else if (hi - lo > 1)
                split_class(profile, rot, pair, hi - lo, items + lo, begins + lo);
        }
    }
    rw_free(items);
    rw_free(begins);
    return ROPEWALK_OK;
}

static double fastest(const rw_rotation *rot)
{
    double w = 0.0;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        w = fmax(w, fabs(rot->inv_freq[pair]));
    return w;
}

ropewalk_status rw_profile_identical(rw_profile profile, const rw_rotation *rot,
                                     double rope_theta, const double *divisor,
                                     int64_t context, uint64_t *pairs, uint64_t *distinct,
                                     ropewalk_error *err)
{
    const bool tables = infos[profile].cache != RW_F32;
    const int64_t most = tables ? MAX_CACHE : MAX_CONTEXT;
    const double w = fastest(rot);
    *pairs = *distinct = 0;
    if (context < 1 || context > most)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "context %lld is outside 1 to %lld for profile %s",
                       (long long)context, (long long)most, infos[profile].name);
    if (profile == RW_PROFILE_GGML_F32 && !(rope_theta > 1.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "profile %s multiplies the rotary base up, which is unknown",
                       infos[profile].name);
    if (tables && !(w * (double)context <= MAX_ANGLE))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "profile %s: a frequency of %g reaches angles above 2^40",
                       infos[profile].name, w);
    if (!(w > 0.0)) { /* nothing turns */
        count_class((uint64_t)context, pairs, distinct);
        return ROPEWALK_OK;
    }
    if (profile == RW_PROFILE_IDEAL) { /* frequencies are rational, and a turn is not */
        *distinct = (uint64_t)context;
        return ROPEWALK_OK;
    }
    if (tables) return count_tables(profile, rot, context, pairs, distinct, err);
    const angles a = {.n_pair = rot->rotary_dim / 2,
                      .step = step_of(profile, rot, rope_theta)};
    pair_rule *rule = rw_array(a.n_pair, sizeof *rule);
    if (!rule) return rw_fail_memory(err, "angles");
    for (uint32_t pair = 0; pair < a.n_pair; pair++)
        rule[pair] = rule_of(profile, rot, rope_theta, divisor, pair);
    count_neighbours(profile, &(angles){a.n_pair, a.step, rule}, context, pairs,
                     distinct);
    rw_free(rule);
    return ROPEWALK_OK;
}
