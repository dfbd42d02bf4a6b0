/* rule_RW008.c - yarn's truncate: false, where an engine rounds the ends of the ramp all the same. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

static int64_t served(const rw_lint_input *in)
{
    return in->target_context > 0 ? in->target_context : in->info->context_length;
}

static ropewalk_status tell(const rw_lint_input *in, const char *who, const char *good,
                            const char *key, const rw_apart *apart, rw_findings *out,
                            ropewalk_error *err)
{
    const bool gguf = in->hp->kind == RW_FILE_GGUF;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW008", RW_WARN, in->hp->file, key, &f, err,
        "%s: the ends of yarn's ramp are rounded by %s: %u of %u pairs run other "
        "frequencies, pair %u by %.3g %%, %.4g rad apart at position %lld",
        gguf ? "GGUF has no key for truncate" : "truncate is false", who,
        (unsigned)apart->n_differ, (unsigned)apart->n_pair, (unsigned)apart->worst_pair,
        100.0 * apart->relative, apart->phase_rad, (long long)served(in));
    if (!status) status = rw_finding_text(f, "engines", who, err);
    if (!status) status = rw_finding_number(f, "pairs_affected", apart->n_differ, err);
    if (!status)
        status =
            rw_finding_number(f, "max_relative_frequency_error", apart->relative, err);
    if (!status) status = rw_finding_number(f, "worst_pair", apart->worst_pair, err);
    if (!status) status = rw_finding_number(f, "phase_error_rad", apart->phase_rad, err);
    if (!status)
        status = rw_finding_number(f, "phase_error_pair", apart->phase_pair, err);
    if (!status) status = rw_finding_number(f, "position", (double)served(in), err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "serve long contexts with %s: truncate as written",
                                   *good ? good : "transformers or vLLM");
}

/* transformers reads truncate beside the blocks of the layer types, never within one. */
static ropewalk_status nested(const rw_lint_input *in, const rw_file_setting *s,
                              rw_findings *out, ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW008", RW_WARN, in->hp->file, s->key, &f, err,
                       "truncate: false stands in the block of one layer type, and "
                       "transformers 5 reads it "
                       "beside those blocks alone");
    return status ? status
                  : rw_finding_fix(f, err,
                                   "\"rope_parameters\": {\"truncate\": false, "
                                   "\"full_attention\": {...}}");
}

static bool judged(const rw_lint_input *in, const char *engine)
{
    for (size_t i = 0; i < in->n_engine; i++)
        if (strcmp(in->engine[i]->name, engine) == 0) return true;
    return false;
}

static bool honours(const rw_rotation_info *r)
{
    return r && r->inv_freq && rw_look_parameter(r, "truncate") < 0.5; /* NaN: no yarn */
}

/* The table of the first engine that runs the file as it is written; NULL when none judged does. */
static const rw_rotation_info *as_written(const rw_lint_input *in)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    for (size_t i = 0; !honours(r) && i < in->n_engine; i++)
        r = rw_look_scaled(in->engine_info[i]);
    return honours(r) ? r : NULL;
}

static ropewalk_status from_config(const rw_lint_input *in, const rw_file_setting *s,
                                   rw_findings *out, ropewalk_error *err)
{
    const rw_rotation_info *written = as_written(in);
    char names[128] = "", good[128] = "";
    rw_apart worst = {0};
    for (size_t i = 0; written && i < in->n_engine; i++) {
        const rw_rotation_info *r = rw_look_scaled(in->engine_info[i]);
        const rw_apart apart = rw_look_apart(written, r, served(in));
        if (honours(r)) rw_look_list(good, sizeof good, in->engine[i]->name);
        if (!apart.n_differ || honours(r)) continue;
        rw_look_list(names, sizeof names, in->engine[i]->name);
        if (apart.phase_rad > worst.phase_rad) worst = apart;
    }
    return names[0] ? tell(in, names, good, s->key, &worst, out, err) : ROPEWALK_OK;
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *own = rw_look_scaled(in->info);
    if (!own || strcmp(own->mechanism, "yarn") != 0) return ROPEWALK_OK;
    if (in->hp->kind == RW_FILE_GGUF) {
        const rw_rotation_info *known = rw_look_scaled(in->fact_info);
        const rw_apart apart = rw_look_apart(known, own, served(in));
        /* only where the published file says truncate: false; other differences are RW001's */
        if (!honours(known) || !apart.n_differ) return ROPEWALK_OK;
        return tell(in, "llama.cpp", "", NULL, &apart, out, err);
    }
    const rw_file_setting *s = rw_look_setting(in->hp, RW_LAYERS_FULL, "truncate");
    if (!s) s = rw_look_setting(in->hp, RW_LAYERS_SLIDING, "truncate");
    if (!s || s->kind != RW_SETTING_FLAG || s->num > 0.0) return ROPEWALK_OK;
    const ropewalk_status status = from_config(in, s, out, err);
    if (status || !in->hp->nested_blocks || !judged(in, "transformers")) return status;
    return nested(in, s, out, err);
}

const rw_rule rw_rule_RW008 = {
    .id = "RW008",
    .severity = RW_WARN,
    .title = "truncate: false is not honoured by every engine",
    .check = check,
};
