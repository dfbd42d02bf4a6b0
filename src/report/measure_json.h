/* measure_json.h - a measurement of given vectors as the document of `measure --json`. */
#ifndef RW_REPORT_MEASURE_JSON_H
#define RW_REPORT_MEASURE_JSON_H
#include "base/json.h"
#include "result/given.h"

/** The keys of interface `measure --json` from `settings` on; NULL when memory is short. */
json_t *rw_measure_json(const rw_given *g);
/** The same as text for people: one table a context. */
void rw_measure_text(const rw_given *g, rw_text *out);
#endif
