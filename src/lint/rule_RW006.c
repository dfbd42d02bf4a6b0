/* rule_RW006.c - an attention factor that is written in the file and that an engine does not run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

/* 1.2079441541679836 is written by hand where 0.1 ln 8 + 1 is meant. */
#define SAME_FACTOR 1e-6

static const rw_file_setting *stated(const rw_hparams *hp, rw_layer_class of)
{
    static const char *const words[] = {"attention_factor", "mscale", "mscale_all_dim",
                                        "attn_factor"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const rw_file_setting *s = rw_look_setting(hp, of, words[i]);
        if (s && s->kind == RW_SETTING_NUMBER) return s;
    }
    return NULL;
}

static ropewalk_status compare(const rw_lint_input *in, rw_layer_class of,
                               const rw_file_setting *setting, rw_findings *out,
                               ropewalk_error *err)
{
    const rw_rotation_info *own = rw_look_rotation(in->info, of);
    char names[128] = "", good[128] = "";
    double worst = (double)NAN;
    size_t gguf = in->n_engine; /* the engine for which the factor can be given again */
    if (!own || isnan(own->attn_factor)) return ROPEWALK_OK;
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_rotation_info *r = rw_look_rotation(in->engine_info[i], of);
        if (!r || isnan(r->attn_factor)) continue;
        if (!(fabs(r->attn_factor / own->attn_factor - 1.0) > SAME_FACTOR)) {
            rw_look_list(good, sizeof good, in->engine[i]->name);
            continue;
        }
        rw_look_list(names, sizeof names, in->engine[i]->name);
        if (in->engine[i]->reads_gguf) gguf = i;
        if (isnan(worst) || fabs(r->attn_factor / own->attn_factor - 1.0) >
                                fabs(worst / own->attn_factor - 1.0))
            worst = r->attn_factor;
    }
    if (isnan(worst)) return ROPEWALK_OK;
    const double ratio = worst / own->attn_factor;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW006", RW_WARN, in->hp->file, setting->key, &f, err,
        "%s is %.6g, but cos and sin are multiplied by %.6g instead of %.6g in %s: "
        "scores of rotated dimensions are %.4g times as large",
        setting->name, setting->num, worst, own->attn_factor, names, ratio * ratio);
    if (!status) status = rw_finding_text(f, "engines", names, err);
    if (!status) status = rw_finding_number(f, "attn_factor", own->attn_factor, err);
    if (!status) status = rw_finding_number(f, "attn_factor_run", worst, err);
    if (!status) status = rw_finding_number(f, "score_ratio", ratio * ratio, err);
    if (status) return status;
    if (gguf == in->n_engine)
        return rw_finding_fix(f, err, "serve with %s", *good ? good : "transformers");
    return rw_finding_fix(
        f, err, "%s: --override-kv %s.rope.scaling.attn_factor=float:%.9g",
        in->engine[gguf]->name, in->engine_info[gguf]->architecture,
        own->attn_factor / rw_look_rotation(in->engine_info[gguf], of)->attn_factor);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (int of = 0; of < RW_N_LAYER_CLASS && !status; of++) {
        const rw_file_setting *s = stated(in->hp, (rw_layer_class)of);
        if (!s) continue;
        if (of == RW_LAYERS_SLIDING && rw_look_rotation(in->info, RW_LAYERS_FULL) &&
            strcmp(in->hp->block[of].key, in->hp->block[RW_LAYERS_FULL].key) == 0)
            continue; /* the same block again */
        status = compare(in, (rw_layer_class)of, s, out, err);
    }
    return status;
}

const rw_rule rw_rule_RW006 = {
    .id = "RW006",
    .severity = RW_WARN,
    .title = "explicit attention factor or mscale that an engine does not run",
    .check = check,
};
