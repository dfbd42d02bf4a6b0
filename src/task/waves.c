/* waves.c - vectors of an audit's document become the terms of S(m). */
#include "task/waves.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "format/number_le.h"
#include "position/coefficient.h"

enum { MAX_LAYER = 4096, MAX_HEAD = 4096, MAX_ROTATION = 4096 };

typedef struct reading {
    const json_t *layers, *rotations, *queries, *keys;
    rw_rotation *rotation; /* [n_rotation], frequencies as executed */
    double *scale;         /* [n_rotation] */
    rw_waves *out;
    ropewalk_error *err;
} reading;

static ropewalk_status wrong(const reading *r, const char *what)
{
    return rw_fail(r->err, ROPEWALK_E_FORMAT, 0, "the audit's %s", what);
}

static ropewalk_status read_rotation(reading *r, uint32_t i)
{
    const json_t *o = json_array_get(r->rotations, i), *freq = NULL;
    rw_rotation *rot = &r->rotation[i];
    int64_t dim = 0;
    const char *pairs = NULL;
    ropewalk_status status =
        rw_json_get_int(o, "rotary_dim", 0, RW_MAX_HEAD_DIM, &dim, r->err);
    if (!status) status = rw_json_get_str(o, "pairs", &pairs, r->err);
    if (!status) status = rw_json_get_f64(o, "softmax_scale", &r->scale[i], r->err);
    if (!status) status = rw_rotation_alloc(rot, (uint32_t)dim, r->err);
    if (!status) status = rw_json_get_f64(o, "attn_factor", &rot->attn_factor, r->err);
    if (!status) status = rw_json_get_array(o, "inv_freq", &freq, r->err);
    if (status) return status;
    const uint32_t n_freq = rot->rotary_dim / 2;
    if (json_array_size(freq) != n_freq)
        return wrong(r, "rotations do not have a frequency a pair");
    rot->pairs = strcmp(pairs, "half") == 0 ? RW_PAIRS_HALF_SPLIT : RW_PAIRS_INTERLEAVED;
    for (uint32_t n = 0; n < n_freq; n++) {
        const double v = json_number_value(json_array_get(freq, n));
        if (!json_is_number(json_array_get(freq, n)) || !(v >= 0.0 && v <= 1024.0))
            return wrong(r, "frequencies are not all from 0 to 1024");
        rot->inv_freq[n] = v;
    }
    r->out->freq[i] = rw_array(n_freq + 1u, sizeof(double));
    if (!r->out->freq[i]) return rw_fail_memory(r->err, "frequencies");
    r->out->n_pair[i] = rw_active_freq(rot, r->out->freq[i]);
    return ROPEWALK_OK;
}

/* vector[dim] from base64 of float32. */
static ropewalk_status read_vector(const reading *r, const json_t *row, uint32_t dim,
                                   unsigned char *bytes, double *vector)
{
    const char *text = NULL;
    const ropewalk_status status = rw_json_get_str(row, "f32", &text, r->err);
    if (status) return status;
    if (!rw_base64_read(text, bytes, (size_t)dim * 4))
        return wrong(r, "vectors are not all base64 of head_dim float32");
    for (uint32_t i = 0; i < dim; i++)
        vector[i] = rw_load_f32(bytes + 4 * (size_t)i);
    return ROPEWALK_OK;
}

static const json_t *attended_key(const reading *r, int64_t layer, int64_t kv_head)
{
    size_t i;
    const json_t *row;
    json_array_foreach (r->keys, i, row) {
        const char *stratum = json_string_value(json_object_get(row, "stratum"));
        if (stratum && strcmp(stratum, "attended") == 0 &&
            json_integer_value(json_object_get(row, "layer")) == layer &&
            json_integer_value(json_object_get(row, "kv_head")) == kv_head)
            return row;
    }
    return NULL;
}

/* The terms of head `at` from its query and key, turned by rotation i. */
static ropewalk_status read_head(reading *r, const json_t *row, const json_t *key,
                                 uint32_t dim, uint32_t i, size_t at)
{
    rw_waves *w = r->out;
    if (r->rotation[i].rotary_dim > dim)
        return wrong(r, "rotations turn more than a head has");
    ropewalk_status status = ROPEWALK_OK;
    unsigned char *bytes = rw_array((size_t)dim * 4, 1);
    double *q = rw_array((size_t)dim * 2, sizeof *q);
    w->re[at] = rw_array(w->n_pair[i] + 1u, sizeof(double));
    w->im[at] = rw_array(w->n_pair[i] + 1u, sizeof(double));
    rw_coefficient z = {.re = w->re[at], .im = w->im[at]};
    if (!bytes || !q || !z.re || !z.im)
        status = rw_fail_memory(r->err, "the vectors of a head");
    if (!status) status = read_vector(r, row, dim, bytes, q);
    if (!status) status = read_vector(r, key, dim, bytes, q + dim);
    if (!status)
        status = rw_coefficient_make(&r->rotation[i], dim, r->scale[i], q, q + dim, &z,
                                     r->err);
    rw_free(bytes);
    rw_free(q);
    return status;
}

static ropewalk_status read_query(reading *r, const json_t *row)
{
    const rw_waves *w = r->out;
    int64_t layer = 0, head = 0, dim = 0, n_q = 0, n_kv = 0;
    ropewalk_status status =
        rw_json_get_int(row, "layer", 0, (int64_t)w->n_layer - 1, &layer, r->err);
    if (!status)
        status = rw_json_get_int(row, "head", 0, (int64_t)w->n_head - 1, &head, r->err);
    const json_t *of = json_array_get(r->layers, (size_t)layer);
    if (!status)
        status = rw_json_get_int(of, "head_dim", 1, RW_MAX_HEAD_DIM, &dim, r->err);
    if (!status) status = rw_json_get_int(of, "n_head_q", 1, MAX_HEAD, &n_q, r->err);
    if (!status) status = rw_json_get_int(of, "n_head_kv", 1, n_q, &n_kv, r->err);
    if (status) return status;
    const json_t *key = attended_key(r, layer, head / (n_q / n_kv));
    const size_t at = (size_t)layer * w->n_head + (size_t)head;
    if (!key || w->rotation[layer] == UINT32_MAX || w->re[at]) return ROPEWALK_OK;
    return read_head(r, row, key, (uint32_t)dim, w->rotation[layer], at);
}

static ropewalk_status read_shape(reading *r, const json_t *audit)
{
    rw_waves *w = r->out;
    size_t i;
    const json_t *layer;
    const char *name =
        json_string_value(json_object_get(json_object_get(audit, "model"), "name"));
    const size_t n_layer = json_array_size(r->layers),
                 n_rotation = json_array_size(r->rotations);
    int64_t most = 0;
    if (n_layer == 0 || n_layer > MAX_LAYER || n_rotation > MAX_ROTATION)
        return wrong(r, "layers or rotations are not as many as a model can have");
    (void)snprintf(w->model, sizeof w->model, "%s", name ? name : "");
    w->n_layer = (uint32_t)n_layer;
    w->n_rotation = (uint32_t)n_rotation;
    w->rotation = rw_calloc(n_layer, sizeof *w->rotation);
    w->n_pair = rw_calloc(n_rotation + 1, sizeof *w->n_pair);
    w->freq = rw_calloc(n_rotation + 1, sizeof *w->freq);
    r->rotation = rw_calloc(n_rotation + 1, sizeof *r->rotation);
    r->scale = rw_calloc(n_rotation + 1, sizeof *r->scale);
    if (!w->rotation || !w->n_pair || !w->freq || !r->rotation || !r->scale)
        return rw_fail_memory(r->err, "the rotations of an audit");
    json_array_foreach (r->layers, i, layer) {
        int64_t n_q = 0, rotation = -1;
        ropewalk_status status =
            rw_json_get_int(layer, "n_head_q", 1, MAX_HEAD, &n_q, r->err);
        if (!status && json_is_integer(json_object_get(layer, "rotation")))
            status = rw_json_get_int(layer, "rotation", 0, (int64_t)n_rotation - 1,
                                     &rotation, r->err);
        if (status) return status;
        w->rotation[i] = rotation < 0 ? UINT32_MAX : (uint32_t)rotation;
        if (n_q > most) most = n_q;
    }
    w->n_head = (uint32_t)most;
    w->re = rw_calloc(n_layer * (size_t)most, sizeof *w->re);
    w->im = rw_calloc(n_layer * (size_t)most, sizeof *w->im);
    return w->re && w->im ? ROPEWALK_OK : rw_fail_memory(r->err, "the heads of an audit");
}

ropewalk_status rw_waves_read(const json_t *audit, rw_waves *out, ropewalk_error *err)
{
    reading r = {.out = out, .err = err};
    const json_t *vectors = json_object_get(audit, "vectors");
    const char *kind = json_string_value(json_object_get(audit, "kind"));
    *out = (rw_waves){0};
    if (!kind || strcmp(kind, "audit") != 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "this is no document of `ropewalk audit --json`");
    if (!json_is_object(vectors))
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "this audit kept no vectors: make it again with this program");
    ropewalk_status status = rw_json_get_array(audit, "layers", &r.layers, err);
    if (!status) status = rw_json_get_array(audit, "rotations", &r.rotations, err);
    if (!status) status = rw_json_get_array(vectors, "queries", &r.queries, err);
    if (!status) status = rw_json_get_array(vectors, "keys", &r.keys, err);
    if (!status) status = read_shape(&r, audit);
    for (uint32_t i = 0; i < out->n_rotation && !status; i++)
        status = read_rotation(&r, i);
    for (size_t i = 0; !status && i < json_array_size(r.queries); i++)
        status = read_query(&r, json_array_get(r.queries, i));
    for (uint32_t i = 0; r.rotation && i < out->n_rotation; i++)
        rw_rotation_clear(&r.rotation[i]);
    rw_free(r.rotation);
    rw_free(r.scale);
    if (status) rw_waves_clear(out);
    return status;
}

void rw_waves_clear(rw_waves *w)
{
    const size_t n = (size_t)w->n_layer * w->n_head;
    for (size_t i = 0; w->re && w->im && i < n; i++) {
        rw_free(w->re[i]);
        rw_free(w->im[i]);
    }
    for (uint32_t i = 0; w->freq && i < w->n_rotation; i++)
        rw_free(w->freq[i]);
    rw_free(w->re);
    rw_free(w->im);
    rw_free(w->freq);
    rw_free(w->n_pair);
    rw_free(w->rotation);
    *w = (rw_waves){0};
}
