/* gguf_source.c - GGUF behind a source of bytes: as much of its head as the directory takes, and
 * later the few values that are asked for.
 *
 * Where the directory ends is known only when it has been read, and the tokenizer lies in it.
 * So the head grows until everything parses: doubled while it is small, by half after that, so
 * that at most half as much again as the directory is read, in some ten requests. */
#include "base/alloc.h"
#include "format/gguf_inside.h"

enum { FIRST_HEAD = 256 << 10, DOUBLED_TO = 4 << 20 };

static uint64_t next_size(uint64_t at_hand, uint64_t need, uint64_t whole)
{
    uint64_t next = at_hand ? at_hand + (at_hand < DOUBLED_TO ? at_hand : at_hand / 2)
                            : (uint64_t)FIRST_HEAD;
    if (next < need) next = need;
    if (next > RW_MAX_REMOTE_HEAD && need <= RW_MAX_REMOTE_HEAD)
        next = RW_MAX_REMOTE_HEAD;
    return next < whole ? next : whole;
}

static ropewalk_status grow(rw_gguf *g, uint64_t size, ropewalk_error *err)
{
    rw_gguf_remote *remote = g->remote;
    rw_gguf_member *m = &g->files[0];
    if (size > RW_MAX_REMOTE_HEAD)
        return rw_fail(err, ROPEWALK_E_FORMAT, m->n_byte,
                       "%.200s: the keys and the tensor directory go on beyond %u bytes, "
                       "more than is read of a remote file",
                       m->path, RW_MAX_REMOTE_HEAD);
    unsigned char *head = rw_realloc(remote->head, 1, (size_t)size);
    if (!head) return rw_fail_memory(err, "the head of a GGUF file");
    remote->head = head;
    m->bytes = head;
    const uint64_t n = size - m->n_byte;
    const ropewalk_status status = remote->source.read(remote->source.ctx, m->n_byte,
                                                       (size_t)n, head + m->n_byte, err);
    if (status) return status;
    remote->n_read += n;
    m->n_byte = size;
    return ROPEWALK_OK;
}

static ropewalk_status read_head(rw_gguf *g, ropewalk_error *err)
{
    const rw_gguf_member *m = &g->files[0];
    for (uint64_t need = 0;;) {
        ropewalk_status status = grow(g, next_size(m->n_byte, need, m->file_size), err);
        if (status) return status;
        status = rw_gguf_read_directory(g, &need, err);
        if (!status || !need) return status;
        rw_gguf_drop_directory(g);
    }
}

ropewalk_status rw_gguf_open_source(const rw_source *source, rw_gguf **out,
                                    ropewalk_error *err)
{
    *out = NULL;
    rw_gguf *g;
    uint64_t count;
    if (!source->size)
        return rw_fail(err, ROPEWALK_E_IO, 0, "%.300s is empty", source->name);
    ropewalk_status status = rw_gguf_new(source->name, &g, err);
    if (status) return status;
    g->remote = rw_calloc(1, sizeof *g->remote);
    if (!g->remote) {
        status = rw_fail_memory(err, "a GGUF reader");
    } else {
        g->remote->source = *source;
        g->files[0].file_size = source->size;
        status = read_head(g, err);
    }
    if (!status) status = rw_gguf_check_first(g, &count, err);
    if (status) {
        rw_gguf_close(g);
        return status;
    }
    *out = g;
    return ROPEWALK_OK;
}

ropewalk_status rw_gguf_fetch(const rw_gguf *g, uint64_t offset, uint64_t n,
                              unsigned char **out, ropewalk_error *err)
{
    rw_gguf_remote *remote = g->remote;
    *out = NULL;
    if (n > RW_MAX_FETCH)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, offset,
                       "%llu bytes at byte %llu of %.150s are more than the %u that are "
                       "read of a remote tensor",
                       (unsigned long long)n, (unsigned long long)offset,
                       g->files[0].path, RW_MAX_FETCH);
    unsigned char *bytes = rw_malloc((size_t)n);
    if (!bytes) return rw_fail_memory(err, "a remote tensor");
    const ropewalk_status status =
        remote->source.read(remote->source.ctx, offset, (size_t)n, bytes, err);
    if (status) {
        rw_free(bytes);
        return status;
    }
    remote->n_read += n;
    *out = bytes;
    return ROPEWALK_OK;
}

uint64_t rw_gguf_n_read(const rw_gguf *g)
{
    return g->remote ? g->remote->n_read : 0;
}
