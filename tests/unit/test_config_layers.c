/* test_config_layers.c - what a config.json says of single layers, in each way it is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "config_read.h"

/* One letter a layer: F full, S sliding, C chunked, L linear, N none, ? not said. */
static void expect_said(const char *json, const char *letters, const char *key)
{
    static const char names[] = "?FSCLN";
    rw_hparams hp;
    char got[32] = "";
    read_good(json, &hp);
    assert_non_null(hp.said);
    for (uint32_t i = 0; i < hp.n_layer; i++)
        got[i] = names[hp.said[i]];
    assert_string_equal(got, letters);
    assert_string_equal(hp.key_said, key);
    clear(&hp);
}

static void kinds(void **state)
{
    (void)state;
    expect_said(
        "{\"num_hidden_layers\":6,\"layer_types\":[\"full_attention\","
        "\"sliding_attention\",\"chunked_attention\",\"linear_attention\",\"moe\","
        "\"new_attention\"]}",
        "FSCLN?", "layer_types");
    expect_said("{\"num_hidden_layers\":3,\"layers_block_type\":[\"mamba\",\"attention\","
                "\"hybrid\"]}",
                "LFF", "layers_block_type");
    expect_said("{\"num_hidden_layers\":5,\"block_types\":[\"recurrent\",\"recurrent\","
                "\"attention\"]}",
                "LLFLL", "block_types");
    expect_said("{\"num_hidden_layers\":5,\"hybrid_override_pattern\":\"M*-E?\"}",
                "LFNN?", "hybrid_override_pattern");
    expect_said("{\"num_hidden_layers\":3,\"hybrid_layer_pattern\":[0,1,1]}", "FSS",
                "hybrid_layer_pattern");
    expect_said("{\"num_hidden_layers\":3,\"attn_type_list\":[0,1,0]}", "LFL",
                "attn_type_list");
    expect_said("{\"num_hidden_layers\":3,\"compress_ratios\":[0,4,128,0]}", "SFF",
                "compress_ratios");
    expect_said(
        "{\"num_hidden_layers\":4,\"linear_attn_config\":{\"full_attn_layers\":[1,"
        "4]}}",
        "FLLF", "linear_attn_config.full_attn_layers");
    expect_said("{\"num_hidden_layers\":4,\"global_attn_idx\":[0,3]}", "FSSF",
                "global_attn_idx");
    expect_said("{\"num_hidden_layers\":4,\"full_attn_idxs\":[0,3]}", "FLLF",
                "full_attn_idxs");
    expect_said(
        "{\"num_hidden_layers\":5,\"attn_layer_period\":2,\"attn_layer_offset\":1}",
        "LFLFL", "attn_layer_period");
    expect_said("{\"num_hidden_layers\":6,\"sliding_window_pattern\":\"LLG\"}", "SSFSSF",
                "sliding_window_pattern");
    /* the last layer is global, whatever the letters say */
    expect_said("{\"num_hidden_layers\":5,\"sliding_window_pattern\":\"LLG\"}", "SSFSF",
                "sliding_window_pattern");
    expect_said("{\"num_hidden_layers\":3,\"sliding_window_pattern\":[true,false,1]}",
                "SFS", "sliding_window_pattern");
    expect_said("{\"num_hidden_layers\":2,\"sliding_window_layout\":[0,1]}", "FS",
                "sliding_window_layout");
    /* entries for layers that predict further tokens stand behind the others */
    expect_said(
        "{\"num_hidden_layers\":2,\"num_nextn_predict_layers\":1,\"layer_types\":["
        "\"full_attention\",\"sliding_attention\",\"full_attention\"]}",
        "FS", "layer_types");
}

static void period(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"num_hidden_layers\":6,\"sliding_window_pattern\":6}", &hp);
    assert_null(hp.said);
    assert_true(hp.window_period_known);
    assert_int_equal(hp.window_period, 6);
    assert_string_equal(hp.key_window_pattern, "sliding_window_pattern");
    clear(&hp);
    read_good("{\"num_hidden_layers\":6,\"_sliding_window_pattern\":3}", &hp);
    assert_int_equal(hp.window_period, 3);
    assert_string_equal(hp.key_window_pattern, "_sliding_window_pattern");
    clear(&hp);
}

static void rotating_layers(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"num_hidden_layers\":4,\"no_rope_layers\":[1,1,1,0]}", &hp);
    assert_int_equal(hp.rope_on[0], 1);
    assert_int_equal(hp.rope_on[3], 0);
    assert_string_equal(hp.key_rope_on, "no_rope_layers");
    clear(&hp);
    read_good("{\"num_hidden_layers\":4,\"no_rope_layers\":[]}", &hp); /* Llama 4 Scout */
    assert_null(hp.rope_on);
    clear(&hp);
    read_good("{\"num_hidden_layers\":2,\"layer_rope_theta\":[10000,0]}", &hp);
    assert_true(hp.theta_of[0] >= 10000 && hp.theta_of[1] <= 0);
    assert_int_equal(hp.rope_on[0], 1);
    assert_int_equal(hp.rope_on[1], 0);
    clear(&hp);
    read_good("{\"num_hidden_layers\":2,\"rope_theta\":[10000,5e6],\"head_dim\":128,"
              "\"partial_rotary_factors\":[0.5,1.0]}",
              &hp);
    expect_unknown(&hp, RW_HP_ROPE_THETA);
    assert_true(hp.theta_of[1] >= 5e6);
    assert_null(hp.rope_on);
    assert_int_equal(hp.rotary_dim_of[0], 64);
    assert_int_equal(hp.rotary_dim_of[1], 128);
    clear(&hp);
}

static void lies(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\"layer_types\":[\"full_attention\"]", "key layer_types has 1 values"},
        {"\"layer_types\":[\"a\",\"b\",\"c\"]", "key layer_types has 3 values"},
        {"\"layer_types\":\"full_attention\"", "key layer_types is a string"},
        {"\"layer_types\":[1,2]", "key layer_types[0] is a number"},
        {"\"layer_types\":[\"a\",NaN]", "key layer_types[1] is NaN"},
        {"\"block_types\":[\"a\",1]", "key block_types[1] is a number"},
        {"\"hybrid_override_pattern\":\"M\"", "has 1 letters"},
        {"\"hybrid_override_pattern\":[1,2]", "key hybrid_override_pattern is a list"},
        {"\"hybrid_layer_pattern\":[0,\"1\"]", "key hybrid_layer_pattern[1]"},
        {"\"full_attn_idxs\":[2]", "key full_attn_idxs[0] is 2"},
        {"\"linear_attn_config\":{\"full_attn_layers\":[0]}", "full_attn_layers[0] is 0"},
        {"\"sliding_window_pattern\":\"LXG\"", "letters L and G"},
        {"\"sliding_window_pattern\":\"\"", "letters L and G"},
        {"\"sliding_window_pattern\":-6", "key sliding_window_pattern is -6"},
        {"\"sliding_window_pattern\":{}", "key sliding_window_pattern is an object"},
        {"\"attn_layer_period\":0,\"attn_layer_offset\":0", "key attn_layer_period is 0"},
        {"\"no_rope_layers\":[1]", "key no_rope_layers has 1 values"},
        {"\"no_rope_layers\":[3,7]", "key no_rope_layers[0] is 3"},
        {"\"layer_rope_theta\":[1,10000]", "key layer_rope_theta[0] is 1"},
        {"\"rope_theta\":[10000,-1]", "key rope_theta[1] is -1"},
        {"\"rope_theta\":\"x\"", "key rope_theta is a string"},
        {"\"head_dim\":64,\"partial_rotary_factors\":[0.5,1.5]", "factors[1] is 1.5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[200];
        (void)snprintf(json, sizeof json, "{\"num_hidden_layers\":2,%s}", rows[i][0]);
        read_bad(json, rows[i][1]);
    }
}

/* Without a number of layers nothing can be said of each, unless a list of kinds counts them. */
static void no_layers(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"num_attention_heads\":8,\"no_rope_layers\":[1],\"multi_query\":true,"
              "\"hybrid_layer_pattern\":[0]}",
              &hp);
    assert_null(hp.said);
    assert_null(hp.n_head_q);
    assert_null(hp.rope_on);
    clear(&hp);
    read_good("{\"layer_types\":[\"mamba\",\"attention\"],\"num_attention_heads\":8}",
              &hp);
    expect(&hp, RW_HP_N_LAYER, 2, "layer_types");
    assert_int_equal(hp.said[1], RW_SAID_FULL);
    assert_int_equal(hp.n_head_q[1], 8);
    clear(&hp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),           cmocka_unit_test(period),
        cmocka_unit_test(rotating_layers), cmocka_unit_test(lies),
        cmocka_unit_test(no_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
