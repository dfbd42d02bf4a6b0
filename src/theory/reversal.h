/* reversal.h - F's theorem for a frequency table: who responds to a step must reverse keys (T14 to T16).
 *
 * A head whose margin (z of the preferred key minus z of the other) answers a step of one position
 * by at least zeta, in units of U, must hold a share r_H >= l(M) of it in the high band H, the pairs
 * that turn often within M. There the mean of the margin is small beside its deviation, and the
 * preferred key loses at psi(l(M)) of the distances or more. M_max is the last M at which that is
 * at most delta. It belongs to the frequency table, not to a head. */
#ifndef RW_THEORY_REVERSAL_H
#define RW_THEORY_REVERSAL_H
#include "position/coefficient.h"
#include "result/estimate.h"

typedef struct rw_reversal_rule {
    double c_f;         /* C_F: H needs M w >= 2 C_F / ((1 - rho) eps) */
    double eps;         /* how far the high band is from its limit, in (0, 1/2) */
    double zeta;        /* adjacent response asked for, in units of U, > 0 */
    double tau;         /* distance of the margin's scores to the normal, in [0, 1/2) */
    double delta;       /* reversal still accepted, in [0, 1/2) */
    int64_t window_end; /* largest window for which tau is taken to hold */
} rw_reversal_rule;

/* eps is F's operational 0.1, zeta that of E3. delta = 0.276 is the reversal at which two random
 * distances order the keys differently with chance 2 delta (1 - delta) = 0.4, the horizon of A10.
 * tau = 0.05 is ours. delta and tau hardly matter: M_max is the same for every tau + delta below
 * Phi(-eps / sqrt(1/2 - eps)) = 0.437, and undefined above. */
#define RW_REVERSAL_THEOREM                                                              \
    ((rw_reversal_rule){6.283185307179586, 0.1, 0.01, 0.05, 0.276, INT64_C(1) << 53})
#define RW_REVERSAL_OPERATIONAL                                                          \
    ((rw_reversal_rule){0.06, 0.1, 0.01, 0.05, 0.276, INT64_C(1) << 53})

typedef struct rw_reversal_table {
    rw_reversal_rule rule;
    uint32_t n_pair;
    int geometric;   /* F's H; 0: Lemma C.1's spacing of {0, +-w_n} */
    double spacing;  /* delta of all pairs, mod 2 pi, radian; 0 when two are equal */
    double gamma;    /* 2 C_F / ((1 - rho) eps); NaN unless geometric */
    double response; /* R_F = sqrt(sum |e^{iw} - 1|^2) */
    double *enter;   /* [n_pair], by pair: H holds it from this M on; may be infinite */
    double *sorted, *fast; /* [n_pair]: enter and |w|, fastest pair first */
} rw_reversal_table;

/** freq: n_pair > 0 frequencies, none 0; may be scaled. rope_theta: their base, or NaN. The table
 *  is geometric when each |w_n| is rope_theta^(-n/h) to 1e-6 of itself and the base is above 1;
 *  any other follows Lemma C.1. E_ARGUMENT for a rule out of the ranges above. */
ropewalk_status rw_reversal_init(rw_reversal_table *t, const double *freq,
                                 uint32_t n_pair, double rope_theta,
                                 const rw_reversal_rule *rule, ropewalk_error *err);
void rw_reversal_clear(rw_reversal_table *t);

typedef struct rw_reversal_at {
    uint32_t n_high, n_low; /* pairs in H, and k_N outside */
    double least_share;     /* l(M), in units of U; above 1: no head responds by zeta */
    double u, v;            /* at r_H = l(M), or at the share given */
    rw_estimate psi;        /* lower bound on reversal; kind bound */
} rw_reversal_at;

/** For every head that responds by zeta; psi is undefined when none can (l(M) > 1). */
rw_reversal_at rw_reversal_of_table(const rw_reversal_table *t, int64_t context);
/** For a head whose margin has this r_H in [0, 1]. */
rw_reversal_at rw_reversal_of_share(const rw_reversal_table *t, int64_t context,
                                    double share);
/** r_H of the margin a - b: sqrt(energy in H / energy), NaN without energy. */
double rw_reversal_share(const rw_reversal_table *t, int64_t context,
                         const rw_coefficient *a, const rw_coefficient *b);

/** M_max: the last M <= window_end with psi(l(M)) <= delta, kind bound. Undefined when no M up
 *  to there exceeds delta, among them tables with two equal frequencies. Beside it belongs
 *  rw_m_max_scale() of highband.h. */
rw_estimate rw_reversal_m_max(const rw_reversal_table *t);
#endif
