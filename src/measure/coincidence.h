/* coincidence.h - pairs of equal 64-bit words among the first M of a list, for every M of another list.
 *
 * Words are dealt into buckets by a hash, in their order, so that the table in which a bucket's words
 * are counted stays in the nearest cache; where each prefix ends is noted for each bucket. */
#ifndef RW_MEASURE_COINCIDENCE_H
#define RW_MEASURE_COINCIDENCE_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rw_coincidence_entry {
    uint64_t word, count;
} rw_coincidence_entry;

typedef struct rw_coincidences {
    uint64_t *word, *dealt; /* [n]: the caller's list; the same by buckets */
    uint32_t *slot;         /* 0: empty; else which entry */
    rw_coincidence_entry *entry;
    uint32_t *end;  /* [n_context][n_bucket] */
    uint64_t *seen; /* [2][n_context]: all buckets, one bucket */
    int64_t *pairs; /* [n_context]: the answer */
    size_t n_context, n_bucket, n_slot;
    int shift; /* of the hash: its highest bits name the bucket */
} rw_coincidences;

/** Bytes for lists of n words: about 16 each. */
uint64_t rw_coincidences_bytes(int64_t n, size_t n_context);
ropewalk_status rw_coincidences_init(rw_coincidences *c, int64_t n, size_t n_context,
                                     ropewalk_error *err);
void rw_coincidences_clear(rw_coincidences *c);
/** Count pairs among the first context[i] of c->word, which the caller has filled.
 *  into c->pairs[i].
 *  @param context  n_context lengths, ascending */
void rw_coincidences_count(rw_coincidences *c, const int64_t *context);
#endif
