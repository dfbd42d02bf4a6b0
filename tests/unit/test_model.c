/* test_model.c - whole models from GGUF headers: fixtures, files written here, lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/arch.h"

#define RW_TEST_FILE "test_model.tmp.gguf"
#include "model_file.h"

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

/* An architecture without a pattern of its own: the file's lists say everything. */
static void lists_say_everything(void **state)
{
    (void)state;
    rw_model_info m;
    start("granite_swa", 4, 64);
    heads(4, 2);
    gb_real(&b, key("rope.freq_base"), 10000);
    gb_real(&b, key("attention.scale"), 0.015625f);
    gb_int(&b, key("attention.sliding_window"), 128);
    gb_flags(&b, key("attention.sliding_window_pattern"), "1101");
    gb_flags(&b, key("attention.rope_pattern"), "1011");
    open_ok(&m);
    assert_int_equal(m.layers[0].window, 128);
    assert_int_equal(m.layers[2].window, 0);
    assert_int_equal(m.layers[1].rotation, -1);
    assert_int_equal(m.layers[2].rotation, m.layers[0].rotation);
    assert_int_equal(m.rotations[0].interleaved, 1);
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
        cmocka_unit_test(lists_say_everything),
        cmocka_unit_test(windows_not_applied),
        cmocka_unit_test(lies),
        cmocka_unit_test(target_context),
        cmocka_unit_test(failed_allocations),
        cmocka_unit_test(arch_table),
        cmocka_unit_test(real_smollm2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
