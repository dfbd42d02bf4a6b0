/* interval.c - two-way layouts without replication, and what is built of them. */
#include "measure/interval.h"

#include <math.h>
#include <stdlib.h>

#include "base/normal.h"

static const rw_mean nothing = {(double)NAN, (double)NAN, 0, 0, 0};

/* Mean of row q (step 1) or column k (step n_k); n of its values are numbers. */
static double line_mean(const double *value, size_t n, size_t step, size_t *n_valid)
{
    double sum = 0.0;
    *n_valid = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i * step])) {
            sum += value[i * step];
            ++*n_valid;
        }
    return *n_valid ? sum / (double)*n_valid : (double)NAN;
}

static rw_mean plain_mean(const double *value, size_t n_q, size_t n_k)
{
    rw_mean m = nothing;
    size_t valid;
    m.mean = line_mean(value, n_q * n_k, 1, &valid);
    for (size_t q = 0; q < n_q; q++) {
        (void)line_mean(value + q * n_k, n_k, 1, &valid);
        m.n_q += valid > 0;
    }
    for (size_t k = 0; k < n_k; k++) {
        (void)line_mean(value + k, n_q, n_k, &valid);
        m.n_k += valid > 0;
    }
    return m;
}

rw_mean rw_interval_crossed(const double *value, size_t n_q, size_t n_k)
{
    rw_mean m = plain_mean(value, n_q, n_k);
    if (m.n_q < 2 || m.n_k < 2) return m;
    double ss_q = 0.0, ss_k = 0.0, ss_all = 0.0;
    size_t valid, cells = 0;
    for (size_t q = 0; q < n_q; q++) {
        const double d = line_mean(value + q * n_k, n_k, 1, &valid) - m.mean;
        if (valid) ss_q += (double)m.n_k * d * d;
    }
    for (size_t k = 0; k < n_k; k++) {
        const double d = line_mean(value + k, n_q, n_k, &valid) - m.mean;
        if (valid) ss_k += (double)m.n_q * d * d;
    }
    for (size_t i = 0; i < n_q * n_k; i++)
        if (!isnan(value[i])) {
            ss_all += (value[i] - m.mean) * (value[i] - m.mean);
            cells++;
        }
    const double dq = (double)m.n_q - 1.0, dk = (double)m.n_k - 1.0;
    const double ms_q = ss_q / dq, ms_k = ss_k / dk;
    const double ms_qk = fmax(0.0, ss_all - ss_q - ss_k) / (dq * dk);
    m.variance = fmax(ms_q + ms_k - ms_qk, ms_qk) / (double)cells;
    m.dof = (int)fmin(dq, dk);
    return m;
}

rw_mean rw_interval_nested(const double *value, size_t n_q, size_t n_k)
{
    rw_mean m = plain_mean(value, n_q, n_k);
    if (m.n_q < 2) return m;
    double sum = 0.0, square = 0.0;
    size_t valid, n = 0;
    for (size_t q = 0; q < n_q; q++) {
        const double row = line_mean(value + q * n_k, n_k, 1, &valid);
        if (!valid) continue;
        n++;
        sum += row;
    }
    const double centre = sum / (double)n;
    for (size_t q = 0; q < n_q; q++) {
        const double row = line_mean(value + q * n_k, n_k, 1, &valid);
        if (valid) square += (row - centre) * (row - centre);
    }
    m.variance = square / ((double)n - 1.0) / (double)n;
    m.dof = (int)n - 1;
    return m;
}

rw_mean rw_interval_pool(const rw_mean *part, size_t n)
{
    rw_mean m = {0.0, 0.0, 0, 0, 0};
    size_t used = 0;
    int known = 1;
    for (size_t i = 0; i < n; i++) {
        if (isnan(part[i].mean)) continue;
        m.mean += part[i].mean;
        known &= part[i].dof > 0;
        m.variance += part[i].variance;
        m.dof += part[i].dof; /* independent estimates of one variance */
        m.n_q += part[i].n_q;
        if (part[i].n_k > m.n_k) m.n_k = part[i].n_k;
        used++;
    }
    if (!used) return nothing;
    m.mean /= (double)used;
    m.variance = known ? m.variance / ((double)used * (double)used) : (double)NAN;
    if (!known) m.dof = 0;
    return m;
}

double rw_interval_half(const rw_mean *m)
{
    return m->dof > 0 ? rw_student_95(m->dof) * sqrt(m->variance) : (double)NAN;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double rw_false_discovery(const double *p, size_t n, double rate, double *scratch)
{
    double threshold = 0.0;
    for (size_t i = 0; i < n; i++)
        scratch[i] = p[i];
    qsort(scratch, n, sizeof *scratch, ascending);
    for (size_t i = 0; i < n; i++)
        if (scratch[i] <= rate * (double)(i + 1) / (double)n) threshold = scratch[i];
    return threshold;
}

double rw_quantile(double *value, size_t n, double at)
{
    if (n == 0) return (double)NAN;
    qsort(value, n, sizeof *value, ascending);
    const double x = at * (double)(n - 1);
    const size_t i = (size_t)x;
    return i + 1 < n ? value[i] + (x - (double)i) * (value[i + 1] - value[i])
                     : value[n - 1];
}
