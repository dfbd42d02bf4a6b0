/* surrogate.c - the near-far gap against randomised phases. */
#include "measure/surrogate.h"

#include <math.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"

enum { CIRCLE = 4096, BITS = 12, PER_DRAW = 5 }; /* five phases from one 64-bit draw */

/* Mean cosine (part 0) and sine (part 1) of every pair over both halves of every context. */
static ropewalk_status fill_kappa(rw_surrogates *s, const rw_scoretable *table,
                                  const int64_t *context, ropewalk_error *err)
{
    const size_t h = s->n_pair;
    double *room = rw_array(rw_series_size(table), sizeof *room);
    double *terms = rw_calloc(2 * h + 1, sizeof *terms);
    double *scratch = rw_array(RW_SERIES_SCRATCH(table->n_pair), sizeof *scratch);
    ropewalk_status status = ROPEWALK_OK;
    if (!room || !terms || !scratch) status = rw_fail_memory(err, "surrogates");
    for (size_t i = 0; i < 2 * h && !status; i++) {
        /* the score of z_n = 1 is cos(m w_n), of z_n = -i it is sin(m w_n) */
        rw_coefficient z = {
            .n_pair = (uint32_t)h, .re = terms, .im = terms + h, .amplitude_sum = 1};
        const size_t n = i / 2;
        (i % 2 ? z.im : z.re)[n] = i % 2 ? -1.0 : 1.0;
        rw_series series;
        rw_series_init(&series, table, &z, room);
        rw_series_fill(&series, scratch);
        (i % 2 ? z.im : z.re)[n] = 0.0;
        for (size_t c = 0; c < s->n_context; c++) {
            const int64_t M = context[c], half = M / 2;
            double near = 0.0, far = 0.0;
            for (int64_t m = 0; m < half; m++)
                near += room[m];
            for (int64_t m = half; m < M; m++)
                far += room[m];
            s->kappa[(c * h + n) * 2 + i % 2] =
                half ? near / (double)half - far / (double)(M - half) : (double)NAN;
        }
    }
    rw_free(room);
    rw_free(terms);
    rw_free(scratch);
    return status;
}

ropewalk_status rw_surrogates_init(rw_surrogates *s, const rw_scoretable *table,
                                   const int64_t *context, size_t n_context,
                                   size_t n_surrogate, ropewalk_error *err)
{
    const size_t h = table->n_pair;
    *s = (rw_surrogates){
        .n_pair = table->n_pair, .n_surrogate = n_surrogate, .n_context = n_context};
    s->kappa = rw_array(n_context * h * 2 + 1, sizeof *s->kappa);
    s->circle = rw_array((size_t)CIRCLE * 2, sizeof *s->circle);
    ropewalk_status status = ROPEWALK_OK;
    if (!s->kappa || !s->circle) status = rw_fail_memory(err, "surrogates");
    for (size_t i = 0; i < CIRCLE && !status; i++) {
        rw_dd sine, cosine;
        rw_sincos_product((double)i, 6.283185307179586 / CIRCLE, &sine, &cosine);
        s->circle[2 * i] = cosine.hi;
        s->circle[2 * i + 1] = sine.hi;
    }
    if (!status) status = fill_kappa(s, table, context, err);
    if (status) rw_surrogates_clear(s);
    return status;
}

void rw_surrogates_clear(rw_surrogates *s)
{
    rw_free(s->kappa);
    rw_free(s->circle);
    *s = (rw_surrogates){0};
}

/* Random phases of n vectors: n * h points of the circle. */
static void draw_phases(const rw_surrogates *s, size_t n, uint64_t seed, uint64_t stream,
                        uint64_t *index, double *out)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n * s->n_pair; i++, bits >>= BITS) {
        if (i % PER_DRAW == 0) bits = rw_random_u64(seed, stream, (*index)++);
        const double *point = s->circle + 2 * (bits & (CIRCLE - 1));
        out[2 * i] = point[0];
        out[2 * i + 1] = point[1];
    }
}

/* sum over pairs of e^{i (query phase - key phase)} direction, per frequency; no phases: the
 * observed sum. */
static void add_up(const rw_surrogates *s, const rw_sampled_pair *pair, size_t n_sampled,
                   const double *query, const double *key, double *sum)
{
    const size_t h = s->n_pair;
    for (size_t n = 0; n < 2 * h; n++)
        sum[n] = 0.0;
    for (size_t p = 0; p < n_sampled; p++) {
        const double *z = pair[p].direction;
        const double *a = query ? query + (size_t)pair[p].query * 2 * h : NULL;
        const double *b = key ? key + (size_t)pair[p].key * 2 * h : NULL;
        for (size_t n = 0; n < h; n++) {
            const double c =
                a && b ? a[2 * n] * b[2 * n] + a[2 * n + 1] * b[2 * n + 1] : 1.0;
            const double d =
                a && b ? a[2 * n + 1] * b[2 * n] - a[2 * n] * b[2 * n + 1] : 0.0;
            sum[2 * n] += z[2 * n] * c - z[2 * n + 1] * d;
            sum[2 * n + 1] += z[2 * n] * d + z[2 * n + 1] * c;
        }
    }
}

static double gap_at(const rw_surrogates *s, size_t context, const double *sum,
                     size_t n_sampled)
{
    const double *kappa = s->kappa + context * s->n_pair * 2;
    double gap = 0.0;
    for (size_t n = 0; n < s->n_pair; n++)
        gap += sum[2 * n] * kappa[2 * n] - sum[2 * n + 1] * kappa[2 * n + 1];
    return gap / (double)n_sampled;
}

ropewalk_status rw_surrogate_test(const rw_surrogates *s, const rw_sampled_pair *pair,
                                  size_t n_sampled, uint32_t n_query, uint32_t n_key,
                                  uint64_t seed, uint64_t stream, double *gap,
                                  double *p_value, ropewalk_error *err)
{
    const size_t h = s->n_pair;
    double *sum = rw_array(2 * h + 1, sizeof *sum);
    double *phase = rw_array(((size_t)n_query + n_key) * 2 * h + 1, sizeof *phase);
    size_t *beyond = rw_calloc(s->n_context, sizeof *beyond);
    ropewalk_status status = ROPEWALK_OK;
    if (!sum || !phase || !beyond) {
        status = rw_fail_memory(err, "surrogates");
    } else {
        uint64_t index = 0;
        add_up(s, pair, n_sampled, NULL, NULL, sum);
        for (size_t c = 0; c < s->n_context; c++)
            gap[c] = n_sampled && h ? gap_at(s, c, sum, n_sampled) : (double)NAN;
        for (size_t r = 0; r < s->n_surrogate && n_sampled; r++) {
            double *key = phase + (size_t)n_query * 2 * h;
            draw_phases(s, (size_t)n_query + n_key, seed, stream, &index, phase);
            add_up(s, pair, n_sampled, phase, key, sum);
            for (size_t c = 0; c < s->n_context; c++)
                beyond[c] += fabs(gap_at(s, c, sum, n_sampled)) >= fabs(gap[c]);
        }
        for (size_t c = 0; c < s->n_context; c++)
            p_value[c] = isnan(gap[c])
                             ? (double)NAN
                             : (1.0 + (double)beyond[c]) / (1.0 + (double)s->n_surrogate);
    }
    rw_free(sum);
    rw_free(phase);
    rw_free(beyond);
    return status;
}
