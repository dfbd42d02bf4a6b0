/* test_hparams_gguf.c - keys to vocabulary: what is said, what is not, and what is a lie. */
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
#include "model/hparams.h"

static const char *const path = "test_hparams.tmp.gguf";
static gguf_build b;

static ropewalk_status read_back(rw_hparams *hp, ropewalk_error *err)
{
    assert_int_equal(gb_save(&b, path), 0);
    const ropewalk_status status = rw_hparams_read_gguf(path, hp, err);
    (void)remove(path);
    return status;
}

static void start(void)
{
    memset(&b, 0, sizeof b);
    gb_str(&b, "general.architecture", "llama");
}

static void nothing_is_assumed(void **state)
{
    (void)state;
    start();
    rw_hparams hp;
    assert_int_equal(read_back(&hp, NULL), ROPEWALK_OK);
    for (int i = 0; i < RW_N_HPARAM; i++) {
        assert_false(hp.v[i].known);
        assert_true(isnan(hp.v[i].num));
        if (hp.v[i].key[0]) /* the rest is config.json alone */
            assert_true(strncmp(hp.v[i].key, "llama.", 6) == 0);
        assert_non_null(rw_hparam_name((rw_hparam)i));
    }
    assert_null(hp.n_head_q);
    assert_null(hp.divisor);
    assert_null(hp.dtype);
    assert_string_equal(hp.scaling_type, "");
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

static void values_and_arrays(void **state)
{
    (void)state;
    start();
    static const uint32_t heads[] = {8, 8, 0};
    static const float divisors[] = {1, 2, 8, 8};
    gb_int(&b, "llama.block_count", 3);
    gb_int(&b, "llama.attention.head_count", 8);
    gb_ints(&b, "llama.attention.head_count_kv", heads, 3);
    gb_int(&b, "llama.attention.key_length", 8);
    gb_real(&b, "llama.rope.freq_base", 500000);
    gb_flags(&b, "llama.attention.sliding_window_pattern", "110");
    gb_str(&b, "llama.rope.scaling.type", "yarn");
    gb_tensor(&b, "rope_freqs.weight", divisors, 4);
    rw_hparams hp;
    ropewalk_error err = {0};
    assert_int_equal(read_back(&hp, &err), ROPEWALK_OK);
    assert_int_equal(hp.n_layer, 3);
    assert_true(hp.v[RW_HP_ROPE_THETA].num == 500000);
    assert_string_equal(hp.v[RW_HP_ROPE_THETA].key, "llama.rope.freq_base");
    assert_int_equal(hp.n_head_q[2], 8);
    assert_int_equal(hp.n_head_kv[2], 0);
    assert_true(hp.head_array);
    assert_int_equal(hp.sliding[1], 1);
    assert_int_equal(hp.sliding[2], 0);
    assert_string_equal(hp.scaling_type, "yarn");
    assert_int_equal(hp.n_divisor, 4);
    assert_true(hp.divisor[2] == 8);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

typedef struct lie {
    const char *key;
    uint32_t num;
    float real; /* used when not 0 */
    uint32_t n_array;
} lie;

static void lies(void **state)
{
    (void)state;
    static const lie list[] = {
        {"llama.block_count", 0, 0, 0},
        {"llama.block_count", 100001, 0, 0},
        {"llama.block_count", 4000000000u, 0, 0},
        {"llama.context_length", 0, 0, 0},
        {"llama.context_length", 4000000000u, 0, 0},
        {"llama.attention.key_length", 0, 0, 0},
        {"llama.attention.key_length", 63, 0, 0},
        {"llama.attention.key_length", 4098, 0, 0},
        {"llama.rope.dimension_count", 31, 0, 0},
        {"llama.rope.freq_base", 0, 1.0f, 0},
        {"llama.rope.freq_base", 0, -10000.0f, 0},
        {"llama.rope.freq_base", 0, NAN, 0},
        {"llama.rope.scaling.factor", 0, -4.0f, 0},
        {"llama.rope.scaling.factor", 0, INFINITY, 0},
        {"llama.rope.scaling.attn_factor", 0, 1e-30f, 0},
        {"llama.attention.head_count_kv", 0, 0, 5},
        {"llama.attention.sliding_window_pattern", 0, 0, 1},
        {"llama.attention.head_count", 70000, 0, 0},
    };
    static const uint32_t zeros[8] = {0};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        start();
        if (strcmp(list[i].key, "llama.block_count") != 0)
            gb_int(&b, "llama.block_count", 2);
        if (list[i].n_array)
            gb_ints(&b, list[i].key, zeros, list[i].n_array);
        else if (isnan(list[i].real) || list[i].real < 0 || list[i].real > 0)
            gb_real(&b, list[i].key, list[i].real);
        else
            gb_int(&b, list[i].key, list[i].num);
        rw_hparams hp;
        ropewalk_error err = {0};
        assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
        if (!strstr(err.message, list[i].key))
            fail_msg("%s: %s", list[i].key, err.message);
        assert_null(hp.file);
        assert_int_equal(rw_alloc_live(), 0);
    }
}

static void wrong_kinds(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_error err = {0};
    start();
    gb_str(&b, "llama.context_length", "many");
    assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "llama.context_length"));
    memset(&b, 0, sizeof b);
    gb_str(&b, "general.architecture",
           "an architecture whose name is longer than any key could carry");
    assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
    memset(&b, 0, sizeof b);
    assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "general.architecture"));
    assert_int_equal(rw_hparams_read_gguf("no/such/file.gguf", &hp, &err), ROPEWALK_E_IO);
}

static void failed_allocations(void **state)
{
    (void)state;
    static const float divisors[] = {1, 2};
    start();
    gb_str(&b, "general.name", "tiny");
    gb_int(&b, "llama.block_count", 2);
    gb_int(&b, "llama.attention.head_count", 2);
    gb_int(&b, "llama.attention.head_count_kv", 1);
    gb_flags(&b, "llama.attention.sliding_window_pattern", "10");
    gb_tensor(&b, "rope_freqs.weight", divisors, 2);
    assert_int_equal(gb_save(&b, path), 0);
    int n_failed = 0;
    for (int64_t at = 0;; at++) {
        rw_hparams hp;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_hparams_read_gguf(path, &hp, &err);
        const int64_t n_tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_hparams_clear(&hp);
            if (n_tried <= at) break;
            continue;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_true(err.message[0] != 0);
        assert_null(hp.file);
        assert_int_equal(rw_alloc_live(), 0);
        n_failed++;
    }
    (void)remove(path);
    assert_true(n_failed >= 6);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_assumed),
        cmocka_unit_test(values_and_arrays),
        cmocka_unit_test(lies),
        cmocka_unit_test(wrong_kinds),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
