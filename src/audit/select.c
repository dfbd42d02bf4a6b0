/* select.c - choosing rows; every choice is a function of the seed, the text and the head. */
#include "audit/select.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"

ropewalk_status rw_angles_init(rw_angles *a, const rw_qkfile *file,
                               const rw_rotation *rot, ropewalk_error *err)
{
    *a = (rw_angles){.n_row = rw_qkfile_n_row(file), .n_pair = rot->rotary_dim / 2};
    a->cos_sin = rw_array((size_t)a->n_row * a->n_pair * 2 + 1, sizeof *a->cos_sin);
    if (!a->cos_sin) return rw_fail_memory(err, "the angles of a text");
    double *out = a->cos_sin;
    for (uint32_t row = 0; row < a->n_row; row++)
        for (uint32_t n = 0; n < a->n_pair; n++, out += 2) {
            rw_dd sine, cosine;
            rw_sincos_product((double)rw_qkfile_position(file, row), rot->inv_freq[n],
                              &sine, &cosine);
            out[0] = cosine.hi;
            out[1] = sine.hi;
        }
    return ROPEWALK_OK;
}

void rw_angles_clear(rw_angles *a)
{
    rw_free(a->cos_sin);
    *a = (rw_angles){0};
}

ropewalk_status rw_selection_init(rw_selection *s, uint32_t n_query, uint32_t n_attended,
                                  uint32_t n_random, ropewalk_error *err)
{
    *s = (rw_selection){
        .n_query = n_query, .n_attended = n_attended, .n_random = n_random};
    s->query = rw_calloc(n_query, sizeof *s->query);
    s->random = rw_calloc((size_t)n_random + 1, sizeof *s->random);
    s->attended = rw_calloc((size_t)n_query * n_attended + 1, sizeof *s->attended);
    s->found_attended = rw_calloc(n_query, sizeof *s->found_attended);
    if (s->query && s->random && s->attended && s->found_attended) return ROPEWALK_OK;
    rw_selection_clear(s);
    return rw_fail_memory(err, "a selection of keys");
}

void rw_selection_clear(rw_selection *s)
{
    rw_free(s->query);
    rw_free(s->random);
    rw_free(s->attended);
    rw_free(s->found_attended);
    *s = (rw_selection){0};
}

/* The i-th value of a permutation of 0 .. n-1 drawn by (seed, stream): Fisher and Yates on
 * demand, the displaced values kept in `moved`, n entries of zeros at the start. */
static uint32_t draw(uint32_t *moved, uint32_t n, uint32_t i, uint64_t seed,
                     uint64_t stream)
{
    const uint32_t j = i + (uint32_t)rw_random_below(seed, stream, i, n - i);
    const uint32_t at_j = moved[j] ? moved[j] - 1 : j, at_i = moved[i] ? moved[i] - 1 : i;
    moved[j] = at_i + 1;
    moved[i] = at_j + 1;
    return at_j;
}

ropewalk_status rw_select_queries(rw_selection *s, const rw_qkfile *file, uint64_t seed,
                                  uint64_t stream, ropewalk_error *err)
{
    const uint32_t n_row = rw_qkfile_n_row(file), half = n_row / 2;
    s->has_sink = n_row > 0 && rw_qkfile_position(file, 0) == 0;
    s->found_query = 0;
    uint32_t *moved = rw_calloc((size_t)(n_row - half) + 1, sizeof *moved);
    if (!moved) return rw_fail_memory(err, "a selection of queries");
    for (uint32_t i = 0; i < n_row - half && s->found_query < s->n_query; i++) {
        const uint32_t row = half + draw(moved, n_row - half, i, seed, stream);
        if (!rw_qkfile_is_special(file, row)) s->query[s->found_query++] = row;
    }
    rw_free(moved);
    if (half < 4 || s->found_query == 0)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "the text has %u captured positions: too few to choose queries and keys "
            "from, at least 8 are needed",
            n_row);
    return ROPEWALK_OK;
}

static int same_vector(const double *k, uint32_t head_dim, uint32_t a, uint32_t b)
{
    return memcmp(k + (size_t)a * head_dim, k + (size_t)b * head_dim,
                  head_dim * sizeof(double)) == 0;
}

static int repeats(const double *k, uint32_t head_dim, uint32_t row,
                   const uint32_t *chosen, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (same_vector(k, head_dim, row, chosen[i])) return 1;
    return 0;
}

static void select_random(rw_selection *s, const rw_qkfile *file, uint32_t head_dim,
                          const double *k, uint64_t seed, uint64_t stream,
                          double *scratch)
{
    const uint32_t first = s->has_sink ? 1 : 0, half = rw_qkfile_n_row(file) / 2;
    const uint32_t n = half - first;
    uint32_t *moved = (uint32_t *)(void *)scratch;
    memset(moved, 0, n * sizeof *moved);
    s->found_random = 0;
    for (uint32_t i = 0; i < n && s->found_random < s->n_random; i++) {
        const uint32_t row = first + draw(moved, n, i, seed, stream);
        if (rw_qkfile_is_special(file, row))
            s->skipped_special++;
        else if (repeats(k, head_dim, row, s->random, s->found_random) ||
                 (s->has_sink && same_vector(k, head_dim, row, 0)))
            s->skipped_identical++;
        else
            s->random[s->found_random++] = row;
    }
}

/* Score of the pair at the rows' own positions, up to the factor s a^2 that ranks do not need. */
static double real_score(const rw_rotation *rot, const rw_angles *angles,
                         uint32_t head_dim, const double *q, uint32_t q_row,
                         const double *k, uint32_t k_row)
{
    const uint32_t half = rot->rotary_dim / 2;
    const double *aq = angles->cos_sin + (size_t)q_row * half * 2;
    const double *ak = angles->cos_sin + (size_t)k_row * half * 2;
    const double a2 = rot->attn_factor * rot->attn_factor;
    double sum = 0.0, rest = 0.0;
    for (uint32_t n = 0; n < half; n++) {
        const int interleaved = rot->pairs == RW_PAIRS_INTERLEAVED;
        const uint32_t c = interleaved ? 2 * n : n, d = interleaved ? c + 1 : n + half;
        const double re = q[c] * k[c] + q[d] * k[d], im = q[d] * k[c] - q[c] * k[d];
        const double cosine = aq[0] * ak[0] + aq[1] * ak[1];
        const double sine = aq[1] * ak[0] - aq[0] * ak[1];
        aq += 2;
        ak += 2;
        sum += re * cosine - im * sine;
    }
    for (uint32_t i = rot->rotary_dim; i < head_dim; i++)
        rest += q[i] * k[i];
    return a2 * sum + rest;
}

static void select_attended(rw_selection *s, const rw_qkfile *file,
                            const rw_rotation *rot, const rw_angles *angles,
                            uint32_t head_dim, int64_t window, const double *q,
                            const double *k, uint32_t query, double *score)
{
    const uint32_t row = s->query[query];
    uint32_t *chosen = s->attended + (size_t)query * s->n_attended;
    uint32_t found = 0;
    for (uint32_t j = 0; j < row; j++) {
        const int64_t distance =
            rw_qkfile_position(file, row) - rw_qkfile_position(file, j);
        const int allowed = !(j == 0 && s->has_sink) && !rw_qkfile_is_special(file, j) &&
                            (window == 0 || distance < window);
        score[j] = allowed
                       ? real_score(rot, angles, head_dim, q + (size_t)query * head_dim,
                                    row, k + (size_t)j * head_dim, j)
                       : -(double)INFINITY;
    }
    while (found < s->n_attended) {
        uint32_t best = row;
        for (uint32_t j = 0; j < row; j++)
            if (score[j] > -(double)INFINITY && (best == row || score[j] > score[best]))
                best = j;
        if (best == row) break;
        score[best] = -(double)INFINITY;
        /* the row's own vector may return as a random key: then it is the attended one */
        if (repeats(k, head_dim, best, chosen, found) ||
            (s->has_sink && same_vector(k, head_dim, best, 0)))
            s->skipped_identical++;
        else
            chosen[found++] = best;
    }
    s->found_attended[query] = found;
}

void rw_select_keys(rw_selection *s, const rw_qkfile *file, const rw_rotation *rot,
                    const rw_angles *angles, uint32_t head_dim, int64_t window,
                    const double *q, const double *k, uint64_t seed, uint64_t stream,
                    double *scratch)
{
    s->skipped_identical = s->skipped_special = 0;
    select_random(s, file, head_dim, k, seed, stream, scratch);
    for (uint32_t i = 0; i < s->found_query; i++)
        select_attended(s, file, rot, angles, head_dim, window, q, k, i, scratch);
}
