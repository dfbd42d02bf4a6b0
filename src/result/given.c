/* given.c - memory of a measurement's result. */
#include "result/given.h"

#include "base/alloc.h"

void rw_given_init(rw_given *g)
{
    *g = (rw_given){0};
}

void rw_given_clear(rw_given *g)
{
    rw_free(g->inv_freq);
    rw_free(g->context);
    rw_free(g->single);
    rw_free(g->single_prediction);
    rw_free(g->twin);
    rw_free(g->twin_prediction);
    *g = (rw_given){0};
}
