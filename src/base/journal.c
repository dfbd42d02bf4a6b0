/* journal.c - checkpoint files: header, records with two checksums each, a lock. */
#define _GNU_SOURCE
#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/pack.h"

enum { HEADER = 24, HEAD = 24, TAIL = 8, BLOCK = 1 << 20 };
static const char magic[8] = {'r', 'o', 'p', 'e', 'c', 'k', 'p', '1'};

struct rw_journal {
    char *path;
    int fd;
    uint64_t key, end;
    rw_journal_record *record; /* sorted, as the file was opened with */
    size_t n_record;
};

static ropewalk_status pack_header(uint64_t key, rw_packer *p, ropewalk_error *err)
{
    rw_pack_bytes(p, magic, sizeof magic);
    rw_pack_u64(p, key);
    if (!p->failed) rw_pack_u64(p, rw_digest(0, p->bytes, p->n));
    return p->failed ? rw_fail_memory(err, "a checkpoint") : ROPEWALK_OK;
}

/* Whether the file begins as a checkpoint of this job does. *whole: all of the header is there. */
static ropewalk_status check_header(const rw_source *s, uint64_t key, int *whole,
                                    ropewalk_error *err)
{
    uint8_t there[HEADER] = {0};
    const size_t n = s->size < HEADER ? (size_t)s->size : HEADER;
    *whole = n == HEADER;
    ropewalk_status status = n ? s->read(s->ctx, 0, n, there, err) : ROPEWALK_OK;
    if (status) return status;
    rw_packer ours = {0};
    status = pack_header(key, &ours, err);
    const int same = !status && memcmp(there, ours.bytes, n) == 0;
    rw_packer_clear(&ours);
    if (status || same) return status;
    rw_unpacker u = {.bytes = there, .n = n, .at = sizeof magic + 8};
    if (!*whole || memcmp(there, magic, sizeof magic) != 0 ||
        rw_unpack_u64(&u) != rw_digest(0, there, sizeof magic + 8))
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%s is no checkpoint of this version: it is left as it is",
                       s->name);
    return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                   "the checkpoint %s is of another job (other settings, seed or "
                   "version): remove it or name another file",
                   s->name);
}

/* The digest of n bytes from `offset`, followed in the file by what it should be. */
static ropewalk_status check_payload(const rw_source *s, uint64_t seed, uint64_t offset,
                                     uint64_t n, uint8_t *block, int *good,
                                     ropewalk_error *err)
{
    uint64_t digest = seed;
    uint8_t expected[TAIL];
    for (uint64_t done = 0; done < n;) {
        const size_t take = n - done < BLOCK ? (size_t)(n - done) : BLOCK;
        const ropewalk_status status = s->read(s->ctx, offset + done, take, block, err);
        if (status) return status;
        digest = rw_digest(digest, block, take);
        done += take;
    }
    const ropewalk_status status = s->read(s->ctx, offset + n, TAIL, expected, err);
    rw_unpacker u = {.bytes = expected, .n = TAIL};
    *good = !status && rw_unpack_u64(&u) == digest;
    return status;
}

static uint64_t payload_digest(uint64_t seed, const uint8_t *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        const size_t take = n - done < BLOCK ? n - done : BLOCK;
        seed = rw_digest(seed, bytes + done, take);
        done += take;
    }
    return seed;
}

static int by_item(const void *a, const void *b)
{
    const rw_journal_record *x = a, *y = b;
    if (x->stage != y->stage) return x->stage < y->stage ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static ropewalk_status spoiled(const rw_source *s, uint64_t offset, ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, offset,
                   "the checkpoint %s is damaged at byte %llu: remove it to count anew",
                   s->name, (unsigned long long)offset);
}

ropewalk_status rw_journal_scan(const rw_source *source, uint64_t key,
                                rw_journal_record **record, size_t *n_record,
                                uint64_t *end, ropewalk_error *err)
{
    *record = NULL;
    *n_record = 0;
    *end = 0;
    int whole;
    ropewalk_status status = check_header(source, key, &whole, err);
    if (status || !whole) return status;
    uint8_t *block = rw_malloc(BLOCK), head[HEAD];
    rw_journal_record *list = NULL;
    size_t n = 0, room = 0;
    uint64_t at = HEADER;
    if (!block) status = rw_fail_memory(err, "a checkpoint");
    while (!status && source->size - at >= HEAD) {
        status = source->read(source->ctx, at, HEAD, head, err);
        if (status) break;
        rw_unpacker u = {.bytes = head, .n = HEAD};
        const rw_journal_record r = {.stage = rw_unpack_u32(&u),
                                     .item = rw_unpack_u32(&u),
                                     .n = rw_unpack_u64(&u),
                                     .offset = at + HEAD};
        const uint64_t digest = rw_digest(key, head, HEAD - 8);
        if (rw_unpack_u64(&u) != digest) {
            status = spoiled(source, at, err);
            break;
        }
        const uint64_t left = source->size - r.offset;
        if (left < TAIL || r.n > left - TAIL) break; /* cut off */
        int good;
        status = check_payload(source, digest, r.offset, r.n, block, &good, err);
        if (!status && !good) status = spoiled(source, r.offset, err);
        if (!status && n == room) {
            room = room ? 2 * room : 64;
            rw_journal_record *grown = rw_realloc(list, room, sizeof *list);
            if (!grown) status = rw_fail_memory(err, "a checkpoint");
            if (grown) list = grown;
        }
        if (status) break;
        list[n++] = r;
        at = r.offset + r.n + TAIL;
    }
    if (!status && n) qsort(list, n, sizeof *list, by_item);
    for (size_t i = 1; i < n && !status; i++)
        if (by_item(&list[i - 1], &list[i]) == 0)
            status = spoiled(source, list[i].offset, err);
    rw_free(block);
    if (status) {
        rw_free(list);
        return status;
    }
    *record = list;
    *n_record = n;
    *end = at;
    return ROPEWALK_OK;
}

static ropewalk_status read_fd(void *ctx, uint64_t offset, size_t n, void *out,
                               ropewalk_error *err)
{
    const rw_journal *j = ctx;
    for (size_t done = 0; done < n;) {
        const ssize_t got =
            pread(j->fd, (uint8_t *)out + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return rw_fail(err, ROPEWALK_E_IO, offset,
                           "cannot read the checkpoint %s: %s", j->path,
                           got < 0 ? strerror(errno) : "it became shorter");
        done += (size_t)got;
    }
    return ROPEWALK_OK;
}

/* At the end of what is good; on failure the file is cut back to there. */
static ropewalk_status write_end(rw_journal *j, const uint8_t *bytes, size_t n,
                                 ropewalk_error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t put = pwrite(j->fd, bytes + done, n - done, (off_t)(j->end + done));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            const int code = put < 0 ? errno : ENOSPC;
            (void)!ftruncate(j->fd, (off_t)j->end);
            return rw_fail(err, ROPEWALK_E_IO, j->end,
                           "cannot write the checkpoint %s: %s", j->path, strerror(code));
        }
        done += (size_t)put;
    }
    j->end += n;
    return ROPEWALK_OK;
}

static ropewalk_status begin(rw_journal *j, ropewalk_error *err)
{
    struct stat st;
    j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (j->fd < 0 || fstat(j->fd, &st) != 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot open the checkpoint %s: %s",
                       j->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return rw_fail(err, ROPEWALK_E_IO, 0, "the checkpoint %s is not a regular file",
                       j->path);
    /* A file system without locks is no reason not to work; one that is locked is. */
    if (flock(j->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "the checkpoint %s is in use by another process", j->path);
    if (fstat(j->fd, &st) != 0) /* its size, now that nobody else writes */
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot open the checkpoint %s: %s",
                       j->path, strerror(errno));
    const rw_source source = {
        .name = j->path, .size = (uint64_t)st.st_size, .read = read_fd, .ctx = j};
    ropewalk_status status =
        rw_journal_scan(&source, j->key, &j->record, &j->n_record, &j->end, err);
    if (!status && j->end < source.size && ftruncate(j->fd, (off_t)j->end) != 0)
        status = rw_fail(err, ROPEWALK_E_IO, 0, "cannot write the checkpoint %s: %s",
                         j->path, strerror(errno));
    if (status || j->end) return status;
    rw_packer header = {0};
    status = pack_header(j->key, &header, err);
    if (!status) status = write_end(j, header.bytes, header.n, err);
    rw_packer_clear(&header);
    return status;
}

ropewalk_status rw_journal_open(const char *path, uint64_t key, rw_journal **out,
                                ropewalk_error *err)
{
    *out = NULL;
    rw_journal *j = rw_calloc(1, sizeof *j);
    if (!j) return rw_fail_memory(err, "a checkpoint");
    j->fd = -1;
    j->key = key;
    j->path = rw_strdup(path);
    const ropewalk_status status =
        j->path ? begin(j, err) : rw_fail_memory(err, "a checkpoint");
    if (status)
        rw_journal_close(j);
    else
        *out = j;
    return status;
}

void rw_journal_close(rw_journal *j)
{
    if (!j) return;
    if (j->fd >= 0) (void)close(j->fd);
    rw_free(j->record);
    rw_free(j->path);
    rw_free(j);
}

const char *rw_journal_path(const rw_journal *j)
{
    return j->path;
}

ropewalk_status rw_journal_read(const rw_journal *j, uint32_t stage, uint32_t item,
                                uint8_t **bytes, size_t *n, ropewalk_error *err)
{
    const rw_journal_record wanted = {.stage = stage, .item = item};
    *bytes = NULL;
    *n = 0;
    const rw_journal_record *r =
        j->n_record ? bsearch(&wanted, j->record, j->n_record, sizeof wanted, by_item)
                    : NULL;
    if (!r) return ROPEWALK_OK;
    uint8_t *to = rw_malloc((size_t)r->n + 1);
    if (!to) return rw_fail_memory(err, "a record of a checkpoint");
    const ropewalk_status status =
        read_fd((void *)(uintptr_t)j, r->offset, (size_t)r->n, to, err);
    if (status) {
        rw_free(to);
        return status;
    }
    *bytes = to;
    *n = (size_t)r->n;
    return ROPEWALK_OK;
}

ropewalk_status rw_journal_append(rw_journal *j, uint32_t stage, uint32_t item,
                                  const void *bytes, size_t n, ropewalk_error *err)
{
    rw_packer p = {0};
    rw_pack_u32(&p, stage);
    rw_pack_u32(&p, item);
    rw_pack_u64(&p, n);
    const uint64_t digest = p.failed ? 0 : rw_digest(j->key, p.bytes, p.n);
    rw_pack_u64(&p, digest);
    rw_pack_bytes(&p, bytes, n);
    rw_pack_u64(&p, payload_digest(digest, bytes, n));
    ropewalk_status status = ROPEWALK_OK;
    if (p.failed) status = rw_fail_memory(err, "a record of a checkpoint");
    if (!status) status = write_end(j, p.bytes, p.n, err);
    rw_packer_clear(&p);
    return status;
}

ropewalk_status rw_journal_agree(rw_journal *j, uint32_t stage, uint32_t item,
                                 uint64_t value, const char *otherwise,
                                 ropewalk_error *err)
{
    uint8_t *there;
    size_t n;
    ropewalk_status status = rw_journal_read(j, stage, item, &there, &n, err);
    if (status) return status;
    if (there) {
        rw_unpacker u = {.bytes = there, .n = n};
        if (rw_unpack_u64(&u) != value || !rw_unpack_complete(&u))
            status = rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s", otherwise);
        rw_free(there);
        return status;
    }
    rw_packer p = {0};
    rw_pack_u64(&p, value);
    status = p.failed ? rw_fail_memory(err, "a record of a checkpoint")
                      : rw_journal_append(j, stage, item, p.bytes, p.n, err);
    rw_packer_clear(&p);
    return status;
}
