/* gguf.c - checks a whole GGUF directory once, then answers from it.
 *
 * Every file is walked twice by the same code: the first walk checks and counts, the second,
 * after one allocation for each table, fills. So memory is bounded by what the file was seen
 * to hold, never by what it claims. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "format/cursor.h"
#include "format/gguf_inside.h"
#include "format/number_le.h"

enum {
    MIN_KEY_BYTES = 8 + 4 + 1,        /* name length, type, smallest value */
    MIN_TENSOR_BYTES = 8 + 4 + 4 + 8, /* name length, n_dim, type, offset */
    DEFAULT_ALIGNMENT = 32,
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

static bool take_alignment(rw_cursor *c, rw_gguf_member *m, bool is_array, uint32_t type,
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

static void walk_keys(rw_cursor *c, rw_gguf *g, rw_gguf_member *m, rw_gguf_kv *keys)
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

static ropewalk_status check_tensor(rw_gguf_tensor *t, const rw_gguf_member *m,
                                    rw_cursor *c)
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

static void walk_tensors(rw_cursor *c, rw_gguf *g, const rw_gguf_member *m,
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
static ropewalk_status place_tensors(const rw_gguf_member *m, uint64_t end,
                                     rw_gguf_tensor *t, ropewalk_error *err)
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
static void take_header(rw_cursor *c, uint32_t *version, rw_gguf_member *m)
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
static ropewalk_status walk(rw_gguf *g, rw_gguf_member *m, bool fill, rw_gguf_kv *keys,
                            rw_gguf_tensor *tensors, uint64_t *need, ropewalk_error *err)
{
    rw_cursor c = rw_cursor_make(m->bytes, m->n_byte, "the header");
    c.whole = m->file_size;
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
    if (need) *need = c.need;
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
ropewalk_status rw_gguf_read_directory(rw_gguf *g, uint64_t *need, ropewalk_error *err)
{
    uint64_t n_tensor = 0, n_key = 0;
    g->names_len = 0;
    for (uint32_t f = 0; f < g->n_file; f++) {
        const ropewalk_status status =
            walk(g, &g->files[f], false, NULL, NULL, need, err);
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
        const ropewalk_status status =
            walk(g, &g->files[f], true, keys, tensors, need, err);
        if (status) return status;
        keys += g->files[f].n_key;
        tensors += g->files[f].n_tensor;
    }
    g->n_key = g->files[0].n_key;
    g->n_tensor = (uint32_t)n_tensor;
    return sort_names(g, err);
}

void rw_gguf_drop_directory(rw_gguf *g)
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

/* --- answers ------------------------------------------------------------------------------- */

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
    if (!n)
        return ROPEWALK_OK; /* an empty tensor may stand behind the end of a cut file */
    const rw_gguf_member *m = &g->files[t->file];
    const uint64_t width = t->size_bytes / t->n_element;
    const uint64_t at = t->offset + first * width;
    const unsigned char *b;
    unsigned char *fetched = NULL;
    if (at > m->n_byte || n * width > m->n_byte - at) {
        if (!g->remote)
            return rw_fail(err, ROPEWALK_E_IO, t->offset,
                           "the data of tensor \"%.100s\" at byte %llu is beyond the "
                           "part of %.150s that was read",
                           t->name, (unsigned long long)t->offset, m->path);
        const ropewalk_status status = rw_gguf_fetch(g, at, n * width, &fetched, err);
        if (status)
            return rw_fail_context(err, status, "the data of tensor \"%.100s\"", t->name);
        b = fetched;
    } else {
        b = m->bytes + at;
    }
    for (uint64_t i = 0; i < n; i++, b += width) {
        if (width == 8)
            out[i] = rw_load_f64(b);
        else if (width == 4)
            out[i] = rw_load_f32(b);
        else
            out[i] = type[0] == 'B' ? rw_load_bf16(b) : rw_load_f16(b);
    }
    rw_free(fetched);
    return ROPEWALK_OK;
}
