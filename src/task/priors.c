/* priors.c - a ring of the latest answers to questions alone. */
#include "task/priors.h"

#include <string.h>

#include "base/digest.h"

uint64_t rw_prior_key(const char *question, const char *const *option, uint32_t n_option)
{
    uint64_t key = rw_digest(n_option, question, strlen(question));
    for (uint32_t i = 0; i < n_option; i++)
        key = rw_digest(key, option[i], strlen(option[i]));
    return key;
}

bool rw_priors_find(const rw_priors *p, uint64_t key, uint32_t n_option, double *value)
{
    for (uint32_t i = 0; i < RW_N_PRIOR; i++)
        if (p->key[i] == key && p->n_option[i] == n_option) {
            memcpy(value, p->value[i], n_option * sizeof *value);
            return true;
        }
    return false;
}

void rw_priors_keep(rw_priors *p, uint64_t key, uint32_t n_option, const double *value)
{
    const uint32_t at = p->next;
    if (n_option == 0 || n_option > RW_MAX_TASK_OPTION) return;
    p->key[at] = key;
    p->n_option[at] = n_option;
    memcpy(p->value[at], value, n_option * sizeof *value);
    p->next = (at + 1) % RW_N_PRIOR;
}
