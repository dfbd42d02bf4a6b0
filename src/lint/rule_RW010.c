/* rule_RW010.c - a context beyond LongRoPE's original one: engines then give short texts different
 * frequencies. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"

static ropewalk_status tell(const rw_lint_input *in, const char *names,
                            const rw_apart *apart, double original, double served,
                            rw_findings *out, ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW010", RW_WARN, in->hp->file,
                       rw_look_key(in, "original_context_length"), &f, err,
                       "served at %.0f, a text of up to %.0f tokens runs the long "
                       "factors in %s, where the "
                       "model was trained with the short ones: %u of %u pairs differ, "
                       "%.4g rad at position "
                       "%.0f",
                       served, original, names, (unsigned)apart->n_differ,
                       (unsigned)apart->n_pair, apart->phase_rad, original);
    if (!status) status = rw_finding_text(f, "engines", names, err);
    if (!status) status = rw_finding_number(f, "context", served, err);
    if (!status) status = rw_finding_number(f, "original_context_length", original, err);
    if (!status) status = rw_finding_number(f, "pairs_affected", apart->n_differ, err);
    if (!status)
        status =
            rw_finding_number(f, "max_relative_frequency_error", apart->relative, err);
    if (!status) status = rw_finding_number(f, "phase_error_rad", apart->phase_rad, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "when texts are short, serve %.0f: llama.cpp -c %.0f, "
                                   "vLLM --max-model-len %.0f; mlx-lm has no such switch",
                                   original, original, original);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    const double original = rw_look_parameter(r, "original_context_length");
    if (!r || strcmp(r->mechanism, "longrope") != 0 || !r->inv_freq ||
        !(original >= 1.0) || original > 2147483648.0)
        return ROPEWALK_OK;
    const int64_t served =
        in->target_context ? in->target_context : in->info->context_length;
    /* what the model was trained with on texts that fit: the short list */
    const rw_model_use use = {.context = (int64_t)original, .length = (int64_t)original};
    rw_model_info trained;
    ropewalk_status status = rw_model_describe(in->hp, &use, &trained, err);
    if (status) return status;
    const rw_rotation_info *reference = rw_look_scaled(&trained);
    char names[128] = "";
    rw_apart worst = {0};
    for (size_t i = 0; i < in->n_engine; i++) {
        if (in->engine[i]->longrope == RW_LONGROPE_BY_LENGTH) continue;
        const rw_apart apart = rw_look_apart(
            reference, rw_look_scaled(in->engine_info[i]), (int64_t)original);
        if (!apart.n_differ) continue;
        rw_look_list(names, sizeof names, in->engine[i]->name);
        if (apart.phase_rad > worst.phase_rad) worst = apart;
    }
    if (names[0]) status = tell(in, names, &worst, original, (double)served, out, err);
    rw_model_info_clear(&trained);
    return status;
}

const rw_rule rw_rule_RW010 = {
    .id = "RW010",
    .severity = RW_WARN,
    .title = "context beyond LongRoPE's original one: engines choose different factors",
    .check = check,
};
