/* rule_RW026.c - GGUF keys that llama.cpp does not read for this architecture. */
#include <string.h>

#include "lint/look.h"

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    if (in->hp->kind != RW_FILE_GGUF) return ROPEWALK_OK;
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < in->info->n_problem && !status; i++) {
        const rw_problem *p = &in->info->problems[i];
        rw_finding *f;
        if (p->code != RW_PROBLEM_PARAMETER_UNUSED) continue;
        status = rw_finding_add(out, "RW026", RW_WARN, in->hp->file, p->key, &f, err,
                                "%s", p->message);
        if (!status) status = rw_finding_text(f, "value", p->what, err);
        if (status || strncmp(p->what, "beta_", 5) != 0) continue;
        const rw_hparam which = strcmp(p->what, "beta_fast") == 0 ? RW_HP_YARN_BETA_FAST
                                                                  : RW_HP_YARN_BETA_SLOW;
        status = rw_finding_number(f, "in_file", in->hp->v[which].num, err);
        if (!status)
            status =
                rw_finding_fix(f, err, "give it on the command line: --yarn-%s %g",
                               which == RW_HP_YARN_BETA_FAST ? "beta-fast" : "beta-slow",
                               in->hp->v[which].num);
    }
    return status;
}

const rw_rule rw_rule_RW026 = {
    .id = "RW026",
    .severity = RW_WARN,
    .title = "a GGUF key that llama.cpp does not read for this architecture",
    .check = check,
};
