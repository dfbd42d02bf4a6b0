/* test_model.c - whole models from GGUF headers: fixtures, files written here, lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "gguf_build.h"
#include "model/arch.h"
#include "model/model.h"

static const char *const path = "test_model.tmp.gguf";
static gguf_build b;
static char prefix[32];
static int64_t context; /* asked for; 0: the advertised one */

static const char *key(const char *suffix)
{
    static char full[2][96];
    static int which;
    which = !which;
    (void)snprintf(full[which], sizeof full[which], "%s.%s", prefix, suffix);
    return full[which];
}

static void start(const char *arch, uint32_t n_layer, uint32_t head_dim)
{
    memset(&b, 0, sizeof b);
    (void)snprintf(prefix, sizeof prefix, "%s", arch);
    gb_str(&b, "general.architecture", arch);
    if (n_layer) gb_int(&b, key("block_count"), n_layer);
    if (head_dim) gb_int(&b, key("attention.key_length"), head_dim);
    gb_int(&b, key("context_length"), 8192);
}

static void heads(uint32_t n_head_q, uint32_t n_head_kv)
{
    gb_int(&b, key("attention.head_count"), n_head_q);
    gb_int(&b, key("attention.head_count_kv"), n_head_kv);
}

static ropewalk_status open_it(rw_model_info *m, ropewalk_error *err)
{
    assert_int_equal(gb_save(&b, path), 0);
    const ropewalk_status status = rw_model_open_gguf(path, context, m, err);
    (void)remove(path);
    return status;
}

static void open_ok(rw_model_info *m)
{
    ropewalk_error err = {0};
    if (open_it(m, &err)) fail_msg("%s", err.message);
    for (uint32_t i = 0; i < m->n_provenance;
         i++) /* the JSON is an object: names are unique */
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(m->provenance[i].value, m->provenance[j].value);
}

static void close_it(rw_model_info *m)
{
    rw_model_info_clear(m);
    assert_int_equal(rw_alloc_live(), 0);
}

static const rw_provenance *source(const rw_model_info *m, const char *value)
{
    for (uint32_t i = 0; i < m->n_provenance; i++)
        if (strcmp(m->provenance[i].value, value) == 0) return &m->provenance[i];
    fail_msg("no provenance for %s", value);
    return NULL;
}

static int warned(const rw_model_info *m, const char *part)
{
    for (uint32_t i = 0; i < m->n_warning; i++)
        if (strstr(m->warnings[i], part)) return 1;
    return 0;
}

static int close_to(double a, double b_)
{
    return fabs(a - b_) <= 1e-14 * fabs(b_);
}

static int fixture(const char *name, rw_model_info *m)
{
    char file[512];
    ropewalk_error err = {0};
    (void)snprintf(file, sizeof file, "%s/fixtures/gguf_%s.gguf", RW_TEST_DIR, name);
    const ropewalk_status status = rw_model_open_gguf(file, 0, m, &err);
    if (status == ROPEWALK_E_IO) {
        printf("SKIPPED, no fixture: %s\n", name);
        return 0;
    }
    if (status) fail_msg("%s: %s", name, err.message);
    return 1;
}

/* --- fixtures ------------------------------------------------------------------------------ */

static void fixture_llama(void **state)
{
    (void)state;
    rw_model_info m;
    if (!fixture("llama", &m)) return;
    assert_string_equal(m.architecture, "llama");
    assert_int_equal(m.n_layer, 30);
    assert_int_equal(m.context_length, 8192);
    assert_int_equal(m.n_rotation, 1);
    const rw_rotation_info *r = &m.rotations[0];
    assert_string_equal(r->mechanism, "none");
    assert_int_equal(r->rotary_dim, 64);
    assert_true(r->rope_theta == 100000);
    assert_int_equal(r->interleaved, 1);
    assert_true(r->softmax_scale == 0.125);
    assert_true(r->inv_freq[0] == 1.0);
    assert_int_equal(m.layers[29].rotation, 0);
    assert_int_equal(m.layers[29].n_head_q, 9);
    assert_int_equal(m.layers[29].n_head_kv, 3);
    assert_int_equal(m.layers[29].head_dim, 64);
    assert_int_equal(m.layers[29].attention, RW_ATTENTION_FULL);
    assert_string_equal(source(&m, "rope_theta")->key, "llama.rope.freq_base");
    assert_int_equal(m.n_warning, 0);
    close_it(&m);
}

static void fixture_llama3(void **state)
{
    (void)state;
    rw_model_info m;
    if (!fixture("llama3", &m)) return;
    const rw_rotation_info *r = &m.rotations[0];
    assert_string_equal(r->mechanism, "freq_factors");
    /* the divisors are float32: 8192 2^-24 is the most they can be off by */
    const double slowest = pow(500000, -62.0 / 64) / 32;
    assert_true(fabs(r->inv_freq[31] - slowest) <= 1e-6 * slowest);
    assert_true(r->inv_freq[0] == 1.0);
    assert_string_equal(source(&m, "mechanism")->key, "rope_freqs.weight");
    assert_non_null(strstr(source(&m, "mechanism")->note, "llama3"));
    close_it(&m);
}

static void fixture_qwen3(void **state)
{
    (void)state;
    rw_model_info m;
    if (!fixture("qwen3", &m)) return;
    assert_int_equal(m.rotations[0].interleaved, 0);
    assert_int_equal(m.rotations[0].rotary_dim, 128); /* not embedding / heads */
    assert_true(m.rotations[0].rope_theta == 1e6);
    close_it(&m);
}

static void fixture_gemma3(void **state)
{
    (void)state;
    rw_model_info m;
    if (!fixture("gemma3", &m)) return;
    assert_int_equal(m.n_rotation, 2);
    for (uint32_t i = 0; i < m.n_layer; i++) {
        const int global = i % 6 == 5;
        assert_int_equal(m.layers[i].attention,
                         global ? RW_ATTENTION_FULL : RW_ATTENTION_SLIDING);
        assert_int_equal(m.layers[i].window, global ? 0 : 512);
        assert_true(m.rotations[m.layers[i].rotation].rope_theta == (global ? 1e6 : 1e4));
    }
    close_it(&m);
}

static void fixture_yarn(void **state)
{
    (void)state;
    rw_model_info m;
    if (!fixture("yarn", &m)) return;
    const rw_rotation_info *r = &m.rotations[0];
    assert_string_equal(r->mechanism, "yarn");
    assert_int_equal(m.original_context_length, 32768);
    assert_true(close_to(r->attn_factor, 1.1386294361119891)); /* 0.1 ln 4 + 1 */
    assert_non_null(strstr(source(&m, "attn_factor")->note, "llama.cpp"));
    close_it(&m);
}

static void fixture_linear(void **state)
{
    (void)state;
    rw_model_info m;
    if (!fixture("linear", &m)) return;
    assert_string_equal(m.rotations[0].mechanism, "linear");
    assert_true(m.rotations[0].inv_freq[0] == 0.25);
    assert_string_equal(m.rotations[0].parameters[0].name, "factor");
    assert_true(m.rotations[0].parameters[0].value == 4);
    close_it(&m);
}

/* --- facts --------------------------------------------------------------------------------- */

static void missing_base_is_unknown(void **state)
{
    (void)state;
    rw_model_info m;
    start("llama", 2, 8);
    heads(2, 1);
    open_ok(&m);
    assert_true(isnan(m.rotations[0].rope_theta));
    assert_null(m.rotations[0].inv_freq);
    assert_int_equal(m.layers[1].rotation, 0);
    assert_string_equal(source(&m, "rope_theta")->note, "unknown");
    assert_true(warned(&m, "10000"));
    close_it(&m);
}

static void gemma2_alternates(void **state)
{
    (void)state;
    rw_model_info m;
    start("gemma2", 46, 128);
    heads(32, 16);
    gb_int(&b, key("embedding_length"), 4608);
    gb_real(&b, key("rope.freq_base"), 10000);
    open_ok(&m);
    assert_int_equal(m.n_rotation, 1); /* the same on both kinds of layer */
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_SLIDING);
    assert_int_equal(m.layers[0].window, 4096);
    assert_int_equal(m.layers[1].attention, RW_ATTENTION_FULL);
    assert_true(m.rotations[0].softmax_scale ==
                1 / sqrt(144.0)); /* 46 layers: the 27B model */
    close_it(&m);
}

static void gemma3_scales_global_layers_only(void **state)
{
    (void)state;
    rw_model_info m;
    start("gemma3", 34, 256);
    heads(8, 4);
    gb_int(&b, key("attention.sliding_window"), 1024);
    gb_real(&b, key("rope.freq_base"), 1000000);
    gb_str(&b, key("rope.scaling.type"), "linear");
    gb_real(&b, key("rope.scaling.factor"), 8);
    open_ok(&m);
    assert_int_equal(m.n_rotation, 2);
    const rw_rotation_info *local = &m.rotations[m.layers[0].rotation];
    const rw_rotation_info *global = &m.rotations[m.layers[5].rotation];
    assert_string_equal(local->mechanism, "none");
    assert_true(local->rope_theta == 10000 && local->inv_freq[0] == 1.0);
    assert_string_equal(global->mechanism, "linear");
    assert_true(global->inv_freq[0] == 0.125);
    assert_null(source(&m, "rope_theta_sliding")->key);
    close_it(&m);
    start("gemma3", 6, 256); /* without a window the file has no sliding layers */
    heads(8, 4);
    gb_real(&b, key("rope.freq_base"), 1000000);
    open_ok(&m);
    assert_int_equal(m.n_rotation, 1);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_FULL);
    close_it(&m);
}

static void nope_schedules(void **state)
{
    (void)state;
    rw_model_info m;
    start("smollm3", 36, 128);
    heads(16, 4);
    gb_real(&b, key("rope.freq_base"), 5e6f);
    open_ok(&m);
    int n_nope = 0;
    for (uint32_t i = 0; i < 36; i++) {
        assert_int_equal(m.layers[i].rotation, i % 4 == 3 ? -1 : 0);
        n_nope += m.layers[i].rotation < 0;
    }
    assert_int_equal(n_nope, 9);
    assert_int_equal(m.rotations[0].interleaved, 1);
    close_it(&m);

    start("llama4", 8, 128);
    heads(40, 8);
    gb_real(&b, key("rope.freq_base"), 500000);
    open_ok(&m);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_CHUNKED);
    assert_int_equal(m.layers[0].window, 8192);
    assert_int_equal(m.layers[3].attention, RW_ATTENTION_FULL);
    assert_int_equal(m.layers[3].rotation, -1);
    close_it(&m);

    start("cohere2", 8, 128);
    heads(8, 8);
    gb_int(&b, key("attention.sliding_window"), 4096);
    gb_real(&b, key("rope.freq_base"), 50000);
    open_ok(&m);
    assert_int_equal(m.layers[2].rotation, 0);
    assert_int_equal(m.layers[3].rotation, -1);
    close_it(&m);

    start("bloom", 2, 64);
    heads(8, 8);
    open_ok(&m);
    assert_int_equal(m.n_rotation, 0);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_FULL);
    assert_int_equal(m.layers[0].rotation, -1);
    close_it(&m);
}

static void partial_rotary(void **state)
{
    (void)state;
    rw_model_info m;
    start("gptneox", 2, 0);
    heads(32, 32);
    gb_int(&b, key("embedding_length"), 4096);
    gb_int(&b, key("rope.dimension_count"), 32);
    gb_real(&b, key("rope.freq_base"), 10000);
    open_ok(&m);
    assert_int_equal(m.layers[0].head_dim, 128);
    assert_int_equal(m.rotations[0].rotary_dim, 32);
    close_it(&m);
}

static void no_attention(void **state)
{
    (void)state;
    rw_model_info m;
    start("mamba", 24, 0);
    gb_int(&b, key("attention.head_count"), 0); /* what its converter writes */
    open_ok(&m);
    assert_int_equal(m.layers[23].attention, RW_ATTENTION_NONE);
    assert_int_equal(m.layers[23].rotation, -1);
    assert_true(warned(&m, "no attention"));
    close_it(&m);
    start("somethingelse", 4, 0);
    open_ok(&m);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_NONE);
    close_it(&m);
}

static void hybrids(void **state)
{
    (void)state;
    static const uint32_t kv[] = {0, 0, 4, 0};
    rw_model_info m;
    start("lfm2", 4, 64);
    gb_int(&b, key("attention.head_count"), 16);
    gb_ints(&b, key("attention.head_count_kv"), kv, 4);
    gb_real(&b, key("rope.freq_base"), 1e6f);
    open_ok(&m);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_LINEAR);
    assert_int_equal(m.layers[0].rotation, -1);
    assert_int_equal(m.layers[2].attention, RW_ATTENTION_FULL);
    assert_int_equal(m.layers[2].rotation, 0);
    close_it(&m);
    start("qwen35", 8, 256);
    heads(24, 4);
    gb_int(&b, key("rope.dimension_count"), 64);
    gb_real(&b, key("rope.freq_base"), 1e7f);
    open_ok(&m);
    assert_int_equal(m.layers[2].attention, RW_ATTENTION_LINEAR);
    assert_int_equal(m.layers[3].attention, RW_ATTENTION_FULL);
    close_it(&m);
}

static void unknown_architecture(void **state)
{
    (void)state;
    rw_model_info m;
    start("wombat", 2, 64);
    heads(4, 2);
    gb_real(&b, key("rope.freq_base"), 25000);
    gb_int(&b, key("attention.sliding_window"), 128);
    open_ok(&m);
    assert_true(warned(&m, "wombat"));
    assert_true(warned(&m, "sliding_window"));
    assert_int_equal(m.rotations[0].interleaved, 0);
    assert_true(m.rotations[0].rope_theta == 25000);
    assert_non_null(strstr(source(&m, "pairs")->note, "assumed"));
    close_it(&m);
    start("wombat", 2, 64);
    heads(4, 2);
    gb_int(&b, key("attention.sliding_window"), 128);
    gb_flags(&b, key("attention.sliding_window_pattern"), "10");
    open_ok(&m);
    assert_int_equal(m.layers[0].window, 128);
    assert_int_equal(m.layers[1].window, 0);
    close_it(&m);
}

static void windows_not_applied(void **state)
{
    (void)state;
    rw_model_info m;
    start("llama", 2, 64);
    heads(4, 2);
    gb_int(&b, key("attention.sliding_window"), 4096);
    gb_real(&b, key("rope.freq_base"), 10000);
    open_ok(&m);
    assert_int_equal(m.layers[0].attention, RW_ATTENTION_FULL);
    assert_true(warned(&m, "does not apply a window"));
    close_it(&m);
}

/* --- scalings ------------------------------------------------------------------------------ */

static double parameter(const rw_rotation_info *r, const char *name)
{
    for (uint32_t i = 0; i < r->n_parameter; i++)
        if (strcmp(r->parameters[i].name, name) == 0) return r->parameters[i].value;
    return (double)NAN;
}

static void yarn_keys(const char *arch, uint32_t n_layer, uint32_t head_dim, float factor)
{
    start(arch, n_layer, head_dim);
    heads(8, 8);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_str(&b, key("rope.scaling.type"), "yarn");
    gb_real(&b, key("rope.scaling.factor"), factor);
    gb_int(&b, key("rope.scaling.original_context_length"), 4096);
}

static void yarn_as_executed(void **state)
{
    (void)state;
    rw_model_info m;
    const double ln40 = log(40.0);
    yarn_keys("mistral3", 2, 128, 40);
    gb_real(&b, key("rope.scaling.yarn_log_multiplier"), 1);
    gb_real(&b, key("rope.scaling.attn_factor"), 0.5f);
    open_ok(&m);
    assert_true(
        close_to(m.rotations[0].attn_factor, 0.5)); /* m(s,1)/m(s,1) times the key */
    assert_true(m.rotations[0].inv_freq[0] == 1.0);
    assert_true(close_to(m.rotations[0].inv_freq[63], pow(10000, -126.0 / 128) / 40));
    close_it(&m);

    yarn_keys("deepseek2", 2, 192, 40); /* DeepSeek V3: 0.1 * mscale_all_dim is stored */
    gb_int(&b, key("rope.dimension_count"), 64);
    gb_real(&b, key("rope.scaling.yarn_log_multiplier"), 0.1f);
    open_ok(&m);
    assert_true(m.rotations[0].attn_factor == 1.0);
    const double expected = (0.1 * ln40 + 1) * (0.1 * ln40 + 1) / sqrt(192.0);
    assert_true(close_to(m.rotations[0].softmax_scale, expected));
    assert_true(fabs(m.rotations[0].softmax_scale * sqrt(192.0) - 1.874) < 1e-3);
    close_it(&m);

    yarn_keys("mistral4", 2, 192, 40); /* no such special case: m(s,1) over m(s,0.5) */
    gb_int(&b, key("rope.dimension_count"), 64);
    gb_real(&b, key("rope.scaling.yarn_log_multiplier"), 0.05f);
    open_ok(&m);
    assert_true(
        close_to(m.rotations[0].attn_factor, (0.1 * ln40 + 1) / (0.05 * ln40 + 1)));
    close_it(&m);

    yarn_keys("qwen2", 2, 64, 4); /* of these keys its loader knows none */
    gb_real(&b, key("rope.scaling.yarn_ext_factor"), 0);
    gb_real(&b, key("rope.scaling.yarn_beta_fast"), 8);
    open_ok(&m);
    assert_string_equal(m.rotations[0].mechanism, "yarn");
    assert_true(parameter(&m.rotations[0], "beta_fast") == 32.0);
    assert_int_equal(m.problems[0].code, RW_PROBLEM_PARAMETER_UNUSED);
    close_it(&m);

    yarn_keys("mistral3", 2, 64, 4);
    gb_real(&b, key("rope.scaling.yarn_beta_fast"), 8);
    open_ok(&m);
    assert_true(parameter(&m.rotations[0], "beta_fast") == 8.0);
    assert_int_equal(m.n_problem, 0);
    close_it(&m);

    yarn_keys("grok", 2, 64, 4); /* ext_factor 0 interpolates every pair */
    gb_real(&b, key("rope.scaling.yarn_ext_factor"), 0);
    open_ok(&m);
    assert_string_equal(m.rotations[0].mechanism, "linear");
    assert_true(m.rotations[0].inv_freq[0] == 0.25);
    close_it(&m);

    yarn_keys("grok", 2, 64, 4); /* half of it is nothing we evaluate */
    gb_real(&b, key("rope.scaling.yarn_ext_factor"), 0.5f);
    open_ok(&m);
    assert_null(m.rotations[0].inv_freq);
    assert_true(warned(&m, "not modelled"));
    close_it(&m);

    yarn_keys("olmo2", 4, 64, 8); /* sliding layers stay unscaled */
    gb_int(&b, key("attention.sliding_window"), 4096);
    open_ok(&m);
    assert_int_equal(m.n_rotation, 2);
    assert_string_equal(m.rotations[m.layers[0].rotation].mechanism, "none");
    assert_true(m.rotations[m.layers[0].rotation].attn_factor == 1.0);
    assert_string_equal(m.rotations[m.layers[3].rotation].mechanism, "yarn");
    close_it(&m);

    yarn_keys("gpt-oss", 4, 64, 32); /* sliding layers are scaled by design */
    gb_int(&b, key("attention.sliding_window"), 128);
    open_ok(&m);
    assert_int_equal(m.n_rotation, 1);
    assert_int_equal(m.layers[0].window, 128);
    assert_int_equal(m.layers[1].window, 0);
    close_it(&m);
}

static void other_scalings(void **state)
{
    (void)state;
    static const float ones[4] = {1, 1, 1, 1}, eights[4] = {1, 1, 8, 8};
    rw_model_info m;
    start("llama", 2, 8); /* the legacy key, and no type: linear */
    heads(2, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_real(&b, key("rope.scale_linear"), 2);
    open_ok(&m);
    assert_string_equal(m.rotations[0].mechanism, "linear");
    assert_true(m.rotations[0].inv_freq[0] == 0.5);
    assert_string_equal(source(&m, "factor")->key, "llama.rope.scale_linear");
    close_it(&m);

    start("phi3", 2, 8);
    heads(2, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_real(&b, key("rope.scaling.attn_factor"), 1.19f);
    gb_tensor(&b, "rope_factors_long.weight", eights, 4);
    gb_tensor(&b, "rope_factors_short.weight", ones, 4);
    open_ok(&m);
    assert_string_equal(m.rotations[0].mechanism, "longrope");
    assert_true(m.rotations[0].inv_freq[3] ==
                0.001); /* allocated: the original context */
    assert_true(m.rotations[0].attn_factor == (double)1.19f);
    close_it(&m);
    context = 8193;
    open_ok(&m);
    assert_true(close_to(m.rotations[0].inv_freq[3], 0.001 / 8));
    close_it(&m);
    context = 0;

    start("llama", 2, 8);
    heads(2, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_str(&b, key("rope.scaling.type"), "linear");
    gb_real(&b, key("rope.scaling.factor"), 2);
    gb_tensor(&b, "rope_freqs.weight", eights, 4);
    open_ok(&m);
    assert_string_equal(m.rotations[0].mechanism, "linear");
    assert_true(close_to(m.rotations[0].inv_freq[3], 0.001 / 16));
    assert_true(warned(&m, "on top of"));
    close_it(&m);

    start("llama", 2, 8);
    heads(2, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_str(&b, key("rope.scaling.type"), "wobbly");
    open_ok(&m);
    assert_string_equal(m.rotations[0].mechanism, "wobbly");
    assert_null(m.rotations[0].inv_freq);
    close_it(&m);

    start("granite", 2, 64);
    heads(4, 4);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_real(&b, key("attention.scale"), 0.015625f);
    open_ok(&m);
    assert_true(m.rotations[0].softmax_scale == 0.015625);
    assert_string_equal(source(&m, "softmax_scale")->key, "granite.attention.scale");
    close_it(&m);
}

/* --- lies ---------------------------------------------------------------------------------- */

static void refused(const char *part)
{
    rw_model_info m;
    ropewalk_error err = {0};
    assert_int_equal(open_it(&m, &err), ROPEWALK_E_FORMAT);
    if (!strstr(err.message, part)) fail_msg("expected %s in: %s", part, err.message);
    assert_int_equal(m.n_layer, 0);
    assert_null(m.layers);
    assert_int_equal(rw_alloc_live(), 0);
}

static void lies(void **state)
{
    (void)state;
    static const uint32_t kv[] = {2, 3};
    start("llama", 2, 64);
    heads(0, 0);
    refused("llama.attention.head_count is 0");
    start("llama", 2, 64);
    heads(4, 0);
    refused("llama.attention.head_count_kv is 0");
    start("llama", 2, 64);
    heads(9, 2);
    refused("llama.attention.head_count_kv is 2");
    start("llama", 2, 64);
    gb_int(&b, key("attention.head_count"), 4);
    gb_ints(&b, key("attention.head_count_kv"), kv, 2);
    refused("at layer 1");
    start("llama", 2, 0);
    heads(9, 3);
    refused("llama.embedding_length");
    start("llama", 2, 0);
    heads(9, 3);
    gb_int(&b, key("embedding_length"), 577);
    refused("llama.embedding_length is 577");
    start("llama", 2, 64);
    heads(9, 3);
    gb_int(&b, key("rope.dimension_count"), 66);
    refused("llama.rope.dimension_count is 66");
}

/* A base and a count of dimensions of each layer, as some converters write them. */
static void values_of_single_layers(void **state)
{
    (void)state;
    static const uint32_t dims[] = {64, 32, 0, 66};
    rw_model_info m;
    start("llama", 4, 64);
    heads(4, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_ints(&b, key("rope.dimension_count_per_layer"), dims, 4);
    open_ok(&m);
    assert_int_equal(m.rotations[m.layers[0].rotation].rotary_dim, 64);
    assert_int_equal(m.rotations[m.layers[1].rotation].rotary_dim, 32);
    assert_non_null(m.rotations[m.layers[1].rotation].inv_freq);
    assert_int_equal(m.layers[2].rotation, -1);
    assert_null(m.rotations[m.layers[3].rotation].inv_freq); /* 66 of 64 */
    assert_int_equal(m.problems[0].code, RW_PROBLEM_HEAD_DIM);
    close_it(&m);
}

/* What a mechanism cannot resolve is told, and costs the frequencies alone. */
static void unresolved(rw_problem_code code, const char *what, const char *part)
{
    rw_model_info m;
    open_ok(&m);
    assert_true(m.n_problem > 0);
    assert_int_equal(m.problems[0].code, code);
    assert_string_equal(m.problems[0].what, what);
    if (!strstr(m.problems[0].message, part))
        fail_msg("expected %s in: %s", part, m.problems[0].message);
    assert_true(warned(&m, part));
    assert_null(m.rotations[0].inv_freq);
    assert_int_equal(m.layers[0].rotation, 0);
    close_it(&m);
}

static void unresolved_scalings(void **state)
{
    (void)state;
    static const float seven[7] = {1, 1, 1, 1, 1, 1, 1}, negative[4] = {1, 1, -8, 1};
    for (int linear = 0; linear < 2; linear++) {
        for (int n = 0; n < 2; n++) {
            start("llama", 2, 8);
            heads(2, 2);
            gb_real(&b, key("rope.freq_base"), 10000);
            if (linear) gb_real(&b, key("rope.scaling.factor"), 2);
            gb_tensor(&b, "rope_freqs.weight", n ? negative : seven, n ? 4 : 7);
            unresolved(RW_PROBLEM_PARAMETER, "divisor", "rope_freqs.weight");
        }
    }
    yarn_keys("qwen2", 2, 64, 0.5f);
    unresolved(RW_PROBLEM_PARAMETER, "factor", "qwen2.rope.scaling");
}

static void target_context(void **state)
{
    (void)state;
    rw_model_info m;
    ropewalk_error err = {0};
    start("llama", 2, 64);
    heads(4, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    assert_int_equal(gb_save(&b, path), 0);
    assert_int_equal(rw_model_open_gguf(path, 8193, &m, &err), ROPEWALK_OK);
    assert_true(warned(&m, "beyond the advertised"));
    close_it(&m);
    assert_int_equal(rw_model_open_gguf(path, 8192, &m, &err), ROPEWALK_OK);
    assert_int_equal(m.n_warning, 0);
    close_it(&m);
    assert_int_equal(rw_model_open_gguf(path, -1, &m, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_model_open_gguf(path, INT64_MAX, &m, &err), ROPEWALK_E_ARGUMENT);
    (void)remove(path);
    assert_int_equal(rw_model_open_gguf(path, 0, &m, &err), ROPEWALK_E_IO);
}

static void failed_allocations(void **state)
{
    (void)state;
    static const float divisors[] = {1, 1, 8, 8};
    start("gemma3", 12, 8);
    heads(4, 2);
    gb_int(&b, key("attention.sliding_window"), 512);
    gb_real(&b, key("rope.freq_base"), 1e6f);
    gb_tensor(&b, "rope_freqs.weight", divisors, 4);
    assert_int_equal(gb_save(&b, path), 0);
    int64_t at = 0;
    for (;; at++) {
        rw_model_info m;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_model_open_gguf(path, 0, &m, &err);
        const int64_t n_tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_model_info_clear(&m);
            if (n_tried <= at) break;
        } else {
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_true(err.message[0] != 0);
            assert_null(m.layers);
        }
        assert_int_equal(rw_alloc_live(), 0);
    }
    (void)remove(path);
    assert_true(at > 30);
    assert_int_equal(rw_alloc_live(), 0);
}

static void arch_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        rw_pairs pairs;
    } known[] = {
        {"llama", RW_PAIRS_INTERLEAVED},   {"smollm3", RW_PAIRS_INTERLEAVED},
        {"granite", RW_PAIRS_INTERLEAVED}, {"mistral3", RW_PAIRS_INTERLEAVED},
        {"qwen2", RW_PAIRS_HALF_SPLIT},    {"qwen3", RW_PAIRS_HALF_SPLIT},
        {"gemma2", RW_PAIRS_HALF_SPLIT},   {"gemma3", RW_PAIRS_HALF_SPLIT},
        {"phi3", RW_PAIRS_HALF_SPLIT},     {"gptneox", RW_PAIRS_HALF_SPLIT},
        {"olmo2", RW_PAIRS_HALF_SPLIT},    {"falcon", RW_PAIRS_HALF_SPLIT},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_non_null(rw_arch_find(RW_FILE_GGUF, known[i].name));
        assert_int_equal(rw_arch_find(RW_FILE_GGUF, known[i].name)->pairs,
                         known[i].pairs);
    }
    assert_null(rw_arch_find(RW_FILE_GGUF, "wombat"));
    assert_null(rw_arch_find(RW_FILE_GGUF, ""));
}

/* The real model, when it has been unpacked. */
static void real_smollm2(void **state)
{
    (void)state;
    rw_model_info m;
    ropewalk_error err = {0};
    const ropewalk_status status = rw_model_open_gguf(
        RW_TEST_DIR "/../.deps/models/SmolLM2-135M-Instruct.gguf", 0, &m, &err);
    if (status == ROPEWALK_E_IO) {
        printf("SKIPPED, the real SmolLM2 is not here\n");
        skip();
    }
    assert_int_equal(status, ROPEWALK_OK);
    assert_int_equal(m.n_layer, 30);
    assert_true(m.rotations[0].rope_theta == 100000);
    assert_int_equal(m.layers[0].n_head_q, 9);
    assert_string_equal(m.dtype, "Q4_1");
    assert_int_equal(m.n_warning, 0);
    close_it(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixture_llama),
        cmocka_unit_test(fixture_llama3),
        cmocka_unit_test(fixture_qwen3),
        cmocka_unit_test(fixture_gemma3),
        cmocka_unit_test(fixture_yarn),
        cmocka_unit_test(fixture_linear),
        cmocka_unit_test(missing_base_is_unknown),
        cmocka_unit_test(gemma2_alternates),
        cmocka_unit_test(gemma3_scales_global_layers_only),
        cmocka_unit_test(nope_schedules),
        cmocka_unit_test(partial_rotary),
        cmocka_unit_test(no_attention),
        cmocka_unit_test(hybrids),
        cmocka_unit_test(unknown_architecture),
        cmocka_unit_test(windows_not_applied),
        cmocka_unit_test(yarn_as_executed),
        cmocka_unit_test(other_scalings),
        cmocka_unit_test(lies),
        cmocka_unit_test(values_of_single_layers),
        cmocka_unit_test(unresolved_scalings),
        cmocka_unit_test(target_context),
        cmocka_unit_test(failed_allocations),
        cmocka_unit_test(arch_table),
        cmocka_unit_test(real_smollm2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
