/* gguf_value.c - typed values of GGUF keys, each refusal naming key and byte. */
#include <math.h>
#include <string.h>

#include "format/gguf_inside.h"
#include "format/number_le.h"

/* An integer of any width: sign and magnitude cover u64 and i64 both. */
typedef struct whole {
    bool negative;
    uint64_t magnitude;
} whole;

static ropewalk_status bad(const rw_gguf_kv *kv, uint64_t at, const char *want,
                           ropewalk_error *err)
{
    return rw_fail(
        err, ROPEWALK_E_FORMAT, at, "key \"%.100s\" at byte %llu must be %s, not %s%s",
        kv->name, (unsigned long long)at, want,
        kv->is_array ? "an array of " : "of type ", rw_gguf_type_name(kv->type));
}

static ropewalk_status find(const rw_gguf *g, const char *name, bool array,
                            const rw_gguf_kv **out, ropewalk_error *err)
{
    *out = rw_gguf_find_key(g, name);
    if (!*out)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "key \"%.100s\" is missing from %.200s",
                       name, rw_gguf_path(g, 0));
    if ((*out)->is_array == array) return ROPEWALK_OK;
    return bad(*out, (*out)->offset, array ? "an array" : "a single value", err);
}

static unsigned width_of(rw_gguf_type type)
{
    switch (type) {
    case RW_GGUF_U8:
    case RW_GGUF_I8:
    case RW_GGUF_BOOL: return 1;
    case RW_GGUF_U16:
    case RW_GGUF_I16: return 2;
    case RW_GGUF_U32:
    case RW_GGUF_I32:
    case RW_GGUF_F32: return 4;
    case RW_GGUF_U64:
    case RW_GGUF_I64:
    case RW_GGUF_F64: return 8;
    case RW_GGUF_STRING:
    case RW_GGUF_ARRAY: break;
    }
    return 0;
}

/* Where element `index` of a key begins; *b is inside the checked file. */
static ropewalk_status locate(const rw_gguf *g, const char *name, bool array,
                              uint64_t index, const rw_gguf_kv **kv,
                              const unsigned char **b, uint64_t *at, ropewalk_error *err)
{
    *b = NULL;
    *at = 0;
    const ropewalk_status status = find(g, name, array, kv, err);
    if (status) return status;
    if (index >= (*kv)->count)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, (*kv)->offset,
            "key \"%.100s\" at byte %llu has %llu elements, element %llu was asked for",
            (*kv)->name, (unsigned long long)(*kv)->offset,
            (unsigned long long)(*kv)->count, (unsigned long long)index);
    *at = (*kv)->offset + index * width_of((*kv)->type);
    *b = g->files[0].bytes + *at;
    return ROPEWALK_OK;
}

static bool load_whole(rw_gguf_type type, const unsigned char *b, whole *v)
{
    const unsigned width = width_of(type);
    const bool is_signed = type == RW_GGUF_I8 || type == RW_GGUF_I16 ||
                           type == RW_GGUF_I32 || type == RW_GGUF_I64;
    if (!is_signed && type != RW_GGUF_U8 && type != RW_GGUF_U16 && type != RW_GGUF_U32 &&
        type != RW_GGUF_U64)
        return false;
    v->magnitude = rw_load_le(b, width);
    v->negative = is_signed && v->magnitude >> (8 * width - 1);
    if (v->negative) v->magnitude = (UINT64_MAX >> (64 - 8 * width)) - v->magnitude + 1;
    return true;
}

static ropewalk_status value_u64(const rw_gguf *g, const char *name, bool array,
                                 uint64_t index, uint64_t *out, ropewalk_error *err)
{
    const rw_gguf_kv *kv;
    const unsigned char *b;
    uint64_t at;
    whole v;
    *out = 0;
    const ropewalk_status status = locate(g, name, array, index, &kv, &b, &at, err);
    if (status) return status;
    if (!load_whole(kv->type, b, &v)) return bad(kv, at, "an integer", err);
    if (v.negative)
        return rw_fail(err, ROPEWALK_E_FORMAT, at,
                       "key \"%.100s\" at byte %llu is -%llu, below 0", kv->name,
                       (unsigned long long)at, (unsigned long long)v.magnitude);
    *out = v.magnitude;
    return ROPEWALK_OK;
}

static ropewalk_status value_i64(const rw_gguf *g, const char *name, bool array,
                                 uint64_t index, int64_t *out, ropewalk_error *err)
{
    const rw_gguf_kv *kv;
    const unsigned char *b;
    uint64_t at;
    whole v;
    *out = 0;
    const ropewalk_status status = locate(g, name, array, index, &kv, &b, &at, err);
    if (status) return status;
    if (!load_whole(kv->type, b, &v)) return bad(kv, at, "an integer", err);
    if (!v.negative && v.magnitude > INT64_MAX)
        return rw_fail(err, ROPEWALK_E_FORMAT, at,
                       "key \"%.100s\" at byte %llu is %llu, above the signed range",
                       kv->name, (unsigned long long)at, (unsigned long long)v.magnitude);
    /* -(m - 1) - 1 reaches INT64_MIN without overflow. */
    *out = v.negative ? -(int64_t)(v.magnitude - 1) - 1 : (int64_t)v.magnitude;
    return ROPEWALK_OK;
}

static ropewalk_status value_f64(const rw_gguf *g, const char *name, bool array,
                                 uint64_t index, double *out, ropewalk_error *err)
{
    const rw_gguf_kv *kv;
    const unsigned char *b;
    uint64_t at;
    whole w;
    *out = (double)NAN;
    const ropewalk_status status = locate(g, name, array, index, &kv, &b, &at, err);
    if (status) return status;
    double v;
    if (kv->type == RW_GGUF_F32)
        v = rw_load_f32(b);
    else if (kv->type == RW_GGUF_F64)
        v = rw_load_f64(b);
    else if (load_whole(kv->type, b, &w) && w.magnitude <= UINT64_C(1) << 53)
        v = w.negative ? -(double)w.magnitude : (double)w.magnitude;
    else
        return bad(kv, at, "a number that a double holds exactly", err);
    if (!isfinite(v))
        return rw_fail(err, ROPEWALK_E_FORMAT, at, "key \"%.100s\" at byte %llu is %s",
                       kv->name, (unsigned long long)at,
                       isnan(v) ? "not a number" : "infinite");
    *out = v;
    return ROPEWALK_OK;
}

static ropewalk_status value_bool(const rw_gguf *g, const char *name, bool array,
                                  uint64_t index, bool *out, ropewalk_error *err)
{
    const rw_gguf_kv *kv;
    const unsigned char *b;
    uint64_t at;
    *out = false;
    const ropewalk_status status = locate(g, name, array, index, &kv, &b, &at, err);
    if (status) return status;
    if (kv->type != RW_GGUF_BOOL) return bad(kv, at, "a bool", err);
    if (*b > 1)
        return rw_fail(err, ROPEWALK_E_FORMAT, at,
                       "key \"%.100s\" at byte %llu is a bool of value %u", kv->name,
                       (unsigned long long)at, (unsigned)*b);
    *out = *b == 1;
    return ROPEWALK_OK;
}

bool rw_gguf_strings_next(rw_gguf_strings *it, const char **s, size_t *n)
{
    *s = NULL;
    *n = 0;
    if (!it->left) return false;
    *n = (size_t)rw_load_le(it->next, 8);
    *s = (const char *)it->next + 8;
    it->next += 8 + *n;
    it->left--;
    return true;
}

static ropewalk_status value_str(const rw_gguf *g, const char *name, bool array,
                                 uint64_t index, const char **s, size_t *n,
                                 ropewalk_error *err)
{
    const rw_gguf_kv *kv;
    const unsigned char *b;
    uint64_t at;
    *s = NULL;
    *n = 0;
    const ropewalk_status status = locate(g, name, array, index, &kv, &b, &at, err);
    if (status) return status;
    if (kv->type != RW_GGUF_STRING) return bad(kv, at, "a string", err);
    rw_gguf_strings it = {b, index + 1};
    while (rw_gguf_strings_next(&it, s, n) && it.left)
        ;
    return ROPEWALK_OK;
}

ropewalk_status rw_gguf_get_u64(const rw_gguf *g, const char *name, uint64_t *out,
                                ropewalk_error *err)
{
    return value_u64(g, name, false, 0, out, err);
}

ropewalk_status rw_gguf_get_i64(const rw_gguf *g, const char *name, int64_t *out,
                                ropewalk_error *err)
{
    return value_i64(g, name, false, 0, out, err);
}

ropewalk_status rw_gguf_get_f64(const rw_gguf *g, const char *name, double *out,
                                ropewalk_error *err)
{
    return value_f64(g, name, false, 0, out, err);
}

ropewalk_status rw_gguf_get_bool(const rw_gguf *g, const char *name, bool *out,
                                 ropewalk_error *err)
{
    return value_bool(g, name, false, 0, out, err);
}

ropewalk_status rw_gguf_get_str(const rw_gguf *g, const char *name, const char **s,
                                size_t *n, ropewalk_error *err)
{
    return value_str(g, name, false, 0, s, n, err);
}

ropewalk_status rw_gguf_get_text(const rw_gguf *g, const char *name, char *out,
                                 size_t cap, ropewalk_error *err)
{
    const char *s;
    size_t n;
    if (cap) out[0] = '\0';
    const ropewalk_status status = value_str(g, name, false, 0, &s, &n, err);
    if (status) return status;
    const uint64_t at = rw_gguf_find_key(g, name)->offset;
    if (n >= cap || memchr(s, 0, n))
        return rw_fail(err, ROPEWALK_E_FORMAT, at, "key \"%.100s\" at byte %llu %s", name,
                       (unsigned long long)at,
                       n >= cap ? "is a longer string than any known value"
                                : "contains a NUL byte");
    memcpy(out, s, n);
    out[n] = '\0';
    return ROPEWALK_OK;
}

ropewalk_status rw_gguf_array_u64(const rw_gguf *g, const char *name, uint64_t index,
                                  uint64_t *out, ropewalk_error *err)
{
    return value_u64(g, name, true, index, out, err);
}

ropewalk_status rw_gguf_array_i64(const rw_gguf *g, const char *name, uint64_t index,
                                  int64_t *out, ropewalk_error *err)
{
    return value_i64(g, name, true, index, out, err);
}

ropewalk_status rw_gguf_array_f64(const rw_gguf *g, const char *name, uint64_t index,
                                  double *out, ropewalk_error *err)
{
    return value_f64(g, name, true, index, out, err);
}

ropewalk_status rw_gguf_array_bool(const rw_gguf *g, const char *name, uint64_t index,
                                   bool *out, ropewalk_error *err)
{
    return value_bool(g, name, true, index, out, err);
}

ropewalk_status rw_gguf_array_str(const rw_gguf *g, const char *name, uint64_t index,
                                  const char **s, size_t *n, ropewalk_error *err)
{
    return value_str(g, name, true, index, s, n, err);
}

ropewalk_status rw_gguf_strings_init(rw_gguf_strings *it, const rw_gguf *g,
                                     const char *name, ropewalk_error *err)
{
    const rw_gguf_kv *kv;
    *it = (rw_gguf_strings){0};
    const ropewalk_status status = find(g, name, true, &kv, err);
    if (status) return status;
    if (kv->type != RW_GGUF_STRING)
        return bad(kv, kv->offset, "an array of strings", err);
    *it = (rw_gguf_strings){g->files[0].bytes + kv->offset, kv->count};
    return ROPEWALK_OK;
}
