/* machine.h - what the machine can do: the yardsticks beside which stages are shown. */
#ifndef RW_BENCH_MACHINE_H
#define RW_BENCH_MACHINE_H
#include "bench/stopwatch.h"

/** Multiply-adds of every instruction set that runs here, triad and sort: fills bench->peak.
 *  Uses bench->quick, n_thread and isa. */
ropewalk_status rw_bench_machine(rw_bench *bench, rw_pool_progress progress,
                                 void *progress_ctx, ropewalk_error *err);
/** flop/s in float64 of an instruction set, the best seen; 0 when it was not measured. */
double rw_bench_fma(const rw_bench *bench, const char *isa, int n_thread);
#endif
