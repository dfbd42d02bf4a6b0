/* quantity.c - names, kinds and assumptions of all quantities. */
#include "result/quantity.h"

#define EXACT RW_ESTIMATE_EXACT
#define NORMAL RW_ESTIMATE_NORMAL
#define BOUND RW_ESTIMATE_BOUND
#define ASYMPTOTIC RW_ESTIMATE_ASYMPTOTIC
#define OF_TABLE RW_SCOPE_TABLE, 0, false, false
#define OF_CONTEXT RW_SCOPE_CONTEXT, 0, false, false
#define OF_FORMAT RW_SCOPE_FORMAT, 0, false, false
#define OF_KEY RW_SCOPE_SCORE, 1, false, false
#define OF_KEYS RW_SCOPE_SCORE, 2, false, false

static const char normal_scores[] =
    "exact moments; scores taken as normal, draws of distance as independent";

/* RW_JOINT_CELL_ERROR of theory/predict.h */
static const char normal_joint_scores[] =
    "exact moments; scores taken as normal, draws of distance as independent; the sum "
    "over cells is within 1e-4 of itself, which is compared and not proven";

static const char unscaled_aligned[] =
    "unscaled frequencies, phase-aligned keys of equal amplitudes, M far below the base";
static const char theorem[] = "F's theorem: eps = 0.1, zeta = 0.01, tau = 0.05, delta = "
                              "0.276; a head that answers a "
                              "step by zeta U";
static const char inferred[] =
    "inferred from secondary sources, the paper was not read; looks at the slowest pair";

static const char unscaled_base[] =
    "unscaled frequencies of as many pairs; bases up to 1e8; searched on request";

static const rw_quantity_info infos[RW_N_QUANTITY] = {
    [RW_Q_PAIRS] = {"pairs", "pairs that turn", OF_TABLE, EXACT, "D1", ""},
    [RW_Q_LONGEST_WAVELENGTH] = {"longest_wavelength", "longest wavelength", OF_TABLE,
                                 EXACT, "D1", ""},
    [RW_Q_RESPONSE] = {"response", "R_F, response to a step", OF_TABLE, EXACT, "T15", ""},
    [RW_Q_GAMMA] = {"gamma", "Gamma", OF_TABLE, EXACT, "T15",
                    "unscaled frequencies; eps = 0.1"},
    [RW_Q_M_MAX] = {"m_max", "M_max", OF_TABLE, BOUND, "T16", theorem},
    [RW_Q_M_MAX_OPERATIONAL] = {"m_max_operational", "M_max, operational constants",
                                OF_TABLE, ASYMPTOTIC, "T16",
                                "F's convention 0.06 in place of 2 pi: no theorem"},
    [RW_Q_M_MAX_SCALE] = {"m_max_scale", "about where M_max lies", OF_TABLE, ASYMPTOTIC,
                          "T8", "unscaled frequencies; eps = 0.1"},
    [RW_Q_CONTEXT_BOUND] = {"context_bound", "B's context bound, first B_m < 0", OF_TABLE,
                            EXACT, "T20",
                            "looked for up to 2^22 positions, and 2^28 over the pairs"},
    [RW_Q_PAIRS_TURNED] = {"pairs_turned", "pairs that turn at least once", OF_CONTEXT,
                           EXACT, "T12", ""},
    [RW_Q_SPLIT_INDEX] = {"split_index", "split index lambda", OF_CONTEXT, EXACT, "T12",
                          "unscaled frequencies"},
    [RW_Q_HIGH_BAND_PAIRS] = {"high_band_pairs", "pairs in the high band H", OF_CONTEXT,
                              EXACT, "T14", "eps = 0.1; a scaled table by Lemma C.1"},
    [RW_Q_LEAST_SHARE] = {"least_share", "l(M), least r_H that answers", OF_CONTEXT,
                          BOUND, "T15", theorem},
    [RW_Q_REVERSAL_U] = {"u", "u at l(M)", OF_CONTEXT, BOUND, "T15", theorem},
    [RW_Q_REVERSAL_V] = {"v", "v at l(M)", OF_CONTEXT, BOUND, "T15", theorem},
    [RW_Q_REVERSAL_BOUND] = {"reversal_bound", "psi(l(M)), least reversal", OF_CONTEXT,
                             BOUND, "T15", theorem},
    [RW_Q_POSITION_INVERSION_RATE] = {"position_inversion_rate",
                                      "P's rate, position inversion", OF_CONTEXT,
                                      ASYMPTOTIC, "T13", unscaled_aligned},
    [RW_Q_TOKEN_INVERSION_RATE] = {"token_inversion_rate", "P's rate, token inversion",
                                   OF_CONTEXT, ASYMPTOTIC, "T13", unscaled_aligned},
    [RW_Q_ALIASING_BASE] = {"aliasing_base", "L's base that does not alias", OF_CONTEXT,
                            BOUND, "T17", inferred},
    [RW_Q_DC_BASE] = {"dc_base", "L's base that keeps the constant", OF_CONTEXT, BOUND,
                      "T17", inferred},
    [RW_Q_BASE_FIRST] = {"base_first", "B's base(L), first that passes", OF_CONTEXT,
                         BOUND, "T18", unscaled_base},
    [RW_Q_BASE_WINDOW] = {"base_window_end", "its window reaches to", OF_CONTEXT, BOUND,
                          "T18", unscaled_base},
    [RW_Q_BASE_SAFE] = {"base_safe", "from here on every base passes", OF_CONTEXT, BOUND,
                        "T19", unscaled_base},
    [RW_Q_TOKEN_ALIASING_RATE] = {"token_aliasing_rate", "P's rate, token aliasing",
                                  OF_FORMAT, ASYMPTOTIC, "T13", unscaled_aligned},
    [RW_Q_PRECISION_BASE] = {"precision_base", "L's largest resolved base", OF_FORMAT,
                             BOUND, "T17", inferred},
    [RW_Q_MEAN] = {"mean", "mean of the score", OF_KEY, EXACT, "T1", ""},
    [RW_Q_VARIANCE] = {"variance", "variance of the score", OF_KEY, EXACT, "T2", ""},
    [RW_Q_NEAR_MEAN] = {"near_mean", "mean, near half", OF_KEY, EXACT, "T1", ""},
    [RW_Q_NEAR_VARIANCE] = {"near_variance", "variance, near half", OF_KEY, EXACT, "T2",
                            ""},
    [RW_Q_FAR_MEAN] = {"far_mean", "mean, far half", OF_KEY, EXACT, "T1", ""},
    [RW_Q_FAR_VARIANCE] = {"far_variance", "variance, far half", OF_KEY, EXACT, "T2", ""},
    [RW_Q_POSITION_INVERSION] = {"position_inversion", "position inversion", OF_KEY,
                                 NORMAL, "T3", normal_scores},
    [RW_Q_POSITION_INVERSION_ERROR] = {"position_inversion_error", "its error is at most",
                                       RW_SCOPE_SCORE, 1, true, false, BOUND, "T10",
                                       "Kolmogorov distances of the counted scores"},
    [RW_Q_PREFERENCE] = {"preference", "preference |2p - 1|", RW_SCOPE_SCORE, 1, false,
                         true, NORMAL, "A2", "p as in T3; the mean over draws"},
    [RW_Q_POSITION_INVERSION_LOCAL] = {"position_inversion_local",
                                       "position inversion local", OF_KEY, NORMAL, "T3",
                                       normal_scores},
    [RW_Q_POSITION_INVERSION_BEYOND] = {"position_inversion_beyond",
                                        "position inversion beyond", OF_KEY, NORMAL, "T3",
                                        normal_scores},
    [RW_Q_NEAR_ALIASING] = {"near_aliasing", "near aliasing", OF_KEY, NORMAL, "T9",
                            normal_scores},
    [RW_Q_STEP_RMS] = {"step_rms", "rms step to the next distance / U", OF_KEY, EXACT,
                       "T21", ""},
    [RW_Q_POSITIONAL_SCORE] = {"positional_score", "positional score", OF_KEY, NORMAL,
                               "T21",
                               "exact moments of the step, which is taken as normal"},
    [RW_Q_INSENSITIVITY] = {"positional_insensitivity", "positional insensitivity",
                            OF_KEY, NORMAL, "T21",
                            "exact moments of the step, which is taken as normal"},
    [RW_Q_TOKEN_INVERSION] = {"token_inversion", "token inversion", OF_KEYS, NORMAL, "T4",
                              normal_scores},
    [RW_Q_TOKEN_INVERSION_ERROR] = {"token_inversion_error", "its error is at most",
                                    RW_SCOPE_SCORE, 2, true, false, BOUND, "T10",
                                    "Kolmogorov distance of the counted margin"},
    [RW_Q_SEMANTIC_SCORE] = {"semantic_score", "semantic score", RW_SCOPE_SCORE, 2, false,
                             true, NORMAL, "A12",
                             "1 minus the mean token inversion over draws"},
    [RW_Q_R_HIGH] = {"r_high", "margin in the high band, r_H", OF_KEYS, EXACT, "T7",
                     "the band uses F's operational constants"},
    [RW_Q_N_EFF] = {"n_eff", "effective number of pairs", OF_KEY, EXACT, "T11", ""},
    [RW_Q_MAX_SHARE] = {"max_share", "largest share of a pair", OF_KEY, EXACT, "T11", ""},
    [RW_Q_POSITION_ALIASING] = {"position_aliasing", "position aliasing", RW_SCOPE_DTYPE,
                                1, false, false, NORMAL, "T5", normal_scores},
    [RW_Q_POSITION_ALIASING_DISTANCES] = {"position_aliasing_distances",
                                          "distances with an alias", RW_SCOPE_DTYPE, 1,
                                          false, false, NORMAL, "T5", normal_scores},
    [RW_Q_TOKEN_ALIASING] = {"token_aliasing", "token aliasing", RW_SCOPE_DTYPE, 2, false,
                             false, NORMAL, "T6", normal_joint_scores},
    [RW_Q_CROSS_ALIASING] = {"cross_aliasing", "cross aliasing", RW_SCOPE_DTYPE, 2, false,
                             false, NORMAL, "T22", normal_scores},
};

const rw_quantity_info *rw_quantity_get(rw_quantity quantity)
{
    return &infos[quantity];
}

rw_quantity rw_quantity_first(rw_scope scope)
{
    int q = 0;
    while (q < RW_N_QUANTITY && infos[q].scope < scope)
        q++;
    return (rw_quantity)q;
}

const char *rw_estimate_kind_name(rw_estimate_kind kind)
{
    switch (kind) {
    case RW_ESTIMATE_EXACT: return "exact";
    case RW_ESTIMATE_NORMAL: return "normal";
    case RW_ESTIMATE_BOUND: return "bound";
    case RW_ESTIMATE_ASYMPTOTIC: return "asymptotic";
    }
    return "";
}

const char *rw_estimate_state_name(rw_estimate_state state)
{
    switch (state) {
    case RW_ESTIMATE_KNOWN: return "known";
    case RW_ESTIMATE_UNDEFINED: return "undefined";
    case RW_ESTIMATE_UNABLE: return "unable";
    }
    return "";
}
