/* test_config_heads.c - head counts and head dimensions of layers in a config.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "config_read.h"

static void counts(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good(
        "{\"num_hidden_layers\":3,\"num_query_heads\":[12,16,20],\"num_kv_heads\":[3,4,"
        "5]}",
        &hp);
    assert_int_equal(hp.n_head_q[2], 20);
    assert_int_equal(hp.n_head_kv[1], 4);
    assert_true(hp.head_array);
    assert_string_equal(hp.key_head_q, "num_query_heads");
    clear(&hp);
    read_good(
        "{\"num_hidden_layers\":2,\"num_attention_heads\":64,\"num_key_value_heads\":4,"
        "\"swa_num_key_value_heads\":8,\"hybrid_layer_pattern\":[0,1]}",
        &hp);
    assert_int_equal(hp.n_head_kv[0], 4);
    assert_int_equal(hp.n_head_kv[1], 8);
    assert_true(hp.head_array);
    clear(&hp);
    read_good(
        "{\"num_hidden_layers\":2,\"num_key_value_heads\":8,\"layer_types\":["
        "\"sliding_attention\",\"full_attention\"],\"num_global_key_value_heads\":2}",
        &hp);
    assert_int_equal(hp.n_head_kv[0], 8);
    assert_int_equal(hp.n_head_kv[1], 2);
    clear(&hp);
    read_good("{\"num_hidden_layers\":1,\"n_head\":71,\"multi_query\":true}", &hp);
    assert_int_equal(hp.n_head_kv[0], 1);
    assert_string_equal(hp.key_head_kv, "multi_query");
    clear(&hp);
    read_good("{\"num_hidden_layers\":1,\"n_head\":128,\"multi_query\":true,"
              "\"new_decoder_architecture\":true,\"num_kv_heads\":8}",
              &hp);
    assert_int_equal(hp.n_head_kv[0], 8);
    clear(&hp);
    read_good(
        "{\"num_layers\":1,\"num_attention_heads\":32,\"multi_query_attention\":true,"
        "\"multi_query_group_num\":2}",
        &hp);
    assert_int_equal(hp.n_head_kv[0], 2);
    assert_string_equal(hp.key_head_kv, "multi_query_group_num");
    clear(&hp);
    read_good("{\"num_hidden_layers\":1,\"num_attention_heads\":8}", &hp);
    assert_null(hp.n_head_kv); /* not said */
    assert_string_equal(hp.key_head_kv, "num_key_value_heads");
    clear(&hp);
}

/* What transformers 5 writes for Gemma 4. */
static void overrides(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"num_hidden_layers\":3,\"head_dim\":256,\"num_attention_heads\":16,"
              "\"num_key_value_heads\":8,\"layer_types\":[\"sliding_attention\","
              "\"sliding_attention\",\"full_attention\"],\"per_layer_config\":{\"02\":"
              "{\"head_dim\":512,\"num_key_value_heads\":2}}}",
              &hp);
    expect(&hp, RW_HP_HEAD_DIM, 512, "per_layer_config");
    expect(&hp, RW_HP_HEAD_DIM_SLIDING, 256, "per_layer_config");
    assert_null(hp.head_dim_of);
    assert_int_equal(hp.n_head_kv[0], 8);
    assert_int_equal(hp.n_head_kv[2], 2);
    assert_true(hp.head_array);
    clear(&hp);
    /* layers of no two kinds */
    read_good("{\"num_hidden_layers\":2,\"head_dim\":64,\"per_layer_config\":{\"1\":"
              "{\"head_dim\":128,\"num_attention_heads\":4}}}",
              &hp);
    expect(&hp, RW_HP_HEAD_DIM, 64, "head_dim");
    assert_int_equal(hp.head_dim_of[0], 64);
    assert_int_equal(hp.head_dim_of[1], 128);
    clear(&hp);
    read_good(
        "{\"num_hidden_layers\":2,\"per_layer_config\":{\"1\":{\"skip\":[\"mlp\"]}}}",
        &hp);
    assert_null(hp.head_dim_of);
    clear(&hp);
}

/* Layers whose attention was cut out of Llama-Nemotron. */
static void block_configs(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good(
        "{\"num_hidden_layers\":3,\"num_attention_heads\":64,\"num_key_value_heads\":"
        "null,\"block_configs\":[{\"attention\":{\"n_heads_in_group\":8}},"
        "{\"attention\":{\"n_heads_in_group\":null,\"no_op\":true}},"
        "{\"attention\":{\"n_heads_in_group\":16}}]}",
        &hp);
    assert_int_equal(hp.n_head_kv[0], 8);
    assert_int_equal(hp.n_head_kv[2], 4);
    assert_int_equal(hp.n_head_q[1], 0);
    assert_int_equal(hp.said[0], RW_SAID_FULL);
    assert_int_equal(hp.said[1], RW_SAID_NONE);
    clear(&hp);
}

static void lies(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\"num_attention_heads\":\"8\"", "key num_attention_heads is a string"},
        {"\"num_attention_heads\":[8,8,8]", "key num_attention_heads has 3 values"},
        {"\"multi_query_attention\":true,\"multi_query_group_num\":0",
         "key multi_query_group_num is 0"},
        {"\"per_layer_config\":[]", "key per_layer_config is a list"},
        {"\"per_layer_config\":{\"2\":{}}",
         "member \"2\", which is none of the 2 layers"},
        {"\"per_layer_config\":{\"-1\":{}}", "member \"-1\""},
        {"\"per_layer_config\":{\"\":{}}", "none of the 2 layers"},
        {"\"per_layer_config\":{\"99999999999999999999\":{}}", "none of the 2 layers"},
        {"\"per_layer_config\":{\"1\":{\"head_dim\":63}}",
         "key per_layer_config.1.head_dim is 63: it must be even"},
        {"\"per_layer_config\":{\"1\":{\"head_dim\":NaN}}", "1.head_dim is NaN"},
        {"\"num_attention_heads\":8,\"per_layer_config\":{\"1\":"
         "{\"num_attention_heads\":-8}}",
         "per_layer_config.1.num_attention_heads is -8"},
        {"\"num_attention_heads\":8,\"block_configs\":[{},{\"attention\":"
         "{\"n_heads_in_group\":0}}]",
         "key block_configs[1].attention.n_heads_in_group is 0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[240];
        (void)snprintf(json, sizeof json, "{\"num_hidden_layers\":2,%s}", rows[i][0]);
        read_bad(json, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(overrides),
        cmocka_unit_test(block_configs),
        cmocka_unit_test(lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
