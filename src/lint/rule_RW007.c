/* rule_RW007.c - latent attention under YaRN: the square of the magnitude on the softmax scale. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

#define SAME_SCALE 1e-6

/* Architectures whose implementation in transformers lacked the factor until July 2026. */
static bool lacked_it(const char *architecture)
{
    return strcmp(architecture, "deepseek_v2") == 0 ||
           strncmp(architecture, "mistral4", 8) == 0;
}

static double magnitude(double factor, double mscale)
{
    return factor > 1.0 ? 0.1 * mscale * log(factor) + 1.0 : 1.0;
}

/* GGUF stores a tenth of mscale_all_dim for these architectures. */
static double all_dim(const rw_lint_input *in)
{
    const rw_hvalue *v = &in->hp->v[RW_HP_YARN_LOG_MULTIPLIER];
    if (in->hp->kind == RW_FILE_GGUF) return v->known ? 10.0 * v->num : 0.0;
    const rw_file_setting *s = rw_look_setting(in->hp, RW_LAYERS_FULL, "mscale_all_dim");
    return s && s->kind == RW_SETTING_NUMBER ? s->num : 0.0;
}

static ropewalk_status absent_in_gguf(const rw_lint_input *in, double factor,
                                      rw_findings *out, ropewalk_error *err)
{
    const rw_hvalue *v = &in->hp->v[RW_HP_YARN_LOG_MULTIPLIER];
    const double m = magnitude(factor, 1.0);
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW007", RW_WARN, in->hp->file, v->key, &f, err,
                       "latent attention under yarn without %s: llama.cpp leaves the "
                       "softmax scale alone, "
                       "where mscale_all_dim 1 would ask for %.4g times",
                       v->key, m * m);
    if (!status) status = rw_finding_number(f, "factor", factor, err);
    if (!status) status = rw_finding_number(f, "mscale_squared_if_1", m * m, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "--override-kv %s=float:X, a tenth of mscale_all_dim "
                                   "in the config.json",
                                   v->key);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *own = rw_look_scaled(in->info);
    if (!in->arch || !in->arch->mla || !own || strcmp(own->mechanism, "yarn") != 0)
        return ROPEWALK_OK;
    const double factor = rw_look_parameter(own, "factor"), k = all_dim(in);
    if (!(factor > 1.0)) return ROPEWALK_OK;
    if (in->hp->kind == RW_FILE_GGUF && !(k > 0.0))
        return absent_in_gguf(in, factor, out, err);
    if (!(k > 0.0)) return ROPEWALK_OK;
    const double m = magnitude(factor, k), expected = own->softmax_scale;
    char names[128] = "";
    double worst = (double)NAN;
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_rotation_info *r = rw_look_scaled(in->engine_info[i]);
        if (!r || !(fabs(r->softmax_scale / expected - 1.0) > SAME_SCALE)) continue;
        rw_look_list(names, sizeof names, in->engine[i]->name);
        worst = r->softmax_scale;
    }
    const bool young = lacked_it(in->hp->architecture);
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW007", names[0] || young ? RW_WARN : RW_INFO, in->hp->file,
        rw_look_key(in, in->hp->kind == RW_FILE_GGUF ? "yarn_log_multiplier"
                                                     : "mscale_all_dim"),
        &f, err,
        "latent attention under yarn: the softmax scale carries mscale^2 = %.4g%s%s%s%s",
        m * m, names[0] ? "; not so in " : "", names,
        young ? "; transformers before the fix of July 2026 leaves it out for " : "",
        young ? in->hp->architecture : "");
    if (!status) status = rw_finding_number(f, "mscale", m, err);
    if (!status) status = rw_finding_number(f, "mscale_squared", m * m, err);
    if (!status) status = rw_finding_number(f, "softmax_scale", expected, err);
    if (!status && names[0]) status = rw_finding_text(f, "engines", names, err);
    if (!status && names[0])
        status = rw_finding_number(f, "softmax_scale_run", worst, err);
    if (status) return status;
    return rw_finding_fix(
        f, err,
        "a runtime of your own: softmax scale %.9g, not 1/sqrt(head_dim)"
        "%s",
        expected, young ? "; transformers: a version with pull request 47435" : "");
}

const rw_rule rw_rule_RW007 = {
    .id = "RW007",
    .severity = RW_WARN,
    .title = "latent attention under yarn needs mscale^2 on the softmax scale",
    .check = check,
};
