/* rule_RW023.c - scalings, and blocks, that an engine does not run at all. */
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

static bool plain(const rw_rotation_info *r)
{
    return r && strcmp(r->mechanism, "none") == 0;
}

/* Nothing refuses, and nothing of the scaling arrives: what a converter drops. */
static bool dropped(const rw_lint_input *in, const rw_model_info *info)
{
    const rw_rotation_info *own = rw_look_scaled(in->info);
    return own && own->inv_freq && !plain(own) && plain(rw_look_scaled(info));
}

static ropewalk_status not_run(const rw_lint_input *in, const rw_engine *engine,
                               const rw_problem *p, rw_findings *out, ropewalk_error *err)
{
    const char *what = p ? p->what : rw_look_scaled(in->info)->mechanism;
    const bool unread = strcmp(what, "rope_parameters") == 0;
    char sentence[256];
    (void)snprintf(sentence, sizeof sentence, "%s does not run %s scaling%s",
                   engine->name, what,
                   engine->reads_gguf ? ": its converter drops it" : "");
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW023", in->engine_chosen ? RW_ERROR : RW_WARN, in->hp->file,
                       p ? p->key : rw_look_key(in, "mechanism"), &f, err, "%s",
                       p ? p->message : sentence);
    if (!status) status = rw_finding_text(f, "engine", engine->name, err);
    if (!status) status = rw_finding_text(f, unread ? "unread" : "scaling", what, err);
    if (status) return status;
    return rw_finding_fix(
        f, err,
        unread ? "write rope_theta and rope_scaling beside it, which %s reads"
               : "serve at most the unscaled context with %s, or choose a "
                 "scaling that every engine in use runs (linear, yarn)",
        engine->name);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < in->n_engine && !status; i++) {
        const rw_model_info *info = in->engine_info[i];
        const rw_problem *p = info ? rw_look_problem(info, RW_PROBLEM_NOT_RUN) : NULL;
        if (p || (info && dropped(in, info)))
            status = not_run(in, in->engine[i], p, out, err);
    }
    return status;
}

const rw_rule rw_rule_RW023 = {
    .id = "RW023",
    .severity = RW_WARN,
    .title = "an engine does not run this scaling, or does not read its block",
    .check = check,
};
