/* event_token.c - two keys seen from one query at the same distance: their order (E4), their
 * rounded equality (E5), pairs of distances that look alike for both (E6), and one key moved and
 * replaced by the other (E7). */
#include <math.h>

#include "measure/event.h"
#include "measure/occupied.h"

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
    enum { PIECE = 512 };
    const rw_kernels *kernels = s1->table->kernels;
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
        for (int64_t n; m < M; m += n) {
            double piece[PIECE], *d = difference ? difference + m : piece;
            int64_t below;
            n = M - m < PIECE ? M - m : PIECE;
            const int doubtful = kernels->differences(s1->t + m, s2->t + m, (size_t)n,
                                                      constant, doubt, d, &below);
            count += below;
            for (int64_t j = 0; doubtful && j < n; j++) {
                if (fabs(d[j]) > doubt) continue;
                const int sign = identical ? 0 : exact_sign(s1, s2, m + j, scratch);
                count += (sign == -1) - (d[j] < 0.0);
                unresolved += sign == 2;
            }
        }
        out[i].reference_tie = reference == 0;
        out[i].swapped = reference < 0;
        out[i].inversion =
            (rw_count){.count = count, .total = M, .unresolved = unresolved};
    }
}

void rw_count_token_aliasing(const rw_kernels *kernels, const int32_t *k1,
                             const int32_t *k2, rw_dtype dtype,
                             const rw_measure_plan *plan, rw_double *out)
{
    const int32_t clip = rw_slotting_of(dtype).clip;
    int64_t m = 0, same = 0;
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        same += (int64_t)kernels->alike(k1 + m, k2 + m, (size_t)(M - m), clip);
        m = M;
        out[i].aliasing[dtype].distances = same;
        out[i].aliasing[dtype].total = M;
    }
}

void rw_count_attention_invariance(const int32_t *k1, const int32_t *k2, rw_dtype dtype,
                                   const rw_measure_plan *plan, rw_coincidences *both,
                                   rw_double *out)
{
    const rw_slotting how = rw_slotting_of(dtype);
    const int64_t most = plan->context[plan->n_context - 1];
    for (int64_t m = 0; m < most; m++)
        both->word[m] = rw_slot(how, k1[m]) << 32 | rw_slot(how, k2[m]);
    rw_coincidences_count(both, plan->context);
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        out[i].invariance[dtype].pairs = both->pairs[i];
        out[i].invariance[dtype].total = M * (M - 1) / 2;
    }
}

/* Earlier distances of either key that look like this one of the other. */
static int64_t cross_singly(const int32_t *k1, const int32_t *k2, rw_slotting how,
                            int64_t from, int64_t M, rw_tally *tally1, rw_tally *tally2)
{
    int64_t pairs = 0;
    for (int64_t m = from; m < M; m++) {
        const uint64_t a = rw_slot(how, k1[m]), b = rw_slot(how, k2[m]);
        const size_t tables = tally1->key ? 1 : RW_TALLY_TABLES;
        const uint32_t *at1 = rw_tally_at(tally1, b), *at2 = rw_tally_at(tally2, a);
        for (size_t t = 0; t < tables; t++)
            pairs += at1[t * tally1->n_slot] + at2[t * tally2->n_slot];
        ++*rw_tally_at(tally1, a);
        ++*rw_tally_at(tally2, b);
    }
    return pairs;
}

void rw_count_cross_aliasing(const rw_kernels *kernels, const int32_t *k1,
                             const int32_t *k2, rw_dtype dtype,
                             const rw_measure_plan *plan, rw_tally *tally1,
                             rw_tally *tally2, rw_double *out)
{
    const int32_t max = rw_dtype_get(dtype)->max_key;
    const rw_slotting how = rw_slotting_of(dtype);
    const int64_t most = plan->context[plan->n_context - 1];
    rw_occupied r1 = rw_occupied_none(), r2 = r1, common;
    rw_occupied_add(&r1, kernels, k1, most);
    rw_occupied_add(&r2, kernels, k2, most);
    rw_occupied_common(&r1, &r2, &common);
    const int plain = !tally1->key && r1.least >= -max && r1.most <= max &&
                      r2.least >= -max && r2.most <= max;
    if (!plain) {
        rw_tally_reset(tally1);
        rw_tally_reset(tally2);
    }
    int64_t m = 0, pairs = 0, same = 0;
    for (size_t i = 0; i < plan->n_context; i++) {
        const int64_t M = plan->context[i];
        same += (int64_t)kernels->alike(k1 + m, k2 + m, (size_t)(M - m), how.clip);
        if (plain && rw_occupied_is_few(&common, M - m)) {
            /* all pairs of distances but those of one distance with itself */
            rw_occupied_tally(tally1, how.offset, k1 + m, M - m);
            rw_occupied_tally(tally2, how.offset, k2 + m, M - m);
            pairs = 0;
            for (size_t s = 0; s < common.n_stretch; s++) {
                const int32_t first = common.stretch[s].first + how.offset;
                pairs += (int64_t)kernels->products(tally1->count + first,
                                                    tally2->count + first, tally1->n_slot,
                                                    common.stretch[s].n);
            }
            pairs -= same;
        } else {
            pairs += cross_singly(k1, k2, how, m, M, tally1, tally2);
        }
        m = M;
        out[i].cross[dtype].pairs = pairs;
        out[i].cross[dtype].total = M * (M - 1);
    }
    if (plain) {
        rw_occupied_clear(&r1, tally1, how.offset);
        rw_occupied_clear(&r2, tally2, how.offset);
    } else {
        rw_tally_reset(tally1);
        rw_tally_reset(tally2);
    }
}
