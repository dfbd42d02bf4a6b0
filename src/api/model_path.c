/* model_path.c - which kind of PATH this is, and reading it. */
#define _POSIX_C_SOURCE 200809L
#include "api/model_path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "format/filemap.h"
#include "format/limits.h"
#include "model/facts.h"
#include "model/override.h"
#include "net/address.h"
#include "net/http.h"

static const char MODEL[] = "model:";

typedef struct request {
    const char *path, *hf_overrides;
    const ropewalk_run *run;
} request;

static ropewalk_status no_overrides(const char *path, ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "--hf-overrides changes a config.json, and %s is a GGUF file", path);
}

static bool is_gguf(const void *bytes, uint64_t n)
{
    return n >= 4 && memcmp(bytes, "GGUF", 4) == 0;
}

/* The text of a config.json with the overrides merged over it. */
static ropewalk_status read_merged(const request *r, const char *json, size_t n,
                                   const char *name, rw_hparams *out, ropewalk_error *err)
{
    rw_text merged;
    rw_text_init(&merged);
    ropewalk_status status =
        rw_config_merge(json, n, name, r->hf_overrides, &merged, err);
    if (!status) status = rw_hparams_read_config(merged.data, merged.len, name, out, err);
    rw_text_clear(&merged);
    return status;
}

static ropewalk_status read_model(const request *r, rw_hparams *out, ropewalk_error *err)
{
    const char *name = r->path + strlen(MODEL);
    const rw_fact *fact = rw_fact_find(name);
    if (!fact) {
        const rw_fact *like = rw_fact_like(name);
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "no model is called \"%.100s\" here%s%s%s: see `ropewalk list models`", name,
            like ? ", but \"" : "", like ? like->name : "", like ? "\" is one" : "");
    }
    if (!r->hf_overrides) return rw_fact_read(fact, out, err);
    return read_merged(r, fact->config, strlen(fact->config), r->path, out, err);
}

static ropewalk_status read_remote_merged(const request *r, const rw_source *source,
                                          rw_hparams *out, ropewalk_error *err)
{
    unsigned char magic[4] = {0};
    ropewalk_status status = ROPEWALK_OK;
    if (source->size >= sizeof magic)
        status = source->read(source->ctx, 0, sizeof magic, magic, err);
    if (!status && is_gguf(magic, sizeof magic)) status = no_overrides(source->name, err);
    if (!status && source->size > RW_MAX_CONFIG)
        status = rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s is larger than any config.json",
                         source->name);
    if (status) return status;
    const size_t n = (size_t)source->size;
    char *text = rw_malloc(n);
    if (!text) return rw_fail_memory(err, "a config.json");
    status = source->read(source->ctx, 0, n, text, err);
    if (!status) status = read_merged(r, text, n, source->name, out, err);
    rw_free(text);
    return status;
}

static ropewalk_status read_remote(const request *r, rw_hparams *out, ropewalk_error *err)
{
    rw_http_options options;
    rw_http *http;
    rw_http_options_init(&options);
    options.token = getenv("HF_TOKEN"); /* net/address.h says who may see it */
    if (r->run) {
        options.progress = r->run->progress;
        options.progress_ctx = r->run->progress_ctx;
    }
    ropewalk_status status = rw_http_open(r->path, &options, &http, err);
    if (status) return status;
    const rw_source *source = rw_http_source(http);
    status = r->hf_overrides ? read_remote_merged(r, source, out, err)
                             : rw_hparams_read_source(source, out, err);
    if (!status) out->n_byte_read = rw_http_received(http);
    rw_http_close(http);
    return status;
}

static ropewalk_status read_local_merged(const request *r, const char *file,
                                         rw_hparams *out, ropewalk_error *err)
{
    rw_filemap map;
    ropewalk_status status = rw_filemap_open(&map, file, err);
    if (status) return status;
    if (is_gguf(map.bytes, map.size))
        status = no_overrides(file, err);
    else if (map.size > RW_MAX_CONFIG)
        status =
            rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s is larger than any config.json", file);
    else
        status =
            read_merged(r, (const char *)map.bytes, (size_t)map.size, file, out, err);
    rw_filemap_close(&map);
    return status;
}

static ropewalk_status read_local(const request *r, rw_hparams *out, ropewalk_error *err)
{
    struct stat st;
    if (!r->hf_overrides) return rw_hparams_read_path(r->path, out, err);
    if (stat(r->path, &st) || !S_ISDIR(st.st_mode))
        return read_local_merged(r, r->path, out, err);
    rw_text file; /* of a folder only the config.json can be changed */
    rw_text_init(&file);
    rw_text_printf(&file, "%s/config.json", r->path);
    const ropewalk_status status = file.failed
                                       ? rw_fail_memory(err, "a path")
                                       : read_local_merged(r, file.data, out, err);
    rw_text_clear(&file);
    return status;
}

static bool is_local(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

ropewalk_status rw_path_read(const char *path, const char *hf_overrides,
                             const ropewalk_rope *rope, const ropewalk_run *run,
                             rw_hparams *out, ropewalk_error *err)
{
    const request r = {path, hf_overrides, run};
    ropewalk_status status;
    rw_hparams_init(out);
    if (!path || !*path)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a file, a folder, an address or model:NAME is needed");
    if (strncmp(path, MODEL, strlen(MODEL)) == 0 && !is_local(path))
        status = read_model(&r, out, err);
    else if (rw_is_address(path))
        status = read_remote(&r, out, err);
    else
        status = read_local(&r, out, err);
    if (!status && rope) status = rw_hparams_override(out, rope, err);
    if (status) rw_hparams_clear(out);
    return status;
}
