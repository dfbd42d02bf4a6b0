/* base_search.h - what the searches for bases share. */
#ifndef RW_THEORY_BASE_SEARCH_H
#define RW_THEORY_BASE_SEARCH_H
#include "theory/base_bound.h"
#include "theory/wheel.h"

/* Ends in ln base are found to this. */
#define RW_BASE_GAP 1e-11

ropewalk_status rw_base_search_check(const rw_base_search *s, ropewalk_error *err);
/** Whether every sum of the wheel is proven to be above 0. */
int rw_base_passes(rw_wheel *w);
/** e^x, rounded down (never below 1) or up. */
double rw_base_of_log(double x, int up);
/** Fills the window of a passing point, given by its logarithm. */
ropewalk_status rw_base_window(const rw_base_search *search, double pass,
                               rw_base_first *out, ropewalk_error *err);
#endif
