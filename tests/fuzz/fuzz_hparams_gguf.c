/* fuzz_hparams_gguf.c - arbitrary bytes as a GGUF file behind a source, through to a description
 * of its layers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct bytes {
    const uint8_t *data;
    size_t size;
} bytes;

static ropewalk_status read_bytes(void *ctx, uint64_t offset, size_t n, void *out,
                                  ropewalk_error *err)
{
    const bytes *b = ctx;
    (void)err;
    if (offset > b->size || n > b->size - offset) abort();
    memcpy(out, b->data + offset, n);
    return ROPEWALK_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes b = {data, size};
    const rw_source source = {"fuzz.gguf", size, read_bytes, &b};
    rw_hparams hp;
    ropewalk_error err = {0};
    if (rw_hparams_read_gguf_source(&source, &hp, &err)) {
        if (hp.file || !err.message[0]) abort();
        return 0;
    }
    /* a claim of many layers costs their description, not their reading */
    if (hp.n_layer <= 1000) {
        for (int64_t context = 0; context <= 1 << 20; context += 1 << 19) {
            const rw_model_use use = {.context = context};
            rw_model_info info;
            if (rw_model_describe(&hp, &use, &info, &err) &&
                (info.layers || !err.message[0]))
                abort();
            rw_model_info_clear(&info);
        }
    }
    rw_hparams_clear(&hp);
    return 0;
}
