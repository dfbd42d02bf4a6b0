/* bench_report.h - a benchmark's document and its text. */
#ifndef RW_REPORT_BENCH_REPORT_H
#define RW_REPORT_BENCH_REPORT_H
#include "base/json.h"
#include "result/bench_result.h"

/** New reference, NULL when memory is short. @param timeless  every duration, rate and load is null:
 *  what remains is the same on every machine. */
json_t *rw_bench_json(const rw_bench *bench, bool timeless);
void rw_bench_text(const rw_bench *bench, rw_text *out);
#endif
