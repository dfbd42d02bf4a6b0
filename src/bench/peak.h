/* peak.h - loops of multiply-adds that nothing but the arithmetic units hold up. */
#ifndef RW_BENCH_PEAK_H
#define RW_BENCH_PEAK_H
#include <stdbool.h>
#include <stdint.h>

/* One instruction set's loops, with the vector width of its kernels (kernel/pick.c). */
typedef struct rw_fma_loop {
    const char *isa;
    /* n rounds of independent multiply-adds; the result keeps them from being left out */
    double (*f64)(int64_t n), (*f32)(int64_t n);
    double flops_f64, flops_f32; /* a round */
} rw_fma_loop;

/** The loops that go with a kernel set of this name; NULL for an unknown one. Only for sets that
 *  this CPU runs. */
const rw_fma_loop *rw_fma_loop_of(const char *isa);
#endif
