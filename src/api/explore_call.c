/* explore_call.c - the page that explains and needs no document. */
#include "api/handle.h"
#include "report/report.h"

ropewalk_status ropewalk_explore(ropewalk_result **result, ropewalk_error *err)
{
    *result = NULL;
    ropewalk_result *r = rw_result_new(err);
    if (!r) return ROPEWALK_E_MEMORY;
    const ropewalk_status status = rw_explore_html(ropewalk_version(), &r->document, err);
    if (status)
        ropewalk_result_free(r);
    else
        *result = r;
    return status;
}
