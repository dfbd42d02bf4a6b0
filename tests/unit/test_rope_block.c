/* test_rope_block.c - scaling blocks: flat, by type of layer, of both eras, and malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_read.h"

static void members_are_raw(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good(
        "{\"rope_theta\":150000,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":0,"
        "\"truncate\":false,\"mscale\":null,\"long_factor\":[1,2.5,-3],\"how\":\"so\","
        "\"original_max_position_embeddings\":4096,\"short_factor\":[]}}",
        &hp);
    for (int c = 0; c < RW_N_LAYER_CLASS; c++) {
        const rw_rope_block *b = &hp.block[c];
        assert_true(b->present && !b->is_null);
        assert_string_equal(b->key, "rope_scaling");
        assert_string_equal(b->type, "yarn");
        assert_string_equal(b->key_type, "rope_scaling.rope_type");
        assert_string_equal(b->type_other, "");
        assert_int_equal(b->n_setting, 7);
        assert_int_equal(setting(&hp, c, "factor")->kind, RW_SETTING_NUMBER);
        assert_true(fabs(setting(&hp, c, "factor")->num) <= 0);
        assert_int_equal(setting(&hp, c, "truncate")->kind, RW_SETTING_FLAG);
        assert_true(fabs(setting(&hp, c, "truncate")->num) <= 0);
        assert_int_equal(setting(&hp, c, "mscale")->kind, RW_SETTING_NULL);
        assert_string_equal(setting(&hp, c, "how")->text, "so");
        const rw_file_setting *list = setting(&hp, c, "long_factor");
        assert_int_equal(list->kind, RW_SETTING_LIST);
        assert_int_equal(list->n_value, 3);
        assert_true(list->values[1] == 2.5 && list->values[2] == -3);
        assert_string_equal(list->key, "rope_scaling.long_factor");
        assert_true(isnan(list->num));
        assert_int_equal(setting(&hp, c, "short_factor")->n_value, 0);
    }
    assert_false(hp.nested_blocks);
    assert_true(hp.era_4 && !hp.era_5);
    expect(&hp, RW_HP_ORIGINAL_CONTEXT_LENGTH, 4096,
           "rope_scaling.original_max_position_embeddings");
    clear(&hp);
}

static void types(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"rope_scaling\":{\"type\":\"su\"}}", &hp);
    assert_string_equal(hp.block[0].type, "su");
    assert_string_equal(hp.block[0].key_type, "rope_scaling.type");
    clear(&hp);
    read_good("{\"rope_scaling\":{\"type\":\"linear\",\"rope_type\":\"yarn\"}}", &hp);
    assert_string_equal(hp.block[0].type, "yarn");
    assert_string_equal(hp.block[0].type_other, "linear");
    clear(&hp);
    read_good("{\"rope_scaling\":{\"type\":\"yarn\",\"rope_type\":\"yarn\"}}", &hp);
    assert_string_equal(hp.block[0].type_other, "");
    clear(&hp);
    read_good("{\"rope_scaling\":{\"rope_type\":null,\"type\":\"yarn\",\"factor\":2}}",
              &hp);
    assert_string_equal(hp.block[0].type, "yarn");
    clear(&hp);
    read_good("{\"rope_scaling\":{\"factor\":2}}", &hp);
    assert_true(hp.block[0].present);
    assert_string_equal(hp.block[0].type, "");
    clear(&hp);
    read_good("{\"rope_scaling\":{}}", &hp); /* as good as none */
    assert_false(hp.block[0].present);
    clear(&hp);
    /* a type nobody knows is for others to judge */
    read_good("{\"rope_scaling\":{\"rope_type\":\"warp\"}}", &hp);
    assert_string_equal(hp.block[0].type, "warp");
    clear(&hp);
}

static void rope_parameters(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good(
        "{\"text_config\":{\"num_hidden_layers\":1,\"rope_parameters\":{\"rope_type\":"
        "\"default\",\"rope_theta\":1e7,\"partial_rotary_factor\":0.25,"
        "\"mrope_section\":[11,11,10],\"mrope_interleaved\":true}}}",
        &hp);
    expect(&hp, RW_HP_ROPE_THETA, 1e7, "text_config.rope_parameters.rope_theta");
    expect(&hp, RW_HP_PARTIAL_FACTOR, 0.25,
           "text_config.rope_parameters.partial_rotary_factor");
    expect_unknown(&hp, RW_HP_ROPE_THETA_SLIDING);
    assert_int_equal(hp.section[0], 11);
    assert_int_equal(hp.section[2], 10);
    assert_int_equal(hp.section[3], 0);
    assert_true(hp.section_interleaved);
    assert_string_equal(hp.key_section, "text_config.rope_parameters.mrope_section");
    assert_true(hp.era_5 && !hp.era_4);
    assert_int_equal(hp.block[0].n_setting,
                     2); /* the base and the part are no settings */
    clear(&hp);
    /* the block goes before the top, and the disagreement is told */
    read_good("{\"rope_theta\":10000,\"rope_parameters\":{\"rope_theta\":50000}}", &hp);
    expect(&hp, RW_HP_ROPE_THETA, 50000, "rope_parameters.rope_theta");
    assert_string_equal(hp.v[RW_HP_ROPE_THETA].note, "rope_theta says 10000");
    assert_true(hp.era_5 && hp.era_4);
    clear(&hp);
    /* rope_scaling goes before rope_parameters, unless it is empty */
    read_good("{\"rope_scaling\":{\"type\":\"linear\",\"factor\":2},\"rope_parameters\":"
              "{\"rope_type\":\"yarn\",\"rope_theta\":50000}}",
              &hp);
    assert_string_equal(hp.block[0].type, "linear");
    expect(&hp, RW_HP_ROPE_THETA, 50000, "rope_parameters.rope_theta");
    assert_true(hp.v[RW_HP_ROPE_THETA].note[0] != '\0');
    clear(&hp);
    read_good("{\"rope_scaling\":{},\"rope_parameters\":{\"rope_type\":\"yarn\"}}", &hp);
    assert_string_equal(hp.block[0].type, "yarn");
    clear(&hp);
    read_good("{\"rope_parameters\":{\"llama_4_scaling_beta\":0.1,\"type\":\"yarn\"}}",
              &hp);
    expect(&hp, RW_HP_TEMPERATURE, 0.1, "rope_parameters.llama_4_scaling_beta");
    clear(&hp);
}

static void nested(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good(
        "{\"rope_parameters\":{\"full_attention\":{\"rope_type\":\"linear\",\"factor\":"
        "8,\"rope_theta\":1e6,\"partial_rotary_factor\":0.25},\"sliding_attention\":"
        "{\"rope_type\":\"default\",\"rope_theta\":1e4}}}",
        &hp);
    assert_true(hp.nested_blocks);
    expect(&hp, RW_HP_ROPE_THETA, 1e6, "rope_parameters.full_attention.rope_theta");
    expect(&hp, RW_HP_ROPE_THETA_SLIDING, 1e4,
           "rope_parameters.sliding_attention.rope_theta");
    expect_unknown(&hp, RW_HP_PARTIAL_FACTOR_SLIDING);
    assert_string_equal(hp.block[RW_LAYERS_FULL].type, "linear");
    assert_string_equal(hp.block[RW_LAYERS_SLIDING].type, "default");
    assert_string_equal(hp.block[RW_LAYERS_SLIDING].key,
                        "rope_parameters.sliding_attention");
    assert_int_equal(hp.block[RW_LAYERS_SLIDING].n_setting, 0);
    clear(&hp);
    /* what a block does not say, the top says */
    read_good("{\"rope_theta\":5e5,\"partial_rotary_factor\":0.5,\"rope_parameters\":"
              "{\"full_attention\":{\"rope_type\":\"default\"},\"sliding_attention\":"
              "{\"rope_type\":\"default\"}}}",
              &hp);
    expect(&hp, RW_HP_ROPE_THETA, 5e5, "rope_theta");
    expect(&hp, RW_HP_ROPE_THETA_SLIDING, 5e5, "rope_theta");
    expect(&hp, RW_HP_PARTIAL_FACTOR_SLIDING, 0.5, "partial_rotary_factor");
    assert_true(hp.v[RW_HP_ROPE_THETA_SLIDING].note[0] != '\0');
    clear(&hp);
    /* null: this class does not rotate */
    read_good("{\"rope_parameters\":{\"full_attention\":null,\"sliding_attention\":"
              "{\"rope_type\":\"default\",\"rope_theta\":1e4}}}",
              &hp);
    assert_true(hp.block[RW_LAYERS_FULL].is_null && !hp.block[RW_LAYERS_FULL].present);
    expect_unknown(&hp, RW_HP_ROPE_THETA);
    clear(&hp);
    /* flat for the full layers, nested for the others */
    read_good(
        "{\"rope_parameters\":{\"rope_type\":\"yarn\",\"rope_theta\":1e6,\"factor\":4,"
        "\"sliding_attention\":{\"rope_type\":\"default\",\"rope_theta\":1e4}}}",
        &hp);
    expect(&hp, RW_HP_ROPE_THETA, 1e6, "rope_parameters.rope_theta");
    assert_string_equal(hp.block[RW_LAYERS_FULL].type, "yarn");
    assert_string_equal(hp.block[RW_LAYERS_SLIDING].type, "default");
    clear(&hp);
    /* DeepSeek-V4's labels are those of rotations */
    read_good(
        "{\"rope_parameters\":{\"main\":{\"rope_type\":\"default\",\"rope_theta\":1e4},"
        "\"compress\":{\"rope_type\":\"yarn\",\"rope_theta\":160000,\"factor\":16}}}",
        &hp);
    expect(&hp, RW_HP_ROPE_THETA, 1e4, "rope_parameters.main.rope_theta");
    expect(&hp, RW_HP_ROPE_THETA_COMPRESSED, 160000,
           "rope_parameters.compress.rope_theta");
    assert_string_equal(hp.block[RW_LAYERS_FULL].type, "yarn");
    assert_string_equal(hp.block[RW_LAYERS_SLIDING].type, "default");
    clear(&hp);
    /* any word of layer_types is a label */
    read_good(
        "{\"rope_parameters\":{\"hybrid\":{\"rope_type\":\"default\",\"rope_theta\":5e6},"
        "\"hybrid_sliding\":{\"rope_type\":\"default\",\"rope_theta\":1e4}}}",
        &hp);
    expect(&hp, RW_HP_ROPE_THETA, 5e6, "rope_parameters.hybrid.rope_theta");
    expect(&hp, RW_HP_ROPE_THETA_SLIDING, 1e4,
           "rope_parameters.hybrid_sliding.rope_theta");
    clear(&hp);
    /* an object nobody knows is no setting */
    read_good("{\"rope_scaling\":{\"type\":\"yarn\",\"extra\":{\"a\":1}}}", &hp);
    assert_false(hp.nested_blocks);
    assert_int_equal(hp.block[0].n_setting, 0);
    clear(&hp);
}

/* Phi-3 states it at the top, and that goes first. */
static void original_context(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good(
        "{\"original_max_position_embeddings\":4096,\"rope_scaling\":{\"type\":\"su\","
        "\"original_max_position_embeddings\":8192}}",
        &hp);
    expect(&hp, RW_HP_ORIGINAL_CONTEXT_LENGTH, 4096, "original_max_position_embeddings");
    assert_string_equal(hp.v[RW_HP_ORIGINAL_CONTEXT_LENGTH].note,
                        "rope_scaling says 8192");
    clear(&hp);
    read_good("{\"rope_scaling\":{\"type\":\"yarn\","
              "\"original_max_position_embeddings\":-1}}",
              &hp);
    expect_unknown(&hp, RW_HP_ORIGINAL_CONTEXT_LENGTH);
    assert_true(setting(&hp, 0, "original_max_position_embeddings")->num <= -1); /* raw */
    clear(&hp);
    read_good("{\"initial_context_length\":4096,\"rope_scaling\":{\"type\":\"yarn\","
              "\"original_max_position_embeddings\":8192}}",
              &hp);
    expect(&hp, RW_HP_ORIGINAL_CONTEXT_LENGTH, 8192,
           "rope_scaling.original_max_position_embeddings");
    clear(&hp);
}

static void malformed(void **state)
{
    (void)state;
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"{\"rope_scaling\":[]}", "key rope_scaling is a list"},
        {"{\"rope_scaling\":\"yarn\"}", "key rope_scaling is a string"},
        {"{\"rope_scaling\":NaN}", "key rope_scaling is NaN"},
        {"{\"rope_parameters\":false}", "key rope_parameters is false"},
        {"{\"rope_scaling\":{\"type\":4}}", "key rope_scaling.type is a number"},
        {"{\"rope_scaling\":{\"type\":NaN}}", "key rope_scaling.type is NaN"},
        {"{\"rope_scaling\":{\"type\":\"a\",\"rope_type\":[]}}",
         "rope_scaling.rope_type"},
        {"{\"rope_scaling\":{\"type\":\"012345678901234567890123456789012345678901234567"
         "\"}}",
         "48 bytes"},
        {"{\"rope_scaling\":{\"factor\":NaN}}", "key rope_scaling.factor is NaN"},
        {"{\"rope_scaling\":{\"long_factor\":[1,\"2\"]}}",
         "key rope_scaling.long_factor[1] is a string"},
        {"{\"rope_scaling\":{\"long_factor\":[1,Infinity]}}", "long_factor[1] is NaN"},
        {"{\"rope_scaling\":{\"long_factor\":[[1]]}}", "long_factor[0] is a list"},
        {"{\"rope_parameters\":{\"rope_theta\":1}}",
         "key rope_parameters.rope_theta is 1"},
        {"{\"rope_parameters\":{\"full_attention\":{\"rope_theta\":\"x\"}}}",
         "key rope_parameters.full_attention.rope_theta is a string"},
        {"{\"rope_scaling\":{\"mrope_section\":[1,2,3,4,5]}}", "at most 4"},
        {"{\"rope_scaling\":{\"mrope_section\":[1.5]}}", "mrope_section[0]"},
        {"{\"rope_scaling\":{\"mrope_section\":[-1]}}", "mrope_section[0]"},
        {"{\"rope_scaling\":{\"mrope_section\":8}}", "mrope_section is a number"},
        {"{\"rope_scaling\":{\"a_name_that_is_longer_than_any_we_have_ever_seen_so_far\":"
         "1}}",
         "bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        read_bad(rows[i].json, rows[i].words);
}

/* A list of 300001 values and a block of a thousand members are no block. */
static void too_much(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    char *json = malloc(4 * N);
    assert_non_null(json);
    size_t n = (size_t)sprintf(json, "{\"rope_scaling\":{\"type\":\"longrope\",\"l\":[1");
    for (int i = 0; i < 300000; i++)
        n += (size_t)sprintf(json + n, ",1");
    (void)sprintf(json + n, "]}}");
    read_bad(json, "key rope_scaling.l is a list of 300001 values");
    n = (size_t)sprintf(json, "{\"rope_scaling\":{\"type\":\"longrope\"");
    for (int i = 0; i < 1000; i++)
        n += (size_t)sprintf(json + n, ",\"k%d\":1", i);
    (void)sprintf(json + n, "}}");
    read_bad(json, "key rope_scaling has 1000 members");
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_raw),  cmocka_unit_test(types),
        cmocka_unit_test(rope_parameters),  cmocka_unit_test(nested),
        cmocka_unit_test(original_context), cmocka_unit_test(malformed),
        cmocka_unit_test(too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
