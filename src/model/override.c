/* override.c - a user's words in the place of a file's, and how provenance tells them apart. */
#include "model/override.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/hfconfig.h"
#include "position/mechanism.h"

/* One word of llama.cpp's, and where it goes in each kind of file. */
typedef struct word {
    const char *option, *hf_word; /* NULL: a config.json has no place for it */
    int gguf;                     /* rw_hparam, or -1: a GGUF file has no place for it */
    double value, lo, hi;
    bool integer;
} word;

enum { NOWHERE = -1, N_WORD = 8, MAX_DEPTH = 64 };

static void list_words(const ropewalk_rope *rope, word out[N_WORD])
{
    const word words[N_WORD] = {
        {"--rope-scale", "factor", RW_HP_FACTOR, rope->scale, 1e-6, 1e6, false},
        {"--yarn-orig-ctx", "original_max_position_embeddings",
         RW_HP_ORIGINAL_CONTEXT_LENGTH, rope->orig_ctx, 1, 2147483648.0, true},
        {"--yarn-ext-factor", NULL, RW_HP_YARN_EXT_FACTOR, rope->ext_factor, 0, 1e3,
         false},
        {"--yarn-attn-factor", "attention_factor", RW_HP_YARN_ATTN_FACTOR,
         rope->attn_factor, 1e-6, 1e3, false},
        {"--yarn-beta-fast", "beta_fast", RW_HP_YARN_BETA_FAST, rope->beta_fast, 1e-6,
         1e6, false},
        {"--yarn-beta-slow", "beta_slow", RW_HP_YARN_BETA_SLOW, rope->beta_slow, 1e-6,
         1e6, false},
        {"--low-freq-factor", "low_freq_factor", NOWHERE, rope->low_freq_factor, 1e-6,
         1e6, false},
        {"--high-freq-factor", "high_freq_factor", NOWHERE, rope->high_freq_factor, 1e-6,
         1e6, false},
    };
    memcpy(out, words, sizeof words);
}

static ropewalk_status check(const word *w, ropewalk_error *err)
{
    if (w->value >= w->lo && w->value <= w->hi &&
        (!w->integer || floor(w->value) == w->value))
        return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s: %g must be %s from %g to %.10g",
                   w->option, w->value, w->integer ? "a whole number" : "a number", w->lo,
                   w->hi);
}

static void set_value(rw_hparams *hp, rw_hparam which, double value, const char *option)
{
    rw_hvalue *v = &hp->v[which];
    *v = (rw_hvalue){.known = true, .num = value};
    (void)snprintf(v->key, sizeof v->key, "%s", option);
}

static ropewalk_status override_theta(rw_hparams *hp, double theta, ropewalk_error *err)
{
    if (!(theta > 1.0) || !(theta <= 1e30))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--rope-theta: %g must be above 1 and at most 1e30", theta);
    if (hp->theta_of)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--rope-theta: the file gives every layer a base of its own");
    hp->v[RW_HP_ROPE_RATIO].known = false; /* chatglm's base: the one given is final */
    hp->v[RW_HP_SCALING_ALPHA].known = false;
    set_value(hp, RW_HP_ROPE_THETA, theta, "--rope-theta");
    return ROPEWALK_OK;
}

/* --- GGUF --------------------------------------------------------------------------------- */

static ropewalk_status override_gguf(rw_hparams *hp, const char *type, const word *words,
                                     ropewalk_error *err)
{
    static const char *const types[] = {"none", "linear", "yarn", "longrope"};
    if (type) {
        size_t i = 0;
        while (i < 4 && strcmp(types[i], type) != 0)
            i++;
        if (i == 4)
            return rw_fail(
                err, ROPEWALK_E_ARGUMENT, 0,
                "--rope-scaling: a GGUF file can declare none, linear, yarn or "
                "longrope, not %s",
                type);
        (void)snprintf(hp->scaling_type, sizeof hp->scaling_type, "%s", type);
        (void)snprintf(hp->key_scaling_type, sizeof hp->key_scaling_type,
                       "--rope-scaling");
    }
    for (int i = 0; i < N_WORD; i++) {
        if (isnan(words[i].value)) continue;
        if (words[i].gguf == NOWHERE)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "%s: a GGUF file has no place for it, llama3 scaling stands "
                           "there as a tensor",
                           words[i].option);
        const ropewalk_status status = check(&words[i], err);
        if (status) return status;
        set_value(hp, (rw_hparam)words[i].gguf, words[i].value, words[i].option);
        if (words[i].gguf == RW_HP_FACTOR) hp->v[RW_HP_FACTOR_LEGACY].known = false;
    }
    return ROPEWALK_OK;
}

/* --- config.json -------------------------------------------------------------------------- */

/* Settings that outlive a change of the type. */
static bool outlives(const char *name)
{
    return strcmp(name, "factor") == 0 ||
           strcmp(name, "original_max_position_embeddings") == 0;
}

static void set_type(rw_rope_block *block, const char *type)
{
    const rw_mech *from = rw_mech_find(block->type), *to = rw_mech_find(type);
    if (!from || from != to) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < block->n_setting; i++) {
            if (to && to->n_param && outlives(block->settings[i].name))
                block->settings[kept++] = block->settings[i];
            else
                rw_free(block->settings[i].values);
        }
        block->n_setting = kept;
    }
    (void)snprintf(block->type, sizeof block->type, "%s", type);
    (void)snprintf(block->key_type, sizeof block->key_type, "--rope-scaling");
    block->type_other[0] = '\0';
}

static ropewalk_status set_setting(rw_rope_block *block, const word *w,
                                   ropewalk_error *err)
{
    uint32_t i = 0;
    while (i < block->n_setting && strcmp(block->settings[i].name, w->hf_word) != 0)
        i++;
    if (i == block->n_setting) {
        rw_file_setting *more =
            rw_realloc(block->settings, (size_t)i + 1, sizeof *block->settings);
        if (!more) return rw_fail_memory(err, "a setting");
        block->settings = more;
        block->settings[block->n_setting++] = (rw_file_setting){0};
    }
    rw_file_setting *s = &block->settings[i];
    rw_free(s->values);
    *s = (rw_file_setting){.kind = RW_SETTING_NUMBER, .num = w->value};
    (void)snprintf(s->name, sizeof s->name, "%s", w->hf_word);
    (void)snprintf(s->key, sizeof s->key, "%s", w->option);
    return ROPEWALK_OK;
}

static ropewalk_status override_block(rw_rope_block *block, const char *type,
                                      const word *words, ropewalk_error *err)
{
    if (!block->present) (void)snprintf(block->key, sizeof block->key, "--rope-scaling");
    block->present = true;
    if (!type && !block->type[0] && !isnan(words[0].value)) type = "linear";
    if (type) set_type(block, type);
    const bool scaled = block->type[0] && strcmp(block->type, "default") != 0 &&
                        strcmp(block->type, "none") != 0;
    for (int i = 0; i < N_WORD; i++) {
        if (isnan(words[i].value)) continue;
        if (!words[i].hf_word)
            return rw_fail(
                err, ROPEWALK_E_ARGUMENT, 0,
                "%s: a config.json has no place for it, only llama.cpp knows it",
                words[i].option);
        if (!scaled)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "%s says nothing without a scaling: give --rope-scaling too",
                           words[i].option);
        ropewalk_status status = check(&words[i], err);
        if (!status) status = set_setting(block, &words[i], err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

static ropewalk_status override_config(rw_hparams *hp, const char *type,
                                       const word *words, ropewalk_error *err)
{
    const char *own = type;
    if (type && !rw_mech_find(type))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rope scaling \"%s\" is unknown: see `ropewalk list mechanisms`",
                       type);
    ropewalk_status status = override_block(&hp->block[RW_LAYERS_FULL], own, words, err);
    if (!status && !hp->nested_blocks)
        status = override_block(&hp->block[RW_LAYERS_SLIDING], own, words, err);
    if (!status && !isnan(words[1].value))
        set_value(hp, RW_HP_ORIGINAL_CONTEXT_LENGTH, words[1].value, words[1].option);
    return status;
}

ropewalk_status rw_hparams_override(rw_hparams *hp, const ropewalk_rope *rope,
                                    ropewalk_error *err)
{
    word words[N_WORD];
    list_words(rope, words);
    bool any = rope->scaling != NULL;
    for (int i = 0; i < N_WORD; i++)
        any = any || !isnan(words[i].value);
    if (!isnan(rope->rope_theta)) {
        const ropewalk_status status = override_theta(hp, rope->rope_theta, err);
        if (status) return status;
    }
    if (!any) return ROPEWALK_OK;
    return hp->kind == RW_FILE_GGUF ? override_gguf(hp, rope->scaling, words, err)
                                    : override_config(hp, rope->scaling, words, err);
}

/* --- --hf-overrides ----------------------------------------------------------------------- */

static bool merge(json_t *target, json_t *patch)
{
    const char *key;
    json_t *value;
    json_object_foreach (patch, key, value) {
        json_t *old = json_object_get(target, key);
        if (json_is_null(value)) {
            if (old && json_object_del(target, key)) return false;
            continue;
        }
        if (json_is_object(value)) {
            if (!json_is_object(old)) {
                if (json_object_set_new(target, key, json_object())) return false;
                old = json_object_get(target, key);
            }
            if (!merge(old, value)) return false; /* nesting is bounded by the parser */
        } else if (json_object_set(target, key, value)) {
            return false;
        }
    }
    return true;
}

static ropewalk_status parse_overrides(const char *overrides, json_t **out,
                                       ropewalk_error *err)
{
    ropewalk_error inner = {0};
    *out = NULL;
    if (overrides[strspn(overrides, " \t\r\n")] != '{')
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--hf-overrides must be a JSON object");
    ropewalk_status status =
        rw_hfconfig_parse(overrides, strlen(overrides), "--hf-overrides", out, &inner);
    if (!status) return ROPEWALK_OK;
    if (status == ROPEWALK_E_MEMORY) return rw_fail_memory(err, "--hf-overrides");
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s", inner.message);
}

ropewalk_status rw_config_merge(const char *config, size_t n_byte, const char *name,
                                const char *overrides, rw_text *out, ropewalk_error *err)
{
    json_t *target = NULL, *patch = NULL;
    ropewalk_status status = parse_overrides(overrides, &patch, err);
    if (!status) status = rw_hfconfig_parse(config, n_byte, name, &target, err);
    if (!status && !merge(target, patch)) status = rw_fail_memory(err, "a config.json");
    if (!status) {
        rw_json_write(target, 0, out);
        if (out->failed) status = rw_fail_memory(err, "a config.json");
    }
    if (status) rw_text_clear(out);
    json_decref(target);
    json_decref(patch);
    return status;
}

/* --- provenance --------------------------------------------------------------------------- */

/* Whether `key` is, or lies below, a leaf of the object. */
static bool is_given(const json_t *patch, const char *key)
{
    const char *name;
    const json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)patch, name, value) {
        const size_t n = strlen(name);
        if (strncmp(key, name, n) != 0) continue;
        if (!key[n]) return true;
        if ((key[n] == '.' || key[n] == '[') &&
            (!json_is_object(value) || is_given(value, key + n + 1)))
            return true;
    }
    return false;
}

static ropewalk_status mark(rw_provenance *row, const char *how, bool keep_file,
                            ropewalk_error *err)
{
    const bool has_note = row->note && *row->note;
    rw_text note;
    rw_text_init(&note);
    rw_text_append(&note, how);
    if (has_note) rw_text_printf(&note, "; %s", row->note);
    if (note.failed) {
        rw_text_clear(&note);
        return rw_fail_memory(err, "provenance");
    }
    rw_free(row->note);
    row->note = note.data;
    if (!keep_file) {
        rw_free(row->file);
        row->file = NULL;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_note_overrides(rw_model_info *info, const char *hf_overrides,
                                  ropewalk_error *err)
{
    json_t *patch = NULL;
    ropewalk_status status = ROPEWALK_OK;
    if (hf_overrides) status = parse_overrides(hf_overrides, &patch, err);
    for (uint32_t i = 0; i < info->n_provenance && !status; i++) {
        rw_provenance *row = &info->provenance[i];
        if (!row->key) continue;
        if (strncmp(row->key, "--", 2) == 0)
            status = mark(row, "given on the command line", false, err);
        else if (patch && is_given(patch, row->key))
            status = mark(row, "given by --hf-overrides", false, err);
    }
    json_decref(patch);
    return status;
}
