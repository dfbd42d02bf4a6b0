/* moment.c - the Dirichlet kernel K(t) and the two forms made of it. */
#include "theory/moment.h"

#include <complex.h>
#include <math.h>

#include "base/alloc.h"
#include "base/dd.h"

#ifndef CMPLX /* glibc keeps it from clang */
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#endif

/* K(t) = mean of e^{itm} over the window, in the form that does not cancel for slow pairs. Whole
 * turns are taken off in double-double first: m is an integer, and near them sin(t/2) is small. */
static double complex kernel(rw_dd turn, int64_t first, int64_t end)
{
    const rw_dd two_pi = {0x1.921fb54442d18p+2, 0x1.1a62633145c07p-52};
    double t = turn.hi;
    if (fabs(t) > 3.0) { /* below, there is none to take off */
        const double turns = floor(turn.hi * 0x1.45f306dc9c883p-3 + 0.5);
        t = rw_dd_sub(turn, rw_dd_mul_d(two_pi, turns)).hi;
    }
    const double n = (double)(end - first);
    const double half = sin(0.5 * t);
    if (!(fabs(half) > 0.0)) return 1.0;
    const double size = sin(0.5 * n * t) / (n * half);
    const double angle = t * ((double)first + 0.5 * (n - 1.0));
    return CMPLX(size * cos(angle), size * sin(angle));
}

ropewalk_status rw_moment_form_init(rw_moment_form *form, const double *freq,
                                    uint32_t n_pair, int64_t first, int64_t end,
                                    ropewalk_error *err)
{
    const size_t h = n_pair;
    *form = (rw_moment_form){.first = first, .end = end, .n_pair = n_pair};
    form->mean = rw_array(2 * h + 1, sizeof(double));
    form->covariance = rw_array(4 * h * h + 1, sizeof(double));
    if (!form->mean || !form->covariance) {
        rw_moment_form_clear(form);
        return rw_fail_memory(err, "the moments of a window");
    }
    for (size_t n = 0; n < h; n++) {
        const double complex k = kernel(rw_dd_of(freq[n]), first, end);
        form->mean[n] = creal(k);
        form->mean[h + n] = -cimag(k);
    }
    double *re = form->covariance, *im = form->covariance + 2 * h * h;
    for (size_t n = 0; n < h; n++)
        for (size_t l = n; l < h; l++) { /* the form is symmetric: K(-t) = conj K(t) */
            const double complex kn = CMPLX(form->mean[n], -form->mean[h + n]);
            const double complex kl = CMPLX(form->mean[l], -form->mean[h + l]);
            const double complex a =
                kernel(rw_two_sum(freq[n], -freq[l]), first, end) - kn * conj(kl);
            const double complex b =
                kernel(rw_two_sum(freq[n], freq[l]), first, end) - kn * kl;
            const double mixed = 0.5 * (cimag(a) - cimag(b)),
                         swapped = -0.5 * (cimag(a) + cimag(b));
            re[n * 2 * h + l] = re[l * 2 * h + n] = 0.5 * (creal(a) + creal(b));
            re[n * 2 * h + h + l] = im[l * 2 * h + n] = mixed;
            im[n * 2 * h + l] = re[l * 2 * h + h + n] = swapped;
            im[n * 2 * h + h + l] = im[l * 2 * h + h + n] = 0.5 * (creal(a) - creal(b));
        }
    return ROPEWALK_OK;
}

void rw_moment_form_clear(rw_moment_form *form)
{
    rw_free(form->mean);
    rw_free(form->covariance);
    *form = (rw_moment_form){0};
}

static double dot(const double *a, const double *b, size_t n)
{
    double s[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++)
            s[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

double rw_moment_mean(const rw_moment_form *form, const rw_coefficient *z)
{
    const size_t h = form->n_pair;
    return z->constant + dot(form->mean, z->re, h) + dot(form->mean + h, z->im, h);
}

double rw_moment_covariance(const rw_moment_form *form, const rw_coefficient *a,
                            const rw_coefficient *b)
{
    const size_t h = form->n_pair;
    double sum = 0.0;
    for (size_t n = 0; n < h; n++) {
        const double *row_re = form->covariance + n * 2 * h, *row_im = row_re + 2 * h * h;
        sum += a->re[n] * (dot(row_re, b->re, h) + dot(row_re + h, b->im, h)) +
               a->im[n] * (dot(row_im, b->re, h) + dot(row_im + h, b->im, h));
    }
    return sum;
}
