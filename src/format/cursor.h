/* cursor.h - bounded little-endian reads of bytes that nobody has checked yet.
 *
 * A failed read latches: later reads fail too and the first error is kept with its byte, so a
 * parser may read a whole structure and test once. */
#ifndef RW_FORMAT_CURSOR_H
#define RW_FORMAT_CURSOR_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

typedef struct rw_cursor {
    const unsigned char *base;
    uint64_t size, pos; /* bytes at hand */
    uint64_t whole;     /* bytes of the file they begin: size, or more */
    uint64_t need;    /* after a failure: with so many at hand, reading goes on; else 0 */
    const char *what; /* what is being read, for messages: "the key table" */
    ropewalk_error error; /* status OK until something failed */
} rw_cursor;

static inline rw_cursor rw_cursor_make(const void *base, uint64_t size, const char *what)
{
    return (rw_cursor){.base = base, .size = size, .whole = size, .what = what};
}

/** Bytes that the file can still hold, at hand or not. */
static inline uint64_t rw_cursor_left(const rw_cursor *c)
{
    return c->whole - c->pos;
}

/** Take n bytes, or latch an error. */
static inline bool rw_cursor_take(rw_cursor *c, uint64_t n, const unsigned char **bytes)
{
    if (c->error.status) return false;
    if (n > c->whole - c->pos) { /* pos + n could wrap; whole - pos cannot */
        (void)rw_fail(&c->error, ROPEWALK_E_FORMAT, c->pos,
                      "at byte %llu %s needs %llu bytes, but the file ends after %llu",
                      (unsigned long long)c->pos, c->what, (unsigned long long)n,
                      (unsigned long long)(c->whole - c->pos));
        return false;
    }
    if (n > c->size - c->pos) {
        c->need = c->pos + n;
        (void)rw_fail(&c->error, ROPEWALK_E_IO, c->pos,
                      "at byte %llu %s goes on beyond the %llu bytes that were read",
                      (unsigned long long)c->pos, c->what, (unsigned long long)c->size);
        return false;
    }
    *bytes = c->base + c->pos;
    c->pos += n;
    return true;
}

/* Little endian on every host, no alignment needed; the bytes are known to be there. */
static inline uint64_t rw_load_le(const unsigned char *b, unsigned n_byte)
{
    uint64_t value = 0;
    for (unsigned i = n_byte; i-- > 0;)
        value = value << 8 | b[i];
    return value;
}

static inline bool rw_cursor_u64(rw_cursor *c, uint64_t *value)
{
    const unsigned char *b;
    *value = 0;
    if (!rw_cursor_take(c, 8, &b)) return false;
    *value = rw_load_le(b, 8);
    return true;
}

static inline bool rw_cursor_u32(rw_cursor *c, uint32_t *value)
{
    const unsigned char *b;
    *value = 0;
    if (!rw_cursor_take(c, 4, &b)) return false;
    *value = (uint32_t)rw_load_le(b, 4);
    return true;
}
#endif
