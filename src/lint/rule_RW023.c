/* rule_RW023.c - scalings that an engine does not run at all. */
#include <string.h>

#include "lint/look.h"

static bool plain(const rw_rotation_info *r)
{
    return r && strcmp(r->mechanism, "none") == 0;
}

/* The word for what engine `i` leaves out; NULL: it runs what the file says. */
static const char *left_out(const rw_lint_input *in, size_t i, const char **key)
{
    const rw_model_info *info = in->engine_info[i];
    const rw_rotation_info *own = rw_look_scaled(in->info);
    if (!info) return NULL;
    const rw_problem *p = rw_look_problem(info, RW_PROBLEM_NOT_RUN);
    *key = p ? p->key : rw_look_key(in, "mechanism");
    if (p) return p->what;
    return own && own->inv_freq && !plain(own) && plain(rw_look_scaled(info))
               ? own->mechanism
               : NULL;
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    for (size_t i = 0; i < in->n_engine; i++) {
        const char *key = NULL, *what = left_out(in, i, &key);
        if (!what) continue;
        rw_finding *f;
        ropewalk_status status = rw_finding_add(
            out, "RW023", in->engine_chosen ? RW_ERROR : RW_WARN, in->hp->file, key, &f,
            err, "%s does not run %s scaling%s: nothing is scaled there",
            in->engine[i]->name, what,
            in->engine[i]->reads_gguf && in->hp->kind == RW_FILE_CONFIG
                ? ", which its converter drops"
                : "");
        if (!status) status = rw_finding_text(f, "engine", in->engine[i]->name, err);
        if (!status) status = rw_finding_text(f, "scaling", what, err);
        if (!status)
            status =
                rw_finding_fix(f, err,
                               "serve at most the unscaled context there, or choose a "
                               "scaling that every engine in use runs (linear, yarn)");
        if (status) return status;
    }
    return ROPEWALK_OK;
}

const rw_rule rw_rule_RW023 = {
    .id = "RW023",
    .severity = RW_WARN,
    .title = "an engine does not run this scaling",
    .check = check,
};
