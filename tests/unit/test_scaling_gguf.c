/* test_scaling_gguf.c - scalings of GGUF files as llama.cpp arrives at them, and those that cannot
 * be resolved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RW_TEST_FILE "test_scaling_gguf.tmp.gguf"
#include "model_file.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yarn_as_executed),
        cmocka_unit_test(other_scalings),
        cmocka_unit_test(values_of_single_layers),
        cmocka_unit_test(unresolved_scalings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
