/* inspect_call.c - ropewalk_inspect(): a model's description as document and text. */
#include <math.h>
#include <string.h>

#include "api/handle.h"
#include "api/model_path.h"
#include "model/model.h"
#include "model/override.h"
#include "model/profiles.h"
#include "report/inspect_json.h"
#include "report/inspect_text.h"

void ropewalk_inspect_params_init(ropewalk_inspect_params *params)
{
    *params =
        (ropewalk_inspect_params){.struct_size = sizeof *params, .rope = rw_no_rope};
}

static ropewalk_status find_engine(const char *name, const rw_engine **out,
                                   ropewalk_error *err)
{
    *out = name ? rw_engine_find(name) : NULL;
    if (!name || *out) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "engine \"%s\" is unknown: see `ropewalk list engines`", name);
}

/* Without folders, so that a document does not depend on where it was made. */
static void strip_folder(rw_model_info *info)
{
    const char *slash = info->source ? strrchr(info->source, '/') : NULL;
    if (slash) memmove(info->source, slash + 1, strlen(slash + 1) + 1);
}

static ropewalk_status present(const rw_inspect_view *view, const ropewalk_run *run,
                               ropewalk_result **result, ropewalk_error *err)
{
    *result = rw_result_new(err);
    if (!*result) return ROPEWALK_E_MEMORY;
    rw_inspect_text(view, &(*result)->text);
    return rw_result_finish(result, "inspect", rw_inspect_json(view), run, err);
}

ropewalk_status ropewalk_inspect(const ropewalk_inspect_params *params,
                                 const ropewalk_run *run, ropewalk_result **result,
                                 ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    rw_hparams hp;
    rw_model_info info;
    rw_precision_table precision;
    uint32_t profiles = 0;
    rw_model_use use = {.context = params->context, .length = params->length};
    *result = NULL;
    rw_hparams_init(&hp);
    rw_model_info_init(&info);
    rw_precision_table_init(&precision);
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (!status) status = find_engine(params->engine, &use.engine, err);
    if (!status && params->precision)
        status = rw_profiles_parse(params->precision, &profiles, err);
    if (!status)
        status = rw_path_read(params->path, params->hf_overrides, &params->rope,
                              &settings, &hp, err);
    if (!status) status = rw_model_describe(&hp, &use, &info, err);
    if (!status) status = rw_note_overrides(&info, params->hf_overrides, err);
    if (!status && profiles)
        status = rw_precision_table_build(&info, &hp, profiles, &precision, err);
    if (!status) {
        if (settings.reproducible) strip_folder(&info);
        const rw_engine *engine = info.engine ? rw_engine_find(info.engine) : NULL;
        const rw_inspect_view view = {.info = &info,
                                      .engine_version = engine ? engine->version : NULL,
                                      .precision = profiles ? &precision : NULL,
                                      .n_byte_read = hp.n_byte_read};
        status = present(&view, &settings, result, err);
    }
    rw_precision_table_clear(&precision);
    rw_model_info_clear(&info);
    rw_hparams_clear(&hp);
    return status;
}
