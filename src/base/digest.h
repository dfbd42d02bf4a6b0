/* digest.h - 64 bits that tell contents apart: XXH64, for accidents and not against adversaries. */
#ifndef RW_BASE_DIGEST_H
#define RW_BASE_DIGEST_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** XXH64 as its author specifies it. */
uint64_t rw_digest(uint64_t seed, const void *bytes, size_t n);
/** A whole file: its MiBs one after the other, the digest of each the seed of the next. */
ropewalk_status rw_digest_file(const char *path, uint64_t *out, ropewalk_error *err);
#endif
