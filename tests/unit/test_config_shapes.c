/* test_config_shapes.c - each shape of config.json that models come with, in both eras, read to
 * the same facts; and every prefix and byte change of it read or refused, nothing else. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_read.h"
#include "format_fixture.h"

typedef struct fact {
    rw_hparam which;
    double num;
    const char *key; /* NULL: unknown */
} fact;

enum { N_FACT = 6 };

/* Facts as in the public files the fixtures were cut from. `said` is the first eight layers:
 * F full, S sliding, C chunked, L linear, N none. */
static const struct {
    const char *file, *architecture, *type, *said;
    uint32_t n_layer, head_q, head_kv; /* heads of the first layer */
    fact facts[N_FACT];
} shapes[] = {
    {"chatglm",
     "chatglm",
     "",
     "",
     40,
     32,
     2,
     {{RW_HP_ROPE_THETA, 5e6, "rope_ratio"},
      {RW_HP_HEAD_DIM, 128, "kv_channels"},
      {RW_HP_CONTEXT_LENGTH, 131072, "seq_length"}}},
    {"deepseek_v3",
     "deepseek_v3",
     "yarn",
     "",
     61,
     128,
     128,
     {{RW_HP_ROPE_THETA, 10000, "rope_theta"},
      {RW_HP_ROPE_DIM_MLA, 64, "qk_rope_head_dim"},
      {RW_HP_HEAD_DIM_MLA, 192, "qk_nope_head_dim"},
      {RW_HP_HEAD_DIM, 0, NULL},
      {RW_HP_ORIGINAL_CONTEXT_LENGTH, 4096,
       "rope_scaling.original_max_position_embeddings"}}},
    {"deepseek_v4",
     "deepseek_v4",
     "yarn",
     "SSFFFFFF",
     43,
     64,
     1,
     {{RW_HP_ROPE_THETA, 10000, "rope_theta"},
      {RW_HP_ROPE_THETA_COMPRESSED, 160000, "compress_rope_theta"},
      {RW_HP_HEAD_DIM, 512, "head_dim"},
      {RW_HP_HEAD_DIM_MLA, 0, NULL}}},
    {"deepseek_v4_era5",
     "deepseek_v4",
     "yarn",
     "SSFFFFFF",
     43,
     64,
     1,
     {{RW_HP_ROPE_THETA, 10000, "rope_parameters.main.rope_theta"},
      {RW_HP_ROPE_THETA_COMPRESSED, 160000, "rope_parameters.compress.rope_theta"},
      {RW_HP_PARTIAL_FACTOR, 0.125, "rope_parameters.compress.partial_rotary_factor"}}},
    {"exaone4",
     "exaone4",
     "llama3",
     "SSSFSSSF",
     64,
     40,
     8,
     {{RW_HP_ROPE_THETA, 1e6, "rope_theta"}, {RW_HP_WINDOW, 4096, "sliding_window"}}},
    {"falcon",
     "falcon",
     "",
     "",
     32,
     71,
     1,
     {{RW_HP_ROPE_THETA, 0, NULL}, {RW_HP_ALIBI, 0, "alibi"}}},
    {"gemma3",
     "gemma3_text",
     "linear",
     "",
     34,
     8,
     4,
     {{RW_HP_ROPE_THETA, 1e6, "text_config.rope_theta"},
      {RW_HP_ROPE_THETA_SLIDING, 1e4, "text_config.rope_local_base_freq"},
      {RW_HP_QUERY_SCALAR, 256, "text_config.query_pre_attn_scalar"}}},
    {"gemma3_era5",
     "gemma3_text",
     "linear",
     "",
     34,
     8,
     4,
     {{RW_HP_ROPE_THETA, 1e6, "text_config.rope_parameters.full_attention.rope_theta"},
      {RW_HP_ROPE_THETA_SLIDING, 1e4,
       "text_config.rope_parameters.sliding_attention.rope_theta"}}},
    {"gemma4",
     "gemma4_text",
     "proportional",
     "SSSSSFSS",
     30,
     16,
     8,
     {{RW_HP_HEAD_DIM, 512, "text_config.global_head_dim"},
      {RW_HP_HEAD_DIM_SLIDING, 256, "text_config.head_dim"},
      {RW_HP_PARTIAL_FACTOR, 0.25,
       "text_config.rope_parameters.full_attention.partial_rotary_factor"},
      {RW_HP_PARTIAL_FACTOR_SLIDING, 0, NULL}}},
    {"glm5",
     "glm_moe_dsa",
     "default",
     "",
     78,
     64,
     64,
     {{RW_HP_HEAD_DIM, 64, "head_dim"},
      {RW_HP_HEAD_DIM_MLA, 256, "qk_head_dim"},
      {RW_HP_ROPE_THETA, 1e6, "rope_parameters.rope_theta"},
      {RW_HP_ROPE_INTERLEAVE, 1, "rope_interleave"}}},
    {"gpt_neox",
     "gpt_neox",
     "",
     "",
     32,
     32,
     0,
     {{RW_HP_ROPE_THETA, 10000, "rotary_emb_base"},
      {RW_HP_PARTIAL_FACTOR, 0.25, "rotary_pct"}}},
    {"gpt_oss",
     "gpt_oss",
     "yarn",
     "SFSFSFSF",
     24,
     64,
     8,
     {{RW_HP_ROPE_THETA, 150000, "rope_theta"},
      {RW_HP_WINDOW, 128, "sliding_window"},
      {RW_HP_ORIGINAL_CONTEXT_LENGTH, 4096,
       "rope_scaling.original_max_position_embeddings"}}},
    {"gpt_oss_era5",
     "gpt_oss",
     "yarn",
     "SFSFSFSF",
     24,
     64,
     8,
     {{RW_HP_ROPE_THETA, 150000, "rope_parameters.rope_theta"}}},
    {"gptj",
     "gptj",
     "",
     "",
     28,
     16,
     0,
     {{RW_HP_ROTARY_DIM, 64, "rotary_dim"},
      {RW_HP_EMBEDDING_LENGTH, 4096, "n_embd"},
      {RW_HP_CONTEXT_LENGTH, 2048, "n_positions"},
      {RW_HP_ROPE_THETA, 0, NULL}}},
    {"kimi_k2",
     "kimi_k2",
     "yarn",
     "",
     61,
     64,
     64,
     {{RW_HP_ROPE_THETA, 50000, "rope_theta"}}},
    {"kimi_k3",
     "kimi_linear",
     "",
     "LLLFLLLF",
     93,
     96,
     96,
     {{RW_HP_ROPE_THETA, 0, NULL},
      {RW_HP_HEAD_DIM_MLA, 192, "text_config.qk_nope_head_dim"}}},
    {"llama4_scout",
     "llama4_text",
     "llama3",
     "",
     48,
     40,
     8,
     {{RW_HP_CHUNK, 8192, "text_config.attention_chunk_size"},
      {RW_HP_CONTEXT_LENGTH, 10485760, "text_config.max_position_embeddings"}}},
    {"llama_3_2",
     "llama",
     "llama3",
     "",
     16,
     32,
     8,
     {{RW_HP_HEAD_DIM, 64, "head_dim"}, {RW_HP_ROPE_THETA, 500000, "rope_theta"}}},
    {"mimo_v2_flash",
     "mimo_v2_flash",
     "",
     "FSSSSFSS",
     48,
     64,
     4,
     {{RW_HP_ROPE_THETA_SLIDING, 10000, "swa_rope_theta"},
      {RW_HP_PARTIAL_FACTOR, 0.334, "partial_rotary_factor"},
      {RW_HP_HEAD_DIM_SLIDING, 192, "swa_head_dim"}}},
    {"minimax_m1",
     "minimax_m1",
     "",
     "LLLLLLLF",
     80,
     64,
     8,
     {{RW_HP_ROTARY_DIM, 64, "rotary_dim"}}},
    {"minimax_m2",
     "minimax_m2",
     "",
     "",
     62,
     48,
     8,
     {{RW_HP_ROTARY_DIM, 64, "rotary_dim"}, {RW_HP_PARTIAL_FACTOR, 0, NULL}}},
    {"ministral3",
     "ministral3",
     "yarn",
     "",
     40,
     32,
     8,
     {{RW_HP_TEMPERATURE, 0.1, "text_config.rope_parameters.llama_4_scaling_beta"},
      {RW_HP_ROPE_THETA, 1e8, "text_config.rope_parameters.rope_theta"}}},
    {"nemotron_h",
     "nemotron_h",
     "",
     "LNLNLFNL",
     52,
     32,
     2,
     {{RW_HP_ROPE_THETA, 10000, "rope_theta"}}},
    {"olmo3",
     "olmo3",
     "yarn",
     "SSSFSSSF",
     64,
     40,
     8,
     {{RW_HP_WINDOW, 4096, "sliding_window"}}},
    {"phi",
     "phi",
     "",
     "",
     24,
     32,
     32,
     {{RW_HP_ROTARY_DIM, 32, "rotary_dim"},
      {RW_HP_PARTIAL_FACTOR, 0.5, "partial_rotary_factor"}}},
    {"phi3_longrope",
     "phi3",
     "longrope",
     "",
     32,
     32,
     32,
     {{RW_HP_ORIGINAL_CONTEXT_LENGTH, 4096, "original_max_position_embeddings"},
      {RW_HP_HEAD_DIM, 0, NULL}}},
    {"qwen2_1m",
     "qwen2",
     "",
     "",
     28,
     28,
     4,
     {{RW_HP_DUAL_CHUNK, 262144, "dual_chunk_attention_config.chunk_size"},
      {RW_HP_ROPE_THETA, 1e7, "rope_theta"}}},
    {"qwen3",
     "qwen3",
     "",
     "",
     36,
     32,
     8,
     {{RW_HP_WINDOW, 0, NULL}, {RW_HP_USE_WINDOW, 0, "use_sliding_window"}}},
    {"qwen3_5",
     "qwen3_5_text",
     "default",
     "LLLFLLLF",
     64,
     24,
     4,
     {{RW_HP_PARTIAL_FACTOR, 0.25, "text_config.rope_parameters.partial_rotary_factor"},
      {RW_HP_FULL_ATTENTION_INTERVAL, 4, "text_config.full_attention_interval"}}},
    {"qwen3_vl",
     "qwen3_vl_text",
     "",
     "",
     36,
     32,
     8,
     {{RW_HP_ROPE_THETA, 5e6, "text_config.rope_theta"}}},
    {"smollm3",
     "smollm3",
     "",
     "",
     36,
     16,
     4,
     {{RW_HP_NOPE_PERIOD, 4, "no_rope_layer_interval"},
      {RW_HP_ROPE_THETA, 5e6, "rope_theta"}}},
};
enum { N_SHAPE = sizeof shapes / sizeof shapes[0] };

static const char *fixture_name(const char *shape)
{
    static char name[80];
    (void)snprintf(name, sizeof name, "config/%s.json", shape);
    return name;
}

static void read_shape(const char *shape, rw_hparams *hp)
{
    size_t n;
    char *bytes = (char *)read_fixture(fixture_name(shape), &n);
    ropewalk_error err = {0};
    if (rw_hparams_read_config(bytes, n, shape, hp, &err)) fail_msg("%s", err.message);
    free(bytes);
}

static void facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPE; i++) {
        rw_hparams hp;
        read_shape(shapes[i].file, &hp);
        assert_string_equal(hp.architecture, shapes[i].architecture);
        assert_string_equal(hp.block[RW_LAYERS_FULL].type, shapes[i].type);
        assert_int_equal(hp.n_layer, shapes[i].n_layer);
        assert_int_equal(hp.n_head_q[0], shapes[i].head_q);
        assert_int_equal(hp.n_head_kv ? hp.n_head_kv[0] : 0, shapes[i].head_kv);
        assert_int_equal(hp.said != NULL, shapes[i].said[0] != '\0');
        for (size_t k = 0; shapes[i].said[k]; k++)
            if ("?FSCLN"[hp.said[k]] != shapes[i].said[k])
                fail_msg("%s: layer %zu is %d", shapes[i].file, k, hp.said[k]);
        for (size_t k = 0; k < N_FACT; k++) {
            const fact *f = &shapes[i].facts[k];
            if (f->key)
                expect(&hp, f->which, f->num, f->key);
            else if (f->which) /* the rest of the list is zero */
                expect_unknown(&hp, f->which);
        }
        clear(&hp);
    }
}

static void of_one_kind_each(void **state)
{
    (void)state;
    rw_hparams hp;
    read_shape("smollm3", &hp);
    uint32_t n_off = 0;
    for (uint32_t i = 0; i < hp.n_layer; i++)
        n_off += !hp.rope_on[i];
    assert_int_equal(n_off, 9); /* 1 is a layer with RoPE */
    assert_int_equal(hp.rope_on[3], 0);
    clear(&hp);
    read_shape("kimi_k3", &hp);
    assert_true(hp.mla_nope);
    assert_string_equal(hp.outer_architecture, "kimi_k3");
    assert_int_equal(hp.said[92], RW_SAID_FULL); /* counted from 1 in the file */
    assert_false(hp.block[0].present);
    clear(&hp);
    read_shape("gpt_oss", &hp);
    assert_int_equal(setting(&hp, 0, "truncate")->kind, RW_SETTING_FLAG);
    assert_true(setting(&hp, 0, "truncate")->num <= 0);
    assert_string_equal(hp.note_dtype, "most weights are quantised: mxfp4");
    clear(&hp);
    read_shape("phi3_longrope", &hp);
    assert_int_equal(setting(&hp, 0, "long_factor")->n_value, 48);
    assert_int_equal(setting(&hp, 1, "short_factor")->n_value, 48);
    clear(&hp);
    read_shape("gemma4", &hp);
    assert_int_equal(hp.n_head_kv[5], 2); /* num_global_key_value_heads */
    clear(&hp);
    read_shape("mimo_v2_flash", &hp);
    assert_int_equal(hp.n_head_kv[1], 8); /* swa_num_key_value_heads */
    clear(&hp);
    read_shape("qwen3_5", &hp);
    assert_int_equal(hp.section[1], 11);
    assert_true(hp.section_interleaved);
    clear(&hp);
}

/* --- both eras ------------------------------------------------------------------------------- */

static void same_block(const rw_hparams *a, const rw_hparams *b, int class)
{
    const rw_rope_block *x = &a->block[class], *y = &b->block[class];
    assert_string_equal(x->type, y->type);
    assert_int_equal(x->n_setting, y->n_setting);
    for (uint32_t i = 0; i < x->n_setting; i++) {
        const rw_file_setting *s = &x->settings[i], *t = setting(b, class, s->name);
        assert_int_equal(s->kind, t->kind);
        assert_memory_equal(&s->num, &t->num, sizeof s->num);
    }
}

static void same_values(const rw_hparams *a, const rw_hparams *b)
{
    for (int i = 0; i < RW_N_HPARAM; i++)
        if (a->v[i].known != b->v[i].known ||
            (a->v[i].known &&
             !(a->v[i].num >= b->v[i].num && a->v[i].num <= b->v[i].num)))
            fail_msg("%s: %g and %g", rw_hparam_name((rw_hparam)i), a->v[i].num,
                     b->v[i].num);
}

static void both_eras(void **state)
{
    (void)state;
    rw_hparams old, new;
    read_shape("gpt_oss", &old);
    read_shape("gpt_oss_era5", &new);
    assert_true(old.era_4 && !old.era_5 && new.era_5 && !new.era_4);
    same_values(&old, &new);
    same_block(&old, &new, RW_LAYERS_FULL);
    same_block(&old, &new, RW_LAYERS_SLIDING);
    rw_hparams_clear(&old);
    clear(&new);
    /* sliding layers of the old era are scaled, or not, by the architecture's code */
    read_shape("gemma3", &old);
    read_shape("gemma3_era5", &new);
    assert_true(!old.nested_blocks && new.nested_blocks);
    same_values(&old, &new);
    same_block(&old, &new, RW_LAYERS_FULL);
    assert_string_equal(new.block[RW_LAYERS_SLIDING].type, "default");
    rw_hparams_clear(&old);
    clear(&new);
    read_shape("deepseek_v4", &old);
    read_shape("deepseek_v4_era5", &new);
    same_block(&old, &new, RW_LAYERS_FULL);
    assert_memory_equal(old.said, new.said, old.n_layer);
    rw_hparams_clear(&old);
    clear(&new);
}

/* --- what is not as it was ------------------------------------------------------------------- */

static ropewalk_status open_bytes(const unsigned char *bytes, size_t n,
                                  ropewalk_error *err)
{
    rw_hparams hp;
    const ropewalk_status status =
        rw_hparams_read_config((const char *)bytes, n, "config.json", &hp, err);
    rw_hparams_clear(&hp);
    return status;
}

static void mutations(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPE; i++)
        mutate_fixture(fixture_name(shapes[i].file), open_bytes);
}

/* Where the collection of real files is at hand, each of them is readable. */
static void real_files(void **state)
{
    (void)state;
    static const char folder[] = RW_TEST_DIR "/../../shared/configs";
    DIR *dir = opendir(folder);
    if (!dir) skip();
    const struct dirent *e;
    int n = 0;
    while ((e = readdir(dir)) != NULL) {
        char path[800];
        rw_hparams hp;
        ropewalk_error err = {0};
        if (!strstr(e->d_name, ".json")) continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (rw_hparams_read_path(path, &hp, &err)) fail_msg("%s", err.message);
        assert_true(hp.n_layer > 0 && hp.architecture[0]);
        assert_true(hp.v[RW_HP_CONTEXT_LENGTH].known && hp.n_head_q);
        clear(&hp);
        n++;
    }
    (void)closedir(dir);
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts),      cmocka_unit_test(of_one_kind_each),
        cmocka_unit_test(both_eras),  cmocka_unit_test(mutations),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
