/* layer.c - which layers attend, how far, and which of them rotate. */
#include "model/layer.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

/* --- windows ---------------------------------------------------------------------------- */

static bool generic(const rw_builder *b)
{
    return b->arch == rw_arch_generic();
}

static ropewalk_status note_pattern(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    char note[96];
    if (hp->said)
        return rw_note_key(b, "layer_pattern", hp->key_said, "one kind a layer");
    if (hp->sliding || hp->window_period_known)
        return rw_note_key(b, "layer_pattern", hp->key_window_pattern,
                           hp->sliding ? "one flag a layer" : "a period");
    if (b->arch->all_slide)
        return rw_note_assumed(b, "layer_pattern",
                               "fixed by the architecture: every layer");
    (void)snprintf(note, sizeof note,
                   "fixed by architecture %s: one layer in %u attends fully",
                   hp->architecture, (unsigned)b->period);
    return rw_note_assumed(b, "layer_pattern", note);
}

/* A window that no layer uses. */
static ropewalk_status note_no_window(rw_builder *b, const rw_hvalue *window)
{
    const rw_hparams *hp = b->hp;
    if (!window->known || window->num < 1) return ROPEWALK_OK;
    if (generic(b))
        return rw_note_warn(b,
                            "key %s is %.0f, but which layers slide is not known: every "
                            "layer is read as full attention",
                            window->key, window->num);
    if (hp->kind == RW_FILE_CONFIG && hp->v[RW_HP_USE_WINDOW].known)
        return rw_note_key(b, "window", hp->v[RW_HP_USE_WINDOW].key, "switched off");
    return rw_note_warn(b,
                        "key %s is %.0f; %s does not apply a window for architecture %s: "
                        "every layer is read as full attention",
                        window->key, window->num, b->engine->name, hp->architecture);
}

/* Does the file itself give a layer a window? */
static bool says_window(const rw_hparams *hp)
{
    for (uint32_t layer = 0; hp->said && layer < hp->n_layer; layer++)
        if (hp->said[layer] == RW_SAID_SLIDING || hp->said[layer] == RW_SAID_CHUNKED)
            return true;
    return false;
}

static bool has_pattern(const rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_arch *arch = b->arch;
    const double on =
        rw_value_or(hp, RW_HP_USE_WINDOW, arch->window_switched ? 0.0 : 1.0);
    if (on < 1 || (arch->window_n_layer && arch->window_n_layer != hp->n_layer))
        return false;
    if (arch->window_if_said && !hp->v[RW_HP_WINDOW].known) return false;
    if (arch->full_period || arch->all_slide || says_window(hp)) return true;
    if (arch->window_switched && hp->v[RW_HP_MAX_WINDOW_LAYERS].known) return true;
    return (generic(b) || arch->window_kind == RW_ATTENTION_SLIDING) &&
           (hp->sliding || hp->window_period_known);
}

static ropewalk_status find_window(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_arch *arch = b->arch;
    const bool chunked = arch->window_kind == RW_ATTENTION_CHUNKED;
    const rw_hparam which =
        chunked && hp->kind == RW_FILE_CONFIG ? RW_HP_CHUNK : RW_HP_WINDOW;
    const rw_hvalue *window = &hp->v[which];
    b->period = hp->window_period_known ? hp->window_period : arch->full_period;
    b->always_rope =
        chunked && hp->kind == RW_FILE_GGUF && window->known && window->num < 1;
    if (!has_pattern(b)) return note_no_window(b, window);

    b->window = (int64_t)rw_value_or(hp, which, (double)arch->window_default);
    if (b->always_rope) b->window = 0;
    /* llama4's chunk is fixed in llama.cpp whatever the key says */
    if (b->window && chunked && hp->kind == RW_FILE_GGUF)
        b->window = arch->window_default;
    if (!b->window) return ROPEWALK_OK;
    const ropewalk_status status =
        window->known ? rw_note_known(b, which, "window", NULL)
                      : rw_note_assumed(b, "window",
                                        "fixed by the architecture; the file has no key "
                                        "for it");
    return status ? status : note_pattern(b);
}

/* --- the kind of one layer -------------------------------------------------------------- */

static bool slides(const rw_builder *b, uint32_t layer)
{
    const rw_hparams *hp = b->hp;
    if (!b->window) return false;
    if (hp->sliding) return hp->sliding[layer] != 0;
    if (b->arch->all_slide && !hp->window_period_known) return true;
    if (hp->v[RW_HP_MAX_WINDOW_LAYERS].known && !b->arch->full_period)
        return layer >= hp->v[RW_HP_MAX_WINDOW_LAYERS].num;
    if (!b->period) return true;
    if (b->arch->zero_is_full && layer == 0) return false;
    return b->arch->full_first ? layer % b->period != 0
                               : layer % b->period < b->period - 1;
}

static bool is_linear(const rw_builder *b, uint32_t layer)
{
    if (!b->arch->linear_period) return false;
    const uint32_t period = (uint32_t)rw_value_or(b->hp, RW_HP_FULL_ATTENTION_INTERVAL,
                                                  (double)b->arch->linear_period);
    return layer % period != period - 1;
}

/* The attention of a layer that has heads, and the class its rotation belongs to. */
static rw_attention kind_of(const rw_builder *b, uint32_t layer, rw_layer_class *class)
{
    const rw_hparams *hp = b->hp;
    *class = RW_LAYERS_FULL;
    switch (hp->said ? (rw_layer_said)hp->said[layer] : RW_SAID_NOTHING) {
    case RW_SAID_FULL: return RW_ATTENTION_FULL;
    case RW_SAID_SLIDING:
        *class = RW_LAYERS_SLIDING;
        return b->window ? RW_ATTENTION_SLIDING : RW_ATTENTION_FULL;
    case RW_SAID_CHUNKED:
        *class = RW_LAYERS_SLIDING;
        return b->window ? RW_ATTENTION_CHUNKED : RW_ATTENTION_FULL;
    case RW_SAID_LINEAR: return RW_ATTENTION_LINEAR;
    case RW_SAID_NONE: return RW_ATTENTION_NONE;
    case RW_SAID_NOTHING: break;
    }
    if (!hp->said && is_linear(b, layer)) return RW_ATTENTION_LINEAR;
    if (!slides(b, layer)) return RW_ATTENTION_FULL;
    *class = RW_LAYERS_SLIDING;
    return b->arch->window_kind == RW_ATTENTION_CHUNKED ? RW_ATTENTION_CHUNKED
                                                        : RW_ATTENTION_SLIDING;
}

static bool no_rope_at_all(const rw_builder *b)
{
    return b->info->positions != RW_POSITIONS_ROPE;
}

static bool rotates(const rw_builder *b, uint32_t layer, rw_layer_class class)
{
    const rw_arch *arch = b->arch;
    if (no_rope_at_all(b) || b->hp->block[class].is_null) return false;
    if (b->hp->rope_on) return b->hp->rope_on[layer] != 0;
    if (b->always_rope) return true;
    const uint32_t period =
        arch->nope_period
            ? (uint32_t)rw_value_or(b->hp, RW_HP_NOPE_PERIOD, arch->nope_period)
            : 0;
    if (period && layer % period == period - 1) return false;
    return !(arch->full_is_nope && b->window && class == RW_LAYERS_FULL);
}

static ropewalk_status note_nope(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_arch *arch = b->arch;
    static const char value[] = "layers_without_rope";
    if (hp->rope_on) return rw_note_key(b, value, hp->key_rope_on, "one flag a layer");
    if (hp->mla_nope) return rw_note_key(b, value, "mla_use_nope", "all");
    if (b->info->positions == RW_POSITIONS_NONE && hp->positions[0])
        return rw_note_key(b, value, hp->key_positions, "all");
    if (rw_value_or(hp, RW_HP_ALIBI, 0.0) > 0.0)
        return rw_note_known(b, RW_HP_ALIBI, value, "all: ALiBi takes its place");
    if (arch->kind != RW_ARCH_ROPE)
        return rw_note_assumed(b, value, "all, by architecture");
    if (arch->nope_period && !b->always_rope)
        return hp->v[RW_HP_NOPE_PERIOD].known
                   ? rw_note_known(b, RW_HP_NOPE_PERIOD, value, "every so many layers")
                   : rw_note_assumed(b, value,
                                     "every fourth layer, fixed in code; no key says it");
    if (arch->full_is_nope && b->window)
        return rw_note_assumed(b, value, "the full-attention layers, fixed in code");
    return ROPEWALK_OK;
}

/* --- layers ----------------------------------------------------------------------------- */

static ropewalk_status check_heads(rw_builder *b, uint32_t layer, uint32_t n_head_q,
                                   uint32_t n_head_kv)
{
    const rw_hparams *hp = b->hp;
    if (!hp->head_array && (!n_head_q || !n_head_kv))
        return rw_fail(b->err, ROPEWALK_E_FORMAT, 0,
                       "key %s is 0: a layer must have heads",
                       n_head_q ? hp->key_head_kv : hp->key_head_q);
    if (n_head_kv && n_head_q % n_head_kv != 0)
        return rw_fail(
            b->err, ROPEWALK_E_FORMAT, 0,
            "key %s is %u at layer %u, which does not divide the %u query heads",
            hp->key_head_kv, (unsigned)n_head_kv, (unsigned)layer, (unsigned)n_head_q);
    return ROPEWALK_OK;
}

static ropewalk_status build_layer(rw_builder *b, uint32_t layer)
{
    const rw_hparams *hp = b->hp;
    rw_layer_info *out = &b->info->layers[layer];
    const uint32_t n_head_q = hp->n_head_q[layer];
    const uint32_t n_head_kv = hp->n_head_kv ? hp->n_head_kv[layer] : n_head_q;
    const ropewalk_status status = check_heads(b, layer, n_head_q, n_head_kv);
    if (status) return status;
    *out =
        (rw_layer_info){.layer = layer, .attention = RW_ATTENTION_NONE, .rotation = -1};
    if (!n_head_q) return ROPEWALK_OK;
    rw_layer_class class;
    out->attention = kind_of(b, layer, &class);
    if (out->attention == RW_ATTENTION_NONE) return ROPEWALK_OK;
    out->n_head_q = n_head_q;
    if (!n_head_kv || out->attention == RW_ATTENTION_LINEAR) {
        out->attention = RW_ATTENTION_LINEAR;
        return ROPEWALK_OK;
    }
    out->window = out->attention == RW_ATTENTION_FULL ? 0 : b->window;
    out->n_head_kv = n_head_kv;
    out->head_dim = rw_shape_head_dim(b, class, layer);
    if (!rotates(b, layer, class)) return ROPEWALK_OK;
    return rw_rotate(b, class, layer, &out->rotation);
}

static ropewalk_status no_attention(rw_builder *b, const char *why)
{
    b->info->positions = RW_POSITIONS_NONE;
    for (uint32_t layer = 0; layer < b->hp->n_layer; layer++)
        b->info->layers[layer] = (rw_layer_info){
            .layer = layer, .attention = RW_ATTENTION_NONE, .rotation = -1};
    return rw_note_warn(b, "%s: there is no layer to audit", why);
}

/* The class has a number of heads of its own then, which is told and not applied. */
static ropewalk_status heads_unsaid(rw_builder *b)
{
    b->info->positions = RW_POSITIONS_UNKNOWN;
    for (uint32_t layer = 0; layer < b->hp->n_layer; layer++)
        b->info->layers[layer] = (rw_layer_info){
            .layer = layer, .attention = RW_ATTENTION_NONE, .rotation = -1};
    return rw_note_problem(
        b, RW_PROBLEM_HEAD_DIM, "n_head_q", "num_attention_heads",
        "key num_attention_heads is absent: what the layers of %s look "
        "like is left to the defaults of its class, and unknown",
        b->hp->architecture);
}

static ropewalk_status note_shape(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    ropewalk_status status = rw_note_key(b, "n_head_q", hp->key_head_q, NULL);
    if (!status)
        status = hp->n_head_kv
                     ? rw_note_key(b, "n_head_kv", hp->key_head_kv, NULL)
                     : rw_note_assumed(b, "n_head_kv", "absent: as many as query heads");
    if (!status && hp->kind == RW_FILE_CONFIG && hp->v[RW_HP_ROPE_INTERLEAVE].known)
        status = rw_note_known(b, RW_HP_ROPE_INTERLEAVE, "pairs", NULL);
    if (!status)
        status =
            rw_note_assumed(b, "pairs",
                            generic(b) ? "assumed: the architecture is not in the table"
                            : hp->kind == RW_FILE_GGUF
                                ? "fixed by the architecture, for GGUF files"
                                : "fixed by the architecture, for its own weights");
    return status ? status : note_nope(b);
}

/* Does any key speak of RoPE? Asked of architectures nobody knows. */
static bool speaks_of_rope(const rw_hparams *hp)
{
    static const rw_hparam rope[] = {RW_HP_ROPE_THETA,   RW_HP_ROPE_THETA_SLIDING,
                                     RW_HP_ROTARY_DIM,   RW_HP_PARTIAL_FACTOR,
                                     RW_HP_ROPE_DIM_MLA, RW_HP_ROPE_RATIO,
                                     RW_HP_FACTOR,       RW_HP_FACTOR_LEGACY};
    for (size_t i = 0; i < sizeof rope / sizeof rope[0]; i++)
        if (hp->v[rope[i]].known) return true;
    return hp->block[RW_LAYERS_FULL].present || hp->block[RW_LAYERS_SLIDING].present ||
           hp->theta_of || hp->rotary_dim_of || hp->scaling_type[0] || hp->divisor ||
           hp->n_long || hp->n_short;
}

/* How positions are told apart, before any layer is looked at. */
static ropewalk_status find_positions(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    rw_positions *positions = &b->info->positions;
    const bool no_alibi = hp->v[RW_HP_ALIBI].known && hp->v[RW_HP_ALIBI].num < 1;
    switch (b->arch->kind) {
    case RW_ARCH_ROPE: *positions = RW_POSITIONS_ROPE; break;
    case RW_ARCH_NO_ROPE: *positions = RW_POSITIONS_NONE; break;
    case RW_ARCH_RECURRENT: *positions = RW_POSITIONS_NONE; break;
    case RW_ARCH_LEARNED: *positions = RW_POSITIONS_LEARNED; break;
    case RW_ARCH_ALIBI:
        *positions = no_alibi ? RW_POSITIONS_LEARNED : RW_POSITIONS_ALIBI;
        break;
    }
    if (rw_value_or(hp, RW_HP_ALIBI, 0.0) > 0.0) *positions = RW_POSITIONS_ALIBI;
    if (b->arch->alibi_n_layer && b->arch->alibi_n_layer == hp->n_layer)
        *positions = RW_POSITIONS_ALIBI;
    if (hp->mla_nope || strcmp(hp->positions, "nope") == 0)
        *positions = RW_POSITIONS_NONE;
    if (b->arch->rope_if_said && strcmp(hp->positions, "rope") != 0)
        *positions = RW_POSITIONS_NONE;
    if (b->arch->rope_if_finetuned && rw_value_or(hp, RW_HP_FINETUNED, 1.0) < 1)
        *positions = RW_POSITIONS_NONE;
    if (!generic(b) || hp->kind == RW_FILE_GGUF || *positions != RW_POSITIONS_ROPE ||
        speaks_of_rope(hp))
        return ROPEWALK_OK;
    *positions = RW_POSITIONS_UNKNOWN;
    return rw_note_warn(b,
                        "no key speaks of rotary embeddings, and architecture \"%s\" is "
                        "not known: how it tells positions apart is unknown",
                        hp->architecture);
}

/* What else depends on positions, is recognised, and is not part of the rotations. */
static ropewalk_status note_unmodelled(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    ropewalk_status status = ROPEWALK_OK;
    if (b->arch->caution) status = rw_note_warn(b, "not modelled: %s", b->arch->caution);
    if (!status && hp->v[RW_HP_DUAL_CHUNK].known)
        status = rw_note_warn(b,
                              "not modelled: key %s asks for dual chunk attention, which "
                              "remaps distances beyond a chunk of %.0f tokens",
                              hp->v[RW_HP_DUAL_CHUNK].key, hp->v[RW_HP_DUAL_CHUNK].num);
    if (!status && hp->v[RW_HP_TEMPERATURE].known)
        status = rw_note_warn(b,
                              "not modelled: key %s scales scores with the logarithm of "
                              "the query's position",
                              hp->v[RW_HP_TEMPERATURE].key);
    return status;
}

ropewalk_status rw_layers_build(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    ropewalk_status status = find_positions(b);
    if (status || !hp->n_layer) return status;
    b->info->layers = rw_calloc(hp->n_layer, sizeof *b->info->layers);
    if (!b->info->layers) return rw_fail_memory(b->err, "layers");
    if (b->arch->kind == RW_ARCH_RECURRENT)
        return no_attention(b, "the architecture has no attention");
    if (!hp->n_head_q && hp->kind == RW_FILE_CONFIG && !generic(b) &&
        b->arch->kind == RW_ARCH_ROPE)
        return heads_unsaid(b);
    if (!hp->n_head_q) return no_attention(b, "the file has no attention keys");
    if (!rw_shape_n_head(hp) && hp->head_array)
        return no_attention(b, "no layer has heads");
    status = check_heads(b, 0, hp->head_array ? 1 : hp->n_head_q[0], 1);
    if (!status) status = find_window(b);
    if (!status) status = rw_shape_find(b);
    if (!status) status = note_shape(b);
    if (!status) status = note_unmodelled(b);
    for (uint32_t layer = 0; layer < hp->n_layer && !status; layer++)
        status = build_layer(b, layer);
    rw_free(b->made);
    b->made = NULL;
    return status;
}
