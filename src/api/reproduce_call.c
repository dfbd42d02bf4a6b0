/* reproduce_call.c - ropewalk_reproduce(): the papers' claims, and the document they make. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/handle.h"
#include "base/outfile.h"
#include "paper/reproduction.h"

enum { MAX_PATH = 4096 };

void ropewalk_reproduce_params_init(ropewalk_reproduce_params *params)
{
    *params = (ropewalk_reproduce_params){.struct_size = sizeof *params};
}

typedef struct forward {
    const ropewalk_run *run;
    char stage[48];
} forward;

static int report_progress(void *ctx, int64_t done, int64_t total)
{
    const forward *f = ctx;
    return f->run->progress
               ? f->run->progress(f->run->progress_ctx, f->stage, done, total)
               : 0;
}

static void set_stage(void *ctx, const char *name)
{
    forward *f = ctx;
    (void)snprintf(f->stage, sizeof f->stage, "%s", name);
}

static ropewalk_status read_audit(const char *path, json_t **out, ropewalk_error *err)
{
    char *bytes;
    size_t n_byte;
    *out = NULL;
    if (!path) return ROPEWALK_OK;
    ropewalk_status status = ropewalk_file_read(path, &bytes, &n_byte, err);
    if (status) return status;
    status = rw_json_parse(bytes, n_byte, "the audit", out, err);
    ropewalk_bytes_free(bytes);
    if (status) return status;
    const char *kind = json_string_value(json_object_get(*out, "kind"));
    if (kind && strcmp(kind, "audit") == 0) return ROPEWALK_OK;
    status = rw_fail(err, ROPEWALK_E_FORMAT, 0,
                     "%.200s is not the JSON of an audit: kind is %.40s", path,
                     kind ? kind : "absent");
    json_decref(*out);
    *out = NULL;
    return status;
}

static ropewalk_status make_folder(const char *path, ropewalk_error *err)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot create %.200s: %s", path,
                   strerror(errno));
}

static ropewalk_status join(char out[MAX_PATH], const char *folder, const char *name,
                            const char *ending, ropewalk_error *err)
{
    if (snprintf(out, MAX_PATH, "%s/%s%s", folder, name, ending) < MAX_PATH)
        return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "the path of the output is too long");
}

/* Both folders, before any work. */
static ropewalk_status prepare(const char *folder, char pictures[MAX_PATH],
                               ropewalk_error *err)
{
    ropewalk_status status = join(pictures, folder, "reproduction", "", err);
    if (!status) status = make_folder(folder, err);
    if (!status) status = make_folder(pictures, err);
    return status;
}

static ropewalk_status write_all(const rw_reproduction *r, const char *folder,
                                 const char *pictures, ropewalk_error *err)
{
    char path[MAX_PATH];
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < r->n_claim; i++)
        for (uint32_t k = 0; k < r->section[i].n_picture && !status; k++) {
            const rw_picture *p = &r->section[i].picture[k];
            status = join(path, pictures, p->name, ".svg", err);
            if (!status) status = rw_outfile_save(path, p->svg.data, p->svg.len, err);
        }
    rw_text page;
    rw_text_init(&page);
    rw_reproduction_markdown(r, &page);
    if (!status && page.failed) status = rw_fail_memory(err, "the document");
    if (!status) status = join(path, folder, "reproduction", ".md", err);
    if (!status) status = rw_outfile_save(path, page.data, page.len, err);
    rw_text_clear(&page);
    return status;
}

ropewalk_status ropewalk_reproduce(const ropewalk_reproduce_params *p,
                                   const ropewalk_run *run, ropewalk_result **result,
                                   ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    json_t *audit = NULL;
    char pictures[MAX_PATH];
    rw_reproduction r = {.n_claim = 0};
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (!status && p->folder) status = prepare(p->folder, pictures, err);
    if (!status) status = read_audit(p->audit, &audit, err);
    forward f = {.run = &settings};
    rw_paper paper = {.n_thread = settings.n_thread,
                      .seed = settings.seed,
                      .kernels = kernels,
                      .quick = p->quick,
                      .audit = audit,
                      .progress = report_progress,
                      .progress_ctx = &f};
    if (!status) status = rw_reproduce(&paper, p->only, set_stage, &r, err);
    if (!status && p->folder) status = write_all(&r, p->folder, pictures, err);
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status) {
        if (p->folder)
            rw_reproduction_text(&r, &(*result)->text);
        else
            rw_reproduction_markdown(&r, &(*result)->text);
        status = rw_result_finish(result, "reproduction", rw_reproduction_json(&r),
                                  &settings, err);
    }
    rw_reproduction_clear(&r);
    json_decref(audit);
    return status;
}
