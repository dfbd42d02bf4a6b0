/* diff_call.c - ropewalk_diff(): descriptions and engines side by side. */
#include "api/handle.h"

void ropewalk_diff_params_init(ropewalk_diff_params *params)
{
    *params = (ropewalk_diff_params){.struct_size = sizeof *params, .rope = rw_no_rope};
}

ropewalk_status ropewalk_diff(const ropewalk_diff_params *params, const ropewalk_run *run,
                              ropewalk_result **result, ropewalk_error *err)
{
    (void)params;
    (void)run;
    *result = NULL;
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "diff is not in this build");
}
