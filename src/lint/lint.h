/* lint.h - what a rule is, what it sees, and running all of them. One file rule_RW<nnn>.c each;
 * the registry is generated from the file names, the explanation is docs/rules/RW<nnn>.md. */
#ifndef RW_LINT_LINT_H
#define RW_LINT_LINT_H
#include "model/arch.h"
#include "model/engine.h"
#include "model/facts.h"
#include "model/hparams.h"
#include "model/model.h"
#include "result/finding.h"

enum { RW_MAX_ENGINE = 8 };

/* Everything known of one file. A rule computes nothing that model/ or position/ can tell it. */
typedef struct rw_lint_input {
    const rw_hparams *hp; /* as written */
    const rw_arch *arch;  /* NULL: not in the table */
    const rw_model_info
        *info;           /* under the rules of the engine the file kind belongs to */
    const rw_fact *fact; /* a shipped model that bears the same name; NULL: none */
    const rw_model_info *fact_info; /* its description; NULL without */
    /* The engines to judge by: all, or those asked for. info is NULL where one does not read
     * such a file. */
    const rw_engine *engine[RW_MAX_ENGINE];
    const rw_model_info *engine_info[RW_MAX_ENGINE];
    size_t n_engine;
    bool engine_chosen;     /* the user named engines: a rule may be sharper then */
    int64_t target_context; /* 0: not asked */
} rw_lint_input;

typedef struct rw_rule {
    const char *id;       /* "RW008" */
    rw_severity severity; /* of its findings, unless it says otherwise */
    const char *title;    /* one line */
    /* Adds findings, or one rw_finding_skip with the reason it cannot judge. */
    ropewalk_status (*check)(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err);
} rw_rule;

/* Every rule, sorted by file name, NULL-terminated. */
extern const rw_rule *const rw_rule_table[];
/** By id, letter case aside; NULL when there is none. */
const rw_rule *rw_rule_find(const char *id);
/** The text of its page in docs/rules; "" when it has none. */
const char *rw_rule_page(const rw_rule *rule);

/** Describe `hp` under every engine, run every rule. */
ropewalk_status rw_lint_run(const rw_hparams *hp, const rw_engine *const *engines,
                            size_t n_engine, int64_t target_context, rw_findings *out,
                            ropewalk_error *err);
#endif
