/* rule_RW017.c - how far the context is claimed to reach, against what was scaled for, what is
 * asked for, and what vLLM derives from the same numbers. */
#include <math.h>
#include <string.h>

#include "lint/look.h"
#include "model/arch.h"

/* 131000 is written where 131072 is meant. */
#define ROUNDING 0.01

/* Positions the scaling stretches to; NaN when the mechanism is no ratio of lengths. */
static double reach(const rw_lint_input *in, const rw_rotation_info *r)
{
    if (!r || rw_look_original_assumed(in->info) ||
        (strcmp(r->mechanism, "linear") != 0 && strcmp(r->mechanism, "yarn") != 0 &&
         strcmp(r->mechanism, "longrope") != 0))
        return (double)NAN;
    double original = rw_look_parameter(r, "original_context_length");
    if (isnan(original)) original = (double)in->info->original_context_length;
    return original > 0.0 ? original * rw_look_parameter(r, "factor") : (double)NAN;
}

static ropewalk_status beyond(const rw_lint_input *in, const char *what, double wanted,
                              double reached, rw_findings *out, ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW017", RW_WARN, in->hp->file, in->hp->v[RW_HP_CONTEXT_LENGTH].key, &f, err,
        "%s, %.0f positions, is beyond the %.0f that the file %s", what, wanted, reached,
        reached < (double)in->info->context_length ? "scales for" : "advertises");
    if (!status) status = rw_finding_number(f, "wanted", wanted, err);
    if (!status) status = rw_finding_number(f, "reached", reached, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "serve at most %.0f: llama.cpp -c %.0f, vLLM "
                                   "--max-model-len %.0f",
                                   reached, reached, reached);
}

/* What vLLM finds of longrope's original length: the top level's or the class's, not the block's. */
static double original_seen(const rw_lint_input *in, const rw_rotation_info *r)
{
    const rw_hvalue *v = &in->hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH];
    const char *block = in->hp->block[RW_LAYERS_FULL].key;
    const size_t n = strlen(block);
    const rw_arch *arch = rw_arch_of(in->hp);
    const bool outside = v->known && (strncmp(v->key, block, n) != 0 || v->key[n] != '.');
    if (!outside && !(arch && arch->original_default > 0.0)) return (double)NAN;
    const double taken = rw_look_parameter(r, "original_context_length");
    return isnan(taken) ? (double)in->info->original_context_length : taken;
}

/* vLLM multiplies max_position_embeddings by the factor of every type but yarn, llama3 and
 * longrope, and serves the original length of longrope unless told otherwise (config/model.py,
 * _get_and_verify_max_len). gemma3 is exempt there. */
static ropewalk_status derived(const rw_lint_input *in, const rw_rotation_info *r,
                               rw_findings *out, ropewalk_error *err)
{
    const double advertised = (double)in->info->context_length;
    double length = (double)NAN;
    size_t i = 0;
    while (i < in->n_engine && strcmp(in->engine[i]->name, "vllm") != 0)
        i++;
    if (i == in->n_engine || in->hp->kind != RW_FILE_CONFIG || !r || !(advertised > 0.0))
        return ROPEWALK_OK;
    const double factor = rw_look_parameter(r, "factor");
    if ((strcmp(r->mechanism, "linear") == 0 || strcmp(r->mechanism, "dynamic") == 0 ||
         strcmp(r->mechanism, "ntk") == 0) &&
        !strstr(in->hp->architecture, "gemma3"))
        length = advertised * factor;
    if (strcmp(r->mechanism, "longrope") == 0) length = original_seen(in, r);
    if (!(length > 0.0) || fabs(length / advertised - 1.0) <= ROUNDING)
        return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW017", in->engine_chosen ? RW_WARN : RW_INFO, in->hp->file,
        in->hp->v[RW_HP_CONTEXT_LENGTH].key, &f, err,
        "vLLM serves %.0f positions of this file unless told otherwise, not the %.0f it "
        "advertises",
        length, advertised);
    if (!status) status = rw_finding_number(f, "derived_max_model_len", length, err);
    if (!status) status = rw_finding_number(f, "context_length", advertised, err);
    return status ? status : rw_finding_fix(f, err, "--max-model-len %.0f", advertised);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    const double advertised = (double)in->info->context_length;
    const double scaled = reach(in, r);
    const double reached = scaled < advertised ? scaled : advertised;
    ropewalk_status status = ROPEWALK_OK;
    if (advertised > scaled * (1.0 + ROUNDING))
        status = beyond(in, "the advertised context", advertised, scaled, out, err);
    else if (in->target_context > 0 && reached > 0.0 &&
             (double)in->target_context > reached * (1.0 + ROUNDING))
        status = beyond(in, "the context asked for", (double)in->target_context, reached,
                        out, err);
    return status ? status : derived(in, r, out, err);
}

const rw_rule rw_rule_RW017 = {
    .id = "RW017",
    .severity = RW_WARN,
    .title = "the context claimed or asked for is beyond what the file scales for",
    .check = check,
};
