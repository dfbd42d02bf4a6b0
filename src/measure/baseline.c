/* baseline.c - alias counts of NoPE, ALiBi, one Gaussian pair, and the pigeonhole floor. */
#include "measure/baseline.h"

#include "base/alloc.h"
#include "measure/event.h"

/* Distinct finite values of the type: what a score can be. */
static int64_t distinct_values(rw_dtype dtype)
{
    return 2 * (int64_t)rw_dtype_get(dtype)->max_key + 1;
}

/* M scores spread as evenly as possible over the type's values. */
static int64_t pigeonholes(int64_t M, int64_t values)
{
    const int64_t each = M / values, more = M % values;
    return more * (each + 1) * each / 2 + (values - more) * each * (each - 1) / 2;
}

ropewalk_status rw_baseline_counts(rw_workspace *ws, const rw_coefficient *z,
                                   rw_dtype dtype, rw_baseline *out, ropewalk_error *err)
{
    const rw_measure_plan *plan = ws->plan;
    const size_t n = plan->n_context;
    rw_single *single = rw_calloc(n, sizeof *single);
    if (!single) return rw_fail_memory(err, "baselines");
    ropewalk_status status = rw_group_measure(ws, z, 1, single, NULL, 0, NULL, err);
    for (size_t i = 0; i < n && !status; i++)
        out[i].gaussian = single[i].aliasing[dtype].pairs;
    if (!status) {
        const int64_t most = plan->context[n - 1];
        for (int64_t m = 0; m < most; m++) /* exact in double, so rounded once */
            ws->keys[m] = rw_round_key(dtype, -(double)m / 256.0);
        rw_count_position_aliasing(ws->table->kernels, ws->keys, dtype, plan, &ws->small,
                                   single);
    }
    for (size_t i = 0; i < n && !status; i++) {
        const int64_t M = plan->context[i];
        out[i].total = out[i].nope = M * (M - 1) / 2;
        out[i].alibi = single[i].aliasing[dtype].pairs;
        out[i].floor = pigeonholes(M, distinct_values(dtype));
    }
    rw_free(single);
    return status;
}
