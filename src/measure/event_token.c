/* event_token.c - two keys seen from one query at the same distance: their order (E4), their
 * rounded equality (E5), pairs of distances that look alike for both (E6), and one key moved and
 * replaced by the other (E7). */
#include <math.h>

#include "measure/event.h"

/* Sign of S1(m) - S2(m) in double-double: 2 when undecided. */
static int exact_sign(const rw_series *s1, const rw_series *s2, int64_t m,
                      double *scratch)
{
    if (m == 0) return rw_series_compare_at_zero(s1, s2, scratch);
    double e1, e2;
    const rw_dd t1 = rw_series_exact(s1, m, &e1), t2 = rw_series_exact(s2, m, &e2);
    const rw_dd constant = rw_two_sum(s1->z->constant, -s2->z->constant);
    const rw_dd d = rw_dd_add(rw_dd_sub(t1, t2), constant);
    const double error =
        e1 + e2 + (fabs(constant.hi) + fabs(t1.hi) + fabs(t2.hi)) * 0x1p-102;
    return d.hi > error ? 1 : d.hi < -error ? -1 : 2;
}

void rw_count_token_inversion(const rw_series *s1, const rw_series *s2,
                              const rw_measure_plan *plan, double *scratch,
                              double *difference, rw_double *out)
{
    const int reference = rw_series_compare_at_zero(s1, s2, scratch);
    const int identical = rw_coefficient_equal(s1->z, s2->z);
    if (reference < 0) {
        const rw_series *swap = s1;
        s1 = s2;
        s2 = swap;
    }
    const double constant = s1->z->constant - s2->z->constant;
    const double doubt = s1->t_error + s2->t_error +
                         4.0 * 0x1p-53 *
                             (fabs(s1->z->constant) + fabs(s2->z->constant) +
                              s1->z->amplitude_sum + s2->z->amplitude_sum);
    int64_t count = 0, unresolved = 0, m = 0;
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        for (; m < M; m++) {
            const double d = (s1->t[m] - s2->t[m]) + constant;
            if (difference) difference[m] = d;
            if (fabs(d) <= doubt) {
                const int sign = identical ? 0 : exact_sign(s1, s2, m, scratch);
                count += sign == -1;
                unresolved += sign == 2;
            } else {
                count += d < 0.0;
            }
        }
        out[i].reference_tie = reference == 0;
        out[i].swapped = reference < 0;
        out[i].inversion =
            (rw_count){.count = count, .total = M, .unresolved = unresolved};
    }
}

void rw_count_token_aliasing(const int32_t *k1, const int32_t *k2, rw_dtype dtype,
                             const rw_measure_plan *plan, rw_double *out)
{
    const rw_slotting how = rw_slotting_of(dtype);
    int64_t m = 0, same = 0;
    for (size_t i = 0; i < plan->n_context; i++) {
        for (; m < plan->context[i]; m++)
            same += rw_slot(how, k1[m]) == rw_slot(how, k2[m]);
        out[i].aliasing[dtype].distances = same;
        out[i].aliasing[dtype].total = m;
    }
}

void rw_count_attention_invariance(const int32_t *k1, const int32_t *k2, rw_dtype dtype,
                                   const rw_measure_plan *plan, rw_tally *tally,
                                   rw_double *out)
{
    const rw_slotting how = rw_slotting_of(dtype);
    int64_t m = 0, pairs = 0;
    rw_tally_reset(tally);
    for (size_t i = 0; i < plan->n_context; i++) {
        for (; m < plan->context[i]; m++) {
            const uint64_t a = rw_slot(how, k1[m]);
            const uint64_t b = rw_slot(how, k2[m]);
            uint32_t *seen = rw_tally_at(tally, a << 32 | b);
            pairs += (*seen)++;
        }
        out[i].invariance[dtype].pairs = pairs;
        out[i].invariance[dtype].total = m * (m - 1) / 2;
    }
}

void rw_count_cross_aliasing(const int32_t *k1, const int32_t *k2, rw_dtype dtype,
                             const rw_measure_plan *plan, rw_tally *tally1,
                             rw_tally *tally2, rw_double *out)
{
    const rw_slotting how = rw_slotting_of(dtype);
    int64_t m = 0, pairs = 0;
    rw_tally_reset(tally1);
    rw_tally_reset(tally2);
    for (size_t i = 0; i < plan->n_context; i++) {
        for (; m < plan->context[i]; m++) {
            const uint64_t a = rw_slot(how, k1[m]);
            const uint64_t b = rw_slot(how, k2[m]);
            pairs +=
                *rw_tally_at(tally1, b); /* earlier m1 of key 1 with this m2 of key 2 */
            pairs += *rw_tally_at(tally2, a);
            ++*rw_tally_at(tally1, a);
            ++*rw_tally_at(tally2, b);
        }
        out[i].cross[dtype].pairs = pairs;
        out[i].cross[dtype].total = m * (m - 1);
    }
}
