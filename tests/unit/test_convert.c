/* test_convert.c - the conversion of a config against what llama.cpp's converter itself wrote
 * (tests/vectors/convert, made by scripts/oracles/convert_goldens.py), and what it drops. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "model/arch.h"
#include "model/model.h"

static char *read_text(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    *n = fread(text, 1, (1 << 20) - 1, f);
    text[*n] = '\0';
    (void)fclose(f);
    return text;
}

static ropewalk_status convert_text(const char *json, size_t n, rw_hparams *out,
                                    ropewalk_error *err)
{
    rw_hparams config;
    ropewalk_status status = rw_hparams_read_config(json, n, "config.json", &config, err);
    if (status) return status;
    status = rw_model_convert(&config, out, err);
    rw_hparams_clear(&config);
    return status;
}

/* Which value of the vocabulary a GGUF key is; RW_N_HPARAM when none. */
static int which_of(const rw_hparams *names, const char *key)
{
    for (int i = 0; i < RW_N_HPARAM; i++)
        if (names->v[i].key[0] && strcmp(names->v[i].key, key) == 0) return i;
    return RW_N_HPARAM;
}

static void check_flags(const char *file, const char *key, const json_t *want,
                        const uint8_t *have, uint8_t on)
{
    size_t i;
    json_t *v;
    if (!have) fail_msg("%s: %s is not written", file, key);
    json_array_foreach (want, i, v) {
        const bool flag = json_is_true(v) || json_integer_value(v) == 1;
        if (flag != (have[i] == on))
            fail_msg("%s: %s differs at layer %zu", file, key, i);
    }
}

static void check_heads(const char *file, const char *key, const json_t *want,
                        const uint32_t *have, uint32_t n_layer)
{
    if (!have) fail_msg("%s: %s is not written", file, key);
    for (uint32_t i = 0; i < n_layer; i++) {
        const json_t *v = json_is_array(want) ? json_array_get(want, i) : want;
        if (json_integer_value(v) != (json_int_t)have[i])
            fail_msg("%s: %s is %u at layer %u", file, key, have[i], i);
    }
}

/* The converter's single precision: torch's powers may differ in a last bit, which the ratio of
 * the blend magnifies a little. */
static void check_tensor(const char *file, const char *name, const json_t *want,
                         const double *have, uint32_t n)
{
    if (json_array_size(want) != n)
        fail_msg("%s: %s has %u values, not %zu", file, name, n, json_array_size(want));
    for (uint32_t i = 0; i < n; i++) {
        const double w = json_number_value(json_array_get(want, i));
        if (!(fabs(have[i] - w) <= 2e-6 * fabs(w)))
            fail_msg("%s: %s is %.9g at pair %u, not %.9g", file, name, have[i], i, w);
    }
}

static bool is_f32(double a, double b)
{
    const float x = (float)a, y = (float)b;
    return memcmp(&x, &y, sizeof x) == 0; // NOLINT(*-memory-comparison,cert-*)
}

static void check_value(const char *file, const rw_hparams *hp, int which,
                        const char *key, double want)
{
    const rw_hvalue *v = &hp->v[which];
    if (!v->known || !is_f32(v->num, want))
        fail_msg("%s: %s is %.17g (known %d), not %.17g", file, key, v->num, v->known,
                 want);
    if (!v->key[0] || !strstr(v->note, key))
        fail_msg("%s: %s has key \"%s\" and note \"%s\"", file, key, v->key, v->note);
}

static void check_key(const char *file, const rw_hparams *hp, const rw_hparams *names,
                      const char *key, const json_t *want, bool *seen)
{
    const char *suffix = strchr(key, '.') + 1;
    const int which = which_of(names, key);
    if (strcmp(key, "general.architecture") == 0) {
        assert_string_equal(hp->architecture, json_string_value(want));
    } else if (strcmp(suffix, "rope.scaling.type") == 0) {
        if (strcmp(hp->scaling_type, json_string_value(want)) != 0)
            fail_msg("%s: scaling \"%s\", not \"%s\"", file, hp->scaling_type,
                     json_string_value(want));
    } else if (strcmp(suffix, "rope.dimension_sections") == 0) {
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(hp->section[i], json_integer_value(json_array_get(want, i)));
    } else if (strcmp(suffix, "attention.sliding_window_pattern") == 0) {
        check_flags(file, key, want, hp->sliding, 1);
    } else if (strcmp(suffix, "attention.recurrent_layers") == 0) {
        check_flags(file, key, want, hp->said, RW_SAID_LINEAR);
    } else if (strcmp(suffix, "attention.compress_ratios") == 0) {
        for (uint32_t i = 0; i < hp->n_layer; i++)
            assert_int_equal(hp->said[i], json_integer_value(json_array_get(want, i))
                                              ? RW_SAID_FULL
                                              : RW_SAID_SLIDING);
    } else if (strcmp(suffix, "attention.head_count") == 0) {
        check_heads(file, key, want, hp->n_head_q, hp->n_layer);
    } else if (strcmp(suffix, "attention.head_count_kv") == 0) {
        check_heads(file, key, want, hp->n_head_kv, hp->n_layer);
    } else if (which == RW_N_HPARAM) {
        fail_msg("%s: key %s is not in the vocabulary", file, key);
    } else if (which == RW_HP_HEAD_DIM && hp->v[RW_HP_HEAD_DIM_MLA].known) {
        seen[which] = true; /* the width of the compressed key, which turns nothing */
    } else if (which == RW_HP_CONTEXT_LENGTH &&
               strcmp(hp->architecture, "command-r") == 0) {
        seen[which] = true; /* model_max_length, where we read max_position_embeddings */
    } else {
        check_value(file, hp, which, key, json_number_value(want));
        seen[which] = true;
    }
}

/* The table of architectures says the same name, unless a type around it decides. */
static void check_name(const char *file, const char *config, const char *converted)
{
    rw_hparams hp;
    assert_int_equal(rw_hparams_read_config(config, strlen(config), file, &hp, NULL),
                     ROPEWALK_OK);
    const rw_arch *arch = rw_arch_of(&hp);
    if (!hp.outer_architecture[0] && arch && arch->gguf &&
        strcmp(arch->gguf, converted) != 0)
        fail_msg("%s: %s converts to %s, not %s", file, arch->name, converted,
                 arch->gguf);
    rw_hparams_clear(&hp);
}

static void check_golden(const char *file, const json_t *doc)
{
    char *config = json_dumps(json_object_get(doc, "config"), 0);
    const json_t *keys = json_object_get(doc, "keys");
    const json_t *tensors = json_object_get(doc, "tensors");
    assert_true(config && keys && tensors);
    rw_hparams hp, names;
    ropewalk_error err = {0};
    if (convert_text(config, strlen(config), &hp, &err))
        fail_msg("%s: %s", file, err.message);
    assert_int_equal(hp.kind, RW_FILE_GGUF);
    check_name(file, config, hp.architecture);
    rw_hparams_init(&names);
    memcpy(names.architecture, hp.architecture, sizeof names.architecture);
    rw_hparams_set_gguf_keys(&names);
    bool seen[RW_N_HPARAM] = {false};
    const char *key;
    json_t *want;
    json_object_foreach ((json_t *)(uintptr_t)keys, key, want)
        check_key(file, &hp, &names, key, want, seen);
    for (int i = 0; i < RW_N_HPARAM; i++)
        if (hp.v[i].known && !seen[i])
            fail_msg("%s: %s is %g, but the converter writes no such key", file,
                     rw_hparam_name((rw_hparam)i), hp.v[i].num);
    if (hp.scaling_type[0] && !json_object_get(keys, names.key_scaling_type))
        fail_msg("%s: scaling \"%s\", but the converter writes no type", file,
                 hp.scaling_type);
    if (hp.sliding && !json_object_get(keys, names.key_window_pattern))
        fail_msg("%s: a pattern that the converter does not write", file);
    check_tensor(file, "rope_freqs", json_object_get(tensors, "rope_freqs.weight"),
                 hp.divisor, hp.n_divisor);
    check_tensor(file, "long", json_object_get(tensors, "rope_factors_long.weight"),
                 hp.factors_long, hp.n_long);
    check_tensor(file, "short", json_object_get(tensors, "rope_factors_short.weight"),
                 hp.factors_short, hp.n_short);
    rw_hparams_clear(&hp);
    free(config);
}

static void goldens(void **state)
{
    (void)state;
    char path[600];
    (void)snprintf(path, sizeof path, "%s/vectors/convert", RW_TEST_DIR);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    int n_file = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".json") != 0) continue;
        (void)snprintf(path, sizeof path, "%s/vectors/convert/%.100s", RW_TEST_DIR,
                       e->d_name);
        size_t n;
        char *text = read_text(path, &n);
        json_t *doc = json_loadb(text, n, 0, NULL);
        assert_non_null(doc);
        check_golden(e->d_name, doc);
        json_decref(doc);
        free(text);
        n_file++;
    }
    (void)closedir(dir);
    assert_true(n_file >= 50);
    assert_int_equal(rw_alloc_live(), 0);
}

/* A config, and the keys that its conversion must report as dropped, in order. */
typedef struct loss {
    const char *config;
    const char *keys[4]; /* key, then words of the reason */
} loss;

#define SHAPE                                                                            \
    "\"num_hidden_layers\":4,\"hidden_size\":256,\"num_attention_heads\":4,"             \
    "\"num_key_value_heads\":2,\"max_position_embeddings\":131072,"

static void what_is_dropped(void **state)
{
    (void)state;
    static const loss list[] = {
        {"{\"model_type\":\"llama\"," SHAPE "\"rope_theta\":5e5}", {NULL}},
        {"{\"model_type\":\"gpt_neox\"," SHAPE
         "\"rotary_pct\":0.25,\"rotary_emb_base\":20000}",
         {"rotary_emb_base", "takes 10000"}},
        {"{\"model_type\":\"gpt_neox\"," SHAPE
         "\"rotary_pct\":0.25,\"rotary_emb_base\":10000}",
         {NULL}},
        {"{\"model_type\":\"gpt_oss\"," SHAPE
         "\"rope_theta\":150000,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":32.0,"
         "\"truncate\":false,\"original_max_position_embeddings\":4096}}",
         {"rope_scaling.truncate", "always rounds"}},
        {"{\"model_type\":\"qwen3\"," SHAPE
         "\"rope_theta\":1e6,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4.0,"
         "\"truncate\":true,\"original_max_position_embeddings\":32768,"
         "\"attention_factor\":1.4}}",
         {"rope_scaling.attention_factor", "grok"}},
        {"{\"model_type\":\"qwen3\"," SHAPE
         "\"rope_theta\":1e6,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4.0,"
         "\"original_max_position_embeddings\":32768,\"mscale\":1.0,"
         "\"mscale_all_dim\":1.0}}",
         {"rope_scaling.mscale", "DeepSeek", "rope_scaling.mscale_all_dim", "DeepSeek"}},
        {"{\"model_type\":\"kimi_k2\"," SHAPE
         "\"qk_nope_head_dim\":32,\"qk_rope_head_dim\":16,\"kv_lora_rank\":64,"
         "\"rope_theta\":5e4,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":32.0,"
         "\"beta_fast\":1.0,\"beta_slow\":1.0,\"mscale\":1.0,\"mscale_all_dim\":1.0,"
         "\"original_max_position_embeddings\":4096}}",
         {NULL}},
        {"{\"model_type\":\"qwen2\"," SHAPE
         "\"rope_theta\":1e6,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8.0,"
         "\"low_freq_factor\":1,\"high_freq_factor\":4,"
         "\"original_max_position_embeddings\":8192}}",
         {"rope_scaling.rope_type", "no scaling is run"}},
        {"{\"model_type\":\"llama\"," SHAPE
         "\"rope_theta\":1e4,\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2.0}}",
         {"rope_scaling.type", "grows with the length"}},
        {"{\"model_type\":\"mistral\"," SHAPE
         "\"rope_theta\":1e4,\"sliding_window\":4096}",
         {"sliding_window", "no window"}},
        {"{\"model_type\":\"mistral\"," SHAPE
         "\"rope_theta\":1e4,\"sliding_window\":null}",
         {NULL}},
        {"{\"model_type\":\"qwen2\"," SHAPE "\"rope_theta\":1e4,\"sliding_window\":4096,"
         "\"use_sliding_window\":false}",
         {NULL}},
        {"{\"model_type\":\"llama\"," SHAPE
         "\"rope_theta\":1e4,\"partial_rotary_factor\":0.5}",
         {"partial_rotary_factor", "whole head"}},
        {"{\"model_type\":\"smollm3\"," SHAPE
         "\"rope_theta\":1e4,\"no_rope_layers\":[1,0,1,0]}",
         {"no_rope_layers", "schedule"}},
        {"{\"model_type\":\"smollm3\"," SHAPE
         "\"rope_theta\":1e4,\"no_rope_layers\":[1,1,1,0]}",
         {NULL}},
        {"{\"model_type\":\"gpt_oss\"," SHAPE "\"rope_theta\":1e4,\"sliding_window\":128,"
         "\"layer_types\":[\"full_attention\",\"sliding_attention\",\"full_attention\","
         "\"sliding_attention\"]}",
         {"layer_types", "its code has"}},
        {"{\"model_type\":\"cohere\"," SHAPE
         "\"rope_theta\":1e4,\"rope_scaling\":{\"type\":\"linear\",\"factor\":2.0}}",
         {"rope_scaling.type", "writes none"}},
        {"{\"model_type\":\"qwen3\"," SHAPE
         "\"rope_theta\":1e6,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":null,"
         "\"original_max_position_embeddings\":32768}}",
         {"rope_scaling.rope_type", "without a factor"}},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        rw_hparams hp;
        ropewalk_error err = {0};
        if (convert_text(list[i].config, strlen(list[i].config), &hp, &err))
            fail_msg("%s: %s", list[i].config, err.message);
        uint32_t n = 0;
        for (; n < 2 && list[i].keys[2 * n]; n++) {
            if (n >= hp.n_lost) fail_msg("%s: only %u lost", list[i].config, hp.n_lost);
            if (strcmp(hp.lost[n].key, list[i].keys[2 * n]) != 0 ||
                !strstr(hp.lost[n].why, list[i].keys[2 * n + 1]))
                fail_msg("%s: lost %s: %s", list[i].config, hp.lost[n].key,
                         hp.lost[n].why);
        }
        if (hp.n_lost != n)
            fail_msg("%s: lost %s: %s, too", list[i].config, hp.lost[n].key,
                     hp.lost[n].why);
        rw_hparams_clear(&hp);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const list[][2] = {
        {"{\"model_type\":\"gptj\"," SHAPE "\"rotary_dim\":64}", "\"gptj\""},
        {"{\"model_type\":\"phi\"," SHAPE "\"rope_theta\":1e4}", "partial_rotary_factor"},
        {"{\"model_type\":\"qwen3\"," SHAPE
         "\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4.0}}",
         "original_max_position_embeddings"},
        {"{\"model_type\":\"phi3\"," SHAPE "\"original_max_position_embeddings\":4096,"
         "\"rope_scaling\":{\"type\":\"longrope\",\"long_factor\":[1,2,3],"
         "\"short_factor\":[1,1,1]}}",
         "number of values"},
        {"{\"model_type\":\"phi3\"," SHAPE "\"original_max_position_embeddings\":4096,"
         "\"rope_scaling\":{\"type\":\"longrope\",\"long_factor\":[1,2,3]}}",
         "short_factor"},
        {"{\"model_type\":\"deepseek_v3\"," SHAPE "\"rope_theta\":1e4}",
         "qk_rope_head_dim"},
        {"{\"model_type\":\"llama\"," SHAPE "\"rope_theta\":1e4,\"rope_scaling\":"
         "{\"type\":\"yarn\",\"factor\":4,\"original_max_position_embeddings\":1e112}}",
         "original_max_position_embeddings is no length"},
        {"{\"model_type\":\"minimax_m2\"," SHAPE "\"rope_theta\":1e4}", "rotary_dim"},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        rw_hparams hp;
        ropewalk_error err = {0};
        assert_int_equal(convert_text(list[i][0], strlen(list[i][0]), &hp, &err),
                         ROPEWALK_E_UNSUPPORTED);
        if (!strstr(err.message, list[i][1])) fail_msg("%s: %s", list[i][0], err.message);
        assert_null(hp.file);
        assert_int_equal(rw_alloc_live(), 0);
    }
}

static void failed_allocations(void **state)
{
    (void)state;
    static const char *const names[] = {"gemma4", "llama3",     "phi3",
                                        "olmo3",  "qwen3_yarn", "qwen3_5"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/vectors/convert/%s.json", RW_TEST_DIR,
                       names[i]);
        size_t n;
        char *text = read_text(path, &n);
        json_t *doc = json_loadb(text, n, 0, NULL);
        char *config = json_dumps(json_object_get(doc, "config"), 0);
        rw_hparams from;
        assert_int_equal(
            rw_hparams_read_config(config, strlen(config), names[i], &from, NULL),
            ROPEWALK_OK);
        const int64_t live = rw_alloc_live();
        int n_failed = 0;
        for (int64_t at = 0;; at++) {
            rw_hparams hp;
            ropewalk_error err = {0};
            rw_alloc_fail_at(at, 0);
            const ropewalk_status status = rw_model_convert(&from, &hp, &err);
            const int64_t n_tried = rw_alloc_count();
            rw_alloc_fail_at(-1, 0);
            if (!status) {
                rw_hparams_clear(&hp);
                assert_true(n_tried <= at);
                break;
            }
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_true(err.message[0] != 0);
            assert_null(hp.file);
            assert_int_equal(rw_alloc_live(), live);
            n_failed++;
        }
        assert_true(n_failed >= 4);
        rw_hparams_clear(&from);
        json_decref(doc);
        free(config);
        free(text);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(what_is_dropped),
        cmocka_unit_test(refusals),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
