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

static int32_t lesser(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

rw_occupied rw_occupied_none(void)
{
    return (rw_occupied){.least = INT32_MAX, .most = INT32_MIN, .nearest = INT32_MAX};
}

void rw_occupied_add(rw_occupied *o, const rw_kernels *kernels, const int32_t *keys,
                     int64_t n)
{
    int32_t least, most, nearest;
    kernels->key_range(keys, (size_t)n, &least, &most, &nearest);
    o->least = lesser(o->least, least);
    o->most = greater(o->most, most);
    o->nearest = lesser(o->nearest, nearest);
    stretch_out(o);
}

void rw_occupied_common(const rw_occupied *a, const rw_occupied *b, rw_occupied *out)
{
    out->least = greater(a->least, b->least);
    out->most = lesser(a->most, b->most);
    out->nearest = greater(a->nearest, b->nearest);
    stretch_out(out);
}

int rw_occupied_is_few(const rw_occupied *o, int64_t n)
{
    return o->n_slot <
           8 * (uint64_t)n; /* measured: a slot is read in an eighth of a look-up */
}

void rw_occupied_tally(rw_tally *direct, int32_t offset, const int32_t *keys, int64_t n)
{
    _Static_assert(RW_TALLY_TABLES == 2, "one pointer each");
    uint32_t *const first = direct->count + offset, *const second =
                                                        first + direct->n_slot;
    int64_t m = 0;
    for (; m + 4 <= n; m += 4) {
        first[keys[m]]++;
        second[keys[m + 1]]++;
        first[keys[m + 2]]++;
        second[keys[m + 3]]++;
    }
    for (; m < n; m++)
        first[keys[m]]++;
}

void rw_occupied_clear(const rw_occupied *o, rw_tally *direct, int32_t offset)
{
    for (size_t t = 0; t < RW_TALLY_TABLES; t++)
        for (size_t s = 0; s < o->n_stretch; s++)
            memset(direct->count + t * direct->n_slot + offset + o->stretch[s].first, 0,
                   o->stretch[s].n * sizeof *direct->count);
}
