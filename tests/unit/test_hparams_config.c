/* test_hparams_config.c - keys of config.json to vocabulary: many names, nesting, and lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "config_read.h"

static void nothing_is_assumed(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{}", &hp);
    assert_int_equal(hp.kind, RW_FILE_CONFIG);
    for (int i = 0; i < RW_N_HPARAM; i++) {
        assert_false(hp.v[i].known);
        assert_true(isnan(hp.v[i].num));
    }
    assert_string_equal(hp.v[RW_HP_ROPE_THETA].key, "rope_theta");
    assert_string_equal(hp.v[RW_HP_N_LAYER].key, "num_hidden_layers");
    assert_string_equal(hp.architecture, "");
    assert_null(hp.dtype);
    assert_null(hp.said);
    assert_null(hp.n_head_q);
    assert_false(hp.block[0].present);
    assert_false(hp.era_4 || hp.era_5);
    clear(&hp);
}

static void plain(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"model_type\":\"llama\",\"num_hidden_layers\":3,\"hidden_size\":64,"
              "\"num_attention_heads\":8,\"num_key_value_heads\":2,\"head_dim\":16,"
              "\"max_position_embeddings\":4096.0,\"rope_theta\":5e5,\"torch_dtype\":"
              "\"bfloat16\",\"transformers_version\":\"4.45.0\",\"rope_scaling\":null,"
              "\"sliding_window\":null}",
              &hp);
    assert_string_equal(hp.architecture, "llama");
    assert_string_equal(hp.outer_architecture, "");
    assert_string_equal(hp.transformers_version, "4.45.0");
    assert_string_equal(hp.dtype, "BF16");
    assert_string_equal(hp.key_dtype, "torch_dtype");
    expect(&hp, RW_HP_CONTEXT_LENGTH, 4096, "max_position_embeddings");
    expect(&hp, RW_HP_ROPE_THETA, 500000, "rope_theta");
    expect(&hp, RW_HP_HEAD_DIM, 16, "head_dim");
    expect_unknown(&hp, RW_HP_WINDOW);
    assert_int_equal(hp.n_layer, 3);
    assert_int_equal(hp.n_head_q[2], 8);
    assert_int_equal(hp.n_head_kv[2], 2);
    assert_string_equal(hp.key_head_kv, "num_key_value_heads");
    assert_false(hp.head_array);
    assert_true(hp.era_4 && !hp.era_5);
    clear(&hp);
}

/* The object about the language model, wherever it stands. */
static void nesting(void **state)
{
    (void)state;
    static const char *const names[] = {"text_config", "llm_config", "language_config",
                                        "lfm"};
    rw_hparams hp;
    char json[400], key[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(
            json, sizeof json,
            "{\"model_type\":\"outer\",\"dtype\":\"float16\",\"hidden_size\":7,"
            "\"vision_config\":{\"num_hidden_layers\":9,\"rope_theta\":5},"
            "\"%s\":{\"model_type\":\"inner\",\"num_hidden_layers\":2,"
            "\"rope_theta\":1000}}",
            names[i]);
        read_good(json, &hp);
        (void)snprintf(key, sizeof key, "%s.rope_theta", names[i]);
        expect(&hp, RW_HP_ROPE_THETA, 1000, key);
        expect_unknown(&hp,
                       RW_HP_EMBEDDING_LENGTH); /* the outer one is another thing's */
        assert_string_equal(hp.architecture, "inner");
        assert_string_equal(hp.outer_architecture, "outer");
        assert_string_equal(hp.dtype, "F16");
        assert_string_equal(hp.key_dtype, "dtype");
        clear(&hp);
    }
    read_good(
        "{\"thinker_config\":{\"text_config\":{\"num_layers\":2,\"rope_theta\":99}}}",
        &hp);
    expect(&hp, RW_HP_ROPE_THETA, 99, "thinker_config.text_config.rope_theta");
    clear(&hp);
    /* An inner one that knows less than the outer is not the model. */
    read_good("{\"num_hidden_layers\":4,\"rope_theta\":99,\"text_config\":{\"a\":1}}",
              &hp);
    expect(&hp, RW_HP_ROPE_THETA, 99, "rope_theta");
    clear(&hp);
    read_good("{\"model_type\":\"m\",\"text_config\":{\"num_hidden_layers\":4}}", &hp);
    assert_string_equal(hp.architecture, "m");
    assert_string_equal(hp.outer_architecture, "");
    clear(&hp);
}

static void other_names(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        rw_hparam which;
    } rows[] = {
        {"n_layer", RW_HP_N_LAYER},
        {"num_layers", RW_HP_N_LAYER},
        {"n_embd", RW_HP_EMBEDDING_LENGTH},
        {"d_model", RW_HP_EMBEDDING_LENGTH},
        {"seq_length", RW_HP_CONTEXT_LENGTH},
        {"n_positions", RW_HP_CONTEXT_LENGTH},
        {"max_seq_len", RW_HP_CONTEXT_LENGTH},
        {"model_max_length", RW_HP_CONTEXT_LENGTH},
        {"kv_channels", RW_HP_HEAD_DIM},
        {"attention_head_dim", RW_HP_HEAD_DIM},
        {"rotary_dim", RW_HP_ROTARY_DIM},
        {"rotary_emb_base", RW_HP_ROPE_THETA},
        {"rope_freq_constant", RW_HP_ROPE_THETA},
        {"attn_rotary_emb", RW_HP_ROTARY_DIM},
        {"rotary_pct", RW_HP_PARTIAL_FACTOR},
        {"rope_pct", RW_HP_PARTIAL_FACTOR},
        {"rotary_emb_fraction", RW_HP_PARTIAL_FACTOR},
        {"rope_local_base_freq", RW_HP_ROPE_THETA_SLIDING},
        {"local_rope_theta", RW_HP_ROPE_THETA_SLIDING},
        {"swa_rope_theta", RW_HP_ROPE_THETA_SLIDING},
        {"swa_head_dim", RW_HP_HEAD_DIM_SLIDING},
        {"initial_context_length", RW_HP_ORIGINAL_CONTEXT_LENGTH},
        {"query_pre_attn_scalar", RW_HP_QUERY_SCALAR},
        {"attention_multiplier", RW_HP_SOFTMAX_SCALE},
        {"max_window_layers", RW_HP_MAX_WINDOW_LAYERS},
        {"attention_chunk_size", RW_HP_CHUNK},
        {"no_rope_layer_interval", RW_HP_NOPE_PERIOD},
        {"full_attention_interval", RW_HP_FULL_ATTENTION_INTERVAL},
        {"llama_4_scaling_beta", RW_HP_TEMPERATURE},
        {"compress_rope_theta", RW_HP_ROPE_THETA_COMPRESSED},
        {"num_kv_shared_layers", RW_HP_N_SHARED_KV},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rw_hparams hp;
        char json[100];
        (void)snprintf(json, sizeof json, "{\"%s\":128}", rows[i].key);
        read_good(json, &hp);
        expect(&hp, rows[i].which, 128, rows[i].key);
        clear(&hp);
    }
    rw_hparams hp;
    read_good("{\"dual_chunk_attention_config\":{\"chunk_size\":262144},\"alibi\":false,"
              "\"attn_config\":{\"rope_theta\":77},\"rope_interleave\":true,"
              "\"use_sliding_window\":false}",
              &hp);
    expect(&hp, RW_HP_DUAL_CHUNK, 262144, "dual_chunk_attention_config.chunk_size");
    expect(&hp, RW_HP_ROPE_THETA, 77, "attn_config.rope_theta");
    expect(&hp, RW_HP_ALIBI, 0, "alibi");
    expect(&hp, RW_HP_ROPE_INTERLEAVE, 1, "rope_interleave");
    expect(&hp, RW_HP_USE_WINDOW, 0, "use_sliding_window");
    clear(&hp);
}

static void derived_values(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"rope_ratio\":500,\"kv_channels\":128}", &hp);
    expect(&hp, RW_HP_ROPE_THETA, 5e6, "rope_ratio");
    assert_non_null(strstr(hp.v[RW_HP_ROPE_THETA].note, "ChatGLM"));
    clear(&hp);
    read_good("{\"rope_ratio\":500,\"rope_theta\":20000}", &hp);
    expect(&hp, RW_HP_ROPE_THETA, 20000, "rope_theta");
    clear(&hp);
    read_good("{\"head_dim\":64,\"qk_nope_head_dim\":192,\"qk_rope_head_dim\":64}", &hp);
    expect(&hp, RW_HP_HEAD_DIM_MLA, 256, "qk_nope_head_dim");
    expect(&hp, RW_HP_HEAD_DIM, 64, "head_dim");
    clear(&hp);
    read_good("{\"qk_head_dim\":128,\"qk_nope_head_dim\":192,\"qk_rope_head_dim\":64}",
              &hp);
    expect(&hp, RW_HP_HEAD_DIM_MLA, 256, "qk_nope_head_dim");
    assert_non_null(strstr(hp.v[RW_HP_HEAD_DIM_MLA].note, "qk_head_dim says 128"));
    clear(&hp);
    read_good("{\"head_dim\":0,\"qk_nope_head_dim\":256,\"qk_rope_head_dim\":0}", &hp);
    expect_unknown(&hp, RW_HP_HEAD_DIM);
    expect(&hp, RW_HP_HEAD_DIM_MLA, 256, "qk_nope_head_dim");
    assert_true(hp.mla_nope); /* GLM-5-next: latent attention without rotation */
    clear(&hp);
    read_good("{\"use_mla\":false,\"qk_nope_head_dim\":0,\"qk_rope_head_dim\":0}", &hp);
    expect_unknown(&hp, RW_HP_ROPE_DIM_MLA);
    expect_unknown(&hp, RW_HP_HEAD_DIM_MLA);
    clear(&hp);
    read_good("{\"head_dim\":256,\"global_head_dim\":512,\"mla_use_nope\":true}", &hp);
    expect(&hp, RW_HP_HEAD_DIM, 512, "global_head_dim");
    expect(&hp, RW_HP_HEAD_DIM_SLIDING, 256, "head_dim");
    assert_true(hp.mla_nope);
    clear(&hp);
    read_good(
        "{\"attn_temperature_tuning\":true,\"attn_scale\":0.1,\"floor_scale\":8192}",
        &hp);
    expect(&hp, RW_HP_TEMPERATURE, 0.1, "attn_scale");
    expect(&hp, RW_HP_TEMPERATURE_LENGTH, 8192, "floor_scale");
    clear(&hp);
    read_good("{\"attn_temperature_tuning\":false,\"attn_scale\":0.1}", &hp);
    expect(&hp, RW_HP_TEMPERATURE, 0, "attn_temperature_tuning");
    clear(&hp);
    read_good("{\"position_embedding_type\":\"alibi\"}", &hp);
    expect(&hp, RW_HP_ALIBI, 1, "position_embedding_type");
    assert_string_equal(hp.positions, "alibi");
    clear(&hp);
    read_good("{\"hidden_size\":64,\"n_embd\":32}", &hp);
    expect(&hp, RW_HP_EMBEDDING_LENGTH, 64, "hidden_size");
    assert_string_equal(hp.v[RW_HP_EMBEDDING_LENGTH].note, "n_embd says 32");
    clear(&hp);
}

static void lies(void **state)
{
    (void)state;
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"{\"rope_theta\":\"10000\"}", "key rope_theta is a string"},
        {"{\"rope_theta\":NaN}", "key rope_theta is NaN or infinite"},
        {"{\"rope_theta\":-Infinity}", "key rope_theta is NaN or infinite"},
        {"{\"rope_theta\":0}", "key rope_theta is 0"},
        {"{\"rope_theta\":1}", "key rope_theta is 1"},
        {"{\"rope_theta\":-10000}", "key rope_theta is -10000"},
        {"{\"rope_theta\":1e31}", "key rope_theta"},
        {"{\"rope_theta\":true}", "key rope_theta is true"},
        {"{\"rope_theta\":{}}", "key rope_theta is an object"},
        {"{\"num_hidden_layers\":1000000000}", "key num_hidden_layers"},
        {"{\"num_hidden_layers\":0}", "key num_hidden_layers"},
        {"{\"num_hidden_layers\":-1}", "key num_hidden_layers"},
        {"{\"num_hidden_layers\":2.5}", "key num_hidden_layers is 2.5"},
        {"{\"num_hidden_layers\":[1]}", "key num_hidden_layers is a list"},
        {"{\"head_dim\":63}", "key head_dim is 63: it must be even"},
        {"{\"head_dim\":0}", "key head_dim"},
        {"{\"head_dim\":8192}", "key head_dim"},
        {"{\"rotary_dim\":31}", "key rotary_dim is 31"},
        {"{\"rotary_dim\":-2}", "key rotary_dim"},
        {"{\"partial_rotary_factor\":-0.5}", "key partial_rotary_factor"},
        {"{\"max_position_embeddings\":1e12}", "key max_position_embeddings"},
        {"{\"sliding_window\":-1}", "key sliding_window"},
        {"{\"alibi\":2}", "key alibi"},
        {"{\"alibi\":\"yes\"}", "key alibi is a string"},
        {"{\"model_type\":7}", "key model_type is a number"},
        {"{\"model_type\":\"0123456789012345678901234567890123456789\"}", "40 bytes"},
        {"{\"num_hidden_layers\":2,\"num_attention_heads\":70000}",
         "num_attention_heads"},
        {"{\"num_hidden_layers\":2,\"num_attention_heads\":[8]}", "has 1 values"},
        {"{\"num_hidden_layers\":2,\"num_attention_heads\":[8,-1]}",
         "num_attention_heads[1]"},
        {"{\"text_config\":{\"num_hidden_layers\":2,\"rope_theta\":0}}",
         "key text_config.rope_theta"},
        {"{\"rope_theta\":1e400}", "at byte"},
        {"{\"rope_theta\":1,\"rope_theta\":2}", "duplicate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        read_bad(rows[i].json, rows[i].words);
}

/* A null is as good as absent, and what is not used may be anything. */
static void harmless(void **state)
{
    (void)state;
    rw_hparams hp;
    read_good("{\"rope_theta\":null,\"head_dim\":null,\"loss\":NaN,\"x\":[Infinity,"
              "-Infinity],\"s\":\"NaN\",\"big\":1000000000000000019884624838656,"
              "\"text_config\":null,\"model_type\":null,\"num_attention_heads\":null}",
              &hp);
    expect_unknown(&hp, RW_HP_ROPE_THETA);
    clear(&hp);
}

static void no_memory(void **state)
{
    (void)state;
    static const char json[] =
        "{\"model_type\":\"m\",\"num_hidden_layers\":2,\"num_attention_heads\":4,"
        "\"multi_query\":true,\"layer_types\":[\"sliding_attention\",\"full_attention\"],"
        "\"no_rope_layers\":[1,0],\"layer_rope_theta\":[10000,0],\"head_dim\":8,"
        "\"partial_rotary_factors\":[1,0.5],\"rope_parameters\":{\"full_attention\":"
        "{\"rope_type\":\"longrope\",\"long_factor\":[1,2]},\"sliding_attention\":"
        "{\"rope_type\":\"default\",\"a\":1}}}";
    ropewalk_error err;
    rw_hparams hp;
    for (int at = 0;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = read_text(json, &hp, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            assert_true(at > 10);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), 0);
    }
    clear(&hp);
}

static int64_t json_left;
static int json_sticky;
static void *failing_malloc(size_t n)
{
    const int64_t left = json_left--;
    return left == 0 || (left < 0 && json_sticky) ? NULL : malloc(n);
}

/* The parser's own allocations. */
static void no_memory_in_the_parser(void **state)
{
    (void)state;
    static const char json[] =
        "{\"rope_theta\":10000,\"rope_scaling\":{\"type\":\"yarn\","
        "\"factor\":4,\"long_factor\":[1,2,3]}}";
    json_malloc_t old_malloc;
    json_free_t old_free;
    json_get_alloc_funcs(&old_malloc, &old_free);
    int n_read = 0;
    for (int64_t at = 0; n_read < 2; at++) {
        ropewalk_error err;
        rw_hparams hp;
        if (at == 200) fail();
        json_left = at;
        json_sticky = n_read;
        json_set_alloc_funcs(failing_malloc, free);
        const ropewalk_status status = read_text(json, &hp, &err);
        json_set_alloc_funcs(old_malloc, old_free);
        if (status) {
            assert_int_equal(status, ROPEWALK_E_MEMORY); /* never "malformed" */
        } else {
            assert_true(at > 5);
            clear(&hp);
            n_read++;
            at = -1;
        }
        assert_int_equal(rw_alloc_live(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_assumed),
        cmocka_unit_test(plain),
        cmocka_unit_test(nesting),
        cmocka_unit_test(other_names),
        cmocka_unit_test(derived_values),
        cmocka_unit_test(lies),
        cmocka_unit_test(harmless),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(no_memory_in_the_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
