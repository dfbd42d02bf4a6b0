/* scaling_config.c - a config.json's scaling block, as the engines that read it do: the
 * mechanism its type names, its parameters by their words, and what an engine drops. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/elementary.h"
#include "model/scaling.h"

/* Members that are no parameter of a mechanism, and mean no harm. */
static bool harmless(const char *name)
{
    static const char *const names[] = {"rope_theta",
                                        "partial_rotary_factor",
                                        "mrope_section",
                                        "mrope_interleaved",
                                        "llama_4_scaling_beta",
                                        "type",
                                        "rope_type",
                                        "finetuned",
                                        "original_max_position_embeddings",
                                        "max_position_embeddings"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static const rw_file_setting *find_setting(const rw_rope_block *block, const char *name)
{
    for (uint32_t i = 0; i < block->n_setting; i++)
        if (strcmp(block->settings[i].name, name) == 0) return &block->settings[i];
    return NULL;
}

static bool has_parameter(const rw_mech *mech, const char *hf_key)
{
    for (size_t i = 0; i < mech->n_param; i++)
        if (mech->params[i].hf_key && strcmp(mech->params[i].hf_key, hf_key) == 0)
            return true;
    return false;
}

/* Frequencies unknown; `word` is what the file calls the scaling, NULL keeps the name. */
static ropewalk_status unknown(rw_scaling *s, const char *word, ropewalk_status status)
{
    s->mech = NULL;
    s->attn_factor = (double)NAN;
    if (word) (void)snprintf(s->name, sizeof s->name, "%s", word);
    return status;
}

/* --- type ------------------------------------------------------------------------------- */

/* The first member that would need a type to mean anything; NULL: none. */
static const rw_file_setting *needs_type(const rw_rope_block *block)
{
    for (uint32_t i = 0; i < block->n_setting; i++)
        if (!harmless(block->settings[i].name)) return &block->settings[i];
    return NULL;
}

static ropewalk_status find_mechanism(rw_builder *b, const rw_rope_block *block,
                                      rw_scaling *s)
{
    const rw_mech *mech = rw_mech_find(block->type);
    if (!block->type[0]) {
        const rw_file_setting *member = needs_type(block);
        if (!member) return ROPEWALK_OK; /* a base alone: nothing is scaled */
        return unknown(s, "untyped",
                       rw_note_problem(b, RW_PROBLEM_SCALING_NO_TYPE, member->name,
                                       block->key,
                                       "%s has %s but neither rope_type nor type: "
                                       "frequencies are unknown",
                                       block->key, member->name));
    }
    if (!mech)
        return unknown(s, block->type,
                       rw_note_problem(b, RW_PROBLEM_SCALING_UNKNOWN, block->type,
                                       block->key_type,
                                       "key %s is \"%s\", which no mechanism here is "
                                       "called: frequencies are unknown",
                                       block->key_type, block->type));
    if (block->type_other[0] && rw_mech_find(block->type_other) != mech) {
        char both[64];
        (void)snprintf(both, sizeof both, "%.28s, %.28s", block->type, block->type_other);
        return unknown(s, block->type,
                       rw_note_problem(b, RW_PROBLEM_SCALING_TYPES, both, block->key,
                                       "%s has rope_type \"%s\" and type \"%s\", which "
                                       "disagree: frequencies are unknown",
                                       block->key, block->type, block->type_other));
    }
    if (!rw_engine_runs(b->engine, mech->name))
        return unknown(
            s, mech->name,
            rw_note_problem(b, RW_PROBLEM_NOT_RUN, mech->name, block->key_type,
                            "%s does not run %s scaling: frequencies are unknown",
                            b->engine->name, mech->name));
    s->mech = mech;
    (void)snprintf(s->name, sizeof s->name, "%s", mech->name);
    return ROPEWALK_OK;
}

/* --- parameters ------------------------------------------------------------------------- */

/* Names of the second block's values, so that both can stand in provenance. */
static ropewalk_status note_parameter(rw_builder *b, rw_layer_class class,
                                      const char *name, const char *key, const char *note)
{
    char value[64];
    const rw_rope_block *block = b->hp->block;
    const bool own = class == RW_LAYERS_SLIDING &&
                     strcmp(block[RW_LAYERS_FULL].key, block[class].key) != 0;
    (void)snprintf(value, sizeof value, "%s%s", name, own ? "_sliding" : "");
    return rw_note_key(b, value, key, note);
}

static ropewalk_status wrong_kind(rw_builder *b, rw_scaling *s, const rw_param *row,
                                  const rw_file_setting *f, const char *wanted)
{
    return unknown(s, NULL,
                   rw_note_problem(b, RW_PROBLEM_PARAMETER, row->name, f->key,
                                   "key %s must be %s: frequencies are unknown", f->key,
                                   wanted));
}

static ropewalk_status take_setting(rw_builder *b, rw_layer_class class, rw_scaling *s,
                                    const rw_param *row, const rw_file_setting *f)
{
    const bool list = row->extent == RW_PER_PAIR;
    rw_setting *out = &s->settings[s->n_setting];
    switch (f->kind) {
    case RW_SETTING_NULL: return ROPEWALK_OK; /* as if it did not stand there */
    case RW_SETTING_NUMBER:
        if (list) return wrong_kind(b, s, row, f, "a list of numbers");
        break;
    case RW_SETTING_FLAG:
        if (row->extent != RW_FLAG) return wrong_kind(b, s, row, f, "a number");
        break;
    case RW_SETTING_LIST:
        if (!list) return wrong_kind(b, s, row, f, "a number");
        break;
    case RW_SETTING_TEXT:
        return wrong_kind(b, s, row, f, list ? "a list of numbers" : "a number");
    }
    *out = (rw_setting){.name = row->name, .num = f->num};
    if (list) {
        out->values = f->values;
        out->n_value = f->n_value;
    }
    s->n_setting++;
    return note_parameter(b, class, row->name, f->key, NULL);
}

/* What the block does not say and stands elsewhere. */
static ropewalk_status take_elsewhere(rw_builder *b, rw_layer_class class, rw_scaling *s,
                                      const rw_param *row)
{
    static const struct {
        const char *hf_key;
        rw_hparam which;
        const char *note;
    } elsewhere[] = {{"original_max_position_embeddings", RW_HP_ORIGINAL_CONTEXT_LENGTH,
                      "outside the scaling block"},
                     {"partial_rotary_factor", RW_HP_PARTIAL_FACTOR, NULL}};
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        rw_hparam which = elsewhere[i].which;
        if (strcmp(row->hf_key, elsewhere[i].hf_key) != 0) continue;
        if (which == RW_HP_PARTIAL_FACTOR && class == RW_LAYERS_SLIDING &&
            b->hp->nested_blocks)
            which = RW_HP_PARTIAL_FACTOR_SLIDING;
        const rw_hvalue *v = &b->hp->v[which];
        if (!v->known) continue;
        s->settings[s->n_setting++] = (rw_setting){.name = row->name, .num = v->num};
        return note_parameter(b, class, row->name, v->key, elsewhere[i].note);
    }
    return ROPEWALK_OK;
}

/* transformers lets the top level's original_max_position_embeddings replace the block's, unless
 * blocks stand under types of layers. */
static bool outside_wins(const rw_builder *b, const rw_param *row,
                         const rw_file_setting *f)
{
    const rw_hvalue *v = &b->hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH];
    static const char word[] = "original_max_position_embeddings";
    const size_t n = strlen(v->key), n_word = sizeof word - 1;
    return b->engine->original_outside && !b->hp->nested_blocks && v->known &&
           strcmp(row->hf_key, word) == 0 && strcmp(v->key, f->key) != 0 && n >= n_word &&
           strcmp(v->key + n - n_word, word) == 0 && (v->num < f->num || v->num > f->num);
}

static ropewalk_status take_settings(rw_builder *b, rw_layer_class class,
                                     const rw_rope_block *block, rw_scaling *s)
{
    const rw_mech *mech = s->mech;
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < mech->n_param && s->mech && !status; i++) {
        const rw_param *row = &mech->params[i];
        if (!row->hf_key) continue;
        const rw_file_setting *f = find_setting(block, row->hf_key);
        if (f && f->kind != RW_SETTING_NULL &&
            !rw_engine_reads(b->engine, mech->name, row->hf_key, b->arch->mla,
                             b->hp->nested_blocks)) {
            char note[96];
            (void)snprintf(note, sizeof note, "stands there, and %s ignores it",
                           b->engine->name);
            status = note_parameter(b, class, row->name, f->key, note);
        } else if (f && f->kind == RW_SETTING_NUMBER && outside_wins(b, row, f)) {
            status = rw_note_warn(
                b, "key %s is %.10g and key %s is %.10g: %s takes the former",
                b->hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].key,
                b->hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].num, f->key, f->num,
                b->engine->name);
            if (!status) status = take_elsewhere(b, class, s, row);
        } else if (f && f->kind != RW_SETTING_NULL) {
            status = take_setting(b, class, s, row, f);
        } else {
            status = take_elsewhere(b, class, s, row);
        }
    }
    return status;
}

static ropewalk_status note_unused(rw_builder *b, const rw_rope_block *block,
                                   const rw_mech *mech)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < block->n_setting && !status; i++) {
        const rw_file_setting *f = &block->settings[i];
        if (f->kind == RW_SETTING_NULL || harmless(f->name) ||
            has_parameter(mech, f->name))
            continue;
        status =
            rw_note_problem(b, RW_PROBLEM_PARAMETER_UNUSED, f->name, f->key,
                            "key %s means nothing to %s scaling", f->key, mech->name);
    }
    return status;
}

/* --- what engines make of tables that grow ------------------------------------------------ */

static double number_of(const rw_scaling *s, const char *name, double fallback)
{
    for (size_t i = 0; i < s->n_setting; i++)
        if (strcmp(s->settings[i].name, name) == 0) return s->settings[i].num;
    return fallback;
}

static ropewalk_status choose_length(rw_builder *b, const rw_rope_block *block,
                                     rw_scaling *s)
{
    s->length = b->length;
    if (strcmp(s->name, "longrope") == 0) {
        switch (b->engine->longrope) {
        case RW_LONGROPE_BY_LENGTH: break;
        case RW_LONGROPE_BY_CONTEXT: s->length = b->context; break;
        case RW_LONGROPE_ALWAYS_LONG: s->length = INT64_C(1) << 31; break;
        }
        return rw_note_assumed(
            b, "longrope_table",
            b->engine->longrope == RW_LONGROPE_BY_LENGTH
                ? "long once the tokens so far exceed the original context"
            : b->engine->longrope == RW_LONGROPE_BY_CONTEXT
                ? "long when the context served exceeds the original one"
                : "the long one always");
    }
    if (strcmp(s->name, "dynamic") != 0) return ROPEWALK_OK;
    switch (b->engine->dynamic) {
    case RW_DYNAMIC_BY_LENGTH: break;
    case RW_DYNAMIC_UNSCALED: s->length = 1; break;
    case RW_DYNAMIC_NOT_RUN:
        return unknown(s, NULL,
                       rw_note_problem(b, RW_PROBLEM_NOT_RUN, "dynamic", block->key_type,
                                       "%s does not run dynamic scaling",
                                       b->engine->name));
    }
    return ROPEWALK_OK;
}

/* DeepSeek V4's code does not enlarge cos and sin unless told to. */
static void keep_unit(const rw_builder *b, rw_scaling *s)
{
    if (!b->arch->unit_attn_factor || strcmp(s->name, "yarn") != 0) return;
    if (number_of(s, "attention_factor", 0.0) > 0.0) return;
    rw_scaling_set(s, "attention_factor", 1.0);
}

/* Where mscale defaults to 1 and mscale_all_dim to 0, instead of both having to be there. */
static void divide_alone(const rw_builder *b, rw_scaling *s)
{
    const bool alone =
        b->engine->mscale_alone || (b->arch->mla && b->engine->mscale_alone_latent);
    const double factor = number_of(s, "factor", 1.0);
    const double mscale = number_of(s, "mscale", -1.0);
    const double all_dim = number_of(s, "mscale_all_dim", -1.0);
    const bool both = mscale > 0.0 && all_dim > 0.0,
               neither = mscale < 0.0 && all_dim < 0.0;
    if (!alone || strcmp(s->name, "yarn") != 0 || !(factor > 1.0) || both || neither ||
        number_of(s, "attention_factor", 0.0) > 0.0)
        return;
    const double ln_s = rw_log(factor);
    rw_scaling_set(s, "attention_factor",
                   (0.1 * (mscale < 0.0 ? 1.0 : mscale) * ln_s + 1.0) /
                       (0.1 * fmax(all_dim, 0.0) * ln_s + 1.0));
}

/* 0.1 k ln s + 1, of MLA's softmax scale. */
static void find_magnitude(const rw_builder *b, rw_scaling *s)
{
    const double all_dim = number_of(s, "mscale_all_dim", 0.0);
    const double factor = number_of(s, "factor", 1.0);
    if (!b->arch->mscale_squared || !(all_dim > 0.0) || !(factor > 1.0) ||
        !rw_engine_scales_softmax(b->engine, b->arch->name))
        return;
    s->softmax_magnitude = 0.1 * all_dim * rw_log(factor) + 1.0;
}

bool rw_config_overlooked(const rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    return hp->kind == RW_FILE_CONFIG && hp->era_5 && !hp->era_4 && b->arch->name[0] &&
           !rw_engine_reads_parameters(b->engine, b->arch->name);
}

ropewalk_status rw_scaling_of_config(rw_builder *b, rw_layer_class class,
                                     const rw_layer_shape *shape, rw_scaling *s)
{
    const rw_rope_block *block = &b->hp->block[class];
    (void)shape;
    rw_scaling_none(s);
    if (rw_config_overlooked(b)) return unknown(s, "overlooked", ROPEWALK_OK);
    if (class == RW_LAYERS_SLIDING && b->arch->sliding_unscaled && !b->hp->nested_blocks)
        return ROPEWALK_OK;
    if (!block->present)
        return rw_note_assumed(b, "mechanism", "no scaling block: nothing is scaled");
    ropewalk_status status = find_mechanism(b, block, s);
    if (status || !s->mech) return status;
    status = note_parameter(b, class, "mechanism",
                            block->key_type[0] ? block->key_type : block->key, NULL);
    s->attn_factor = (double)NAN;
    const rw_mech *mech = s->mech;
    if (!status) status = take_settings(b, class, block, s);
    if (!status) status = note_unused(b, block, mech);
    if (!status && s->mech) status = choose_length(b, block, s);
    if (!status && s->mech) {
        keep_unit(b, s);
        divide_alone(b, s);
        find_magnitude(b, s);
    }
    return status;
}
