/* stage.h - each step of a measurement alone, on one query's keys. */
#ifndef RW_BENCH_STAGE_H
#define RW_BENCH_STAGE_H
#include "base/pool.h"
#include "kernel/kernel.h"
#include "result/bench_result.h"

/** Every stage with `kernels` at `context` distances, in 64 and 32 pairs of frequencies; the main ones
 *  with every other instruction set too, and all of it with one and several threads. Uses
 *  bench->quick and bench->peak, appends to bench->stage. */
ropewalk_status rw_bench_stages(rw_bench *bench, const rw_kernels *kernels, uint64_t seed,
                                rw_pool_progress progress, void *progress_ctx,
                                ropewalk_error *err);
#endif
