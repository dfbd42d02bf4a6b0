/* fuzz_config.c - the config.json reader on arbitrary bytes, and the description made of it. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char sink;

static void touch(const char *s, size_t cap)
{
    const char *end = memchr(s, 0, cap);
    if (!end) abort();
    while (s < end)
        sink = (unsigned char)(sink + (unsigned char)*s++);
}

/* What the header promises: finite numbers, terminated texts, lists of n_layer. */
static void use(const rw_hparams *hp)
{
    for (int i = 0; i < RW_N_HPARAM; i++) {
        const rw_hvalue *v = &hp->v[i];
        if (v->known != (isfinite(v->num) != 0)) abort();
        touch(v->key, sizeof v->key);
        touch(v->note, sizeof v->note);
    }
    for (int c = 0; c < RW_N_LAYER_CLASS; c++) {
        const rw_rope_block *b = &hp->block[c];
        touch(b->type, sizeof b->type);
        touch(b->type_other, sizeof b->type_other);
        touch(b->key, sizeof b->key);
        for (uint32_t i = 0; i < b->n_setting; i++) {
            const rw_file_setting *s = &b->settings[i];
            touch(s->name, sizeof s->name);
            touch(s->key, sizeof s->key);
            touch(s->text, sizeof s->text);
            for (uint32_t k = 0; k < s->n_value; k++)
                if (!isfinite(s->values[k])) abort();
        }
    }
    for (uint32_t i = 0; i < hp->n_layer; i++) {
        if (hp->said && hp->said[i] > RW_SAID_NONE) abort();
        if (hp->rope_on && hp->rope_on[i] > 1) abort();
        if (hp->theta_of && !isfinite(hp->theta_of[i])) abort();
        sink = (unsigned char)(sink + (hp->n_head_q ? hp->n_head_q[i] : 0) +
                               (hp->n_head_kv ? hp->n_head_kv[i] : 0) +
                               (hp->rotary_dim_of ? hp->rotary_dim_of[i] : 0));
    }
}

static ropewalk_status read_bytes(void *ctx, uint64_t offset, size_t n, void *out,
                                  ropewalk_error *err)
{
    (void)err;
    memcpy(out, (const uint8_t *)ctx + offset, n);
    return ROPEWALK_OK;
}

static void check_failure(const ropewalk_error *err)
{
    if (!memchr(err->message, 0, sizeof err->message) || !err->message[0]) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rw_hparams hp;
    ropewalk_error err = {0};
    const rw_source source = {"fuzz", size, read_bytes, (void *)(uintptr_t)data};
    if (rw_hparams_read_source(&source, &hp, &err))
        check_failure(&err);
    else
        rw_hparams_clear(&hp);
    if (rw_hparams_read_config((const char *)data, size, "fuzz", &hp, &err)) {
        check_failure(&err);
        if (hp.file || hp.said || hp.block[0].settings) abort();
        return 0;
    }
    use(&hp);
    rw_model_info info;
    for (size_t e = 0; rw_engine_table[e]; e++) {
        const rw_model_use how = {rw_engine_table[e], (int64_t)(e * 5000), 0};
        if (hp.n_layer >= 1000) continue; /* a description takes time for each layer */
        if (rw_model_describe(&hp, &how, &info, &err))
            check_failure(&err);
        else
            rw_model_info_clear(&info);
    }
    rw_hparams_clear(&hp);
    return 0;
}
