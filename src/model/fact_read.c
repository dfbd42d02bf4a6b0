/* fact_read.c - a shipped description of a public model, read like a file. */
#include <stdio.h>
#include <string.h>

#include "model/facts.h"

ropewalk_status rw_fact_read(const rw_fact *fact, rw_hparams *hp, ropewalk_error *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "model:%s", fact->name);
    return rw_hparams_read_config(fact->config, strlen(fact->config), name, hp, err);
}
