/* measured.h - what counting yields for one query-key pair and one pair of keys: plain data.
 * Events are those of docs/theory.md (E1 to E9). A total of 0 means the question has no
 * answer; unresolved counts what even the exact evaluation left undecided (normally 0). */
#ifndef RW_RESULT_MEASURED_H
#define RW_RESULT_MEASURED_H
#include <stdbool.h>
#include <stdint.h>

#include "base/number.h"

typedef enum rw_event {
    RW_EVENT_POSITION_INVERSION,
    RW_EVENT_POSITION_ALIASING,
    RW_EVENT_POSITIONAL_INSENSITIVITY,
    RW_EVENT_TOKEN_INVERSION,
    RW_EVENT_TOKEN_ALIASING,
    RW_EVENT_ATTENTION_INVARIANCE,
    RW_EVENT_CROSS_ALIASING,
    RW_N_EVENT
} rw_event;

const char *rw_event_name(rw_event event); /* as in the JSON and --events */

enum { RW_ALL_EVENTS = (1 << RW_N_EVENT) - 1 };

typedef struct rw_count {
    int64_t count, ties, total, unresolved;
} rw_count;

typedef struct rw_alias_count {
    int64_t pairs, distances, overflow, total, unresolved;
} rw_alias_count;

/* One (query, key) at one context M. */
typedef struct rw_single {
    bool blind;                /* no pair carries energy: S is constant, all is tied */
    rw_count inversion;        /* near [0, M/2) against far [M/2, M) */
    rw_count inversion_local;  /* near [1, 128] */
    rw_count inversion_beyond; /* (M, 2M] against (2M, 3M]; total 0 when not examined */
    rw_count near_aliasing;    /* |S(m1) - S(m2)| < near_alias */
    rw_count insensitivity;
    double positional_score, positional_max; /* NaN when blind or M < 2 */
    double mean, variance;  /* of the counted scores over [0, M); NaN when not computed */
    double ks_near, ks_far; /* NaN when not computed or a window is degenerate */
    double n_eff, max_share; /* of the amplitudes */
    rw_alias_count aliasing[RW_N_DTYPE];
} rw_single;

/* One (query, key 1, key 2) at one context M. */
typedef struct rw_double {
    bool reference_tie; /* S1(0) = S2(0) exactly: keys stay in file order */
    bool swapped;       /* key 2 scores higher at distance 0: events are in that order */
    rw_count inversion;
    double ks_difference;                  /* NaN when not computed */
    rw_alias_count aliasing[RW_N_DTYPE];   /* distances, total M */
    rw_alias_count invariance[RW_N_DTYPE]; /* pairs, total M (M-1) / 2 */
    rw_alias_count cross[RW_N_DTYPE];      /* pairs, total M (M-1) */
} rw_double;
#endif
