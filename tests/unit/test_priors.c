/* test_priors.c - what is kept is found again, what is not is not, and the latest stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "task/priors.h"

static rw_priors kept; /* large, and empty */

static uint64_t key_of(uint32_t i)
{
    static const char *const option[] = {"a", "b"};
    char question[32];
    (void)snprintf(question, sizeof question, "question %u", i);
    return rw_prior_key(question, option, 2);
}

static void keys(void **state)
{
    (void)state;
    static const char *const ab[] = {"a", "b"}, *const ba[] = {"b", "a"},
                             *const joined[] = {"ab", ""};
    const uint64_t key = rw_prior_key("x", ab, 2);
    assert_true(key == rw_prior_key("x", ab, 2));
    assert_true(key != rw_prior_key("y", ab, 2));
    assert_true(key != rw_prior_key("x", ba, 2));
    assert_true(key != rw_prior_key("x", ab, 1));
    assert_true(key != rw_prior_key("x", joined, 2));
}

static void ring(void **state)
{
    (void)state;
    double value[2] = {0.0, 0.0};
    assert_false(rw_priors_find(&kept, key_of(0), 2, value));
    assert_false(rw_priors_find(&kept, 0, 1, value)); /* an empty place has no answer */
    for (uint32_t i = 0; i < RW_N_PRIOR + 10; i++) {
        const double two[2] = {(double)i, -1.0};
        rw_priors_keep(&kept, key_of(i), 2, two);
        assert_true(rw_priors_find(&kept, key_of(i), 2, value));
        assert_int_equal((int)value[0], (int)i);
    }
    assert_false(rw_priors_find(&kept, key_of(9), 2, value));
    assert_true(rw_priors_find(&kept, key_of(10), 2, value));
    assert_false(rw_priors_find(&kept, key_of(10), 3, value));
    rw_priors_keep(&kept, 77, 0, value);
    assert_true(
        rw_priors_find(&kept, key_of(10), 2, value)); /* nothing was overwritten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys), cmocka_unit_test(ring)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
