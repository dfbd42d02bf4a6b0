/* league_result.c - memory of the models side by side. */
#include "result/league_result.h"

#include "base/alloc.h"

void rw_league_init(rw_league *l)
{
    *l = (rw_league){0};
}

void rw_league_clear(rw_league *l)
{
    for (uint32_t i = 0; l->row && i < l->n_row; i++) {
        rw_free(l->row[i].model);
        rw_free(l->row[i].title);
        rw_free(l->row[i].layers);
    }
    for (uint32_t i = 0; l->theory && i < l->n_theory; i++)
        rw_theory_clear(&l->theory[i]);
    rw_free(l->row);
    rw_free(l->theory);
    rw_league_init(l);
}
