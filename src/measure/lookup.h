/* lookup.h - from cells back to distances: which scores lie in given ranges of cells. */
#ifndef RW_MEASURE_LOOKUP_H
#define RW_MEASURE_LOOKUP_H
#include "measure/buckets.h"

/* Told of each distance that was looked up; false: that is enough. */
typedef bool (*rw_lookup_found)(void *ctx, uint32_t m, uint64_t cell);

/** The distances below `limit` whose cells lie in n ascending ranges that do not touch, in any order. `found` is
 *  asked for each until it returns false. False then, or when there is no memory. */
bool rw_lookup(const rw_buckets *b, const rw_cell_range *range, size_t n, int64_t limit,
               rw_lookup_found found, void *ctx);
#endif
