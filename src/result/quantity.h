/* quantity.h - everything `theory` can say, by name: what it is, and what it assumes. */
#ifndef RW_RESULT_QUANTITY_H
#define RW_RESULT_QUANTITY_H
#include <stdbool.h>
#include <stdint.h>

#include "result/estimate.h"

/* Grouped by what a quantity depends on; documents and texts keep this order. */
typedef enum rw_quantity {
    /* a frequency table */
    RW_Q_PAIRS,
    RW_Q_LONGEST_WAVELENGTH,
    RW_Q_RESPONSE,
    RW_Q_GAMMA,
    RW_Q_M_MAX,
    RW_Q_M_MAX_OPERATIONAL,
    RW_Q_M_MAX_SCALE,
    RW_Q_CONTEXT_BOUND,
    /* a frequency table within a context */
    RW_Q_PAIRS_TURNED,
    RW_Q_SPLIT_INDEX,
    RW_Q_HIGH_BAND_PAIRS,
    RW_Q_LEAST_SHARE,
    RW_Q_REVERSAL_U,
    RW_Q_REVERSAL_V,
    RW_Q_REVERSAL_BOUND,
    RW_Q_POSITION_INVERSION_RATE,
    RW_Q_TOKEN_INVERSION_RATE,
    RW_Q_ALIASING_BASE,
    RW_Q_DC_BASE,
    RW_Q_BASE_FIRST,
    RW_Q_BASE_WINDOW,
    RW_Q_BASE_SAFE,
    /* the same in a working type */
    RW_Q_TOKEN_ALIASING_RATE,
    RW_Q_PRECISION_BASE,
    /* the score of a query with a key, or with two */
    RW_Q_MEAN,
    RW_Q_VARIANCE,
    RW_Q_NEAR_MEAN,
    RW_Q_NEAR_VARIANCE,
    RW_Q_FAR_MEAN,
    RW_Q_FAR_VARIANCE,
    RW_Q_POSITION_INVERSION,
    RW_Q_POSITION_INVERSION_ERROR,
    RW_Q_PREFERENCE,
    RW_Q_POSITION_INVERSION_LOCAL,
    RW_Q_POSITION_INVERSION_BEYOND,
    RW_Q_NEAR_ALIASING,
    RW_Q_STEP_RMS,
    RW_Q_POSITIONAL_SCORE,
    RW_Q_INSENSITIVITY,
    RW_Q_TOKEN_INVERSION,
    RW_Q_TOKEN_INVERSION_ERROR,
    RW_Q_SEMANTIC_SCORE,
    RW_Q_R_HIGH,
    RW_Q_N_EFF,
    RW_Q_MAX_SHARE,
    /* the score in a working type */
    RW_Q_POSITION_ALIASING,
    RW_Q_POSITION_ALIASING_DISTANCES,
    RW_Q_TOKEN_ALIASING,
    RW_Q_CROSS_ALIASING,
    RW_N_QUANTITY
} rw_quantity;

typedef enum rw_scope {
    RW_SCOPE_TABLE,
    RW_SCOPE_CONTEXT,
    RW_SCOPE_FORMAT, /* of a context in a type */
    RW_SCOPE_SCORE,
    RW_SCOPE_DTYPE, /* of a score in a type */
    RW_N_SCOPE
} rw_scope;

typedef struct rw_quantity_info {
    const char *name;  /* key in documents */
    const char *label; /* for people */
    rw_scope scope;
    uint8_t n_key; /* of a score: how many keys it needs */
    bool counted;  /* comes from counting alone: there is nothing without --count */
    bool averaged; /* over draws the mean is the value, not the median */
    rw_estimate_kind kind;
    const char *statement;  /* number in docs/theory.md */
    const char *assumption; /* one phrase; "" for an identity */
} rw_quantity_info;

const rw_quantity_info *rw_quantity_get(rw_quantity quantity);
/** The quantities of a scope are first .. first of the next scope - 1. RW_N_SCOPE gives the end. */
rw_quantity rw_quantity_first(rw_scope scope);

const char *rw_estimate_kind_name(rw_estimate_kind kind);    /* "exact", "normal", ... */
const char *rw_estimate_state_name(rw_estimate_state state); /* "known", ... */

/* One quantity, over draws where there are several. */
typedef struct rw_answer {
    double value, p10, p90; /* median over draws (or mean, if so said), and quantiles */
    uint32_t n;             /* draws that have an answer */
    rw_estimate_kind kind;
    rw_estimate_state state;
    double measured, measured_p10, measured_p90; /* counted; NaN when not */
    uint32_t n_measured;
    int64_t count, total, unresolved; /* summed over draws; total 0 when not counted */
} rw_answer;
#endif
