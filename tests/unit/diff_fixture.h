/* diff_fixture.h - descriptions built by hand, for tests of comparisons. */
#ifndef RW_DIFF_FIXTURE_H
#define RW_DIFF_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "diff/diff.h"

enum { FIX_DIM = 16, FIX_LAYER = 6 };

/* YaRN's frequencies from its published definition; truncate 0 or 1. */
static inline void fix_yarn(double *freq, double base, double factor, double original,
                            int truncate)
{
    const double pi2 = 6.28318530717958647692, dim = FIX_DIM;
    double low = dim * log(original / (32 * pi2)) / (2 * log(base));
    double high = dim * log(original / pi2) / (2 * log(base));
    if (truncate) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0);
    high = fmin(high, dim - 1);
    for (int n = 0; n < FIX_DIM / 2; n++) {
        const double f = pow(base, -2.0 * n / dim);
        const double r = fmin(fmax((n - low) / (high - low), 0), 1);
        freq[n] = f * (1 - r) + f / factor * r;
    }
}

static inline ropewalk_status fix_rotation(rw_model_info *m, const char *mechanism,
                                           const double *freq)
{
    rw_rotation_info *list =
        rw_realloc(m->rotations, (size_t)m->n_rotation + 1, sizeof *list);
    if (!list) return ROPEWALK_E_MEMORY;
    m->rotations = list;
    rw_rotation_info *rot = &list[m->n_rotation];
    *rot = (rw_rotation_info){.rotary_dim = FIX_DIM,
                              .rope_theta = 150000,
                              .attn_factor = 1.0,
                              .softmax_scale = 0.25};
    (void)snprintf(rot->mechanism, sizeof rot->mechanism, "%s", mechanism);
    m->n_rotation++;
    rot->inv_freq = rw_array(FIX_DIM / 2, sizeof(double));
    if (!rot->inv_freq) return ROPEWALK_E_MEMORY;
    memcpy(rot->inv_freq, freq, FIX_DIM / 2 * sizeof(double));
    return ROPEWALK_OK;
}

/* Layers alternate: even ones slide over 128 tokens, odd ones attend to everything. */
static inline ropewalk_status fix_model(rw_model_info *m, const char *mechanism,
                                        const double *freq)
{
    rw_model_info_init(m);
    m->source = rw_strdup("model.json");
    m->architecture = rw_strdup("gpt-oss");
    m->n_layer = FIX_LAYER;
    m->context_length = 131072;
    m->layers = rw_calloc(FIX_LAYER, sizeof *m->layers);
    if (!m->source || !m->architecture || !m->layers) return ROPEWALK_E_MEMORY;
    for (uint32_t i = 0; i < FIX_LAYER; i++)
        m->layers[i] =
            (rw_layer_info){.layer = i,
                            .attention = i % 2 ? RW_ATTENTION_FULL : RW_ATTENTION_SLIDING,
                            .window = i % 2 ? 0 : 128,
                            .head_dim = FIX_DIM,
                            .n_head_q = 8,
                            .n_head_kv = 2};
    return fix_rotation(m, mechanism, freq);
}

/* A side with a copy of nothing: the caller fills info. */
static inline rw_diff_side *fix_side(rw_diff_table *table, const char *label, bool gguf)
{
    rw_diff_side *side = &table->side[table->n_side++];
    *side = (rw_diff_side){.gguf = gguf, .engine = gguf ? "llama.cpp" : "transformers"};
    side->version = "1";
    (void)snprintf(side->label, sizeof side->label, "%s", label);
    (void)snprintf(side->what, sizeof side->what, "%s", gguf ? "GGUF" : "config.json");
    return side;
}

static inline ropewalk_status fix_parameter(rw_rotation_info *rot, const char *name,
                                            double value)
{
    rw_parameter *list =
        rw_realloc(rot->parameters, (size_t)rot->n_parameter + 1, sizeof *list);
    if (!list) return ROPEWALK_E_MEMORY;
    rot->parameters = list;
    list[rot->n_parameter] = (rw_parameter){.value = value};
    (void)snprintf(list[rot->n_parameter++].name, sizeof list->name, "%s", name);
    return ROPEWALK_OK;
}

/* gpt-oss in small: A without truncation, B with it, compared at the default positions. */
static inline ropewalk_status fix_pair(rw_model_diff *d, rw_diff_kind kind)
{
    double freq[FIX_DIM / 2];
    const rw_diff_use use = {0};
    rw_model_diff_init(d);
    ropewalk_status status = rw_diff_positions(d, &use, 131072, 131072, 0, NULL);
    rw_diff_table *table = rw_diff_add_table(d, kind);
    table->context = table->length = 131072;
    rw_diff_side *a = fix_side(table, "A", false), *b = fix_side(table, "B", true);
    fix_yarn(freq, 150000, 32, 4096, 0);
    if (!status) status = fix_model(&a->info, "yarn", freq);
    fix_yarn(freq, 150000, 32, 4096, 1);
    if (!status) status = fix_model(&b->info, "yarn", freq);
    if (!status) status = fix_parameter(&a->info.rotations[0], "truncate", 0);
    if (!status) status = fix_parameter(&b->info.rotations[0], "truncate", 1);
    if (!status) status = rw_diff_align(d, table, NULL);
    return status;
}
#endif
