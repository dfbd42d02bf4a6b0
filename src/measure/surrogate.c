/* surrogate.c - the near-far gap against randomised phases. */
#include "measure/surrogate.h"

#include <math.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"

enum { PHASE_STREAM = 7001 };

/* Mean cosine (part 0) and sine (part 1) of every pair over both halves of every context. */
static ropewalk_status fill_kappa(rw_surrogates *s, const rw_scoretable *table,
                                  const int64_t *context, ropewalk_error *err)
{
    const size_t h = s->n_pair;
    double *room = rw_array(rw_series_size(table), sizeof *room);
    double *terms = rw_calloc(2 * h + 1, sizeof *terms);
    double *scratch = rw_array(2 * h + 2, sizeof *scratch);
    ropewalk_status status = ROPEWALK_OK;
    if (!room || !terms || !scratch) status = rw_fail_memory(err, "surrogates");
    for (size_t i = 0; i < 2 * h && !status; i++) {
        /* the score of z_n = 1 is cos(m w_n), of z_n = -i it is sin(m w_n) */
        rw_coefficient z = {
            .n_pair = (uint32_t)h, .re = terms, .im = terms + h, .amplitude_sum = 1};
        const size_t n = i / 2;
        (i % 2 ? z.im : z.re)[n] = i % 2 ? -1.0 : 1.0;
        rw_series series;
        double *row;
        rw_series_init(&series, table, &z, room);
        rw_series_fill(&series, 1, scratch, &row);
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
                                   size_t n_surrogate, uint64_t seed, ropewalk_error *err)
{
    const size_t h = table->n_pair;
    *s = (rw_surrogates){
        .n_pair = table->n_pair, .n_surrogate = n_surrogate, .n_context = n_context};
    s->kappa = rw_array(n_context * h * 2 + 1, sizeof *s->kappa);
    s->phase = rw_array(n_surrogate * h * 2 + 1, sizeof *s->phase);
    ropewalk_status status = ROPEWALK_OK;
    if (!s->kappa || !s->phase) status = rw_fail_memory(err, "surrogates");
    for (size_t i = 0; i < n_surrogate * h && !status; i++) {
        rw_dd sine, cosine;
        rw_sincos_product(1.0, 6.283185307179586 * rw_random_unit(seed, PHASE_STREAM, i),
                          &sine, &cosine);
        s->phase[2 * i] = cosine.hi;
        s->phase[2 * i + 1] = sine.hi;
    }
    if (!status) status = fill_kappa(s, table, context, err);
    if (status) rw_surrogates_clear(s);
    return status;
}

void rw_surrogates_clear(rw_surrogates *s)
{
    rw_free(s->kappa);
    rw_free(s->phase);
    *s = (rw_surrogates){0};
}

double rw_surrogate_p_value(const rw_surrogates *s, size_t context, const double *zeta,
                            double *gap)
{
    const size_t h = s->n_pair;
    const double *kappa = s->kappa + context * h * 2;
    *gap = 0.0;
    for (size_t n = 0; n < h; n++)
        *gap += zeta[2 * n] * kappa[2 * n] - zeta[2 * n + 1] * kappa[2 * n + 1];
    if (isnan(*gap) || h == 0) return (double)NAN;
    size_t beyond = 0;
    for (size_t r = 0; r < s->n_surrogate; r++) {
        const double *phase = s->phase + r * h * 2;
        double g = 0.0;
        for (size_t n = 0; n < h; n++) {
            const double re =
                zeta[2 * n] * kappa[2 * n] - zeta[2 * n + 1] * kappa[2 * n + 1];
            const double im =
                zeta[2 * n] * kappa[2 * n + 1] + zeta[2 * n + 1] * kappa[2 * n];
            g += re * phase[2 * n] - im * phase[2 * n + 1];
        }
        beyond += fabs(g) >= fabs(*gap);
    }
    return (1.0 + (double)beyond) / (1.0 + (double)s->n_surrogate);
}
