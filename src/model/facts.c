/* facts.c - finding the shipped facts of public models. */
#include "model/facts.h"

#include <strings.h>

const rw_fact *rw_fact_find(const char *name)
{
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++)
        if (strcasecmp(fact->name, name) == 0) return fact;
    return NULL;
}
