/* compare.c - declared against executed, layer by layer. */
#include "audit/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

/* Declared and executed frequencies are both float64 evaluations of one formula from values stored
 * as float32: anything beyond this is a different number, not rounding. */
static const double tolerance = 1e-6;

typedef struct difference {
    const char *what;
    uint32_t first, last, n_layer;
    double worst;
} difference;

enum { FREQUENCY, ROTARY_DIM, LAYOUT, FACTOR, SCALE, WINDOW, N_DIFFERENCE };

static void note(difference *d, uint32_t layer, double worst)
{
    if (d->n_layer == 0) d->first = layer;
    d->last = layer;
    d->n_layer++;
    if (worst > d->worst) d->worst = worst;
}

static double relative(double a, double b)
{
    const double size = fmax(fabs(a), fabs(b));
    return size > 0.0 ? fabs(a - b) / size : 0.0;
}

static void compare_layer(const rw_layer_info *declared, const rw_rotation_info *rotation,
                          const rw_qk_layer *executed, difference *d)
{
    const uint32_t layer = executed->layer;
    const uint32_t dim = rotation ? rotation->rotary_dim : 0;
    if (dim != executed->rotary_dim) {
        note(&d[ROTARY_DIM], layer, fabs((double)dim - (double)executed->rotary_dim));
        return;
    }
    if (rotation && rotation->inv_freq) {
        double worst = 0.0;
        for (uint32_t n = 0; n < dim / 2; n++)
            worst = fmax(worst, relative(rotation->inv_freq[n], executed->inv_freq[n]));
        if (worst > tolerance) note(&d[FREQUENCY], layer, worst);
    }
    if (rotation && dim) {
        if (!rotation->interleaved != !executed->interleaved)
            note(&d[LAYOUT], layer, 1.0);
        const double factor = relative(rotation->attn_factor, executed->attn_factor);
        if (factor > tolerance) note(&d[FACTOR], layer, factor);
        const double scale = relative(rotation->softmax_scale, executed->softmax_scale);
        if (scale > tolerance) note(&d[SCALE], layer, scale);
    }
    if (declared->window != executed->window) note(&d[WINDOW], layer, 1.0);
}

RW_PRINTF(4, 5)
static void write_finding(rw_finding *f, const char *rule, const difference *d,
                          const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)snprintf(f->rule, sizeof f->rule, "%s", rule);
    (void)snprintf(f->severity, sizeof f->severity, "error");
    (void)snprintf(f->message, sizeof f->message, "%s in %u layer%s (first %u, last %u)",
                   text, d->n_layer, d->n_layer == 1 ? "" : "s", d->first, d->last);
    f->measured = d->worst;
    f->limit = tolerance;
}

ropewalk_status rw_compare_executed(const rw_qkfile *file, rw_audit *out,
                                    ropewalk_error *err)
{
    difference d[N_DIFFERENCE] = {{0}};
    out->compared = 1;
    const rw_model_info *m = &out->model;
    for (uint32_t i = 0; i < rw_qkfile_n_layer(file); i++) {
        const rw_qk_layer *executed = rw_qkfile_layer(file, i);
        if (executed->layer >= m->n_layer || !m->layers) continue;
        const rw_layer_info *declared = &m->layers[executed->layer];
        compare_layer(declared,
                      declared->rotation >= 0 ? &m->rotations[declared->rotation] : NULL,
                      executed, d);
    }
    rw_finding *rows =
        rw_realloc(out->finding, (size_t)out->n_finding + N_DIFFERENCE, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "findings");
    out->finding = rows;
    static const struct {
        const char *rule, *text, *fix;
    } words[N_DIFFERENCE] = {
        {"RWX01", "the executed frequencies differ from the declared ones",
         "check the runtime's RoPE options and the file's rope.* keys"},
        {"RWX02",
         "the executed number of rotated dimensions differs from the declared one",
         "check rope.dimension_count and which layers the architecture rotates"},
        {"RWX03", "the executed pair layout differs from the architecture's",
         "check the converter's permutation of Q and K"},
        {"RWX04", "the executed attention factor differs from the declared one",
         "check rope.scaling.attn_factor and the runtime's YaRN options"},
        {"RWX05", "the executed softmax scale differs from the declared one",
         "check attention.scale"},
        {"RWX06", "the executed attention window differs from the declared one",
         "check attention.sliding_window and its pattern"}};
    for (int i = 0; i < N_DIFFERENCE; i++) {
        if (d[i].n_layer == 0) continue;
        rw_finding *f = &rows[out->n_finding++];
        *f = (rw_finding){0};
        if (i == FREQUENCY || i == FACTOR || i == SCALE)
            write_finding(f, words[i].rule, &d[i], "%s by up to %.3g relative",
                          words[i].text, d[i].worst);
        else
            write_finding(f, words[i].rule, &d[i], "%s", words[i].text);
        (void)snprintf(f->fix, sizeof f->fix, "%s", words[i].fix);
        (void)snprintf(f->file, sizeof f->file, "%s", m->source ? m->source : "");
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_keep_rotation_check(const rw_qkfile *file, rw_audit *out,
                                       ropewalk_error *err)
{
    const char *meta = rw_qkfile_meta(file, "rotations");
    json_t *list = NULL;
    if (!meta) return ROPEWALK_OK;
    const ropewalk_status status =
        rw_json_parse(meta, strlen(meta), "rotations", &list, err);
    if (status) return status;
    const size_t n = json_array_size(list);
    out->rotation_check = rw_array(n + 1, sizeof *out->rotation_check);
    out->rotation_check_layer = rw_calloc(n + 1, sizeof *out->rotation_check_layer);
    for (size_t i = 0; out->rotation_check && out->rotation_check_layer && i < n; i++) {
        const json_t *row = json_array_get(list, i),
                     *check = json_object_get(row, "check");
        if (!json_is_number(check)) continue;
        out->rotation_check[out->n_rotation_check] = json_number_value(check);
        out->rotation_check_layer[out->n_rotation_check++] =
            (uint32_t)json_integer_value(json_object_get(row, "layer"));
    }
    json_decref(list);
    if (out->rotation_check && out->rotation_check_layer) return ROPEWALK_OK;
    return rw_fail_memory(err, "the rotation check");
}

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
