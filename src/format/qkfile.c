/* qkfile.c - reads given vectors and captures: everything but the vectors is checked on opening. */
#include "format/qkfile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "format/safetensors.h"

enum { SLOT_Q, SLOT_K, SLOT_ROT_Q, SLOT_ROT_K, N_SLOT };
static const char *const slot_names[N_SLOT] = {"hook_q", "hook_k", "hook_rot_q",
                                               "hook_rot_k"};

typedef struct layer {
    rw_qk_layer facts;
    double *inv_freq;
    const rw_st_tensor *tensors[N_SLOT];
    bool has_rotation; /* the metadata spoke of it */
} layer;

struct rw_qkfile {
    rw_safetensors *st;
    const rw_st_tensor *q, *k; /* given vectors; NULL in a capture */
    double *inv_freq;
    uint32_t n_inv_freq;
    layer *layers;
    uint32_t n_layer, n_row;
    int64_t *positions, *tokens; /* NULL: 0, 1, 2, ...; unknown */
    bool *special;               /* NULL: none */
};

static ropewalk_status bad_tensor(const rw_st_tensor *t, const char *why,
                                  ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, t->offset, "tensor \"%.100s\" %s", t->name,
                   why);
}

static ropewalk_status bad_rotation(uint32_t layer_index, const char *why,
                                    ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, 8, "metadata key \"rotations\", layer %lu: %s",
                   (unsigned long)layer_index, why);
}

static ropewalk_status check_head_dim(const rw_st_tensor *t, uint64_t head_dim,
                                      ropewalk_error *err)
{
    if (head_dim > 0 && head_dim % 2 == 0 && head_dim <= RW_LIMIT_HEAD_DIM)
        return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_FORMAT, t->offset,
                   "tensor \"%.100s\" has head_dim %llu; it must be even, and in 2..%u",
                   t->name, (unsigned long long)head_dim, RW_LIMIT_HEAD_DIM);
}

static bool sane_inv_freq(double w)
{
    return w >= 0 && w <= RW_MAX_INV_FREQ; /* false for NaN */
}

/* --- given vectors ------------------------------------------------------------------------- */

static ropewalk_status read_given(rw_qkfile *f, ropewalk_error *err)
{
    f->q = rw_safetensors_find(f->st, "q");
    f->k = rw_safetensors_find(f->st, "k");
    if (!f->q || !f->k)
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "there is a tensor \"%s\" but no \"%s\"", f->q ? "q" : "k",
                       f->q ? "k" : "q");
    const rw_st_tensor *both[2] = {f->q, f->k};
    for (int i = 0; i < 2; i++) {
        const rw_st_tensor *t = both[i];
        if (t->n_dim != 2)
            return bad_tensor(t, "must have 2 dimensions, [n, head_dim]", err);
        if (!rw_st_dtype_is_float(t->dtype))
            return bad_tensor(t, "must be F64, F32, F16 or BF16", err);
        if (t->shape[0] == 0 || t->shape[0] > INT32_MAX)
            return bad_tensor(t, "must have 1..2^31-1 rows", err);
        const ropewalk_status status = check_head_dim(t, t->shape[1], err);
        if (status) return status;
    }
    if (f->q->shape[1] != f->k->shape[1])
        return rw_fail(err, ROPEWALK_E_FORMAT, f->k->offset,
                       "tensors \"q\" and \"k\" have different head_dim: %llu and %llu",
                       (unsigned long long)f->q->shape[1],
                       (unsigned long long)f->k->shape[1]);

    const rw_st_tensor *t = rw_safetensors_find(f->st, "inv_freq");
    if (!t) return ROPEWALK_OK;
    if (t->dtype != RW_DTYPE_F64 || t->n_dim != 1 || t->n_element == 0 ||
        t->n_element > f->q->shape[1] / 2)
        return bad_tensor(t, "must be F64 [rotary_dim / 2] with 1..head_dim/2 elements",
                          err);
    f->inv_freq = rw_calloc((size_t)t->n_element, sizeof *f->inv_freq);
    if (!f->inv_freq) return rw_fail_memory(err, "frequencies");
    const ropewalk_status status =
        rw_safetensors_read_f64(f->st, t, 0, t->n_element, f->inv_freq, err);
    if (status) return status;
    for (uint32_t i = 0; i < t->n_element; i++)
        if (!sane_inv_freq(f->inv_freq[i]))
            return rw_fail(err, ROPEWALK_E_FORMAT, t->offset + UINT64_C(8) * i,
                           "tensor \"inv_freq\" element %lu is %g, outside 0..%g",
                           (unsigned long)i, f->inv_freq[i], RW_MAX_INV_FREQ);
    f->n_inv_freq = (uint32_t)t->n_element;
    return ROPEWALK_OK;
}

/* --- layers of a capture ------------------------------------------------------------------- */

/* "blocks.<L>.attn.<slot>" with L decimal, no leading zero. */
static bool parse_name(const char *name, uint32_t *layer_index, unsigned *slot)
{
    static const char head[] = "blocks.", middle[] = ".attn.";
    if (strncmp(name, head, sizeof head - 1) != 0) return false;
    const char *p = name + sizeof head - 1, *digits = p;
    uint32_t n = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (uint32_t)(*p - '0');
        if (n >= RW_MAX_LAYER) return false;
    }
    if (p == digits || (*digits == '0' && p - digits > 1)) return false;
    if (strncmp(p, middle, sizeof middle - 1) != 0) return false;
    p += sizeof middle - 1;
    for (unsigned i = 0; i < N_SLOT; i++)
        if (strcmp(p, slot_names[i]) == 0) {
            *layer_index = n;
            *slot = i;
            return true;
        }
    return false;
}

static int compare_layers(const void *a, const void *b)
{
    const uint32_t x = ((const layer *)a)->facts.layer,
                   y = ((const layer *)b)->facts.layer;
    return x < y ? -1 : x > y;
}

static layer *find_layer(rw_qkfile *f, uint32_t index)
{
    const layer wanted = {.facts = {.layer = index}};
    if (!f->n_layer) return NULL;
    return bsearch(&wanted, f->layers, f->n_layer, sizeof wanted, compare_layers);
}

static ropewalk_status check_layer(rw_qkfile *f, layer *l, ropewalk_error *err)
{
    const rw_st_tensor *q = l->tensors[SLOT_Q], *k = l->tensors[SLOT_K];
    if (!q || !k)
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "layer %lu has no tensor \"blocks.%lu.attn.%s\"",
                       (unsigned long)l->facts.layer, (unsigned long)l->facts.layer,
                       slot_names[q ? SLOT_K : SLOT_Q]);
    for (unsigned i = 0; i < N_SLOT; i++) {
        const rw_st_tensor *t = l->tensors[i];
        if (!t) continue;
        if (t->n_dim != 3)
            return bad_tensor(t, "must have 3 dimensions, [pos, n_head, head_dim]", err);
        if (!rw_st_dtype_is_float(t->dtype))
            return bad_tensor(t, "must be F64, F32, F16 or BF16", err);
        const ropewalk_status status = check_head_dim(t, t->shape[2], err);
        if (status) return status;
        if (t->shape[0] == 0 || t->shape[0] > INT32_MAX)
            return bad_tensor(t, "must have 1..2^31-1 positions", err);
        if (t->shape[1] == 0 || t->shape[1] > RW_MAX_HEAD)
            return bad_tensor(t, "must have 1..65536 heads", err);
        if (!f->n_row) f->n_row = (uint32_t)t->shape[0];
        if (t->shape[0] != f->n_row)
            return rw_fail(err, ROPEWALK_E_FORMAT, t->offset,
                           "tensor \"%.100s\" has %llu positions, others have %lu",
                           t->name, (unsigned long long)t->shape[0],
                           (unsigned long)f->n_row);
        const rw_st_tensor *like = l->tensors[i % 2 ? SLOT_K : SLOT_Q];
        if (t->shape[1] != like->shape[1] || t->shape[2] != q->shape[2])
            return rw_fail(
                err, ROPEWALK_E_FORMAT, t->offset,
                "tensor \"%.100s\" has shape [%llu, %llu, %llu], which does not fit "
                "\"%.100s\"",
                t->name, (unsigned long long)t->shape[0], (unsigned long long)t->shape[1],
                (unsigned long long)t->shape[2], i == SLOT_K ? q->name : like->name);
    }
    if (q->shape[1] % k->shape[1] != 0)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, q->offset,
            "layer %lu has %llu query heads, not a multiple of its %llu key heads",
            (unsigned long)l->facts.layer, (unsigned long long)q->shape[1],
            (unsigned long long)k->shape[1]);
    l->facts.n_head_q = (uint32_t)q->shape[1];
    l->facts.n_head_kv = (uint32_t)k->shape[1];
    l->facts.head_dim = (uint32_t)q->shape[2];
    return ROPEWALK_OK;
}

static ropewalk_status find_layers(rw_qkfile *f, ropewalk_error *err)
{
    const uint32_t n_tensor = rw_safetensors_n_tensor(f->st);
    uint32_t index, n = 0;
    unsigned slot;
    for (uint32_t i = 0; i < n_tensor; i++)
        n += parse_name(rw_safetensors_tensor_at(f->st, i)->name, &index, &slot);
    if (!n)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 8,
            "neither tensors \"q\" and \"k\" nor \"blocks.<L>.attn.hook_q\" and "
            "\"hook_k\" are in this file");
    /* One entry a tensor, sorted, then the entries of one layer made one. */
    f->layers = rw_calloc(n, sizeof *f->layers);
    if (!f->layers) return rw_fail_memory(err, "a layer table");
    for (uint32_t i = 0; i < n_tensor; i++) {
        const rw_st_tensor *t = rw_safetensors_tensor_at(f->st, i);
        if (!parse_name(t->name, &index, &slot)) continue;
        layer *l = &f->layers[f->n_layer++];
        l->facts.layer = index;
        l->tensors[slot] = t;
    }
    qsort(f->layers, f->n_layer, sizeof *f->layers, compare_layers);
    uint32_t last = 0;
    for (uint32_t i = 1; i < f->n_layer; i++) {
        if (f->layers[i].facts.layer == f->layers[last].facts.layer) {
            for (unsigned s = 0; s < N_SLOT; s++)
                if (f->layers[i].tensors[s])
                    f->layers[last].tensors[s] = f->layers[i].tensors[s];
        } else {
            f->layers[++last] = f->layers[i];
        }
    }
    f->n_layer = last + 1;
    for (uint32_t i = 0; i < f->n_layer; i++) {
        const ropewalk_status status = check_layer(f, &f->layers[i], err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

/* --- metadata of a capture ----------------------------------------------------------------- */

/* A number that may be null or absent: NaN then. */
static ropewalk_status optional_f64(const json_t *o, const char *key, double *out,
                                    ropewalk_error *err)
{
    const json_t *v = json_object_get(o, key);
    *out = NAN;
    return !v || json_is_null(v) ? ROPEWALK_OK : rw_json_get_f64(o, key, out, err);
}

static ropewalk_status read_inv_freq(const json_t *o, layer *l, ropewalk_error *err)
{
    const json_t *list;
    const ropewalk_status status = rw_json_get_array(o, "inv_freq", &list, err);
    if (status) return status;
    const size_t n = json_array_size(list);
    if (n != l->facts.rotary_dim / 2)
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "\"inv_freq\" has %zu elements, not rotary_dim/2 = %lu", n,
                       (unsigned long)l->facts.rotary_dim / 2);
    l->inv_freq = rw_calloc(n, sizeof *l->inv_freq);
    if (!l->inv_freq) return rw_fail_memory(err, "frequencies");
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        l->inv_freq[i] = json_number_value(v);
        if (!json_is_number(v) || !sane_inv_freq(l->inv_freq[i]))
            return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                           "\"inv_freq\" element %zu must be a number in 0..%g", i,
                           RW_MAX_INV_FREQ);
    }
    l->facts.inv_freq = l->inv_freq;
    return ROPEWALK_OK;
}

static ropewalk_status read_rotation(const json_t *o, layer *l, ropewalk_error *err)
{
    rw_qk_layer *facts = &l->facts;
    int64_t rotary_dim;
    const char *pairs = NULL;
    ropewalk_status status =
        rw_json_get_int(o, "rotary_dim", 0, facts->head_dim, &rotary_dim, err);
    if (status) return status;
    if (rotary_dim % 2 != 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 8, "\"rotary_dim\" is %lld, which is odd",
                       (long long)rotary_dim);
    facts->rotary_dim = (uint32_t)rotary_dim;
    status = read_inv_freq(o, l, err);
    if (status) return status;

    /* A layer that rotates nothing need not say how. */
    if (rotary_dim > 0 || json_object_get(o, "pairs")) {
        status = rw_json_get_str(o, "pairs", &pairs, err);
        if (status) return status;
        facts->interleaved = strcmp(pairs, "interleaved") == 0;
        if (!facts->interleaved && strcmp(pairs, "half") != 0)
            return rw_fail(
                err, ROPEWALK_E_FORMAT, 8,
                "\"pairs\" is \"%.40s\"; it must be \"half\" or \"interleaved\"", pairs);
    }
    facts->attn_factor = 1;
    if (rotary_dim > 0 || json_object_get(o, "attn_factor")) {
        status = rw_json_get_f64(o, "attn_factor", &facts->attn_factor, err);
        if (status) return status;
        if (!(facts->attn_factor > 0) || !isfinite(facts->attn_factor))
            return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                           "\"attn_factor\" is %g; it must be above 0",
                           facts->attn_factor);
    }
    status = optional_f64(o, "softmax_scale", &facts->softmax_scale, err);
    if (!status) status = optional_f64(o, "rope_theta", &facts->rope_theta, err);
    if (status) return status;
    if (!isnan(facts->softmax_scale) &&
        (!(facts->softmax_scale > 0) || !isfinite(facts->softmax_scale)))
        return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                       "\"softmax_scale\" is %g; it must be above 0",
                       facts->softmax_scale);
    const json_t *window = json_object_get(o, "window");
    if (window && !json_is_null(window))
        return rw_json_get_int(o, "window", 0, INT64_MAX, &facts->window, err);
    return ROPEWALK_OK;
}

/* Metadata `key` as JSON array, or *out NULL when the key is absent. */
static ropewalk_status parse_list(const rw_qkfile *f, const char *key, json_t **out,
                                  ropewalk_error *err)
{
    const char *text = rw_safetensors_meta(f->st, key);
    char what[64];
    *out = NULL;
    if (!text) return ROPEWALK_OK;
    (void)snprintf(what, sizeof what, "metadata key \"%s\"", key);
    const ropewalk_status status = rw_json_parse(text, strlen(text), what, out, err);
    if (status) return status;
    if (json_is_array(*out)) return ROPEWALK_OK;
    json_decref(*out);
    *out = NULL;
    return rw_fail(err, ROPEWALK_E_FORMAT, 8, "%s must be a JSON array", what);
}

static ropewalk_status read_rotation_list(rw_qkfile *f, const json_t *list,
                                          ropewalk_error *err)
{
    size_t i;
    const json_t *o;
    json_array_foreach (list, i, o) {
        int64_t index;
        ropewalk_status status =
            rw_json_get_int(o, "layer", 0, RW_MAX_LAYER - 1, &index, err);
        if (status)
            return rw_fail_context(err, status, "metadata key \"rotations\", element %zu",
                                   i);
        layer *l = find_layer(f, (uint32_t)index);
        if (!l)
            return bad_rotation((uint32_t)index, "the file has no tensors of this layer",
                                err);
        if (l->has_rotation)
            return bad_rotation((uint32_t)index, "it is described twice", err);
        l->has_rotation = true;
        status = read_rotation(o, l, err);
        if (status == ROPEWALK_E_MEMORY) return status;
        if (status)
            return rw_fail_context(err, status, "metadata key \"rotations\", layer %lu",
                                   (unsigned long)index);
    }
    for (uint32_t j = 0; j < f->n_layer; j++)
        if (!f->layers[j].has_rotation)
            return bad_rotation(f->layers[j].facts.layer, "it is not described", err);
    return ROPEWALK_OK;
}

static ropewalk_status read_rotations(rw_qkfile *f, ropewalk_error *err)
{
    json_t *list;
    ropewalk_status status = parse_list(f, "rotations", &list, err);
    if (status) return status;
    if (!list)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 8,
            "metadata key \"rotations\" is missing: a capture must say what was "
            "executed");
    status = read_rotation_list(f, list, err);
    json_decref(list);
    return status;
}

static ropewalk_status read_positions(rw_qkfile *f, ropewalk_error *err)
{
    if (rw_safetensors_find(f->st, "positions_q") ||
        rw_safetensors_find(f->st, "positions_k"))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 8,
                       "separate positions of queries and keys (tensors \"positions_q\", "
                       "\"positions_k\") are not supported");
    const rw_st_tensor *t = rw_safetensors_find(f->st, "positions");
    if (!t) return ROPEWALK_OK;
    if (t->dtype != RW_DTYPE_I64 || t->n_dim != 1 || t->n_element != f->n_row)
        return rw_fail(err, ROPEWALK_E_FORMAT, t->offset,
                       "tensor \"positions\" must be I64 [%lu]", (unsigned long)f->n_row);
    f->positions = rw_calloc(f->n_row, sizeof *f->positions);
    if (!f->positions) return rw_fail_memory(err, "positions");
    const ropewalk_status status =
        rw_safetensors_read_i64(f->st, t, 0, f->n_row, f->positions, err);
    if (status) return status;
    for (uint32_t i = 0; i < f->n_row; i++) {
        const int64_t p = f->positions[i];
        if (p < 0 || p > RW_MAX_POSITION || (i && p <= f->positions[i - 1]))
            return rw_fail(
                err, ROPEWALK_E_FORMAT, t->offset + 8 * (uint64_t)i,
                "tensor \"positions\" element %lu is %lld; positions must ascend "
                "within 0..%d",
                (unsigned long)i, (long long)p, RW_MAX_POSITION);
    }
    return ROPEWALK_OK;
}

static ropewalk_status bad_list(const char *key, size_t i, const char *want,
                                ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, 8,
                   "metadata key \"%s\", element %zu must be %s", key, i, want);
}

/* token_ids, tokens and special: *list is borrowed. */
static ropewalk_status use_list(rw_qkfile *f, const char *key, const json_t *list,
                                ropewalk_error *err)
{
    const bool is_special = strcmp(key, "special") == 0,
               is_text = strcmp(key, "tokens") == 0;
    const size_t n = json_array_size(list);
    if (!is_special && n != f->n_row)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 8,
            "metadata key \"%s\" has %zu elements; the capture has %lu positions", key, n,
            (unsigned long)f->n_row);
    if (is_special)
        f->special = rw_calloc(f->n_row, sizeof *f->special);
    else if (!is_text)
        f->tokens = rw_calloc(f->n_row, sizeof *f->tokens);
    if ((is_special && !f->special) || (!is_special && !is_text && !f->tokens))
        return rw_fail_memory(err, "tokens");
    size_t i;
    const json_t *v;
    json_array_foreach (list, i, v) {
        const int64_t value = json_integer_value(v); /* 0 when it is none */
        if (is_text) {
            if (!json_is_string(v)) return bad_list(key, i, "a string", err);
        } else if (is_special) {
            if (!json_is_integer(v) || value < 0 || value >= f->n_row)
                return bad_list(key, i, "a row number of the capture", err);
            f->special[value] = true;
        } else {
            if (!json_is_integer(v) || value < 0)
                return bad_list(key, i, "an integer >= 0", err);
            f->tokens[i] = value;
        }
    }
    return ROPEWALK_OK;
}

static ropewalk_status read_capture(rw_qkfile *f, ropewalk_error *err)
{
    static const char *const lists[] = {"token_ids", "tokens", "special"};
    ropewalk_status status = find_layers(f, err);
    if (!status) status = read_rotations(f, err);
    if (!status) status = read_positions(f, err);
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !status; i++) {
        json_t *list;
        status = parse_list(f, lists[i], &list, err);
        if (status || !list) continue;
        status = use_list(f, lists[i], list, err);
        json_decref(list);
    }
    return status;
}

/* --- opening ------------------------------------------------------------------------------- */

void rw_qkfile_close(rw_qkfile *f)
{
    if (!f) return;
    for (uint32_t i = 0; f->layers && i < f->n_layer; i++)
        rw_free(f->layers[i].inv_freq);
    rw_free(f->layers);
    rw_free(f->inv_freq);
    rw_free(f->positions);
    rw_free(f->tokens);
    rw_free(f->special);
    rw_safetensors_close(f->st);
    rw_free(f);
}

/* Takes st. */
static ropewalk_status open_parsed(rw_safetensors *st, rw_qkfile **out,
                                   ropewalk_error *err)
{
    rw_qkfile *f = rw_calloc(1, sizeof *f);
    if (!f) {
        rw_safetensors_close(st);
        return rw_fail_memory(err, "a vector file");
    }
    f->st = st;
    const bool given = rw_safetensors_find(st, "q") || rw_safetensors_find(st, "k");
    const ropewalk_status status = given ? read_given(f, err) : read_capture(f, err);
    if (status) {
        if (status != ROPEWALK_E_MEMORY)
            (void)rw_fail_context(err, status, "%.200s", rw_safetensors_path(st));
        rw_qkfile_close(f);
        return status;
    }
    *out = f;
    return ROPEWALK_OK;
}

ropewalk_status rw_qkfile_open(const char *path, rw_qkfile **out, ropewalk_error *err)
{
    rw_safetensors *st;
    *out = NULL;
    const ropewalk_status status = rw_safetensors_open(path, &st, err);
    return status ? status : open_parsed(st, out, err);
}

ropewalk_status rw_qkfile_open_memory(const void *bytes, uint64_t n, const char *name,
                                      rw_qkfile **out, ropewalk_error *err)
{
    rw_safetensors *st;
    *out = NULL;
    const ropewalk_status status =
        rw_safetensors_open_memory(bytes, n, 0, name, &st, err);
    return status ? status : open_parsed(st, out, err);
}

/* --- answers ------------------------------------------------------------------------------- */

bool rw_qkfile_is_capture(const rw_qkfile *f)
{
    return !f->q;
}

ropewalk_status rw_qkfile_given_shape(const rw_qkfile *f, uint32_t *n_q, uint32_t *n_k,
                                      uint32_t *head_dim, ropewalk_error *err)
{
    *n_q = *n_k = *head_dim = 0;
    if (!f->q)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%.200s is a capture, not a file of given vectors \"q\" and \"k\"",
                       rw_safetensors_path(f->st));
    *n_q = (uint32_t)f->q->shape[0];
    *n_k = (uint32_t)f->k->shape[0];
    *head_dim = (uint32_t)f->q->shape[1];
    return ROPEWALK_OK;
}

/* A whole matrix; the first value that is not finite is named by row and column. */
static ropewalk_status read_matrix(const rw_qkfile *f, const rw_st_tensor *t, double *out,
                                   ropewalk_error *err)
{
    const ropewalk_status status =
        rw_safetensors_read_f64(f->st, t, 0, t->n_element, out, err);
    if (status) return status;
    for (uint64_t i = 0; i < t->n_element; i++)
        if (!isfinite(out[i]))
            return rw_fail(err, ROPEWALK_E_FORMAT,
                           t->offset + i * (t->size_bytes / t->n_element),
                           "%.200s: tensor \"%s\" row %llu column %llu is %s",
                           rw_safetensors_path(f->st), t->name,
                           (unsigned long long)(i / t->shape[1]),
                           (unsigned long long)(i % t->shape[1]),
                           isnan(out[i]) ? "not a number" : "infinite");
    return ROPEWALK_OK;
}

ropewalk_status rw_qkfile_given_read(const rw_qkfile *f, double *q, double *k,
                                     ropewalk_error *err)
{
    uint32_t n_q, n_k, head_dim;
    ropewalk_status status = rw_qkfile_given_shape(f, &n_q, &n_k, &head_dim, err);
    if (!status) status = read_matrix(f, f->q, q, err);
    if (!status) status = read_matrix(f, f->k, k, err);
    return status;
}

const double *rw_qkfile_given_inv_freq(const rw_qkfile *f, uint32_t *n)
{
    *n = f->n_inv_freq;
    return f->inv_freq;
}

uint32_t rw_qkfile_n_layer(const rw_qkfile *f)
{
    return f->n_layer;
}

const rw_qk_layer *rw_qkfile_layer(const rw_qkfile *f, uint32_t index)
{
    return index < f->n_layer ? &f->layers[index].facts : NULL;
}

uint32_t rw_qkfile_n_row(const rw_qkfile *f)
{
    return f->n_row;
}

int64_t rw_qkfile_position(const rw_qkfile *f, uint32_t row)
{
    if (row >= f->n_row) return -1;
    return f->positions ? f->positions[row] : row;
}

int64_t rw_qkfile_token(const rw_qkfile *f, uint32_t row)
{
    return f->tokens && row < f->n_row ? f->tokens[row] : -1;
}

bool rw_qkfile_is_special(const rw_qkfile *f, uint32_t row)
{
    return f->special && row < f->n_row && f->special[row];
}

const char *rw_qkfile_meta(const rw_qkfile *f, const char *key)
{
    return rw_safetensors_meta(f->st, key);
}

ropewalk_status rw_qkfile_read(const rw_qkfile *f, char which, uint32_t index,
                               uint32_t row, uint32_t head, double *out,
                               ropewalk_error *err)
{
    static const char letters[N_SLOT + 1] = "qkQK";
    const char *letter = which ? strchr(letters, which) : NULL;
    if (!letter || index >= f->n_layer)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "there is no vector '%c' of captured layer %lu",
                       letter ? which : '?', (unsigned long)index);
    const layer *l = &f->layers[index];
    const rw_st_tensor *t = l->tensors[letter - letters];
    if (!t)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the capture has no tensor blocks.%lu.attn.%s",
                       (unsigned long)l->facts.layer, slot_names[letter - letters]);
    if (row >= f->n_row || head >= t->shape[1])
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "tensor \"%.100s\" has no row %lu, head %lu", t->name,
                       (unsigned long)row, (unsigned long)head);
    const uint64_t first = ((uint64_t)row * t->shape[1] + head) * t->shape[2];
    const ropewalk_status status =
        rw_safetensors_read_f64(f->st, t, first, t->shape[2], out, err);
    if (status) return status;
    for (uint64_t i = 0; i < t->shape[2]; i++)
        if (!isfinite(out[i]))
            return rw_fail(err, ROPEWALK_E_FORMAT,
                           t->offset + (first + i) * (t->size_bytes / t->n_element),
                           "%.200s: tensor \"%.100s\" row %lu head %lu column %llu is %s",
                           rw_safetensors_path(f->st), t->name, (unsigned long)row,
                           (unsigned long)head, (unsigned long long)i,
                           isnan(out[i]) ? "not a number" : "infinite");
    return ROPEWALK_OK;
}
