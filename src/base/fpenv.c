/* fpenv.c - the check is by behaviour, not by register, so that it is portable. */
#include "base/fpenv.h"

#include <fenv.h>

ropewalk_status rw_fpenv_check(ropewalk_error *err)
{
    if (fegetround() != FE_TONEAREST)
        return rw_fail(
            err, ROPEWALK_E_UNSUPPORTED, 0,
            "the floating-point rounding mode is not to-nearest: counts would not be "
            "certified");
    volatile double tiny = 0x1p-1022, half = 0.5, subnormal = 0x1p-1060, large = 0x1p+60;
    const double flushed = tiny * half, read = subnormal * large;
    if (!(flushed > 0.0) || !(read > 0.0))
        return rw_fail(
            err, ROPEWALK_E_UNSUPPORTED, 0,
            "subnormal numbers are flushed to zero (FTZ or DAZ is set, often by a "
            "library built with -ffast-math): counts would not be certified");
    return ROPEWALK_OK;
}
