/* lint_call.c - ropewalk_lint(): findings about descriptions. */
#include <stdio.h>
#include <string.h>

#include "api/handle.h"
#include "api/model_path.h"
#include "base/alloc.h"
#include "lint/ignore.h"
#include "lint/lint.h"
#include "net/address.h"
#include "report/lint_report.h"
#include "report/rule_page.h"
#include "rw_version.h"

void ropewalk_lint_params_init(ropewalk_lint_params *params)
{
    *params = (ropewalk_lint_params){.struct_size = sizeof *params, .rope = rw_no_rope};
}

enum { MAX_RULE = 128, MAX_IGNORE = 1 << 20 };

/* Everything of one call. */
typedef struct linting {
    const rw_engine *engine[RW_MAX_ENGINE];
    size_t n_engine; /* 0: all */
    rw_lint_engine engine_text[RW_MAX_ENGINE];
    rw_rule_text rule[MAX_RULE];
    rw_ignore ignore;
    rw_lint_file *file;
    rw_lint_report report;
} linting;

static ropewalk_status parse_engines(const char *list, linting *l, ropewalk_error *err)
{
    if (!list || strcmp(list, "all") == 0) return ROPEWALK_OK;
    for (const char *s = list;; s++) {
        char name[32];
        const size_t n = strcspn(s, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(n < 32 ? n : 32), s);
        const rw_engine *engine = n < sizeof name ? rw_engine_find(name) : NULL;
        if (!engine)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "engine \"%s\" is unknown: see `ropewalk list engines`", name);
        size_t i = 0;
        while (i < l->n_engine && l->engine[i] != engine)
            i++;
        if (i == l->n_engine && i < RW_MAX_ENGINE) l->engine[l->n_engine++] = engine;
        s += n;
        if (!*s) return ROPEWALK_OK;
    }
}

static ropewalk_status read_ignore(const char *path, linting *l, ropewalk_error *err)
{
    char *bytes;
    size_t n;
    if (!path) return ROPEWALK_OK;
    ropewalk_status status = rw_file_read(path, MAX_IGNORE, &bytes, &n, err);
    if (status) return status;
    status = rw_ignore_parse(bytes, n, path, &l->ignore, err);
    ropewalk_bytes_free(bytes);
    return status;
}

static void describe_rules(linting *l)
{
    rw_lint_report *r = &l->report;
    for (size_t i = 0; i < MAX_RULE && rw_rule_table[i]; i++)
        l->rule[r->n_rule++] =
            (rw_rule_text){rw_rule_table[i]->id, rw_rule_table[i]->title,
                           rw_rule_page(rw_rule_table[i]), rw_rule_table[i]->severity};
    for (size_t i = 0; l->n_engine ? i < l->n_engine : rw_engine_table[i] != NULL; i++) {
        const rw_engine *engine = l->n_engine ? l->engine[i] : rw_engine_table[i];
        if (r->n_engine < RW_MAX_ENGINE)
            l->engine_text[r->n_engine++] =
                (rw_lint_engine){engine->name, engine->version};
    }
    r->rule = l->rule;
    r->engine = l->engine_text;
    r->ignore = l->ignore.list;
    r->n_ignore = l->ignore.n;
}

/* What a report may say of a path: of an address neither query nor fragment, which may hold a
 * signature that opens the file. */
static char *shown_path(const char *path)
{
    return path && rw_is_address(path) ? rw_strndup(path, strcspn(path, "?#"))
                                       : rw_strdup(path ? path : "");
}

/* Without folders, so that outputs of two machines can be compared. */
static void shorten(char *path)
{
    char *slash = path ? strrchr(path, '/') : NULL;
    if (slash && slash[1]) memmove(path, slash + 1, strlen(slash + 1) + 1);
}

static void shorten_all(rw_lint_file *file)
{
    shorten(file->path);
    for (uint32_t i = 0; i < file->findings.n; i++)
        shorten(file->findings.list[i].file);
    for (uint32_t i = 0; i < file->findings.n_skipped; i++)
        shorten(file->findings.skipped[i].file);
}

static ropewalk_status lint_path(const ropewalk_lint_params *params,
                                 const ropewalk_run *run, const char *path, linting *l,
                                 rw_lint_file *file, ropewalk_error *err)
{
    rw_hparams hp;
    ropewalk_status status =
        rw_path_read(path, params->hf_overrides, &params->rope, run, &hp, err);
    if (status) return status;
    status = rw_lint_run(&hp, l->engine, l->n_engine, params->target_context,
                         &file->findings, err);
    rw_hparams_clear(&hp);
    return status ? status
                  : rw_ignore_apply(&l->ignore, file->path, &file->findings, err);
}

/* What ends the whole call: a single path that cannot be read, or anything that is no path's
 * fault. Otherwise the path carries its failure, and the next one is read. */
static ropewalk_status lint_all(const ropewalk_lint_params *params,
                                const ropewalk_run *run, linting *l, int *n_failed,
                                ropewalk_error *err)
{
    for (size_t i = 0; i < params->n_path; i++) {
        rw_lint_file *file = &l->file[i];
        if (run->progress &&
            run->progress(run->progress_ctx, "lint", (int64_t)i, (int64_t)params->n_path))
            return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
        file->path = shown_path(params->path[i]);
        if (!file->path) return rw_fail_memory(err, "findings");
        ropewalk_error why = {0};
        const ropewalk_status status =
            lint_path(params, run, params->path[i], l, file, &why);
        if (status == ROPEWALK_E_MEMORY || status == ROPEWALK_E_INTERRUPTED ||
            (status && params->n_path == 1)) {
            if (err) *err = why;
            return status;
        }
        if (status) {
            ++*n_failed;
            file->failure = rw_strdup(why.message);
            if (!file->failure) return rw_fail_memory(err, "findings");
        }
        if (run->reproducible) shorten_all(file);
    }
    return ROPEWALK_OK;
}

static ropewalk_status write_document(const linting *l, int sarif,
                                      const ropewalk_run *run, ropewalk_result **result,
                                      ropewalk_error *err)
{
    rw_lint_text(&l->report, &(*result)->text);
    if (!sarif)
        return rw_result_finish(result, "lint", rw_lint_json(&l->report), run, err);
    json_t *document = rw_lint_sarif(&l->report, RW_VERSION);
    ropewalk_result *r = *result;
    if (document)
        rw_json_write(document, 1, &r->document);
    else
        r->document.failed = true;
    json_decref(document);
    for (size_t i = 0; i < l->report.n_file; i++)
        for (uint32_t k = 0; k < l->report.file[i].findings.n; k++) {
            const rw_finding *f = &l->report.file[i].findings.list[k];
            if (!f->ignored) r->findings[f->severity]++;
        }
    if (!r->document.failed && !r->text.failed) return ROPEWALK_OK;
    ropewalk_result_free(r);
    *result = NULL;
    return rw_fail_memory(err, "the document");
}

ropewalk_status ropewalk_lint(const ropewalk_lint_params *params, const ropewalk_run *run,
                              ropewalk_result **result, ropewalk_error *err)
{
    linting l = {0};
    ropewalk_run settings;
    const rw_kernels *kernels;
    int n_failed = 0;
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (!status && params->n_path == 0)
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "no path is given");
    if (!status &&
        (params->target_context < 0 || params->target_context > (int64_t)1 << 31))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "target context %lld is outside 0 to 2147483648",
                         (long long)params->target_context);
    if (!status) status = parse_engines(params->engines, &l, err);
    if (!status) status = read_ignore(params->ignore_file, &l, err);
    if (!status) {
        l.file = rw_calloc(params->n_path, sizeof *l.file);
        if (!l.file) status = rw_fail_memory(err, "findings");
    }
    if (!status) status = lint_all(params, &settings, &l, &n_failed, err);
    if (!status) {
        describe_rules(&l);
        l.report.file = l.file;
        l.report.n_file = params->n_path;
        l.report.target_context = params->target_context;
        l.report.ignore_file = params->ignore_file;
        *result = rw_result_new(err);
        status = *result ? write_document(&l, params->sarif, &settings, result, err)
                         : ROPEWALK_E_MEMORY;
    }
    if (*result) (*result)->failures = n_failed;
    for (size_t i = 0; l.file && i < params->n_path; i++) {
        rw_free(l.file[i].path);
        rw_free(l.file[i].failure);
        rw_findings_clear(&l.file[i].findings);
    }
    rw_free(l.file);
    rw_ignore_clear(&l.ignore);
    return status;
}

ropewalk_status ropewalk_lint_explain(const char *rule, ropewalk_result **result,
                                      ropewalk_error *err)
{
    *result = NULL;
    const rw_rule *found = rw_rule_find(rule);
    if (!found && (strncmp(rule, "RWD", 3) == 0 || strncmp(rule, "RWX", 3) == 0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "\"%s\" is no rule of lint but a difference that diff or audit "
                       "reports: docs/formats.md lists them",
                       rule);
    if (!found)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "there is no rule \"%s\": see `ropewalk list rules`", rule);
    ropewalk_result *r = rw_result_new(err);
    if (!r) return ROPEWALK_E_MEMORY;
    rw_rule_page_plain(rw_rule_page(found), &r->text);
    *result = r;
    json_t *body = json_object();
    rw_json_set(&body, "rule", json_string(found->id));
    rw_json_set(&body, "severity", json_string(rw_severity_name(found->severity)));
    rw_json_set(&body, "title", rw_json_str(found->title));
    rw_json_set(&body, "page", rw_json_str(rw_rule_page(found)));
    ropewalk_run run;
    ropewalk_run_init(&run);
    run.reproducible = 1;
    return rw_result_finish(result, "rule", body, &run, err);
}
