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

/* Letters and digits in common from the start, whatever stands between them: llama3 is llama-3. */
static size_t in_common(const char *a, const char *b)
{
    static const char between[] = "-._ ";
    for (size_t n = 0;; n++, a++, b++) {
        a += strspn(a, between);
        b += strspn(b, between);
        if (!*a || strncasecmp(a, b, 1) != 0) return n;
    }
}

const rw_fact *rw_fact_like(const char *name)
{
    enum { LEAST = 3 };
    const rw_fact *best = NULL;
    size_t most = LEAST - 1;
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++) {
        const size_t n = in_common(fact->name, name);
        if (n <= most) continue;
        most = n;
        best = fact;
    }
    return best;
}
