/* response.c - gap, spread and step of a window from its closed-form moments. */
#include "theory/response.h"

#include <float.h>
#include <math.h>

#include "base/alloc.h"
#include "base/normal.h"
#include "theory/moment.h"
#include "theory/predict.h"
#include "theory/symmetric.h"

/* N10: an entry of a mean is within 3e-15 of the truth, of a covariance within 1e-14. */
static const double mean_entry = 3e-15, covariance_entry = 1e-14;

/* The step S(m+1) - S(m) is the score with z_n (e^{i w_n} - 1) for z_n, so its second moment over
 * [0, M-1) is that of the score between two maps that turn and shorten each pair. e^{iw} - 1 =
 * -2 sin^2(w/2) + i sin w does not cancel. */
static void step_form(rw_response *r, const double *freq, const rw_moment_form *window)
{
    const size_t h = r->n_pair, n = r->n;
    double *a = r->step, power = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] =
                window->covariance[i * n + j] + window->mean[i] * window->mean[j];
    for (int side = 0; side < 2; side++) { /* columns, then rows */
        const size_t along = side ? 1 : n, across = side ? n : 1;
        for (size_t l = 0; l < h; l++) {
            const double half = sin(0.5 * freq[l]);
            const double re = -2.0 * half * half, im = sin(freq[l]);
            if (!side) power += 4.0 * half * half;
            for (size_t i = 0; i < n; i++) {
                double *x = &a[i * along + l * across], *y = x + h * across;
                const double u = *x, v = *y;
                *x = re * u + im * v;
                *y = re * v - im * u;
            }
        }
    }
    for (size_t i = 0; i < n;
         i++) /* rounding leaves two triangles that differ in last bits */
        for (size_t j = 0; j < i; j++)
            a[i * n + j] = a[j * n + i] = 0.5 * (a[i * n + j] + a[j * n + i]);
    r->step_error = 2.0 * (covariance_entry + 4.0 * mean_entry) * power;
}

ropewalk_status rw_response_init(rw_response *r, const double *freq, uint32_t n_pair,
                                 int64_t context, ropewalk_error *err)
{
    *r = (rw_response){.n = 2 * (size_t)n_pair, .n_pair = n_pair, .context = context};
    if (n_pair == 0 || context < 2)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a frontier needs a pair that turns and a context of at least 2");
    const size_t n = r->n;
    r->gap = rw_array(n, sizeof(double));
    r->mean = rw_array(n, sizeof(double));
    r->spread = rw_array(n * n, sizeof(double));
    r->covariance = rw_array(n * n, sizeof(double));
    r->step = rw_array(n * n, sizeof(double));
    ropewalk_status status = ROPEWALK_OK;
    if (!r->gap || !r->mean || !r->spread || !r->covariance || !r->step)
        status = rw_fail_memory(err, "the forms of a window");
    const int64_t half = context / 2;
    const int64_t ends[4][2] = {
        {0, half}, {half, context}, {0, context}, {0, context - 1}};
    for (int w = 0; w < 4 && !status; w++) {
        rw_moment_form form;
        status = rw_moment_form_init(&form, freq, n_pair, ends[w][0], ends[w][1], err);
        if (status) break;
        if (w == 3) {
            step_form(r, freq, &form);
        } else {
            double *vector = w == 2 ? r->mean : r->gap;
            double *matrix = w == 2 ? r->covariance : r->spread;
            for (size_t i = 0; i < n; i++)
                vector[i] = w == 1 ? vector[i] - form.mean[i] : form.mean[i];
            for (size_t i = 0; i < n * n; i++)
                matrix[i] = w == 1 ? matrix[i] + form.covariance[i] : form.covariance[i];
        }
        rw_moment_form_clear(&form);
    }
    r->vector_error = (2.0 * mean_entry + DBL_EPSILON) * sqrt((double)n);
    r->matrix_error = (2.0 * covariance_entry + DBL_EPSILON) * (double)n;
    if (status) rw_response_clear(r);
    return status;
}

void rw_response_clear(rw_response *r)
{
    rw_free(r->gap);
    rw_free(r->mean);
    rw_free(r->spread);
    rw_free(r->covariance);
    rw_free(r->step);
    *r = (rw_response){0};
}

/* v'x / sqrt(x'Mx); NaN when the root is rounding noise. */
static double ratio(const double *vector, const double *matrix, size_t n, const double *x,
                    double least)
{
    const double power = rw_symmetric_form(matrix, n, x);
    return power > least ? rw_dot(vector, x, n) / sqrt(power) : (double)NAN;
}

void rw_response_place(const rw_response *r, const rw_coefficient *z, rw_head_place *out)
{
    *out = (rw_head_place){(double)NAN, (double)NAN, (double)NAN};
    const size_t h = r->n_pair, n = r->n;
    double x[2 * RW_MAX_HEAD_DIM], sum = 0.0;
    const double unit = rw_coefficient_unit(z);
    for (size_t i = 0; i < h; i++) {
        x[i] = z->re[i] * unit;
        x[h + i] = z->im[i] * unit;
        sum += hypot(x[i], x[h + i]);
    }
    const double power = rw_dot(x, x, n), least = RW_LEAST_VARIANCE * sum * sum;
    if (!(power > 0.0)) return;
    out->separation = ratio(r->gap, r->spread, n, x, least);
    out->token_separation = ratio(r->mean, r->covariance, n, x, least);
    out->step = sqrt(fmax(0.0, rw_symmetric_form(r->step, n, x)) / power);
}
