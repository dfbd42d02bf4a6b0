/* test_declared.c - options in llama.cpp's words against rotations built by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "position/declared.h"

static const ropewalk_rope nothing = {NAN, NULL, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
static const rw_layer_shape shape = {
    .head_dim = 8, .rotary_dim = 8, .n_head_q = 1, .n_head_kv = 1, .rope_theta = 10000.0};

static void plain_and_scaled(void **state)
{
    (void)state;
    rw_rotation rot;
    rw_rotation_init(&rot);
    ropewalk_rope rope = nothing;
    assert_int_equal(rw_declared_rotation(&rope, &shape, &rot, NULL), ROPEWALK_OK);
    assert_true(fabs(rot.inv_freq[1] - 0.1) < 1e-16);
    assert_true(fabs(rot.attn_factor - 1.0) < 1e-300);
    rw_rotation_clear(&rot);
    rope.attn_factor = 1.25;
    assert_int_equal(rw_declared_rotation(&rope, &shape, &rot, NULL), ROPEWALK_OK);
    assert_true(fabs(rot.attn_factor - 1.25) < 1e-300);
    rw_rotation_clear(&rot);
    rope = nothing;
    rope.scaling = "linear";
    rope.scale = 4.0;
    assert_int_equal(rw_declared_rotation(&rope, &shape, &rot, NULL), ROPEWALK_OK);
    assert_true(fabs(rot.inv_freq[0] - 0.25) < 1e-300);
    rw_rotation_clear(&rot);
}

static void refused(void **state)
{
    (void)state;
    rw_rotation rot;
    rw_rotation_init(&rot);
    ropewalk_rope rope = nothing;
    ropewalk_error err;
    rope.scaling = "rubber";
    assert_int_equal(rw_declared_rotation(&rope, &shape, &rot, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "rubber"));
    rope.scaling = "llama3"; /* its parameters are required */
    assert_int_equal(rw_declared_rotation(&rope, &shape, &rot, &err), ROPEWALK_E_FORMAT);
    assert_null(rot.inv_freq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_scaled),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
