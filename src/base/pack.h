/* pack.h - numbers to bytes and back: little-endian, doubles bit for bit. */
#ifndef RW_BASE_PACK_H
#define RW_BASE_PACK_H
#include <stddef.h>
#include <stdint.h>

typedef struct rw_packer {
    uint8_t *bytes;
    size_t n, room;
    int failed; /* out of memory: what follows is ignored */
} rw_packer;

void rw_packer_clear(rw_packer *p); /* {0} is an empty packer */
void rw_pack_u32(rw_packer *p, uint32_t value);
void rw_pack_u64(rw_packer *p, uint64_t value);
void rw_pack_f64(rw_packer *p, double value);
void rw_pack_bytes(rw_packer *p, const void *bytes, size_t n);

/* Reading past the end gives 0 and sets `failed`, so that one question at the end is enough. */
typedef struct rw_unpacker {
    const uint8_t *bytes;
    size_t n, at;
    int failed;
} rw_unpacker;

uint32_t rw_unpack_u32(rw_unpacker *u);
uint64_t rw_unpack_u64(rw_unpacker *u);
double rw_unpack_f64(rw_unpacker *u);
/** A number within 0 .. most; anything else sets `failed` and gives 0. */
int64_t rw_unpack_count(rw_unpacker *u, int64_t most);
/** Whether everything was read, and nothing went wrong. */
int rw_unpack_complete(const rw_unpacker *u);
#endif
