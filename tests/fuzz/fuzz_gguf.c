/* fuzz_gguf.c - the GGUF reader and each of its accessors on arbitrary bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/gguf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char sink;

static void touch(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sink = (unsigned char)(sink + (unsigned char)s[i]);
}

static void use(const rw_gguf *g)
{
    ropewalk_error err;
    for (uint32_t i = 0; i < rw_gguf_n_key(g); i++) {
        const rw_gguf_kv *kv = rw_gguf_key(g, i);
        uint64_t u;
        int64_t s;
        double d;
        bool b;
        const char *text;
        size_t n;
        char copy[32];
        if (rw_gguf_find_key(g, kv->name) != kv) abort();
        (void)rw_gguf_get_u64(g, kv->name, &u, &err);
        (void)rw_gguf_get_i64(g, kv->name, &s, &err);
        (void)rw_gguf_get_f64(g, kv->name, &d, &err);
        (void)rw_gguf_get_bool(g, kv->name, &b, &err);
        (void)rw_gguf_get_text(g, kv->name, copy, sizeof copy, &err);
        if (!rw_gguf_get_str(g, kv->name, &text, &n, &err)) touch(text, n);
        const uint64_t last = kv->count ? kv->count - 1 : 0;
        (void)rw_gguf_array_u64(g, kv->name, last, &u, &err);
        (void)rw_gguf_array_i64(g, kv->name, last, &s, &err);
        (void)rw_gguf_array_f64(g, kv->name, last, &d, &err);
        (void)rw_gguf_array_bool(g, kv->name, last, &b, &err);
        if (!rw_gguf_array_str(g, kv->name, last, &text, &n, &err)) touch(text, n);
        rw_gguf_strings it;
        if (!rw_gguf_strings_init(&it, g, kv->name, &err))
            while (rw_gguf_strings_next(&it, &text, &n))
                touch(text, n);
    }
    for (uint32_t i = 0; i < rw_gguf_n_tensor(g); i++) {
        const rw_gguf_tensor *t = rw_gguf_tensor_at(g, i);
        double values[16];
        if (rw_gguf_find_tensor(g, t->name) != t) abort();
        const uint64_t n = t->n_element < 16 ? t->n_element : 16;
        (void)rw_gguf_tensor_read(g, t, 0, n, values, &err);
        (void)rw_gguf_tensor_read(g, t, t->n_element - n, n, values, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rw_gguf *g;
    ropewalk_error err;
    /* As a whole file, and as the head of a longer one. */
    for (int head = 0; head < 2; head++) {
        const ropewalk_status status =
            rw_gguf_open_memory(data, size, head ? UINT64_MAX : 0, "fuzz.gguf", &g, &err);
        if (status) {
            if (g || !memchr(err.message, 0, sizeof err.message) || !err.message[0])
                abort();
            continue;
        }
        use(g);
        rw_gguf_close(g);
    }
    return 0;
}
