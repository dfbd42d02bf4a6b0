/* rule_RW019.c - llama3 scaling whose two thresholds meet or cross: a division by zero in code
 * that was not written for it. */
#include <math.h>
#include <string.h>

#include "lint/look.h"

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_file_setting *low =
                              rw_look_setting(in->hp, RW_LAYERS_FULL, "low_freq_factor"),
                          *high =
                              rw_look_setting(in->hp, RW_LAYERS_FULL, "high_freq_factor");
    if (!low || !high || low->kind != RW_SETTING_NUMBER ||
        high->kind != RW_SETTING_NUMBER || strcmp(in->hp->block[0].type, "llama3") != 0 ||
        low->num < high->num)
        return ROPEWALK_OK;
    const bool cross = low->num > high->num;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW019", cross ? RW_ERROR : RW_WARN, in->hp->file, high->key, &f, err,
        cross
            ? "low_freq_factor %g is above high_freq_factor %g: the band between kept "
              "and "
              "divided frequencies is turned over"
            : "low_freq_factor %g equals high_freq_factor %g: there is no band between "
              "kept "
              "and divided frequencies, and code that interpolates there divides by zero",
        low->num, high->num);
    if (!status) status = rw_finding_number(f, "low_freq_factor", low->num, err);
    if (!status) status = rw_finding_number(f, "high_freq_factor", high->num, err);
    return status ? status
                  : rw_finding_fix(
                        f, err,
                        cross ? "\"low_freq_factor\": %g, \"high_freq_factor\": %g"
                              : "if the step is meant (Llama 4 Scout ships %g and "
                                "%g), test the runtime for NaN; else \"low_freq_"
                                "factor\": 1.0, \"high_freq_factor\": 4.0",
                        cross ? high->num : low->num, cross ? low->num : high->num);
}

const rw_rule rw_rule_RW019 = {
    .id = "RW019",
    .severity = RW_WARN,
    .title = "low_freq_factor is not below high_freq_factor",
    .check = check,
};
