/* bench_result.h - how fast this machine is, and how fast each stage ran on it: plain data. */
#ifndef RW_RESULT_BENCH_RESULT_H
#define RW_RESULT_BENCH_RESULT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds of one repetition: by the wall clock, and the least processor time of all threads
 * together, which others on the machine disturb less. */
typedef struct rw_timing {
    double best, median, processor;
    int n;
} rw_timing;

enum {
    RW_BENCH_MAX_PEAK = 16,
    RW_BENCH_MAX_STAGE = 64,
    RW_BENCH_MAX_GEOMETRY = 8,
    RW_BENCH_MAX_CONTEXT = 24
};

/* What a plain loop reaches: `work` units (named by `what`) in the time. */
typedef struct rw_bench_peak {
    const char *what; /* "fma_float64", "fma_float32", "triad", "sort" */
    const char *unit; /* "flop", "byte", "key" */
    const char *isa;
    int n_thread;
    double work;
    rw_timing time;
} rw_bench_peak;

typedef struct rw_bench_stage {
    const char *stage, *isa;
    int n_thread;
    uint32_t n_pair; /* of frequencies */
    int64_t context, n_score;
    rw_timing time;
    double flops;  /* of the direct form, 0: none are counted */
    double peak;   /* flop/s of the same instruction set and threads */
    int64_t check; /* sum of what was counted: the same for every instruction set */
} rw_bench_stage;

typedef struct rw_bench_total {
    int64_t context, inversions, alias_pairs, unresolved;
} rw_bench_total;

typedef struct rw_bench_geometry {
    const char *name, *title;
    uint32_t n_layer, n_head, n_query, n_key, head_dim;
    int n_thread;
    int64_t n_group, n_group_run; /* a group is one query with its keys */
    int64_t n_score_run;
    uint64_t bytes_a_thread, bytes_of_vectors;
    double setup;   /* seconds for tables and memory, once a rotation */
    rw_timing time; /* of the groups that ran, after that */
    size_t n_context;
    rw_bench_total total[RW_BENCH_MAX_CONTEXT]; /* over the groups that ran */
} rw_bench_geometry;

typedef struct rw_bench {
    bool quick;
    int n_thread, n_processor;
    const char *isa;
    int64_t context;                /* of the stages */
    double load_before, load_after; /* one-minute average; NaN: unknown */
    size_t n_peak, n_stage, n_geometry;
    rw_bench_peak peak[RW_BENCH_MAX_PEAK];
    rw_bench_stage stage[RW_BENCH_MAX_STAGE];
    rw_bench_geometry geometry[RW_BENCH_MAX_GEOMETRY];
} rw_bench;
#endif
