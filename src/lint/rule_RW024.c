/* rule_RW024.c - a file that bears the name of a public model and lacks, or changes, its scaling
 * or its window. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

static bool plain(const rw_rotation_info *r)
{
    return strcmp(r->mechanism, "none") == 0 || strcmp(r->mechanism, "default") == 0;
}

/* The base is another rule's subject. */
static bool same_base(const rw_rotation_info *a, const rw_rotation_info *b)
{
    return fabs(a->rope_theta - b->rope_theta) <= 1e-6 * a->rope_theta;
}

static bool same_number(const rw_rotation_info *a, const rw_rotation_info *b,
                        const char *name)
{
    const double x = rw_look_parameter(a, name), y = rw_look_parameter(b, name);
    return fabs(x - y) <= 1e-6 * fabs(x) || (isnan(x) && isnan(y));
}

/* Whether llama3's divisors are there, and the right ones, is RW002's to tell. */
static bool told_by_RW002(const rw_rotation_info *was, const rw_rotation_info *is)
{
    return strcmp(was->mechanism, "llama3") == 0 &&
           (plain(is) || strcmp(is->mechanism, "llama3") == 0);
}

/* The block is the published one, and what differs is how it is read. */
static bool same_block(const rw_rotation_info *a, const rw_rotation_info *b)
{
    return strcmp(a->mechanism, b->mechanism) == 0 && same_number(a, b, "factor") &&
           same_number(a, b, "original_context_length");
}

static ropewalk_status scaling(const rw_lint_input *in, rw_findings *out,
                               ropewalk_error *err)
{
    const rw_rotation_info *is = rw_look_rotation(in->info, RW_LAYERS_FULL),
                           *was = rw_look_rotation(in->fact_info, RW_LAYERS_FULL);
    if (!is || !was || !same_base(was, is) || same_block(was, is) ||
        told_by_RW002(was, is))
        return ROPEWALK_OK;
    const rw_apart apart = rw_look_apart(was, is, in->fact_info->context_length);
    const bool lost = plain(is) && !plain(was);
    /* any tensor may stand in a file that was not read */
    if (!apart.n_differ || (lost && in->hp->tensors_partial)) return ROPEWALK_OK;
    const bool same_type = strcmp(was->mechanism, is->mechanism) == 0;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW024",
        lost         ? RW_ERROR
        : plain(was) ? RW_INFO
                     : RW_WARN,
        in->hp->file, rw_look_key(in, "mechanism"), &f, err,
        lost        ? "%s has %s scaling, and this file has %s: %u of %u pairs "
                      "run other frequencies"
        : same_type ? "%s has %s scaling, and this file %s with other parameters: "
                      "%u of %u pairs run other frequencies"
                    : "%s has %s scaling where this file has %s: %u of %u pairs "
                      "run other frequencies",
        in->fact->title, plain(was) ? "no" : was->mechanism,
        plain(is) ? "none" : is->mechanism, apart.n_differ, apart.n_pair);
    if (!status) status = rw_finding_text(f, "published", in->fact->source, err);
    if (!status) status = rw_finding_text(f, "scaling_published", was->mechanism, err);
    if (!status) status = rw_finding_text(f, "scaling", is->mechanism, err);
    if (!status)
        status =
            rw_finding_number(f, "max_relative_frequency_error", apart.relative, err);
    if (!status) status = rw_finding_number(f, "phase_error_rad", apart.phase_rad, err);
    if (!status && !plain(was))
        status =
            rw_finding_fix(f, err, "restore the scaling block of %s", in->fact->source);
    return status;
}

static uint32_t n_windowed(const rw_model_info *info, int64_t *window)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < info->n_layer; i++) {
        if (info->layers[i].attention != RW_ATTENTION_SLIDING) continue;
        n++;
        *window = info->layers[i].window;
    }
    return n;
}

static ropewalk_status window(const rw_lint_input *in, rw_findings *out,
                              ropewalk_error *err)
{
    int64_t is = 0, was = 0;
    const uint32_t n_is = n_windowed(in->info, &is),
                   n_was = n_windowed(in->fact_info, &was);
    if (!n_was || (n_is == n_was && is == was)) return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW024", in->hp->kind == RW_FILE_GGUF ? RW_WARN : RW_ERROR, in->hp->file,
        in->hp->v[RW_HP_WINDOW].known ? in->hp->v[RW_HP_WINDOW].key : NULL, &f, err,
        "%s has %u layers with a window of %lld tokens; this file has %u%s",
        in->fact->title, n_was, (long long)was, n_is, n_is ? ", or another window" : "");
    if (!status) status = rw_finding_number(f, "layers_published", n_was, err);
    if (!status) status = rw_finding_number(f, "window_published", (double)was, err);
    if (!status) status = rw_finding_number(f, "layers", n_is, err);
    if (!status && n_is) status = rw_finding_number(f, "window", (double)is, err);
    return status ? status
                  : rw_finding_fix(f, err, "restore the window and layer_types of %s",
                                   in->fact->source);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    if (!in->fact_info)
        return rw_finding_skip(out, "RW024", in->hp->file, err,
                               "no shipped model bears this name and shape");
    const ropewalk_status status = scaling(in, out, err);
    return status ? status : window(in, out, err);
}

const rw_rule rw_rule_RW024 = {
    .id = "RW024",
    .severity = RW_ERROR,
    .title = "scaling or window of the public model of this name is missing or changed",
    .check = check,
};
