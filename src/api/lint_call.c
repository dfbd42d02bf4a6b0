/* lint_call.c - ropewalk_lint(): findings about descriptions. */
#include "api/handle.h"

void ropewalk_lint_params_init(ropewalk_lint_params *params)
{
    *params = (ropewalk_lint_params){.struct_size = sizeof *params, .rope = rw_no_rope};
}

ropewalk_status ropewalk_lint(const ropewalk_lint_params *params, const ropewalk_run *run,
                              ropewalk_result **result, ropewalk_error *err)
{
    (void)params;
    (void)run;
    *result = NULL;
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "lint is not in this build");
}

ropewalk_status ropewalk_lint_explain(const char *rule, ropewalk_result **result,
                                      ropewalk_error *err)
{
    *result = NULL;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "there is no rule \"%s\"", rule);
}
