/* reproduce_call.c - ropewalk_reproduce(): the papers' claims, and the document they make. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handle.h"
#include "base/alloc.h"
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

typedef struct place {
    const char *folder;
    char pictures[MAX_PATH];
    bool made_folder, made_pictures;
} place;

static ropewalk_status make_folder(const char *path, bool *made, ropewalk_error *err)
{
    *made = mkdir(path, 0777) == 0;
    if (*made || errno == EEXIST) return ROPEWALK_OK;
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
static ropewalk_status prepare(place *at, ropewalk_error *err)
{
    ropewalk_status status = join(at->pictures, at->folder, "reproduction", "", err);
    if (!status) status = make_folder(at->folder, &at->made_folder, err);
    if (!status) status = make_folder(at->pictures, &at->made_pictures, err);
    return status;
}

/* What was made for a document that has not come about. */
static void leave(const place *at)
{
    if (at->made_pictures) (void)rmdir(at->pictures);
    if (at->made_folder) (void)rmdir(at->folder);
}

static ropewalk_status write_file(rw_outfile *f, const char *folder, const char *name,
                                  const char *ending, const rw_text *text,
                                  ropewalk_error *err)
{
    char path[MAX_PATH];
    ropewalk_status status = join(path, folder, name, ending, err);
    if (!status) status = rw_outfile_open(f, path, err);
    if (!status) status = rw_outfile_write(f, text->data, text->len, err);
    return status ? status : rw_outfile_finish(f, err);
}

/* The document and its pictures: all of them, or none. */
static ropewalk_status write_all(const rw_reproduction *r, const place *at,
                                 ropewalk_error *err)
{
    size_t n_file = 1, n = 0;
    for (uint32_t i = 0; i < r->n_claim; i++)
        n_file += r->section[i].n_picture;
    rw_outfile *file = rw_calloc(n_file, sizeof *file);
    rw_text page;
    rw_text_init(&page);
    rw_reproduction_markdown(r, &page);
    ropewalk_status status =
        file && !page.failed ? ROPEWALK_OK : rw_fail_memory(err, "the document");
    for (uint32_t i = 0; i < r->n_claim; i++)
        for (uint32_t k = 0; k < r->section[i].n_picture && !status; k++) {
            const rw_picture *p = &r->section[i].picture[k];
            status = write_file(&file[n++], at->pictures, p->name, ".svg", &p->svg, err);
        }
    if (!status)
        status = write_file(&file[n++], at->folder, "reproduction", ".md", &page, err);
    for (size_t i = 0; i < n && !status; i++)
        status = rw_outfile_commit(&file[i], err);
    for (size_t i = 0; i < n; i++)
        rw_outfile_abort(&file[i]);
    rw_text_clear(&page);
    rw_free(file);
    return status;
}

ropewalk_status ropewalk_reproduce(const ropewalk_reproduce_params *p,
                                   const ropewalk_run *run, ropewalk_result **result,
                                   ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    json_t *audit = NULL;
    place at = {.folder = p->folder};
    rw_reproduction r = {.n_claim = 0};
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (!status && p->folder) status = prepare(&at, err);
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
    if (!status && p->folder) status = write_all(&r, &at, err);
    if (status) leave(&at);
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
