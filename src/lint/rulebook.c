/* rulebook.c - rules by their id, and their pages. */
#include <ctype.h>

#include "lint/lint.h"

/* Generated with the table of rules and in its order. */
extern const unsigned char *const rw_rule_page_table[];

const rw_rule *rw_rule_find(const char *id)
{
    for (size_t i = 0; rw_rule_table[i]; i++) {
        const char *a = rw_rule_table[i]->id, *b = id;
        while (*a && toupper((unsigned char)*b) == *a) {
            a++;
            b++;
        }
        if (!*a && !*b) return rw_rule_table[i];
    }
    return NULL;
}

const char *rw_rule_page(const rw_rule *rule)
{
    for (size_t i = 0; rw_rule_table[i]; i++)
        if (rw_rule_table[i] == rule) return (const char *)rw_rule_page_table[i];
    return "";
}
