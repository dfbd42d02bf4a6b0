/* record.c - heads and layers to bytes and back. */
#include "audit/record.h"

#include <string.h>

#include "base/alloc.h"

/* Counts in a record are below this, so that sums over a model stay far from overflow. */
#define MOST_COUNT ((int64_t)1 << 40)

static ropewalk_status refuse(ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "a kept result does not fit this audit");
}

/* The doubles of a context, besides its rates, in one order for both ways. */
static const size_t scalars[] = {
#define SCALAR(name) offsetof(rw_head_text_context, name)
    SCALAR(alias_pairs[0]),
    SCALAR(alias_pairs[1]),
    SCALAR(alias_pairs[2]),
    SCALAR(alias_distances[0]),
    SCALAR(alias_distances[1]),
    SCALAR(alias_distances[2]),
    SCALAR(preference),
    SCALAR(mean_inversion),
    SCALAR(energy),
    SCALAR(token_flip),
    SCALAR(semantic),
    SCALAR(positional),
    SCALAR(r_high),
    SCALAR(ks_near),
    SCALAR(ks_far),
    SCALAR(ks_difference),
    SCALAR(max_share),
    SCALAR(n_eff),
    SCALAR(turning_share),
#undef SCALAR
};
enum { N_SCALAR = sizeof scalars / sizeof *scalars };
_Static_assert(sizeof(rw_head_text_context) ==
                   sizeof(((rw_head_text_context *)0)->single) +
                       sizeof(((rw_head_text_context *)0)->twin) +
                       N_SCALAR * sizeof(double),
               "a context has a member that its record leaves out");

static void pack_rate(const rw_rate_mean *r, rw_packer *out)
{
    rw_pack_f64(out, r->mean.mean);
    rw_pack_f64(out, r->mean.variance);
    rw_pack_u64(out, (uint64_t)r->mean.dof);
    rw_pack_u64(out, r->mean.n_q);
    rw_pack_u64(out, r->mean.n_k);
    rw_pack_f64(out, r->predicted);
    rw_pack_u64(out, (uint64_t)r->unresolved);
}

static void unpack_rate(rw_unpacker *in, rw_rate_mean *r)
{
    r->mean.mean = rw_unpack_f64(in);
    r->mean.variance = rw_unpack_f64(in);
    r->mean.dof = (int)rw_unpack_count(in, 1 << 20);
    r->mean.n_q = (size_t)rw_unpack_count(in, 1 << 20);
    r->mean.n_k = (size_t)rw_unpack_count(in, 1 << 20);
    r->predicted = rw_unpack_f64(in);
    r->unresolved = rw_unpack_count(in, MOST_COUNT);
}

static void pack_context(const rw_head_text_context *c, rw_packer *out)
{
    for (int s = 0; s < RW_N_STRATUM; s++)
        for (int r = 0; r < RW_N_RATE; r++)
            pack_rate(&c->single[s][r], out);
    for (int s = 0; s < RW_N_TWIN_STRATUM; s++)
        for (int r = 0; r < RW_N_TWIN_RATE; r++)
            pack_rate(&c->twin[s][r], out);
    for (size_t i = 0; i < N_SCALAR; i++) {
        double value;
        memcpy(&value, (const char *)c + scalars[i], sizeof value);
        rw_pack_f64(out, value);
    }
}

static void unpack_context(rw_unpacker *in, rw_head_text_context *c)
{
    for (int s = 0; s < RW_N_STRATUM; s++)
        for (int r = 0; r < RW_N_RATE; r++)
            unpack_rate(in, &c->single[s][r]);
    for (int s = 0; s < RW_N_TWIN_STRATUM; s++)
        for (int r = 0; r < RW_N_TWIN_RATE; r++)
            unpack_rate(in, &c->twin[s][r]);
    for (size_t i = 0; i < N_SCALAR; i++) {
        const double value = rw_unpack_f64(in);
        memcpy((char *)c + scalars[i], &value, sizeof value);
    }
}

void rw_pairs_pack(const rw_sampled_pair *pair, uint32_t n_pair, uint32_t n_freq,
                   rw_packer *out)
{
    rw_pack_u64(out, n_pair);
    for (uint32_t i = 0; i < n_pair; i++) {
        rw_pack_u32(out, pair[i].query);
        rw_pack_u32(out, pair[i].key);
        for (size_t n = 0; n < 2 * (size_t)n_freq; n++)
            rw_pack_f64(out, pair[i].direction[n]);
    }
}

void rw_head_pack(const rw_head_text *h, const rw_record_shape *shape, rw_packer *out)
{
    if (!h->context) return;
    for (uint32_t e = 0; e < shape->n_effective; e++)
        pack_context(&h->context[e], out);
    const size_t width = 2 * (size_t)shape->n_freq;
    rw_pairs_pack(h->sampled, h->n_sampled, shape->n_freq, out);
    rw_pack_u64(out, (uint64_t)h->skipped_identical);
    rw_pack_u64(out, (uint64_t)h->skipped_special);
    const rw_head_sample *s = &h->sample;
    rw_pack_u64(out, s->n_random);
    rw_pack_u64(out, s->n_query);
    rw_pack_u64(out, s->n_attended);
    for (size_t i = 0; i < s->n_random + (size_t)s->n_query * s->n_attended; i++)
        rw_pack_u64(out, (uint64_t)(s->position[i] + 1));
    rw_pack_u64(out, h->curve != NULL);
    if (!h->curve) return;
    for (size_t n = 0; n < width + 1; n++)
        rw_pack_f64(out, h->curve[n]);
    rw_pack_u32(out, h->curve_query_row);
    rw_pack_u32(out, h->curve_key_row);
}

ropewalk_status rw_pairs_unpack(rw_unpacker *in, const rw_pair_limits *most,
                                rw_sampled_pair **pair, double **direction,
                                uint32_t *n_pair, ropewalk_error *err)
{
    const size_t width = 2 * (size_t)most->n_freq;
    const size_t n = (size_t)rw_unpack_count(in, most->n_pair);
    if (in->failed || n > (in->n - in->at) / 8) return refuse(err);
    *pair = rw_calloc(n + 1, sizeof **pair);
    *direction = rw_array(n * width + 1, sizeof **direction);
    if (!*pair || !*direction) return rw_fail_memory(err, "the pairs of a head");
    for (size_t i = 0; i < n && !in->failed; i++) {
        double *z = *direction + i * width;
        const uint32_t query = rw_unpack_u32(in), key = rw_unpack_u32(in);
        (*pair)[i] = (rw_sampled_pair){.query = query, .key = key, .direction = z};
        for (size_t k = 0; k < width; k++)
            z[k] = rw_unpack_f64(in);
        if (query >= most->n_query || key >= most->n_key) return refuse(err);
    }
    *n_pair = (uint32_t)n;
    return ROPEWALK_OK;
}

static ropewalk_status unpack_sample(rw_unpacker *in, const rw_record_shape *shape,
                                     rw_head_sample *s, ropewalk_error *err)
{
    s->n_random = (uint32_t)rw_unpack_count(in, shape->n_random);
    s->n_query = (uint32_t)rw_unpack_count(in, shape->n_query);
    s->n_attended = (uint32_t)rw_unpack_count(in, shape->n_attended);
    if (in->failed || s->n_query != shape->n_query || s->n_attended != shape->n_attended)
        return refuse(err);
    const size_t n = s->n_random + (size_t)s->n_query * s->n_attended;
    s->position = rw_array(n + 1, sizeof *s->position);
    if (!s->position) return rw_fail_memory(err, "a kept head");
    for (size_t i = 0; i < n; i++)
        s->position[i] = rw_unpack_count(in, MOST_COUNT) - 1;
    return ROPEWALK_OK;
}

static ropewalk_status unpack_curve(rw_unpacker *in, const rw_record_shape *shape,
                                    rw_head_text *out, ropewalk_error *err)
{
    const size_t n = 2 * (size_t)shape->n_freq + 1;
    if (!rw_unpack_count(in, 1)) return ROPEWALK_OK;
    out->curve = rw_array(n, sizeof *out->curve);
    if (!out->curve) return rw_fail_memory(err, "a kept head");
    for (size_t i = 0; i < n; i++)
        out->curve[i] = rw_unpack_f64(in);
    out->curve_query_row = rw_unpack_u32(in);
    out->curve_key_row = rw_unpack_u32(in);
    if (out->curve_query_row >= shape->n_row || out->curve_key_row >= shape->n_row)
        return refuse(err);
    return ROPEWALK_OK;
}

ropewalk_status rw_head_unpack(rw_unpacker *in, const rw_record_shape *shape,
                               rw_head_text *out, ropewalk_error *err)
{
    *out = (rw_head_text){0};
    if (shape->n_effective == 0)
        return rw_unpack_complete(in) ? ROPEWALK_OK : refuse(err);
    out->context = rw_calloc(shape->n_effective, sizeof *out->context);
    ropewalk_status status =
        out->context ? ROPEWALK_OK : rw_fail_memory(err, "a kept head");
    for (uint32_t e = 0; e < shape->n_effective && !status; e++)
        unpack_context(in, &out->context[e]);
    const rw_pair_limits most = {.n_pair = (int64_t)shape->n_query * shape->n_random,
                                 .n_query = shape->n_query,
                                 .n_key = shape->n_row,
                                 .n_freq = shape->n_freq};
    if (!status)
        status = rw_pairs_unpack(in, &most, &out->sampled, &out->direction,
                                 &out->n_sampled, err);
    if (!status) {
        out->skipped_identical = rw_unpack_count(in, MOST_COUNT);
        out->skipped_special = rw_unpack_count(in, MOST_COUNT);
        status = unpack_sample(in, shape, &out->sample, err);
    }
    if (!status) status = unpack_curve(in, shape, out, err);
    if (!status && !rw_unpack_complete(in)) status = refuse(err);
    if (status) rw_head_text_clear(out);
    return status;
}

void rw_layer_pack(const rw_layer_text *layer, rw_packer *out)
{
    for (int i = 0; i < RW_N_SET_SIZE; i++) {
        rw_pack_f64(out, layer->pairs_sum[i]);
        rw_pack_u64(out, (uint64_t)layer->pairs_min[i]);
        rw_pack_u64(out, (uint64_t)layer->pairs_max[i]);
        rw_pack_u64(out, layer->n_set[i]);
        rw_pack_u64(out, layer->size[i]);
    }
    rw_pack_u64(out, (uint64_t)layer->context);
    rw_pack_f64(out, layer->readout.best_head);
    rw_pack_f64(out, layer->readout.all_heads);
}

ropewalk_status rw_layer_unpack(rw_unpacker *in, rw_layer_text *layer,
                                ropewalk_error *err)
{
    const int64_t most_pairs = (int64_t)1 << 61; /* of the longest context, 2^31 */
    *layer = (rw_layer_text){0};
    for (int i = 0; i < RW_N_SET_SIZE; i++) {
        layer->pairs_sum[i] = rw_unpack_f64(in);
        layer->pairs_min[i] = rw_unpack_count(in, most_pairs);
        layer->pairs_max[i] = rw_unpack_count(in, most_pairs);
        layer->n_set[i] = (uint32_t)rw_unpack_count(in, RW_MAX_SET_DRAW);
        layer->size[i] = (uint32_t)rw_unpack_count(in, 1 << 20);
    }
    layer->context = rw_unpack_count(in, (int64_t)1 << 31);
    layer->readout.best_head = rw_unpack_f64(in);
    layer->readout.all_heads = rw_unpack_f64(in);
    if (rw_unpack_complete(in)) return ROPEWALK_OK;
    *layer = (rw_layer_text){0};
    return refuse(err);
}
