/* event_position_aliasing.c - two distances whose rounded scores are the same number (E2).
 *
 * A window's pairs follow from how often each number occurs in it, so distances are only tallied, and the
 * tally is read where a window ends: those slots that hold anything. */
#include "measure/event.h"
#include "measure/occupied.h"

/* One by one, where slots are hashed or clipped, or a window adds too few distances to read all slots for it. */
static void count_singly(const int32_t *keys, rw_dtype dtype, int64_t from, int64_t M,
                         rw_tally *tally, rw_alias_count *c)
{
    const int32_t max = rw_dtype_get(dtype)->max_key;
    const rw_slotting how = rw_slotting_of(dtype);
    for (int64_t m = from; m < M; m++) {
        c->overflow += keys[m] > max || keys[m] < -max;
        uint32_t *at = rw_tally_at(tally, rw_slot(how, keys[m])), seen = *at;
        for (size_t t = 1; !tally->key && t < RW_TALLY_TABLES; t++)
            seen += at[t * tally->n_slot];
        c->pairs += seen;
        c->distances += seen == 0 ? 0 : seen == 1 ? 2 : 1; /* the first joins late */
        ++*at;
    }
}

void rw_count_position_aliasing(const rw_kernels *kernels, const int32_t *keys,
                                rw_dtype dtype, const rw_measure_plan *plan,
                                rw_tally *tally, rw_single *single)
{
    const int32_t max = rw_dtype_get(dtype)->max_key;
    const int32_t offset = rw_slotting_of(dtype).offset;
    const int64_t most = plan->context[plan->n_context - 1];
    rw_alias_count c = {0};
    rw_occupied range;
    rw_occupied_find(kernels, keys, most, &range);
    const int plain = !tally->key && range.least >= -max && range.most <= max;
    if (!plain) rw_tally_reset(tally);
    int64_t m = 0;
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        if (plain && rw_occupied_is_few(&range, M - m)) {
            rw_occupied_tally(tally, offset, keys + m, M - m);
            c.pairs = c.distances = 0;
            for (size_t s = 0; s < range.n_stretch; s++) {
                uint64_t pairs, distances;
                kernels->repeats(tally->count + offset + range.stretch[s].first,
                                 tally->n_slot, range.stretch[s].n, &pairs, &distances);
                c.pairs += (int64_t)pairs;
                c.distances += (int64_t)distances;
            }
        } else {
            count_singly(keys, dtype, m, M, tally, &c);
        }
        m = M;
        c.total = M * (M - 1) / 2;
        single[i].aliasing[dtype] = c;
    }
    if (plain)
        rw_occupied_clear(&range, tally, offset);
    else
        rw_tally_reset(tally);
}
