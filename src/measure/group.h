/* group.h - one query and its keys: every event at every context and working type in one pass.
 *
 * Each event is counted in its own file (event_<name>.c); this one fills the series, shares
 * the buckets and the rounded keys between them, and owns the memory. */
#ifndef RW_MEASURE_GROUP_H
#define RW_MEASURE_GROUP_H
#include <stdatomic.h>

#include "measure/coincidence.h"
#include "measure/doubt.h"
#include "measure/tally.h"
#include "measure/windows.h"
#include "result/measured.h"

typedef struct rw_measure_plan {
    const int64_t *context; /* each >= 1, strictly ascending */
    size_t n_context;
    int64_t n_distance; /* distances evaluated: at least the largest context */
    uint32_t dtypes;    /* bit 1 << rw_dtype */
    uint32_t events;    /* bit 1 << rw_event */
    int halves_only;   /* of position inversion: the two halves alone, no other windows */
    double zeta;       /* of positional insensitivity */
    double near_alias; /* score distance of near aliasing, 0: not counted */
    int certificates;  /* Kolmogorov distances, mean and variance of the scores too */
} rw_measure_plan;

/** Distances needed so that the windows (M, 2M] and (2M, 3M] of every context are examined. */
int64_t rw_measure_span_beyond(const int64_t *context, size_t n_context);

/* Scratch of one worker for groups of at most max_key keys. */
typedef struct rw_workspace {
    const rw_scoretable *table;
    const rw_measure_plan *plan;
    size_t max_key;
    double *room; /* max_key series */
    rw_series *series;
    double *scratch;            /* for one series at a time */
    rw_windows windows, wholes; /* of one key's scores; of the differences of two */
    rw_buckets buckets;
    rw_doubt doubt;
    int32_t *keys;        /* [max_key][n_distance] rounded, for one dtype at a time */
    uint32_t *doubtful;   /* [RW_STRIP], of one strip */
    uint32_t **undecided; /* per key, distances whose rounding is undecided */
    size_t *n_undecided, *cap_undecided;
    double *difference;     /* a series: S1 - S2; of certificates of two keys */
    rw_tally small, small2; /* of keys */
    rw_coincidences both;   /* of pairs of keys */
    const atomic_int *stop; /* nonzero: give up, between two keys; NULL: never */
} rw_workspace;

/** Bytes one workspace takes at most: 12 N a key and about 5 N besides, N distances; 8 N more each with near aliasing or certificates and
 *  with certificates of two keys, up to 50 N more each with attention invariance and f32. Without plan->context the most that any list takes. Scores that crowd in a few buckets take up to
 *  80 bytes each more while they are put in order, up to 200 with near aliasing. */
uint64_t rw_workspace_bytes(const rw_scoretable *table, const rw_measure_plan *plan,
                            size_t max_key);
ropewalk_status rw_workspace_init(rw_workspace *ws, const rw_scoretable *table,
                                  const rw_measure_plan *plan, size_t max_key,
                                  ropewalk_error *err);
void rw_workspace_clear(rw_workspace *ws);

/** E1 and what goes with it of one filled series: one result a context. */
ropewalk_status rw_group_invert(rw_workspace *ws, const rw_series *s, rw_single *row,
                                ropewalk_error *err);

/** The two steps rw_group_measure() starts with, for those who need the scores themselves:
 *  fill series 0 .. n_key-1, then round one of them into ws->keys + k * plan->n_distance. */
void rw_group_fill(rw_workspace *ws, const rw_coefficient *z, size_t n_key);
ropewalk_status rw_group_round(rw_workspace *ws, size_t k, rw_dtype dtype,
                               ropewalk_error *err);

/** E_INTERRUPTED once ws->stop is set. */
ropewalk_status rw_group_go_on(const rw_workspace *ws, ropewalk_error *err);

/* A pair of keys of the group, by index. */
typedef struct rw_key_pair {
    size_t k1, k2;
} rw_key_pair;

/** Count everything for one query. E_INTERRUPTED soon after ws->stop is set. Without pairs, keys are counted one by one in
 *  the first one's room, whatever max_key is.
 *  @param z        n_key coefficients
 *  @param single   [n_key][n_context] or NULL
 *  @param pair     n_pair pairs of keys
 *  @param out      [n_pair][n_context] or NULL */
ropewalk_status rw_group_measure(rw_workspace *ws, const rw_coefficient *z, size_t n_key,
                                 rw_single *single, const rw_key_pair *pair,
                                 size_t n_pair, rw_double *out, ropewalk_error *err);
#endif
