/* pack.c - a growing buffer of numbers, and reading one. */
#include "base/pack.h"

#include <string.h>

#include "base/alloc.h"

void rw_packer_clear(rw_packer *p)
{
    rw_free(p->bytes);
    *p = (rw_packer){0};
}

void rw_pack_bytes(rw_packer *p, const void *bytes, size_t n)
{
    if (p->failed || n == 0) return;
    if (n > p->room - p->n) {
        const size_t room = 2 * (p->n + n);
        uint8_t *grown = room > n ? rw_realloc(p->bytes, room, 1) : NULL;
        if (!grown) {
            p->failed = 1;
            return;
        }
        p->bytes = grown;
        p->room = room;
    }
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

static void put(rw_packer *p, uint64_t value, size_t n_byte)
{
    uint8_t byte[8];
    for (size_t i = 0; i < n_byte; i++)
        byte[i] = (uint8_t)(value >> 8 * i);
    rw_pack_bytes(p, byte, n_byte);
}

void rw_pack_u32(rw_packer *p, uint32_t value)
{
    put(p, value, 4);
}

void rw_pack_u64(rw_packer *p, uint64_t value)
{
    put(p, value, 8);
}

void rw_pack_f64(rw_packer *p, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(p, bits, 8);
}

static uint64_t get(rw_unpacker *u, size_t n_byte)
{
    if (u->failed || n_byte > u->n - u->at) {
        u->failed = 1;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = n_byte; i-- > 0;)
        value = value << 8 | u->bytes[u->at + i];
    u->at += n_byte;
    return value;
}

uint32_t rw_unpack_u32(rw_unpacker *u)
{
    return (uint32_t)get(u, 4);
}

uint64_t rw_unpack_u64(rw_unpacker *u)
{
    return get(u, 8);
}

double rw_unpack_f64(rw_unpacker *u)
{
    const uint64_t bits = get(u, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int64_t rw_unpack_count(rw_unpacker *u, int64_t most)
{
    const uint64_t value = get(u, 8);
    if (value <= (uint64_t)most) return (int64_t)value;
    u->failed = 1;
    return 0;
}

int rw_unpack_complete(const rw_unpacker *u)
{
    return !u->failed && u->at == u->n;
}
