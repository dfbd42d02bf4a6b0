/* alias.c - aliasing as a sum over the rounding cells of a working type (T5, T6).
 *
 * Cells far narrower than sigma are merged: over a stretch of cells of one width eps,
 *     sum p_cell^2 = eps * integral of f^2, and likewise for the other sums,
 * integrated by Gauss's three points over stretches of sigma/8 (relative error below 1e-6).
 * Wide cells are summed one by one, and those next to 0, far too narrow to matter, not at all. */
#include <math.h>

#include "base/normal.h"
#include "theory/predict.h"

static const double node[3] = {-0.7745966692414834, 0.0, 0.7745966692414834};
static const double weight[3] = {5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0};

/* Merge where a stretch of sigma/8 holds at least this many cells: the sums lose about
 * (1/8 / FINE)^2 / 12 of themselves. Cells of two keys cost more, and are wanted to 1e-4. */
enum { FINE = 32, FINE_JOINT = 8 };

/* A run of cells of equal width, or one cell. */
typedef struct stretch {
    double low, high; /* edges; may be infinite for the outermost cell */
    double width;     /* of one cell */
    int merged;
} stretch;

typedef struct walker {
    rw_dtype dtype;
    int fine;          /* FINE or FINE_JOINT */
    double step;       /* longest merged stretch */
    int64_t key, last; /* f32 keys of both signs span more than 31 bits */
    int64_t nothing;   /* keys in (-nothing, nothing) are passed over */
    double edge;       /* below key */
    int64_t left;      /* cells from here on that are as wide as: */
    double width;
} walker;

/* Cells within this many sigma of 0: binade after binade down to the least number, together less
 * than 1e-9 of a score's chance. */
static const double nothing_below = 0x1p-30;

static double edge_below(rw_dtype dtype, int32_t key)
{
    return rw_key_upper_edge(dtype, key - 1);
}

/* Cells of the same full width from `key` upwards; 1 for a cell at a binade's edge. */
static int32_t equal_run(rw_dtype dtype, int32_t key)
{
    const rw_dtype_info *t = rw_dtype_get(dtype);
    const int32_t binade = 1 << (t->significand_bits - 1), a = key < 0 ? -key : key;
    if (a >= t->max_key) return 1;
    const int32_t fraction = a & (binade - 1);
    if (a >= binade && fraction == 0) return 1;
    if (key < 0) return a < binade ? a : fraction;
    return binade - fraction;
}

static walker walk_begin(rw_dtype dtype, int fine, double mean, double sigma, double step)
{
    const double low = mean - 8.5 * sigma, high = mean + 8.5 * sigma;
    walker w = {.dtype = dtype, .fine = fine, .step = step};
    /* stored: for a type that saturates the clipped cell reaches to infinity */
    w.key = rw_key_stored(dtype, rw_round_key(dtype, low));
    w.last = rw_key_stored(dtype, rw_round_key(dtype, high));
    w.nothing = rw_key_stored(dtype, rw_round_key(dtype, nothing_below * sigma));
    w.edge = edge_below(dtype, (int32_t)w.key);
    return w;
}

static int walk_next(walker *w, stretch *s)
{
    if (w->key > -w->nothing && w->key < w->nothing) {
        w->key = w->nothing;
        w->edge = edge_below(w->dtype, (int32_t)w->key);
        w->left = 0;
    }
    if (w->key > w->last) return 0;
    const rw_dtype_info *t = rw_dtype_get(w->dtype);
    const int32_t key = (int32_t)w->key;
    if (w->left == 0) {
        w->left = equal_run(w->dtype, key);
        w->width = rw_key_upper_edge(w->dtype, key) - w->edge;
    }
    int64_t take = 1;
    const double fits = w->step / w->width;
    const int64_t run = w->left < w->last - w->key + 1 ? w->left : w->last - w->key + 1;
    *s = (stretch){.low = w->edge, .width = w->width};
    if (run >= w->fine && fits >= w->fine) {
        take = fits < (double)run ? (int64_t)fits : run;
        s->merged = 1;
    }
    w->edge = isfinite(w->edge) ? w->edge + (double)take * w->width /* exact: few bits */
                                : rw_key_upper_edge(w->dtype, key);
    s->high = w->edge;
    if (key <= -t->max_key && (t->saturates || key < -t->max_key)) s->low = -INFINITY;
    if (key >= t->max_key && (t->saturates || key > t->max_key)) s->high = INFINITY;
    w->left -= take;
    w->key += take;
    return 1;
}

static double mass(double low, double high, double mean, double sigma)
{
    const double a = (low - mean) / sigma, b = (high - mean) / sigma;
    if (b - a < 1.0 / 16.0) { /* Taylor around the middle; the next term is below 1e-7 */
        const double h = b - a, h2 = h * h / 24.0, c = 0.5 * (a + b), c2 = c * c;
        const double fourth = (c2 - 6.0) * c2 + 3.0;
        return rw_normal_pdf(c) * h * (1.0 + h2 * (c2 - 1.0 + 0.3 * h2 * fourth));
    }
    return a > 0.0 ? rw_normal_cdf(-a) - rw_normal_cdf(-b)
                   : rw_normal_cdf(b) - rw_normal_cdf(a);
}

static double has_alias(double p, double others)
{
    if (p >= 1.0) return 1.0;
    const double log_missed =
        p < 1e-3 ? -p * (1.0 + p * (1.0 / 2 + p * (1.0 / 3 + p * (1.0 / 4 + p / 5))))
                 : log1p(-p);
    const double y = others * log_missed;
    return y < -40.0 ? 1.0 : -expm1(y);
}

rw_alias_estimate rw_predict_position_aliasing(double mean, double variance,
                                               double amplitude_sum, rw_dtype dtype,
                                               int64_t context)
{
    const rw_estimate none = {(double)NAN, RW_ESTIMATE_NORMAL, RW_ESTIMATE_UNDEFINED};
    if (context < 2 || !(variance > RW_LEAST_VARIANCE * amplitude_sum * amplitude_sum))
        return (rw_alias_estimate){none, none};
    const double sigma = sqrt(variance), others = (double)(context - 1);
    double pairs = 0.0, distances = 0.0;
    walker w = walk_begin(dtype, FINE, mean, sigma, sigma / 8.0);
    for (stretch s; walk_next(&w, &s);) {
        if (!s.merged) {
            const double p = mass(s.low, s.high, mean, sigma);
            pairs += p * p;
            distances += p * has_alias(p, others);
            continue;
        }
        const double centre = 0.5 * (s.low + s.high), length = s.high - s.low;
        for (int i = 0; i < 3; i++) {
            const double x = (centre + 0.5 * length * node[i] - mean) / sigma;
            const double f = rw_normal_pdf(x) / sigma, p = f * s.width;
            pairs += weight[i] * length * f * p;
            distances += weight[i] * length * f * has_alias(p, others);
        }
    }
    return (rw_alias_estimate){{pairs, RW_ESTIMATE_NORMAL, RW_ESTIMATE_KNOWN},
                               {distances, RW_ESTIMATE_NORMAL, RW_ESTIMATE_KNOWN}};
}

/* S2 given S1 = x is normal around centre(x) = base + slope x with deviation s. */
typedef struct conditional {
    double mean, sigma; /* of S1 */
    double base, slope, s;
} conditional;

/* P(S2 in [low, high] | S1 = x) f(x), integrated over the cell. */
static double cell_joint(const conditional *c, double low, double high)
{
    double a = fmax(low, c->mean - 9.0 * c->sigma),
           b = fmin(high, c->mean + 9.0 * c->sigma);
    if (fabs(c->slope) > 1e-3) { /* where S2 can be in the cell at all */
        const double x1 = (low - 9.0 * c->s - c->base) / c->slope;
        const double x2 = (high + 9.0 * c->s - c->base) / c->slope;
        a = fmax(a, fmin(x1, x2));
        b = fmin(b, fmax(x1, x2));
    }
    if (!(b > a)) return 0.0;
    const double scale = fmin(0.25 * c->sigma, 0.5 * c->s / fmax(fabs(c->slope), 1e-3));
    int pieces = (int)fmin(ceil((b - a) / scale), 400.0);
    if (pieces < 1) pieces = 1;
    const double length = (b - a) / pieces;
    double sum = 0.0;
    for (int j = 0; j < pieces; j++)
        for (int i = 0; i < 3; i++) {
            const double x = a + length * (j + 0.5 + 0.5 * node[i]);
            const double centre = c->base + c->slope * x;
            sum += weight[i] * length * rw_normal_pdf((x - c->mean) / c->sigma) /
                   c->sigma * mass(low, high, centre, c->s);
        }
    return sum;
}

/* Second antiderivative of the normal density. */
static double ramp(double t)
{
    return t * rw_normal_cdf(t) + rw_normal_pdf(t);
}

/* P(S2 in the cell of S1 | S1 = x), x anywhere in its cell with equal chance: the difference is
 * normal with mean d, and must be smaller than what is left of the cell (a triangle). */
static double same_cell(double d, double s, double width)
{
    const double r = width / s, t = d / s;
    if (r < 1e-3) return r * rw_normal_pdf(t);
    return (ramp(t + r) - 2.0 * ramp(t) + ramp(t - r)) / r;
}

rw_estimate rw_predict_token_aliasing(const double mean[2], const double variance[2],
                                      double covariance, double amplitude_sum,
                                      rw_dtype dtype)
{
    const rw_estimate none = {(double)NAN, RW_ESTIMATE_NORMAL, RW_ESTIMATE_UNDEFINED};
    const double least = RW_LEAST_VARIANCE * amplitude_sum * amplitude_sum;
    if (!(variance[0] > least) || !(variance[1] > least)) return none;
    conditional c = {.mean = mean[0], .sigma = sqrt(variance[0])};
    c.slope = covariance / variance[0];
    c.base = mean[1] - c.slope * mean[0];
    const double rest = variance[1] - c.slope * covariance;
    if (!(rest >
          1e-8 * variance[1])) /* one score nearly fixes the other: not a density */
        return (rw_estimate){(double)NAN, RW_ESTIMATE_NORMAL, RW_ESTIMATE_UNABLE};
    c.s = sqrt(rest);
    double step = c.sigma / 8.0;
    if (fabs(c.slope - 1.0) * step > 0.5 * c.s) step = 0.5 * c.s / fabs(c.slope - 1.0);
    double sum = 0.0;
    walker w = walk_begin(dtype, FINE_JOINT, c.mean, c.sigma, step);
    for (stretch s; walk_next(&w, &s);) {
        const double centre = 0.5 * (s.low + s.high), length = s.high - s.low;
        const double offset = c.base + (c.slope - 1.0) * centre;
        const double reach = 9.0 * c.s + (fabs(c.slope - 1.0) + 1.0) * length;
        if (fabs(offset) > reach && isfinite(length)) continue;
        if (!s.merged) {
            sum += cell_joint(&c, s.low, s.high);
            continue;
        }
        for (int i = 0; i < 3; i++) {
            const double x = centre + 0.5 * length * node[i];
            const double d = c.base + (c.slope - 1.0) * x;
            sum += weight[i] * length * rw_normal_pdf((x - c.mean) / c.sigma) / c.sigma *
                   same_cell(d, c.s, s.width);
        }
    }
    return (rw_estimate){sum, RW_ESTIMATE_NORMAL, RW_ESTIMATE_KNOWN};
}
