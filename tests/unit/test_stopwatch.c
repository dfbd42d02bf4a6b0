/* test_stopwatch.c - best and median; what runs how often. No time is judged. */
#include "bench/stopwatch.h"

#include "rw_test.h"
