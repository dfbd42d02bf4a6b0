/* vectors.c - queries and keys of a file, with the rotation that turns them. */
#include "api/vectors.h"

#include <math.h>
#include <string.h>

#include "audit/unit.h"
#include "base/alloc.h"
#include "format/qkfile.h"
#include "position/declared.h"

void rw_vectors_init(rw_vectors *v)
{
    *v = (rw_vectors){.rope_theta = (double)NAN};
    rw_rotation_init(&v->rotation);
}

void rw_vectors_clear(rw_vectors *v)
{
    rw_free(v->q);
    rw_free(v->k);
    rw_rotation_clear(&v->rotation);
    rw_vectors_init(v);
}

static ropewalk_status allocate(rw_vectors *in, ropewalk_error *err)
{
    in->q = rw_array((size_t)in->n_q * in->head_dim, sizeof *in->q);
    in->k = rw_array((size_t)in->n_k * in->head_dim, sizeof *in->k);
    return in->q && in->k ? ROPEWALK_OK : rw_fail_memory(err, "the vectors");
}

ropewalk_status rw_parse_pairs(const char *name, rw_pairs *pairs, ropewalk_error *err)
{
    *pairs = RW_PAIRS_HALF_SPLIT;
    if (!name || strcmp(name, "half") == 0) return ROPEWALK_OK;
    *pairs = RW_PAIRS_INTERLEAVED;
    if (strcmp(name, "interleaved") == 0) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "pairs must be half or interleaved, not \"%s\"", name);
}

static ropewalk_status read_given(const rw_vector_choice *p, const rw_qkfile *file,
                                  rw_vectors *in, ropewalk_error *err)
{
    rw_pairs pairs;
    uint32_t n_freq;
    if (p->layer >= 0 || p->head >= 0)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "--layer and --head choose vectors of a capture; this file holds plain q "
            "and k");
    ropewalk_status status =
        rw_qkfile_given_shape(file, &in->n_q, &in->n_k, &in->head_dim, err);
    if (!status) status = rw_parse_pairs(p->pairs, &pairs, err);
    if (!status) status = allocate(in, err);
    if (!status) status = rw_qkfile_given_read(file, in->q, in->k, err);
    if (status) return status;
    const double *freq = rw_qkfile_given_inv_freq(file, &n_freq);
    const int64_t dim = p->rotary_dim >= 0 ? p->rotary_dim
                        : n_freq           ? (int64_t)n_freq * 2
                                           : (int64_t)in->head_dim;
    if (dim > in->head_dim || dim % 2 != 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rotary_dim %lld must be even and at most head_dim %u",
                       (long long)dim, in->head_dim);
    in->rope_theta = p->rope.rope_theta;
    in->score_scale = p->model_scale          ? 1.0 / sqrt((double)in->head_dim)
                      : isnan(p->score_scale) ? 1.0
                                              : p->score_scale;
    if (n_freq && isnan(p->rope.rope_theta)) {
        if ((int64_t)n_freq * 2 != dim)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "inv_freq has %u values, rotary_dim %lld needs %lld", n_freq,
                           (long long)dim, (long long)(dim / 2));
        status = rw_rotation_alloc(&in->rotation, (uint32_t)dim, err);
        if (status) return status;
        memcpy(in->rotation.inv_freq, freq, n_freq * sizeof *freq);
        in->rotation.attn_factor = isnan(p->rope.attn_factor) ? 1.0 : p->rope.attn_factor;
        in->rotation.pairs = pairs;
        return ROPEWALK_OK;
    }
    if (isnan(p->rope.rope_theta))
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "plain vectors need --rope-theta, or a tensor inv_freq: there is no "
            "default");
    const rw_layer_shape shape = {.head_dim = in->head_dim,
                                  .rotary_dim = (uint32_t)dim,
                                  .n_head_q = 1,
                                  .n_head_kv = 1,
                                  .rope_theta = p->rope.rope_theta,
                                  .pairs = pairs};
    return rw_declared_rotation(&p->rope, &shape, &in->rotation, err);
}

static ropewalk_status read_capture(const rw_vector_choice *p, const rw_qkfile *file,
                                    rw_vectors *in, ropewalk_error *err)
{
    if (p->layer < 0 || p->head < 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a capture needs --layer and --head");
    if (!isnan(p->rope.rope_theta) || p->rope.scaling || p->pairs || p->rotary_dim >= 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a capture brings its own rotation: --rope-theta, --rope-scaling, "
                       "--pairs and --rotary-dim are for plain vectors");
    uint32_t index = 0;
    const rw_qk_layer *layer = NULL;
    for (uint32_t i = 0; i < rw_qkfile_n_layer(file); i++)
        if (rw_qkfile_layer(file, i)->layer == (uint32_t)p->layer) {
            layer = rw_qkfile_layer(file, i);
            index = i;
        }
    if (!layer)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "layer %d is not in the capture",
                       p->layer);
    if ((uint32_t)p->head >= layer->n_head_q)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "head %d: layer %d has %u query heads", p->head, p->layer,
                       layer->n_head_q);
    const int64_t n_row = rw_qkfile_n_row(file);
    const int64_t query = p->query_row < 0 ? n_row - 1 : p->query_row;
    const int64_t first = query > 8 ? query - 8 : 0;
    in->n_q = 1;
    in->n_k = p->n_key_row ? (uint32_t)p->n_key_row : (uint32_t)(query - first);
    in->head_dim = layer->head_dim;
    if (query >= n_row || in->n_k == 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "query row %lld has no key before it among the %lld captured rows",
                       (long long)query, (long long)n_row);
    ropewalk_status status = allocate(in, err);
    const uint32_t kv = (uint32_t)p->head / (layer->n_head_q / layer->n_head_kv);
    if (!status)
        status = rw_qkfile_read(file, 'q', index, (uint32_t)query, (uint32_t)p->head,
                                in->q, err);
    for (uint32_t i = 0; i < in->n_k && !status; i++) {
        const int64_t row = p->n_key_row ? p->key_row[i] : first + i;
        if (row < 0 || row >= n_row)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "key row %lld is not among the %lld rows", (long long)row,
                           (long long)n_row);
        status = rw_qkfile_read(file, 'k', index, (uint32_t)row, kv,
                                in->k + (size_t)i * in->head_dim, err);
    }
    if (!status) status = rw_rotation_of_layer(layer, &in->rotation, err);
    if (status) return status;
    in->rope_theta = layer->rope_theta;
    in->score_scale = !isnan(p->score_scale)        ? p->score_scale
                      : isnan(layer->softmax_scale) ? 1.0 / sqrt((double)layer->head_dim)
                                                    : layer->softmax_scale;
    return ROPEWALK_OK;
}

ropewalk_status rw_vectors_read(const rw_vector_choice *choice, rw_vectors *out,
                                ropewalk_error *err)
{
    rw_qkfile *file;
    rw_vectors_init(out);
    ropewalk_status status = rw_qkfile_open(choice->qk, &file, err);
    if (status) return status;
    status = rw_qkfile_is_capture(file) ? read_capture(choice, file, out, err)
                                        : read_given(choice, file, out, err);
    rw_qkfile_close(file);
    if (status) rw_vectors_clear(out);
    return status;
}
