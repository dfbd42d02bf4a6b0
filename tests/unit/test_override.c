/* test_override.c - values a user gives in the place of a file's: where they go, what is refused,
 * and how provenance tells them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/override.h"

static const ropewalk_rope nothing = {.rope_theta = (double)NAN,
                                      .scale = (double)NAN,
                                      .orig_ctx = (double)NAN,
                                      .ext_factor = (double)NAN,
                                      .attn_factor = (double)NAN,
                                      .beta_fast = (double)NAN,
                                      .beta_slow = (double)NAN,
                                      .low_freq_factor = (double)NAN,
                                      .high_freq_factor = (double)NAN};

static void add(rw_rope_block *block, const char *name, double num)
{
    block->settings = rw_realloc(block->settings, (size_t)block->n_setting + 1,
                                 sizeof *block->settings);
    assert_non_null(block->settings);
    rw_file_setting *s = &block->settings[block->n_setting++];
    *s = (rw_file_setting){.kind = RW_SETTING_NUMBER, .num = num};
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    (void)snprintf(s->key, sizeof s->key, "rope_scaling.%s", name);
}

/* A config of the older era with one llama3 block for all layers. */
static void make_config(rw_hparams *hp)
{
    rw_hparams_init(hp);
    hp->kind = RW_FILE_CONFIG;
    for (int c = 0; c < RW_N_LAYER_CLASS; c++) {
        rw_rope_block *block = &hp->block[c];
        block->present = true;
        (void)snprintf(block->key, sizeof block->key, "rope_scaling");
        (void)snprintf(block->type, sizeof block->type, "llama3");
        (void)snprintf(block->type_other, sizeof block->type_other, "dynamic");
        add(block, "factor", 8);
        add(block, "low_freq_factor", 1);
        add(block, "original_max_position_embeddings", 8192);
    }
}

static void clear(rw_hparams *hp)
{
    for (int c = 0; c < RW_N_LAYER_CLASS;
         c++) { /* also where clear does not know blocks */
        rw_free(hp->block[c].settings);
        hp->block[c].settings = NULL;
        hp->block[c].n_setting = 0;
    }
    rw_hparams_clear(hp);
}

/* Its key and value as "--rope-scale 4", "" when it does not stand there. */
static const char *setting(const rw_rope_block *block, const char *name)
{
    static char text[128];
    text[0] = '\0';
    for (uint32_t i = 0; i < block->n_setting; i++)
        if (strcmp(block->settings[i].name, name) == 0)
            (void)snprintf(text, sizeof text, "%s %g", block->settings[i].key,
                           block->settings[i].num);
    return text;
}

static void config(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_rope rope = nothing;
    make_config(&hp);
    assert_int_equal(rw_hparams_override(&hp, &rope, NULL), ROPEWALK_OK);
    assert_string_equal(hp.block[0].type, "llama3");
    assert_int_equal(hp.block[0].n_setting, 3);
    rope.rope_theta = 5e5;
    rope.scale = 4;
    assert_int_equal(rw_hparams_override(&hp, &rope, NULL), ROPEWALK_OK);
    assert_true(hp.v[RW_HP_ROPE_THETA].known && hp.v[RW_HP_ROPE_THETA].num == 5e5);
    assert_string_equal(hp.v[RW_HP_ROPE_THETA].key, "--rope-theta");
    assert_string_equal(hp.block[1].type, "llama3");
    assert_string_equal(setting(&hp.block[1], "factor"), "--rope-scale 4");
    assert_string_equal(setting(&hp.block[1], "low_freq_factor"),
                        "rope_scaling.low_freq_factor 1");
    rope.scaling = "yarn"; /* what means nothing to another type goes */
    rope.beta_fast = 16;
    rope.orig_ctx = 4096;
    assert_int_equal(rw_hparams_override(&hp, &rope, NULL), ROPEWALK_OK);
    assert_string_equal(hp.block[0].type, "yarn");
    assert_string_equal(hp.block[0].type_other, "");
    assert_string_equal(hp.block[0].key_type, "--rope-scaling");
    assert_string_equal(setting(&hp.block[0], "low_freq_factor"), "");
    assert_string_equal(setting(&hp.block[0], "beta_fast"), "--yarn-beta-fast 16");
    assert_true(hp.v[RW_HP_ORIGINAL_CONTEXT_LENGTH].num == 4096);
    clear(&hp);

    rw_hparams_init(&hp); /* no scaling of its own: a factor alone is linear */
    hp.kind = RW_FILE_CONFIG;
    rope = nothing;
    rope.scale = 2;
    assert_int_equal(rw_hparams_override(&hp, &rope, NULL), ROPEWALK_OK);
    assert_true(hp.block[0].present);
    assert_string_equal(hp.block[0].type, "linear");
    clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

/* A block by layer type: sliding layers keep theirs. */
static void nested(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_rope rope = nothing;
    make_config(&hp);
    hp.nested_blocks = true;
    rope.scaling = "linear";
    assert_int_equal(rw_hparams_override(&hp, &rope, NULL), ROPEWALK_OK);
    assert_string_equal(hp.block[RW_LAYERS_FULL].type, "linear");
    assert_string_equal(hp.block[RW_LAYERS_SLIDING].type, "llama3");
    clear(&hp);
}

static void gguf(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_rope rope = nothing;
    rw_hparams_init(&hp);
    hp.v[RW_HP_FACTOR_LEGACY].known = true;
    rope.scaling = "yarn";
    rope.scale = 4;
    rope.ext_factor = 0;
    assert_int_equal(rw_hparams_override(&hp, &rope, NULL), ROPEWALK_OK);
    assert_string_equal(hp.scaling_type, "yarn");
    assert_string_equal(hp.key_scaling_type, "--rope-scaling");
    assert_true(hp.v[RW_HP_FACTOR].known && hp.v[RW_HP_FACTOR].num == 4);
    assert_false(hp.v[RW_HP_FACTOR_LEGACY].known);
    assert_true(hp.v[RW_HP_YARN_EXT_FACTOR].known);
    clear(&hp);
}

static void expect(const ropewalk_rope *rope, rw_file_kind kind, const char *words)
{
    rw_hparams hp;
    ropewalk_error err = {0};
    rw_hparams_init(&hp);
    hp.kind = kind;
    assert_int_equal(rw_hparams_override(&hp, rope, &err), ROPEWALK_E_ARGUMENT);
    if (!strstr(err.message, words)) fail_msg("%s", err.message);
    clear(&hp);
}

static void refused(void **state)
{
    (void)state;
    ropewalk_rope rope = nothing;
    rope.rope_theta = 1;
    expect(&rope, RW_FILE_CONFIG, "--rope-theta");
    rope.rope_theta = (double)INFINITY;
    expect(&rope, RW_FILE_GGUF, "--rope-theta");
    rope = nothing;
    rope.scaling = "sideways";
    expect(&rope, RW_FILE_CONFIG, "sideways");
    expect(&rope, RW_FILE_GGUF, "sideways");
    rope.scaling = "llama3";
    expect(&rope, RW_FILE_GGUF, "llama3");
    rope = nothing;
    rope.low_freq_factor = 1;
    expect(&rope, RW_FILE_GGUF, "tensor");
    expect(&rope, RW_FILE_CONFIG, "--rope-scaling");
    rope = nothing;
    rope.scaling = "yarn";
    rope.ext_factor = 1;
    expect(&rope, RW_FILE_CONFIG, "llama.cpp");
    rope = nothing;
    rope.scale = 0;
    expect(&rope, RW_FILE_CONFIG, "--rope-scale");
    expect(&rope, RW_FILE_GGUF, "--rope-scale");
    rope.scale = (double)INFINITY;
    expect(&rope, RW_FILE_GGUF, "--rope-scale");
    rope = nothing;
    rope.scaling = "yarn";
    rope.orig_ctx = 1.5;
    expect(&rope, RW_FILE_CONFIG, "whole number");
}

static void merging(void **state)
{
    (void)state;
    static const char base[] =
        "{\"a\": 1, \"b\": {\"c\": 2, \"d\": [1, 2]}, \"e\": null}";
    static const struct {
        const char *patch, *result; /* NULL: refused */
    } table[] = {
        {"{}", "{\"a\":1,\"b\":{\"c\":2,\"d\":[1,2]},\"e\":null}"},
        {"{\"a\": null, \"z\": null}", "{\"b\":{\"c\":2,\"d\":[1,2]},\"e\":null}"},
        {"{\"b\": {\"d\": [3], \"f\": {\"g\": null, \"h\": 1}}}",
         "{\"a\":1,\"b\":{\"c\":2,\"d\":[3],\"f\":{\"h\":1}},\"e\":null}"},
        {"{\"a\": {\"x\": 5}, \"b\": 7, \"e\": {\"y\": 1}}",
         "{\"a\":{\"x\":5},\"b\":7,\"e\":{\"y\":1}}"},
        {"{\"a\": NaN}", "{\"a\":\"\\u007f\",\"b\":{\"c\":2,\"d\":[1,2]},\"e\":null}"},
        {"[1]", NULL},
        {"7", NULL},
        {"", NULL},
        {"{\"a\": 1, \"a\": 2}", NULL},
        {"{\"a\": ", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rw_text out;
        rw_text_init(&out);
        ropewalk_error err = {0};
        const ropewalk_status status = rw_config_merge(
            base, sizeof base - 1, "config.json", table[i].patch, &out, &err);
        if (!table[i].result) {
            assert_int_equal(status, ROPEWALK_E_ARGUMENT);
            assert_non_null(strstr(err.message, "--hf-overrides"));
            assert_null(out.data);
            continue;
        }
        assert_int_equal(status, ROPEWALK_OK);
        while (out.len && out.data[out.len - 1] == '\n')
            out.data[--out.len] = '\0';
        char plain[256];
        size_t n = 0;
        for (const char *s = out.data; *s; s++)
            if (*s != ' ') plain[n++] = *s;
        plain[n] = '\0';
        /* every number may come back as a real */
        for (char *dot; (dot = strstr(plain, ".0"));)
            memmove(dot, dot + 2, strlen(dot + 2) + 1);
        assert_string_equal(plain, table[i].result);
        rw_text_clear(&out);
    }
    rw_text out;
    rw_text_init(&out);
    ropewalk_error err = {0};
    assert_int_equal(rw_config_merge("{\"a\":NaN}", 9, "x.json", "{}", &out, &err),
                     ROPEWALK_OK); /* as Python writes it, where nobody uses it */
    rw_text_clear(&out);
    assert_int_equal(rw_config_merge("[", 1, "x.json", "{}", &out, &err),
                     ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "x.json"));
    assert_int_equal(rw_alloc_live(), 0);
}

static void marked(void **state)
{
    (void)state;
    rw_model_info info;
    rw_model_info_init(&info);
    static const char *const keys[] = {"rope_theta", "--rope-scale",
                                       "rope_scaling.factor", "rope_scaling.type",
                                       "layer_types[0]"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(
            rw_model_info_note(&info, "v", "f.json", keys[i], i == 1 ? "x" : "", NULL),
            0);
    assert_int_equal(rw_model_info_note(&info, "v", NULL, NULL, "assumed", NULL), 0);
    assert_int_equal(
        rw_note_overrides(
            &info, "{\"rope_scaling\": {\"factor\": 2}, \"layer_types\": []}", NULL),
        ROPEWALK_OK);
    assert_string_equal(info.provenance[0].note, "");
    assert_string_equal(info.provenance[1].note, "given on the command line; x");
    assert_null(info.provenance[1].file);
    assert_string_equal(info.provenance[2].note, "given by --hf-overrides");
    assert_string_equal(info.provenance[3].note, "");
    assert_string_equal(info.provenance[4].note, "given by --hf-overrides");
    assert_string_equal(info.provenance[5].note, "assumed");
    rw_model_info_clear(&info);
    assert_int_equal(rw_alloc_live(), 0);
}

static void memory(void **state)
{
    (void)state;
    ropewalk_rope rope = nothing;
    rope.scaling = "yarn";
    rope.scale = 2;
    rope.beta_fast = 8;
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status == ROPEWALK_E_MEMORY; n++) {
        rw_hparams hp;
        rw_text out;
        make_config(&hp);
        rw_text_init(&out);
        rw_alloc_fail_at(n, 0);
        status = rw_hparams_override(&hp, &rope, NULL);
        if (!status)
            status =
                rw_config_merge("{\"a\":1}", 7, "x", "{\"b\":{\"c\":2}}", &out, NULL);
        rw_alloc_fail_at(-1, 0);
        rw_text_clear(&out);
        clear(&hp);
        assert_int_equal(rw_alloc_live(), 0);
    }
    assert_int_equal(status, ROPEWALK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config),  cmocka_unit_test(nested),  cmocka_unit_test(gguf),
        cmocka_unit_test(refused), cmocka_unit_test(merging), cmocka_unit_test(marked),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
