/* rule_RW003.c - a scaling block whose type is missing, unknown, or said twice and differently. */
#include <string.h>

#include "lint/look.h"

static ropewalk_status add(const rw_lint_input *in, const rw_problem *p,
                           const char *evidence, const char *fix, rw_findings *out,
                           ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status = rw_finding_add(out, "RW003", RW_ERROR, in->hp->file, p->key,
                                            &f, err, "%s", p->message);
    if (!status) status = rw_finding_text(f, evidence, p->what, err);
    return status ? status : rw_finding_fix(f, err, "%s", fix);
}

static ropewalk_status judge(const rw_lint_input *in, const rw_problem *p,
                             rw_findings *out, ropewalk_error *err)
{
    static const char one_type[] =
        "\"rope_type\": one of default, linear, dynamic, yarn, longrope, llama3, "
        "proportional, and no other \"type\" beside it";
    switch (p->code) {
    case RW_PROBLEM_SCALING_UNKNOWN:
        return add(in, p, "type",
                   in->hp->kind == RW_FILE_GGUF
                       ? "rope.scaling.type: none, linear, yarn or longrope"
                       : one_type,
                   out, err);
    case RW_PROBLEM_SCALING_TYPES: return add(in, p, "types", one_type, out, err);
    case RW_PROBLEM_SCALING_NO_TYPE: return add(in, p, "member", one_type, out, err);
    case RW_PROBLEM_PARAMETER_UNUSED:
    case RW_PROBLEM_PARAMETER:
    case RW_PROBLEM_THETA_UNKNOWN:
    case RW_PROBLEM_ARCH_UNKNOWN:
    case RW_PROBLEM_HEAD_DIM:
    case RW_PROBLEM_NOT_RUN: return ROPEWALK_OK;
    }
    return ROPEWALK_OK;
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < in->info->n_problem && !status; i++)
        status = judge(in, &in->info->problems[i], out, err);
    return status;
}

const rw_rule rw_rule_RW003 = {
    .id = "RW003",
    .severity = RW_ERROR,
    .title = "scaling type missing, unknown or contradictory",
    .check = check,
};
