/* moment.h - exact mean and variance of the score over a window of distances (T1, T2).
 *
 * Over m uniform on {first .. end-1} the mean is linear and the covariance bilinear in the
 * coefficients (Re z, Im z): both forms depend on the frequencies alone and are made once per
 * window (P Remark 2.1, F Appendix G). */
#ifndef RW_THEORY_MOMENT_H
#define RW_THEORY_MOMENT_H
#include "position/coefficient.h"

typedef struct rw_moment_form {
    int64_t first, end;
    uint32_t n_pair;
    double *mean;       /* [2 n_pair]: mean of e^{imw}: cosines, then minus sines */
    double *covariance; /* [2 n_pair][2 n_pair], symmetric */
} rw_moment_form;

/** freq: n_pair frequencies, none 0. end > first. 16 n_pair^2 doubles of memory. */
ropewalk_status rw_moment_form_init(rw_moment_form *form, const double *freq,
                                    uint32_t n_pair, int64_t first, int64_t end,
                                    ropewalk_error *err);
void rw_moment_form_clear(rw_moment_form *form);

/** mu = c + Re sum z_n K(w_n); absolute error below 1e-13 sum |z_n|. */
double rw_moment_mean(const rw_moment_form *form, const rw_coefficient *z);
/** Covariance of two scores; variance when a == b. Error below 1e-12 (sum |a|)(sum |b|). */
double rw_moment_covariance(const rw_moment_form *form, const rw_coefficient *a,
                            const rw_coefficient *b);
#endif
