/* rule_RW005.c - the length before scaling is missing where the scaling needs it, or is not below
 * the length after it. */
#include <math.h>
#include <string.h>

#include "lint/look.h"

static bool needs_original(const char *mechanism)
{
    return strcmp(mechanism, "yarn") == 0 || strcmp(mechanism, "longrope") == 0 ||
           strcmp(mechanism, "llama3") == 0;
}

static ropewalk_status fix(const rw_lint_input *in, rw_finding *f, double factor,
                           ropewalk_error *err)
{
    const double original = (double)in->info->context_length / factor;
    if (!(original >= 1.0) || !isfinite(original))
        return rw_finding_fix(f, err,
                              in->hp->kind == RW_FILE_GGUF
                                  ? "--yarn-orig-ctx N, the length before scaling"
                                  : "\"original_max_position_embeddings\": N, the "
                                    "length before scaling");
    if (in->hp->kind == RW_FILE_GGUF)
        return rw_finding_fix(f, err, "--yarn-orig-ctx %.0f", original);
    return rw_finding_fix(f, err,
                          "\"original_max_position_embeddings\": %.0f, or %.0f if "
                          "max_position_embeddings was not raised for the scaling",
                          original, (double)in->info->context_length);
}

static ropewalk_status missing(const rw_lint_input *in, const char *key,
                               const char *mechanism, double factor, rw_findings *out,
                               ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW005", RW_ERROR, in->hp->file, key, &f, err,
        "%s needs the length before scaling, which the file does not say: %s", mechanism,
        in->hp->kind == RW_FILE_GGUF
            ? "llama.cpp takes the advertised context in its place"
        : strcmp(mechanism, "yarn") == 0
            ? "transformers 5 takes the advertised context in its place, mlx-lm 4096"
            : "transformers 5 takes the advertised context in its place");
    if (!status) status = rw_finding_text(f, "mechanism", mechanism, err);
    if (!status) status = rw_finding_number(f, "factor", factor, err);
    if (!status)
        status =
            rw_finding_number(f, "context_length", (double)in->info->context_length, err);
    return status ? status : fix(in, f, factor, err);
}

/* yarn with an explicit factor runs as meant even when the advertised context was not raised: that
 * is how Qwen documents it. */
static ropewalk_status not_below(const rw_lint_input *in, const rw_rotation_info *r,
                                 double original, rw_findings *out, ropewalk_error *err)
{
    const double advertised = (double)in->info->context_length;
    const double factor = rw_look_parameter(r, "factor");
    const bool as_documented =
        !(original > advertised) && strcmp(r->mechanism, "yarn") == 0 && factor > 1.0;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW005", as_documented ? RW_WARN : RW_ERROR, in->hp->file,
        rw_look_key(in, "original_context_length"), &f, err,
        "%s scales from %.0f positions, but only %.0f are advertised: there is nothing "
        "to stretch to",
        r->mechanism, original, advertised);
    if (!status) status = rw_finding_number(f, "original_context_length", original, err);
    if (!status) status = rw_finding_number(f, "context_length", advertised, err);
    if (!status && !isnan(factor)) status = rw_finding_number(f, "factor", factor, err);
    if (status) return status;
    if (factor > 1.0)
        return rw_finding_fix(f, err, "advertise what the factor reaches: %.0f",
                              original * factor);
    return rw_finding_fix(f, err,
                          "remove the scaling: it belongs to a longer version of this "
                          "model");
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_hparams *hp = in->hp;
    for (uint32_t i = 0; i < in->info->n_problem; i++) {
        const rw_problem *p = &in->info->problems[i];
        const rw_file_setting *factor = rw_look_setting(hp, RW_LAYERS_FULL, "factor");
        if (p->code != RW_PROBLEM_PARAMETER ||
            strcmp(p->what, "original_context_length") != 0)
            continue;
        const rw_file_setting *there =
            rw_look_setting(hp, RW_LAYERS_FULL, "original_max_position_embeddings");
        if (there && there->kind != RW_SETTING_NULL) {
            rw_finding
                *f; /* it stands there, and is no length, or not where it is read */
            const ropewalk_status status = rw_finding_add(
                out, "RW005", RW_ERROR, hp->file, p->key, &f, err, "%s", p->message);
            if (status || !(there->num >= 1.0)) return status;
            return rw_finding_fix(f, err,
                                  "\"original_max_position_embeddings\": %.0f beside "
                                  "max_position_embeddings, outside the block",
                                  there->num);
        }
        return missing(in, p->key, hp->block[RW_LAYERS_FULL].type,
                       factor ? factor->num : (double)NAN, out, err);
    }
    for (uint32_t i = 0; i < in->info->n_rotation; i++) {
        const rw_rotation_info *r = &in->info->rotations[i];
        if (!needs_original(r->mechanism)) continue;
        const double original = rw_look_parameter(r, "original_context_length");
        if (hp->kind == RW_FILE_GGUF && !hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].known)
            return missing(in, hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].key, r->mechanism,
                           rw_look_parameter(r, "factor"), out, err);
        if (in->info->context_length > 0 && original >= (double)in->info->context_length)
            return not_below(in, r, original, out, err);
    }
    return ROPEWALK_OK;
}

const rw_rule rw_rule_RW005 = {
    .id = "RW005",
    .severity = RW_ERROR,
    .title = "original context missing where the scaling needs it, or not below the "
             "advertised one",
    .check = check,
};
