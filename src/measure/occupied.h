/* occupied.h - which slots of a tally rounded scores can be in: from the least to the largest, without the
 * numbers nearer to zero than any of them. Of a type's thousands of numbers most are tiny. */
#ifndef RW_MEASURE_OCCUPIED_H
#define RW_MEASURE_OCCUPIED_H
#include "kernel/kernel.h"
#include "measure/tally.h"

typedef struct rw_occupied {
    int32_t least, most, nearest; /* keys, and the least of their magnitudes */
    struct {
        int32_t first; /* key */
        size_t n;
    } stretch[2];
    size_t n_stretch, n_slot;
} rw_occupied;

/** Of no keys. */
rw_occupied rw_occupied_none(void);
/** Of n >= 1 more keys besides. */
void rw_occupied_add(rw_occupied *o, const rw_kernels *kernels, const int32_t *keys,
                     int64_t n);
/** What two have in common. */
void rw_occupied_common(const rw_occupied *a, const rw_occupied *b, rw_occupied *out);
/** Whether reading all slots costs less than looking n keys up one by one. */
int rw_occupied_is_few(const rw_occupied *o, int64_t n);
/** Count n keys, slot = key + offset. */
void rw_occupied_tally(rw_tally *direct, int32_t offset, const int32_t *keys, int64_t n);
void rw_occupied_clear(const rw_occupied *o, rw_tally *direct, int32_t offset);
#endif
