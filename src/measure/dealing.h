/* dealing.h - places dealt out to lists in one pass, without knowing how many each will get: a list is a chain of
 * chunks, and what is written to next fits the nearest cache. */
#ifndef RW_MEASURE_DEALING_H
#define RW_MEASURE_DEALING_H
#include <stdbool.h>

#include "kernel/kernel.h"

enum { RW_LIST_BITS = 10, RW_MOST_LISTS = 1 << RW_LIST_BITS };

/* Chunks, memory for as many as were ever asked for, and the lists they belong to. */
typedef struct rw_dealing {
    int32_t *place;
    uint32_t *next;
    size_t n_chunk, cap_chunk;
    uint32_t *first,
        *n; /* [RW_MOST_LISTS], as kernel.h has them; n once the dealing has ended */
    uint32_t
        *head; /* [RW_MOST_LISTS] where each list goes on; n: of whole chunks meanwhile */
} rw_dealing;

/** Chunks that n places in n_list lists take at most: a list always has room for one more place. */
size_t rw_dealing_chunks(int64_t n, size_t n_list);
/** As many lists as are worth while for n places, as bits of their number. */
int rw_dealing_bits(int64_t n);
/** Bytes that n places in n_list lists take. */
uint64_t rw_dealing_bytes(int64_t n, size_t n_list);
/** Room for n places in n_list lists, which are then empty; false when there is no memory. */
bool rw_dealing_begin(rw_dealing *d, int64_t n, size_t n_list);
/** Deal out n places, the i-th to list[i]. */
void rw_dealing_add(rw_dealing *d, const uint32_t *list, const int32_t *place, size_t n);
/** How many places each list has by now. */
void rw_dealing_lengths(const rw_dealing *d, size_t n_list, uint32_t *n);
/** No more places come: the lists are whole. */
void rw_dealing_end(rw_dealing *d, size_t n_list);
void rw_dealing_clear(rw_dealing *d);
/** The lists from one on. */
rw_lists rw_dealing_lists(const rw_dealing *d, size_t from);

/** The chunks of all lists, one list's after another's, the i-th list's from begin[i] on: what long chains, in memory
 *  anywhere, are read by. @param chunk [rw_dealing_chunks()] @param begin [n_list] */
void rw_dealing_index(const rw_dealing *d, size_t n_list, uint32_t *chunk,
                      uint32_t *begin);

/* One list as a stretch of memory after another, in the order in which they were dealt. */
typedef struct rw_list_reader {
    const rw_dealing *dealing;
    const uint32_t *index; /* its chunks that follow, or NULL: they are a chain */
    uint32_t chunk, left;
} rw_list_reader;

/** @param index  the list's part of an index, or NULL */
rw_list_reader rw_list_read(const rw_dealing *d, size_t list, const uint32_t *index);
/** The next *n places; while `left` is not 0. */
const int32_t *rw_list_next(rw_list_reader *r, size_t *n);
#endif
