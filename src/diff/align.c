/* align.c - layers of several descriptions put side by side, in classes on which nobody changes
 * what he does. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "diff/diff.h"
#include "model/arch.h"
#include "model/layer_contrast.h"
#include "position/precision.h"
#include "position/rotation.h"

/* A file may give every layer heads of its own: no model does, and no reader would read on. */
enum { MAX_CLASS = 256 };

rw_diff_table *rw_diff_add_table(rw_model_diff *out, rw_diff_kind kind)
{
    if (out->n_table == RW_MAX_DIFF_TABLE) return NULL;
    rw_diff_table *table = &out->table[out->n_table++];
    *table = (rw_diff_table){.kind = kind};
    return table;
}

static ropewalk_status add_position(rw_model_diff *out, int64_t position,
                                    ropewalk_error *err)
{
    if (position < 1 || position > INT64_C(1) << 31)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "position %lld is outside 1 to 2147483648", (long long)position);
    uint32_t at = 0;
    while (at < out->n_position && out->position[at] < position)
        at++;
    if (at < out->n_position && out->position[at] == position) return ROPEWALK_OK;
    if (out->n_position == RW_MAX_DIFF_POSITION)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d positions",
                       (int)RW_MAX_DIFF_POSITION);
    memmove(&out->position[at + 1], &out->position[at],
            (out->n_position - at) * sizeof out->position[0]);
    out->position[at] = position;
    out->n_position++;
    return ROPEWALK_OK;
}

ropewalk_status rw_diff_positions(rw_model_diff *out, const rw_diff_use *use,
                                  int64_t advertised, int64_t target, int64_t brief,
                                  ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < use->n_position && !status; i++)
        status = add_position(out, use->position[i], err);
    if (use->n_position || status) return status;
    status = add_position(out, 4096, err);
    if (!status) status = add_position(out, 32768, err);
    if (!status && brief > 0) status = add_position(out, brief, err);
    if (!status && advertised > 0) status = add_position(out, advertised, err);
    if (!status && target > 0) status = add_position(out, target, err);
    return status;
}

/* --- classes of layers --------------------------------------------------------------------- */

/* Where layer number `layer` stands in a description; a capture may hold only some. */
static int32_t find_layer(const rw_diff_side *side, uint32_t layer)
{
    const rw_model_info *m = &side->info;
    if (side->absent || !m->layers) return -1;
    if (layer < m->n_layer && m->layers[layer].layer == layer) return (int32_t)layer;
    for (uint32_t i = 0; i < m->n_layer; i++)
        if (m->layers[i].layer == layer) return (int32_t)i;
    return -1;
}

static bool same_kind(const rw_layer_info *a, const rw_layer_info *b)
{
    return a->attention == b->attention && a->window == b->window &&
           a->rotation == b->rotation && a->head_dim == b->head_dim &&
           a->n_head_q == b->n_head_q && a->n_head_kv == b->n_head_kv;
}

static bool belongs(const rw_diff_table *table, const rw_diff_class *class,
                    const int32_t *at)
{
    for (uint32_t s = 0; s < table->n_side; s++) {
        const int32_t first = class->cell[s].layer;
        const rw_layer_info *layers = table->side[s].info.layers;
        if ((first < 0) != (at[s] < 0)) return false;
        if (first >= 0 && layers && !same_kind(&layers[first], &layers[at[s]]))
            return false;
    }
    return true;
}

static ropewalk_status append_layer(rw_diff_class *class, uint32_t layer,
                                    ropewalk_error *err)
{
    uint32_t *list = rw_realloc(class->layer, (size_t) class->n_layer + 1, sizeof *list);
    if (!list) return rw_fail_memory(err, "classes of layers");
    class->layer = list;
    list[class->n_layer++] = layer;
    return ROPEWALK_OK;
}

static ropewalk_status put_layer(rw_diff_table *table, uint32_t layer,
                                 ropewalk_error *err)
{
    int32_t at[RW_MAX_DIFF_SIDE];
    bool any = false;
    for (uint32_t s = 0; s < table->n_side; s++) {
        at[s] = find_layer(&table->side[s], layer);
        any = any || at[s] >= 0;
        /* of an executed model only the captured layers can be compared */
        if (at[s] < 0 && table->kind == RW_DIFF_EXECUTED) return ROPEWALK_OK;
    }
    if (!any) return ROPEWALK_OK;
    for (uint32_t i = 0; i < table->n_class; i++)
        if (belongs(table, &table->list[i], at))
            return append_layer(&table->list[i], layer, err);
    if (table->n_class == MAX_CLASS)
        return rw_fail(
            err, ROPEWALK_E_UNSUPPORTED, 0,
            "the layers are of more than %d kinds: nothing to put side by side",
            (int)MAX_CLASS);
    rw_diff_class *list =
        rw_realloc(table->list, (size_t)table->n_class + 1, sizeof *list);
    if (!list) return rw_fail_memory(err, "classes of layers");
    table->list = list;
    rw_diff_class *class = &list[table->n_class++];
    *class = (rw_diff_class){0};
    for (uint32_t s = 0; s < table->n_side; s++)
        class->cell[s].layer = at[s];
    return append_layer(class, layer, err);
}

/* --- numbers of a cell --------------------------------------------------------------------- */

/* What a capture does not record is no difference. */
static const uint32_t not_captured = 1u << RW_DIFFERS_ATTENTION | 1u << RW_DIFFERS_HEADS |
                                     1u << RW_DIFFERS_OFFSET | 1u << RW_DIFFERS_SECTION;

/* What ggml divides the angle of each pair by: tensors of divisors, not the other scalings,
 * which multiply. NULL when there are none, or memory is short. */
static double *divisors(const rw_rotation_info *info)
{
    const uint32_t n_pair = info->rotary_dim / 2;
    double *divisor = rw_array(n_pair, sizeof *divisor);
    if (!divisor) return NULL;
    rw_inv_freq_unscaled(info->rope_theta, info->rotary_dim, divisor);
    for (uint32_t n = 0; n < n_pair; n++)
        divisor[n] =
            info->inv_freq[n] > 0.0 ? divisor[n] / info->inv_freq[n] : (double)INFINITY;
    return divisor;
}

/* The error of an engine's own angle arithmetic: nothing to do with which table it runs. */
static ropewalk_status angle_errors(const rw_model_diff *out, const rw_diff_side *side,
                                    const rw_rotation_info *info, rw_diff_cell *cell,
                                    ropewalk_error *err)
{
    const rw_profile profile =
        side->profile ? rw_profile_find(side->profile) : RW_N_PROFILE;
    if (profile == RW_N_PROFILE || !info || !info->inv_freq || !info->rotary_dim)
        return ROPEWALK_OK;
    double *divisor = NULL;
    if (info->rope_theta > 1.0 && (strcmp(info->mechanism, "freq_factors") == 0 ||
                                   strcmp(info->mechanism, "longrope") == 0)) {
        divisor = divisors(info);
        if (!divisor) return rw_fail_memory(err, "divisors");
    }
    const rw_rotation rot = {.rotary_dim = info->rotary_dim,
                             .pairs = info->interleaved ? RW_PAIRS_INTERLEAVED
                                                        : RW_PAIRS_HALF_SPLIT,
                             .attn_factor = info->attn_factor,
                             .inv_freq = info->inv_freq};
    for (uint32_t p = 0; p < out->n_position; p++) {
        uint32_t pair;
        cell->angle_error_rad[p] = rw_profile_largest_error(
            profile, &rot, info->rope_theta, divisor, out->position[p], &pair);
    }
    rw_free(divisor);
    return ROPEWALK_OK;
}

static bool known_arch(const rw_diff_side *side)
{
    for (uint32_t i = 0; i < side->info.n_problem; i++)
        if (side->info.problems[i].code == RW_PROBLEM_ARCH_UNKNOWN) return false;
    return !side->absent;
}

/* A converter permutes Q and K for the pair layout of its runtime, and latent attention keeps
 * its keys as one head there. Where the architecture is known, the two layouts come from the
 * tables of model/: that they differ is how these kinds of file are. */
static uint32_t explained(const rw_diff_side *a, const rw_diff_side *b,
                          const rw_layer_info *layer_a, const rw_layer_info *layer_b)
{
    if (a->gguf == b->gguf || !known_arch(a) || !known_arch(b)) return 0;
    uint32_t bits = 1u << RW_DIFFERS_PAIRS | 1u << RW_DIFFERS_OFFSET;
    const rw_diff_side *gguf = a->gguf ? a : b;
    const bool same_queries = layer_a && layer_b &&
                              layer_a->head_dim == layer_b->head_dim &&
                              layer_a->n_head_q == layer_b->n_head_q;
    const char *name = gguf->info.architecture ? gguf->info.architecture : "";
    const rw_arch *arch = rw_arch_find(RW_FILE_GGUF, name);
    if (!arch) arch = rw_arch_find(RW_FILE_CONFIG, name); /* described as converted */
    if (arch && arch->mla && same_queries) bits |= 1u << RW_DIFFERS_HEADS;
    return bits;
}

/* The wider of two windows: 0 where one of the two has none. */
static int64_t widest_window(const rw_layer_info *a, const rw_layer_info *b)
{
    if (!a || !b || !a->window || !b->window) return 0;
    return a->window > b->window ? a->window : b->window;
}

/* Whether a layer reaches every position of the context that is served. */
static bool reaches_all(const rw_layer_info *layer, int64_t context)
{
    if (layer->attention == RW_ATTENTION_FULL) return true;
    return (layer->attention == RW_ATTENTION_SLIDING ||
            layer->attention == RW_ATTENTION_CHUNKED) &&
           context > 0 && layer->window >= context;
}

/* Windows that limit nothing at the context served are no difference; a capture of a few tokens
 * is compared with what is declared all the same. */
static uint32_t idle_windows(const rw_diff_table *table, const rw_layer_info *a,
                             const rw_layer_info *b)
{
    if (table->kind == RW_DIFF_EXECUTED || !a || !b || !reaches_all(a, table->context) ||
        !reaches_all(b, table->context))
        return 0;
    return 1u << RW_DIFFERS_ATTENTION | 1u << RW_DIFFERS_WINDOW;
}

static void fill_cell(const rw_model_diff *out, const rw_diff_table *table, uint32_t s,
                      rw_diff_class *class)
{
    const rw_diff_side *a = &table->side[0], *b = &table->side[s];
    rw_diff_cell *cell = &class->cell[s];
    const rw_rotation_info *rot_a = rw_diff_rotation(a, &class->cell[0]);
    const rw_rotation_info *rot_b = rw_diff_rotation(b, cell);
    if (s > 0 && !a->absent && !b->absent)
        cell->contrast = rw_contrast_layers(
            rw_diff_layer(a, &class->cell[0]), rot_a, rw_diff_layer(b, cell), rot_b,
            a->gguf || b->gguf ? RW_STORED_FLOAT : RW_STORED_DOUBLE);
    if (table->kind == RW_DIFF_EXECUTED) cell->contrast.differs &= ~not_captured;
    cell->expected =
        cell->contrast.differs &
        (explained(a, b, rw_diff_layer(a, &class->cell[0]), rw_diff_layer(b, cell)) |
         idle_windows(table, rw_diff_layer(a, &class->cell[0]), rw_diff_layer(b, cell)));
    const int64_t window =
        widest_window(rw_diff_layer(a, &class->cell[0]), rw_diff_layer(b, cell));
    cell->window_phase_rad = (double)NAN;
    /* a window that is longer than what is served limits nothing */
    if (window && (!table->length || window < table->length) &&
        cell->contrast.frequencies)
        cell->window_phase_rad = cell->contrast.phase_rate * (double)window;
    for (uint32_t p = 0; p < out->n_position; p++) {
        cell->phase_rad[p] = cell->angle_error_rad[p] = (double)NAN;
        /* a short prompt has no farther positions */
        if (!cell->contrast.frequencies ||
            (table->short_prompt && out->position[p] > table->length))
            continue;
        cell->phase_rad[p] = cell->contrast.phase_rate * (double)out->position[p];
        cell->beyond_half_turn[p] =
            rw_contrast_beyond_half_turn(rot_a, rot_b, out->position[p]);
    }
}

ropewalk_status rw_diff_align(rw_model_diff *out, rw_diff_table *table,
                              ropewalk_error *err)
{
    uint32_t n_layer = 0; /* one more than the last layer's number */
    for (uint32_t s = 0; s < table->n_side; s++) {
        const rw_model_info *m = &table->side[s].info;
        if (m->layers && m->n_layer && m->layers[m->n_layer - 1].layer >= n_layer)
            n_layer = m->layers[m->n_layer - 1].layer + 1;
    }
    for (uint32_t layer = 0; layer < n_layer; layer++) {
        const ropewalk_status status = put_layer(table, layer, err);
        if (status) return status;
    }
    for (uint32_t i = 0; i < table->n_class; i++)
        for (uint32_t s = 0; s < table->n_side; s++) {
            rw_diff_class *class = &table->list[i];
            fill_cell(out, table, s, class);
            const ropewalk_status status = angle_errors(
                out, &table->side[s], rw_diff_rotation(&table->side[s], &class->cell[s]),
                &class->cell[s], err);
            if (status) return status;
        }
    return ROPEWALK_OK;
}
