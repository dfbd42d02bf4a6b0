/* facts.c - finding the shipped facts of public models. */
#include "model/facts.h"

#include <string.h>
#include <strings.h>

const rw_fact *rw_fact_find(const char *name)
{
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++)
        if (strcasecmp(fact->name, name) == 0) return fact;
    return NULL;
}

const rw_fact *rw_fact_like(const char *name)
{
    enum { LEAST = 3 }; /* letters in common from the start */
    const rw_fact *best = NULL;
    size_t most = LEAST - 1;
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++) {
        size_t n = strlen(fact->name);
        while (n > most && strncasecmp(fact->name, name, n) != 0)
            n--;
        if (n <= most) continue;
        most = n;
        best = fact;
    }
    return best;
}
