/* theory_result.c - memory of what theory says. */
#include "result/theory_result.h"

#include "base/alloc.h"

void rw_theory_init(rw_theory *t)
{
    *t = (rw_theory){0};
}

void rw_theory_clear(rw_theory *t)
{
    for (uint32_t i = 0; t->table && i < t->n_table; i++) {
        rw_theory_table *table = &t->table[i];
        for (uint32_t c = 0; table->context && c < t->n_context; c++)
            rw_free(table->context[c].score);
        rw_free(table->context);
        rw_free(table->inv_freq);
        rw_free(table->name);
    }
    rw_free(t->table);
    rw_free(t->set);
    rw_theory_init(t);
}
