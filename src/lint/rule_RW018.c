/* rule_RW018.c - configs that transformers of one era alone reads. */
#include <string.h>

#include "lint/look.h"

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_hparams *hp = in->hp;
    if (hp->kind != RW_FILE_CONFIG || !hp->era_5 || hp->era_4) return ROPEWALK_OK;
    const rw_rope_block *block = &hp->block[RW_LAYERS_FULL];
    const rw_hvalue *theta = &hp->v[RW_HP_ROPE_THETA];
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW018", RW_INFO, hp->file, block->key, &f, err,
                       "rope_parameters alone: transformers before 5, and what reads "
                       "configs as it did, sees "
                       "neither base nor scaling and runs its defaults without a word");
    if (!status && theta->known)
        status = rw_finding_number(f, "rope_theta", theta->num, err);
    if (!status && block->type[0])
        status = rw_finding_text(f, "rope_type", block->type, err);
    if (!status && hp->transformers_version[0])
        status =
            rw_finding_text(f, "transformers_version", hp->transformers_version, err);
    if (status || hp->nested_blocks || !theta->known) return status;
    const bool scaled = block->type[0] && strcmp(block->type, "default") != 0;
    return rw_finding_fix(
        f, err, "for both eras, beside rope_parameters: \"rope_theta\": %.9g%s%s%s",
        theta->num, scaled ? ", \"rope_scaling\": {\"rope_type\": \"" : "",
        scaled ? block->type : "", scaled ? "\", ...}" : "");
}

const rw_rule rw_rule_RW018 = {
    .id = "RW018",
    .severity = RW_INFO,
    .title = "readable by one era of transformers alone",
    .check = check,
};
