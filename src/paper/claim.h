/* claim.h - a published statement, and the function that computes our side of it.
 *
 * One file claim_<name>.c each; the registry is generated from the file names. A claim computes
 * through the same counting and predicting as every command, and says its verdict from the numbers. */
#ifndef RW_PAPER_CLAIM_H
#define RW_PAPER_CLAIM_H
#include "base/json.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include "paper/section.h"

/* What a claim computes with. */
typedef struct rw_paper {
    int n_thread;
    uint64_t seed;
    const rw_kernels *kernels;
    int quick;           /* short contexts and few draws: for tests, not for judging */
    const json_t *audit; /* report.json of a real model, NULL: none */
    rw_pool_progress progress;
    void *progress_ctx;
} rw_paper;

typedef struct rw_claim {
    int order;             /* place in the document */
    const char *name;      /* anchor, picture prefix and --only */
    const char *title;     /* heading */
    const char *source;    /* which paper, and where in it */
    const char *statement; /* what it says, in our own words: Markdown */
    bool needs_audit;
    ropewalk_status (*check)(const rw_paper *paper, rw_section *section,
                             ropewalk_error *err);
} rw_claim;

/* Every claim, sorted by file name, NULL-terminated. */
extern const rw_claim *const rw_claim_table[];

/** The largest context a claim may use: `wanted`, or less when quick. */
int64_t rw_paper_context(const rw_paper *paper, int64_t wanted);
/** The number of draws likewise. */
uint32_t rw_paper_draws(const rw_paper *paper, uint32_t wanted);
#endif
