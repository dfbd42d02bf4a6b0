/* joint.c - partitions refined head by head, and a Fisher discriminant. */
#include "measure/joint.h"

#include <math.h>

#include "base/alloc.h"

ropewalk_status rw_joint_aliasing(const int32_t *keys, size_t stride, const uint32_t *set,
                                  size_t n_set, int64_t M, uint32_t *label,
                                  int64_t *pairs, ropewalk_error *err)
{
    rw_tally tally;
    *pairs = 0;
    ropewalk_status status = rw_tally_init_hashed(&tally, (uint64_t)M, err);
    if (status) return status;
    for (int64_t m = 0; m < M; m++)
        label[m] = 0;
    for (size_t i = 0; i < n_set; i++) {
        const int32_t *row = keys + set[i] * stride;
        uint32_t n_label = 0;
        rw_tally_reset(&tally);
        for (int64_t m = 0; m < M;
             m++) { /* (old label, key) -> new label, numbered from 1 */
            uint32_t *slot =
                rw_tally_at(&tally, (uint64_t)label[m] << 32 | (uint32_t)row[m]);
            if (*slot == 0) *slot = ++n_label;
            label[m] = *slot - 1;
        }
    }
    rw_tally_reset(&tally);
    for (int64_t m = 0; m < M; m++)
        *pairs += (*rw_tally_at(&tally, label[m]))++;
    rw_tally_clear(&tally);
    return status;
}

/* Solve V x = g for symmetric positive definite V by Cholesky, in place; 0 when it is not. */
static int solve(double *v, double *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double whole = v[i * n + i];
        for (size_t j = 0; j <= i; j++) {
            double s = v[i * n + j];
            for (size_t k = 0; k < j; k++)
                s -= v[i * n + k] * v[j * n + k];
            if (i != j)
                v[i * n + j] = s / v[j * n + j];
            else if (s > 1e-12 * whole)
                v[i * n + i] = sqrt(s);
            else
                return 0;
        }
    }
    for (size_t i = 0; i < n; i++) { /* g := L^-1 g; its norm is what is wanted */
        for (size_t k = 0; k < i; k++)
            g[i] -= v[i * n + k] * g[k];
        g[i] /= v[i * n + i];
    }
    return 1;
}

static void half_moments(const double *score, size_t stride, size_t n_head, int64_t first,
                         int64_t end, double *mean, double *covariance)
{
    const double n = (double)(end - first);
    for (size_t a = 0; a < n_head; a++) {
        double sum = 0.0;
        for (int64_t m = first; m < end; m++)
            sum += score[a * stride + (size_t)m];
        mean[a] = sum / n;
    }
    for (size_t a = 0; a < n_head; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0.0;
            for (int64_t m = first; m < end; m++)
                sum += (score[a * stride + (size_t)m] - mean[a]) *
                       (score[b * stride + (size_t)m] - mean[b]);
            covariance[a * n_head + b] += 0.5 * sum / n;
        }
}

ropewalk_status rw_readout_separation(const double *score, size_t stride, size_t n_head,
                                      int64_t M, rw_readout *out, ropewalk_error *err)
{
    *out = (rw_readout){(double)NAN, (double)NAN};
    if (M < 4 || n_head == 0) return ROPEWALK_OK;
    double *near = rw_array(n_head, sizeof *near), *far = rw_array(n_head, sizeof *far);
    double *v = rw_calloc(n_head * n_head, sizeof *v);
    ropewalk_status status = ROPEWALK_OK;
    if (!near || !far || !v) {
        status = rw_fail_memory(err, "the read-out of a layer");
    } else {
        half_moments(score, stride, n_head, 0, M / 2, near, v);
        half_moments(score, stride, n_head, M / 2, M, far, v);
        double best = 0.0;
        for (size_t a = 0; a < n_head; a++) {
            near[a] -= far[a];
            const double variance = v[a * n_head + a];
            if (variance > 0.0) best = fmax(best, fabs(near[a]) / sqrt(variance));
        }
        out->best_head = best;
        if (solve(v, near, n_head)) {
            double sum = 0.0;
            for (size_t a = 0; a < n_head; a++)
                sum += near[a] * near[a];
            out->all_heads = sqrt(sum);
        }
    }
    rw_free(near);
    rw_free(far);
    rw_free(v);
    return status;
}
