/* rule_RW025.c - what else makes attention depend on position, read and not modelled here. */
#include "lint/look.h"

static ropewalk_status one(const rw_lint_input *in, rw_hparam which, const char *what,
                           rw_findings *out, ropewalk_error *err)
{
    const rw_hvalue *v = &in->hp->v[which];
    rw_finding *f;
    if (!v->known || !(v->num > 0.0)) return ROPEWALK_OK;
    const ropewalk_status status =
        rw_finding_add(out, "RW025", RW_INFO, in->hp->file, v->key, &f, err,
                       "%s: recognised, and not part of the tables shown", what);
    return status ? status : rw_finding_number(f, rw_hparam_name(which), v->num, err);
}

/* What stands in the architecture's code alone. */
static ropewalk_status by_code(const rw_lint_input *in, rw_findings *out,
                               ropewalk_error *err)
{
    rw_finding *f;
    if (!in->arch || !in->arch->caution || in->hp->v[RW_HP_TEMPERATURE].known)
        return ROPEWALK_OK;
    const ropewalk_status status = rw_finding_add(
        out, "RW025", RW_INFO, in->hp->file, NULL, &f, err,
        "%s: recognised, and not part of the tables shown", in->arch->caution);
    return status ? status
                  : rw_finding_text(f, "architecture", in->info->architecture, err);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status =
        one(in, RW_HP_TEMPERATURE, "scores are scaled with the position of the query",
            out, err);
    if (!status)
        status = one(in, RW_HP_DUAL_CHUNK,
                     "dual chunk attention: positions are counted anew in every chunk",
                     out, err);
    return status ? status : by_code(in, out, err);
}

const rw_rule rw_rule_RW025 = {
    .id = "RW025",
    .severity = RW_INFO,
    .title = "attention depends on position in a further way",
    .check = check,
};
