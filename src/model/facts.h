/* facts.h - the shipped facts of public models (data/models.json): usable as input, as the name
 * model:NAME, and as what a file can be compared with. */
#ifndef RW_MODEL_FACTS_H
#define RW_MODEL_FACTS_H
#include <stddef.h>

#include "model/hparams.h"

typedef struct rw_fact {
    const char *name;   /* "llama-3.1-8b" */
    const char *title;  /* "Llama-3.1-8B" */
    const char *source; /* the public file it describes, to check it against */
    const char *
        unconfirmed; /* keys of it that were not confirmed there, by commas; "" when none */
    const char *notes;  /* one sentence, or "" */
    const char *config; /* text of a config.json with the keys of positions alone */
} rw_fact;

/* Generated from data/models.json while building, sorted by name, ended by a row without
 * name. */
extern const rw_fact rw_fact_table[];
/** By name, letter case aside; NULL when there is none. */
const rw_fact *rw_fact_find(const char *name);
/** The one whose name begins most like `name`, for a message; NULL when none does. */
const rw_fact *rw_fact_like(const char *name);
/** Its description; the file it comes from is called "model:NAME". */
ropewalk_status rw_fact_read(const rw_fact *fact, rw_hparams *hp, ropewalk_error *err);
#endif
