/* convert_scaling.c - the scaling of a config.json as llama.cpp's converter writes it into GGUF. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "model/convert.h"

/* --- members of the block ----------------------------------------------------------------- */

/* A member of the block that is a number; NULL when there is none. */
static const rw_file_setting *take(rw_conversion *c, const char *name)
{
    for (uint32_t i = 0; c->block->present && i < c->block->n_setting; i++) {
        const rw_file_setting *f = &c->block->settings[i];
        if (strcmp(f->name, name) != 0) continue;
        if (i < 64) c->used |= UINT64_C(1) << i;
        return f->kind == RW_SETTING_NUMBER || f->kind == RW_SETTING_FLAG ? f : NULL;
    }
    return NULL;
}

static double number_or(const rw_file_setting *f, double fallback)
{
    return f ? f->num : fallback;
}

static void take_into(rw_conversion *c, const char *name, rw_hparam which)
{
    const rw_file_setting *f = take(c, name);
    if (f) rw_convert_put_float(c, which, f->num, f->key);
}

/* original_max_position_embeddings, in the block or beside it. */
static double original_length(rw_conversion *c, const char **key)
{
    const rw_file_setting *f = take(c, "original_max_position_embeddings");
    const rw_hvalue *v = rw_convert_value(c, RW_HP_ORIGINAL_CONTEXT_LENGTH);
    *key = f ? f->key : v->key;
    return f ? f->num : v->num;
}

/* The block's own is not read before: it may be any number. */
static ropewalk_status put_original(rw_conversion *c, double original, const char *key)
{
    if (!(original >= 1.0 && original <= 2147483648.0))
        return rw_convert_stop(c, key, "is no length that a GGUF file can hold");
    rw_convert_put(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, original, key);
    return ROPEWALK_OK;
}

/* --- by type ------------------------------------------------------------------------------ */

static void set_type(rw_conversion *c, const char *type)
{
    (void)snprintf(c->to->scaling_type, sizeof c->to->scaling_type, "%s", type);
    (void)snprintf(c->to->key_scaling_type, sizeof c->to->key_scaling_type, "%s",
                   c->block->key_type[0] ? c->block->key_type : c->block->key);
}

static ropewalk_status lose_type(rw_conversion *c, const char *why)
{
    c->used = UINT64_MAX;
    return rw_convert_lose(c, c->block->key_type[0] ? c->block->key_type : c->block->key,
                           why);
}

/* Single precision throughout, and the powers rounded to it: as torch evaluates the formula. */
static float llama3_divisor(double base, double dim, double pair, float factor, float low,
                            float high, float original)
{
    const float inverse =
        1.0f / (float)rw_pow((double)(float)base, (double)(float)(2.0 * pair / dim));
    const float wavelength = (float)6.283185307179586 / inverse;
    if (wavelength < original / high) return 1.0f;
    if (wavelength > original / low) return factor;
    const float smooth = (original / wavelength - low) / (high - low);
    return 1.0f / ((1.0f - smooth) / factor + smooth);
}

static ropewalk_status write_llama3(rw_conversion *c)
{
    const bool exaone4 = strcmp(c->family->arch, "exaone4") == 0;
    const double factor = number_or(take(c, "factor"), exaone4 ? 16.0 : 8.0);
    const double low = number_or(take(c, "low_freq_factor"), 1.0);
    const double high = number_or(take(c, "high_freq_factor"), 4.0);
    const char *key;
    double original = original_length(c, &key);
    if (isnan(original)) original = 8192.0;
    const rw_hvalue *theta = rw_convert_value(c, RW_HP_ROPE_THETA);
    const rw_hvalue *own = rw_convert_value(c, RW_HP_HEAD_DIM);
    const double dim = own->known ? own->num : rw_convert_width(c);
    if (!(dim >= 2.0) || dim > 4096.0)
        return rw_convert_stop(c, own->key, "is not known: no tensor can be made");
    const uint32_t n = (uint32_t)dim / 2;
    c->to->divisor = rw_calloc(n, sizeof *c->to->divisor);
    if (!c->to->divisor) return rw_fail_memory(c->err, "frequency divisors");
    c->to->n_divisor = n;
    for (uint32_t pair = 0; pair < n; pair++)
        c->to->divisor[pair] = (double)llama3_divisor(
            theta->known ? theta->num : 10000.0, dim, pair, (float)factor, (float)low,
            (float)high, (float)original);
    return ROPEWALK_OK;
}

static ropewalk_status write_yarn(rw_conversion *c)
{
    const char *key;
    const double original = original_length(c, &key);
    if (isnan(original))
        return rw_convert_stop(c, "original_max_position_embeddings",
                               "is missing beside yarn");
    const ropewalk_status status = put_original(c, original, key);
    if (status) return status;
    set_type(c, "yarn");
    take_into(c, "factor", RW_HP_FACTOR);
    /* which of these the loader reads, the description of the result says */
    take_into(c, "extrapolation_factor", RW_HP_YARN_EXT_FACTOR);
    take_into(c, "beta_fast", RW_HP_YARN_BETA_FAST);
    take_into(c, "beta_slow", RW_HP_YARN_BETA_SLOW);
    const rw_file_setting *given = take(c, "attention_factor");
    if (!given) given = take(c, "attn_factor");
    if (!given) return ROPEWALK_OK;
    rw_convert_put_float(c, RW_HP_YARN_ATTN_FACTOR, given->num, given->key);
    /* what llama.cpp computes when it knows no better */
    const double factor = c->to->v[RW_HP_FACTOR].num;
    const double usual = factor > 1.0 ? 0.1 * rw_log(factor) + 1.0 : 1.0;
    if (!c->to->v[RW_HP_YARN_LOG_MULTIPLIER].known && fabs(given->num - usual) < 1e-6)
        return ROPEWALK_OK;
    return rw_convert_lose(
        c, given->key,
        "written as rope.scaling.yarn_attn_factor, which llama.cpp reads for the "
        "grok architecture alone");
}

static ropewalk_status write_log_multiplier(rw_conversion *c)
{
    const rw_file_setting *all_dim = take(c, "mscale_all_dim");
    const rw_file_setting *one = take(c, "mscale");
    const bool tenth = rw_convert_does(c, RW_DOES_LOG_MUL_TENTH);
    if (!all_dim)
        return rw_convert_does(c, RW_DOES_LOG_MUL)
                   ? rw_convert_stop(c, "mscale_all_dim", "is missing")
                   : ROPEWALK_OK;
    rw_convert_put_float(c, RW_HP_YARN_LOG_MULTIPLIER, (tenth ? 0.1 : 1.0) * all_dim->num,
                         all_dim->key);
    if (!one || rw_convert_equal(one->num, tenth ? all_dim->num : 1.0))
        return ROPEWALK_OK;
    return rw_convert_lose(
        c, one->key,
        tenth ? "no key for it: llama.cpp takes it to equal mscale_all_dim"
              : "no key for it: llama.cpp takes it to be 1");
}

static ropewalk_status write_alpha(rw_conversion *c)
{
    const bool dense = strcmp(c->family->arch, "hunyuan-dense") == 0;
    const rw_file_setting *alpha = take(c, "alpha");
    const rw_hvalue *theta = rw_convert_value(c, RW_HP_ROPE_THETA);
    const double dim = dense ? rw_convert_head_dim(c) : rw_convert_width(c);
    if (!(dim > 2.0))
        return rw_convert_stop(c, rw_convert_value(c, RW_HP_HEAD_DIM)->key,
                               "is not known");
    const double base = theta->known ? theta->num : 10000.0;
    c->used = UINT64_MAX;
    rw_convert_put_float(
        c, RW_HP_ROPE_THETA,
        base * rw_pow(number_or(alpha, dense ? 50.0 : 1000.0), dim / (dim - 2.0)),
        alpha ? alpha->key : theta->key);
    set_type(c, "none");
    rw_convert_put(c, RW_HP_FACTOR, 1.0, c->block->key);
    rw_convert_put(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, 262144, "fixed in the converter");
    rw_convert_put(c, RW_HP_CONTEXT_LENGTH, 262144, "fixed in the converter");
    return ROPEWALK_OK;
}

/* Gemma 4: the pairs that do not turn are divided by 1e30. */
static ropewalk_status write_proportional(rw_conversion *c)
{
    const double dim = rw_convert_head_dim(c);
    const rw_hvalue *part = rw_convert_value(c, RW_HP_PARTIAL_FACTOR);
    if (!(dim >= 2.0) || !part->known)
        return rw_convert_stop(
            c, part->known ? rw_convert_value(c, RW_HP_HEAD_DIM)->key : part->key,
            "is missing");
    const uint32_t n = (uint32_t)dim / 2, n_turn = (uint32_t)(dim * part->num / 2.0);
    c->to->divisor = rw_calloc(n, sizeof *c->to->divisor);
    if (!c->to->divisor) return rw_fail_memory(c->err, "frequency divisors");
    c->to->n_divisor = n;
    for (uint32_t pair = 0; pair < n; pair++)
        c->to->divisor[pair] = pair < n_turn ? 1.0 : (double)1e30f;
    return ROPEWALK_OK;
}

static const rw_file_setting *take_list(rw_conversion *c, const char *name)
{
    for (uint32_t i = 0; c->block->present && i < c->block->n_setting; i++) {
        const rw_file_setting *f = &c->block->settings[i];
        if (strcmp(f->name, name) != 0) continue;
        if (i < 64) c->used |= UINT64_C(1) << i;
        return f->kind == RW_SETTING_LIST && f->n_value ? f : NULL;
    }
    return NULL;
}

static ropewalk_status copy_factors(rw_conversion *c, const rw_file_setting *f,
                                    double **to, uint32_t *n)
{
    *to = rw_calloc(f->n_value, sizeof **to);
    if (!*to) return rw_fail_memory(c->err, "longrope factors");
    *n = f->n_value;
    for (uint32_t i = 0; i < *n; i++)
        (*to)[i] = (double)(float)f->values[i];
    return ROPEWALK_OK;
}

static ropewalk_status write_factors(rw_conversion *c)
{
    const rw_file_setting *with_long = take_list(c, "long_factor");
    const rw_file_setting *with_short = take_list(c, "short_factor");
    if (!with_long && (!with_short || rw_convert_does(c, RW_DOES_LENGTHS)))
        return ROPEWALK_OK;
    const char *missing = with_long ? "short_factor" : "long_factor";
    if (!with_long || !with_short) return rw_convert_stop(c, missing, "is missing");
    const rw_hvalue *rotary = &c->to->v[RW_HP_ROTARY_DIM];
    const double dim = rotary->known ? rotary->num : rw_convert_width(c);
    if (with_long->n_value != with_short->n_value ||
        !rw_convert_equal(with_long->n_value, dim / 2.0))
        return rw_convert_stop(c, with_long->key,
                               "has another number of values than pairs");
    ropewalk_status status =
        copy_factors(c, with_long, &c->to->factors_long, &c->to->n_long);
    if (!status)
        status = copy_factors(c, with_short, &c->to->factors_short, &c->to->n_short);
    return status;
}

/* Phi 3: attn_factor from both lengths; neither the type nor the block's own factor counts. */
static ropewalk_status write_lengths(rw_conversion *c)
{
    const char *key;
    const double original = original_length(c, &key);
    const double longest = rw_convert_value(c, RW_HP_CONTEXT_LENGTH)->num;
    if (isnan(original))
        return rw_convert_stop(c, "original_max_position_embeddings", "is missing");
    if (isnan(longest))
        return rw_convert_stop(c, rw_convert_value(c, RW_HP_CONTEXT_LENGTH)->key,
                               "is missing");
    ropewalk_status status = put_original(c, original, key);
    if (!status) status = write_factors(c);
    if (status || !c->to->n_long) return status;
    const double scale = longest / original;
    const bool yarn = strcmp(c->block->type, "yarn") == 0;
    if (!yarn && strcmp(c->block->type, "su") != 0 &&
        strcmp(c->block->type, "longrope") != 0)
        return rw_convert_stop(c, c->block->key_type, "is neither su, longrope nor yarn");
    double magnitude = 1.0;
    if (scale > 1.0)
        magnitude = yarn ? 0.1 * rw_log(scale) + 1.0
                         : sqrt(1.0 + rw_log(scale) / rw_log(original));
    rw_convert_put_float(c, RW_HP_ATTN_FACTOR, magnitude,
                         rw_convert_value(c, RW_HP_CONTEXT_LENGTH)->key);
    const rw_file_setting *factor = take(c, "factor");
    if (factor && !rw_convert_equal(factor->num, scale))
        return rw_convert_lose(c, factor->key,
                               "the converter takes the ratio of both lengths");
    return ROPEWALK_OK;
}

/* What TextModel writes for a type. */
static ropewalk_status write_type(rw_conversion *c)
{
    const rw_rope_block *b = c->block;
    const char *type = b->type;
    const bool llama3 = strcmp(type, "llama3") == 0;
    if (llama3 && rw_convert_does(c, RW_DOES_LLAMA3)) return write_llama3(c);
    if (llama3)
        return lose_type(c, "the converter makes rope_freqs.weight for other "
                            "architectures: no scaling is run");
    if (strcmp(type, "linear") == 0 || strcmp(type, "yarn") == 0) {
        const rw_file_setting *factor = take(c, "factor");
        if (!factor)
            return lose_type(c, "without a factor nothing is written: no scaling is run");
        if (type[0] == 'y') return write_yarn(c);
        set_type(c, "linear");
        rw_convert_put_float(c, RW_HP_FACTOR, factor->num, factor->key);
        return ROPEWALK_OK;
    }
    if (strcmp(type, "longrope") == 0 || strcmp(type, "su") == 0) {
        set_type(c, "longrope");
        if (rw_convert_does(c, RW_DOES_FACTORS)) return write_factors(c);
        return lose_type(c, "its factors are written for phi3 and minicpm alone");
    }
    if (strcmp(type, "proportional") == 0 && rw_convert_does(c, RW_DOES_PROPORTIONAL))
        return write_proportional(c);
    c->used = UINT64_MAX;
    if (!type[0] || strcmp(type, "default") == 0 || strcmp(type, "mrope") == 0)
        return ROPEWALK_OK;
    return lose_type(c,
                     strcmp(type, "dynamic") == 0
                         ? "GGUF has no scaling that grows with the length: none is run"
                         : "the converter does not know this type: no scaling is run");
}

static ropewalk_status write_linear(rw_conversion *c)
{
    const rw_file_setting *factor = take(c, "factor");
    if (factor) rw_convert_put_float(c, RW_HP_FACTOR, factor->num, factor->key);
    set_type(c, factor ? "linear" : "none");
    return ROPEWALK_OK;
}

static bool is_scaled(const rw_rope_block *b)
{
    return b->present && b->type[0] && strcmp(b->type, "default") != 0 &&
           strcmp(b->type, "mrope") != 0;
}

ropewalk_status rw_convert_scaling(rw_conversion *c)
{
    const rw_rope_block *b = c->block;
    ropewalk_status status = ROPEWALK_OK;
    if (rw_convert_does(c, RW_DOES_LENGTHS)) return write_lengths(c);
    if (rw_convert_does(c, RW_DOES_NO_SCALING))
        return is_scaled(b)
                   ? lose_type(c, "the converter writes nothing about scaling for "
                                  "this architecture")
                   : ROPEWALK_OK;
    if (rw_convert_does(c, RW_DOES_ALPHA) && strcmp(b->type, "dynamic") == 0)
        return write_alpha(c);
    if (rw_convert_does(c, RW_DOES_LOG_MUL) || rw_convert_does(c, RW_DOES_LOG_MUL_TENTH))
        status = write_log_multiplier(c);
    const rw_hvalue *beta = rw_convert_value(c, RW_HP_TEMPERATURE);
    (void)take(c, "llama_4_scaling_beta");
    if (rw_convert_does(c, RW_DOES_TEMPERATURE) && beta->known)
        rw_convert_put_float(c, RW_HP_TEMPERATURE, beta->num, beta->key);
    /* in blocks by kind of layer only rope_type is looked for */
    const size_t n = strlen(b->key_type);
    if (!status && c->from->nested_blocks && is_scaled(b) && n > 5 &&
        strcmp(b->key_type + n - 5, ".type") == 0)
        return lose_type(c, "in a block for one kind of layer the converter looks for "
                            "rope_type alone: no scaling is run");
    if (!status && is_scaled(b)) status = write_type(c);
    if (!status && rw_convert_does(c, RW_DOES_PROPORTIONAL) && !c->to->divisor)
        status = rw_convert_stop(c, b->key, "is not of type proportional");
    if (!status && rw_convert_does(c, RW_DOES_LINEAR)) status = write_linear(c);
    if (!status && rw_convert_does(c, RW_DOES_ONE)) {
        rw_convert_put(c, RW_HP_FACTOR, 1.0, "fixed in the converter");
        set_type(c, "linear");
    }
    if (!status && rw_convert_does(c, RW_DOES_NONE)) {
        const bool scaled = c->to->scaling_type[0] != 0;
        set_type(c, "none");
        if (scaled)
            status =
                lose_type(c, "the converter writes none over it for this architecture");
    }
    return status;
}

ropewalk_status rw_convert_lose_rest(rw_conversion *c)
{
    ropewalk_status status = ROPEWALK_OK;
    /* harmless without a scaling, and words that change nothing */
    static const char *const idle[] = {"finetuned", "mrope_section", "mrope_interleaved",
                                       "original_max_position_embeddings"};
    for (uint32_t i = 0; is_scaled(c->block) && i < c->block->n_setting && !status; i++) {
        const rw_file_setting *f = &c->block->settings[i];
        if ((i < 64 && c->used >> i & 1) || f->kind == RW_SETTING_NULL ||
            c->used == UINT64_MAX)
            continue;
        bool counts = true;
        for (size_t k = 0; k < sizeof idle / sizeof idle[0]; k++)
            counts = counts && strcmp(f->name, idle[k]) != 0;
        const bool truncate = strcmp(f->name, "truncate") == 0;
        if (!counts || (truncate && rw_convert_equal(f->num, 1.0))) continue;
        status = rw_convert_lose(
            c, f->key,
            truncate ? "no key for it: llama.cpp always rounds both ends of "
                       "yarn's ramp to whole pairs"
            : strncmp(f->name, "mscale", 6) == 0
                ? "written for the families of DeepSeek and Mistral alone"
                : "the converter writes no key for it");
    }
    const rw_rope_block *other = &c->from->block[RW_LAYERS_SLIDING];
    if (!status && c->from->nested_blocks && strcmp(other->key, c->block->key) != 0 &&
        is_scaled(other))
        status =
            rw_convert_lose(c, other->key_type[0] ? other->key_type : other->key,
                            "of the block for sliding layers only the base is written");
    return status;
}
