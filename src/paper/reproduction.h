/* reproduction.h - the document: every claim checked, and what is written of it. */
#ifndef RW_PAPER_REPRODUCTION_H
#define RW_PAPER_REPRODUCTION_H
#include "paper/claim.h"

enum { RW_MAX_CLAIM = 32 };

typedef struct rw_reproduction {
    const rw_claim *claim[RW_MAX_CLAIM]; /* in the document's order */
    rw_section section[RW_MAX_CLAIM];
    uint32_t n_claim;
    bool whole;     /* every claim of this build */
    bool has_audit; /* a real model's audit was given */
    bool quick;
} rw_reproduction;

/** Check the claims named in `only` (by commas, NULL: all). `stage` is told each claim's name.
 *  @return E_ARGUMENT for a name that is no claim. *out is empty on failure. */
ropewalk_status rw_reproduce(rw_paper *paper, const char *only,
                             void (*stage)(void *ctx, const char *name),
                             rw_reproduction *out, ropewalk_error *err);
void rw_reproduction_clear(rw_reproduction *r);

/** reproduction.md: summary first, then a section a claim. */
void rw_reproduction_markdown(const rw_reproduction *r, rw_text *out);
/** The summary for a terminal. */
void rw_reproduction_text(const rw_reproduction *r, rw_text *out);
/** The body of `reproduce --json`; NULL when memory is short. */
json_t *rw_reproduction_json(const rw_reproduction *r);
#endif
