/* ropewalk.c - results, defaults and files of the public interface. */
#define _POSIX_C_SOURCE 200809L
#include "ropewalk.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/handle.h"
#include "base/alloc.h"
#include "base/fpenv.h"
#include "base/outfile.h"
#include "base/pool.h"
#include "report/report.h"
#include "result/measured.h"
#include "rw_version.h"

const char *ropewalk_version(void)
{
    return RW_VERSION;
}

void ropewalk_run_init(ropewalk_run *run)
{
    *run = (ropewalk_run){.struct_size = sizeof *run, .seed = 1};
}

const ropewalk_rope rw_no_rope = {.rope_theta = (double)NAN,
                                  .scale = (double)NAN,
                                  .orig_ctx = (double)NAN,
                                  .ext_factor = (double)NAN,
                                  .attn_factor = (double)NAN,
                                  .beta_fast = (double)NAN,
                                  .beta_slow = (double)NAN,
                                  .low_freq_factor = (double)NAN,
                                  .high_freq_factor = (double)NAN};

void ropewalk_measure_params_init(ropewalk_measure_params *params)
{
    *params = (ropewalk_measure_params){.struct_size = sizeof *params,
                                        .layer = -1,
                                        .head = -1,
                                        .query_row = -1,
                                        .rotary_dim = -1,
                                        .score_scale = (double)NAN,
                                        .zeta = (double)NAN,
                                        .near_alias = (double)NAN,
                                        .rope = rw_no_rope};
}

void ropewalk_capture_params_init(ropewalk_capture_params *params)
{
    *params = (ropewalk_capture_params){.struct_size = sizeof *params};
}

void ropewalk_audit_params_init(ropewalk_audit_params *params)
{
    *params = (ropewalk_audit_params){.struct_size = sizeof *params,
                                      .score_scale = (double)NAN,
                                      .zeta = (double)NAN,
                                      .near_alias = (double)NAN};
}

void ropewalk_sweep_params_init(ropewalk_sweep_params *params)
{
    *params = (ropewalk_sweep_params){.struct_size = sizeof *params,
                                      .layer = -1,
                                      .head = -1,
                                      .rope = rw_no_rope,
                                      .rotary_dim = -1,
                                      .score_scale = (double)NAN,
                                      .zeta = (double)NAN,
                                      .threshold = (double)NAN};
}

ropewalk_result *rw_result_new(ropewalk_error *err)
{
    ropewalk_result *r = rw_calloc(1, sizeof *r);
    if (!r) {
        (void)rw_fail_memory(err, "a result");
        return NULL;
    }
    rw_text_init(&r->document);
    rw_text_init(&r->text);
    rw_text_init(&r->csv);
    rw_text_append(&r->document, "");
    rw_text_append(&r->text, "");
    rw_text_append(&r->csv, "");
    rw_text_init(&r->terminal);
    rw_text_append(&r->terminal, "");
    if (!r->document.failed && !r->text.failed && !r->csv.failed && !r->terminal.failed)
        return r;
    ropewalk_result_free(r);
    (void)rw_fail_memory(err, "a result");
    return NULL;
}

void ropewalk_result_free(ropewalk_result *result)
{
    if (!result) return;
    rw_text_clear(&result->document);
    rw_text_clear(&result->text);
    rw_text_clear(&result->csv);
    rw_text_clear(&result->terminal);
    rw_free(result);
}

const char *ropewalk_result_document(const ropewalk_result *result)
{
    return result->document.data;
}

const char *ropewalk_result_text(const ropewalk_result *result)
{
    return result->text.data;
}

const char *ropewalk_result_csv(const ropewalk_result *result)
{
    return result->csv.data;
}

const char *ropewalk_result_terminal(const ropewalk_result *result)
{
    return result->terminal.data;
}

int ropewalk_result_findings(const ropewalk_result *result, int severity)
{
    int n = 0;
    for (int s = severity < 0 ? 0 : severity; s < 3; s++)
        n += result->findings[s];
    return n;
}

int ropewalk_result_failures(const ropewalk_result *result)
{
    return result->failures;
}

static json_t *tool_object(const ropewalk_run *run)
{
    json_t *tool = json_pack("{s:s, s:s}", "name", "ropewalk", "version", RW_VERSION);
    rw_json_set(&tool, "seed", json_integer((json_int_t)run->seed));
    if (run->reproducible) return tool;
    const rw_kernels *k = rw_kernels_pick(run->isa);
    rw_json_set(&tool, "isa", json_string(k ? k->name : "ref"));
    rw_json_set(&tool, "threads", json_integer(run->n_thread));
    rw_json_set(&tool, "compiler", json_string(__VERSION__));
    rw_json_set(&tool, "build", json_string(RW_BUILD_TYPE));
    char created[32];
    const time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) &&
        strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc))
        rw_json_set(&tool, "created", json_string(created));
    return tool;
}

static void count_findings(ropewalk_result *r, const json_t *document)
{
    size_t i;
    const json_t *finding;
    json_array_foreach (json_object_get(document, "findings"), i, finding) {
        const char *severity = json_string_value(json_object_get(finding, "severity"));
        if (!severity) continue;
        r->findings[strcmp(severity, "error") == 0  ? 2
                    : strcmp(severity, "warn") == 0 ? 1
                                                    : 0]++;
    }
}

ropewalk_status rw_result_finish(ropewalk_result **result, const char *kind, json_t *body,
                                 const ropewalk_run *run, ropewalk_error *err)
{
    json_t *document = json_pack("{s:s, s:s, s:o}", "schema_version", "1.0", "kind", kind,
                                 "tool", tool_object(run));
    ropewalk_result *r = *result;
    if (document && body && json_object_update(document, body) == 0) {
        rw_json_write(document, 1, &r->document);
        count_findings(r, document);
    } else {
        r->document.failed = true;
    }
    json_decref(document);
    json_decref(body);
    if (!r->document.failed && !r->text.failed && !r->csv.failed && !r->terminal.failed)
        return ROPEWALK_OK;
    ropewalk_result_free(r);
    *result = NULL;
    return rw_fail_memory(err, "the document");
}

ropewalk_status rw_run_resolve(const ropewalk_run *run, ropewalk_run *out,
                               const rw_kernels **kernels, ropewalk_error *err)
{
    if (run)
        *out = *run;
    else
        ropewalk_run_init(out);
    if (out->n_thread < 0 || out->n_thread > 1024)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "threads must be 0 to 1024, not %d",
                       out->n_thread);
    if (out->n_thread == 0) {
        const int n_local = out->team && out->team->n_local > 0 ? out->team->n_local : 1;
        out->n_thread = rw_pool_default_threads() / n_local;
        if (out->n_thread < 1) out->n_thread = 1;
    }
    *kernels = rw_kernels_pick(out->isa);
    if (!*kernels)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "instruction set \"%s\" is unknown or this CPU does not run it",
                       out->isa);
    return rw_fpenv_check(err);
}

/* The next item of a comma list, trimmed; NULL at the end. */
static const char *next_item(const char **list, char item[64], int *too_long)
{
    const char *s = *list;
    if (!*s) return NULL;
    const size_t n = strcspn(s, ",");
    *too_long = n >= 64;
    const size_t kept = n < 64 ? n : 63;
    memcpy(item, s, kept);
    item[kept] = '\0';
    *list = s[n] ? s + n + 1 : s + n;
    return item;
}

ropewalk_status rw_parse_dtypes(const char *list, uint32_t *bits, ropewalk_error *err)
{
    char item[64];
    int too_long;
    *bits = 0;
    if (!list) list = "bf16";
    while (next_item(&list, item, &too_long)) {
        rw_dtype dtype;
        if (too_long || !rw_dtype_parse(item, &dtype))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "dtype \"%s\" is not one of bf16, f16, f32, e4m3, e5m2", item);
        *bits |= 1u << dtype;
    }
    if (*bits) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "the list of dtypes is empty");
}

ropewalk_status rw_parse_events(const char *list, uint32_t *bits, ropewalk_error *err)
{
    char item[64];
    int too_long;
    *bits = 0;
    if (!list || strcmp(list, "all") == 0) {
        *bits = RW_ALL_EVENTS;
        return ROPEWALK_OK;
    }
    while (next_item(&list, item, &too_long)) {
        int e = 0;
        while (e < RW_N_EVENT && strcmp(item, rw_event_name((rw_event)e)) != 0)
            e++;
        if (too_long || e == RW_N_EVENT)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "event \"%s\" is unknown: see `ropewalk list events`", item);
        *bits |= 1u << e;
    }
    if (*bits) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "the list of events is empty");
}

ropewalk_status rw_check_thresholds(double score_scale, double zeta, double near_alias,
                                    ropewalk_error *err)
{
    if (!isnan(score_scale) && (!isfinite(score_scale) || score_scale <= 0.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "score scale %g must be positive",
                       score_scale);
    if (!isnan(zeta) && !(zeta > 0.0 && zeta < 4.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "zeta %g must be between 0 and 4",
                       zeta);
    if (!isnan(near_alias) && !(near_alias >= 0.0 && isfinite(near_alias)))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "near-alias %g must not be negative",
                       near_alias);
    return ROPEWALK_OK;
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

ropewalk_status rw_sort_contexts(const int64_t *list, size_t n, int64_t **out,
                                 uint32_t *n_out, ropewalk_error *err)
{
    *out = NULL;
    *n_out = 0;
    if (n == 0 || n > 4096)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a list of 1 to 4096 contexts is needed");
    for (size_t i = 0; i < n; i++)
        if (list[i] < 1 || list[i] > (int64_t)1 << 31)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "context %lld is outside 1 to 2147483648", (long long)list[i]);
    int64_t *sorted = rw_array(n, sizeof *sorted);
    if (!sorted) return rw_fail_memory(err, "contexts");
    memcpy(sorted, list, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    uint32_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1]) sorted[kept++] = sorted[i];
    *out = sorted;
    *n_out = kept;
    return ROPEWALK_OK;
}

ropewalk_status ropewalk_report(const char *json, size_t n_byte, ropewalk_result **result,
                                ropewalk_error *err)
{
    return ropewalk_report_several(&json, &n_byte, NULL, 1, result, err);
}

ropewalk_status ropewalk_report_several(const char *const *json, const size_t *n_byte,
                                        const char *const *name, size_t n,
                                        ropewalk_result **result, ropewalk_error *err)
{
    enum { MOST = RW_REPORT_MAX_DOCUMENTS };
    const json_t *document[MOST];
    size_t n_read = 0;
    *result = NULL;
    if (n < 1 || n > MOST)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a page is made of 1 to %d documents",
                       MOST);
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < n && !status; i++) {
        json_t *read;
        status =
            rw_json_parse(json[i], n_byte[i], name ? name[i] : "the report", &read, err);
        if (!status) document[n_read++] = read;
    }
    ropewalk_result *r = status ? NULL : rw_result_new(err);
    if (r)
        status = rw_report_documents(document, name, n, &r->document, err);
    else if (!status)
        status = ROPEWALK_E_MEMORY;
    for (size_t i = 0; i < n_read; i++)
        json_decref((json_t *)(uintptr_t)document[i]);
    if (status)
        ropewalk_result_free(r);
    else
        *result = r;
    return status;
}

ropewalk_status ropewalk_file_read(const char *path, char **bytes, size_t *n_byte,
                                   ropewalk_error *err)
{
    return rw_file_read(path, (size_t)1 << 30, bytes, n_byte, err);
}

ropewalk_status rw_file_read(const char *path, size_t limit, char **bytes, size_t *n_byte,
                             ropewalk_error *err)
{
    *bytes = NULL;
    *n_byte = 0;
    FILE *f = fopen(path, "rb");
    if (!f)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot read %s: %s", path,
                       strerror(errno));
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, "");
    char chunk[65536];
    size_t n;
    while (!t.failed && t.len <= limit && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        rw_text_append_n(&t, chunk, n);
    const int failed = ferror(f), code = errno;
    (void)fclose(f);
    ropewalk_status status = ROPEWALK_OK;
    if (failed)
        status =
            rw_fail(err, ROPEWALK_E_IO, 0, "reading %s failed: %s", path, strerror(code));
    else if (t.failed)
        status = rw_fail_memory(err, path);
    else if (t.len > limit)
        status = rw_fail(err, ROPEWALK_E_FORMAT, limit, "%s is larger than %zu MiB", path,
                         limit >> 20);
    if (status) {
        rw_text_clear(&t);
        return status;
    }
    *bytes = t.data;
    *n_byte = t.len;
    return ROPEWALK_OK;
}

void ropewalk_bytes_free(char *bytes)
{
    rw_free(bytes);
}

ropewalk_status ropewalk_file_write(const char *path, const char *bytes, size_t n_byte,
                                    ropewalk_error *err)
{
    return rw_outfile_save(path, bytes, n_byte, err);
}
