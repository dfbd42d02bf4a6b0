/* tally.c - memory of the tallies. */
#include "measure/tally.h"

#include <string.h>

#include "base/alloc.h"

ropewalk_status rw_tally_init_hashed(rw_tally *t, uint64_t n_distinct,
                                     ropewalk_error *err)
{
    *t = (rw_tally){0};
    uint64_t slots = 64;
    while (slots < 2 * n_distinct)
        slots *= 2;
    t->key = rw_calloc(slots, sizeof *t->key);
    t->count = rw_calloc(slots, sizeof *t->count);
    t->mask = slots - 1;
    t->n_slot = slots;
    if (t->key && t->count) return ROPEWALK_OK;
    rw_tally_clear(t);
    return rw_fail_memory(err, "a tally of rounded scores");
}

ropewalk_status rw_tally_init_direct(rw_tally *t, uint64_t n_key, ropewalk_error *err)
{
    *t = (rw_tally){0};
    t->count = rw_calloc(RW_TALLY_TABLES * n_key, sizeof *t->count);
    t->n_slot = n_key;
    return t->count ? ROPEWALK_OK : rw_fail_memory(err, "a tally of rounded scores");
}

void rw_tally_reset(rw_tally *t)
{
    const size_t tables = t->key ? 1 : RW_TALLY_TABLES;
    memset(t->count, 0, tables * t->n_slot * sizeof *t->count);
    if (t->key) memset(t->key, 0, t->n_slot * sizeof *t->key);
}

void rw_tally_clear(rw_tally *t)
{
    rw_free(t->key);
    rw_free(t->count);
    *t = (rw_tally){0};
}
