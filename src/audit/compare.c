/* compare.c - declared against executed, layer by layer. */
#include "audit/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "model/executed.h"
#include "model/layer_contrast.h"

typedef struct difference {
    const char *what;
    uint32_t first, last, n_layer;
    double worst, limit;
} difference;

enum { FREQUENCY, ROTARY_DIM, LAYOUT, FACTOR, SCALE, WINDOW, N_DIFFERENCE };

/* Attention factors and softmax scales: what a handful of float32 roundings explains. */
static const double factor_limit = 1e-6;

static void note(difference *d, uint32_t layer, double worst, double limit)
{
    if (d->n_layer == 0) d->first = layer;
    d->last = layer;
    d->n_layer++;
    if (!(worst > d->worst)) return;
    d->worst = worst;
    d->limit = limit;
}

static void compare_layer(const rw_layer_info *declared, const rw_rotation_info *rotation,
                          const rw_layer_info *executed, const rw_rotation_info *ran,
                          difference *d)
{
    const rw_contrast c =
        rw_contrast_layers(declared, rotation, executed, ran, RW_STORED_FLOAT);
    const uint32_t layer = executed->layer;
    if (rw_contrast_has(&c, RW_DIFFERS_NOPE) ||
        rw_contrast_has(&c, RW_DIFFERS_ROTARY_DIM)) {
        note(&d[ROTARY_DIM], layer,
             fabs((rotation ? (double)rotation->rotary_dim : 0.0) -
                  (ran ? (double)ran->rotary_dim : 0.0)),
             0.0);
        return;
    }
    if (rw_contrast_has(&c, RW_DIFFERS_WINDOW)) note(&d[WINDOW], layer, 1.0, 0.0);
    if (!rotation || !ran) return;
    if (rw_contrast_has(&c, RW_DIFFERS_FREQUENCY))
        note(&d[FREQUENCY], layer, c.frequency_error, c.tolerance);
    if (rw_contrast_has(&c, RW_DIFFERS_PAIRS)) note(&d[LAYOUT], layer, 1.0, 0.0);
    if (rw_contrast_has(&c, RW_DIFFERS_ATTN_FACTOR))
        note(&d[FACTOR], layer,
             rw_relative_difference(rotation->attn_factor, ran->attn_factor),
             factor_limit);
    if (rw_contrast_has(&c, RW_DIFFERS_SOFTMAX_SCALE))
        note(&d[SCALE], layer,
             rw_relative_difference(rotation->softmax_scale, ran->softmax_scale),
             factor_limit);
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
    f->limit = d->limit;
}

ropewalk_status rw_compare_executed(const rw_qkfile *file, rw_audit *out,
                                    ropewalk_error *err)
{
    difference d[N_DIFFERENCE] = {{0}};
    out->compared = 1;
    const rw_model_info *m = &out->model;
    rw_model_info ran;
    const ropewalk_status status = rw_model_from_capture(file, "capture", &ran, err);
    if (status) return status;
    for (uint32_t i = 0; i < ran.n_layer; i++) {
        const rw_layer_info *executed = &ran.layers[i];
        if (executed->layer >= m->n_layer || !m->layers) continue;
        const rw_layer_info *declared = &m->layers[executed->layer];
        compare_layer(
            declared, declared->rotation >= 0 ? &m->rotations[declared->rotation] : NULL,
            executed, executed->rotation >= 0 ? &ran.rotations[executed->rotation] : NULL,
            d);
    }
    rw_model_info_clear(&ran);
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
