/* frontier.c - the frontier of a table: a small problem in a subspace that grows until the top
 * eigenvector of the large one lies in it, then a proof of the bound. */
#include "theory/frontier.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/normal.h"
#include "theory/subspace.h"
#include "theory/symmetric.h"

enum { K = RW_SUBSPACE_MAX, N_START = 6, MAX_ROUND = 60 };
static const size_t area = (size_t)K * K;

/* (v'x)^2 >= c^2 x'Mx, the form v v' - c^2 M. */
typedef struct order {
    const double *vector, *matrix;
    double vector_size, matrix_size; /* norms, rounded up */
} order;

typedef struct solver {
    const rw_response *r;
    size_t n, k;
    int n_order, which[2]; /* index of each order's multiplier in a point */
    order order[2];
    double greatest; /* top eigenvalue of the step */
    double *basis;   /* [K][n], orthonormal rows */
    double *matrix;  /* [n][n] */
    double *scratch; /* for one large eigenvector */
    double *x;       /* [n] */
    double *start;   /* [2 N_START][n]: what the basis begins with */
    size_t n_start;
    double *small; /* [K][K] each: step, matrix of each order, forms of each order */
    double *small_scratch;
    double vector[2][K];
} solver;

/* One or two: said in a way that a reader of one function sees. */
static int orders_of(const solver *s)
{
    return s->n_order == 2 ? 2 : 1;
}

static void clear(solver *s)
{
    rw_free(s->basis);
    rw_free(s->matrix);
    rw_free(s->scratch);
    rw_free(s->x);
    rw_free(s->start);
    rw_free(s->small);
    rw_free(s->small_scratch);
}

/* --- the subspace ------------------------------------------------------------------------ */

/* Add a direction; 0 when it is there already. */
static int extend(solver *s, const double *x)
{
    const size_t n = s->n, k = s->k;
    if (k == K) return 0;
    double *row = s->basis + k * n;
    memcpy(row, x, n * sizeof *row);
    const double whole = sqrt(rw_dot(row, row, n));
    for (int twice = 0; twice < 3; twice++) {
        for (size_t j = 0; j < k; j++) {
            const double along = rw_dot(s->basis + j * n, row, n);
            for (size_t i = 0; i < n; i++)
                row[i] -= along * s->basis[j * n + i];
        }
        const double length = sqrt(rw_dot(row, row, n));
        if (!(length > 1e-12 * (twice ? 1.0 : whole))) return 0;
        for (size_t i = 0; i < n; i++)
            row[i] /= length;
    }
    /* Project the new row. */
    const double *large[3] = {s->r->step, s->order[0].matrix, s->order[1].matrix};
    for (int f = 0; f <= orders_of(s); f++) {
        double *small = s->small + (size_t)f * area;
        rw_symmetric_apply(large[f], n, row, s->x);
        for (size_t j = 0; j <= k; j++)
            small[k * K + j] = small[j * K + k] = rw_dot(s->x, s->basis + j * n, n);
    }
    for (int f = 0; f < orders_of(s); f++)
        s->vector[f][k] = rw_dot(s->order[f].vector, row, n);
    s->k++;
    return 1;
}

static void restart(solver *s)
{
    s->k = 0;
    for (size_t i = 0; i < s->n_start; i++)
        extend(s, s->start + i * s->n);
}

static void lift(const solver *s, const double *small, double *x)
{
    for (size_t i = 0; i < s->n; i++)
        x[i] = 0.0;
    for (size_t j = 0; j < s->k; j++)
        for (size_t i = 0; i < s->n; i++)
            x[i] += small[j] * s->basis[j * s->n + i];
    const double length = sqrt(rw_dot(x, x, s->n));
    for (size_t i = 0; i < s->n; i++)
        x[i] /= length;
}

/* What the computed form v v' - c^2 M may be off by (spectral norm), projections included: N17. */
static double order_error(const solver *s, int f, double c)
{
    const order *o = &s->order[f];
    const double v = s->r->vector_error, n = (double)s->n;
    return v * (2.0 * o->vector_size + v) + c * c * s->r->matrix_error +
           8.0 * n * DBL_EPSILON *
               (o->vector_size * o->vector_size + c * c * o->matrix_size);
}

/* Solve in the subspace. Its forms are lowered by what they may be off by and a little more, and
 * kept to within that little, so that a head found feasible is. */
static void solve_small(const solver *s, const double *c, rw_subspace_answer *answer)
{
    const double little =
        0.0625; /* hundreds of roundings of a form of a few dimensions */
    const size_t k = s->k;
    double *step = s->small_scratch, *forms[2] = {step + area, step + 2 * area};
    rw_subspace space = {.k = k,
                         .n_order = s->n_order,
                         .step = step,
                         .order = {forms[0], forms[1]},
                         .scratch = step + 3 * area};
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            step[i * k + j] = s->small[i * K + j];
    for (int f = 0; f < orders_of(s); f++) {
        const double error = order_error(s, f, c[f]);
        const double *matrix = s->small + (size_t)(f + 1) * area;
        space.slack[f] = little * error;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++)
                forms[f][i * k + j] = s->vector[f][i] * s->vector[f][j] -
                                      c[f] * c[f] * matrix[i * K + j] -
                                      (i == j ? (1.0 + little) * error : 0.0);
    }
    rw_subspace_minimise(&space, answer);
}

/* --- the large problem ------------------------------------------------------------------- */

/* step + sum multiplier_f (v v' - c^2 M); returns what it may be off by. */
static double form(const solver *s, const double *c, const double *multiplier)
{
    const size_t n = s->n;
    double *t = s->matrix, error = s->r->step_error, size = s->greatest;
    memcpy(t, s->r->step, n * n * sizeof *t);
    for (int f = 0; f < orders_of(s); f++) {
        const order *o = &s->order[f];
        const double m = multiplier[f], d = m * c[f] * c[f];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                t[i * n + j] +=
                    m * o->vector[i] * o->vector[j] - d * o->matrix[i * n + j];
        error += m * order_error(s, f, c[f]);
        size += m * o->vector_size * o->vector_size + d * o->matrix_size;
    }
    return error + 4.0 * (double)n * DBL_EPSILON * size;
}

/* A proven upper bound of x' step x over all x with every order kept, |x| = 1. */
static double proof(solver *s, const double *c, const double *multiplier, double guess)
{
    const double error = form(s, c, multiplier);
    return rw_symmetric_bound(s->matrix, s->n, guess, s->scratch) + error;
}

typedef struct point {
    double value; /* the smallest top eigenvalue seen, at `multiplier` */
    rw_subspace_answer answer;
    double multiplier[2];
} point;

/* Minimise over the multipliers, in turns: the small problem says where to look, the large one
 * what is missing there. p->answer brings the guess. */
static void solve(solver *s, const double *c, point *p)
{
    p->value = HUGE_VAL;
    for (int round = 0; round < MAX_ROUND; round++) {
        if (s->k + 2 > K) {
            lift(s, p->answer.x, s->matrix);
            memcpy(s->start + s->n_start * s->n, s->matrix, s->n * sizeof *s->start);
            restart(s);
            extend(s, s->start + s->n_start * s->n);
        }
        solve_small(s, c, &p->answer);
        const double error = form(s, c, p->answer.multiplier);
        double *x = s->start + s->n_start * s->n;
        lift(s, p->answer.x, x);
        const double top = rw_symmetric_top(s->matrix, s->n, x, s->scratch);
        if (top < p->value) {
            p->value = top;
            memcpy(p->multiplier, p->answer.multiplier, sizeof p->multiplier);
        }
        if (top < 0.0 || top - p->answer.value <= 2.0 * error + 1e-15 * s->greatest)
            break;
        if (!extend(s, x)) break;
    }
}

static ropewalk_status prepare(solver *s, const rw_response *r, rw_frontier_task task,
                               ropewalk_error *err)
{
    const size_t n = r->n;
    *s = (solver){.r = r, .n = n};
    const order orders[2] = {{.vector = r->gap, .matrix = r->spread},
                             {.vector = r->mean, .matrix = r->covariance}};
    const int first = task == RW_FRONTIER_TOKEN;
    s->n_order = task == RW_FRONTIER_BOTH ? 2 : 1;
    for (int f = 0; f < orders_of(s); f++) {
        s->which[f] = first + f;
        s->order[f] = orders[first + f];
    }
    s->basis = rw_array(K * n, sizeof(double));
    s->matrix = rw_array(n * n, sizeof(double));
    s->scratch = rw_array(rw_symmetric_scratch(n), sizeof(double));
    s->x = rw_array(n, sizeof(double));
    s->start = rw_array((2 * N_START + 2) * n, sizeof(double));
    s->small = rw_array(3 * area, sizeof(double));
    s->small_scratch = rw_array(3 * area + rw_subspace_scratch(K), sizeof(double));
    if (!s->basis || !s->matrix || !s->scratch || !s->x || !s->start || !s->small ||
        !s->small_scratch) {
        clear(s);
        return rw_fail_memory(err, "a frontier");
    }
    double *x = s->start;
    memset(x, 0, n * sizeof *x);
    s->greatest = rw_symmetric_top(r->step, n, x, s->scratch);
    s->n_start = 1;
    for (int f = 0; f < orders_of(s); f++) {
        order *o = &s->order[f];
        o->vector_size = sqrt(rw_dot(o->vector, o->vector, n)) * (1.0 + 1e-12);
        for (size_t i = 0; i < n; i++)
            o->matrix_size += o->matrix[i * n + i];
        o->matrix_size = o->matrix_size * (1.0 + 1e-12) + r->matrix_error;
        /* Well separated heads: the best direction, (M + shift I)^-1 v, for softer and softer
         * shifts; without a shift it may be made of rounding noise. */
        double shift = 0.1;
        for (int i = 0; i < N_START - 1; i++, shift *= 1e-3) {
            x = s->start + s->n_start * n;
            memcpy(x, o->vector, n * sizeof *x);
            if (rw_symmetric_solve(o->matrix, n, shift, x, s->scratch)) s->n_start++;
        }
    }
    restart(s);
    return ROPEWALK_OK;
}

/* --- results ----------------------------------------------------------------------------- */

static double separation_of(double p)
{
    double lo = 0.0, hi = 40.0;
    for (int i = 0; i < 200 && hi - lo > 0.0; i++) {
        const double middle = 0.5 * (lo + hi);
        if (rw_normal_cdf(-middle) > p)
            lo = middle;
        else
            hi = middle;
        if (0.5 * (lo + hi) <= lo || 0.5 * (lo + hi) >= hi) break;
    }
    return p < 0.5 ? hi : 0.0;
}

/* The square root of a bound, rounded up. */
static double root_above(double square)
{
    return sqrt(fmax(square, 0.0)) * (1.0 + 2.0 * DBL_EPSILON);
}

static ropewalk_status fill(solver *s, rw_frontier_task task, double c, point *p,
                            rw_frontier_point *out, ropewalk_error *err)
{
    const double cs[2] = {c, c};
    solve(s, cs, p);
    const double bound = proof(s, cs, p->multiplier, p->value);
    out->bound = bound < 0.0 ? (double)NAN : root_above(bound);
    for (int f = 0; f < orders_of(s); f++)
        out->multiplier[s->which[f]] = p->multiplier[f];
    if (!(p->answer.attained > -HUGE_VAL)) return ROPEWALK_OK;
    double *x = rw_array(s->n, sizeof *x);
    if (!x) return rw_fail_memory(err, "a head of the frontier");
    lift(s, p->answer.x, x);
    const double *sign = task == RW_FRONTIER_TOKEN ? s->r->mean : s->r->gap;
    if (rw_dot(sign, x, s->n) < 0.0)
        for (size_t i = 0; i < s->n; i++)
            x[i] = -x[i];
    out->head = x;
    out->attained =
        sqrt(fmax(0.0, rw_symmetric_form(s->r->step, s->n, x) - s->r->step_error));
    return ROPEWALK_OK;
}

/* How far one order alone can go: known by a head of the start, limited where the form with a
 * slightly greater c is proven negative definite. */
static void limits(solver *s, double *known, double *limit)
{
    const order *o = &s->order[0];
    const size_t n = s->n;
    *known = 0.0;
    *limit = HUGE_VAL;
    for (size_t i = 0; i < s->n_start; i++) {
        const double *x = s->start + i * n;
        const double power = rw_dot(x, x, n), gap = rw_dot(o->vector, x, n);
        const double spread = rw_symmetric_form(o->matrix, n, x) / power +
                              s->r->matrix_error +
                              4.0 * (double)n * DBL_EPSILON * o->matrix_size;
        const double least = fabs(gap) / sqrt(power) - s->r->vector_error -
                             2.0 * (double)n * DBL_EPSILON * o->vector_size;
        if (least > 0.0) *known = fmax(*known, least / sqrt(spread));
    }
    for (double more = 1e-9; more < 2.0; more *= 10.0) {
        const double c = *known * (1.0 + more);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                s->matrix[i * n + j] =
                    o->vector[i] * o->vector[j] - c * c * o->matrix[i * n + j];
        double *x = s->start + s->n_start * n;
        memcpy(x, s->start + (s->n_start - 1) * n, n * sizeof *x);
        const double top = rw_symmetric_top(s->matrix, n, x, s->scratch);
        if (rw_symmetric_bound(s->matrix, n, top, s->scratch) + order_error(s, 0, c) <
            0.0) {
            *limit = c;
            return;
        }
    }
}

ropewalk_status rw_frontier_make(const rw_response *r, rw_frontier_task task,
                                 const double *p, size_t n, rw_frontier *out,
                                 ropewalk_error *err)
{
    *out = (rw_frontier){.task = task,
                         .n_pair = r->n_pair,
                         .context = r->context,
                         .separation_known = (double)NAN,
                         .separation_limit = (double)NAN};
    for (size_t i = 0; i < n; i++)
        if (!(p[i] > 0.0 && p[i] <= 0.5))
            return rw_fail(
                err, ROPEWALK_E_ARGUMENT, 0,
                "an inversion rate of a frontier is above 0 and at most 0.5, not %g",
                p[i]);
    solver s;
    ropewalk_status status = prepare(&s, r, task, err);
    if (status) return status;
    out->point = rw_calloc(n + 1, sizeof *out->point);
    if (!out->point) status = rw_fail_memory(err, "a frontier");
    if (!status) {
        out->n_point = n;
        out->greatest_step = root_above(
            rw_symmetric_bound(r->step, s.n, s.greatest, s.scratch) + r->step_error);
        if (s.n_order == 1) limits(&s, &out->separation_known, &out->separation_limit);
    }
    point state = {0};
    for (size_t i = 0; i < n && !status; i++) {
        const double c = separation_of(p[i]);
        out->point[i] = (rw_frontier_point){.p = p[i],
                                            .c = c,
                                            .cantelli = 1.0 / (1.0 + c * c),
                                            .bound = (double)NAN,
                                            .attained = (double)NAN};
        status = fill(&s, task, c, &state, &out->point[i], err);
    }
    clear(&s);
    if (status) rw_frontier_clear(out);
    return status;
}

void rw_frontier_clear(rw_frontier *f)
{
    for (size_t i = 0; f->point && i < f->n_point; i++)
        rw_free(f->point[i].head);
    rw_free(f->point);
    *f = (rw_frontier){0};
}

ropewalk_status rw_frontier_separation(const rw_response *r, rw_frontier_task task,
                                       double step, double *known, double *limit,
                                       ropewalk_error *err)
{
    *known = *limit = (double)NAN;
    solver s;
    ropewalk_status status = prepare(&s, r, task, err);
    if (status) return status;
    point state = {0};
    const double wanted = step * step;
    double reach = HUGE_VAL, end = HUGE_VAL;
    if (s.n_order == 1) limits(&s, &reach, &end);
    if (s.greatest - r->step_error >= wanted) {
        /* Both are monotone in c: what is attained falls, and so does the bound. */
        double yes = 0.0, no = fmin(end, 40.0), from = yes, to = no;
        for (int i = 0; i < 60 && to - from > 1e-12 * to; i++) {
            const double c = 0.5 * (from + to), cs[2] = {c, c};
            solve(&s, cs, &state);
            if (state.answer.attained - r->step_error >= wanted)
                from = yes = c;
            else
                to = c;
            if (proof(&s, cs, state.multiplier, state.value) < wanted) no = fmin(no, c);
        }
        *known = yes;
        *limit = no < 40.0 ? no : HUGE_VAL;
    }
    clear(&s);
    return status;
}
