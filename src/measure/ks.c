/* ks.c - Kolmogorov distance to the fitted normal, with few evaluations of Phi.
 *
 * Between two points both the step function and Phi are monotone, so the largest possible deviation
 * there is known; a stretch is examined further only if it could beat the best so far. First the
 * edges of buckets, whose ranks are known, then the scores of the buckets that are left. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/normal.h"
#include "measure/event.h"

rw_spread rw_spread_join(rw_spread a, rw_spread b)
{
    const double n = a.n + b.n, apart = b.mean - a.mean;
    if (!(n > 0.0)) return a;
    return (rw_spread){.n = n,
                       .mean = a.mean + apart * (b.n / n),
                       .square = a.square + b.square + apart * apart * (a.n * b.n / n)};
}

rw_spread rw_spread_of(const double *t, int64_t n)
{
    enum { STRIP = 1024, LANE = 8 };
    rw_spread all = {0.0, 0.0, 0.0};
    for (int64_t from = 0; from < n; from += STRIP) {
        const int64_t len = n - from < STRIP ? n - from : STRIP, whole = len - len % LANE;
        const double *x = t + from, shift = x[0];
        double sum[LANE] = {0.0}, square[LANE] = {0.0};
        for (int64_t i = 0; i < whole; i += LANE)
            for (int j = 0; j < LANE; j++)
                sum[j] += x[i + j] - shift;
        for (int64_t i = whole; i < len; i++)
            sum[i - whole] += x[i] - shift;
        for (int j = 1; j < LANE; j++)
            sum[0] += sum[j];
        const double mean = shift + sum[0] / (double)len;
        for (int64_t i = 0; i < whole; i += LANE)
            for (int j = 0; j < LANE; j++)
                square[j] += (x[i + j] - mean) * (x[i + j] - mean);
        for (int64_t i = whole; i < len; i++)
            square[i - whole] += (x[i] - mean) * (x[i] - mean);
        for (int j = 1; j < LANE; j++)
            square[0] += square[j];
        all = rw_spread_join(all, (rw_spread){(double)len, mean, square[0]});
    }
    return all;
}

/* The normal fitted to a window, its scores counted in steps of 1 / n. */
typedef struct fit {
    double least, cell, mean, scale, step;
} fit;

static double phi_of(const fit *f, double t)
{
    return rw_normal_cdf((t - f->mean) * f->scale);
}

/* The score that a cell number stands for. */
static double score_at(const fit *f, double cell)
{
    return f->least + (cell - (double)RW_CELL_ORIGIN) * f->cell;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Where a bucket begins: cells are rounded to nearest. */
static double edge_at(const fit *f, const rw_buckets *b, size_t bucket)
{
    return score_at(f, (double)bucket * (double)((uint64_t)1 << b->by.low_bits) - 0.5);
}

/* Buckets, or the scores of one, with Phi before the first and after the last. */
typedef struct stretch {
    size_t first, end;
    double below, above; /* scores below it, and with those inside */
    double phi_first, phi_last;
} stretch;

/* The most by which the step function can differ from Phi inside. */
static double reach(const fit *f, const stretch *s)
{
    return larger(s->above * f->step - s->phi_first, s->phi_last - s->below * f->step);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void sort(double *x, size_t n)
{
    enum { FEW = 64 };
    if (n > FEW) {
        qsort(x, n, sizeof *x, ascending);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const double v = x[i];
        size_t j = i;
        for (; j > 0 && x[j - 1] > v; j--)
            x[j] = x[j - 1];
        x[j] = v;
    }
}

enum { DEPTH = 64 };

/* Ascending scores: of cells that are numbered from `first` on, or as they are. */
typedef struct scores {
    const int32_t *cell;
    double first;
    const double *score;
} scores;

static double score_of(const fit *f, const scores *x, size_t i)
{
    return x->score ? x->score[i] : score_at(f, x->first + x->cell[i]);
}

/* The largest deviation at n scores of one bucket, as far as it is above `best`. */
static double examine(const fit *f, const stretch *in, const scores *x, size_t n,
                      double best)
{
    stretch stack[DEPTH];
    size_t depth = 0;
    stack[depth++] = (stretch){0, n, in->below, in->above, in->phi_first, in->phi_last};
    while (depth > 0) {
        const stretch s = stack[--depth];
        if (s.first == s.end || reach(f, &s) <= best) continue;
        const size_t mid = s.first + (s.end - s.first) / 2;
        const double phi = phi_of(f, score_of(f, x, mid)),
                     below = s.below + (double)(mid - s.first);
        best = larger(best, larger(fabs((below + 1.0) * f->step - phi),
                                   fabs(phi - below * f->step)));
        stack[depth++] = (stretch){s.first, mid, s.below, below, s.phi_first, phi};
        stack[depth++] = (stretch){mid + 1, s.end, below + 1.0, s.above, phi, s.phi_last};
    }
    return best;
}

/* The same of a window: buckets by their edges first, then the scores of those that are left. */
typedef struct search {
    const rw_buckets *b; /* the window's cells are selected */
    int64_t from, to;
    double *room; /* for the scores of the fullest bucket and its neighbours */
    fit f;
    double best;
} search;

static double examine_cells(const search *s, const stretch *in, double best)
{
    const size_t begin = s->b->begin[in->first];
    const scores x = {.cell = s->b->cell + begin,
                      .first =
                          (double)in->first * (double)((uint64_t)1 << s->b->by.low_bits)};
    return examine(&s->f, in, &x, s->b->begin[in->first + 1] - begin, best);
}

/* Where cells are too coarse for the digits that are shown: by the scores themselves, of which those beside an
 * edge may be the neighbouring bucket's by their cells. */
static double examine_scores(const search *s, const stretch *in)
{
    enum { STRIP = 256 };
    const double least = edge_at(&s->f, s->b, in->first),
                 most = edge_at(&s->f, s->b, in->end);
    stretch exact = *in;
    size_t n = 0;
    exact.below = 0.0;
    for (int64_t m = s->from; m < s->to; m += STRIP) {
        double found[STRIP + RW_READ_BEYOND];
        const int64_t left = s->to - m;
        size_t below;
        const size_t more =
            s->b->kernels->inside(s->b->t + m, (size_t)(left < STRIP ? left : STRIP),
                                  least, most, found, &below);
        memcpy(s->room + n, found, more * sizeof *found);
        n += more;
        exact.below += (double)below;
    }
    exact.above = exact.below + (double)n;
    sort(s->room, n);
    const scores x = {.score = s->room};
    return examine(&s->f, &exact, &x, n, 0.0);
}

/* Raise s->best by every edge between buckets that could; with `top`, by the scores of every bucket
 * that could, too, leaving the best bucket there. */
static void descend(search *s, stretch *top)
{
    const rw_buckets *b = s->b;
    const double phi0 = phi_of(&s->f, edge_at(&s->f, b, 0)),
                 phi1 = phi_of(&s->f, edge_at(&s->f, b, b->n_bucket));
    stretch stack[DEPTH];
    size_t depth = 0;
    s->best = larger(s->best, larger(phi0, 1.0 - phi1));
    stack[depth++] =
        (stretch){0, b->n_bucket, 0.0, (double)(s->to - s->from), phi0, phi1};
    while (depth > 0) {
        const stretch at = stack[--depth];
        if (!(at.above > at.below) || reach(&s->f, &at) <= s->best) continue;
        if (at.end - at.first == 1) {
            const double best = top ? examine_cells(s, &at, s->best) : s->best;
            if (top && best > s->best) *top = at;
            s->best = best;
            continue;
        }
        const size_t mid = at.first + (at.end - at.first) / 2;
        const double phi = phi_of(&s->f, edge_at(&s->f, b, mid)),
                     below = (double)b->begin[mid];
        s->best = larger(s->best, fabs(below * s->f.step - phi));
        stack[depth++] = (stretch){at.first, mid, at.below, below, at.phi_first, phi};
        stack[depth++] = (stretch){mid, at.end, below, at.above, phi, at.phi_last};
    }
}

static double largest(search *s)
{
    stretch top = {.end = 0};
    descend(s, NULL);
    descend(s, &top);
    const bool fine = s->f.cell * s->f.scale < 1e-11;
    return fine || top.end == 0 ? s->best : examine_scores(s, &top);
}

bool rw_ks_normal(rw_buckets *b, int64_t from, int64_t to, rw_spread spread,
                  double least_variance, double *distance)
{
    *distance = NAN;
    const double variance = spread.n > 0.0 ? spread.square / spread.n : 0.0;
    if (to - from < 2 || !(variance > least_variance) || !isnormal(variance) ||
        !(b->by.scale > 0.0))
        return true;
    rw_buckets_select(b, from, to);
    size_t most = 0;
    for (size_t i = 0; i < b->n_bucket; i++) {
        const size_t here = b->begin[i + 2] - b->begin[i ? i - 1 : 0];
        most = here > most ? here : most;
    }
    search s = {.b = b,
                .from = from,
                .to = to,
                .room = rw_array(most + 1, sizeof *s.room),
                .f = {.least = b->by.least,
                      .cell = 1.0 / b->by.scale,
                      .mean = spread.mean,
                      .scale = 1.0 / sqrt(variance),
                      .step = 1.0 / (double)(to - from)}};
    if (!s.room) return false;
    *distance = largest(&s);
    rw_free(s.room);
    return true;
}
