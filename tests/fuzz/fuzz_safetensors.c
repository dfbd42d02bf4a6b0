/* fuzz_safetensors.c - the safetensors reader and each of its accessors on arbitrary bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const rw_safetensors *st)
{
    ropewalk_error err;
    (void)rw_safetensors_meta(st, "rotations");
    for (uint32_t i = 0; i < rw_safetensors_n_tensor(st); i++) {
        const rw_st_tensor *t = rw_safetensors_tensor_at(st, i);
        double d[8];
        int64_t v[8];
        if (rw_safetensors_find(st, t->name) != t || !rw_st_dtype_name(t->dtype)) abort();
        const uint64_t n = t->n_element < 8 ? t->n_element : 8;
        (void)rw_safetensors_read_f64(st, t, 0, n, d, &err);
        (void)rw_safetensors_read_f64(st, t, t->n_element - n, n, d, &err);
        (void)rw_safetensors_read_i64(st, t, t->n_element - n, n, v, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rw_safetensors *st;
    ropewalk_error err;
    for (int head = 0; head < 2; head++) {
        const ropewalk_status status = rw_safetensors_open_memory(
            data, size, head ? UINT64_MAX : 0, "fuzz.safetensors", &st, &err);
        if (status) {
            if (st || !memchr(err.message, 0, sizeof err.message) || !err.message[0])
                abort();
            continue;
        }
        use(st);
        rw_safetensors_close(st);
    }
    return 0;
}
