/* inspect_call.c - ropewalk_inspect(): a model's description as document and text. */
#include <string.h>

#include "api/handle.h"
#include "model/model.h"
#include "report/inspect_json.h"
#include "report/inspect_text.h"

void ropewalk_inspect_params_init(ropewalk_inspect_params *params)
{
    *params =
        (ropewalk_inspect_params){.struct_size = sizeof *params, .rope = rw_no_rope};
}

ropewalk_status ropewalk_inspect(const ropewalk_inspect_params *params,
                                 const ropewalk_run *run, ropewalk_result **result,
                                 ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (status) return status;
    rw_model_info info;
    status = rw_model_open_gguf(params->path, params->context, &info, err);
    if (status) return status;
    if (settings.reproducible && info.source) { /* no folders */
        const char *slash = strrchr(info.source, '/');
        if (slash) memmove(info.source, slash + 1, strlen(slash + 1) + 1);
    }
    *result = rw_result_new(err);
    if (*result) {
        rw_inspect_text(&info, params->context, &(*result)->text);
        status =
            rw_result_finish(result, "inspect", rw_inspect_json(&info), &settings, err);
    } else {
        status = ROPEWALK_E_MEMORY;
    }
    rw_model_info_clear(&info);
    return status;
}
