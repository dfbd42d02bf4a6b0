/* inspect_text.c - a model description as text: the model, one block a distinct rotation, the
 * layers without one, where each value comes from, and the warnings. */
#include "report/inspect_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const double TWO_PI = 6.283185307179586476925286766559;

static const char *or_unknown(const char *s)
{
    return s && *s ? s : "unknown";
}

/* Strings out of a file may hold anything; a terminal sees only printable bytes. */
static void plain(rw_text *out, const char *s)
{
    for (; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        rw_text_append_n(out, c < 0x20 || c == 0x7f ? "?" : s, 1);
    }
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

/* "0-4, 6-10, 12": layers of which `member` is true. */
static void layer_list(rw_text *out, const rw_model_info *info,
                       bool (*member)(const rw_layer_info *, const void *),
                       const void *context)
{
    bool first = true;
    for (uint32_t i = 0; i < info->n_layer;) {
        if (!member(&info->layers[i], context)) {
            i++;
            continue;
        }
        uint32_t end = i;
        while (end + 1 < info->n_layer && member(&info->layers[end + 1], context))
            end++;
        rw_text_printf(out, first ? "%u" : ", %u", (unsigned)i);
        if (end > i) rw_text_printf(out, "-%u", (unsigned)end);
        first = false;
        i = end + 1;
    }
}

/* Layers that share everything but their number. */
static bool same_kind(const rw_layer_info *layer, const void *context)
{
    const rw_layer_info *other = context;
    return layer->rotation == other->rotation && layer->attention == other->attention &&
           layer->window == other->window && layer->head_dim == other->head_dim &&
           layer->n_head_q == other->n_head_q && layer->n_head_kv == other->n_head_kv;
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
        rw_text_append(out, "  layers             ");
        layer_list(out, info, same_kind, layer);
        if (layer->attention == RW_ATTENTION_NONE)
            rw_text_append(out, ": no attention");
        else
            rw_text_printf(out, ": %s attention", rw_attention_name(layer->attention));
        if (layer->window > 0)
            rw_text_printf(out, ", window %lld", (long long)layer->window);
        if (layer->head_dim)
            rw_text_printf(out, "; %u query and %u key heads of %u",
                           (unsigned)layer->n_head_q, (unsigned)layer->n_head_kv,
                           (unsigned)layer->head_dim);
        rw_text_append(out, "\n");
    }
}

static uint32_t n_incomplete(const rw_rotation_info *rot, int64_t context)
{
    uint32_t n = 0;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        n += rot->inv_freq[pair] * (double)context < TWO_PI;
    return n;
}

static void turns(rw_text *out, const rw_rotation_info *rot, const char *which,
                  int64_t context)
{
    if (context <= 0) return;
    rw_text_printf(out,
                   "  within %-12lld%u of %u pairs never complete a turn (%s context)\n",
                   (long long)context, (unsigned)n_incomplete(rot, context),
                   (unsigned)rot->rotary_dim / 2, which);
}

static void wavelengths(rw_text *out, const rw_model_info *info,
                        const rw_rotation_info *rot, int64_t target_context)
{
    if (!rot->inv_freq || !rot->rotary_dim) {
        rw_text_append(out, "  wavelengths        unknown\n");
        return;
    }
    double fast = rot->inv_freq[0], slow = rot->inv_freq[0];
    for (uint32_t pair = 1; pair < rot->rotary_dim / 2; pair++) {
        fast = fmax(fast, rot->inv_freq[pair]);
        slow = fmin(slow, rot->inv_freq[pair]);
    }
    rw_text_printf(out, "  wavelengths        %.4g to ", TWO_PI / fast);
    if (slow > 0)
        rw_text_printf(out, "%.6g positions\n", TWO_PI / slow);
    else
        rw_text_append(out, "infinity (pairs that do not turn)\n");
    if (info->original_context_length != target_context)
        turns(out, rot, "original", info->original_context_length);
    if (info->context_length != target_context)
        turns(out, rot, "advertised", info->context_length);
    turns(out, rot, target_context == info->context_length ? "advertised" : "target",
          target_context);
}

static void rotation(rw_text *out, const rw_model_info *info, uint32_t index,
                     int64_t target_context)
{
    const rw_rotation_info *rot = &info->rotations[index];
    rw_text_printf(out, "\nrotation %u: ", (unsigned)index);
    plain(out, rot->mechanism);
    for (uint32_t i = 0; i < rot->n_parameter; i++) {
        rw_text_printf(out, "%s%s ", i ? ", " : " (", rot->parameters[i].name);
        number(out, rot->parameters[i].value);
    }
    rw_text_append(out, rot->n_parameter ? ")\n" : "\n");
    layer_lines(out, info, (int32_t)index);
    rw_text_append(out, "  rope_theta         ");
    number(out, rot->rope_theta);
    rw_text_printf(out, "\n  rotary_dim         %u, %u pairs, %s\n",
                   (unsigned)rot->rotary_dim, (unsigned)rot->rotary_dim / 2,
                   rot->interleaved ? "interleaved (2n, 2n+1)"
                                    : "half-split (n, n + rotary_dim/2)");
    wavelengths(out, info, rot, target_context);
    rw_text_append(out, "  attention factor   ");
    number(out, rot->attn_factor);
    rw_text_append(out, "\n  softmax scale      ");
    number(out, rot->softmax_scale);
    rw_text_append(out, "\n");
}

static void provenance(rw_text *out, const rw_model_info *info)
{
    if (!info->n_provenance) return;
    rw_text_append(out, "\nwhere each value comes from\n");
    for (uint32_t i = 0; i < info->n_provenance; i++) {
        const rw_provenance *row = &info->provenance[i];
        const bool has_note = row->note && *row->note;
        rw_text_printf(out, "  %-24s ", row->value);
        if (row->key) plain(out, row->key);
        if (row->key && has_note) rw_text_append(out, ": ");
        if (has_note) plain(out, row->note);
        rw_text_append(out, "\n");
    }
}

static void length_line(rw_text *out, const char *label, int64_t n)
{
    if (n > 0)
        rw_text_printf(out, "%-21s%lld\n", label, (long long)n);
    else
        rw_text_printf(out, "%-21snot stated\n", label);
}

void rw_inspect_text(const rw_model_info *info, int64_t target_context, rw_text *out)
{
    if (target_context <= 0) target_context = info->context_length;
    rw_text_append(out, "source               ");
    plain(out, or_unknown(info->source));
    if (info->name) {
        rw_text_append(out, "\nname                 ");
        plain(out, info->name);
    }
    rw_text_append(out, "\narchitecture         ");
    plain(out, or_unknown(info->architecture));
    rw_text_printf(out, "\nlayers               %u\nweights              ",
                   (unsigned)info->n_layer);
    plain(out, or_unknown(info->dtype));
    rw_text_append(out, "\n");
    length_line(out, "advertised context", info->context_length);
    length_line(out, "original context", info->original_context_length);
    if (target_context != info->context_length)
        length_line(out, "target context", target_context);

    for (uint32_t i = 0; i < info->n_rotation; i++)
        rotation(out, info, i, target_context);
    bool unrotated = false;
    for (uint32_t i = 0; info->layers && i < info->n_layer; i++)
        unrotated = unrotated || info->layers[i].rotation < 0;
    if (unrotated) {
        rw_text_append(out, "\nno rotation (NoPE)\n");
        layer_lines(out, info, -1);
    }
    provenance(out, info);
    if (info->n_warning) rw_text_append(out, "\nwarnings\n");
    for (uint32_t i = 0; i < info->n_warning; i++) {
        rw_text_append(out, "  ");
        plain(out, info->warnings[i]);
        rw_text_append(out, "\n");
    }
}
