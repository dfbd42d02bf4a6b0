/* alloc.c - the only caller of malloc. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* madvise */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

static atomic_int_fast64_t live_blocks, attempts, fail_at = -1;
static atomic_int fail_sticky;

static int refused(void)
{
    const int64_t n = atomic_fetch_add(&attempts, 1);
    const int64_t at = atomic_load(&fail_at);
    return at >= 0 && (n == at || (n > at && atomic_load(&fail_sticky)));
}

static void *counted(void *p)
{
    if (p) atomic_fetch_add(&live_blocks, 1);
    return p;
}

void *rw_malloc(size_t size_bytes)
{
    if (refused() || size_bytes > PTRDIFF_MAX) return NULL;
    return counted(malloc(size_bytes ? size_bytes : 1));
}

void *rw_calloc(size_t n, size_t size_bytes)
{
    if (refused() || (size_bytes && n > PTRDIFF_MAX / size_bytes)) return NULL;
    return counted(calloc(n ? n : 1, size_bytes ? size_bytes : 1));
}

/* Arrays that are read all over want few, large pages: without them looking pages up is a seventh of
 * counting ten million distances. Only advice: where there are none, nothing changes. */
enum { LARGE_PAGE = 1 << 21, LARGE_ARRAY = 1 << 24 };

static void *on_large_pages(size_t bytes)
{
    void *p = NULL;
    if (posix_memalign(&p, LARGE_PAGE, bytes)) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    (void)madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return p;
}

void *rw_array(size_t n, size_t size_bytes)
{
    if (refused() || (size_bytes && n > (PTRDIFF_MAX - 64) / size_bytes)) return NULL;
    const size_t bytes =
        (n * size_bytes + 64) / 64 * 64; /* aligned_alloc wants a multiple */
    return counted(bytes >= LARGE_ARRAY ? on_large_pages(bytes)
                                        : aligned_alloc(64, bytes));
}

void *rw_realloc(void *old, size_t n, size_t size_bytes)
{
    if (refused() || (size_bytes && n > PTRDIFF_MAX / size_bytes)) return NULL;
    const size_t bytes = n * size_bytes;
    void *p = realloc(old, bytes > 0 ? bytes : 1);
    return old ? p : counted(p);
}

char *rw_strndup(const char *s, size_t n)
{
    char *copy = rw_malloc(n + 1);
    if (!copy) return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *rw_strdup(const char *s)
{
    return rw_strndup(s, strlen(s));
}

void rw_free(void *p)
{
    if (!p) return;
    atomic_fetch_sub(&live_blocks, 1);
    free(p);
}

void rw_alloc_fail_at(int64_t n, int sticky)
{
    atomic_store(&attempts, 0);
    atomic_store(&fail_sticky, sticky);
    atomic_store(&fail_at, n);
}

int64_t rw_alloc_live(void)
{
    return atomic_load(&live_blocks);
}

int64_t rw_alloc_count(void)
{
    return atomic_load(&attempts);
}

uint64_t rw_memory_total(void)
{
#ifdef __wasm__
    return 0; /* its memory grows when asked, and malloc says when it cannot */
#else
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
#endif
}
