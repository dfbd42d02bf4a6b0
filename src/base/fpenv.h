/* fpenv.h - is the floating-point environment the one every bound assumes? */
#ifndef RW_BASE_FPENV_H
#define RW_BASE_FPENV_H
#include "base/status.h"

/** E_UNSUPPORTED unless rounding is to nearest and subnormals are neither flushed nor read as
 *  zero: a process that links a library built with -ffast-math starts with both set. */
ropewalk_status rw_fpenv_check(ropewalk_error *err);
#endif
