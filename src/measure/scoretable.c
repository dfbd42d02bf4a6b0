/* scoretable.c - tables of cosines with proven errors, and exact re-evaluation. */
#include "measure/scoretable.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "measure/slow.h"

static const double unit = 0x1p-53;

static int64_t strips_of(const rw_scoretable *t)
{
    return (t->n_block + RW_ROWS - 1) / RW_ROWS;
}

/* Cosines, then sines, of one pair at the centres of a strip's blocks. */
static double *anchors_of(const rw_scoretable *t, int64_t strip, size_t pair)
{
    return t->anchor + ((size_t)strip * t->n_pair + pair) * 2 * RW_ROWS;
}

/* Cosines of (first + j step) w, j < n, `run` together at distances of `jump`, and sines `run` further: turned from one to
 * the next in double-double (N4). */
static void turn_along(double first, double step, double w, size_t n, size_t run,
                       size_t jump, double *out)
{
    rw_dd s, c, by_s, by_c;
    rw_sincos_product(first, w, &s, &c);
    rw_sincos_product(step, w, &by_s, &by_c);
    for (size_t j = 0; j < n; j++) {
        double *entry = out + j / run * jump + j % run;
        entry[0] = c.hi;
        entry[run] = s.hi;
        const rw_dd next = rw_dd_sub(rw_dd_mul(c, by_c), rw_dd_mul(s, by_s));
        s = rw_dd_add(rw_dd_mul(s, by_c), rw_dd_mul(c, by_s));
        c = next;
    }
}

/* Columns of merged pairs first, so that those of fast pairs and the slow pairs follow one another where they are turned. */
static void fill_block(rw_scoretable *t)
{
    const size_t tile = ((size_t)t->n_merged + t->n_fast) * 2 * RW_TILE;
    for (size_t j = 0; j < RW_BLOCK_HALF; j++)
        rw_slow_polynomials(j, t->n_merged, t->table + j / RW_TILE * tile + j % RW_TILE);
    for (size_t n = 0; n < t->n_fast; n++)
        turn_along(0.5, 1.0, t->freq[n], RW_BLOCK_HALF, RW_TILE, tile,
                   t->table + (t->n_merged + n) * 2 * RW_TILE);
}

enum { STRETCH = 16 }; /* strips, whose anchors are turned one from another */

static ropewalk_status fill_anchors(void *ctx, int64_t stretch, int worker,
                                    ropewalk_error *err)
{
    const rw_scoretable *t = ctx;
    const int64_t strip = stretch * STRETCH, left = strips_of(t) - strip,
                  n_row = (left < STRETCH ? left : STRETCH) * RW_ROWS;
    const double centre = (double)(strip * RW_STRIP + RW_BLOCK_HALF) - 0.5;
    (void)worker;
    (void)err;
    for (size_t n = 0; n < t->n_pair; n++)
        turn_along(centre, RW_BLOCK, t->freq[n], (size_t)n_row, RW_ROWS,
                   (size_t)t->n_pair * 2 * RW_ROWS, anchors_of(t, strip, n));
    return ROPEWALK_OK;
}

/* Columns for slow pairs, where that makes fewer of them. */
static ropewalk_status merge_slow(rw_scoretable *t, ropewalk_error *err)
{
    rw_slow_choose(t->freq, t->n_pair, &t->n_fast, &t->n_merged);
    const size_t n_slow = t->n_pair - t->n_fast;
    if (n_slow == 0) return ROPEWALK_OK;
    t->mix = rw_array(n_slow * 2 * RW_MERGED, sizeof *t->mix);
    if (!t->mix) return rw_fail_memory(err, "the score tables");
    for (size_t n = 0; n < n_slow; n++) {
        const double spread = rw_slow_coefficients(t->freq[t->n_fast + n], t->n_merged,
                                                   t->mix + n * 2 * RW_MERGED);
        if (spread > t->spread) t->spread = spread;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_scoretable_init(rw_scoretable *t, const rw_kernels *kernels,
                                   const rw_rotation *rot, int64_t n_distance,
                                   ropewalk_error *err)
{
    return rw_scoretable_make(t, kernels, rot, n_distance, 1, NULL, NULL, err);
}

ropewalk_status rw_scoretable_make(rw_scoretable *t, const rw_kernels *kernels,
                                   const rw_rotation *rot, int64_t n_distance,
                                   int n_thread, rw_pool_progress progress,
                                   void *progress_ctx, ropewalk_error *err)
{
    *t = (rw_scoretable){.kernels = kernels, .n_distance = n_distance};
    t->n_block = (n_distance + RW_BLOCK - 1) / RW_BLOCK;
    t->freq = rw_array(rot->rotary_dim / 2 + 1, sizeof *t->freq);
    if (!t->freq) goto no_memory;
    t->n_pair = rw_active_freq(rot, t->freq);
    for (uint32_t n = 0; n < t->n_pair; n++)
        if (!(fabs(t->freq[n]) <= 1024.0)) {
            rw_scoretable_clear(t);
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "inv_freq[%u] is outside [-1024, 1024] radian per position",
                           n);
        }
    if (merge_slow(t, err)) goto no_memory;
    t->table = rw_array((size_t)RW_BLOCK_HALF * 2 * (t->n_fast + t->n_merged) + 1,
                        sizeof *t->table);
    t->anchor =
        rw_array((size_t)strips_of(t) * RW_ROWS * t->n_pair * 2, sizeof *t->anchor);
    if (!t->table || !t->anchor) goto no_memory;
    fill_block(t);
    const int64_t n_stretch = (strips_of(t) + STRETCH - 1) / STRETCH;
    if (n_stretch <= 1) return fill_anchors(t, 0, 0, err); /* not worth a thread */
    const ropewalk_status status =
        rw_pool_run(n_thread, n_stretch, fill_anchors, t, progress, progress_ctx, err);
    if (status) rw_scoretable_clear(t);
    return status;

no_memory:
    rw_scoretable_clear(t);
    return rw_fail_memory(err, "the score tables");
}

void rw_scoretable_clear(rw_scoretable *t)
{
    rw_free(t->freq);
    rw_free(t->table);
    rw_free(t->anchor);
    rw_free(t->mix);
    *t = (rw_scoretable){0};
}

size_t rw_series_size(const rw_scoretable *t)
{
    return (size_t)t->n_block * RW_BLOCK;
}

void rw_series_init(rw_series *s, const rw_scoretable *table, const rw_coefficient *z,
                    double *t)
{
    *s =
        (rw_series){.table = table, .z = z, .t = t, .least = INFINITY, .most = -INFINITY};
    const double h = z->n_pair, a = z->amplitude_sum;
    /* N4: table entries and anchors are within 1.01 ulp/2 of the truth, the rotated coefficient
     * within sqrt(5) u, the sum of 2h products and the final addition within (2h + 2) u. The
     * last term covers products that underflow. */
    const double k = table->n_merged; /* N19: what merging slow pairs adds */
    const double roundings =
        table->mix ? fmax(2.0 * h + 12.0, table->spread * (h + k + 2.0) + 8.0)
                   : 2.0 * h + 12.0;
    s->t_error =
        roundings * unit * a * 1.0000001 + (4.0 * h + 4.0) * (k + 1.0) * 0x1p-1070;
    s->s_error = s->t_error + 2.1 * unit * (fabs(z->constant) + a);
}

void rw_series_fill_strip(rw_series *s, int64_t from, double *scratch)
{
    const rw_scoretable *t = s->table;
    const size_t n_merged = t->n_merged, n_column = n_merged + t->n_fast;
    const int64_t left = t->n_block - from / RW_BLOCK;
    double *turned = scratch + n_merged * 2 * RW_ROWS,
           *slow = scratch + n_column * 2 * RW_ROWS;
    t->kernels->turn(anchors_of(t, from / RW_STRIP, 0), s->z->re, s->z->im, t->n_pair,
                     turned);
    t->kernels->merge(t->mix, slow, t->n_pair - t->n_fast, n_merged, scratch);
    t->kernels->score_blocks(t->table, n_column, scratch,
                             left < RW_ROWS ? (size_t)left : RW_ROWS, s->t + from);
    double least, most;
    const int64_t end = from + RW_STRIP < t->n_distance ? from + RW_STRIP : t->n_distance;
    t->kernels->range(s->t + from, (size_t)(end - from), &least, &most);
    s->least = fmin(s->least, least);
    s->most = fmax(s->most, most);
}

void rw_series_fill(rw_series *s, double *scratch)
{
    for (int64_t from = 0; from < s->table->n_distance; from += RW_STRIP)
        rw_series_fill_strip(s, from, scratch);
}

rw_dd rw_series_exact(const rw_series *s, int64_t m, double *error)
{
    const rw_coefficient *z = s->z;
    rw_dd sum = {0.0, 0.0};
    for (uint32_t n = 0; n < z->n_pair; n++) {
        rw_dd sine, cosine;
        rw_sincos_product((double)m, s->table->freq[n], &sine, &cosine);
        sum = rw_dd_add(sum, rw_dd_mul_d(cosine, z->re[n]));
        sum = rw_dd_sub(sum, rw_dd_mul_d(sine, z->im[n]));
    }
    /* N5: each product within 2^-98 + 2^-104 of |z_n|, each addition within 3 2^-106 */
    *error = z->amplitude_sum * (0x1p-96 + (2.0 * z->n_pair + 4.0) * 0x1p-103) +
             (4.0 * z->n_pair + 4.0) * 0x1p-1070;
    return sum;
}

int rw_series_compare_at_zero(const rw_series *a, const rw_series *b, double *scratch)
{
    size_t n = 0;
    scratch[n++] = a->z->constant;
    for (uint32_t i = 0; i < a->z->n_pair; i++)
        scratch[n++] = a->z->re[i];
    scratch[n++] = -b->z->constant;
    for (uint32_t i = 0; i < b->z->n_pair; i++)
        scratch[n++] = -b->z->re[i];
    int sign;
    bool exact;
    (void)rw_exact_sum(scratch, n, scratch + n, &sign, &exact);
    return sign;
}

bool rw_series_exact_key(const rw_series *s, int64_t m, rw_dtype dtype, double *scratch,
                         int32_t *key)
{
    const rw_coefficient *z = s->z;
    if (m == 0 || rw_coefficient_is_constant(z)) { /* a finite sum of doubles: exact */
        size_t n = 0;
        scratch[n++] = z->constant;
        for (uint32_t i = 0; m == 0 && i < z->n_pair; i++)
            scratch[n++] = z->re[i];
        int sign;
        bool exact;
        const rw_dd sum = rw_exact_sum(scratch, n, scratch + n, &sign, &exact);
        return rw_round_key_dd(dtype, sum, exact ? 0.0 : fabs(sum.hi) * 0x1p-103, key);
    }
    double error;
    const rw_dd t = rw_series_exact(s, m, &error);
    const rw_dd sum = rw_dd_add(rw_dd_of(z->constant), t);
    return rw_round_key_dd(dtype, sum, error + fabs(sum.hi) * 0x1p-103, key);
}
