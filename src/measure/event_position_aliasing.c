/* event_position_aliasing.c - two distances whose rounded scores are the same number (E2).
 *
 * A window's pairs follow from how often each number occurs in it, so distances are only tallied, and the
 * tally is read where a window ends: those slots that hold anything. */
#include "measure/event.h"

void rw_aliasing_begin(rw_aliasing *a, const rw_kernels *kernels, rw_dtype dtype,
                       const rw_measure_plan *plan, rw_tally *tally, rw_single *row)
{
    *a = (rw_aliasing){.kernels = kernels,
                       .dtype = dtype,
                       .plan = plan,
                       .tally = tally,
                       .row = row,
                       .range = rw_occupied_none()};
    if (tally->key) rw_tally_reset(tally);
}

/* One by one, where slots are hashed or clipped, or a window adds too few distances to read all slots for it. */
static void count_singly(rw_aliasing *a, const int32_t *keys, int64_t n)
{
    rw_tally *tally = a->tally;
    rw_alias_count *c = &a->count;
    const int32_t max = rw_dtype_get(a->dtype)->max_key;
    const rw_slotting how = rw_slotting_of(a->dtype);
    for (int64_t m = 0; m < n; m++) {
        c->overflow += keys[m] > max || keys[m] < -max;
        uint32_t *at = rw_tally_at(tally, rw_slot(how, keys[m])), seen = *at;
        for (size_t t = 1; !tally->key && t < RW_TALLY_TABLES; t++)
            seen += at[t * tally->n_slot];
        c->pairs += seen;
        c->distances += seen == 0 ? 0 : seen == 1 ? 2 : 1; /* the first joins late */
        ++*at;
    }
}

/* Whether no key so far is beyond the largest. */
static bool within_type(const rw_aliasing *a)
{
    const int32_t max = rw_dtype_get(a->dtype)->max_key;
    return a->range.least >= -max && a->range.most <= max;
}

/* Some distances of a window that has `window` of its own. */
static void count(rw_aliasing *a, const int32_t *keys, int64_t n, int64_t window)
{
    if (!a->tally->key) rw_occupied_add(&a->range, a->kernels, keys, n);
    if (!a->tally->key && within_type(a) && rw_occupied_is_few(&a->range, window)) {
        rw_occupied_tally(a->tally, rw_slotting_of(a->dtype).offset, keys, n);
        a->unread = true;
    } else {
        count_singly(a, keys, n);
    }
}

static void read_slots(rw_aliasing *a)
{
    const int32_t offset = rw_slotting_of(a->dtype).offset;
    a->count.pairs = a->count.distances = 0;
    for (size_t s = 0; s < a->range.n_stretch; s++) {
        uint64_t pairs, distances;
        a->kernels->repeats(a->tally->count + offset + a->range.stretch[s].first,
                            a->tally->n_slot, a->range.stretch[s].n, &pairs, &distances);
        a->count.pairs += (int64_t)pairs;
        a->count.distances += (int64_t)distances;
    }
    a->unread = false;
}

void rw_aliasing_add(rw_aliasing *a, const int32_t *keys, int64_t n)
{
    while (n > 0 && a->context < a->plan->n_context) {
        const int64_t M = a->plan->context[a->context],
                      before = a->context ? a->plan->context[a->context - 1] : 0,
                      some = n < M - a->m ? n : M - a->m;
        count(a, keys, some, M - before);
        a->m += some;
        keys += some;
        n -= some;
        if (a->m < M) return;
        if (a->unread) read_slots(a);
        a->count.total = M * (M - 1) / 2;
        a->row[a->context++].aliasing[a->dtype] = a->count;
    }
}

void rw_aliasing_end(rw_aliasing *a)
{
    if (a->tally->key) return;
    if (within_type(a))
        rw_occupied_clear(&a->range, a->tally, rw_slotting_of(a->dtype).offset);
    else /* some may have been clipped to a slot outside their range */
        rw_tally_reset(a->tally);
}

void rw_count_position_aliasing(const rw_kernels *kernels, const int32_t *keys,
                                rw_dtype dtype, const rw_measure_plan *plan,
                                rw_tally *tally, rw_single *single)
{
    rw_aliasing a;
    rw_aliasing_begin(&a, kernels, dtype, plan, tally, single);
    rw_aliasing_add(&a, keys, plan->context[plan->n_context - 1]);
    rw_aliasing_end(&a);
}
