/* frontier_result.h - the trade-off of a frequency table: what every head must give up (R1 to R7). */
#ifndef RW_RESULT_FRONTIER_RESULT_H
#define RW_RESULT_FRONTIER_RESULT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which order a head is asked to keep while it resolves adjacent positions. */
typedef enum rw_frontier_task {
    RW_FRONTIER_POSITION, /* near above far: g'x >= c sqrt(x'Vx). The bound is attained (R2) */
    RW_FRONTIER_TOKEN, /* a key margin keeps its sign: k'x >= c sqrt(x'Wx). Attained */
    RW_FRONTIER_BOTH /* both at once: an upper bound; attained where the two values meet */
} rw_frontier_task;
enum { RW_N_FRONTIER_TASK = RW_FRONTIER_BOTH + 1 };

/* One point: heads whose separation is at least c. `step` everywhere is the root mean square of
 * S(m+1) - S(m) over the window, divided by U = sqrt(sum |z_n|^2). */
typedef struct rw_frontier_point {
    double p; /* inversion rate asked for, Phi(-c) in the normal approximation (T3, T4) */
    double c; /* the separation that this means */
    double cantelli; /* 1 / (1 + c^2): no distribution inverts more often than this */
    double
        bound; /* no head's step exceeds it, proven, numerical error included; NaN when it
                        is proven that no head is so separated */
    double
        attained; /* step of `head`, which is separated by c; NaN when none was found */
    double
        multiplier[2]; /* the eigenvalue problem that proves the bound: position, token */
    double *head;      /* Re z, then Im z, with U = 1; NULL when none was found */
} rw_frontier_point;

typedef struct rw_frontier {
    rw_frontier_task task;
    uint32_t n_pair;
    int64_t context;
    double greatest_step; /* of any head, at no separation: proven bound */
    double
        separation_known; /* the greatest c of a head that was found (one order only) */
    double
        separation_limit; /* no head has more, proven; infinite when nothing is proven */
    size_t n_point;
    rw_frontier_point *point;
} rw_frontier;

/* Where one query and one key lie on that plane. NaN: their score is constant up to noise. */
typedef struct rw_head_place {
    double separation;       /* g'x / sqrt(x'Vx), negative when far scores above near */
    double token_separation; /* k'x / sqrt(x'Wx), of the score itself as a margin */
    double step;             /* sqrt(x'Ax) / U */
} rw_head_place;

/* The frontiers of one table at one context, and where given vectors lie: of query q with key k1,
 * or of the margin of keys k1 and k2 at query q. */
typedef struct rw_placed {
    uint32_t q, k1, k2;
    bool margin;
    rw_head_place place;
} rw_placed;

typedef struct rw_frontier_set {
    uint32_t table;
    int64_t context, effective; /* effective: at most the window of the table's layers */
    bool defined;               /* false: no pair turns, or fewer than two distances */
    rw_frontier frontier[RW_N_FRONTIER_TASK];
    uint32_t n_placed;
    rw_placed *placed; /* owned */
} rw_frontier_set;

typedef struct rw_frontier_list {
    uint32_t n_set;
    rw_frontier_set *set; /* owned */
} rw_frontier_list;
#endif
