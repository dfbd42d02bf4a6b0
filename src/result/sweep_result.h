/* sweep_result.h - the result of a sweep: every event of every cell of a grid, and the trade-off. */
#ifndef RW_RESULT_SWEEP_RESULT_H
#define RW_RESULT_SWEEP_RESULT_H
#include "base/status.h"
#include "result/estimate.h"
#include "result/measured.h"

enum { RW_MAX_SWEEP_SLOT = (int)RW_N_EVENT * (int)RW_N_DTYPE };

/* One frequency table: a point of head_dim x base x scaling, or one that models have. */
typedef struct rw_sweep_table_info {
    char scaling[24]; /* a mechanism's name */
    uint32_t head_dim, rotary_dim;
    double rope_theta; /* NaN: unknown */
    double attn_factor, score_scale;
    bool counterfactual; /* given vectors under frequencies that are not their own */
} rw_sweep_table_info;

/* A model whose rotation is one of the tables. */
typedef struct rw_sweep_model {
    char name[48];
    uint32_t table;
    int64_t advertised; /* context; 0: unknown */
} rw_sweep_model;

/* One kind of coefficients: a family of docs/theory.md D2, or the vectors of a file. */
typedef struct rw_sweep_family {
    char name[24];     /* "aligned", "gaussian", ..., "given" */
    uint32_t n_draw;   /* of the pair of keys */
    uint32_t n_single; /* of the first key: 1 where it is the same in every draw */
    /* The first key prefers near by construction, and far above near is the failure. Otherwise a
     * preference for far tells positions apart as well, and 1/2 is the failure. */
    bool directed;
} rw_sweep_family;

/* What is counted at one context: an event, and a working type where it has one. */
typedef struct rw_sweep_slot {
    rw_event event;
    int dtype; /* -1: unrounded scores */
} rw_sweep_slot;

/* One event of one draw at one context. A total of 0, or `defined` false: no answer. */
typedef struct rw_sweep_value {
    int64_t count, total, unresolved;
    int64_t aside; /* ties of position inversion, overflow of aliasing */
    bool counted;  /* false: this draw repeats the first one's key, and is left out */
    bool defined;
    rw_estimate predicted;
} rw_sweep_value;

/* Over draws, linear between order statistics; NaN without an answer. */
typedef struct rw_sweep_spread {
    uint32_t n; /* draws with an answer */
    double median, p10, p90;
} rw_sweep_spread;

typedef struct rw_sweep_summary {
    rw_sweep_spread measured, predicted;
    /* Median over draws of what a failure is: the rate, but min(p, 1 - p) for position inversion
     * of keys without a direction (rw_sweep_family). */
    double failure, failure_predicted;
    int64_t unresolved; /* over draws */
} rw_sweep_summary;

typedef enum rw_sweep_loss {
    RW_LOSS_MAX, /* the larger of the two medians */
    RW_LOSS_SUM,
} rw_sweep_loss;

/* One value of a curve over the base. NaN where there is no answer. */
typedef struct rw_sweep_point {
    uint32_t table;
    double position, token; /* median rates of the two inversions, counted */
    double position_predicted, token_predicted;
    double failure, failure_predicted; /* of position; token inversion is its own */
    double loss, loss_predicted;
} rw_sweep_point;

/* A place on the curve: between the points beside it the grid says nothing. */
typedef struct rw_sweep_least {
    uint32_t point;      /* index into point[]; UINT32_MAX: no point has a value */
    double lower, upper; /* bases next to it; NaN at an end of the grid */
} rw_sweep_least;

/* The trade-off at one head_dim, scaling, kind of coefficients and context. */
typedef struct rw_sweep_curve {
    uint32_t family, context; /* indices */
    uint32_t n_point;         /* bases, ascending */
    rw_sweep_point *point;
    rw_sweep_least position, loss; /* where position failure and loss are least */
    rw_sweep_least loss_predicted;
    /* Steps of position failure that fall before its least and rise after it, of so many. */
    uint32_t position_falls, position_left, position_rises, position_right;
    uint32_t token_falls, token_rises, token_steps;
    uint32_t n_keeping; /* bases with both rates at most the threshold */
    double keeping_lower,
        keeping_upper; /* the least and the largest of them; NaN: none */
} rw_sweep_curve;

typedef struct rw_sweep {
    rw_sweep_table_info *table; /* n_grid of the grid, then others of models */
    uint32_t n_table, n_grid;
    rw_sweep_model *model;
    uint32_t n_model;
    rw_sweep_family *family;
    uint32_t n_family, n_draw; /* room for draws: the largest n_draw */
    int64_t *context;          /* ascending */
    uint32_t n_context;
    rw_sweep_slot slot[RW_MAX_SWEEP_SLOT];
    uint32_t n_slot;
    uint32_t dtypes, events;
    double zeta;
    uint64_t seed;
    rw_sweep_loss loss_kind;
    double threshold;
    rw_sweep_value *value;     /* [n_table][n_family][n_draw][n_context][n_slot] */
    rw_sweep_summary *summary; /* [n_table][n_family][n_context][n_slot] */
    rw_sweep_curve *curve;
    uint32_t n_curve; /* 0: an event of the trade-off was not asked for, or one base */
    char source[256]; /* of given vectors; "" for families */
} rw_sweep;

void rw_sweep_init(rw_sweep *s);
void rw_sweep_clear(rw_sweep *s);

/** The slot of an event (its first data type, if it has any), or -1. */
int rw_sweep_find_slot(const rw_sweep *s, rw_event event);
const rw_sweep_value *rw_sweep_value_at(const rw_sweep *s, size_t table, size_t family,
                                        size_t draw, size_t context, size_t slot);
const rw_sweep_summary *rw_sweep_summary_at(const rw_sweep *s, size_t table,
                                            size_t family, size_t context, size_t slot);
/** Draws counted for a slot of a family. */
uint32_t rw_sweep_draws(const rw_sweep *s, size_t family, size_t slot);
/** Whether the event is of one key alone. */
bool rw_event_is_single(rw_event event);
/** Whether the event compares rounded scores. */
bool rw_event_is_rounded(rw_event event);
const char *rw_sweep_loss_name(rw_sweep_loss loss); /* "max", "sum" */
#endif
