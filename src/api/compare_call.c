/* compare_call.c - ropewalk_compare(): two documents into one. */
#include "ropewalk.h"

#include "api/handle.h"
#include "report/compare_report.h"

ropewalk_status ropewalk_compare(const char *a, size_t n_a, const char *b, size_t n_b,
                                 const char *const *name, const ropewalk_run *run,
                                 ropewalk_result **result, ropewalk_error *err)
{
    static const char *const place[] = {"the first document", "the second document"};
    const char *const *const called = name ? name : place;
    json_t *first = NULL, *second = NULL, *body = NULL;
    ropewalk_run resolved;
    const rw_kernels *kernels;
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &resolved, &kernels, err);
    if (!status) status = rw_json_parse(a, n_a, called[0], &first, err);
    if (!status) status = rw_json_parse(b, n_b, called[1], &second, err);
    if (!status) status = rw_compare_json(first, second, called, &body, err);
    json_decref(first);
    json_decref(second);
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (status) {
        json_decref(body);
        return status;
    }
    rw_compare_text(body, &(*result)->text);
    return rw_result_finish(result, "compare", body, &resolved, err);
}
