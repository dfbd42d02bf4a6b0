/* test_rotation.c - allocation, copying and the unscaled schedule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "position/rotation.h"

static void alloc_and_limits(void **state)
{
    (void)state;
    rw_rotation rot;
    ropewalk_error err = {0};
    assert_int_equal(rw_rotation_alloc(&rot, 128, &err), ROPEWALK_OK);
    assert_int_equal(rot.rotary_dim, 128);
    assert_true(rot.inv_freq[63] == 0.0);
    assert_true(rot.attn_factor == 1.0);
    rw_rotation_clear(&rot);
    assert_null(rot.inv_freq);
    assert_int_equal(rw_rotation_alloc(&rot, 0, &err), ROPEWALK_OK);
    assert_null(rot.inv_freq);
    assert_int_equal(rw_rotation_alloc(&rot, RW_MAX_HEAD_DIM, &err), ROPEWALK_OK);
    rw_rotation_clear(&rot);
    static const uint32_t bad[] = {1, 63, RW_MAX_HEAD_DIM + 2, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(rw_rotation_alloc(&rot, bad[i], &err), ROPEWALK_E_ARGUMENT);
        assert_null(rot.inv_freq);
        assert_int_equal(rot.rotary_dim, 0);
        assert_non_null(strstr(err.message, "rotary_dim"));
    }
}

static void failed_allocation(void **state)
{
    (void)state;
    rw_rotation a;
    ropewalk_error err = {0};
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_rotation_alloc(&a, 8, &err), ROPEWALK_E_MEMORY);
    assert_null(a.inv_freq);
    assert_int_equal(a.rotary_dim, 0);
    assert_true(err.message[0] != 0);
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(rw_alloc_live(), 0);
}

static void unscaled(void **state)
{
    (void)state;
    double w[64];
    rw_inv_freq_unscaled(10000, 128, w);
    assert_true(w[0] == 1.0);
    assert_true(w[32] ==
                0x1.47ae147ae147bp-7); /* 10000^-(1/2), the double nearest 0.01 */
    for (int n = 1; n < 64; n++)
        assert_true(w[n] < w[n - 1] && w[n] > 0);
    rw_inv_freq_unscaled(16, 4, w);
    assert_true(w[1] == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_and_limits),
        cmocka_unit_test(failed_allocation),
        cmocka_unit_test(unscaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
