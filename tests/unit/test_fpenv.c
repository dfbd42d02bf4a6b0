/* test_fpenv.c - an environment that would falsify the bounds is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fenv.h>
#include <string.h>

#include "base/fpenv.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static void as_started(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    assert_int_equal(rw_fpenv_check(&err), ROPEWALK_OK);
    assert_int_equal(rw_fpenv_check(NULL), ROPEWALK_OK);
    assert_string_equal(err.message, "");
}

static void directed_rounding(void **state)
{
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int i = 0; i < 3; i++) {
        ropewalk_error err = {0};
        assert_int_equal(fesetround(modes[i]), 0);
        const ropewalk_status status = rw_fpenv_check(&err);
        assert_int_equal(fesetround(FE_TONEAREST), 0);
        assert_int_equal(status, ROPEWALK_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, "rounding mode"));
    }
    assert_int_equal(rw_fpenv_check(NULL), ROPEWALK_OK);
}

static void flushed_subnormals(void **state)
{
    (void)state;
#if defined(__x86_64__)
    static const unsigned bits[] = {0x8000, 0x0040, 0x8040}; /* FTZ, DAZ, both */
    const unsigned before = _mm_getcsr();
    for (int i = 0; i < 3; i++) {
        ropewalk_error err = {0};
        _mm_setcsr(before | bits[i]);
        const ropewalk_status status = rw_fpenv_check(&err);
        const unsigned left = _mm_getcsr();
        _mm_setcsr(before);
        assert_int_equal(status, ROPEWALK_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, "subnormal"));
        assert_int_equal(left & bits[i], bits[i]); /* a check, not a repair */
        assert_int_equal(rw_fpenv_check(NULL), ROPEWALK_OK);
    }
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_started),
        cmocka_unit_test(directed_rounding),
        cmocka_unit_test(flushed_subnormals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
