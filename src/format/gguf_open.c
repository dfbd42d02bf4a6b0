/* gguf_open.c - opening GGUF: one mapped file, a split set of them, or bytes in memory. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/gguf_inside.h"

ropewalk_status rw_gguf_new(const char *path, rw_gguf **out, ropewalk_error *err)
{
    rw_gguf *g = rw_calloc(1, sizeof *g);
    if (g) g->files = rw_calloc(1, sizeof *g->files);
    if (g && g->files) g->files[0].path = rw_strdup(path);
    if (!g || !g->files || !g->files[0].path) {
        rw_gguf_close(g);
        return rw_fail_memory(err, "a GGUF reader");
    }
    g->n_file = 1;
    *out = g;
    return ROPEWALK_OK;
}

void rw_gguf_close(rw_gguf *g)
{
    if (!g) return;
    rw_gguf_drop_directory(g);
    for (uint32_t f = 0; g->files && f < g->n_file; f++) {
        rw_filemap_close(&g->files[f].map);
        rw_free(g->files[f].path);
    }
    if (g->remote) rw_free(g->remote->head);
    rw_free(g->remote);
    rw_free(g->files);
    rw_free(g);
}

/* --- split sets ---------------------------------------------------------------------------- */

/* "x-00002-of-00003.gguf": the length of "x", or 0. */
static size_t split_stem(const char *path, uint32_t *member_number, uint32_t *count)
{
    static const char shape[] = "-00000-of-00000.gguf";
    const size_t n = strlen(path), tail = sizeof shape - 1;
    *member_number = *count = 0;
    if (n <= tail) return 0;
    const char *s = path + n - tail;
    for (size_t i = 0; i < tail; i++) {
        if (shape[i] != '0') {
            if (s[i] != shape[i]) return 0;
            continue;
        }
        if (s[i] < '0' || s[i] > '9') return 0;
        uint32_t *number = i < 7 ? member_number : count;
        *number = *number * 10 + (uint32_t)(s[i] - '0');
    }
    return n - tail;
}

static char *member_path(const char *path, size_t stem, uint32_t number, uint32_t count)
{
    const size_t n = strlen(path) + 16;
    char *p = rw_malloc(n);
    if (p)
        (void)snprintf(p, n, "%.*s-%05lu-of-%05lu.gguf", (int)stem, path,
                       (unsigned long)number, (unsigned long)count);
    return p;
}

static ropewalk_status get_split(const rw_gguf *g, const char *name, uint64_t limit,
                                 uint64_t fallback, uint64_t *out, ropewalk_error *err)
{
    *out = fallback;
    if (!rw_gguf_find_key(g, name)) return ROPEWALK_OK;
    const ropewalk_status status = rw_gguf_get_u64(g, name, out, err);
    if (status) return status;
    if (*out <= limit) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_FORMAT, rw_gguf_find_key(g, name)->offset,
                   "%.200s: key \"%s\" is %llu, more than the limit of %llu",
                   g->files[0].path, name, (unsigned long long)*out,
                   (unsigned long long)limit);
}

static ropewalk_status refuse_later_member(const rw_gguf *g, uint64_t no, uint64_t count,
                                           ropewalk_error *err)
{
    const char *path = g->files[0].path;
    uint32_t number, named_count;
    const size_t stem = split_stem(path, &number, &named_count);
    char *first = stem ? member_path(path, stem, 1, named_count) : NULL;
    const ropewalk_status status =
        rw_fail(err, ROPEWALK_E_UNSUPPORTED, rw_gguf_find_key(g, "split.no")->offset,
                "%.150s is member %llu of %llu of a split set; open the first, %.150s",
                path, (unsigned long long)no + 1, (unsigned long long)count,
                first ? first : "whose name ends in -00001-of-NNNNN.gguf");
    rw_free(first);
    return status;
}

ropewalk_status rw_gguf_check_first(const rw_gguf *g, uint64_t *count,
                                    ropewalk_error *err)
{
    uint64_t no;
    ropewalk_status status = get_split(g, "split.count", RW_MAX_SPLIT, 0, count, err);
    if (!status) status = get_split(g, "split.no", UINT64_MAX - 1, 0, &no, err);
    if (!status && *count > 1 && no > 0) status = refuse_later_member(g, no, *count, err);
    return status;
}

/* A later member must say that it is the one its name says. */
static ropewalk_status check_member(const char *path, uint64_t no, uint64_t count,
                                    ropewalk_error *err)
{
    rw_gguf *g;
    uint64_t its_no, its_count;
    rw_filemap map;
    ropewalk_status status = rw_filemap_open(&map, path, err);
    if (status)
        return rw_fail_context(err, status,
                               "member %llu of %llu of the split set is missing",
                               (unsigned long long)no + 1, (unsigned long long)count);
    status = rw_gguf_open_memory(map.bytes, map.size, 0, path, &g, err);
    if (!status) {
        status = get_split(g, "split.no", UINT64_MAX, UINT64_MAX, &its_no, err);
        if (!status) status = get_split(g, "split.count", UINT64_MAX, 0, &its_count, err);
        if (!status && (its_no != no || its_count != count))
            status = rw_fail(
                err, ROPEWALK_E_FORMAT, 0,
                "%.200s: keys split.no and split.count do not say member %llu of %llu",
                path, (unsigned long long)no + 1, (unsigned long long)count);
        rw_gguf_close(g);
    }
    rw_filemap_close(&map);
    return status;
}

static ropewalk_status open_members(rw_gguf *g, uint32_t count, ropewalk_error *err)
{
    uint32_t number, named_count;
    const char *path = g->files[0].path;
    const size_t stem = split_stem(path, &number, &named_count);
    if (!stem || number != 1 || named_count != count)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%.200s is the first of %lu files, but its name does not end in "
                       "-00001-of-%05lu.gguf, so the others cannot be found",
                       path, (unsigned long)count, (unsigned long)count);
    rw_gguf_member *files = rw_realloc(g->files, count, sizeof *files);
    if (!files) return rw_fail_memory(err, "a split set");
    g->files = files;
    for (uint32_t f = 1; f < count; f++) {
        rw_gguf_member *m = &files[f];
        *m = (rw_gguf_member){.path = member_path(files[0].path, stem, f + 1, count)};
        if (!m->path) return rw_fail_memory(err, "a split set");
        g->n_file = f + 1;
        ropewalk_status status = check_member(m->path, f, count, err);
        if (!status) status = rw_filemap_open(&m->map, m->path, err);
        if (status) return status;
        m->bytes = m->map.bytes;
        m->n_byte = m->file_size = m->map.size;
    }
    rw_gguf_drop_directory(g);
    return rw_gguf_read_directory(g, NULL, err);
}

/* --- opening ------------------------------------------------------------------------------- */

ropewalk_status rw_gguf_open_memory(const void *bytes, uint64_t n, uint64_t file_size,
                                    const char *name, rw_gguf **out, ropewalk_error *err)
{
    *out = NULL;
    rw_gguf *g;
    ropewalk_status status = rw_gguf_new(name, &g, err);
    if (status) return status;
    g->files[0].bytes = bytes;
    g->files[0].n_byte = n;
    g->files[0].file_size = file_size > n ? file_size : n;
    status = rw_gguf_read_directory(g, NULL, err);
    if (status) {
        rw_gguf_close(g);
        return status;
    }
    *out = g;
    return ROPEWALK_OK;
}

ropewalk_status rw_gguf_open(const char *path, rw_gguf **out, ropewalk_error *err)
{
    *out = NULL;
    rw_gguf *g;
    uint64_t count, n_tensor;
    ropewalk_status status = rw_gguf_new(path, &g, err);
    if (status) return status;
    rw_gguf_member *m = &g->files[0];
    status = rw_filemap_open(&m->map, path, err);
    if (status) goto failed;
    m->bytes = m->map.bytes;
    m->n_byte = m->file_size = m->map.size;
    status = rw_gguf_read_directory(g, NULL, err);
    if (status) goto failed;

    status = rw_gguf_check_first(g, &count, err);
    if (status) goto failed;
    if (count > 1) {
        status = open_members(g, (uint32_t)count, err);
        if (!status)
            status = get_split(g, "split.tensors.count", UINT64_MAX, g->n_tensor,
                               &n_tensor, err);
        if (!status && n_tensor != g->n_tensor)
            status = rw_fail(
                err, ROPEWALK_E_FORMAT,
                rw_gguf_find_key(g, "split.tensors.count")->offset,
                "%.200s: the split set should hold %llu tensors, its files hold %lu",
                path, (unsigned long long)n_tensor, (unsigned long)g->n_tensor);
        if (status) goto failed;
    }
    *out = g;
    return ROPEWALK_OK;

failed:
    rw_gguf_close(g);
    return status;
}
