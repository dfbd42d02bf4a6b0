/* event_insensitivity.c - neighbouring distances the score hardly tells apart (E3): the step
 * |S(m+1) - S(m)| relative to U = sqrt(sum |z_n|^2), its mean, its maximum, and how often it is
 * below zeta. Also the plain moments of the scores. */
#include <math.h>

#include "measure/event.h"

/* |T(m+1) - T(m)| < zeta U, exactly: squares compared in double-double, everything multiplied by
 * `unit`, a power of two that keeps them in range. -1 when undecided. */
static int exact_below(const rw_series *s, int64_t m, double zeta, double unit)
{
    double e1, e2;
    rw_dd step = rw_dd_sub(rw_series_exact(s, m + 1, &e1), rw_series_exact(s, m, &e2));
    step = (rw_dd){step.hi * unit, step.lo * unit};
    rw_dd energy = {0.0, 0.0};
    for (uint32_t n = 0; n < s->z->n_pair; n++) {
        const double re = s->z->re[n] * unit, im = s->z->im[n] * unit;
        energy = rw_dd_add(energy, rw_two_prod(re, re));
        energy = rw_dd_add(energy, rw_two_prod(im, im));
    }
    const double e = (e1 + e2) * unit;
    const rw_dd limit = rw_dd_mul(rw_two_prod(zeta, zeta), energy);
    const rw_dd excess = rw_dd_sub(rw_dd_mul(step, step), limit);
    const double error = 2.0 * fabs(step.hi) * e + e * e +
                         limit.hi * (2.0 * s->z->n_pair + 8.0) * 0x1p-102 + 0x1p-900;
    return excess.hi < -error ? 1 : excess.hi > error ? 0 : -1;
}

/* U = sqrt(sum |z_n|^2), through scaled squares. */
static double norm(const rw_coefficient *z, double unit)
{
    double sum = 0.0;
    for (uint32_t n = 0; n < z->n_pair; n++) {
        const double re = z->re[n] * unit, im = z->im[n] * unit;
        sum += re * re + im * im;
    }
    return sqrt(sum) / unit;
}

/* A sum of many parts that loses nothing that shows: Kahan. */
typedef struct total {
    double sum, lost;
} total;

static void add(total *t, double value)
{
    const double next = t->sum + (value - t->lost);
    t->lost = (next - t->sum) - (value - t->lost);
    t->sum = next;
}

void rw_count_insensitivity(const rw_series *s, const rw_measure_plan *plan,
                            rw_single *single)
{
    const double unit = rw_coefficient_unit(s->z), unit_norm = norm(s->z, unit);
    const double limit = plan->zeta * unit_norm;
    const double doubt = 2.0 * s->t_error + limit * (s->z->n_pair + 8.0) * 0x1p-52;
    const int constant = rw_coefficient_is_constant(s->z);
    int64_t count = 0, unresolved = 0, m = 0;
    total sum = {0};
    double most = 0.0;
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        while (!constant && m < M - 1) {
            const int64_t n = M - 1 - m < RW_BLOCK ? M - 1 - m : RW_BLOCK;
            int64_t below;
            double part, top;
            const int near = s->table->kernels->steps(s->t + m, (size_t)n, limit, doubt,
                                                      &below, &part, &top);
            count += below;
            for (int64_t j = m; near && j < m + n; j++) {
                const double step = fabs(s->t[j + 1] - s->t[j]);
                if (fabs(step - limit) > doubt) continue;
                const int decided = exact_below(s, j, plan->zeta, unit);
                count += (decided == 1) - (step < limit);
                unresolved += decided < 0;
            }
            add(&sum, part);
            most = top > most ? top : most;
            m += n;
        }
        rw_single *out = &single[i];
        const int defined = !constant && M > 1;
        out->insensitivity =
            (rw_count){.count = count, .total = M - 1, .unresolved = unresolved};
        out->positional_score =
            defined ? sum.sum / (double)(M - 1) / unit_norm : (double)NAN;
        out->positional_max = defined ? most / unit_norm : (double)NAN;
    }
}

void rw_sample_moments(const rw_series *s, const rw_measure_plan *plan, rw_single *single)
{
    total sum = {0}, square = {0};
    const double shift = s->t[0];
    int64_t m = 0;
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        while (m < M) {
            const int64_t n = M - m < RW_BLOCK ? M - m : RW_BLOCK;
            double one, two;
            s->table->kernels->moments(s->t + m, (size_t)n, shift, &one, &two);
            add(&sum, one);
            add(&square, two);
            m += n;
        }
        const double mean = sum.sum / (double)M,
                     variance = square.sum / (double)M - mean * mean;
        single[i].mean = s->z->constant + shift + mean;
        single[i].variance = variance > 0.0 ? variance : 0.0;
    }
}
