/* hparams_open.c - which reader a path or a source of bytes is for, by its content. */
#include <string.h>

#include "base/alloc.h"
#include "format/filemap.h"
#include "format/folder.h"
#include "format/limits.h"
#include "model/config.h"

enum { N_HEAD = 9 }; /* bytes that tell kinds apart */

typedef enum content { GGUF, SAFETENSORS, TEXT } content;

static content sniff(const unsigned char *head, size_t n)
{
    if (n >= 4 && memcmp(head, "GGUF", 4) == 0) return GGUF;
    if (n < N_HEAD) return TEXT;
    uint64_t length = 0; /* of a safetensors header */
    for (int i = 7; i >= 0; i--)
        length = length << 8 | head[i];
    return head[8] == '{' && length <= RW_MAX_JSON_HEADER ? SAFETENSORS : TEXT;
}

static ropewalk_status refuse_safetensors(const char *name, ropewalk_error *err)
{
    return rw_fail(
        err, ROPEWALK_E_FORMAT, 0,
        "%.300s is a safetensors file, which says nothing about positions: give "
        "its folder, or the config.json in it",
        name);
}

/* A file that is not GGUF, in memory. */
static ropewalk_status read_text(const char *bytes, size_t n, const char *name,
                                 rw_hparams *hp, ropewalk_error *err)
{
    if (sniff((const unsigned char *)bytes, n) == SAFETENSORS)
        return refuse_safetensors(name, err);
    return rw_hparams_read_config(bytes, n, name, hp, err);
}

static ropewalk_status read_file(const char *path, rw_hparams *hp, ropewalk_error *err)
{
    rw_filemap map;
    ropewalk_status status = rw_filemap_open(&map, path, err);
    if (status) return status;
    const size_t n = (size_t)map.size;
    const bool gguf = sniff(map.bytes, n) == GGUF;
    if (!gguf) status = read_text((const char *)map.bytes, n, path, hp, err);
    rw_filemap_close(&map);
    return gguf ? rw_hparams_read_gguf(path, hp, err) : status;
}

static ropewalk_status read_folder(const char *path, rw_hparams *hp, ropewalk_error *err)
{
    char *config = rw_folder_path(path, "config.json");
    if (!config) return rw_fail_memory(err, "a file's name");
    ropewalk_status status = read_file(config, hp, err);
    rw_free(config);
    if (!status) status = rw_config_weights(path, hp, err);
    return status;
}

ropewalk_status rw_hparams_read_path(const char *path, rw_hparams *hp,
                                     ropewalk_error *err)
{
    rw_hparams_init(hp);
    const ropewalk_status status =
        rw_is_folder(path) ? read_folder(path, hp, err) : read_file(path, hp, err);
    if (status) rw_hparams_clear(hp);
    return status;
}

static ropewalk_status read_small_source(const rw_source *source, rw_hparams *hp,
                                         ropewalk_error *err)
{
    if (source->size > RW_MAX_CONFIG)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "%.300s is no GGUF file, and its %llu bytes are more than the limit "
            "of %u for a config.json",
            source->name, (unsigned long long)source->size, RW_MAX_CONFIG);
    const size_t n = (size_t)source->size;
    char *bytes = rw_malloc(n);
    if (!bytes) return rw_fail_memory(err, "a config.json");
    ropewalk_status status = source->read(source->ctx, 0, n, bytes, err);
    if (!status) status = read_text(bytes, n, source->name, hp, err);
    rw_free(bytes);
    return status;
}

ropewalk_status rw_hparams_read_source(const rw_source *source, rw_hparams *hp,
                                       ropewalk_error *err)
{
    rw_hparams_init(hp);
    unsigned char head[N_HEAD] = {0};
    const size_t n = source->size < N_HEAD ? (size_t)source->size : N_HEAD;
    ropewalk_status status = n ? source->read(source->ctx, 0, n, head, err) : ROPEWALK_OK;
    if (status) return status;
    switch (sniff(head, n)) {
    case GGUF: return rw_hparams_read_gguf_source(source, hp, err);
    case SAFETENSORS: return refuse_safetensors(source->name, err);
    case TEXT: return read_small_source(source, hp, err);
    }
    return ROPEWALK_E_FORMAT;
}
