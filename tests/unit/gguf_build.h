/* gguf_build.h - tests write their own GGUF files: keys, and F32 tensors of one dimension. */
#ifndef RW_TEST_GGUF_BUILD_H
#define RW_TEST_GGUF_BUILD_H
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct gguf_build {
    unsigned char keys[1 << 16], entries[4096], data[1 << 14];
    size_t n_keys, n_entries, n_data;
    uint64_t n_key, n_tensor;
} gguf_build;

static inline void gb_bytes(unsigned char *to, size_t *at, const void *from, size_t n)
{
    memcpy(to + *at, from, n);
    *at += n;
}

static inline void gb_u64(unsigned char *to, size_t *at, uint64_t v, int n_byte)
{
    for (int i = 0; i < n_byte; i++)
        to[(*at)++] = (unsigned char)(v >> (8 * i));
}

static inline void gb_text(unsigned char *to, size_t *at, const char *s)
{
    gb_u64(to, at, strlen(s), 8);
    gb_bytes(to, at, s, strlen(s));
}

static inline void gb_key(gguf_build *b, const char *name, uint32_t type)
{
    gb_text(b->keys, &b->n_keys, name);
    gb_u64(b->keys, &b->n_keys, type, 4);
    b->n_key++;
}

static inline void gb_int(gguf_build *b, const char *name, uint32_t value)
{
    gb_key(b, name, 4);
    gb_u64(b->keys, &b->n_keys, value, 4);
}

static inline void gb_real(gguf_build *b, const char *name, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    gb_key(b, name, 6);
    gb_u64(b->keys, &b->n_keys, bits, 4);
}

static inline void gb_str(gguf_build *b, const char *name, const char *value)
{
    gb_key(b, name, 8);
    gb_text(b->keys, &b->n_keys, value);
}

static inline void gb_ints(gguf_build *b, const char *name, const uint32_t *list,
                           uint32_t n)
{
    gb_key(b, name, 9);
    gb_u64(b->keys, &b->n_keys, 4, 4);
    gb_u64(b->keys, &b->n_keys, n, 8);
    for (uint32_t i = 0; i < n; i++)
        gb_u64(b->keys, &b->n_keys, list[i], 4);
}

static inline void gb_flags(gguf_build *b, const char *name, const char *bits)
{
    gb_key(b, name, 9);
    gb_u64(b->keys, &b->n_keys, 7, 4);
    gb_u64(b->keys, &b->n_keys, strlen(bits), 8);
    for (; *bits; bits++)
        gb_u64(b->keys, &b->n_keys, *bits == '1', 1);
}

static inline void gb_tensor(gguf_build *b, const char *name, const float *list,
                             uint32_t n)
{
    gb_text(b->entries, &b->n_entries, name);
    gb_u64(b->entries, &b->n_entries, 1, 4);
    gb_u64(b->entries, &b->n_entries, n, 8);
    gb_u64(b->entries, &b->n_entries, 0, 4);
    gb_u64(b->entries, &b->n_entries, b->n_data, 8);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &list[i], 4);
        gb_u64(b->data, &b->n_data, bits, 4);
    }
    while (b->n_data % 32)
        b->data[b->n_data++] = 0;
    b->n_tensor++;
}

/* Returns 0 when written. */
static inline int gb_save(const gguf_build *b, const char *path)
{
    unsigned char head[24];
    size_t n = 0;
    gb_bytes(head, &n, "GGUF", 4);
    gb_u64(head, &n, 3, 4);
    gb_u64(head, &n, b->n_tensor, 8);
    gb_u64(head, &n, b->n_key, 8);
    FILE *f = fopen(path, "wb");
    if (!f) return 1;
    const unsigned char zeros[32] = {0};
    const size_t used = n + b->n_keys + b->n_entries, pad = (32 - used % 32) % 32;
    int bad = fwrite(head, 1, n, f) != n;
    bad |= fwrite(b->keys, 1, b->n_keys, f) != b->n_keys;
    bad |= fwrite(b->entries, 1, b->n_entries, f) != b->n_entries;
    bad |= fwrite(zeros, 1, pad, f) != pad;
    bad |= fwrite(b->data, 1, b->n_data, f) != b->n_data;
    return bad | fclose(f);
}
#endif
