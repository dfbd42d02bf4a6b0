/* rule_RW022.c - what llama.cpp's converter and loader make of a config.json that is no longer what
 * the file says. */
#include <math.h>
#include <string.h>

#include "lint/look.h"

/* The engine that reads GGUF, among those asked for; n_engine when there is none. */
static size_t gguf_engine(const rw_lint_input *in)
{
    size_t i = 0;
    while (i < in->n_engine && !in->engine[i]->reads_gguf)
        i++;
    return i;
}

/* Subjects of rules of their own. */
static bool told_elsewhere(const char *key)
{
    static const char *const ends[] = {"truncate",         "no_rope_layers",
                                       "attention_factor", "mscale",
                                       "mscale_all_dim",   "llama_4_scaling_beta"};
    const size_t n = strlen(key);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t m = strlen(ends[i]);
        if (n >= m && strcmp(key + n - m, ends[i]) == 0) return true;
    }
    return false;
}

/* Nobody reads it: nothing is lost. */
static bool unused(const rw_model_info *info, const char *key)
{
    for (uint32_t i = 0; i < info->n_problem; i++)
        if (info->problems[i].code == RW_PROBLEM_PARAMETER_UNUSED &&
            info->problems[i].key && strcmp(info->problems[i].key, key) == 0)
            return true;
    return false;
}

static bool apart(double a, double b)
{
    return !(fabs(a - b) <= 1e-5 * fabs(a)) && !(isnan(a) && isnan(b));
}

static ropewalk_status lost(const rw_lint_input *in, size_t engine,
                            const rw_lost_setting *row, bool other, rw_findings *out,
                            ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW022", other ? RW_WARN : RW_INFO, in->hp->file, row->key,
                       &f, err, "converted to GGUF, %s is lost: %s", row->key, row->why);
    if (!status) status = rw_finding_text(f, "engine", in->engine[engine]->name, err);
    if (!status) status = rw_finding_text(f, "lost", row->key, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "serve the safetensors with an engine that reads "
                                   "config.json, or this model without %s",
                                   row->key);
}

/* Values that are written to GGUF, and that the loader passes over. */
static ropewalk_status unread(const rw_lint_input *in, const rw_problem *p,
                              const rw_apart *frequencies, rw_findings *out,
                              ropewalk_error *err)
{
    rw_finding *f;
    const char *key = rw_look_key(in, p->what);
    ropewalk_status status = rw_finding_add(
        out, "RW022", frequencies->n_differ ? RW_WARN : RW_INFO, in->hp->file,
        key ? key : p->key, &f, err, "converted to GGUF: %s", p->message);
    if (!status) status = rw_finding_text(f, "value", p->what, err);
    if (!status)
        status = rw_finding_number(f, "pairs_affected", frequencies->n_differ, err);
    if (!status)
        status = rw_finding_number(f, "max_relative_frequency_error",
                                   frequencies->relative, err);
    if (!status)
        status = rw_finding_number(f, "phase_error_rad", frequencies->phase_rad, err);
    if (status) return status;
    if (strncmp(p->what, "beta_", 5) != 0)
        return rw_finding_fix(f, err,
                              "serve the safetensors with an engine that reads "
                              "config.json");
    return rw_finding_fix(f, err, "llama.cpp: --yarn-beta-%s %g", p->what + 5,
                          rw_look_parameter(rw_look_scaled(in->info), p->what));
}

static ropewalk_status judge(const rw_lint_input *in, size_t engine,
                             const rw_hparams *converted, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_model_info *info = in->engine_info[engine];
    const rw_rotation_info *is = rw_look_scaled(info), *own = rw_look_scaled(in->info);
    const rw_apart frequencies = rw_look_apart(own, is, in->info->context_length);
    const bool other =
        frequencies.n_differ || (is && own &&
                                 (apart(own->attn_factor, is->attn_factor) ||
                                  apart(own->softmax_scale, is->softmax_scale)));
    ropewalk_status status = ROPEWALK_OK;
    if (is && own && strcmp(is->mechanism, "none") == 0 &&
        strcmp(own->mechanism, "none") != 0)
        return status; /* all of it is lost: RW023 */
    for (uint32_t i = 0; i < converted->n_lost && !status; i++)
        if (!told_elsewhere(converted->lost[i].key) &&
            !unused(in->info, converted->lost[i].key) &&
            !(info && unused(info, converted->lost[i].key)))
            status = lost(in, engine, &converted->lost[i], other, out, err);
    for (uint32_t i = 0; info && i < info->n_problem && !status; i++)
        if (info->problems[i].code == RW_PROBLEM_PARAMETER_UNUSED)
            status = unread(in, &info->problems[i], &frequencies, out, err);
    return status;
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const size_t engine = gguf_engine(in);
    if (in->hp->kind != RW_FILE_CONFIG || engine == in->n_engine) return ROPEWALK_OK;
    const rw_rotation_info *own = rw_look_scaled(in->info);
    if (!own || !own->inv_freq) return ROPEWALK_OK; /* nothing is known to be lost */
    rw_hparams converted;
    ropewalk_error why = {0};
    ropewalk_status status = rw_model_convert(in->hp, &converted, &why);
    if (status == ROPEWALK_E_MEMORY) return rw_fail(err, status, 0, "%s", why.message);
    if (status)
        return rw_finding_skip(out, "RW022", in->hp->file, err, "%s", why.message);
    status = judge(in, engine, &converted, out, err);
    rw_hparams_clear(&converted);
    return status;
}

const rw_rule rw_rule_RW022 = {
    .id = "RW022",
    .severity = RW_WARN,
    .title = "lost on the way to GGUF and into llama.cpp",
    .check = check,
};
