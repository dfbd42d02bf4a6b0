/* test_look.c - what rules look up, and two rotations compared by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "lint/look.h"

static double plain[] = {1.0, 0.1, 0.01, 0.001},
              other[] = {1.0, 0.10000001, 0.02, 0.0005};

static void rotations_by_class(void **state)
{
    (void)state;
    rw_rotation_info rotations[2] = {{.mechanism = "yarn"}, {.mechanism = "none"}};
    rw_layer_info layers[] = {{.attention = RW_ATTENTION_LINEAR, .rotation = -1},
                              {.attention = RW_ATTENTION_SLIDING, .rotation = 1},
                              {.attention = RW_ATTENTION_FULL, .rotation = -1},
                              {.attention = RW_ATTENTION_FULL, .rotation = 0}};
    rw_model_info info = {
        .rotations = rotations, .n_rotation = 2, .layers = layers, .n_layer = 4};
    assert_ptr_equal(rw_look_rotation(&info, RW_LAYERS_FULL), &rotations[0]);
    assert_ptr_equal(rw_look_rotation(&info, RW_LAYERS_SLIDING), &rotations[1]);
    assert_ptr_equal(rw_look_scaled(&info), &rotations[0]);
    layers[3].rotation = -1; /* full layers without RoPE: Llama 4 */
    assert_null(rw_look_rotation(&info, RW_LAYERS_FULL));
    assert_ptr_equal(rw_look_scaled(&info), &rotations[1]);
    assert_null(rw_look_rotation(NULL, RW_LAYERS_FULL));
}

static void parameters(void **state)
{
    (void)state;
    rw_parameter list[] = {{"factor", 4}, {"truncate", 0}};
    const rw_rotation_info r = {.parameters = list, .n_parameter = 2};
    assert_true(rw_look_parameter(&r, "factor") == 4);
    assert_true(rw_look_parameter(&r, "truncate") == 0);
    assert_true(isnan(rw_look_parameter(&r, "mscale")));
    assert_true(isnan(rw_look_parameter(NULL, "factor")));
}

static void apart_by_hand(void **state)
{
    (void)state;
    const rw_rotation_info a = {.rotary_dim = 8, .inv_freq = plain},
                           b = {.rotary_dim = 8, .inv_freq = other},
                           unknown = {.rotary_dim = 8},
                           narrow = {.rotary_dim = 6, .inv_freq = plain};
    const rw_apart apart = rw_look_apart(&a, &b, 100);
    assert_int_equal(apart.n_pair, 4);
    assert_int_equal(apart.n_differ, 2); /* pair 1 is within float32 */
    assert_true(apart.relative == 1.0 && apart.worst_pair == 2);
    assert_true(fabs(apart.phase_rad - 1.0) < 1e-12 && apart.phase_pair == 2);
    assert_int_equal(rw_look_apart(&a, &a, 100).n_differ, 0);
    assert_int_equal(rw_look_apart(&a, &unknown, 100).n_pair, 0);
    assert_int_equal(rw_look_apart(&a, &narrow, 100).n_pair, 0);
    assert_int_equal(rw_look_apart(NULL, &a, 100).n_pair, 0);
}

static void waves(void **state)
{
    (void)state;
    double with_zero[] = {0.5, 0.0};
    const rw_rotation_info a = {.rotary_dim = 8, .inv_freq = plain},
                           p = {.rotary_dim = 4, .inv_freq = with_zero};
    assert_true(fabs(rw_look_longest_wave(&a) - 6283.185307179586) < 1e-6);
    assert_true(fabs(rw_look_longest_wave(&p) - 12.566370614359172) < 1e-12);
    assert_true(isnan(rw_look_longest_wave(NULL)));
}

static void lists(void **state)
{
    (void)state;
    char list[16] = "";
    rw_look_list(list, sizeof list, "vllm");
    rw_look_list(list, sizeof list, "mlx-lm");
    rw_look_list(list, sizeof list, "transformers"); /* does not fit */
    assert_string_equal(list, "vllm, mlx-lm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotations_by_class),
        cmocka_unit_test(parameters),
        cmocka_unit_test(apart_by_hand),
        cmocka_unit_test(waves),
        cmocka_unit_test(lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
