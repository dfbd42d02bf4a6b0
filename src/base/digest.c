/* digest.c - XXH64 over memory and files. */
#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static const uint64_t P1 = 0x9E3779B185EBCA87u, P2 = 0xC2B2AE3D27D4EB4Fu,
                      P3 = 0x165667B19E3779F9u, P4 = 0x85EBCA77C2B2AE63u,
                      P5 = 0x27D4EB2F165667C5u;

static uint64_t turn(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t word(const uint8_t *p, int n_byte)
{
    uint64_t w = 0;
    for (int i = n_byte; i-- > 0;)
        w = w << 8 | p[i];
    return w;
}

static uint64_t mix(uint64_t lane, uint64_t input)
{
    return turn(lane + input * P2, 31) * P1;
}

uint64_t rw_digest(uint64_t seed, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    size_t left = n;
    uint64_t h = seed + P5;
    if (left >= 32) {
        uint64_t lane[4] = {seed + P1 + P2, seed + P2, seed, seed - P1};
        for (; left >= 32; left -= 32, p += 32)
            for (size_t i = 0; i < 4; i++)
                lane[i] = mix(lane[i], word(p + 8 * i, 8));
        h = turn(lane[0], 1) + turn(lane[1], 7) + turn(lane[2], 12) + turn(lane[3], 18);
        for (int i = 0; i < 4; i++)
            h = (h ^ mix(0, lane[i])) * P1 + P4;
    }
    h += n;
    for (; left >= 8; left -= 8, p += 8)
        h = turn(h ^ mix(0, word(p, 8)), 27) * P1 + P4;
    for (; left >= 4; left -= 4, p += 4)
        h = turn(h ^ word(p, 4) * P1, 23) * P2 + P3;
    for (; left > 0; left--, p++)
        h = turn(h ^ *p * P5, 11) * P1;
    h = (h ^ h >> 33) * P2;
    h = (h ^ h >> 29) * P3;
    return h ^ h >> 32;
}

ropewalk_status rw_digest_file(const char *path, uint64_t *out, ropewalk_error *err)
{
    enum { BLOCK = 1 << 20 };
    *out = 0;
    uint8_t *block = rw_malloc(BLOCK);
    if (!block) return rw_fail_memory(err, "a file's digest");
    FILE *f = fopen(path, "rb");
    size_t n;
    while (f && (n = fread(block, 1, BLOCK, f)) > 0)
        *out = rw_digest(*out, block, n);
    const int bad = !f || ferror(f);
    const int code = errno;
    if (f) (void)fclose(f);
    rw_free(block);
    if (!bad) return ROPEWALK_OK;
    *out = 0;
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot read %s: %s", path, strerror(code));
}
