/* diff_call.c - ropewalk_diff(): descriptions and engines side by side. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "api/handle.h"
#include "api/model_path.h"
#include "base/alloc.h"
#include "diff/diff.h"
#include "report/diff_report.h"

void ropewalk_diff_params_init(ropewalk_diff_params *params)
{
    *params = (ropewalk_diff_params){.struct_size = sizeof *params, .rope = rw_no_rope};
}

static bool given(const ropewalk_rope *r)
{
    return r->scaling || !isnan(r->rope_theta) || !isnan(r->scale) ||
           !isnan(r->orig_ctx) || !isnan(r->ext_factor) || !isnan(r->attn_factor) ||
           !isnan(r->beta_fast) || !isnan(r->beta_slow) || !isnan(r->low_freq_factor) ||
           !isnan(r->high_freq_factor);
}

/* Engines of a comma list, or all of them with the one the file kind belongs to first. */
static ropewalk_status parse_engines(const char *list, rw_file_kind kind,
                                     const rw_engine *engine[RW_MAX_DIFF_SIDE], size_t *n,
                                     ropewalk_error *err)
{
    *n = 0;
    if (strcmp(list, "all") == 0) {
        const rw_engine *own =
            rw_engine_find(kind == RW_FILE_GGUF ? "llama.cpp" : "transformers");
        engine[(*n)++] = own;
        for (size_t i = 0; rw_engine_table[i] && *n < RW_MAX_DIFF_SIDE; i++)
            if (rw_engine_table[i] != own) engine[(*n)++] = rw_engine_table[i];
        return ROPEWALK_OK;
    }
    for (const char *s = list;;) {
        char name[32] = "";
        const size_t len = strcspn(s, ",");
        if (len < sizeof name) memcpy(name, s, len);
        const rw_engine *found = rw_engine_find(name);
        if (!found)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "engine \"%.*s\" is unknown: see `ropewalk list engines`",
                           (int)(len < 64 ? len : 64), s);
        for (size_t i = 0; i < *n; i++)
            if (engine[i] == found)
                return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "engine %s is given twice",
                               found->name);
        if (*n == RW_MAX_DIFF_SIDE)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d engines",
                           (int)RW_MAX_DIFF_SIDE);
        engine[(*n)++] = found;
        if (!s[len]) return ROPEWALK_OK;
        s += len + 1;
    }
}

static ropewalk_status diff_engines(const rw_hparams *a,
                                    const ropewalk_diff_params *params,
                                    const rw_diff_use *use, rw_model_diff *out,
                                    ropewalk_error *err)
{
    const rw_engine *engine[RW_MAX_DIFF_SIDE];
    size_t n_engine;
    ropewalk_status status =
        parse_engines(params->engines, a->kind, engine, &n_engine, err);
    if (!status && n_engine == 1) { /* one engine is told from the file kind's own */
        const rw_engine *own =
            rw_engine_find(a->kind == RW_FILE_GGUF ? "llama.cpp" : "transformers");
        if (engine[0] == own)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "%s is the reference itself: name another engine", own->name);
        engine[1] = engine[0];
        engine[0] = own;
        n_engine = 2;
    }
    return status ? status : rw_diff_engines(a, engine, n_engine, use, out, err);
}

static ropewalk_status diff_executed(const rw_hparams *a,
                                     const ropewalk_diff_params *params,
                                     const rw_diff_use *use, rw_model_diff *out,
                                     ropewalk_error *err)
{
    rw_qkfile *capture;
    ropewalk_status status = rw_qkfile_open(params->executed, &capture, err);
    if (status) return status;
    status = rw_diff_executed(a, capture, params->executed, use, out, err);
    rw_qkfile_close(capture);
    return status;
}

/* Documents that are to be the same everywhere name files without their folders. */
static void drop_folders(char *path)
{
    char *slash = path ? strrchr(path, '/') : NULL;
    if (slash) memmove(path, slash + 1, strlen(slash + 1) + 1);
}

static ropewalk_status compare(const ropewalk_diff_params *params,
                               const ropewalk_run *settings, rw_model_diff *out,
                               ropewalk_error *err)
{
    rw_hparams a, b;
    rw_hparams_init(&a);
    rw_hparams_init(&b);
    const rw_diff_use use = {.target_context = params->target_context,
                             .position = params->position,
                             .n_position = params->n_position,
                             .changed = params->hf_overrides || given(&params->rope)};
    ropewalk_status status =
        rw_path_read(params->a, params->hf_overrides, &params->rope, settings, &a, err);
    if (!status && params->b)
        status = rw_path_read(params->b, NULL, NULL, settings, &b, err);
    if (settings->reproducible) {
        drop_folders(a.file);
        drop_folders(b.file);
    }
    if (!status && params->b)
        status = rw_diff_descriptions(&a, &b, &use, out, err);
    else if (!status && params->engines)
        status = diff_engines(&a, params, &use, out, err);
    else if (!status)
        status = diff_executed(&a, params, &use, out, err);
    rw_hparams_clear(&a);
    rw_hparams_clear(&b);
    return status;
}

ropewalk_status ropewalk_diff(const ropewalk_diff_params *params, const ropewalk_run *run,
                              ropewalk_result **result, ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    *result = NULL;
    if (!params->a || !params->b + !params->engines + !params->executed != 2)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "diff takes one description, and one of: another description, "
                       "engines, a capture");
    if (params->target_context < 0 || params->target_context > INT64_C(1) << 31)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "context %lld must lie in [0, 2147483648]",
                       (long long)params->target_context);
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (status) return status;
    rw_model_diff *diff = rw_calloc(1, sizeof *diff); /* large */
    if (!diff) return rw_fail_memory(err, "a comparison");
    rw_model_diff_init(diff);
    status = compare(params, &settings, diff, err);
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status) {
        rw_diff_text(diff, &(*result)->text);
        status = rw_result_finish(result, "diff", rw_diff_json(diff), &settings, err);
    }
    rw_model_diff_clear(diff);
    rw_free(diff);
    return status;
}
