/* test_model_config.c - descriptions from config.json: what engines make of scaling blocks, what
 * is told instead of guessed, and the real files, where they are here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/model.h"
#include "model_config.h"

/* --- types and parameters ------------------------------------------------------------------ */

static void blocks(void **state)
{
    (void)state;
    good("llama", THETA);
    assert_int_equal(m.n_problem + m.n_warning, 0);
    assert_string_equal(rotation(0)->mechanism, "none");
    assert_string_equal(m.engine, "transformers");
    assert_int_equal(m.positions, RW_POSITIONS_ROPE);
    assert_int_equal(rotation(0)->interleaved, 0);
    assert_string_equal(source("rope_theta")->key, "rope_theta");
    assert_string_equal(source("architecture")->key, "model_type");
    done();
    good("llama", THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":4}");
    assert_string_equal(rotation(0)->mechanism, "linear");
    assert_true(rotation(0)->inv_freq[0] == 0.25);
    assert_string_equal(source("mechanism")->key, "rope_scaling.rope_type");
    assert_string_equal(source("factor")->key, "rope_scaling.factor");
    done();
    /* both spellings, when they mean the same */
    good("llama",
         THETA ",\"rope_scaling\":{\"rope_type\":\"longrope\",\"type\":\"su\","
               "\"short_factor\":[1,1,1,1,1,1,1,1],\"long_factor\":[2,2,2,2,2,2,2,2],"
               "\"original_max_position_embeddings\":4096}");
    assert_string_equal(rotation(0)->mechanism, "longrope");
    assert_int_equal(m.n_problem, 0);
    done();
    good("llama",
         "\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":500000}");
    assert_true(rotation(0)->rope_theta == 500000);
    assert_int_equal(m.n_problem, 0);
    done();
    good("llama",
         "\"rope_parameters\":{\"rope_theta\":500000}"); /* no type, no scaling */
    assert_int_equal(m.n_problem, 0);
    done();
}

static void unresolved_blocks(void **state)
{
    (void)state;
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"wobbly\",\"factor\":4}",
               RW_PROBLEM_SCALING_UNKNOWN, "wobbly");
    unresolved(
        THETA
        ",\"rope_scaling\":{\"rope_type\":\"yarn\",\"type\":\"linear\",\"factor\":4}",
        RW_PROBLEM_SCALING_TYPES, "yarn, linear");
    unresolved(THETA ",\"rope_scaling\":{\"factor\":4}", RW_PROBLEM_SCALING_NO_TYPE,
               "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"linear\"}", RW_PROBLEM_PARAMETER,
               "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":null}",
               RW_PROBLEM_PARAMETER, "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":\"four\"}",
               RW_PROBLEM_PARAMETER, "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":[4]}",
               RW_PROBLEM_PARAMETER, "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":true}",
               RW_PROBLEM_PARAMETER, "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":0}",
               RW_PROBLEM_PARAMETER, "factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4,"
                     "\"original_max_position_embeddings\":2048,\"truncate\":\"no\"}",
               RW_PROBLEM_PARAMETER, "truncate");
    unresolved(THETA
               ",\"rope_scaling\":{\"rope_type\":\"longrope\",\"short_factor\":[1,1],"
               "\"long_factor\":[1,1,1,1,1,1,1,1],"
               "\"original_max_position_embeddings\":4096}",
               RW_PROBLEM_PARAMETER, "short_factor");
    unresolved(THETA ",\"rope_scaling\":{\"rope_type\":\"longrope\",\"short_factor\":1,"
                     "\"long_factor\":[1,1,1,1,1,1,1,1],"
                     "\"original_max_position_embeddings\":4096}",
               RW_PROBLEM_PARAMETER, "short_factor");
}

static void members_without_use(void **state)
{
    (void)state;
    good("llama",
         THETA ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":4,"
               "\"beta_fast\":32,\"mrope_section\":null,\"low_freq_factor\":null}");
    has_problem(RW_PROBLEM_PARAMETER_UNUSED, "beta_fast");
    assert_int_equal(m.n_problem, 1);
    assert_non_null(rotation(0)->inv_freq);
    done();
}

static void lengths_outside_the_block(void **state)
{
    (void)state;
    good("phi3",
         THETA ",\"original_max_position_embeddings\":4096,\"rope_scaling\":{\"type\":"
               "\"longrope\",\"short_factor\":[1,1,1,1,1,1,1,1],"
               "\"long_factor\":[2,2,2,2,2,2,2,2]}");
    assert_int_equal(m.n_problem, 0);
    assert_true(rotation(0)->inv_freq[0] == 0.5); /* as many tokens as are advertised */
    assert_true(near(rotation(0)->attn_factor, sqrt(1 + log(2) / log(4096))));
    assert_string_equal(source("original_context_length")->key,
                        "original_max_position_embeddings");
    done();
    good("llama", THETA ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":null,"
                        "\"original_max_position_embeddings\":2048}");
    assert_true(
        near(rotation(0)->inv_freq[7], pow(10000, -14.0 / 16) / 4)); /* 8192 / 2048 */
    assert_int_equal(m.original_context_length, 2048);
    done();
}

/* --- base ---------------------------------------------------------------------------------- */

static double third_frequency(const char *more)
{
    good("llama", more);
    const double w = rotation(0)->inv_freq[3];
    if (strstr(more, "max_position_embeddings\":4096,"))
        assert_int_equal(warned("takes the former"), use.engine == NULL);
    done();
    return w;
}

/* Two original contexts: transformers takes the one outside the block. */
static void two_original_contexts(void **state)
{
    (void)state;
#define BLOCK(n) "\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4," ORIGINAL(n) "}"
#define ORIGINAL(n) "\"original_max_position_embeddings\":" n
    static const char two[] = THETA "," ORIGINAL("4096") "," BLOCK("256");
    const double outer = third_frequency(THETA "," BLOCK("4096"));
    const double inner = third_frequency(THETA "," BLOCK("256"));
    assert_false(near(outer, inner));
    assert_true(near(third_frequency(two), outer));
    use.engine = rw_engine_find("mlx-lm");
    assert_true(near(third_frequency(two), inner));
    use.engine = NULL;
}

static double original_taken(const char *architecture, const char *more, int n_problem)
{
    good(architecture, more);
    double original = (double)NAN;
    for (uint32_t i = 0; i < rotation(0)->n_parameter; i++)
        if (strcmp(rotation(0)->parameters[i].name, "original_context_length") == 0)
            original = rotation(0)->parameters[i].value;
    assert_int_equal(m.n_problem, n_problem);
    if (n_problem) has_problem(RW_PROBLEM_PARAMETER, "original_context_length");
    done();
    return original;
}

/* No key says it: engines run all the same, each with a number of its own. */
static void original_context_missing(void **state)
{
    (void)state;
    static const char yarn[] =
        THETA ",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4}";
    static const char llama3[] =
        THETA ",\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,"
              "\"low_freq_factor\":1,\"high_freq_factor\":4}";
    assert_true(original_taken("llama", yarn, 1) == 8192);
    assert_true(original_taken("llama", llama3, 1) == 8192);
    use.engine = rw_engine_find("mlx-lm");
    assert_true(original_taken("llama", yarn, 1) == 4096);
    use.engine = NULL;
    /* Phi-3's class has 4096 at the top level, which goes before the block */
    assert_true(original_taken("phi3", yarn, 0) == 4096);
    assert_true(original_taken("phi3", THETA "," BLOCK("2048"), 1) == 4096);
    assert_true(original_taken("phi3", THETA "," BLOCK("4096"), 0) == 4096);
    assert_true(original_taken("phi3", THETA "," ORIGINAL("2048") "," BLOCK("2048"), 0) ==
                2048);
}

/* What a class assumes where the file is silent, and who takes it. */
static void class_defaults(void **state)
{
    (void)state;
    good("gemma2", THETA);
    assert_int_equal(m.layers[0].head_dim, 256);
    assert_true(rotation(0)->softmax_scale == 0.0625);
    assert_non_null(strstr(source("softmax_scale")->note, "class's default"));
    assert_non_null(strstr(source("head_dim")->note, "class's default"));
    done();
    good("granite", THETA);
    assert_true(rotation(0)->softmax_scale == 1.0);
    done();
    use.engine = rw_engine_find("mlx-lm");
    good("gemma2", THETA);
    assert_true(isnan(rotation(0)->softmax_scale));
    done();
    use.engine = NULL;
}

static void base_unknown(void **state)
{
    (void)state;
    good("mixtral", "");
    has_problem(RW_PROBLEM_THETA_UNKNOWN, "rope_theta");
    assert_true(isnan(rotation(0)->rope_theta));
    assert_null(rotation(0)->inv_freq);
    assert_non_null(
        strstr(source("rope_theta")->note, "1000000")); /* told, not applied */
    done();
    good("gemma3_text", "\"rope_theta\":1000000,\"sliding_window\":512,"
                        "\"query_pre_attn_scalar\":64");
    has_problem(RW_PROBLEM_THETA_UNKNOWN, "rope_theta_sliding");
    assert_null(rotation(0)->inv_freq);
    done();
    /* a scaling's attention factor does not need it */
    good("llama", "\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4,"
                  "\"original_max_position_embeddings\":2048}");
    assert_true(near(rotation(0)->attn_factor, 0.1 * log(4) + 1));
    assert_null(rotation(0)->inv_freq);
    done();
    good("gptj", "\"rotary_dim\":8"); /* code has no key for it */
    assert_true(rotation(0)->rope_theta == 10000 && rotation(0)->rotary_dim == 8);
    assert_int_equal(m.n_problem, 0);
    done();
    good("chatglm", "\"rope_ratio\":500");
    assert_true(rotation(0)->rope_theta == 5e6);
    assert_int_equal(rotation(0)->rotary_dim, 8);
    assert_int_equal(rotation(0)->interleaved, 1);
    done();
}

/* --- classes of layers --------------------------------------------------------------------- */

static void sliding_layers(void **state)
{
    (void)state;
    /* the older form scales the full layers, the newer one says it of each */
    good("gemma3_text", "\"rope_theta\":1000000,\"rope_local_base_freq\":10000,"
                        "\"sliding_window\":512,\"sliding_window_pattern\":2,"
                        "\"query_pre_attn_scalar\":64,"
                        "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8}");
    assert_int_equal(m.layers[0].window, 512);
    assert_string_equal(rotation(0)->mechanism, "none");
    assert_true(rotation(0)->rope_theta == 10000);
    assert_string_equal(rotation(1)->mechanism, "linear");
    assert_true(rotation(1)->inv_freq[0] == 0.125 && rotation(1)->softmax_scale == 0.125);
    done();
    good(
        "gemma3_text",
        "\"layer_types\":[\"sliding_attention\",\"full_attention\",\"sliding_attention\","
        "\"full_attention\"],\"sliding_window\":512,\"query_pre_attn_scalar\":64,"
        "\"rope_parameters\":{\"full_attention\":{\"rope_type\":\"linear\",\"factor\":8,"
        "\"rope_theta\":1000000},\"sliding_attention\":{\"rope_type\":\"linear\","
        "\"factor\":2,"
        "\"rope_theta\":10000}}");
    assert_true(rotation(0)->inv_freq[0] == 0.5 && rotation(1)->inv_freq[0] == 0.125);
    assert_string_equal(source("factor")->key, "rope_parameters.full_attention.factor");
    assert_string_equal(source("factor_sliding")->key,
                        "rope_parameters.sliding_attention.factor");
    done();
    good("gpt_oss",
         THETA ",\"sliding_window\":128,\"rope_scaling\":{\"rope_type\":\"linear\","
               "\"factor\":2}"); /* scales them all */
    assert_int_equal(m.n_rotation, 1);
    assert_int_equal(m.layers[0].window, 128);
    assert_int_equal(m.layers[1].window, 0);
    done();
    good("llama", THETA ",\"sliding_window\":128"); /* its class reads no window */
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_FULL);
    assert_true(warned("does not apply a window"));
    done();
    good("qwen2", THETA ",\"sliding_window\":128,\"use_sliding_window\":false,"
                        "\"max_window_layers\":2");
    assert_int_equal(m.layers[3].attention, RW_ATTENTION_FULL);
    assert_int_equal(m.n_warning, 0);
    done();
    good("qwen2", THETA ",\"sliding_window\":128,\"use_sliding_window\":true,"
                        "\"max_window_layers\":2");
    assert_int_equal(m.layers[1].attention, RW_ATTENTION_FULL);
    assert_int_equal(m.layers[2].window, 128);
    done();
}

static void layers_without_rope(void **state)
{
    (void)state;
    good("smollm3", THETA);
    assert_int_equal(m.layers[2].rotation, 0);
    assert_int_equal(m.layers[3].rotation, -1);
    done();
    good("smollm3", THETA ",\"no_rope_layers\":[0,1,1,1]"); /* 1: rotates */
    assert_int_equal(m.layers[0].rotation, -1);
    assert_int_equal(m.layers[3].rotation, 0);
    assert_string_equal(source("layers_without_rope")->key, "no_rope_layers");
    done();
    good("falcon", THETA ",\"alibi\":true");
    assert_int_equal(m.positions, RW_POSITIONS_ALIBI);
    assert_int_equal(m.layers[0].rotation, -1);
    done();
    good("mpt", "");
    assert_int_equal(m.positions, RW_POSITIONS_ALIBI);
    done();
    good("opt", "");
    assert_int_equal(m.positions, RW_POSITIONS_LEARNED);
    done();
    good("kimi_linear",
         "\"mla_use_nope\":true,\"qk_nope_head_dim\":16,\"qk_rope_head_dim\":8");
    assert_int_equal(m.positions, RW_POSITIONS_NONE);
    assert_false(warned("last"));
    done();
    good("granitemoehybrid", THETA ",\"position_embedding_type\":\"nope\"");
    assert_int_equal(m.positions, RW_POSITIONS_NONE);
    done();
    good("granitemoehybrid", THETA ",\"position_embedding_type\":\"rope\"");
    assert_int_equal(m.positions, RW_POSITIONS_ROPE);
    done();
    good("mamba", "");
    assert_int_equal(m.positions, RW_POSITIONS_NONE);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_NONE);
    done();
}

static void unknown_architecture(void **state)
{
    (void)state;
    good("wombat", THETA);
    has_problem(RW_PROBLEM_ARCH_UNKNOWN, "wombat");
    assert_int_equal(m.positions, RW_POSITIONS_ROPE);
    assert_true(rotation(0)->inv_freq[0] == 1.0);
    assert_non_null(strstr(source("pairs")->note, "assumed"));
    done();
    good("wombat", ""); /* no word of RoPE: not assumed */
    assert_int_equal(m.positions, RW_POSITIONS_UNKNOWN);
    assert_int_equal(m.layers[0].rotation, -1);
    done();
}

static void latent_attention(void **state)
{
    (void)state;
    good("deepseek_v3",
         THETA ",\"qk_nope_head_dim\":16,\"qk_rope_head_dim\":8,"
               "\"rope_scaling\":{\"type\":\"yarn\",\"factor\":40,\"mscale\":1,"
               "\"mscale_all_dim\":1,"
               "\"original_max_position_embeddings\":4096}");
    const double mscale = 0.1 * log(40) + 1;
    assert_int_equal(m.layers[0].head_dim, 24);
    assert_int_equal(rotation(0)->rotary_dim, 8);
    assert_int_equal(rotation(0)->rotary_offset, 16);
    assert_int_equal(rotation(0)->interleaved, 1);
    assert_true(rotation(0)->attn_factor == 1.0);
    assert_true(near(rotation(0)->softmax_scale, mscale * mscale / sqrt(24)));
    assert_true(fabs(mscale * mscale - 1.874) <
                1e-3); /* the value reported for DeepSeek V3 */
    done();
    good("deepseek_v3", THETA ",\"qk_nope_head_dim\":16,\"qk_rope_head_dim\":8,"
                              "\"rope_interleave\":false");
    assert_int_equal(rotation(0)->interleaved, 0);
    done();
    good("deepseek_v4",
         THETA ",\"head_dim\":32,\"qk_rope_head_dim\":8,\"sliding_window\":128,"
               "\"compress_rope_theta\":160000,\"compress_ratios\":[0,4,128,0],"
               "\"rope_scaling\":{\"type\":\"yarn\",\"factor\":16,"
               "\"original_max_position_embeddings\":1024}");
    assert_true(rotation(0)->rope_theta == 10000 && rotation(1)->rope_theta == 160000);
    assert_string_equal(rotation(0)->mechanism, "none");
    assert_string_equal(rotation(1)->mechanism, "yarn");
    assert_true(rotation(1)->attn_factor == 1.0); /* not 0.1 ln 16 + 1 */
    assert_int_equal(rotation(1)->rotary_offset, 24);
    assert_int_equal(m.layers[0].window, 128);
    assert_true(warned("compressed"));
    done();
}

static void shapes(void **state)
{
    (void)state;
    good("llama", THETA ",\"head_dim\":32,\"partial_rotary_factor\":0.5,"
                        "\"per_layer_config\":{\"2\":{\"head_dim\":64}}");
    assert_int_equal(m.layers[2].head_dim, 64);
    assert_int_equal(rotation(1)->rotary_dim, 16);
    assert_int_equal(rotation(2)->rotary_dim, 32);
    assert_true(rotation(2)->softmax_scale == 0.125);
    assert_int_equal(m.n_rotation, 2);
    done();
    good("phi", THETA ",\"partial_rotary_factor\":0.5,\"rotary_dim\":4");
    has_problem(RW_PROBLEM_HEAD_DIM, "rotary_dim");
    assert_int_equal(rotation(0)->rotary_dim, 8);
    done();
    good("phi", THETA ",\"partial_rotary_factor\":0.45"); /* 7 of 16 */
    has_problem(RW_PROBLEM_HEAD_DIM, "rotary_dim");
    assert_null(rotation(0)->inv_freq);
    done();
    good("llama", THETA ",\"partial_rotary_factor\":2");
    has_problem(RW_PROBLEM_HEAD_DIM, "rotary_dim");
    assert_null(rotation(0)->inv_freq);
    done();
    good("qwen2_vl",
         THETA ",\"rope_scaling\":{\"type\":\"mrope\",\"mrope_section\":[2,3,3]}");
    assert_int_equal(rotation(0)->section[1], 3);
    assert_non_null(strstr(source("sections")->note, "text"));
    assert_int_equal(m.n_problem, 0);
    done();
    good("qwen2_vl",
         THETA ",\"rope_scaling\":{\"type\":\"mrope\",\"mrope_section\":[2,3,4]}");
    has_problem(RW_PROBLEM_PARAMETER, "sections");
    done();
    good("qwen2", THETA ",\"dual_chunk_attention_config\":{\"chunk_size\":262144}");
    assert_true(warned("dual chunk"));
    done();
}

static void use_and_kind(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    use.length = -1;
    assert_int_equal(describe("llama", THETA, &err), ROPEWALK_E_ARGUMENT);
    use = (rw_model_use){.context = INT64_C(1) << 32};
    assert_int_equal(describe("llama", THETA, &err), ROPEWALK_E_ARGUMENT);
    use = (rw_model_use){.context = 16384};
    good("llama", THETA);
    assert_true(warned("beyond the advertised"));
    assert_int_equal(m.context, 16384);
    assert_int_equal(m.length, 16384);
    done();
    use = (rw_model_use){.engine = rw_engine_find("vllm")};
    rw_hparams hp;
    rw_hparams_init(&hp); /* GGUF is not vLLM's to read */
    assert_int_equal(rw_model_describe(&hp, &use, &m, &err), ROPEWALK_E_UNSUPPORTED);
    use = (rw_model_use){0};
}

/* Every layer with a base of its own is a lie beyond some number, and costs bounded time. */
static void too_many_bases(void **state)
{
    (void)state;
    static char text[8192];
    rw_hparams hp;
    ropewalk_error err = {0};
    int n =
        snprintf(text, sizeof text,
                 "{\"model_type\":\"llama\",\"num_hidden_layers\":257,\"hidden_size\":64,"
                 "\"num_attention_heads\":4,\"rope_theta\":[");
    for (int i = 0; i < 257; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%d", i ? "," : "", 10000 + i);
    (void)snprintf(text + n, sizeof text - (size_t)n, "]}");
    if (rw_hparams_read_config(text, strlen(text), "c.json", &hp, &err))
        fail_msg("%s", err.message);
    assert_int_equal(rw_model_describe(&hp, &use, &m, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "more than 256 different rotations"));
    hp.theta_of[256] = 10000; /* 256 are */
    if (rw_model_describe(&hp, &use, &m, &err)) fail_msg("%s", err.message);
    assert_int_equal(m.n_rotation, 256);
    assert_int_equal(m.layers[256].rotation, 0);
    rw_hparams_clear(&hp);
    done();
}

/* --- memory -------------------------------------------------------------------------------- */

static void failed_allocations(void **state)
{
    (void)state;
    static const char text[] =
        "{\"model_type\":\"gemma3_text\",\"num_hidden_layers\":4,\"hidden_size\":64,"
        "\"num_attention_heads\":4,\"rope_theta\":1000000,\"rope_local_base_freq\":10000,"
        "\"sliding_window\":512,\"sliding_window_pattern\":2,\"query_pre_attn_scalar\":"
        "64,"
        "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8,\"beta_fast\":1}}";
    rw_hparams hp;
    ropewalk_error err = {0};
    if (rw_hparams_read_config(text, sizeof text - 1, "c.json", &hp, &err))
        fail_msg("%s", err.message);
    const int64_t live = rw_alloc_live();
    int64_t at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_model_describe(&hp, &use, &m, &err);
        const int64_t n_tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_model_info_clear(&m);
            if (n_tried <= at) break;
        } else {
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_null(m.layers);
        }
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_true(at > 30);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

/* --- real files ---------------------------------------------------------------------------- */

typedef struct real {
    const char *file;
    uint32_t n_layer, n_full, n_sliding, n_linear, n_rope; /* layers */
    const char *mechanism; /* of the last layer that rotates */
    double rope_theta, attn_factor, softmax_scale, slowest; /* of it too */
    uint32_t rotary_dim, rotary_offset;
    int interleaved;
} real;

/* Computed apart from this program, from the files and the formulas of their classes: the
 * slowest pair is the base to -(d - 2) / d, over the factor of its scaling. */
/* clang-format off */
static const real reals[] = {
    {"MiniMaxAI__MiniMax-M2.5", 62, 62, 0, 0, 62, "none", 5e6, 1, 0.088388347648318447, 3.2387155637387736e-07, 64, 0, 0},
    {"Qwen__Qwen3-8B", 36, 36, 0, 0, 36, "none", 1e6, 1, 0.088388347648318447, 1.2409377607517195e-06, 128, 0, 0},
    {"Qwen__Qwen3-VL-8B-Instruct", 36, 36, 0, 0, 36, "none", 5e6, 1, 0.088388347648318447, 2.545079788037606e-07, 128, 0, 0},
    {"Qwen__Qwen3.5-27B", 64, 16, 0, 48, 16, "none", 1e7, 1, 0.0625, 1.6548170999431814e-07, 64, 0, 0},
    {"XiaomiMiMo__MiMo-V2-Flash", 48, 9, 39, 0, 48, "none", 5e6, 1, 0.072168783648703216, 3.2387155637387736e-07, 64, 0, 0},
    {"allenai__Olmo-3.1-32B-Instruct", 64, 16, 48, 0, 64, "yarn", 5e5, 1.2079441541679836, 0.088388347648318447, 3.068925988914511e-07, 128, 0, 0},
    {"deepseek-ai__DeepSeek-V3", 61, 61, 0, 0, 61, "yarn", 1e4, 1, 0.1352337788608801, 3.3338035804083097e-06, 64, 128, 1},
    {"google__gemma-4-26B-A4B", 30, 5, 25, 0, 30, "proportional", 1e6, 1, 1, 0, 512, 0, 0},
    {"meta-llama__Llama-3.2-1B-Instruct", 16, 16, 0, 0, 16, "llama3", 5e5, 1, 0.125, 9.41830672543491e-08, 64, 0, 0},
    {"meta-llama__Meta-Llama-3.1-8B", 32, 32, 0, 0, 32, "llama3", 5e5, 1, 0.088388347648318447, 3.068925988914511e-07, 128, 0, 0},
    {"microsoft__phi-1", 24, 24, 0, 0, 24, "none", 1e4, 1, 0.125, 0.00017782794100389227, 32, 0, 0},
    {"mistralai__Devstral-Small-2-24B-Instruct", 40, 40, 0, 0, 40, "yarn", 1e8, 1, 0.088388347648318447, 2.778169650340258e-10, 128, 0, 0},
    {"mistralai__Mixtral-8x7B-v0.1", 32, 32, 0, 0, 32, "none", 1e6, 1, 0.088388347648318447, 1.2409377607517195e-06, 128, 0, 0},
    {"moonshotai__Kimi-K2-Instruct", 61, 61, 0, 0, 61, "yarn", 5e4, 1, 0.13086079996295008, 8.764412911589874e-07, 64, 128, 1},
    {"moonshotai__Kimi-K3", 93, 24, 0, 69, 0, NULL, 0, 0, 0, 0, 0, 0, 0},
    {"openai__gpt-oss-20b", 24, 12, 12, 0, 24, "yarn", 150000, 1.3465735902799727, 0.125, 3.0235114281192144e-07, 64, 0, 0},
    {"zai-org__GLM-5", 78, 78, 0, 0, 78, "none", 1e6, 1, 0.0625, 1.539926526059492e-06, 64, 192, 1},
};
/* clang-format on */

static int within(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

static void check_real(const real *r)
{
    uint32_t n[5] = {0}, n_rope = 0;
    const rw_rotation_info *last = NULL;
    for (uint32_t i = 0; i < m.n_layer; i++) {
        n[m.layers[i].attention]++;
        if (m.layers[i].rotation < 0) continue;
        n_rope++;
        if (m.layers[i].attention == RW_ATTENTION_FULL) last = rotation(i);
    }
    if (m.n_layer != r->n_layer || n[RW_ATTENTION_FULL] != r->n_full ||
        n[RW_ATTENTION_SLIDING] != r->n_sliding ||
        n[RW_ATTENTION_LINEAR] != r->n_linear || n_rope != r->n_rope || m.n_problem)
        fail_msg("%s: layers", r->file);
    if (!r->mechanism) return;
    if (strcmp(last->mechanism, r->mechanism) != 0 || last->rotary_dim != r->rotary_dim ||
        last->rotary_offset != r->rotary_offset || last->interleaved != r->interleaved ||
        !within(last->rope_theta, r->rope_theta) ||
        !within(last->attn_factor, r->attn_factor) ||
        !within(last->softmax_scale, r->softmax_scale) ||
        !within(last->inv_freq[r->rotary_dim / 2 - 1], r->slowest))
        fail_msg("%s: %s %u %.17g %.17g %.17g %.17g", r->file, last->mechanism,
                 (unsigned)last->rotary_dim, last->rope_theta, last->attn_factor,
                 last->softmax_scale, last->inv_freq[r->rotary_dim / 2 - 1]);
}

static void real_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        char path[600];
        rw_hparams hp;
        ropewalk_error err = {0};
        (void)snprintf(path, sizeof path, "%s/../../shared/configs/%s.json", RW_TEST_DIR,
                       reals[i].file);
        const ropewalk_status status = rw_hparams_read_path(path, &hp, &err);
        if (status == ROPEWALK_E_IO) {
            printf("SKIPPED, no real config.json is here\n");
            skip();
        }
        if (status || rw_model_describe(&hp, &use, &m, &err)) fail_msg("%s", err.message);
        rw_hparams_clear(&hp);
        check_real(&reals[i]);
        done();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks),
        cmocka_unit_test(unresolved_blocks),
        cmocka_unit_test(members_without_use),
        cmocka_unit_test(lengths_outside_the_block),
        cmocka_unit_test(two_original_contexts),
        cmocka_unit_test(original_context_missing),
        cmocka_unit_test(class_defaults),
        cmocka_unit_test(base_unknown),
        cmocka_unit_test(sliding_layers),
        cmocka_unit_test(layers_without_rope),
        cmocka_unit_test(unknown_architecture),
        cmocka_unit_test(latent_attention),
        cmocka_unit_test(shapes),
        cmocka_unit_test(use_and_kind),
        cmocka_unit_test(too_many_bases),
        cmocka_unit_test(failed_allocations),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
