/* event_position_aliasing.c - two distances whose rounded scores are the same number (E2). */
#include "measure/event.h"

void rw_count_position_aliasing(const int32_t *keys, rw_dtype dtype,
                                const rw_measure_plan *plan, rw_tally *tally,
                                rw_single *single)
{
    const int32_t max = rw_dtype_get(dtype)->max_key;
    const rw_slotting how = rw_slotting_of(dtype);
    rw_alias_count c = {0};
    int64_t m = 0;
    rw_tally_reset(tally);
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        for (; m < M; m++) {
            c.overflow += keys[m] > max || keys[m] < -max;
            uint32_t *seen = rw_tally_at(tally, rw_slot(how, keys[m]));
            c.pairs += *seen;
            c.distances += *seen == 0   ? 0
                           : *seen == 1 ? 2
                                        : 1; /* the first of a kind joins late */
            ++*seen;
        }
        c.total = M * (M - 1) / 2;
        single[i].aliasing[dtype] = c;
    }
}
