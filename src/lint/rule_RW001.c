/* rule_RW001.c - the rotary base is missing, or is not that of the model the file says to be. */
#include <math.h>
#include <string.h>

#include "lint/look.h"

/* GGUF keeps the base as float32. */
#define SAME_BASE 1e-6

static const char *class_name(rw_layer_class of)
{
    return of == RW_LAYERS_SLIDING ? "sliding" : "full";
}

/* Whether somebody could read the base of the shipped model; the list is "a, b". */
static bool confirmed(const rw_fact *fact)
{
    return !strstr(fact->unconfirmed, "rope_theta") &&
           !strstr(fact->unconfirmed, "rope_local_base_freq");
}

static ropewalk_status fix(const rw_lint_input *in, rw_finding *f, rw_layer_class of,
                           double base, ropewalk_error *err)
{
    const bool sliding = of == RW_LAYERS_SLIDING;
    if (in->hp->kind == RW_FILE_CONFIG)
        return rw_finding_fix(f, err, "\"%s\": %.10g",
                              sliding ? "rope_local_base_freq" : "rope_theta", base);
    return rw_finding_fix(f, err, "--override-kv %s.rope.freq_base%s=float:%.10g",
                          in->hp->architecture, sliding ? "_swa" : "", base);
}

/* What llama.cpp runs of the file: its converter knows the base of some families. */
static double base_of_llama_cpp(const rw_lint_input *in)
{
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_rotation_info *r = rw_look_scaled(in->engine_info[i]);
        if (in->engine[i]->reads_gguf && r && !isnan(r->rope_theta)) return r->rope_theta;
    }
    return 10000.0;
}

/* --- missing ------------------------------------------------------------------------------ */

static ropewalk_status missing(const rw_lint_input *in, const rw_problem *p,
                               rw_findings *out, ropewalk_error *err)
{
    const bool gguf = in->hp->kind == RW_FILE_GGUF;
    const rw_rotation_info *known = rw_look_rotation(in->fact_info, RW_LAYERS_FULL);
    const double base = known ? known->rope_theta : (double)NAN;
    const double assumed = gguf || !in->arch || !(in->arch->theta_default > 0.0)
                               ? 10000.0
                               : in->arch->theta_default;
    /* what engines assume happens to be right: so it was with the first Llamas */
    if (!isnan(base) && fabs(base / assumed - 1.0) <= SAME_BASE) return ROPEWALK_OK;
    const bool own = in->arch && in->arch->theta_default > 0.0;
    const bool agreed = own && fabs(assumed / base_of_llama_cpp(in) - 1.0) <= SAME_BASE;
    rw_finding *f;
    ropewalk_status status;
    if (!isnan(base))
        status = rw_finding_add(
            out, "RW001", RW_ERROR, in->hp->file, p->key, &f, err,
            "no rotary base: %s runs %.10g, but %s is published with %.10g",
            gguf ? "llama.cpp" : "the model's class", assumed, in->fact->title, base);
    else
        status = rw_finding_add(
            out, "RW001",
            gguf     ? known ? RW_WARN : RW_ERROR /* the published file lacks it too */
            : agreed ? RW_INFO
                     : RW_WARN,
            in->hp->file, p->key, &f, err, "no rotary base: %s assumes %.10g%s",
            gguf  ? "llama.cpp"
            : own ? "the model's class"
                  : "who reads it",
            assumed,
            gguf     ? ", which most models since 2023 were not trained with"
            : agreed ? ", and so does llama.cpp"
            : own    ? ", llama.cpp 10000"
                     : ", as far as is known");
    if (!status) status = rw_finding_number(f, "assumed_base", assumed, err);
    if (!status && !isnan(base)) status = rw_finding_number(f, "known_base", base, err);
    if (!status && in->fact) status = rw_finding_text(f, "source", in->fact->source, err);
    if (status) return status;
    if (!isnan(base)) return fix(in, f, RW_LAYERS_FULL, base, err);
    return gguf ? rw_finding_fix(f, err,
                                 "take rope_theta from the model's config.json: "
                                 "--override-kv %s.rope.freq_base=float:THETA",
                                 in->hp->architecture)
                : rw_finding_fix(f, err, "\"rope_theta\": %.10g", assumed);
}

/* --- different ---------------------------------------------------------------------------- */

static ropewalk_status compare(const rw_lint_input *in, rw_layer_class of,
                               rw_findings *out, ropewalk_error *err)
{
    const rw_rotation_info *own = rw_look_rotation(in->info, of),
                           *known = rw_look_rotation(in->fact_info, of);
    if (!own || !known || isnan(own->rope_theta) || isnan(known->rope_theta) ||
        fabs(own->rope_theta / known->rope_theta - 1.0) <= SAME_BASE)
        return ROPEWALK_OK;
    const char *key = of == RW_LAYERS_SLIDING ? rw_look_key(in, "rope_theta_sliding")
                                              : rw_look_key(in, "rope_theta");
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW001", confirmed(in->fact) ? RW_ERROR : RW_WARN, in->hp->file, key, &f,
        err, "the base of the %s layers is %.10g, but %s is published with %.10g",
        class_name(of), own->rope_theta, in->fact->title, known->rope_theta);
    if (!status) status = rw_finding_number(f, "base", own->rope_theta, err);
    if (!status) status = rw_finding_number(f, "known_base", known->rope_theta, err);
    if (!status) status = rw_finding_text(f, "source", in->fact->source, err);
    return status ? status : fix(in, f, of, known->rope_theta, err);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < in->info->n_problem; i++)
        if (in->info->problems[i].code == RW_PROBLEM_THETA_UNKNOWN &&
            strcmp(in->info->problems[i].what, "rope_theta") == 0)
            return missing(in, &in->info->problems[i], out,
                           err); /* of sliding layers: RW011 */
    if (in->info->positions == RW_POSITIONS_UNKNOWN)
        return in->arch
                   ? rw_finding_skip(out, "RW001", in->hp->file, err,
                                     "the layers of %s are unknown", in->hp->architecture)
                   : rw_finding_skip(
                         out, "RW001", in->hp->file, err,
                         "architecture \"%s\" is not known, and no key speaks of "
                         "rotary embeddings",
                         in->hp->architecture);
    for (int of = 0; in->fact_info && of < RW_N_LAYER_CLASS && !status; of++)
        status = compare(in, (rw_layer_class)of, out, err);
    return status;
}

const rw_rule rw_rule_RW001 = {
    .id = "RW001",
    .severity = RW_ERROR,
    .title = "rotary base missing, or not that of the model of this name",
    .check = check,
};
