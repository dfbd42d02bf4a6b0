/* symmetric.c - Lanczos' method for the value, Cholesky's for the proof. */
#include "theory/symmetric.h"

#include <float.h>
#include <math.h>

#include "base/random.h"

double rw_dot(const double *a, const double *b, size_t n)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

void rw_symmetric_apply(const double *a, size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = rw_dot(a + i * n, x, n);
}

double rw_symmetric_form(const double *a, size_t n, const double *x)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * rw_dot(a + i * n, x, n);
    return sum;
}

static void add(double *y, double factor, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

static double norm(const double *x, size_t n)
{
    return sqrt(rw_dot(x, x, n));
}

/* How many eigenvalues of the tridiagonal matrix exceed t: the signs of Sturm's sequence. */
static size_t above(const double *diagonal, const double *next, size_t k, double t)
{
    size_t count = 0;
    double q = 1.0;
    for (size_t i = 0; i < k; i++) {
        q = diagonal[i] - t - (i ? next[i - 1] * next[i - 1] / q : 0.0);
        if (!(fabs(q) > DBL_MIN)) q = -DBL_MIN;
        count += q > 0.0;
    }
    return count;
}

/* The top eigenvalue of a tridiagonal matrix by bisection, its vector by inverse iteration from
 * just above it, where elimination needs no exchange of rows. */
static double tridiagonal_top(const double *diagonal, const double *next, size_t k,
                              double *vector, double *pivot)
{
    double size = 0.0, lo = -HUGE_VAL;
    for (size_t i = 0; i < k; i++) {
        size = fmax(size, fabs(diagonal[i]) + (i ? fabs(next[i - 1]) : 0.0) +
                              (i + 1 < k ? fabs(next[i]) : 0.0));
        lo = fmax(lo, diagonal[i]);
    }
    double hi = size;
    while (hi - lo > 4.0 * DBL_EPSILON * fmax(fabs(hi), fabs(lo)) + DBL_MIN) {
        const double middle = lo + 0.5 * (hi - lo);
        if (!(middle > lo && middle < hi)) break;
        if (above(diagonal, next, k, middle))
            lo = middle;
        else
            hi = middle;
    }
    const double least = fmax(DBL_EPSILON * size, 1e-140);
    const double shift = hi + 4.0 * DBL_EPSILON * size + DBL_MIN;
    for (size_t i = 0; i < k; i++) {
        pivot[i] =
            shift - diagonal[i] - (i ? next[i - 1] * next[i - 1] / pivot[i - 1] : 0.0);
        if (!(pivot[i] > least)) pivot[i] = least;
        vector[i] = 1.0 + 0.5 * rw_random_unit(1, 0, i);
    }
    for (int round = 0; round < 3; round++) {
        for (size_t i = 1; i < k; i++)
            vector[i] += next[i - 1] / pivot[i - 1] * vector[i - 1];
        for (size_t i = k; i-- > 0;)
            vector[i] = vector[i] / pivot[i] +
                        (i + 1 < k ? next[i] / pivot[i] * vector[i + 1] : 0.0);
        const double length = norm(vector, k);
        for (size_t i = 0; i < k; i++)
            vector[i] /= length;
    }
    return hi;
}

size_t rw_symmetric_scratch(size_t n)
{
    return n * n + 5 * n;
}

double rw_symmetric_top(const double *a, size_t n, double *x, double *scratch)
{
    double *basis = scratch, *w = basis + n * n, *diagonal = w + n;
    double *next = diagonal + n, *vector = next + n, *pivot = vector + n;
    const double length = norm(x, n);
    /* A start that is an eigenvector would hide all others: a little of everything is added. */
    for (size_t i = 0; i < n; i++)
        basis[i] = (length > 0.0 ? x[i] / length : 0.0) +
                   1e-3 / sqrt((double)n) * rw_random_normal(2, 0, i);
    const double start = norm(basis, n);
    for (size_t i = 0; i < n; i++)
        basis[i] /= start;
    double value = 0.0, size = 0.0;
    size_t k = 0;
    while (k < n) {
        const double *q = basis + k * n;
        rw_symmetric_apply(a, n, q, w);
        diagonal[k] = rw_dot(w, q, n);
        for (int twice = 0; twice < 2; twice++)
            for (size_t j = 0; j <= k; j++)
                add(w, -rw_dot(w, basis + j * n, n), basis + j * n, n);
        next[k] = norm(w, n);
        size = fmax(size, fabs(diagonal[k]) + next[k]);
        k++;
        const int ends = k == n || !(next[k - 1] > 8.0 * DBL_EPSILON * size);
        if (ends || k % 8 == 0) {
            value = tridiagonal_top(diagonal, next, k, vector, pivot);
            if (ends || next[k - 1] * fabs(vector[k - 1]) <= 1e-13 * size) break;
        }
        for (size_t i = 0; i < n; i++)
            basis[k * n + i] = w[i] / next[k - 1];
    }
    for (size_t i = 0; i < n; i++)
        x[i] = 0.0;
    for (size_t j = 0; j < k; j++)
        add(x, vector[j], basis + j * n, n);
    const double end = norm(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] /= end;
    return value;
}

/* The lower Cholesky factor of sign A + shift I; 0 when a pivot is not positive. */
static int cholesky(const double *a, size_t n, double sign, double shift, double *l)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = sign * a[i * n + j];
            if (i == j) s += shift;
            s -= rw_dot(l + i * n, l + j * n, j);
            if (i != j)
                l[i * n + j] = s / l[j * n + j];
            else if (s > 0.0)
                l[i * n + i] = sqrt(s);
            else
                return 0;
        }
    return 1;
}

double rw_symmetric_bound(const double *a, size_t n, double guess, double *scratch)
{
    double trace = 0.0, size = fabs(guess), largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        trace += a[i * n + i];
        largest = fmax(largest, fabs(a[i * n + i]));
    }
    size = fmax(size, largest) + DBL_MIN;
    const double count = (double)n;
    for (double raise = 4.0 * DBL_EPSILON * count * size; raise < HUGE_VAL;
         raise *= 8.0) {
        const double t = guess + raise;
        if (!cholesky(a, n, -1.0, t, scratch)) continue;
        /* N16: gamma_(n+1) times the trace of what was factorized, and the rounding of its
         * diagonal. */
        const double gamma = 1.01 * (count + 2.0) * 0.5 * DBL_EPSILON;
        const double part = fabs(count * t - trace) + count * count * DBL_EPSILON * size;
        return (t + gamma * part + 2.0 * DBL_EPSILON * (fabs(t) + largest)) +
               4.0 * DBL_EPSILON * fabs(t) + DBL_MIN;
    }
    return HUGE_VAL;
}

int rw_symmetric_solve(const double *a, size_t n, double shift, double *b,
                       double *scratch)
{
    if (!cholesky(a, n, 1.0, shift, scratch)) return 0;
    for (size_t i = 0; i < n; i++)
        b[i] = (b[i] - rw_dot(scratch + i * n, b, i)) / scratch[i * n + i];
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= scratch[k * n + i] * b[k];
        b[i] /= scratch[i * n + i];
    }
    return 1;
}
