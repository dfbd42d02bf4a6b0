/* test_phase_bounds.c - bounds on the base from the slowest pair, against 60 digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "theory/phase_bounds.h"

static void against_vectors(void **state)
{
    (void)state;
    FILE *f = fopen(RW_TEST_DIR "/vectors/theory/phase.vec", "r");
    assert_non_null(f);
    char line[256], name[16];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        long long length;
        unsigned x;
        double value;
        assert_int_equal(sscanf(line, "%15s %lld %u %la", name, &length, &x, &value), 4);
        const rw_estimate e = strcmp(name, "aliasing") == 0
                                  ? rw_bound_aliasing_base(length, x)
                              : strcmp(name, "dc") == 0 ? rw_bound_dc_base(length, x)
                                                        : rw_bound_precision_base((int)x);
        assert_int_equal(e.state, RW_ESTIMATE_KNOWN);
        assert_int_equal(e.kind, RW_ESTIMATE_BOUND);
        if (!(fabs(e.value - value) <= 1e-13 * value))
            fail_msg("%s: %.17g", line, e.value);
        n++;
    }
    (void)fclose(f);
    assert_int_equal(n, 50);
}

static void no_answer(rw_estimate e)
{
    assert_int_equal(e.state, RW_ESTIMATE_UNDEFINED);
    assert_true(isnan(e.value));
}

static void nulls(void **state)
{
    (void)state;
    no_answer(rw_bound_aliasing_base(0, 128));
    no_answer(rw_bound_aliasing_base(4096, 2)); /* one pair only */
    no_answer(rw_bound_aliasing_base(4096, 0));
    no_answer(rw_bound_dc_base(0, 32));
    no_answer(rw_bound_dc_base(4096, 0));
    no_answer(rw_bound_precision_base(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_vectors),
        cmocka_unit_test(nulls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
