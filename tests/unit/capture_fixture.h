/* capture_fixture.h - small captures written by the library's own writer, for the audit's tests. */
#ifndef RW_TEST_CAPTURE_FIXTURE_H
#define RW_TEST_CAPTURE_FIXTURE_H
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "format/qkfile.h"
#include "position/rotation.h"

enum { CAP_LAYER = 3, CAP_ROW = 64, CAP_HQ = 4, CAP_HK = 2, CAP_DIM = 16 };

/* Layer 0 full attention, layer 1 without RoPE, layer 2 with a window of 64. */
typedef struct capture {
    uint32_t n_row, n_head_kv, rotary_dim[CAP_LAYER];
    int64_t window[CAP_LAYER], first_position;
    double theta, attn_factor, softmax_scale;
    int interleaved;
    const char *special, *tokens; /* JSON, or NULL */
    float q[CAP_LAYER][CAP_ROW][CAP_HQ][CAP_DIM];
    float k[CAP_LAYER][CAP_ROW][CAP_HK][CAP_DIM];
} capture;

static inline void capture_fill(capture *c, uint64_t seed)
{
    *c = (capture){.n_row = CAP_ROW,
                   .n_head_kv = CAP_HK,
                   .rotary_dim = {CAP_DIM, 0, CAP_DIM},
                   .window = {0, 0, 64},
                   .theta = 1e4,
                   .attn_factor = 1.0,
                   .softmax_scale = 0.25};
    uint64_t i = 0;
    for (int l = 0; l < CAP_LAYER; l++)
        for (int row = 0; row < CAP_ROW; row++)
            for (int d = 0; d < CAP_DIM; d++) {
                for (int h = 0; h < CAP_HQ; h++)
                    c->q[l][row][h][d] = (float)rw_random_normal(seed, 1, i++);
                for (int h = 0; h < CAP_HK; h++)
                    c->k[l][row][h][d] = (float)rw_random_normal(seed, 2, i++);
            }
}

static inline double capture_freq(const capture *c, uint32_t layer, uint32_t n)
{
    return pow(c->theta, -2.0 * n / c->rotary_dim[layer]);
}

static inline void capture_rotations(const capture *c, char *out, size_t size)
{
    size_t n = 0;
    for (uint32_t l = 0; l < CAP_LAYER; l++) {
        n += (size_t)snprintf(
            out + n, size - n,
            "%s{\"layer\":%u,\"rotary_dim\":%u,\"pairs\":\"%s\",\"attn_factor\":%.17g,"
            "\"softmax_scale\":%.17g,\"rope_theta\":%.17g,",
            l ? "," : "[", l, c->rotary_dim[l], c->interleaved ? "interleaved" : "half",
            c->attn_factor, c->softmax_scale, c->theta);
        if (c->window[l])
            n += (size_t)snprintf(out + n, size - n, "\"window\":%d,", (int)c->window[l]);
        else
            n += (size_t)snprintf(out + n, size - n, "\"window\":null,");
        n += (size_t)snprintf(out + n, size - n, "\"inv_freq\":[");
        for (uint32_t i = 0; i < c->rotary_dim[l] / 2; i++)
            n += (size_t)snprintf(out + n, size - n, "%s%.17g", i ? "," : "",
                                  capture_freq(c, l, i));
        n += (size_t)snprintf(out + n, size - n, "]}%s", l == CAP_LAYER - 1 ? "]" : "");
    }
}

/* Written, opened, and its name removed: nothing is left in the file system. */
static inline rw_qkfile *capture_open(const capture *c)
{
    char path[] = "/tmp/rw_capture_XXXXXX", rotations[8192];
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    capture_rotations(c, rotations, sizeof rotations);
    const char *meta[16] = {"model", "small",     "architecture",
                            "test",  "rotations", rotations};
    uint32_t n_meta = 6;
    if (c->special) {
        meta[n_meta++] = "special";
        meta[n_meta++] = c->special;
    }
    if (c->tokens) {
        meta[n_meta++] = "tokens";
        meta[n_meta++] = c->tokens;
    }
    rw_qk_tensor t[2 * CAP_LAYER + 1];
    memset(t, 0, sizeof t);
    for (int l = 0; l < CAP_LAYER; l++) {
        rw_qk_tensor *q = &t[2 * l], *k = q + 1;
        (void)snprintf(q->name, sizeof q->name, "blocks.%d.attn.hook_q", l);
        (void)snprintf(k->name, sizeof k->name, "blocks.%d.attn.hook_k", l);
        q->dtype = k->dtype = "F32";
        q->n_dim = k->n_dim = 3;
        q->shape[0] = k->shape[0] = c->n_row;
        q->shape[1] = CAP_HQ;
        k->shape[1] = c->n_head_kv;
        q->shape[2] = k->shape[2] = CAP_DIM;
    }
    rw_qk_tensor *positions = &t[2 * CAP_LAYER];
    (void)snprintf(positions->name, sizeof positions->name, "positions");
    positions->dtype = "I64";
    positions->n_dim = 1;
    positions->shape[0] = c->n_row;
    rw_qkwriter *w;
    ropewalk_error err = {0};
    if (rw_qkwriter_open(path, t, 2 * CAP_LAYER + 1, meta, n_meta, &w, &err))
        fail_msg("%s", err.message);
    for (uint32_t l = 0; l < CAP_LAYER; l++) {
        assert_int_equal(rw_qkwriter_write(w, 2 * l, 0, c->q[l],
                                           (uint64_t)c->n_row * CAP_HQ * CAP_DIM * 4,
                                           &err),
                         0);
        for (uint32_t row = 0; row < c->n_row; row++) {
            const uint64_t n = (uint64_t)c->n_head_kv * CAP_DIM * 4;
            assert_int_equal(
                rw_qkwriter_write(w, 2 * l + 1, row * n, c->k[l][row], n, &err), 0);
        }
    }
    int64_t position[CAP_ROW];
    for (uint32_t row = 0; row < c->n_row; row++)
        position[row] = c->first_position + row;
    assert_int_equal(
        rw_qkwriter_write(w, 2 * CAP_LAYER, 0, position, c->n_row * 8u, &err), 0);
    if (rw_qkwriter_commit(w, &err)) fail_msg("%s", err.message);
    rw_qkfile *file = NULL;
    const ropewalk_status status = rw_qkfile_open(path, &file, &err);
    (void)unlink(path);
    if (status) fail_msg("%s", err.message);
    return file;
}

/* The layer's rotation as the library's struct; freq has CAP_DIM / 2 doubles. */
static inline rw_rotation capture_rotation(const capture *c, uint32_t layer, double *freq)
{
    for (uint32_t n = 0; n < c->rotary_dim[layer] / 2; n++)
        freq[n] = capture_freq(c, layer, n);
    return (rw_rotation){.rotary_dim = c->rotary_dim[layer],
                         .pairs =
                             c->interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT,
                         .attn_factor = c->attn_factor,
                         .inv_freq = freq};
}
#endif
