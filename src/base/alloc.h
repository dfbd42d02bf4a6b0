/* alloc.h - the only door to the heap: checked sizes, and failures on request for tests. */
#ifndef RW_BASE_ALLOC_H
#define RW_BASE_ALLOC_H
#include <stddef.h>
#include <stdint.h>

void *rw_malloc(size_t size_bytes); /* NULL when refused; size 0 gives a live block */
void *rw_calloc(size_t n, size_t size_bytes); /* zeroed; n * size is checked */
void *rw_array(size_t n,
               size_t size_bytes); /* not zeroed; n * size is checked; 64-byte aligned */
void *rw_realloc(void *old, size_t n, size_t size_bytes); /* not for rw_array blocks */
char *rw_strdup(const char *s);
char *rw_strndup(const char *s, size_t n);
void rw_free(void *p); /* NULL is a no-op */

/** Tests: let the n-th allocation from now (0 = the next) fail, and every one after it when
 *  `sticky`; a negative n never fails. Not for use while threads allocate. */
void rw_alloc_fail_at(int64_t n, int sticky);
/** Blocks handed out and not yet freed. */
int64_t rw_alloc_live(void);
/** Allocations attempted since the last rw_alloc_fail_at(). */
int64_t rw_alloc_count(void);

/** Bytes of main memory in this machine, 0 when unknown: what a large job is checked against
 *  before it starts, since an overcommitted heap never says no. */
uint64_t rw_memory_total(void);
#endif
