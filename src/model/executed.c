/* executed.c - the description of a model from what a runtime ran: a capture's metadata. */
#include "model/executed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int same_rotation(const rw_rotation_info *r, const rw_qk_layer *l)
{
    return r->rotary_dim == l->rotary_dim && !r->interleaved == !l->interleaved &&
           !(fabs(r->attn_factor - l->attn_factor) > 0.0) &&
           (isnan(r->softmax_scale) ||
            !(fabs(r->softmax_scale - l->softmax_scale) > 0.0)) &&
           memcmp(r->inv_freq, l->inv_freq, l->rotary_dim / 2 * sizeof(double)) == 0;
}

static ropewalk_status add_rotation(rw_model_info *out, const rw_qk_layer *l,
                                    int32_t *index, ropewalk_error *err)
{
    *index = -1;
    if (l->rotary_dim == 0) return ROPEWALK_OK;
    for (uint32_t r = 0; r < out->n_rotation; r++)
        if (same_rotation(&out->rotations[r], l)) {
            *index = (int32_t)r;
            return ROPEWALK_OK;
        }
    rw_rotation_info *rows =
        rw_realloc(out->rotations, (size_t)out->n_rotation + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "rotations");
    out->rotations = rows;
    rw_rotation_info *r = &rows[out->n_rotation];
    *r = (rw_rotation_info){.mechanism = "executed",
                            .rotary_dim = l->rotary_dim,
                            .rope_theta = l->rope_theta,
                            .attn_factor = l->attn_factor,
                            .softmax_scale = l->softmax_scale,
                            .interleaved = l->interleaved};
    r->inv_freq = rw_array(l->rotary_dim / 2, sizeof *r->inv_freq);
    if (!r->inv_freq) return rw_fail_memory(err, "rotations");
    memcpy(r->inv_freq, l->inv_freq, l->rotary_dim / 2 * sizeof *r->inv_freq);
    *index = (int32_t)out->n_rotation++;
    return ROPEWALK_OK;
}

ropewalk_status rw_model_from_capture(const rw_qkfile *file, const char *source,
                                      rw_model_info *out, ropewalk_error *err)
{
    const char *name = rw_qkfile_meta(file, "model");
    const char *architecture = rw_qkfile_meta(file, "architecture");
    const char *context = rw_qkfile_meta(file, "context_length");
    rw_model_info_init(out);
    out->source = rw_strdup(source);
    out->name = rw_strdup(name ? name : "unnamed model");
    out->architecture = rw_strdup(architecture ? architecture : "unknown");
    out->n_layer = rw_qkfile_n_layer(file);
    out->layers = rw_calloc((size_t)out->n_layer + 1, sizeof *out->layers);
    ropewalk_status status = ROPEWALK_OK;
    if (!out->source || !out->name || !out->architecture || !out->layers)
        status = rw_fail_memory(err, "the model's description");
    if (context) {
        char *end;
        const long long n = strtoll(context, &end, 10);
        if (*context && !*end && n > 0 && n <= (long long)1 << 31)
            out->context_length = n;
    }
    for (uint32_t i = 0; i < out->n_layer && !status; i++) {
        const rw_qk_layer *l = rw_qkfile_layer(file, i);
        int32_t rotation;
        status = add_rotation(out, l, &rotation, err);
        out->layers[i] = (rw_layer_info){.layer = l->layer,
                                         .attention = l->window ? RW_ATTENTION_SLIDING
                                                                : RW_ATTENTION_FULL,
                                         .window = l->window,
                                         .rotation = rotation,
                                         .head_dim = l->head_dim,
                                         .n_head_q = l->n_head_q,
                                         .n_head_kv = l->n_head_kv};
    }
    if (!status)
        status = rw_model_info_note(out, "rotations", NULL, "rotations",
                                    "as executed, from the capture's metadata", err);
    if (status) rw_model_info_clear(out);
    return status;
}
