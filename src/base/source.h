/* source.h - bytes to be read at any offset: a file, memory, or something behind a network. */
#ifndef RW_BASE_SOURCE_H
#define RW_BASE_SOURCE_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rw_source {
    const char
        *name; /* for messages and provenance: a path or an address without credentials */
    uint64_t size; /* of the whole */
    /** Fill out[0..n) from `offset`, all or nothing; offset + n <= size. */
    ropewalk_status (*read)(void *ctx, uint64_t offset, size_t n, void *out,
                            ropewalk_error *err);
    void *ctx;
} rw_source;

#endif
