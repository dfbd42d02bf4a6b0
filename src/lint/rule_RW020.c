/* rule_RW020.c - predicted inversions at the advertised context: a question to an audit. */
#include "lint/lint.h"

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    if (in->info->positions != RW_POSITIONS_ROPE) return ROPEWALK_OK;
    return rw_finding_skip(
        out, "RW020", in->hp->file, err,
        "rates of inversions need queries and keys: run ropewalk audit");
}

const rw_rule rw_rule_RW020 = {
    .id = "RW020",
    .severity = RW_WARN,
    .title = "position or token inversions above the threshold at the advertised context",
    .check = check,
};
