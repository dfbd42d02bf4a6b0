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
    if (b->engine->telechat3_as_yarn && strcmp(mech->name, "telechat3_yarn") == 0)
        mech = rw_mech_find("yarn");
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

/* --- the original context ---------------------------------------------------------------- */

static const char original_word[] = "original_max_position_embeddings";

static bool is_original(const rw_param *row)
{
    return strcmp(row->hf_key, original_word) == 0;
}

/* What stands outside this class's block, or in the class of the configuration; NULL: nothing.
 * Blocks under types of layers are read for themselves. */
static const rw_hvalue *outside_original(const rw_builder *b, const rw_rope_block *block,
                                         rw_hvalue *of_class)
{
    const rw_hvalue *v = &b->hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH];
    const size_t n = strlen(block->key);
    const bool inside =
        v->known && strncmp(v->key, block->key, n) == 0 && v->key[n] == '.';
    if (v->known && !inside && !(b->hp->nested_blocks && strstr(v->key, original_word)))
        return v;
    if (!(b->arch->original_default > 0.0) || b->hp->nested_blocks) return NULL;
    *of_class = (rw_hvalue){.known = true, .num = b->arch->original_default};
    return of_class;
}

/* The engine runs all the same where nothing says it: with another number than was meant. */
static ropewalk_status missing_original(rw_builder *b, const rw_rope_block *block,
                                        rw_scaling *s, const rw_param *row)
{
    const bool yarn = strcmp(s->name, "yarn") == 0,
               llama3 = strcmp(s->name, "llama3") == 0;
    const bool fixed = b->engine->original_missing == RW_ORIGINAL_FIXED;
    double num = (double)b->info->context_length;
    if (fixed) num = yarn ? 4096.0 : llama3 ? 8192.0 : 0.0;
    if (!(num > 0.0) || !(yarn || llama3 || strcmp(s->name, "longrope") == 0))
        return ROPEWALK_OK; /* stays missing */
    s->settings[s->n_setting++] = (rw_setting){.name = row->name, .num = num};
    return rw_note_problem(b, RW_PROBLEM_PARAMETER, row->name, block->key,
                           "%s does not say %s, which %s needs: %s takes %s, %.10g",
                           block->key, original_word, s->name, b->engine->name,
                           fixed ? "its own default" : "the advertised context", num);
}

static ropewalk_status take_original(rw_builder *b, rw_layer_class class,
                                     const rw_rope_block *block, rw_scaling *s,
                                     const rw_param *row)
{
    rw_hvalue of_class;
    const rw_hvalue *v = outside_original(b, block, &of_class);
    if (!v) return missing_original(b, block, s, row);
    s->settings[s->n_setting++] = (rw_setting){.name = row->name, .num = v->num};
    return v == &of_class
               ? rw_note_assumed(b, row->name, "the class's default: no key says it")
               : note_parameter(b, class, row->name, v->key, "outside the scaling block");
}

/* transformers lets what stands outside replace the block's value. */
static bool outside_wins(const rw_builder *b, const rw_rope_block *block,
                         const rw_param *row, const rw_file_setting *f)
{
    rw_hvalue of_class;
    const rw_hvalue *v = is_original(row) ? outside_original(b, block, &of_class) : NULL;
    if (!v || f->kind != RW_SETTING_NUMBER || !(v->num < f->num || v->num > f->num))
        return false;
    return v == &of_class ||
           (b->engine->original_outside && strstr(v->key, original_word));
}

static ropewalk_status outside_instead(rw_builder *b, rw_layer_class class,
                                       const rw_rope_block *block, rw_scaling *s,
                                       const rw_param *row, const rw_file_setting *f)
{
    rw_hvalue of_class;
    const rw_hvalue *v = outside_original(b, block, &of_class);
    const ropewalk_status status =
        v == &of_class
            ? rw_note_problem(b, RW_PROBLEM_PARAMETER, row->name, f->key,
                              "key %s is %.10g, but %s is read at the top level for %s, "
                              "and is %.10g when it is not there",
                              f->key, f->num, original_word, b->hp->architecture, v->num)
            : rw_note_warn(b, "key %s is %.10g and key %s is %.10g: %s takes the former",
                           v->key, v->num, f->key, f->num, b->engine->name);
    return status ? status : take_original(b, class, block, s, row);
}

/* What the block does not say and stands elsewhere. */
static ropewalk_status take_elsewhere(rw_builder *b, rw_layer_class class,
                                      const rw_rope_block *block, rw_scaling *s,
                                      const rw_param *row)
{
    if (is_original(row)) return take_original(b, class, block, s, row);
    if (strcmp(row->hf_key, "partial_rotary_factor") != 0) return ROPEWALK_OK;
    const rw_hvalue *v = &b->hp->v[class == RW_LAYERS_SLIDING && b->hp->nested_blocks
                                       ? RW_HP_PARTIAL_FACTOR_SLIDING
                                       : RW_HP_PARTIAL_FACTOR];
    if (!v->known) return ROPEWALK_OK;
    s->settings[s->n_setting++] = (rw_setting){.name = row->name, .num = v->num};
    return note_parameter(b, class, row->name, v->key, NULL);
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
        } else if (f && outside_wins(b, block, row, f)) {
            status = outside_instead(b, class, block, s, row, f);
        } else if (f && f->kind != RW_SETTING_NULL) {
            status = take_setting(b, class, s, row, f);
        } else {
            status = take_elsewhere(b, class, block, s, row);
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
