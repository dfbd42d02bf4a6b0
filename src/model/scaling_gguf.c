/* scaling_gguf.c - the scaling that llama.cpp arrives at from the keys and tensors of GGUF.
 *
 * What a GGUF file means is what llama.cpp does with it: its defaults, and the attention factor
 * that its context set-up arrives at, are noted in provenance. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/elementary.h"
#include "model/scaling.h"

void rw_scaling_none(rw_scaling *s)
{
    *s = (rw_scaling){.mech = rw_mech_find("none"),
                      .name = "none",
                      .slowed = 1.0,
                      .attn_factor = 1.0,
                      .softmax_magnitude = 1.0};
}

static const char *word_of(const rw_mech *mech, const char *hf_key)
{
    for (size_t i = 0; i < mech->n_param; i++)
        if (mech->params[i].hf_key && strcmp(mech->params[i].hf_key, hf_key) == 0)
            return mech->params[i].name;
    return NULL;
}

void rw_scaling_set(rw_scaling *s, const char *hf_key, double num)
{
    const char *name = word_of(s->mech, hf_key);
    if (name) s->settings[s->n_setting++] = (rw_setting){.name = name, .num = num};
}

void rw_scaling_set_list(rw_scaling *s, const char *hf_key, const double *values,
                         uint32_t n_value)
{
    const char *name = word_of(s->mech, hf_key);
    if (name)
        s->settings[s->n_setting++] =
            (rw_setting){.name = name, .values = values, .n_value = n_value};
}

/* By our name of the mechanism; NULL keeps the frequencies unknown. */
static void choose(rw_scaling *s, const char *name)
{
    s->mech = rw_mech_find(name);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
}

/* Few architectures of llama.cpp read yarn's keys from the file; options set them for all. */
static bool reads(const rw_builder *b, rw_hparam which)
{
    const rw_hvalue *v = &b->hp->v[which];
    const rw_arch *arch = b->arch;
    const bool by_loader = which == RW_HP_YARN_EXT_FACTOR       ? arch->yarn_ext
                           : which == RW_HP_YARN_LOG_MULTIPLIER ? arch->yarn_log
                                                                : arch->yarn_beta;
    return v->known && (by_loader || v->key[0] == '-');
}

static double yarn_key(const rw_builder *b, rw_hparam which, double fallback)
{
    return reads(b, which) ? b->hp->v[which].num : fallback;
}

/* rope.scaling.yarn_log_multiplier; 0 when the file does not say. For latent attention the
 * converter stored a tenth of it, and llama.cpp divides by the same float again. */
static double mscale_all_dim(const rw_builder *b)
{
    const double stored = yarn_key(b, RW_HP_YARN_LOG_MULTIPLIER, 0.0);
    return b->arch->mla ? stored / (double)0.1f : stored;
}

/* The multiplier of cos and sin that llama.cpp's context set-up arrives at for yarn. It divides
 * by 1 + 0.1 ln s what ggml's operator multiplies again; the two cancel here. */
static double yarn_magnitude(const rw_builder *b, double factor)
{
    if (factor <= 1.0) return 1.0;
    const double ln_s = rw_log(factor);
    const double all_dim = mscale_all_dim(b);
    if (!(all_dim > 0.0)) return 0.1 * ln_s + 1.0;
    const double mscale = b->arch->mla_one_mscale ? all_dim : 1.0;
    return (0.1 * mscale * ln_s + 1.0) / (0.1 * all_dim * ln_s + 1.0);
}

static void choose_yarn(const rw_builder *b, double factor, rw_scaling *s)
{
    const rw_hparams *hp = b->hp;
    const double ext_factor = yarn_key(b, RW_HP_YARN_EXT_FACTOR, -1.0);
    const double original = rw_value_or(hp, RW_HP_ORIGINAL_CONTEXT_LENGTH,
                                        rw_value_or(hp, RW_HP_CONTEXT_LENGTH, 0.0));
    const bool off = ext_factor >= 0.0 && ext_factor <= 0.0;
    if (off) { /* llama.cpp then interpolates all pairs alike */
        choose(s, "linear");
        rw_scaling_set(s, "factor", factor);
        s->attn_factor *= rw_value_or(hp, RW_HP_YARN_ATTN_FACTOR, 1.0);
        return;
    }
    choose(s, "yarn");
    if (original < 1.0 || (ext_factor > 0.0 && (ext_factor < 1.0 || ext_factor > 1.0))) {
        s->mech = NULL;
        return;
    }
    if (!b->arch->unit_attn_factor) s->attn_factor *= yarn_magnitude(b, factor);
    if (b->arch->mla && factor > 1.0)
        s->softmax_magnitude =
            s->attn_factor * (1.0 + 0.1 * mscale_all_dim(b) * rw_log(factor));
    rw_scaling_set(s, "factor", factor);
    rw_scaling_set(s, "original_max_position_embeddings", original);
    rw_scaling_set(s, "attention_factor", s->attn_factor);
    rw_scaling_set(s, "beta_fast", yarn_key(b, RW_HP_YARN_BETA_FAST, 32.0));
    rw_scaling_set(s, "beta_slow", yarn_key(b, RW_HP_YARN_BETA_SLOW, 1.0));
    rw_scaling_set(s, "truncate", 1.0);
}

static double scaling_factor(const rw_hparams *hp)
{
    const double factor =
        rw_value_or(hp, RW_HP_FACTOR, rw_value_or(hp, RW_HP_FACTOR_LEGACY, 1.0));
    return factor > 0.0 ? factor : 1.0; /* 0 means unset to llama.cpp */
}

/* Whichever tables the file has, llama.cpp takes the long one when the context allocated for a
 * sequence, a multiple of 256, is beyond the original one. A factor in the file slows every pair
 * down besides, unless the type is none. */
static void choose_longrope(const rw_builder *b, rw_scaling *s)
{
    const rw_hparams *hp = b->hp;
    choose(s, "longrope");
    if (!s->mech || !hp->factors_long || !hp->factors_short) {
        s->mech = NULL;
        return;
    }
    const double original = rw_value_or(hp, RW_HP_ORIGINAL_CONTEXT_LENGTH,
                                        rw_value_or(hp, RW_HP_CONTEXT_LENGTH, 0.0));
    s->length = (b->context + 255) / 256 * 256;
    if (strcmp(hp->scaling_type, "none") != 0) s->slowed = scaling_factor(hp);
    rw_scaling_set_list(s, "long_factor", hp->factors_long, hp->n_long);
    rw_scaling_set_list(s, "short_factor", hp->factors_short, hp->n_short);
    rw_scaling_set(s, "original_max_position_embeddings", original);
    rw_scaling_set(s, "attention_factor", s->attn_factor);
}

static void choose_scaling(const rw_builder *b, rw_scaling *s)
{
    const rw_hparams *hp = b->hp;
    s->attn_factor = rw_value_or(hp, RW_HP_ATTN_FACTOR, 1.0);
    const double factor = scaling_factor(hp);
    const char *type =
        hp->scaling_type[0] ? hp->scaling_type : "linear"; /* llama.cpp's default */
    if (hp->n_long || hp->n_short || strcmp(type, "longrope") == 0) {
        choose_longrope(b, s);
        return;
    }
    if (strcmp(type, "yarn") == 0) {
        choose_yarn(b, factor, s);
    } else if (strcmp(type, "linear") == 0) {
        if (factor < 1.0 || factor > 1.0) {
            choose(s, "linear");
            rw_scaling_set(s, "factor", factor);
        }
    } else if (strcmp(type, "none") != 0) {
        s->mech = NULL;
        (void)snprintf(s->name, sizeof s->name, "%s", hp->scaling_type);
    }
    if (!hp->divisor || !s->mech) return;
    if (strcmp(s->name, "none") == 0) {
        choose(s, "freq_factors");
        s->settings[s->n_setting++] = (rw_setting){
            .name = "divisor", .values = hp->divisor, .n_value = hp->n_divisor};
    } else {
        s->divisor = hp->divisor;
    }
}

/* Divisors on top of another mechanism are resolved here, since no mechanism knows them. */
static ropewalk_status check_divisors(rw_builder *b, const rw_layer_shape *shape,
                                      rw_scaling *s)
{
    if (!s->divisor) return ROPEWALK_OK;
    const uint32_t n_pair = shape->rotary_dim / 2, n = b->hp->n_divisor;
    static const char tensor[] = "rope_freqs.weight";
    ropewalk_status status = rw_note_warn(
        b, "rope_freqs.weight divides the frequencies on top of %s scaling, as ggml does",
        s->name);
    if (!status && n != n_pair) {
        status = rw_note_problem(b, RW_PROBLEM_PARAMETER, "divisor", tensor,
                                 "tensor %s has %u values, but there are %u pairs: "
                                 "frequencies are unknown",
                                 tensor, (unsigned)n, (unsigned)n_pair);
        s->mech = NULL;
    }
    for (uint32_t pair = 0; !status && s->mech && pair < n_pair; pair++) {
        if (s->divisor[pair] > 0.0 && isfinite(s->divisor[pair])) continue;
        status = rw_note_problem(b, RW_PROBLEM_PARAMETER, "divisor", tensor,
                                 "tensor %s is %g at pair %u: it must be positive; "
                                 "frequencies are unknown",
                                 tensor, s->divisor[pair], (unsigned)pair);
        s->mech = NULL;
    }
    return status;
}

static ropewalk_status note_yarn_key(rw_builder *b, rw_hparam which, const char *name,
                                     double fallback)
{
    const rw_hvalue *v = &b->hp->v[which];
    if (reads(b, which)) return rw_note_known(b, which, name, NULL);
    if (!v->known || !(v->num < fallback || v->num > fallback))
        return rw_note_assumed(b, name,
                               v->known ? "llama.cpp's default, as in the file"
                                        : "absent; llama.cpp's default");
    const ropewalk_status status =
        rw_note_assumed(b, name, "llama.cpp's default; it does not read the key");
    return status ? status
                  : rw_note_problem(b, RW_PROBLEM_PARAMETER_UNUSED, name, v->key,
                                    "key %s is %g, and llama.cpp does not read it for "
                                    "architecture %s: it uses %g",
                                    v->key, v->num, b->hp->architecture, fallback);
}

static ropewalk_status note_yarn(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    ropewalk_status status = ROPEWALK_OK;
    if (!hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].known)
        status = rw_note_assumed(b, "original_context_length",
                                 "absent; llama.cpp uses context_length in its place");
    if (!status) status = note_yarn_key(b, RW_HP_YARN_BETA_FAST, "beta_fast", 32.0);
    if (!status) status = note_yarn_key(b, RW_HP_YARN_BETA_SLOW, "beta_slow", 1.0);
    if (!status)
        status = rw_note_assumed(b, "truncate",
                                 "no GGUF key; ggml always rounds the ramp outwards");
    if (!status && hp->v[RW_HP_YARN_LOG_MULTIPLIER].known)
        status = note_yarn_key(b, RW_HP_YARN_LOG_MULTIPLIER, "yarn_log_multiplier", 0.0);
    if (!status && hp->v[RW_HP_YARN_ATTN_FACTOR].known)
        status = rw_note_warn(b, "key %s is overwritten by llama.cpp's context set-up",
                              hp->v[RW_HP_YARN_ATTN_FACTOR].key);
    if (!status && !(scaling_factor(hp) > 1.0))
        status = rw_note_warn(b,
                              "scaling type is yarn but %s is absent, 0 or 1: "
                              "nothing is scaled",
                              hp->v[RW_HP_FACTOR].key);
    return status;
}

/* Once a model: where the scaling of its scaled layers comes from. */
static ropewalk_status note_scaling(rw_builder *b, const rw_scaling *s)
{
    const rw_hparams *hp = b->hp;
    const char *name = s->name;
    ropewalk_status status;
    if (strcmp(name, "freq_factors") == 0)
        status =
            rw_note_key(b, "mechanism", "rope_freqs.weight",
                        "one divisor a pair: GGUF stores the llama3 scaling this way, "
                        "already evaluated; divisor_max is then its factor");
    else if (strcmp(name, "longrope") == 0 && (hp->n_long || hp->n_short))
        status = rw_note_key(b, "mechanism",
                             hp->n_long ? "rope_factors_long.weight"
                                        : "rope_factors_short.weight",
                             "recognised by its tensors");
    else if (hp->scaling_type[0])
        status = rw_note_key(b, "mechanism", hp->key_scaling_type, NULL);
    else
        status = rw_note_assumed(
            b, "mechanism",
            "rope.scaling.type is absent; llama.cpp then reads linear, with "
            "factor 1 unless given");
    if (!status)
        status = hp->v[RW_HP_FACTOR].known
                     ? rw_note_known(b, RW_HP_FACTOR, "factor", NULL)
                     : rw_note_known(b, RW_HP_FACTOR_LEGACY, "factor", "the legacy key");
    const bool yarn = s->mech && strcmp(name, "yarn") == 0;
    if (!status && yarn) status = note_yarn(b);
    if (!status) {
        const char *note = yarn ? "as llama.cpp executes it: (1 + 0.1 ln factor) over (1 "
                                  "+ 0.1 m ln factor) "
                                  "where yarn_log_multiplier gives m, times "
                                  "rope.scaling.attn_factor; ggml's own "
                                  "term is cancelled by the context set-up"
                                : NULL;
        status =
            hp->v[RW_HP_ATTN_FACTOR].known
                ? rw_note_known(b, RW_HP_ATTN_FACTOR, "attn_factor", note)
                : rw_note_assumed(b, "attn_factor",
                                  note ? note : "rope.scaling.attn_factor is absent: 1");
    }
    if (!status && !s->mech)
        status = rw_note_problem(
            b, rw_mech_find(name) ? RW_PROBLEM_PARAMETER : RW_PROBLEM_SCALING_UNKNOWN,
            name, hp->key_scaling_type,
            "rope scaling \"%s\" with these settings is not modelled by this version: "
            "frequencies are unknown",
            name);
    return status;
}

ropewalk_status rw_scaling_of_gguf(rw_builder *b, rw_layer_class class,
                                   const rw_layer_shape *shape, rw_scaling *s)
{
    rw_scaling_none(s);
    if (class == RW_LAYERS_SLIDING && b->arch->sliding_unscaled) return ROPEWALK_OK;
    choose_scaling(b, s);
    const ropewalk_status status = note_scaling(b, s);
    return status ? status : check_divisors(b, shape, s);
}
