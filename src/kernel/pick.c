/* pick.c - which kernel set this CPU runs. */
#include <string.h>

#include "kernel/kernel.h"

const rw_kernels *rw_kernels_list(size_t i, int *runs)
{
    *runs = 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (i == 0) {
        *runs = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
        return &rw_kernels_avx512;
    }
    if (i == 1) {
        *runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        return &rw_kernels_avx2;
    }
    i -= 2;
#endif
    return i == 0 ? &rw_kernels_generic : i == 1 ? &rw_kernels_ref : NULL;
}

const rw_kernels *rw_kernels_pick(const char *isa)
{
    const int any = !isa || strcmp(isa, "auto") == 0;
    const rw_kernels *k;
    int runs;
    for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++)
        if (runs && (any || strcmp(isa, k->name) == 0)) return k;
    return NULL;
}
