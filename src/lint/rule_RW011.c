/* rule_RW011.c - layers with a window that run the scaling, or the base, of the full layers.
 *
 * For families whose code leaves such layers unscaled or gives them a base of their own. gpt-oss
 * scales its sliding layers by design. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

static uint32_t n_sliding(const rw_model_info *info)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < info->n_layer; i++)
        n += info->layers[i].attention == RW_ATTENTION_SLIDING &&
             info->layers[i].rotation >= 0;
    return n;
}

static bool is_scaling(const char *type)
{
    return type[0] && strcmp(type, "default") != 0 && strcmp(type, "none") != 0;
}

/* rope_parameters of the sliding layers name a scaling that their code would never apply. */
static ropewalk_status declared(const rw_lint_input *in, rw_findings *out,
                                ropewalk_error *err)
{
    const rw_rope_block *block = &in->hp->block[RW_LAYERS_SLIDING];
    if (!in->hp->nested_blocks || !block->present || !is_scaling(block->type) ||
        !in->arch || !in->arch->sliding_unscaled)
        return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW011", RW_ERROR, in->hp->file, block->key_type, &f, err,
        "%s scaling is declared for the %u sliding layers, which %s leaves unscaled",
        block->type, n_sliding(in->info), in->arch->name);
    if (!status) status = rw_finding_text(f, "scaling", block->type, err);
    if (!status)
        status = rw_finding_number(f, "sliding_layers", n_sliding(in->info), err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "\"sliding_attention\": {\"rope_type\": "
                                   "\"default\", \"rope_theta\": 10000.0}");
}

static ropewalk_status base_finding(const rw_lint_input *in, rw_severity severity,
                                    const char *key, double stated, rw_findings *out,
                                    ropewalk_error *err, const char *message)
{
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW011", severity, in->hp->file, key, &f, err, "%s", message);
    if (!status)
        status = rw_finding_number(f, "sliding_layers", n_sliding(in->info), err);
    if (!status) status = rw_finding_number(f, "rope_theta_sliding", stated, err);
    if (!status)
        status = rw_finding_number(f, "family_base", in->arch->sliding_theta, err);
    if (status) return status;
    if (in->hp->kind == RW_FILE_GGUF)
        return rw_finding_fix(f, err, "--override-kv %s.rope.freq_base_swa=float:%g",
                              in->hp->architecture, in->arch->sliding_theta);
    return rw_finding_fix(f, err, "\"rope_local_base_freq\": %g",
                          in->arch->sliding_theta);
}

/* The base of the sliding layers against what the family's code says it is. */
static ropewalk_status local_base(const rw_lint_input *in, rw_findings *out,
                                  ropewalk_error *err)
{
    const rw_hvalue *local = &in->hp->v[RW_HP_ROPE_THETA_SLIDING],
                    *global = &in->hp->v[RW_HP_ROPE_THETA];
    if (!in->arch || !(in->arch->sliding_theta > 0.0)) return ROPEWALK_OK;
    if (local->known && global->known && global->num > in->arch->sliding_theta &&
        fabs(local->num - global->num) <= 1e-6 * global->num)
        return base_finding(in, RW_ERROR, local->key, local->num, out, err,
                            "sliding layers have the base of the full layers; the family "
                            "has one of its own for them");
    if (local->known || in->hp->kind == RW_FILE_GGUF) return ROPEWALK_OK;
    return base_finding(
        in, RW_INFO, NULL, (double)NAN, out, err,
        "the base of the sliding layers is left to the code: a reader that "
        "knows one base alone runs them with that of the full layers");
}

/* Sliding layers alone differ from `reference`: what runs there is another rotation. */
static bool sliding_alone_differ(const rw_model_info *info,
                                 const rw_model_info *reference, rw_apart *apart)
{
    const rw_rotation_info *a = rw_look_rotation(reference, RW_LAYERS_SLIDING),
                           *b = rw_look_rotation(info, RW_LAYERS_SLIDING);
    *apart = rw_look_apart(a, b, info->context_length);
    if (!apart->n_differ) return false;
    const rw_apart full =
        rw_look_apart(rw_look_rotation(reference, RW_LAYERS_FULL),
                      rw_look_rotation(info, RW_LAYERS_FULL), info->context_length);
    return full.n_pair && !full.n_differ;
}

static ropewalk_status other(const rw_lint_input *in, rw_severity severity,
                             const char *who, const rw_apart *apart, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *own = rw_look_rotation(in->info, RW_LAYERS_SLIDING);
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW011", severity, in->hp->file, NULL, &f, err,
        "%s runs the sliding layers, and those alone, with other frequencies: "
        "%u of %u pairs differ, by up to %.3g %% in pair %u",
        who, apart->n_differ, apart->n_pair, 100.0 * apart->relative, apart->worst_pair);
    if (!status) status = rw_finding_text(f, "compared_with", who, err);
    if (!status) status = rw_finding_number(f, "rope_theta", own->rope_theta, err);
    if (!status)
        status =
            rw_finding_number(f, "max_relative_frequency_error", apart->relative, err);
    if (!status) status = rw_finding_number(f, "worst_pair", apart->worst_pair, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "leave the sliding layers unscaled, with the base "
                                   "they were trained with");
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    if (!n_sliding(in->info)) return ROPEWALK_OK;
    rw_apart apart;
    ropewalk_status status = declared(in, out, err);
    if (!status) status = local_base(in, out, err);
    if (!status && in->fact_info &&
        sliding_alone_differ(in->fact_info, in->info, &apart)) {
        char who[80];
        (void)snprintf(who, sizeof who, "the published %s", in->fact->title);
        status = other(in, RW_ERROR, who, &apart, out, err);
    }
    for (size_t i = 0; i < in->n_engine && !status; i++)
        if (in->engine_info[i] &&
            sliding_alone_differ(in->engine_info[i], in->info, &apart))
            status = other(in, RW_WARN, in->engine[i]->name, &apart, out, err);
    return status;
}

const rw_rule rw_rule_RW011 = {
    .id = "RW011",
    .severity = RW_ERROR,
    .title = "sliding layers run the scaling or the base of the full layers",
    .check = check,
};
