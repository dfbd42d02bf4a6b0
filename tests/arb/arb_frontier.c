/* arb_frontier.c - the frontier proven in ball arithmetic: the bound by a Cholesky factorization
 * of intervals, the head by an enclosure of its separation and step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "arb_window.h"
#include "theory/frontier.h"

enum { N_P = 9 };

static int faults, proven, placed;

static void fault(const char *what, double base, int64_t M, const rw_frontier_point *p)
{
    printf("base %g, M %lld, p %g: %s\n", base, (long long)M, p->p, what);
    faults++;
}

/* t I - A - sum multiplier (v v' - c^2 M) is positive definite, so t bounds the squared step. */
static int bounds(const arb_window *w, const rw_frontier_point *p, double t)
{
    const slong n = w->n;
    arb_mat_t form, factor;
    arb_mat_init(form, n, n);
    arb_mat_init(factor, n, n);
    arb_t x, m, c;
    arb_init(x), arb_init(m), arb_init(c);
    arb_set_d(c, p->c);
    arb_mul(c, c, c, ARB_WINDOW_BITS);
    arb_mat_neg(form, w->step);
    for (int f = 0; f < 2; f++) {
        arb_set_d(m, p->multiplier[f]);
        for (slong i = 0; i < n; i++)
            for (slong j = 0; j < n; j++) {
                arb_mul(x, arb_mat_entry(w->vector[f], i, 0),
                        arb_mat_entry(w->vector[f], j, 0), ARB_WINDOW_BITS);
                arb_submul(x, c, arb_mat_entry(w->matrix[f], i, j), ARB_WINDOW_BITS);
                arb_submul(arb_mat_entry(form, i, j), m, x, ARB_WINDOW_BITS);
            }
    }
    arb_set_d(x, t);
    for (slong i = 0; i < n; i++)
        arb_add(arb_mat_entry(form, i, i), arb_mat_entry(form, i, i), x, ARB_WINDOW_BITS);
    const int yes = arb_mat_cho(factor, form, ARB_WINDOW_BITS);
    arb_clear(x), arb_clear(m), arb_clear(c);
    arb_mat_clear(form);
    arb_mat_clear(factor);
    return yes;
}

/* The head is separated by c in the order f, either sign, and its step is at least `attained`. */
static void place(const arb_window *w, double base, int64_t M, rw_frontier_task task,
                  const rw_frontier_point *p)
{
    arb_t gap, spread, limit, power;
    arb_init(gap), arb_init(spread), arb_init(limit), arb_init(power);
    for (int f = 0; f < 2; f++) {
        if ((f == 0 && task == RW_FRONTIER_TOKEN) ||
            (f == 1 && task == RW_FRONTIER_POSITION))
            continue;
        arb_window_dot(gap, w->vector[f], p->head);
        if (f == (task == RW_FRONTIER_TOKEN) && !arb_is_nonnegative(gap) && p->c > 0.0)
            fault("the head's sign is wrong", base, M, p);
        arb_window_form(spread, w->matrix[f], p->head);
        arb_set_d(limit, p->c);
        arb_mul(limit, limit, limit, ARB_WINDOW_BITS);
        arb_mul(spread, spread, limit, ARB_WINDOW_BITS);
        arb_mul(gap, gap, gap, ARB_WINDOW_BITS);
        if (!arb_ge(gap, spread)) fault("the head is not separated by c", base, M, p);
    }
    arb_zero(power);
    for (slong i = 0; i < w->n; i++) {
        arb_set_d(limit, p->head[i]);
        arb_addmul(power, limit, limit, ARB_WINDOW_BITS);
    }
    arb_window_form(spread, w->step, p->head);
    arb_set_d(limit, p->attained);
    arb_mul(limit, limit, limit, ARB_WINDOW_BITS);
    arb_mul(limit, limit, power, ARB_WINDOW_BITS);
    if (!arb_ge(spread, limit))
        fault("the head's step is below what is said", base, M, p);
    placed++;
    arb_clear(gap), arb_clear(spread), arb_clear(limit), arb_clear(power);
}

static void check(double base, uint32_t h, int64_t M, int tasks)
{
    static const double rates[N_P] = {0.5, 0.45, 0.35, 0.2, 0.1, 0.03, 0.01, 1e-3, 1e-5};
    double freq[64];
    for (uint32_t n = 0; n < h; n++)
        freq[n] = pow(base, -(double)n / h);
    arb_window w;
    arb_window_init(&w, freq, h, M);
    rw_response r;
    ropewalk_error err;
    if (rw_response_init(&r, freq, h, M, &err)) abort();
    const double worst = arb_window_compare(&w, &r);
    if (!(worst <= 1.0)) {
        printf("base %g, M %lld: a form is off by %g of its bound\n", base, (long long)M,
               worst);
        faults++;
    }
    for (int task = 0; task < 3; task++) {
        rw_frontier f;
        if (!(tasks >> task & 1)) continue;
        if (rw_frontier_make(&r, (rw_frontier_task)task, rates, N_P, &f, &err)) abort();
        for (size_t i = 0; i < N_P; i++) {
            const rw_frontier_point *p = &f.point[i];
            /* NaN says that no head is so separated: then even 0 is a bound. */
            const double t = isnan(p->bound) ? 0.0 : p->bound * p->bound;
            if (bounds(&w, p, t))
                proven++;
            else
                fault("the bound is not proven", base, M, p);
            if (p->head) place(&w, base, M, (rw_frontier_task)task, p);
            /* The check itself can fail: a bound a little below what is attained is refuted. */
            if (p->head && p->attained > 1e-3 &&
                bounds(&w, p, 0.999 * p->attained * p->attained))
                fault("a bound that is too low was proven", base, M, p);
        }
        printf(
            "base %g, h %u, M %lld, task %d: done, forms within %.3f of their bounds\n",
            base, h, (long long)M, task, worst);
        rw_frontier_clear(&f);
    }
    rw_response_clear(&r);
    arb_window_clear(&w);
}

int main(void)
{
    check(1e4, 64, 131072, 1 | 2);
    check(5e5, 64, 131072, 1);
    check(1e5, 16, 8192, 1 | 2 | 4);
    check(1e3, 4, 700, 1 | 2 | 4);
    check(1e4, 1, 50, 1 | 2);
    check(1e4, 3, 2, 1);
    printf("arb_frontier: %d bounds proven, %d heads enclosed, %d faults\n", proven,
           placed, faults);
    flint_cleanup();
    return faults ? 1 : 0;
}
