/* handle.h - what a ropewalk_result is made of, shared by the files of this room. */
#ifndef RW_API_HANDLE_H
#define RW_API_HANDLE_H
#include "base/json.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "ropewalk.h"

struct ropewalk_result {
    rw_text document, text, csv, terminal;
    int findings[3]; /* info, warn, error */
    int failures;
};

/** Every member "not given". */
extern const ropewalk_rope rw_no_rope;

/** A new result with both texts empty; NULL and E_MEMORY in *err when refused. */
ropewalk_result *rw_result_new(ropewalk_error *err);

/** Add schema_version, kind and tool in front of `body` (which is consumed, NULL when memory was
 *  short), write it as the result's document, count its findings. Frees *result on failure. */
ropewalk_status rw_result_finish(ropewalk_result **result, const char *kind, json_t *body,
                                 const ropewalk_run *run, ropewalk_error *err);

/** The defaults where `run` is NULL; checks the floating-point environment and picks kernels. */
ropewalk_status rw_run_resolve(const ropewalk_run *run, ropewalk_run *out,
                               const rw_kernels **kernels, ropewalk_error *err);

/** ropewalk_file_read() with a limit of its own, in whole MiB. */
ropewalk_status rw_file_read(const char *path, size_t limit, char **bytes, size_t *n_byte,
                             ropewalk_error *err);

/** "bf16,f16" as bits; NULL gives bf16. */
ropewalk_status rw_parse_dtypes(const char *list, uint32_t *bits, ropewalk_error *err);
/** Event names as bits; NULL gives all. */
ropewalk_status rw_parse_events(const char *list, uint32_t *bits, ropewalk_error *err);
/** Of measurement and theory; NaN: not given. */
ropewalk_status rw_check_thresholds(double score_scale, double zeta, double near_alias,
                                    ropewalk_error *err);
/** A copy, ascending and without repeats, each within 1 .. 2^31. */
ropewalk_status rw_sort_contexts(const int64_t *list, size_t n, int64_t **out,
                                 uint32_t *n_out, ropewalk_error *err);
#endif
