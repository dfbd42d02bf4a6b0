/* rule_RW004.c - the factor of a scaling is not the ratio of the two lengths it stretches between.
 *
 * For linear, yarn and longrope alone: llama3's factor is a divisor of slow pairs and no ratio
 * (Llama 3.1 ships 8 for 131072 / 8192 = 16 by design). */
#include <math.h>
#include <string.h>

#include "lint/look.h"

/* 131000 is written where 131072 is meant. */
#define ROUNDING 0.01

static bool stretches(const char *mechanism)
{
    return strcmp(mechanism, "linear") == 0 || strcmp(mechanism, "yarn") == 0 ||
           strcmp(mechanism, "longrope") == 0;
}

static ropewalk_status disagree(const rw_lint_input *in, const char *mechanism,
                                double factor, double original, double advertised,
                                rw_findings *out, ropewalk_error *err)
{
    const double ratio = advertised / original;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW004", RW_WARN, in->hp->file, rw_look_key(in, "factor"), &f, err,
        "%s factor %g stretches %.0f positions to %.0f, but %.0f are advertised%s",
        mechanism, factor, original, factor * original, advertised,
        factor < ratio ? ": what lies beyond was not scaled for" : "");
    if (!status) status = rw_finding_number(f, "factor", factor, err);
    if (!status) status = rw_finding_number(f, "original_context_length", original, err);
    if (!status) status = rw_finding_number(f, "context_length", advertised, err);
    if (!status) status = rw_finding_number(f, "ratio_of_lengths", ratio, err);
    if (status) return status;
    if (in->hp->kind == RW_FILE_GGUF)
        return rw_finding_fix(f, err, "--override-kv %s.rope.scaling.factor=float:%.9g",
                              in->hp->architecture, ratio);
    return rw_finding_fix(f, err,
                          "\"factor\": %.9g, or \"max_position_embeddings\": %.0f", ratio,
                          factor * original);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    double seen = (double)NAN;
    for (uint32_t i = 0; i < in->info->n_rotation; i++) {
        const rw_rotation_info *r = &in->info->rotations[i];
        if (!stretches(r->mechanism)) continue;
        const double factor = rw_look_parameter(r, "factor");
        /* as written: what an engine puts in the place of a missing one is RW005's subject */
        const double original = (double)in->info->original_context_length;
        const double advertised = (double)in->info->context_length;
        if (isnan(factor) || !(fabs(factor - seen) > 0.0 || isnan(seen))) continue;
        seen = factor;
        const bool linear = strcmp(r->mechanism, "linear") == 0;
        if (!linear && (!(original > 0.0) || original >= advertised) && advertised > 0.0)
            continue; /* RW005 */
        if (!(original > 0.0) || !(advertised > 0.0))
            return rw_finding_skip(out, "RW004", in->hp->file, err,
                                   "the file does not say %s",
                                   original > 0.0 ? "which context it advertises"
                                                  : "from which length it was scaled");
        if (fabs(factor * original / advertised - 1.0) <= ROUNDING) continue;
        const ropewalk_status status =
            disagree(in, r->mechanism, factor, original, advertised, out, err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

const rw_rule rw_rule_RW004 = {
    .id = "RW004",
    .severity = RW_WARN,
    .title = "scaling factor is not the ratio of advertised and original context",
    .check = check,
};
