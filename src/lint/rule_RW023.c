/* rule_RW023.c - scalings that an engine does not run at all. */
#include "lint/look.h"

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_problem *p =
            in->engine_info[i] ? rw_look_problem(in->engine_info[i], RW_PROBLEM_NOT_RUN)
                               : NULL;
        if (!p) continue;
        rw_finding *f;
        ropewalk_status status = rw_finding_add(
            out, "RW023", in->engine_chosen ? RW_ERROR : RW_WARN, in->hp->file, p->key,
            &f, err, "%s does not run %s: %s", in->engine[i]->name, p->what, p->message);
        if (!status) status = rw_finding_text(f, "engine", in->engine[i]->name, err);
        if (!status) status = rw_finding_text(f, "scaling", p->what, err);
        if (!status)
            status =
                rw_finding_fix(f, err,
                               "serve at most the unscaled context there, or choose a "
                               "scaling that every engine in use runs (linear, yarn)");
        if (status) return status;
    }
    return ROPEWALK_OK;
}

const rw_rule rw_rule_RW023 = {
    .id = "RW023",
    .severity = RW_WARN,
    .title = "an engine does not run this scaling",
    .check = check,
};
