/* gguf.c - checks a whole GGUF directory once, then answers from it.
 *
 * Every file is walked twice by the same code: the first walk checks and counts, the second,
 * after one allocation for each table, fills. So memory is bounded by what the file was seen
 * to hold, never by what it claims. */
#include "format/gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "format/cursor.h"
#include "format/filemap.h"
#include "format/gguf_bytes.h"
#include "format/number_le.h"

enum {
    MIN_KEY_BYTES = 8 + 4 + 1,        /* name length, type, smallest value */
    MIN_TENSOR_BYTES = 8 + 4 + 4 + 8, /* name length, n_dim, type, offset */
    DEFAULT_ALIGNMENT = 32,
};

typedef struct member {
    rw_filemap map; /* zero when the bytes are the caller's */
    const unsigned char *bytes;
    uint64_t n_byte, file_size; /* at hand, and in the whole file */
    char *path;
    uint32_t n_key, n_tensor;
    uint64_t alignment;
} member;

struct rw_gguf {
    uint32_t version;
    member *files;
    uint32_t n_file;
    rw_gguf_kv *keys;
    const rw_gguf_kv **keys_by_name;
    uint32_t n_key;
    rw_gguf_tensor *tensors;
    const rw_gguf_tensor **tensors_by_name;
    uint32_t n_tensor;
    char *names; /* all names, terminated, one after another */
    uint64_t names_len, names_used;
};

/* --- values -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t n_byte; /* least, for strings and arrays */
} type_facts[] = {
    [RW_GGUF_U8] = {"u8", 1},         [RW_GGUF_I8] = {"i8", 1},
    [RW_GGUF_U16] = {"u16", 2},       [RW_GGUF_I16] = {"i16", 2},
    [RW_GGUF_U32] = {"u32", 4},       [RW_GGUF_I32] = {"i32", 4},
    [RW_GGUF_F32] = {"f32", 4},       [RW_GGUF_BOOL] = {"bool", 1},
    [RW_GGUF_STRING] = {"string", 8}, [RW_GGUF_ARRAY] = {"array", 12},
    [RW_GGUF_U64] = {"u64", 8},       [RW_GGUF_I64] = {"i64", 8},
    [RW_GGUF_F64] = {"f64", 8},
};
enum { N_TYPE = sizeof type_facts / sizeof *type_facts };

const char *rw_gguf_type_name(rw_gguf_type type)
{
    return (unsigned)type < N_TYPE ? type_facts[type].name : "unknown";
}

/* Each returns false with c->error set; n bytes of a string at *s. */
static bool take_string(rw_cursor *c, uint64_t limit, const unsigned char **s,
                        uint64_t *n)
{
    const uint64_t at = c->pos;
    if (!rw_cursor_u64(c, n)) return false;
    if (*n > limit) {
        (void)rw_fail(
            &c->error, ROPEWALK_E_FORMAT, at,
            "at byte %llu %s has a string of %llu bytes, more than the limit of %llu",
            (unsigned long long)at, c->what, (unsigned long long)*n,
            (unsigned long long)limit);
        return false;
    }
    return rw_cursor_take(c, *n, s);
}

static bool take_type(rw_cursor *c, uint32_t *type)
{
    const uint64_t at = c->pos;
    if (!rw_cursor_u32(c, type)) return false;
    if (*type < N_TYPE) return true;
    (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, at,
                  "at byte %llu %s has unknown value type %lu", (unsigned long long)at,
                  c->what, (unsigned long)*type);
    return false;
}

static bool take_array_head(rw_cursor *c, uint32_t *type, uint64_t *count)
{
    if (!take_type(c, type)) return false;
    const uint64_t at = c->pos;
    if (!rw_cursor_u64(c, count)) return false;
    if (*count <= rw_cursor_left(c) / type_facts[*type].n_byte) return true;
    (void)rw_fail(
        &c->error, ROPEWALK_E_FORMAT, at,
        "at byte %llu %s claims an array of %llu elements, more than the %llu bytes "
        "left can hold",
        (unsigned long long)at, c->what, (unsigned long long)*count,
        (unsigned long long)rw_cursor_left(c));
    return false;
}

static bool skip_elements(rw_cursor *c, uint32_t type, uint64_t count, unsigned depth)
{
    const unsigned char *bytes;
    uint64_t n;
    if (type != RW_GGUF_STRING && type != RW_GGUF_ARRAY)
        return rw_cursor_take(c, count * type_facts[type].n_byte,
                              &bytes); /* fits: checked */
    if (type == RW_GGUF_ARRAY && depth >= RW_MAX_ARRAY_DEPTH) {
        (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, c->pos,
                      "at byte %llu %s nests arrays deeper than %u levels",
                      (unsigned long long)c->pos, c->what, RW_MAX_ARRAY_DEPTH);
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (type == RW_GGUF_STRING) {
            if (!take_string(c, RW_MAX_STRING, &bytes, &n)) return false;
        } else {
            uint32_t inner;
            if (!take_array_head(c, &inner, &n) || !skip_elements(c, inner, n, depth + 1))
                return false;
        }
    }
    return true;
}

/* --- the directory ------------------------------------------------------------------------- */

/* A name with its terminator; when filling, also its copy. */
static bool take_name(rw_cursor *c, rw_gguf *g, uint64_t limit, bool fill,
                      const char **name)
{
    const unsigned char *s;
    uint64_t n;
    const uint64_t at = c->pos;
    *name = NULL;
    if (!take_string(c, limit, &s, &n)) return false;
    if (n == 0 || memchr(s, 0, (size_t)n)) {
        (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, at,
                      "at byte %llu %s has a name that %s", (unsigned long long)at,
                      c->what, n ? "contains a NUL byte" : "is empty");
        return false;
    }
    if (fill) {
        if (n >= g->names_len - g->names_used) {
            (void)rw_fail(&c->error, ROPEWALK_E_IO, at,
                          "the file changed while it was read");
            return false;
        }
        char *copy = g->names + g->names_used;
        memcpy(copy, s, (size_t)n);
        copy[n] = '\0';
        *name = copy;
        g->names_used += n + 1;
    } else {
        g->names_len += n + 1;
    }
    return true;
}

static bool name_is(const rw_cursor *c, uint64_t at, const char *name)
{
    const uint64_t n = strlen(name);
    return rw_load_le(c->base + at, 8) == n &&
           memcmp(c->base + at + 8, name, (size_t)n) == 0;
}

static bool take_alignment(rw_cursor *c, member *m, bool is_array, uint32_t type,
                           uint64_t at)
{
    const uint64_t value =
        !is_array && type == RW_GGUF_U32 ? rw_load_le(c->base + at, 4) : 0;
    if (value && !(value & (value - 1)) && value <= RW_MAX_ALIGNMENT) {
        m->alignment = value;
        return true;
    }
    (void)rw_fail(
        &c->error, ROPEWALK_E_FORMAT, at,
        "key \"general.alignment\" at byte %llu must be a u32 power of two up to %u",
        (unsigned long long)at, RW_MAX_ALIGNMENT);
    return false;
}

static void walk_keys(rw_cursor *c, rw_gguf *g, member *m, rw_gguf_kv *keys)
{
    for (uint32_t i = 0; i < m->n_key; i++) {
        c->what = "the key table";
        rw_gguf_kv kv = {.count = 1};
        const uint64_t at = c->pos;
        uint32_t type;
        if (!take_name(c, g, RW_MAX_KEY_NAME, keys != NULL, &kv.name)) return;
        if (!take_type(c, &type)) return;
        kv.is_array = type == RW_GGUF_ARRAY;
        if (kv.is_array && !take_array_head(c, &type, &kv.count)) return;
        kv.type = (rw_gguf_type)type;
        kv.offset = c->pos;
        if (!skip_elements(c, type, kv.count, 1)) return;
        if (name_is(c, at, "general.alignment") &&
            !take_alignment(c, m, kv.is_array, type, kv.offset))
            return;
        if (keys) keys[i] = kv;
    }
}

static ropewalk_status check_tensor(rw_gguf_tensor *t, const member *m, rw_cursor *c)
{
    t->n_element = 1;
    for (uint32_t d = 0; d < t->n_dim; d++)
        if (!rw_mul_u64(t->n_element, t->dims[d], &t->n_element) ||
            t->n_element > INT64_MAX)
            return rw_fail(&c->error, ROPEWALK_E_FORMAT, t->entry_offset,
                           "the tensor at byte %llu has more than 2^63 elements",
                           (unsigned long long)t->entry_offset);
    uint32_t block, block_bytes;
    t->size_known = rw_ggml_type_block(t->type, &block, &block_bytes);
    if (t->size_known) {
        if (t->dims[0] % block != 0)
            return rw_fail(
                &c->error, ROPEWALK_E_FORMAT, t->entry_offset,
                "the tensor at byte %llu has rows of %llu elements, not a multiple of "
                "the %lu of a %s block",
                (unsigned long long)t->entry_offset, (unsigned long long)t->dims[0],
                (unsigned long)block, rw_ggml_type_name(t->type));
        if (!rw_mul_u64(t->n_element / block, block_bytes, &t->size_bytes))
            return rw_fail(&c->error, ROPEWALK_E_FORMAT, t->entry_offset,
                           "the tensor at byte %llu is larger than 2^64 bytes",
                           (unsigned long long)t->entry_offset);
    }
    if (t->offset % m->alignment != 0)
        return rw_fail(
            &c->error, ROPEWALK_E_FORMAT, t->entry_offset,
            "the tensor at byte %llu has data offset %llu, not a multiple of the "
            "alignment %llu",
            (unsigned long long)t->entry_offset, (unsigned long long)t->offset,
            (unsigned long long)m->alignment);
    return ROPEWALK_OK;
}

static void walk_tensors(rw_cursor *c, rw_gguf *g, const member *m,
                         rw_gguf_tensor *tensors)
{
    for (uint32_t i = 0; i < m->n_tensor; i++) {
        c->what = "the tensor directory";
        rw_gguf_tensor t = {.entry_offset = c->pos, .file = (uint32_t)(m - g->files)};
        for (uint32_t d = 0; d < RW_MAX_DIM; d++)
            t.dims[d] = 1;
        if (!take_name(c, g, RW_MAX_TENSOR_NAME, tensors != NULL, &t.name)) return;
        if (!rw_cursor_u32(c, &t.n_dim)) return;
        if (t.n_dim > RW_MAX_DIM) {
            (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, c->pos - 4,
                          "the tensor at byte %llu has %lu dimensions, more than %u",
                          (unsigned long long)t.entry_offset, (unsigned long)t.n_dim,
                          RW_MAX_DIM);
            return;
        }
        for (uint32_t d = 0; d < t.n_dim; d++)
            (void)rw_cursor_u64(c, &t.dims[d]);
        (void)rw_cursor_u32(c, &t.type);
        if (!rw_cursor_u64(c, &t.offset) || check_tensor(&t, m, c)) return;
        if (tensors) tensors[i] = t;
    }
}

/* Data start is known only after the directory: offsets become file offsets here. */
static ropewalk_status place_tensors(const member *m, uint64_t end, rw_gguf_tensor *t,
                                     ropewalk_error *err)
{
    const uint64_t start = (end + m->alignment - 1) / m->alignment * m->alignment;
    const uint64_t room = start < m->file_size ? m->file_size - start : 0;
    for (uint32_t i = 0; i < m->n_tensor; i++, t++) {
        if (t->offset > room || t->size_bytes > room - t->offset)
            return rw_fail(
                err, ROPEWALK_E_FORMAT, t->entry_offset,
                "tensor \"%.100s\" (entry at byte %llu) needs %llu bytes at %llu + "
                "%llu, but the file ends at %llu: truncated?",
                t->name, (unsigned long long)t->entry_offset,
                (unsigned long long)t->size_bytes, (unsigned long long)start,
                (unsigned long long)t->offset, (unsigned long long)m->file_size);
        t->offset += start;
    }
    return ROPEWALK_OK;
}

/* Magic, version and the two counts; c stands at the key table afterwards. */
static void take_header(rw_cursor *c, uint32_t *version, member *m)
{
    const unsigned char *magic;
    uint64_t n_tensor, n_key;
    c->what = "the header";
    if (!rw_cursor_take(c, 4, &magic)) return;
    if (memcmp(magic, "GGUF", 4) != 0) {
        (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, 0,
                      "this is not a GGUF file: it does not start with \"GGUF\"");
        return;
    }
    if (!rw_cursor_u32(c, version)) return;
    if (*version < 2 || *version > 3) {
        const uint32_t v = *version;
        if (v && !(v & 0xffff))
            (void)rw_fail(
                &c->error, ROPEWALK_E_UNSUPPORTED, 4,
                "this is a big-endian GGUF file; only little-endian ones are read");
        else
            (void)rw_fail(
                &c->error, v == 0 ? ROPEWALK_E_FORMAT : ROPEWALK_E_UNSUPPORTED, 4,
                "GGUF version %lu at byte 4 is not supported; versions 2 and 3 are",
                (unsigned long)v);
        return;
    }
    if (!rw_cursor_u64(c, &n_tensor) || !rw_cursor_u64(c, &n_key)) return;
    const uint64_t left = rw_cursor_left(c);
    if (n_tensor > RW_MAX_TENSOR || n_tensor > left / MIN_TENSOR_BYTES)
        (void)rw_fail(
            &c->error, ROPEWALK_E_FORMAT, 8,
            "the header claims %llu tensors: more than %s", (unsigned long long)n_tensor,
            n_tensor > RW_MAX_TENSOR ? "the limit of 1000000" : "the file can hold");
    else if (n_key > RW_MAX_KEY || n_key > left / MIN_KEY_BYTES)
        (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, 16,
                      "the header claims %llu keys: more than %s",
                      (unsigned long long)n_key,
                      n_key > RW_MAX_KEY ? "the limit of 1000000" : "the file can hold");
    m->n_tensor = (uint32_t)n_tensor;
    m->n_key = (uint32_t)n_key;
}

/* One walk over one file. keys and tensors NULL: check and count only. */
static ropewalk_status walk(rw_gguf *g, member *m, bool fill, rw_gguf_kv *keys,
                            rw_gguf_tensor *tensors, ropewalk_error *err)
{
    rw_cursor c = rw_cursor_make(m->bytes, m->n_byte, "the header");
    uint32_t version = 0;
    m->alignment = DEFAULT_ALIGNMENT;
    const uint32_t n_key = m->n_key, n_tensor = m->n_tensor;
    take_header(&c, &version, m);
    if (fill && !c.error.status && (m->n_key != n_key || m->n_tensor != n_tensor))
        (void)rw_fail(&c.error, ROPEWALK_E_IO, 8, "the file changed while it was read");
    if (!c.error.status) walk_keys(&c, g, m, fill ? keys : NULL);
    if (!c.error.status) walk_tensors(&c, g, m, fill ? tensors : NULL);
    if (!c.error.status && fill) (void)place_tensors(m, c.pos, tensors, &c.error);
    if (!g->version) g->version = version;
    if (!c.error.status) return ROPEWALK_OK;
    if (err) *err = c.error;
    return rw_fail_context(err, c.error.status, "%.200s", m->path);
}

static int compare_keys(const void *a, const void *b)
{
    const rw_gguf_kv *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int compare_tensors(const void *a, const void *b)
{
    const rw_gguf_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Sorted indices: duplicates are neighbours, and lookups are binary searches. */
static ropewalk_status sort_names(rw_gguf *g, ropewalk_error *err)
{
    for (uint32_t i = 0; i < g->n_key; i++)
        g->keys_by_name[i] = &g->keys[i];
    for (uint32_t i = 0; i < g->n_tensor; i++)
        g->tensors_by_name[i] = &g->tensors[i];
    if (g->n_key > 1) {
        qsort(g->keys_by_name, g->n_key, sizeof(void *), compare_keys);
        for (uint32_t i = 1; i < g->n_key; i++) {
            const rw_gguf_kv *a = g->keys_by_name[i - 1], *b = g->keys_by_name[i];
            if (strcmp(a->name, b->name) == 0) {
                const uint64_t at = a->offset > b->offset ? a->offset : b->offset;
                return rw_fail(err, ROPEWALK_E_FORMAT, at,
                               "%.200s: key \"%.100s\" stands twice, again at byte %llu",
                               g->files[0].path, a->name, (unsigned long long)at);
            }
        }
    }
    if (g->n_tensor > 1) {
        qsort(g->tensors_by_name, g->n_tensor, sizeof(void *), compare_tensors);
        for (uint32_t i = 1; i < g->n_tensor; i++) {
            const rw_gguf_tensor *a = g->tensors_by_name[i - 1],
                                 *b = g->tensors_by_name[i];
            if (strcmp(a->name, b->name) == 0) {
                const rw_gguf_tensor *again = a > b ? a : b;
                return rw_fail(
                    err, ROPEWALK_E_FORMAT, again->entry_offset,
                    "%.200s: tensor \"%.100s\" stands twice, again at byte %llu",
                    g->files[again->file].path, a->name,
                    (unsigned long long)again->entry_offset);
            }
        }
    }
    return ROPEWALK_OK;
}

/* Both walks over every member. Keys are kept of the first only; those of the others are
 * read into scratch behind them, so that the same code checks them. */
static ropewalk_status read_all(rw_gguf *g, ropewalk_error *err)
{
    uint64_t n_tensor = 0, n_key = 0;
    g->names_len = 0;
    for (uint32_t f = 0; f < g->n_file; f++) {
        const ropewalk_status status = walk(g, &g->files[f], false, NULL, NULL, err);
        if (status) return status;
        n_tensor += g->files[f].n_tensor;
        n_key += g->files[f].n_key;
    }
    if (n_tensor > RW_MAX_TENSOR || n_key > RW_MAX_KEY)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 8,
            "%.200s: the split set holds %llu tensors and %llu keys, more than the "
            "limit of 1000000",
            g->files[0].path, (unsigned long long)n_tensor, (unsigned long long)n_key);
    g->keys = rw_calloc((size_t)n_key, sizeof *g->keys);
    g->tensors = rw_calloc((size_t)n_tensor, sizeof *g->tensors);
    g->keys_by_name = rw_calloc((size_t)n_key, sizeof *g->keys_by_name);
    g->tensors_by_name = rw_calloc((size_t)n_tensor, sizeof *g->tensors_by_name);
    g->names = rw_malloc((size_t)g->names_len);
    if (!g->keys || !g->tensors || !g->keys_by_name || !g->tensors_by_name || !g->names)
        return rw_fail_memory(err, "a GGUF directory");
    rw_gguf_kv *keys = g->keys;
    rw_gguf_tensor *tensors = g->tensors;
    for (uint32_t f = 0; f < g->n_file; f++) {
        const ropewalk_status status = walk(g, &g->files[f], true, keys, tensors, err);
        if (status) return status;
        keys += g->files[f].n_key;
        tensors += g->files[f].n_tensor;
    }
    g->n_key = g->files[0].n_key;
    g->n_tensor = (uint32_t)n_tensor;
    return sort_names(g, err);
}

static void drop_directory(rw_gguf *g)
{
    rw_free(g->keys);
    rw_free(g->keys_by_name);
    rw_free(g->tensors);
    rw_free(g->tensors_by_name);
    rw_free(g->names);
    g->keys = NULL;
    g->keys_by_name = NULL;
    g->tensors = NULL;
    g->tensors_by_name = NULL;
    g->names = NULL;
    g->names_used = 0;
    g->n_key = g->n_tensor = 0;
}

void rw_gguf_close(rw_gguf *g)
{
    if (!g) return;
    drop_directory(g);
    for (uint32_t f = 0; g->files && f < g->n_file; f++) {
        rw_filemap_close(&g->files[f].map);
        rw_free(g->files[f].path);
    }
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
    member *files = rw_realloc(g->files, count, sizeof *files);
    if (!files) return rw_fail_memory(err, "a split set");
    g->files = files;
    for (uint32_t f = 1; f < count; f++) {
        member *m = &files[f];
        *m = (member){.path = member_path(files[0].path, stem, f + 1, count)};
        if (!m->path) return rw_fail_memory(err, "a split set");
        g->n_file = f + 1;
        ropewalk_status status = check_member(m->path, f, count, err);
        if (!status) status = rw_filemap_open(&m->map, m->path, err);
        if (status) return status;
        m->bytes = m->map.bytes;
        m->n_byte = m->file_size = m->map.size;
    }
    drop_directory(g);
    return read_all(g, err);
}

/* --- opening ------------------------------------------------------------------------------- */

static ropewalk_status new_reader(const char *path, rw_gguf **out, ropewalk_error *err)
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

ropewalk_status rw_gguf_open_memory(const void *bytes, uint64_t n, uint64_t file_size,
                                    const char *name, rw_gguf **out, ropewalk_error *err)
{
    *out = NULL;
    rw_gguf *g;
    ropewalk_status status = new_reader(name, &g, err);
    if (status) return status;
    g->files[0].bytes = bytes;
    g->files[0].n_byte = n;
    g->files[0].file_size = file_size > n ? file_size : n;
    status = read_all(g, err);
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
    uint64_t no, count, n_tensor;
    ropewalk_status status = new_reader(path, &g, err);
    if (status) return status;
    member *m = &g->files[0];
    status = rw_filemap_open(&m->map, path, err);
    if (status) goto failed;
    m->bytes = m->map.bytes;
    m->n_byte = m->file_size = m->map.size;
    status = read_all(g, err);
    if (status) goto failed;

    status = get_split(g, "split.count", RW_MAX_SPLIT, 0, &count, err);
    if (!status) status = get_split(g, "split.no", UINT64_MAX - 1, 0, &no, err);
    if (status) goto failed;
    if (count > 1 && no > 0) {
        status = refuse_later_member(g, no, count, err);
        goto failed;
    }
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

/* --- answers ------------------------------------------------------------------------------- */

const unsigned char *rw_gguf_bytes(const rw_gguf *g)
{
    return g->files[0].bytes;
}

uint32_t rw_gguf_version(const rw_gguf *g)
{
    return g->version;
}

uint32_t rw_gguf_n_file(const rw_gguf *g)
{
    return g->n_file;
}

const char *rw_gguf_path(const rw_gguf *g, uint32_t file)
{
    return file < g->n_file ? g->files[file].path : NULL;
}

uint32_t rw_gguf_n_key(const rw_gguf *g)
{
    return g->n_key;
}

const rw_gguf_kv *rw_gguf_key(const rw_gguf *g, uint32_t index)
{
    return index < g->n_key ? &g->keys[index] : NULL;
}

const rw_gguf_kv *rw_gguf_find_key(const rw_gguf *g, const char *name)
{
    const rw_gguf_kv wanted = {.name = name};
    const rw_gguf_kv *w = &wanted;
    if (!g->n_key) return NULL;
    const rw_gguf_kv *const *found =
        bsearch(&w, g->keys_by_name, g->n_key, sizeof(void *), compare_keys);
    return found ? *found : NULL;
}

uint32_t rw_gguf_n_tensor(const rw_gguf *g)
{
    return g->n_tensor;
}

const rw_gguf_tensor *rw_gguf_tensor_at(const rw_gguf *g, uint32_t index)
{
    return index < g->n_tensor ? &g->tensors[index] : NULL;
}

const rw_gguf_tensor *rw_gguf_find_tensor(const rw_gguf *g, const char *name)
{
    const rw_gguf_tensor wanted = {.name = name};
    const rw_gguf_tensor *w = &wanted;
    if (!g->n_tensor) return NULL;
    const rw_gguf_tensor *const *found =
        bsearch(&w, g->tensors_by_name, g->n_tensor, sizeof(void *), compare_tensors);
    return found ? *found : NULL;
}

ropewalk_status rw_gguf_tensor_read(const rw_gguf *g, const rw_gguf_tensor *t,
                                    uint64_t first, uint64_t n, double *out,
                                    ropewalk_error *err)
{
    const char *type = rw_ggml_type_name(t->type);
    if (!t->size_known || (strcmp(type, "F32") != 0 && strcmp(type, "F16") != 0 &&
                           strcmp(type, "BF16") != 0 && strcmp(type, "F64") != 0))
        return rw_fail(
            err, ROPEWALK_E_UNSUPPORTED, t->entry_offset,
            "tensor \"%.100s\" (entry at byte %llu) has type %s (%lu), whose values "
            "are not read here",
            t->name, (unsigned long long)t->entry_offset, type, (unsigned long)t->type);
    if (first > t->n_element || n > t->n_element - first)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, t->entry_offset,
            "tensor \"%.100s\" has %llu elements; %llu from %llu were asked for", t->name,
            (unsigned long long)t->n_element, (unsigned long long)n,
            (unsigned long long)first);
    const member *m = &g->files[t->file];
    const uint64_t width = t->n_element ? t->size_bytes / t->n_element : 1;
    if (t->offset > m->n_byte || (first + n) * width > m->n_byte - t->offset)
        return rw_fail(
            err, ROPEWALK_E_IO, t->offset,
            "the data of tensor \"%.100s\" at byte %llu is beyond the part of %.150s "
            "that was read",
            t->name, (unsigned long long)t->offset, m->path);
    const unsigned char *b = m->bytes + t->offset + first * width;
    for (uint64_t i = 0; i < n; i++, b += width) {
        if (width == 8)
            out[i] = rw_load_f64(b);
        else if (width == 4)
            out[i] = rw_load_f32(b);
        else
            out[i] = type[0] == 'B' ? rw_load_bf16(b) : rw_load_f16(b);
    }
    return ROPEWALK_OK;
}
