/* tally.h - how often each key has been seen: tables for small keys, hashing for large ones. */
#ifndef RW_MEASURE_TALLY_H
#define RW_MEASURE_TALLY_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A direct tally is several tables side by side, whose counts add up: neighbouring distances often have
 * one key, and a counter that was written a moment ago cannot be read without waiting. */
enum { RW_TALLY_TABLES = 2 };

typedef struct rw_tally {
    uint64_t *key;   /* hashed: key + 1, 0 is empty; NULL when direct */
    uint32_t *count; /* [n_slot]; direct: [RW_TALLY_TABLES][n_slot] */
    uint64_t mask;   /* slots - 1 when hashed */
    size_t n_slot;
} rw_tally;

/** Room for n_distinct different keys of any value: 24 to 48 bytes each. */
ropewalk_status rw_tally_init_hashed(rw_tally *t, uint64_t n_distinct,
                                     ropewalk_error *err);
/** Room for keys 0 .. n_key-1. Who counts in a direct tally leaves it at zero again. */
ropewalk_status rw_tally_init_direct(rw_tally *t, uint64_t n_key, ropewalk_error *err);
void rw_tally_reset(rw_tally *t);
void rw_tally_clear(rw_tally *t);

/** The counter of a key, made on first sight; of a direct tally, the one in the first table. */
static inline uint32_t *rw_tally_at(rw_tally *t, uint64_t key)
{
    if (!t->key) return &t->count[key];
    uint64_t h = key * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    for (uint64_t i = h & t->mask;; i = (i + 1) & t->mask) {
        if (t->key[i] == key + 1) return &t->count[i];
        if (t->key[i] == 0) {
            t->key[i] = key + 1;
            return &t->count[i];
        }
    }
}
#endif
