/* test_profiles.c - profiles by name, and the table of what they cost a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "model/profiles.h"
#include "position/precision.h"

static void names(void **state)
{
    (void)state;
    uint32_t bits;
    ropewalk_error err;
    assert_int_equal(rw_profiles_parse("all", &bits, NULL), ROPEWALK_OK);
    assert_int_equal(bits, (1u << RW_N_PROFILE) - 1);
    for (int p = 0; p < RW_N_PROFILE; p++) {
        assert_int_equal(rw_profiles_parse(rw_profile_name((rw_profile)p), &bits, NULL),
                         ROPEWALK_OK);
        assert_int_equal(bits, 1u << p);
    }
    assert_int_equal(rw_profiles_parse("ideal,bf16_cache", &bits, NULL), ROPEWALK_OK);
    assert_int_equal(bits, 1u << RW_PROFILE_IDEAL | 1u << RW_PROFILE_BF16_CACHE);
    static const char *const bad[] = {"", ",", "ideal,,f32_product", "bf17",
                                      "a_name_that_is_longer_than_any_profile_can_be"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(rw_profiles_parse(bad[i], &bits, &err), ROPEWALK_E_ARGUMENT);
}

/* One rotation that turns by whole multiples of 2^-k, and one without frequencies. */
static void make(rw_model_info *info, rw_hparams *hp)
{
    rw_model_info_init(info);
    rw_hparams_init(hp);
    info->context_length = 8192;
    info->context = 32768;
    info->n_rotation = 2;
    info->rotations = rw_calloc(2, sizeof *info->rotations);
    assert_non_null(info->rotations);
    info->rotations[0].rotary_dim = info->rotations[1].rotary_dim = 4;
    info->rotations[0].rope_theta = 65536.0;
    info->rotations[0].attn_factor = 1.0;
    info->rotations[0].inv_freq = rw_calloc(2, sizeof(double));
    assert_non_null(info->rotations[0].inv_freq);
    info->rotations[0].inv_freq[0] = 1.0;
    info->rotations[0].inv_freq[1] = 0.00390625;
}

static void table(void **state)
{
    (void)state;
    rw_model_info info;
    rw_hparams hp;
    rw_precision_table t;
    make(&info, &hp);
    const uint32_t bits = 1u << RW_PROFILE_IDEAL | 1u << RW_PROFILE_F32_PRODUCT |
                          1u << RW_PROFILE_BF16_POSITION;
    assert_int_equal(rw_precision_table_build(&info, &hp, bits, &t, NULL), ROPEWALK_OK);
    assert_int_equal(t.n_context, 3);
    assert_int_equal(t.context[0], 4096);
    assert_int_equal(t.context[1], 8192);
    assert_int_equal(t.context[2], 32768);
    assert_int_equal(t.n_row, 3); /* nothing is said of unknown frequencies */
    for (uint32_t c = 0; c < 3; c++) {
        const uint64_t n = (uint64_t)t.context[c];
        for (int row = 0; row < 2; row++) { /* powers of two: products are exact */
            assert_true(t.rows[row].cell[c].error <= 0.0);
            assert_true(t.rows[row].cell[c].counted);
            assert_true(t.rows[row].cell[c].distinct == n);
            assert_true(t.rows[row].cell[c].identical == 0);
        }
        /* 8 significant bits: neighbours near the end are n / 256 apart, so that a position is
         * off by nearly half of that; below 256 all are different, 128 more an octave */
        const rw_precision_cell *cell = &t.rows[2].cell[c];
        const double half = (double)n / 512;
        assert_true(cell->error <= half && cell->error > 0.9 * half);
        assert_int_equal(cell->worst_pair, 0);
        uint64_t distinct = 256;
        for (uint64_t octave = 256; octave < n; octave *= 2)
            distinct += 128;
        assert_true(cell->distinct == distinct || cell->distinct == distinct + 1);
    }
    rw_precision_table_clear(&t);
    rw_model_info_clear(&info);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

static void memory(void **state)
{
    (void)state;
    rw_model_info info;
    rw_hparams hp;
    make(&info, &hp);
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status == ROPEWALK_E_MEMORY; n++) {
        rw_precision_table t;
        rw_alloc_fail_at(n, 0);
        status =
            rw_precision_table_build(&info, &hp, 1u << RW_PROFILE_F16_CACHE, &t, NULL);
        rw_alloc_fail_at(-1, 0);
        if (status) assert_null(t.rows);
        rw_precision_table_clear(&t);
    }
    assert_int_equal(status, ROPEWALK_OK);
    rw_model_info_clear(&info);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(table),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
