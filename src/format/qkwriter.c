/* qkwriter.c - writes a capture: header first, then tensors in place. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/outfile.h"
#include "format/number_le.h"
#include "format/qkfile.h"

typedef struct slot {
    uint64_t offset, size_bytes, written; /* offset in the file */
} slot;

struct rw_qkwriter {
    rw_outfile file;
    slot *slots;
    uint32_t n_tensor;
    uint64_t at; /* where the stream stands */
};

static ropewalk_status seek_to(rw_qkwriter *w, uint64_t offset, ropewalk_error *err)
{
    if (offset == w->at) return ROPEWALK_OK;
    if (!w->file.temporary)
        return rw_fail(
            err, ROPEWALK_E_IO, offset,
            "cannot write %.200s: a pipe or device takes a capture in file order only",
            w->file.path);
    if (fseeko(w->file.stream, (off_t)offset, SEEK_SET) != 0)
        return rw_fail(err, ROPEWALK_E_IO, offset, "writing %.200s failed: %s",
                       w->file.path, strerror(errno));
    w->at = offset;
    return ROPEWALK_OK;
}

/* New references are given away: json_object_set_new frees its value on failure too. */
static bool add_tensor(json_t *header, const rw_qk_tensor *t, uint64_t begin,
                       uint64_t end)
{
    json_t *shape = json_array();
    for (uint32_t d = 0; d < t->n_dim; d++)
        if (json_array_append_new(shape, json_integer((json_int_t)t->shape[d]))) {
            json_decref(shape);
            return false;
        }
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", t->dtype, "shape", shape,
                              "data_offsets", (json_int_t)begin, (json_int_t)end);
    return json_object_set_new(header, t->name, entry) == 0;
}

static ropewalk_status layout(rw_qkwriter *w, const rw_qk_tensor *tensors, json_t *header,
                              uint64_t *total, ropewalk_error *err)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < w->n_tensor; i++) {
        const rw_qk_tensor *t = &tensors[i];
        uint64_t size = strcmp(t->dtype, "F32") == 0 ? 4 : 8;
        bool good =
            memchr(t->name, 0, sizeof t->name) && t->name[0] && t->n_dim <= 4 &&
            strcmp(t->name, "__metadata__") != 0 && !json_object_get(header, t->name) &&
            (size == 4 || strcmp(t->dtype, "F64") == 0 || strcmp(t->dtype, "I64") == 0);
        for (uint32_t d = 0; good && d < t->n_dim; d++)
            good = rw_mul_u64(size, t->shape[d], &size);
        if (!good || size > INT64_MAX - at)
            return rw_fail(
                err, ROPEWALK_E_ARGUMENT, 0,
                "tensor %lu of the capture has no valid, unused name, dtype or shape",
                (unsigned long)i);
        w->slots[i] = (slot){.offset = at, .size_bytes = size};
        at += size;
        if (!add_tensor(header, t, w->slots[i].offset, at))
            return rw_fail_memory(err, "a capture's header");
    }
    *total = at;
    return ROPEWALK_OK;
}

/* The header is padded with spaces so that the data begin on a multiple of 8. */
static ropewalk_status write_header(rw_qkwriter *w, const json_t *header, uint64_t total,
                                    ropewalk_error *err)
{
    rw_text text;
    ropewalk_status status;
    unsigned char length[8];
    rw_text_init(&text);
    rw_json_write(header, 0, &text);
    while (!text.failed && text.len % 8 != 0)
        rw_text_append_n(&text, " ", 1);
    if (text.failed) {
        status = rw_fail_memory(err, "a capture's header");
        goto done;
    }
    for (unsigned i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)text.len >> (8 * i));
    const uint64_t start = 8 + (uint64_t)text.len;
    if (total > INT64_MAX - start) {
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "the capture is larger than a file can be");
        goto done;
    }
    status = rw_outfile_write(&w->file, length, sizeof length, err);
    if (!status) status = rw_outfile_write(&w->file, text.data, text.len, err);
    if (!status && w->file.temporary &&
        (fflush(w->file.stream) != 0 ||
         ftruncate(fileno(w->file.stream), (off_t)(start + total)) != 0))
        status = rw_fail(err, ROPEWALK_E_IO, 0, "writing %.200s failed: %s", w->file.path,
                         strerror(errno));
    w->at = start;
    for (uint32_t i = 0; i < w->n_tensor; i++)
        w->slots[i].offset += start;
done:
    rw_text_clear(&text);
    return status;
}

static ropewalk_status add_metadata(json_t *header, const char *const *metadata,
                                    uint32_t n_metadata, ropewalk_error *err)
{
    json_t *o = json_object();
    for (uint32_t i = 0; i + 1 < n_metadata; i += 2)
        if (!metadata[i] || !metadata[i + 1] ||
            json_object_set_new(o, metadata[i], rw_json_str(metadata[i + 1]))) {
            json_decref(o);
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "metadata key %lu of the capture or its value is NULL or not "
                           "UTF-8, or memory is short",
                           (unsigned long)i / 2);
        }
    return json_object_set_new(header, "__metadata__", o)
               ? rw_fail_memory(err, "metadata")
               : ROPEWALK_OK;
}

ropewalk_status rw_qkwriter_open(const char *path, const rw_qk_tensor *tensors,
                                 uint32_t n_tensor, const char *const *metadata,
                                 uint32_t n_metadata, rw_qkwriter **out,
                                 ropewalk_error *err)
{
    uint64_t total = 0;
    *out = NULL;
    if (n_metadata % 2 != 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a metadata key of the capture has no value");
    json_t *header = NULL;
    rw_qkwriter *w = rw_calloc(1, sizeof *w);
    if (w) w->slots = rw_calloc(n_tensor, sizeof *w->slots);
    if (w) header = json_object();
    if (!w || !w->slots || !header) {
        json_decref(header);
        rw_qkwriter_abort(w);
        return rw_fail_memory(err, "a capture writer");
    }
    w->n_tensor = n_tensor;
    ropewalk_status status = add_metadata(header, metadata, n_metadata, err);
    if (!status) status = layout(w, tensors, header, &total, err);
    if (!status) status = rw_outfile_open(&w->file, path, err);
    if (!status) status = write_header(w, header, total, err);
    json_decref(header);
    if (status) {
        rw_qkwriter_abort(w);
        return status;
    }
    *out = w;
    return ROPEWALK_OK;
}

ropewalk_status rw_qkwriter_write(rw_qkwriter *w, uint32_t tensor, uint64_t offset,
                                  const void *bytes, uint64_t n, ropewalk_error *err)
{
    if (tensor >= w->n_tensor || offset > w->slots[tensor].size_bytes ||
        n > w->slots[tensor].size_bytes - offset)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "bytes %" PRIu64 " to %" PRIu64 " + %" PRIu64
                       " are outside tensor %lu of the capture",
                       offset, offset, n, (unsigned long)tensor);
    slot *s = &w->slots[tensor];
    if (n == 0) return ROPEWALK_OK;
    ropewalk_status status = seek_to(w, s->offset + offset, err);
    if (!status) status = rw_outfile_write(&w->file, bytes, (size_t)n, err);
    if (status) return status;
    w->at += n;
    s->written += n > UINT64_MAX - s->written ? UINT64_MAX - s->written : n;
    return ROPEWALK_OK;
}

ropewalk_status rw_qkwriter_commit(rw_qkwriter *w, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < w->n_tensor && !status; i++)
        if (w->slots[i].written < w->slots[i].size_bytes)
            status = rw_fail(
                err, ROPEWALK_E_ARGUMENT, w->slots[i].offset,
                "tensor %lu of the capture received %" PRIu64 " of %" PRIu64 " bytes",
                (unsigned long)i, w->slots[i].written, w->slots[i].size_bytes);
    if (!status) status = rw_outfile_commit(&w->file, err);
    rw_qkwriter_abort(w);
    return status;
}

void rw_qkwriter_abort(rw_qkwriter *w)
{
    if (!w) return;
    rw_outfile_abort(&w->file);
    rw_free(w->slots);
    rw_free(w);
}
