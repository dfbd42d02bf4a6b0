/* fuzz_qkfile.c - given vectors and captures, metadata first of all, on arbitrary bytes. An
 * accepted file must keep every promise of qkfile.h. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/qkfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise)
{
    if (!promise) abort();
}

static void use_given(const rw_qkfile *f)
{
    uint32_t n_q, n_k, head_dim, n;
    ropewalk_error err;
    demand(rw_qkfile_given_shape(f, &n_q, &n_k, &head_dim, &err) == ROPEWALK_OK);
    demand(n_q && n_k && head_dim && head_dim % 2 == 0);
    const double *w = rw_qkfile_given_inv_freq(f, &n);
    demand(n <= head_dim / 2 && (n == 0) == (w == NULL));
    for (uint32_t i = 0; i < n; i++)
        demand(w[i] >= 0 && w[i] <= 1024);
    double *q = malloc((size_t)n_q * head_dim * sizeof *q);
    double *k = malloc((size_t)n_k * head_dim * sizeof *k);
    demand(q && k);
    if (!rw_qkfile_given_read(f, q, k, &err)) demand(isfinite(q[0]) && isfinite(k[0]));
    free(q);
    free(k);
}

static void use_capture(const rw_qkfile *f)
{
    const uint32_t n_row = rw_qkfile_n_row(f);
    ropewalk_error err;
    demand(rw_qkfile_n_layer(f) > 0 && n_row > 0);
    for (uint32_t i = 0; i < n_row; i++) {
        const int64_t p = rw_qkfile_position(f, i);
        demand(p >= 0 && p < INT64_C(1) << 31 &&
               (!i || p > rw_qkfile_position(f, i - 1)));
        demand(rw_qkfile_token(f, i) >= -1);
        (void)rw_qkfile_is_special(f, i);
    }
    for (uint32_t i = 0; i < rw_qkfile_n_layer(f); i++) {
        const rw_qk_layer *l = rw_qkfile_layer(f, i);
        demand(!i || l->layer > rw_qkfile_layer(f, i - 1)->layer);
        demand(l->head_dim && l->head_dim % 2 == 0 && l->head_dim <= 65536);
        demand(l->rotary_dim <= l->head_dim && l->rotary_dim % 2 == 0);
        demand(l->n_head_kv && l->n_head_q % l->n_head_kv == 0);
        demand(isfinite(l->attn_factor) && l->attn_factor > 0 && l->window >= 0);
        demand(isnan(l->softmax_scale) || l->softmax_scale > 0);
        for (uint32_t j = 0; j < l->rotary_dim / 2; j++)
            demand(l->inv_freq[j] >= 0 && l->inv_freq[j] <= 1024);
        double *v = malloc(l->head_dim * sizeof *v);
        demand(v != NULL);
        for (const char *which = "qkQK"; *which; which++)
            (void)rw_qkfile_read(f, *which, i, n_row - 1, 0, v, &err);
        demand(rw_qkfile_read(f, 'k', i, 0, l->n_head_kv, v, &err) ==
               ROPEWALK_E_ARGUMENT);
        demand(rw_qkfile_read(f, 'q', i, n_row, 0, v, &err) == ROPEWALK_E_ARGUMENT);
        free(v);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rw_qkfile *f;
    ropewalk_error err;
    if (rw_qkfile_open_memory(data, size, "fuzz.safetensors", &f, &err)) {
        demand(!f && err.message[0] && memchr(err.message, 0, sizeof err.message));
        return 0;
    }
    if (rw_qkfile_is_capture(f))
        use_capture(f);
    else
        use_given(f);
    rw_qkfile_close(f);
    return 0;
}
