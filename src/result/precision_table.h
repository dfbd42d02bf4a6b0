/* precision_table.h - what evaluating angles in finite precision costs: plain data. */
#ifndef RW_RESULT_PRECISION_TABLE_H
#define RW_RESULT_PRECISION_TABLE_H
#include <stdbool.h>
#include <stdint.h>

enum { RW_MAX_PRECISION_CONTEXT = 5 };

typedef struct rw_precision_cell {
    double
        error; /* radian; of a cache: of cos or sin; NaN: unknown, infinite: overflow */
    uint32_t worst_pair; /* where */
    bool counted;        /* false: too many positions to compare, both below are 0 */
    uint64_t distinct;   /* different rotations among the positions of the context */
    uint64_t identical;  /* unordered pairs of positions that are rotated identically */
} rw_precision_cell;

/* One profile on one rotation. */
typedef struct rw_precision_row {
    uint32_t rotation;           /* index into the model's rotations */
    const char *profile, *about; /* static */
    bool cache;                  /* errors are of cos and sin, not of angles */
    rw_precision_cell cell[RW_MAX_PRECISION_CONTEXT];
} rw_precision_row;

typedef struct rw_precision_table {
    int64_t context[RW_MAX_PRECISION_CONTEXT]; /* ascending */
    uint32_t n_context;
    rw_precision_row *rows; /* owned; rotation by rotation */
    uint32_t n_row;
} rw_precision_table;
#endif
