/* inspect_text.c - a model description as text: the model, one block a distinct rotation, the
 * layers without one, where each value comes from, and the warnings. */
#include "report/inspect_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static const double TWO_PI = 6.283185307179586476925286766559;

static const char *or_unknown(const char *s)
{
    return s && *s ? s : "unknown";
}

static void number(rw_text *out, double value)
{
    if (isnan(value)) {
        rw_text_append(out, "unknown");
        return;
    }
    char s[32];
    rw_format_double(s, value);
    rw_text_append(out, s);
}

enum { WIDTH = 100 };

/* Ends the line that `words` makes up from column `indent` on, and clears them. */
static void wrapped(rw_text *out, rw_text *words, size_t indent)
{
    if (words->failed) out->failed = true;
    rw_text_wrap(out, words->data ? words->data : "", indent, WIDTH);
    rw_text_clear(words);
}

/* Layers that share everything but their number. */
static bool same_kind(const rw_layer_info *layer, const rw_layer_info *other)
{
    return layer->rotation == other->rotation && layer->attention == other->attention &&
           layer->window == other->window && layer->head_dim == other->head_dim &&
           layer->n_head_q == other->n_head_q && layer->n_head_kv == other->n_head_kv;
}

/* The numbers of all layers of the kind of `layer`. */
static void layer_list(rw_text *out, const rw_model_info *info,
                       const rw_layer_info *layer)
{
    uint32_t *list = rw_calloc(info->n_layer, sizeof *list), n = 0;
    if (!list) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; i < info->n_layer; i++)
        if (same_kind(&info->layers[i], layer)) list[n++] = i;
    rw_text_runs(out, list, n);
    rw_free(list);
}

/* Lines a rotation: a hostile file may give every layer its own heads. */
enum { MAX_KIND = 64 };

/* One line a kind of layer that uses `rotation`. */
static void layer_lines(rw_text *out, const rw_model_info *info, int32_t rotation)
{
    const rw_layer_info *kinds[MAX_KIND];
    size_t n_kind = 0;
    for (uint32_t i = 0; i < info->n_layer; i++) {
        const rw_layer_info *layer = &info->layers[i];
        if (layer->rotation != rotation) continue;
        size_t k = 0;
        while (k < n_kind && !same_kind(kinds[k], layer))
            k++;
        if (k < n_kind) continue;
        if (n_kind == MAX_KIND) {
            rw_text_append(out, "  layers             ... and other kinds\n");
            return;
        }
        kinds[n_kind++] = layer;
        rw_text words;
        rw_text_init(&words);
        layer_list(&words, info, layer);
        if (layer->attention == RW_ATTENTION_NONE)
            rw_text_append(&words, ": no attention");
        else
            rw_text_printf(&words, ": %s attention", rw_attention_name(layer->attention));
        if (layer->window > 0)
            rw_text_printf(&words, ", window %lld", (long long)layer->window);
        if (layer->head_dim)
            rw_text_printf(&words, "; %u query and %u key heads of %u",
                           (unsigned)layer->n_head_q, (unsigned)layer->n_head_kv,
                           (unsigned)layer->head_dim);
        rw_text_append(out, "  layers             ");
        wrapped(out, &words, 21);
    }
}

static uint32_t n_still(const rw_rotation_info *rot)
{
    uint32_t n = 0;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        n += rot->inv_freq[pair] <= 0.0;
    return n;
}

/* Of the pairs that turn: those that never come round. */
static uint32_t n_incomplete(const rw_rotation_info *rot, int64_t context)
{
    uint32_t n = 0;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        n += rot->inv_freq[pair] > 0.0 && rot->inv_freq[pair] * (double)context < TWO_PI;
    return n;
}

/* How far layers of a rotation see: the widest window, 0 when one of them sees everything. */
static int64_t reach(const rw_model_info *info, uint32_t rotation)
{
    int64_t widest = 0;
    for (uint32_t i = 0; info->layers && i < info->n_layer; i++) {
        const rw_layer_info *layer = &info->layers[i];
        if (layer->rotation != (int32_t)rotation) continue;
        if (layer->window <= 0) return 0;
        if (layer->window > widest) widest = layer->window;
    }
    return widest;
}

/* Distances that matter, each with what it is; equal ones share a line. */
static void turns(rw_text *out, const rw_model_info *info, uint32_t index)
{
    const rw_rotation_info *rot = &info->rotations[index];
    const int64_t window = reach(info, index);
    const uint32_t n_turning = rot->rotary_dim / 2 - n_still(rot);
    const struct {
        int64_t tokens;
        const char *name;
    } rows[] = {{window, "window"},
                {info->original_context_length, "original context"},
                {info->context_length, "advertised context"},
                {info->context, "target context"}};
    enum { N = sizeof rows / sizeof *rows };
    for (int i = 0; i < N; i++) {
        bool seen = rows[i].tokens <= 0 || (window && rows[i].tokens > window);
        for (int j = 0; j < i; j++)
            seen = seen || rows[j].tokens == rows[i].tokens;
        if (seen) continue;
        rw_text_printf(
            out, "  within %-12" PRId64 "%u of %u %s never complete a turn (%s",
            rows[i].tokens, (unsigned)n_incomplete(rot, rows[i].tokens),
            (unsigned)n_turning,
            n_turning < rot->rotary_dim / 2 ? "turning pairs" : "pairs", rows[i].name);
        for (int j = i + 1; j < N - 1; j++) /* a target is one only when it differs */
            if (rows[j].tokens == rows[i].tokens)
                rw_text_printf(out, ", %s", rows[j].name);
        rw_text_append(out, ")\n");
    }
}

static void wavelengths(rw_text *out, const rw_model_info *info, uint32_t index)
{
    const rw_rotation_info *rot = &info->rotations[index];
    if (!rot->inv_freq || !rot->rotary_dim) {
        rw_text_append(out, "  wavelengths        unknown\n");
        return;
    }
    double fast = 0.0, slow = (double)INFINITY;
    const uint32_t still = n_still(rot);
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++) {
        if (rot->inv_freq[pair] <= 0.0) continue;
        fast = fmax(fast, rot->inv_freq[pair]);
        slow = fmin(slow, rot->inv_freq[pair]);
    }
    if (still < rot->rotary_dim / 2)
        rw_text_printf(out, "  wavelengths        %.4g to %.6g positions%s",
                       TWO_PI / fast, TWO_PI / slow,
                       strcmp(rot->mechanism, "none") == 0 ? "" : ", after scaling");
    else
        rw_text_append(out, "  wavelengths        none");
    if (still)
        rw_text_printf(out, "; %u of %u pairs do not turn at all", (unsigned)still,
                       (unsigned)rot->rotary_dim / 2);
    rw_text_append(out, "\n");
    if (still < rot->rotary_dim / 2) turns(out, info, index);
}

/* Which dimensions, and how they form pairs. */
static void shape(rw_text *out, const rw_model_info *info, uint32_t index)
{
    const rw_rotation_info *rot = &info->rotations[index];
    rw_text_printf(out, "  rotary_dim         %u, %u pairs, %s\n",
                   (unsigned)rot->rotary_dim, (unsigned)rot->rotary_dim / 2,
                   rot->interleaved ? "interleaved (2n, 2n+1)"
                                    : "half-split (n, n + rotary_dim/2)");
    uint32_t head_dim = 0;
    for (uint32_t i = 0; info->layers && i < info->n_layer && !head_dim; i++)
        if (info->layers[i].rotation == (int32_t)index)
            head_dim = info->layers[i].head_dim;
    if (rot->rotary_offset)
        rw_text_printf(out, "  rotated            dimensions %u to %u of %u\n",
                       (unsigned)rot->rotary_offset,
                       (unsigned)(rot->rotary_offset + rot->rotary_dim - 1),
                       (unsigned)head_dim);
    else if (head_dim > rot->rotary_dim)
        rw_text_printf(out, "  rotated            the first %u dimensions of %u\n",
                       (unsigned)rot->rotary_dim, (unsigned)head_dim);
    if (!rot->section[0] && !rot->section[1] && !rot->section[2] && !rot->section[3])
        return;
    rw_text words;
    rw_text_init(&words);
    int last = 3;
    while (last > 0 && !rot->section[last])
        last--;
    for (int i = 0; i <= last; i++)
        rw_text_printf(&words, "%s%u", i ? ", " : "", (unsigned)rot->section[i]);
    rw_text_printf(
        &words,
        " pairs an axis%s; on text all axes hold the same position, and this is "
        "a rotation of one dimension",
        rot->section_interleaved ? ", interleaved" : "");
    rw_text_append(out, "  sections           ");
    wrapped(out, &words, 21);
}

static void rotation(rw_text *out, const rw_model_info *info, uint32_t index)
{
    const rw_rotation_info *rot = &info->rotations[index];
    rw_text_printf(out, "\nrotation %u: ", (unsigned)index);
    rw_text_plain(out, rot->mechanism);
    if (strcmp(rot->mechanism, "none") == 0 && !rot->n_parameter)
        rw_text_append(out, " (frequencies are not scaled)");
    rw_text_append(out, "\n");
    rw_text words;
    rw_text_init(&words);
    for (uint32_t i = 0; i < rot->n_parameter; i++) {
        rw_text_printf(&words, "%s%s ", i ? ", " : "", rot->parameters[i].name);
        number(&words, rot->parameters[i].value);
    }
    if (rot->n_parameter) {
        rw_text_append(out, "  parameters         ");
        wrapped(out, &words, 21);
    }
    layer_lines(out, info, (int32_t)index);
    rw_text_append(out, "  rope_theta         ");
    number(out, rot->rope_theta);
    rw_text_append(out, "\n");
    shape(out, info, index);
    wavelengths(out, info, index);
    rw_text_append(out, "  attention factor   ");
    number(out, rot->attn_factor);
    rw_text_append(out, "\n  softmax scale      ");
    number(out, rot->softmax_scale);
    rw_text_append(out, "\n");
}

/* --- precision ---------------------------------------------------------------------------- */

/* A column's cell; the last one of a line is not padded. */
static void column(rw_text *out, const rw_precision_table *table, uint32_t c,
                   const char *text)
{
    const bool last = c + 1 == table->n_context;
    rw_text_printf(out, last ? " %s\n" : " %-20s", text);
}

static void error_cell(char text[48], const rw_precision_cell *cell, int64_t context)
{
    const int n = isnan(cell->error)   ? snprintf(text, 48, "unknown")
                  : isinf(cell->error) ? snprintf(text, 48, "overflow")
                                       : snprintf(text, 48, "%.3g", cell->error);
    if (!cell->counted)
        (void)snprintf(text + n, 48 - (size_t)n, ", -");
    else if (cell->distinct != (uint64_t)context)
        (void)snprintf(text + n, 48 - (size_t)n, ", %" PRIu64, cell->distinct);
}

static void precision_row(rw_text *out, const rw_precision_table *table,
                          const rw_precision_row *row)
{
    char text[48];
    bool any_identical = false;
    rw_text_printf(out, "  %-18s", row->profile);
    for (uint32_t c = 0; c < table->n_context; c++) {
        error_cell(text, &row->cell[c], table->context[c]);
        column(out, table, c, text);
        any_identical = any_identical || row->cell[c].identical;
    }
    if (!any_identical) return;
    rw_text_printf(out, "  %-18s", "  identical pairs");
    for (uint32_t c = 0; c < table->n_context; c++) {
        (void)snprintf(text, sizeof text, "%" PRIu64, row->cell[c].identical);
        if (!row->cell[c].counted) (void)snprintf(text, sizeof text, "-");
        column(out, table, c, text);
    }
}

static void precision(rw_text *out, const rw_precision_table *table)
{
    for (uint32_t i = 0; i < table->n_row; i++) {
        const rw_precision_row *row = &table->rows[i];
        if (i == 0 || row->rotation != row[-1].rotation) {
            rw_text_printf(
                out,
                "\nprecision of rotation %u: largest error of an angle in "
                "radian (of a cache: of cos or sin) among\n64 positions of the "
                "second half of a context; where positions become identical, "
                "how many stay\ndifferent and how many pairs of positions "
                "coincide (-: not counted)\n  %-18s",
                (unsigned)row->rotation, "context");
            for (uint32_t c = 0; c < table->n_context; c++) {
                char text[24];
                (void)snprintf(text, sizeof text, "%" PRId64, table->context[c]);
                column(out, table, c, text);
            }
        }
        precision_row(out, table, row);
    }
}

/* --- the whole ---------------------------------------------------------------------------- */

static void provenance(rw_text *out, const rw_model_info *info)
{
    if (!info->n_provenance) return;
    rw_text_append(out, "\nwhere each value comes from\n");
    for (uint32_t i = 0; i < info->n_provenance; i++) {
        const rw_provenance *row = &info->provenance[i];
        const bool has_note = row->note && *row->note;
        rw_text words;
        rw_text_init(&words);
        if (row->key) rw_text_plain(&words, row->key);
        if (row->key && has_note) rw_text_append(&words, ": ");
        if (has_note) rw_text_plain(&words, row->note);
        rw_text_printf(out, "  %-24s ", row->value);
        wrapped(out, &words, 27);
    }
}

static void length_line(rw_text *out, const char *label, int64_t n)
{
    if (n > 0)
        rw_text_printf(out, "%-21s%lld\n", label, (long long)n);
    else
        rw_text_printf(out, "%-21snot stated\n", label);
}

static const char *positions_text(rw_positions positions)
{
    switch (positions) {
    case RW_POSITIONS_ROPE: return "rotary (RoPE)";
    case RW_POSITIONS_ALIBI:
        return "ALiBi: a penalty that grows with the distance, no RoPE";
    case RW_POSITIONS_LEARNED: return "learned vectors, one a position, no RoPE";
    case RW_POSITIONS_NONE:
        return "none: told apart by the causal mask or recurrence alone";
    case RW_POSITIONS_UNKNOWN: return "unknown";
    }
    return "unknown";
}

static void heading(rw_text *out, const rw_inspect_view *view)
{
    const rw_model_info *info = view->info;
    rw_text_append(out, "source               ");
    rw_text_plain(out, or_unknown(info->source));
    if (view->n_byte_read)
        rw_text_printf(out, "\nfetched              %" PRIu64 " bytes",
                       view->n_byte_read);
    if (info->name) {
        rw_text_append(out, "\nname                 ");
        rw_text_plain(out, info->name);
    }
    rw_text_append(out, "\narchitecture         ");
    rw_text_plain(out, or_unknown(info->architecture));
    rw_text_printf(out, "\npositions            %s", positions_text(info->positions));
    if (info->engine)
        rw_text_printf(out, "\nunder the rules of   %s %s", info->engine,
                       view->engine_version ? view->engine_version : "");
    rw_text_printf(out, "\nlayers               %u\nweights              ",
                   (unsigned)info->n_layer);
    rw_text_plain(out, or_unknown(info->dtype));
    rw_text_append(out, "\n");
    length_line(out, "advertised context", info->context_length);
    length_line(out, "original context", info->original_context_length);
    if (info->context != info->context_length)
        length_line(out, "target context", info->context);
    if (info->length != info->context) length_line(out, "tokens so far", info->length);
}

void rw_inspect_text(const rw_inspect_view *view, rw_text *out)
{
    const rw_model_info *info = view->info;
    heading(out, view);
    for (uint32_t i = 0; i < info->n_rotation; i++)
        rotation(out, info, i);
    bool unrotated = false;
    for (uint32_t i = 0; info->layers && i < info->n_layer; i++)
        unrotated = unrotated || info->layers[i].rotation < 0;
    if (unrotated) {
        rw_text_append(out, info->positions == RW_POSITIONS_ROPE
                                ? "\nno rotation (NoPE)\n"
                                : "\nno rotation\n");
        layer_lines(out, info, -1);
    }
    if (view->precision) precision(out, view->precision);
    provenance(out, info);
    if (info->n_warning) rw_text_append(out, "\nwarnings\n");
    for (uint32_t i = 0; i < info->n_warning; i++) {
        rw_text words;
        rw_text_init(&words);
        rw_text_plain(&words, info->warnings[i]);
        rw_text_append(out, "  ");
        wrapped(out, &words, 4);
    }
}
