/* sweep_vectors.c - choosing draws among the rows of a file. */
#include "api/sweep_vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/unit.h"
#include "base/alloc.h"
#include "base/random.h"
#include "base/text.h"
#include "format/qkfile.h"

enum { QUERY_STREAM = 2000, KEY_STREAM = 2001 };

/* The rows a draw may come from. */
typedef struct candidates {
    uint32_t *key; /* rows that may be keys, ascending */
    uint32_t n_key;
    uint32_t *query,
        *n_before; /* rows that may be queries, and how many of `key` are theirs */
    uint32_t n_query;
} candidates;

typedef struct draw {
    uint32_t query, key[2];
} draw;

static void candidates_clear(candidates *c)
{
    rw_free(c->key);
    rw_free(c->query);
    rw_free(c->n_before);
}

/* @param capture  keys come before their query, and the sink and special tokens are left out */
static ropewalk_status list_candidates(const rw_qkfile *file, bool capture, uint32_t n_q,
                                       uint32_t n_k, candidates *c, ropewalk_error *err)
{
    *c = (candidates){0};
    c->key = rw_array((size_t)n_k + 1, sizeof *c->key);
    c->query = rw_array((size_t)n_q + 1, sizeof *c->query);
    c->n_before = rw_array((size_t)n_q + 1, sizeof *c->n_before);
    if (!c->key || !c->query || !c->n_before)
        return rw_fail_memory(err, "the rows of a file");
    if (!capture)
        for (uint32_t i = 0; i < n_k; i++)
            c->key[c->n_key++] = i;
    for (uint32_t i = 0; i < n_q; i++) {
        if (c->n_key >= 2) {
            c->query[c->n_query] = i;
            c->n_before[c->n_query++] = c->n_key;
        }
        if (capture && i > 0 && !rw_qkfile_is_special(file, i)) c->key[c->n_key++] = i;
    }
    if (c->n_query) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "a sweep needs a query with two keys, and the file has none");
}

static void all_draws(const candidates *c, draw *out)
{
    size_t n = 0;
    for (uint32_t q = 0; q < c->n_query; q++)
        for (uint32_t a = 0; a < c->n_before[q]; a++)
            for (uint32_t b = a + 1; b < c->n_before[q]; b++)
                out[n++] = (draw){c->query[q], {c->key[a], c->key[b]}};
}

static draw sample_draw(const candidates *c, uint64_t seed, uint64_t i)
{
    const uint32_t q = (uint32_t)rw_random_below(seed, QUERY_STREAM, i, c->n_query);
    const uint32_t n = c->n_before[q];
    const uint32_t a = (uint32_t)rw_random_below(seed, KEY_STREAM, 2 * i, n);
    uint32_t b = (uint32_t)rw_random_below(seed, KEY_STREAM, 2 * i + 1, n - 1);
    b += b >= a;
    return (draw){c->query[q], {c->key[a], c->key[b]}};
}

static ropewalk_status choose_draws(const candidates *c, uint32_t wanted, uint64_t seed,
                                    draw **out, uint32_t *n, ropewalk_error *err)
{
    double there = 0.0;
    for (uint32_t q = 0; q < c->n_query; q++)
        there += 0.5 * c->n_before[q] * (c->n_before[q] - 1.0);
    const bool all = there <= wanted;
    *n = all ? (uint32_t)there : wanted;
    *out = rw_array(*n, sizeof **out);
    if (!*out) return rw_fail_memory(err, "the draws");
    if (all) all_draws(c, *out);
    for (uint32_t i = 0; i < *n && !all; i++)
        (*out)[i] = sample_draw(c, seed, i);
    return ROPEWALK_OK;
}

static ropewalk_status allocate(rw_sweep_vectors *v, uint32_t dim, ropewalk_error *err)
{
    v->q = rw_array((size_t)v->n_draw * dim, sizeof *v->q);
    v->k = rw_array((size_t)v->n_draw * dim * 2, sizeof *v->k);
    v->given =
        (rw_sweep_given){.head_dim = dim, .n_draw = v->n_draw, .q = v->q, .k = v->k};
    return v->q && v->k ? ROPEWALK_OK : rw_fail_memory(err, "the vectors");
}

static ropewalk_status read_plain(const rw_qkfile *file, uint32_t n_draw, uint64_t seed,
                                  rw_sweep_vectors *v, ropewalk_error *err)
{
    uint32_t n_q, n_k, dim, n_freq;
    draw *draws = NULL;
    candidates c = {0};
    ropewalk_status status = rw_qkfile_given_shape(file, &n_q, &n_k, &dim, err);
    if (status) return status;
    double *q = rw_array((size_t)n_q * dim, sizeof *q);
    double *k = rw_array((size_t)n_k * dim, sizeof *k);
    if (!q || !k) status = rw_fail_memory(err, "the vectors");
    if (!status) status = rw_qkfile_given_read(file, q, k, err);
    if (!status) status = list_candidates(file, false, n_q, n_k, &c, err);
    if (!status) status = choose_draws(&c, n_draw, seed, &draws, &v->n_draw, err);
    if (!status) status = allocate(v, dim, err);
    for (size_t i = 0; i < v->n_draw && !status; i++) {
        memcpy(v->q + i * dim, q + (size_t)draws[i].query * dim, dim * sizeof *q);
        for (size_t j = 0; j < 2; j++)
            memcpy(v->k + (2 * i + j) * dim, k + (size_t)draws[i].key[j] * dim,
                   dim * sizeof *k);
    }
    const double *freq = rw_qkfile_given_inv_freq(file, &n_freq);
    if (!status && n_freq) {
        status = rw_rotation_alloc(&v->own, 2 * n_freq, err);
        if (!status) memcpy(v->own.inv_freq, freq, n_freq * sizeof *freq);
        v->own.attn_factor = 1.0;
    }
    v->score_scale = 1.0;
    candidates_clear(&c);
    rw_free(draws);
    rw_free(q);
    rw_free(k);
    return status;
}

static ropewalk_status find_layer(const rw_qkfile *file, int layer, int head,
                                  uint32_t *index, ropewalk_error *err)
{
    if (layer < 0 || head < 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a capture needs --layer and --head");
    for (*index = 0; *index < rw_qkfile_n_layer(file); ++*index)
        if (rw_qkfile_layer(file, *index)->layer == (uint32_t)layer) break;
    if (*index == rw_qkfile_n_layer(file))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "layer %d is not in the capture",
                       layer);
    const rw_qk_layer *l = rw_qkfile_layer(file, *index);
    if ((uint32_t)head >= l->n_head_q)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "head %d: layer %d has %u query heads", head, layer, l->n_head_q);
    if (l->rotary_dim == 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "layer %d has no RoPE: other bases would change nothing", layer);
    return ROPEWALK_OK;
}

static ropewalk_status read_capture(const rw_qkfile *file, int layer, int head,
                                    uint32_t n_draw, uint64_t seed, rw_sweep_vectors *v,
                                    ropewalk_error *err)
{
    uint32_t index = 0;
    draw *draws = NULL;
    candidates c = {0};
    ropewalk_status status = find_layer(file, layer, head, &index, err);
    if (status) return status;
    const rw_qk_layer *l = rw_qkfile_layer(file, index);
    const uint32_t n_row = rw_qkfile_n_row(file), dim = l->head_dim,
                   kv = (uint32_t)head / (l->n_head_q / l->n_head_kv);
    status = list_candidates(file, true, n_row, n_row, &c, err);
    if (!status) status = choose_draws(&c, n_draw, seed, &draws, &v->n_draw, err);
    if (!status) status = allocate(v, dim, err);
    for (size_t i = 0; i < v->n_draw && !status; i++) {
        status = rw_qkfile_read(file, 'q', index, draws[i].query, (uint32_t)head,
                                v->q + i * dim, err);
        for (size_t j = 0; j < 2 && !status; j++)
            status = rw_qkfile_read(file, 'k', index, draws[i].key[j], kv,
                                    v->k + (2 * i + j) * dim, err);
    }
    if (!status) status = rw_rotation_of_layer(l, &v->own, err);
    v->own_theta = l->rope_theta;
    v->score_scale = isnan(l->softmax_scale) ? 1.0 / sqrt((double)dim) : l->softmax_scale;
    const char *name = rw_qkfile_meta(file, "model"),
               *context = rw_qkfile_meta(file, "context_length");
    if (name) (void)snprintf(v->name, sizeof v->name, "%s", name);
    rw_plain(v->name); /* goes to terminals and into rows */
    const long long advertised = context ? strtoll(context, NULL, 10) : 0;
    if (advertised > 0 && advertised <= 1LL << 31) v->advertised = advertised;
    candidates_clear(&c);
    rw_free(draws);
    return status;
}

ropewalk_status rw_sweep_vectors_read(const char *path, int layer, int head,
                                      uint32_t n_draw, uint64_t seed,
                                      rw_sweep_vectors *out, ropewalk_error *err)
{
    rw_qkfile *file;
    *out = (rw_sweep_vectors){.own_theta = (double)NAN, .name = "own rotation"};
    ropewalk_status status = rw_qkfile_open(path, &file, err);
    if (status) return status;
    if (rw_qkfile_is_capture(file))
        status = read_capture(file, layer, head, n_draw, seed, out, err);
    else if (layer >= 0 || head >= 0)
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "--layer and --head choose vectors of a capture; this file "
                         "holds plain q and k");
    else
        status = read_plain(file, n_draw, seed, out, err);
    rw_qkfile_close(file);
    if (status) rw_sweep_vectors_clear(out);
    return status;
}

void rw_sweep_vectors_clear(rw_sweep_vectors *v)
{
    rw_free(v->q);
    rw_free(v->k);
    rw_rotation_clear(&v->own);
    *v = (rw_sweep_vectors){0};
}
