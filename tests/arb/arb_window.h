/* arb_window.h - the forms of a window in ball arithmetic, from the published formulas. */
#ifndef RW_TESTS_ARB_WINDOW_H
#define RW_TESTS_ARB_WINDOW_H
#include <math.h>
#include <string.h>
#if __has_include(<flint/arb_mat.h>)
#include <flint/arb_mat.h>
#else
#include <arb_mat.h>
#endif

#include "theory/response.h"

enum { ARB_WINDOW_BITS = 256 };

typedef struct arb_window {
    slong n;
    arb_mat_t vector[2], matrix[2], step; /* gap, mean; spread, covariance; step */
} arb_window;

/* K(t) over [first, end): e^{it(A + (N-1)/2)} sin(Nt/2) / (N sin(t/2)). */
static void arb_window_kernel(arb_t re, arb_t im, const arb_t t, slong first, slong end)
{
    arb_t half, size, x;
    if (arb_is_zero(t)) {
        arb_one(re), arb_zero(im);
        return;
    }
    arb_init(half), arb_init(size), arb_init(x);
    arb_mul_2exp_si(half, t, -1);
    arb_mul_si(x, half, end - first, ARB_WINDOW_BITS);
    arb_sin(size, x, ARB_WINDOW_BITS);
    arb_sin(x, half, ARB_WINDOW_BITS);
    arb_mul_si(x, x, end - first, ARB_WINDOW_BITS);
    arb_div(size, size, x, ARB_WINDOW_BITS);
    arb_mul_si(x, half, 2 * first + (end - first) - 1, ARB_WINDOW_BITS);
    arb_sin_cos(im, re, x, ARB_WINDOW_BITS);
    arb_mul(re, re, size, ARB_WINDOW_BITS);
    arb_mul(im, im, size, ARB_WINDOW_BITS);
    arb_clear(half), arb_clear(size), arb_clear(x);
}

/* mean and covariance of the score over [first, end), added times `sign` to the vector, and to
 * the matrix. */
static void arb_window_moments(arb_mat_t vector, arb_mat_t matrix, const double *freq,
                               slong h, slong first, slong end, int sign)
{
    arb_ptr k = _arb_vec_init(2 * h), v = _arb_vec_init(9);
    arb_ptr t = v, are = v + 1, aim = v + 2, bre = v + 3, bim = v + 4, x = v + 5;
    for (slong n = 0; n < h; n++) {
        arb_set_d(t, freq[n]);
        arb_window_kernel(k + n, k + h + n, t, first, end);
        for (int part = 0; part < 2; part++) { /* Re K, then - Im K */
            arb_ptr to = arb_mat_entry(vector, part * h + n, 0);
            if ((sign > 0) == (part == 0))
                arb_add(to, to, k + part * h + n, ARB_WINDOW_BITS);
            else
                arb_sub(to, to, k + part * h + n, ARB_WINDOW_BITS);
        }
    }
    for (slong n = 0; n < h; n++)
        for (slong l = 0; l < h; l++) {
            arb_set_d(x, freq[l]);
            arb_set_d(t, freq[n]);
            arb_sub(t, t, x, 4 * ARB_WINDOW_BITS);
            arb_window_kernel(are, aim, t, first, end);
            arb_set_d(t, freq[n]);
            arb_add(t, t, x, 4 * ARB_WINDOW_BITS);
            arb_window_kernel(bre, bim, t, first, end);
            arb_srcptr nr = k + n, ni = k + h + n, lr = k + l, li = k + h + l;
            arb_submul(are, nr, lr, ARB_WINDOW_BITS);
            arb_submul(are, ni, li, ARB_WINDOW_BITS);
            arb_submul(aim, ni, lr, ARB_WINDOW_BITS);
            arb_addmul(aim, nr, li, ARB_WINDOW_BITS);
            arb_submul(bre, nr, lr, ARB_WINDOW_BITS);
            arb_addmul(bre, ni, li, ARB_WINDOW_BITS);
            arb_submul(bim, nr, li, ARB_WINDOW_BITS);
            arb_submul(bim, ni, lr, ARB_WINDOW_BITS);
            for (int part = 0; part < 4; part++) {
                arb_srcptr a = part == 0 || part == 3 ? are : aim;
                arb_srcptr b = part == 0 || part == 3 ? bre : bim;
                if (part == 0 || part == 2)
                    arb_add(x, a, b, ARB_WINDOW_BITS);
                else
                    arb_sub(x, a, b, ARB_WINDOW_BITS);
                if (part == 2) arb_neg(x, x);
                arb_mul_2exp_si(x, x, -1);
                arb_ptr to =
                    arb_mat_entry(matrix, (part / 2) * h + n, (part % 2) * h + l);
                arb_add(to, to, x, ARB_WINDOW_BITS);
            }
        }
    _arb_vec_clear(k, 2 * h);
    _arb_vec_clear(v, 9);
}

static void arb_window_init(arb_window *w, const double *freq, uint32_t n_pair, int64_t M)
{
    const slong h = (slong)n_pair, n = 2 * h;
    w->n = n;
    for (int f = 0; f < 2; f++) {
        arb_mat_init(w->vector[f], n, 1);
        arb_mat_init(w->matrix[f], n, n);
    }
    arb_mat_init(w->step, n, n);
    arb_window_moments(w->vector[0], w->matrix[0], freq, h, 0, M / 2, 1);
    arb_window_moments(w->vector[0], w->matrix[0], freq, h, M / 2, M, -1);
    arb_window_moments(w->vector[1], w->matrix[1], freq, h, 0, M, 1);
    /* The step: second moments over [0, M-1), between the map z_n -> z_n (e^{iw} - 1). */
    arb_mat_t mean, moment, map, product;
    arb_mat_init(mean, n, 1), arb_mat_init(moment, n, n);
    arb_mat_init(map, n, n), arb_mat_init(product, n, n);
    arb_window_moments(mean, moment, freq, h, 0, M - 1, 1);
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < n; j++)
            arb_addmul(arb_mat_entry(moment, i, j), arb_mat_entry(mean, i, 0),
                       arb_mat_entry(mean, j, 0), ARB_WINDOW_BITS);
    for (slong l = 0; l < h; l++) {
        arb_ptr c = arb_mat_entry(map, l, l), s = arb_mat_entry(map, h + l, l);
        arb_set_d(c, freq[l]);
        arb_sin_cos(s, c, c, ARB_WINDOW_BITS);
        arb_sub_si(c, c, 1, ARB_WINDOW_BITS);
        arb_set(arb_mat_entry(map, h + l, h + l), c);
        arb_neg(arb_mat_entry(map, l, h + l), s);
    }
    arb_mat_mul(product, moment, map, ARB_WINDOW_BITS);
    arb_mat_transpose(map, map);
    arb_mat_mul(w->step, map, product, ARB_WINDOW_BITS);
    arb_mat_clear(mean), arb_mat_clear(moment), arb_mat_clear(map),
        arb_mat_clear(product);
}

static void arb_window_clear(arb_window *w)
{
    for (int f = 0; f < 2; f++) {
        arb_mat_clear(w->vector[f]);
        arb_mat_clear(w->matrix[f]);
    }
    arb_mat_clear(w->step);
}

/* v'x and x'Mx. */
static void arb_window_dot(arb_t out, const arb_mat_t v, const double *x)
{
    arb_t t;
    arb_init(t);
    arb_zero(out);
    for (slong i = 0; i < arb_mat_nrows(v); i++) {
        arb_set_d(t, x[i]);
        arb_addmul(out, t, arb_mat_entry(v, i, 0), ARB_WINDOW_BITS);
    }
    arb_clear(t);
}

static void arb_window_form(arb_t out, const arb_mat_t m, const double *x)
{
    arb_t t, row;
    arb_init(t), arb_init(row);
    arb_zero(out);
    for (slong i = 0; i < arb_mat_nrows(m); i++) {
        arb_zero(row);
        for (slong j = 0; j < arb_mat_ncols(m); j++) {
            arb_set_d(t, x[j]);
            arb_addmul(row, t, arb_mat_entry(m, i, j), ARB_WINDOW_BITS);
        }
        arb_set_d(t, x[i]);
        arb_addmul(out, t, row, ARB_WINDOW_BITS);
    }
    arb_clear(t), arb_clear(row);
}

/* The largest distance (Frobenius) of a double form from its ball, as a share of what it states. */
static double arb_window_off(const arb_mat_t truth, const double *got, double allowed)
{
    double sum = 0.0;
    arb_t t, x;
    arb_init(t), arb_init(x);
    for (slong i = 0; i < arb_mat_nrows(truth); i++)
        for (slong j = 0; j < arb_mat_ncols(truth); j++) {
            arb_set_d(x, got[i * arb_mat_ncols(truth) + j]);
            arb_sub(t, arb_mat_entry(truth, i, j), x, ARB_WINDOW_BITS);
            const double off =
                arf_get_d(arb_midref(t), ARF_RND_UP) + mag_get_d(arb_radref(t));
            sum += off * off;
        }
    arb_clear(t), arb_clear(x);
    return sqrt(sum) / allowed;
}

static inline double arb_window_compare(const arb_window *w, const rw_response *r)
{
    double worst = arb_window_off(w->vector[0], r->gap, r->vector_error);
    worst = fmax(worst, arb_window_off(w->vector[1], r->mean, r->vector_error));
    worst = fmax(worst, arb_window_off(w->matrix[0], r->spread, r->matrix_error));
    worst = fmax(worst, arb_window_off(w->matrix[1], r->covariance, r->matrix_error));
    return fmax(worst, arb_window_off(w->step, r->step, r->step_error));
}
#endif
