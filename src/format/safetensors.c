/* safetensors.c - checks a header once, then reads element ranges. */
#include "format/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "format/cursor.h"
#include "format/filemap.h"
#include "format/number_le.h"

struct rw_safetensors {
    rw_filemap map; /* zero when the bytes are the caller's */
    const unsigned char *bytes;
    uint64_t n_byte, file_size; /* at hand, and in the whole file */
    char *path;
    json_t *header; /* owns names and metadata strings */
    rw_st_tensor *tensors;
    const rw_st_tensor **by_name;
    uint32_t n_tensor;
};

static const struct {
    const char *name;
    unsigned n_bit;
} dtypes[] = {
    [RW_DTYPE_F64] = {"F64", 64},        [RW_DTYPE_F32] = {"F32", 32},
    [RW_DTYPE_F16] = {"F16", 16},        [RW_DTYPE_BF16] = {"BF16", 16},
    [RW_DTYPE_I64] = {"I64", 64},        [RW_DTYPE_I32] = {"I32", 32},
    [RW_DTYPE_I16] = {"I16", 16},        [RW_DTYPE_I8] = {"I8", 8},
    [RW_DTYPE_U64] = {"U64", 64},        [RW_DTYPE_U32] = {"U32", 32},
    [RW_DTYPE_U16] = {"U16", 16},        [RW_DTYPE_U8] = {"U8", 8},
    [RW_DTYPE_BOOL] = {"BOOL", 8},       [RW_DTYPE_C64] = {"C64", 64},
    [RW_DTYPE_F8_E4M3] = {"F8_E4M3", 8}, [RW_DTYPE_F8_E5M2] = {"F8_E5M2", 8},
    [RW_DTYPE_F8_E8M0] = {"F8_E8M0", 8}, [RW_DTYPE_F6_E2M3] = {"F6_E2M3", 6},
    [RW_DTYPE_F6_E3M2] = {"F6_E3M2", 6}, [RW_DTYPE_F4] = {"F4", 4},
};
enum { N_DTYPE = sizeof dtypes / sizeof *dtypes };

const char *rw_st_dtype_name(rw_st_dtype dtype)
{
    return (unsigned)dtype < N_DTYPE ? dtypes[dtype].name : "unknown";
}

bool rw_st_dtype_is_float(rw_st_dtype dtype)
{
    return dtype == RW_DTYPE_F64 || dtype == RW_DTYPE_F32 || dtype == RW_DTYPE_F16 ||
           dtype == RW_DTYPE_BF16;
}

/* --- the header ---------------------------------------------------------------------------- */

/* JSON has no byte positions once parsed: the tensor's name stands for one. */
static ropewalk_status bad(const rw_st_tensor *t, const char *why, ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "tensor \"%.100s\" %s", t->name, why);
}

static bool get_u64(const json_t *v, uint64_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0) return false;
    *out = (uint64_t)json_integer_value(v);
    return true;
}

static ropewalk_status read_entry(const json_t *entry, uint64_t data_size,
                                  rw_st_tensor *t, ropewalk_error *err)
{
    if (!json_is_object(entry)) return bad(t, "is not a JSON object", err);
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype) return bad(t, "has no \"dtype\" string", err);
    unsigned d = 0;
    while (d < N_DTYPE && strcmp(dtypes[d].name, dtype) != 0)
        d++;
    if (d == N_DTYPE)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "tensor \"%.100s\" has unknown dtype \"%.40s\"", t->name, dtype);
    t->dtype = (rw_st_dtype)d;

    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape)) return bad(t, "has no \"shape\" array", err);
    if (json_array_size(shape) > RW_MAX_DIM)
        return bad(t, "has more than 8 dimensions", err);
    t->n_dim = (uint32_t)json_array_size(shape);
    t->n_element = 1;
    for (uint32_t i = 0; i < RW_MAX_DIM; i++) {
        t->shape[i] = 1;
        if (i >= t->n_dim) continue;
        if (!get_u64(json_array_get(shape, i), &t->shape[i]))
            return bad(t, "has a dimension that is not an integer >= 0", err);
        if (!rw_mul_u64(t->n_element, t->shape[i], &t->n_element))
            return bad(t, "has a shape whose product does not fit 64 bits", err);
    }
    uint64_t n_bit;
    if (!rw_mul_u64(t->n_element, dtypes[d].n_bit, &n_bit))
        return bad(t, "has a shape whose size does not fit 64 bits", err);

    const json_t *range = json_object_get(entry, "data_offsets");
    uint64_t begin, end;
    if (json_array_size(range) != 2 || !get_u64(json_array_get(range, 0), &begin) ||
        !get_u64(json_array_get(range, 1), &end))
        return bad(t, "has no \"data_offsets\" of two integers >= 0", err);
    if (begin > end || end > data_size)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "tensor \"%.100s\" has data_offsets %llu to %llu, outside the %llu data "
            "bytes of the file",
            t->name, (unsigned long long)begin, (unsigned long long)end,
            (unsigned long long)data_size);
    if (n_bit % 8 != 0 || end - begin != n_bit / 8)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "tensor \"%.100s\" has %llu data bytes, but its shape and dtype need %llu "
            "bits",
            t->name, (unsigned long long)(end - begin), (unsigned long long)n_bit);
    t->offset = begin;
    t->size_bytes = end - begin;
    return ROPEWALK_OK;
}

static int compare_names(const void *a, const void *b)
{
    const rw_st_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int compare_offsets(const void *a, const void *b)
{
    const rw_st_tensor *const *x = a, *const *y = b;
    if ((*x)->offset != (*y)->offset) return (*x)->offset < (*y)->offset ? -1 : 1;
    /* an empty tensor stands before the one that begins where it is */
    return (*x)->size_bytes < (*y)->size_bytes ? -1 : (*x)->size_bytes > (*y)->size_bytes;
}

/* The format allows neither overlap nor holes. Leaves by_name sorted by name. */
static ropewalk_status check_tiling(rw_safetensors *st, uint64_t data_size,
                                    ropewalk_error *err)
{
    uint64_t at = 0;
    if (st->n_tensor) qsort(st->by_name, st->n_tensor, sizeof(void *), compare_offsets);
    for (uint32_t i = 0; i < st->n_tensor; i++) {
        const rw_st_tensor *t = st->by_name[i];
        if (t->offset != at)
            return bad(t,
                       t->offset < at ? "overlaps another tensor's data"
                                      : "leaves a hole in the data before it",
                       err);
        at += t->size_bytes; /* at most data_size: checked */
    }
    if (at != data_size)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%llu bytes at the end of the file belong to no tensor",
                       (unsigned long long)(data_size - at));
    if (st->n_tensor) qsort(st->by_name, st->n_tensor, sizeof(void *), compare_names);
    return ROPEWALK_OK;
}

static ropewalk_status check_metadata(const json_t *metadata, ropewalk_error *err)
{
    if (!json_is_object(metadata))
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "\"__metadata__\" is not a JSON object");
    json_t *o = (json_t *)(uintptr_t)metadata; /* jansson's iterator is not const */
    const char *key;
    json_t *value;
    json_object_foreach (o, key, value)
        if (!json_is_string(value))
            return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                           "metadata key \"%.100s\" is not a string", key);
    return ROPEWALK_OK;
}

static ropewalk_status read_header(rw_safetensors *st, ropewalk_error *err)
{
    rw_cursor c = rw_cursor_make(st->bytes, st->n_byte, "the header");
    const unsigned char *text;
    uint64_t n;
    (void)rw_cursor_u64(&c, &n);
    if (st->n_byte >= 4 && memcmp(st->bytes, "GGUF", 4) == 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "this is a GGUF model, not a safetensors file: run `ropewalk "
                       "capture` or `audit` on it");
    if (!c.error.status && n > RW_MAX_JSON_HEADER)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "the header length %llu at byte 0 is more than the limit of %u: is this a "
            "safetensors file?",
            (unsigned long long)n, RW_MAX_JSON_HEADER);
    if (!rw_cursor_take(&c, n, &text)) {
        if (err) *err = c.error;
        return c.error.status;
    }
    if (n == 0 || text[0] != '{')
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "the header at byte 8 does not begin with '{'");
    ropewalk_status status =
        rw_json_parse((const char *)text, (size_t)n, "the header", &st->header, err);
    if (status) {
        if (err && status == ROPEWALK_E_FORMAT) err->offset += 8;
        return status;
    }
    if (!json_is_object(st->header))
        return rw_fail(err, ROPEWALK_E_FORMAT, 8, "the header is not a JSON object");

    const json_t *metadata = json_object_get(st->header, "__metadata__");
    const size_t n_tensor = json_object_size(st->header) - (metadata != NULL);
    if (n_tensor > RW_MAX_TENSOR)
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "%zu tensors are more than the limit of %u", n_tensor,
                       RW_MAX_TENSOR);
    if (metadata) {
        status = check_metadata(metadata, err);
        if (status) return status;
    }
    st->tensors = rw_calloc(n_tensor, sizeof *st->tensors);
    st->by_name = rw_calloc(n_tensor, sizeof *st->by_name);
    if (!st->tensors || !st->by_name) return rw_fail_memory(err, "a tensor table");

    const uint64_t data_size = st->file_size - c.pos;
    const char *name;
    json_t *entry;
    json_object_foreach (st->header, name, entry) {
        if (entry == metadata) continue;
        rw_st_tensor *t = &st->tensors[st->n_tensor];
        t->name = name;
        status = read_entry(entry, data_size, t, err);
        if (status) return status;
        st->by_name[st->n_tensor++] = t;
    }
    status = check_tiling(st, data_size, err);
    for (uint32_t i = 0; i < st->n_tensor; i++)
        st->tensors[i].offset += c.pos;
    return status;
}

/* --- opening ------------------------------------------------------------------------------- */

void rw_safetensors_close(rw_safetensors *st)
{
    if (!st) return;
    json_decref(st->header);
    rw_free(st->tensors);
    rw_free(st->by_name);
    rw_free(st->path);
    rw_filemap_close(&st->map);
    rw_free(st);
}

static ropewalk_status open_bytes(rw_filemap map, const void *bytes, uint64_t n,
                                  uint64_t file_size, const char *name,
                                  rw_safetensors **out, ropewalk_error *err)
{
    rw_safetensors *st = rw_calloc(1, sizeof *st);
    if (!st) {
        rw_filemap_close(&map);
        return rw_fail_memory(err, "a safetensors reader");
    }
    st->map = map;
    st->bytes = bytes;
    st->n_byte = n;
    st->file_size = file_size > n ? file_size : n;
    st->path = rw_strdup(name);
    ropewalk_status status;
    if (!st->path) {
        status = rw_fail_memory(err, "a safetensors reader");
    } else {
        status = read_header(st, err);
        if (status && status != ROPEWALK_E_MEMORY)
            (void)rw_fail_context(err, status, "%.200s", name);
    }
    if (status) {
        rw_safetensors_close(st);
        return status;
    }
    *out = st;
    return ROPEWALK_OK;
}

ropewalk_status rw_safetensors_open_memory(const void *bytes, uint64_t n,
                                           uint64_t file_size, const char *name,
                                           rw_safetensors **out, ropewalk_error *err)
{
    *out = NULL;
    return open_bytes((rw_filemap){0}, bytes, n, file_size, name, out, err);
}

ropewalk_status rw_safetensors_open(const char *path, rw_safetensors **out,
                                    ropewalk_error *err)
{
    *out = NULL;
    rw_filemap map;
    const ropewalk_status status = rw_filemap_open(&map, path, err);
    if (status) return status;
    return open_bytes(map, map.bytes, map.size, 0, path, out, err);
}

/* --- answers ------------------------------------------------------------------------------- */

const char *rw_safetensors_path(const rw_safetensors *st)
{
    return st->path;
}

uint32_t rw_safetensors_n_tensor(const rw_safetensors *st)
{
    return st->n_tensor;
}

const rw_st_tensor *rw_safetensors_tensor_at(const rw_safetensors *st, uint32_t index)
{
    return index < st->n_tensor ? &st->tensors[index] : NULL;
}

const rw_st_tensor *rw_safetensors_find(const rw_safetensors *st, const char *name)
{
    const rw_st_tensor wanted = {.name = name};
    const rw_st_tensor *w = &wanted;
    if (!st->n_tensor) return NULL;
    const rw_st_tensor *const *found =
        bsearch(&w, st->by_name, st->n_tensor, sizeof(void *), compare_names);
    return found ? *found : NULL;
}

const char *rw_safetensors_meta(const rw_safetensors *st, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(st->header, "__metadata__"), key));
}

/* The bytes of a range of elements, or a sentence. */
static ropewalk_status locate(const rw_safetensors *st, const rw_st_tensor *t,
                              uint64_t first, uint64_t n, const unsigned char **b,
                              ropewalk_error *err)
{
    if (first > t->n_element || n > t->n_element - first)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, t->offset,
            "tensor \"%.100s\" has %llu elements; %llu from %llu were asked for", t->name,
            (unsigned long long)t->n_element, (unsigned long long)n,
            (unsigned long long)first);
    const uint64_t width = dtypes[t->dtype].n_bit / 8;
    if (t->offset > st->n_byte || (first + n) * width > st->n_byte - t->offset)
        return rw_fail(
            err, ROPEWALK_E_IO, t->offset,
            "the data of tensor \"%.100s\" at byte %llu is beyond the part of %.150s "
            "that was read",
            t->name, (unsigned long long)t->offset, st->path);
    *b = st->bytes + t->offset + first * width;
    return ROPEWALK_OK;
}

static ropewalk_status unreadable(const rw_st_tensor *t, const char *as,
                                  ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, t->offset,
                   "tensor \"%.100s\" of dtype %s cannot be read as %s", t->name,
                   rw_st_dtype_name(t->dtype), as);
}

/* false: not an integer dtype, or (fits false) above the signed range. */
static bool load_integer(rw_st_dtype dtype, const unsigned char *b, int64_t *v,
                         bool *fits)
{
    uint64_t u = 0;
    unsigned width = 0;
    bool is_signed = false;
    *fits = true;
    switch (dtype) {
    case RW_DTYPE_I64:
        is_signed = true;
        width = 8;
        break;
    case RW_DTYPE_I32:
        is_signed = true;
        width = 4;
        break;
    case RW_DTYPE_I16:
        is_signed = true;
        width = 2;
        break;
    case RW_DTYPE_I8:
        is_signed = true;
        width = 1;
        break;
    case RW_DTYPE_U64: width = 8; break;
    case RW_DTYPE_U32: width = 4; break;
    case RW_DTYPE_U16: width = 2; break;
    case RW_DTYPE_U8:
    case RW_DTYPE_BOOL: width = 1; break;
    case RW_DTYPE_F64:
    case RW_DTYPE_F32:
    case RW_DTYPE_F16:
    case RW_DTYPE_BF16:
    case RW_DTYPE_C64:
    case RW_DTYPE_F8_E4M3:
    case RW_DTYPE_F8_E5M2:
    case RW_DTYPE_F8_E8M0:
    case RW_DTYPE_F6_E2M3:
    case RW_DTYPE_F6_E3M2:
    case RW_DTYPE_F4: return false;
    }
    u = rw_load_le(b, width);
    const uint64_t sign = is_signed ? UINT64_C(1) << (8 * width - 1) : 0;
    if (sign && (u & sign)) {
        const uint64_t below = (sign - 1) - (u & (sign - 1)); /* -1 - value */
        *v = -1 - (int64_t)below;
    } else {
        *fits = u <= INT64_MAX;
        *v = *fits ? (int64_t)u : 0;
    }
    return *fits;
}

ropewalk_status rw_safetensors_read_i64(const rw_safetensors *st, const rw_st_tensor *t,
                                        uint64_t first, uint64_t n, int64_t *out,
                                        ropewalk_error *err)
{
    static const unsigned char zero[8];
    const unsigned char *b;
    bool fits;
    int64_t v;
    if (!load_integer(t->dtype, zero, &v, &fits)) return unreadable(t, "integers", err);
    const ropewalk_status status = locate(st, t, first, n, &b, err);
    if (status) return status;
    const unsigned width = dtypes[t->dtype].n_bit / 8;
    for (uint64_t i = 0; i < n; i++, b += width)
        if (!load_integer(t->dtype, b, &out[i], &fits))
            return rw_fail(err, ROPEWALK_E_FORMAT, (uint64_t)(b - st->bytes),
                           "tensor \"%.100s\" element %llu is above the signed range",
                           t->name, (unsigned long long)(first + i));
    return ROPEWALK_OK;
}

ropewalk_status rw_safetensors_read_f64(const rw_safetensors *st, const rw_st_tensor *t,
                                        uint64_t first, uint64_t n, double *out,
                                        ropewalk_error *err)
{
    static const unsigned char zero[8];
    const unsigned char *b;
    bool fits;
    int64_t v;
    if (!rw_st_dtype_is_float(t->dtype) && !load_integer(t->dtype, zero, &v, &fits))
        return unreadable(t, "numbers", err);
    const ropewalk_status status = locate(st, t, first, n, &b, err);
    if (status) return status;
    const unsigned width = dtypes[t->dtype].n_bit / 8;
    for (uint64_t i = 0; i < n; i++, b += width) {
        if (t->dtype == RW_DTYPE_F32) {
            out[i] = rw_load_f32(b);
        } else if (t->dtype == RW_DTYPE_F64) {
            out[i] = rw_load_f64(b);
        } else if (t->dtype == RW_DTYPE_F16) {
            out[i] = rw_load_f16(b);
        } else if (t->dtype == RW_DTYPE_BF16) {
            out[i] = rw_load_bf16(b);
        } else if (load_integer(t->dtype, b, &v, &fits) && v <= INT64_C(1) << 53 &&
                   v >= -(INT64_C(1) << 53)) {
            out[i] = (double)v;
        } else {
            return rw_fail(err, ROPEWALK_E_FORMAT, (uint64_t)(b - st->bytes),
                           "tensor \"%.100s\" element %llu is an integer beyond 2^53",
                           t->name, (unsigned long long)(first + i));
        }
    }
    return ROPEWALK_OK;
}
