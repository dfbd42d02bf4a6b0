/* occupied.c - stretches of slots. */
#include "measure/occupied.h"

#include <string.h>

static void stretch_out(rw_occupied *o)
{
    const int32_t near = o->nearest;
    const int32_t first[2] = {o->least, o->least > near ? o->least : near};
    const int32_t last[2] = {o->most < -near ? o->most : -near, o->most};
    o->n_stretch = o->n_slot = 0;
    for (int i = near == 0; i < 2; i++) { /* with zero among them there is no gap */
        const int32_t from = near == 0 ? o->least : first[i];
        if (from > last[i]) continue;
        o->stretch[o->n_stretch].first = from;
        o->stretch[o->n_stretch].n = (size_t)(last[i] - from) + 1;
        o->n_slot += o->stretch[o->n_stretch++].n;
    }
}

void rw_occupied_find(const rw_kernels *kernels, const int32_t *keys, int64_t n,
                      rw_occupied *out)
{
    kernels->key_range(keys, (size_t)n, &out->least, &out->most, &out->nearest);
    stretch_out(out);
}

void rw_occupied_common(const rw_occupied *a, const rw_occupied *b, rw_occupied *out)
{
    out->least = a->least > b->least ? a->least : b->least;
    out->most = a->most < b->most ? a->most : b->most;
    out->nearest = a->nearest > b->nearest ? a->nearest : b->nearest;
    stretch_out(out);
}

int rw_occupied_is_few(const rw_occupied *o, int64_t n)
{
    return o->n_slot <
           8 * (uint64_t)n; /* measured: a slot is read in an eighth of a look-up */
}

void rw_occupied_tally(rw_tally *direct, int32_t offset, const int32_t *keys, int64_t n)
{
    uint32_t *table[RW_TALLY_TABLES];
    for (size_t t = 0; t < RW_TALLY_TABLES; t++)
        table[t] = direct->count + t * direct->n_slot + offset;
    int64_t m = 0;
    for (; m + RW_TALLY_TABLES <= n; m += RW_TALLY_TABLES)
        for (size_t t = 0; t < RW_TALLY_TABLES; t++)
            table[t][keys[m + (int64_t)t]]++;
    for (; m < n; m++)
        table[0][keys[m]]++;
}

void rw_occupied_clear(const rw_occupied *o, rw_tally *direct, int32_t offset)
{
    for (size_t t = 0; t < RW_TALLY_TABLES; t++)
        for (size_t s = 0; s < o->n_stretch; s++)
            memset(direct->count + t * direct->n_slot + offset + o->stretch[s].first, 0,
                   o->stretch[s].n * sizeof *direct->count);
}
