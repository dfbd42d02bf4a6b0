/* rotate.c - a layer's rotation: base, scaling and frequencies, kept once where layers agree. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "model/scaling.h"

/* A file that gives every layer its own base would otherwise fill memory. */
enum { MAX_ROTATION = 256, MAX_PARAMETER = 2 * RW_MAX_PARAM + 3 };

/* --- base ------------------------------------------------------------------------------- */

/* What a reader assumes then is told, and not applied: it is wrong for many models. */
static ropewalk_status theta_unknown(rw_builder *b, const char *value, const char *key,
                                     double class_default)
{
    const bool gguf = b->hp->kind == RW_FILE_GGUF;
    const double assumed = gguf || !(class_default > 0.0) ? 10000.0 : class_default;
    char who[64] = "llama.cpp itself";
    char note[128] = "unknown";
    if (!gguf) {
        (void)snprintf(who, sizeof who, "transformers %s",
                       rw_engine_find("transformers")->version);
        if (class_default > 0.0)
            (void)snprintf(note, sizeof note,
                           "unknown; the class's default in %s is %.10g", who,
                           class_default);
    }
    const ropewalk_status status = rw_note_key(b, value, key, note);
    if (status) return status;
    return rw_note_problem(
        b, RW_PROBLEM_THETA_UNKNOWN, value, key,
        "key %s is absent: the rotary base is unknown; %s assumes %.10g "
        "then, which is wrong for many models",
        key, who, assumed);
}

static ropewalk_status find_theta(rw_builder *b, rw_layer_class class, uint32_t layer,
                                  double *theta)
{
    const rw_hparams *hp = b->hp;
    const rw_hvalue *own = &hp->v[RW_HP_ROPE_THETA],
                    *sliding = &hp->v[RW_HP_ROPE_THETA_SLIDING];
    if (rw_config_overlooked(b)) {
        *theta = (double)NAN;
        return rw_note_problem(
            b, RW_PROBLEM_NOT_RUN, "rope_parameters", hp->block[class].key,
            "%s does not read rope_parameters for %s: it runs a default base without "
            "scaling, and frequencies are unknown",
            b->engine->name, hp->architecture);
    }
    *theta = own->num;
    /* DeepSeek-V4: layers with compressed keys, which see everything, have a base of their own */
    const rw_hvalue *compressed = &hp->v[RW_HP_ROPE_THETA_COMPRESSED];
    if (compressed->known && class == RW_LAYERS_FULL) {
        *theta = compressed->num;
        return rw_note_known(b, RW_HP_ROPE_THETA_COMPRESSED, "rope_theta", NULL);
    }
    if (compressed->known && own->known)
        return rw_note_known(b, RW_HP_ROPE_THETA, "rope_theta_sliding", NULL);
    if (hp->theta_of) {
        *theta = hp->theta_of[layer];
        return rw_note_key(b, "rope_theta", own->key, "one a layer");
    }
    if (class == RW_LAYERS_SLIDING) {
        if (sliding->known) {
            *theta = sliding->num;
            return rw_note_known(b, RW_HP_ROPE_THETA_SLIDING, "rope_theta_sliding", NULL);
        }
        if (b->arch->sliding_theta > 0.0 && hp->kind == RW_FILE_CONFIG) {
            *theta = (double)NAN;
            return theta_unknown(b, "rope_theta_sliding",
                                 sliding->key[0] ? sliding->key : "rope_local_base_freq",
                                 b->arch->sliding_theta);
        }
        if (b->arch->sliding_theta > 0.0) {
            *theta = b->arch->sliding_theta;
            return rw_note_assumed(b, "rope_theta_sliding",
                                   "fixed by the architecture; the file has no key for "
                                   "it");
        }
    }
    if (own->known) return rw_note_known(b, RW_HP_ROPE_THETA, "rope_theta", NULL);
    if (hp->v[RW_HP_ROPE_RATIO].known) {
        *theta = 10000.0 * hp->v[RW_HP_ROPE_RATIO].num;
        return rw_note_known(b, RW_HP_ROPE_RATIO, "rope_theta", "10000 times rope_ratio");
    }
    if (b->arch->theta_fixed > 0.0) {
        *theta = b->arch->theta_fixed;
        return rw_note_assumed(b, "rope_theta",
                               hp->kind == RW_FILE_GGUF
                                   ? "the converter writes no base for this "
                                     "architecture, and llama.cpp takes 10000"
                                   : "written in the architecture's code; there is no "
                                     "key for it");
    }
    if (b->converted) {
        *theta = 10000.0;
        return rw_note_assumed(b, "rope_theta",
                               "llama.cpp's converter writes no base for this "
                               "architecture, and llama.cpp then takes 10000");
    }
    return theta_unknown(b, "rope_theta", own->key[0] ? own->key : "rope_theta",
                         b->arch->theta_default);
}

/* --- softmax scale ---------------------------------------------------------------------- */

static double softmax_scale(rw_builder *b, const rw_layer_shape *shape,
                            const rw_scaling *s, const char **note)
{
    const rw_hparams *hp = b->hp;
    const rw_arch *arch = b->arch;
    const double own = rw_value_or(hp, RW_HP_SOFTMAX_SCALE, 0.0);
    *note = NULL;
    if (own > 0.0) return own;
    if (arch->query_scalar && rw_value_or(hp, RW_HP_QUERY_SCALAR, 0.0) > 0.0)
        return 1.0 / sqrt(hp->v[RW_HP_QUERY_SCALAR].num);
    if (arch->scale_default > 0.0) {
        *note = b->engine->class_defaults
                    ? "the class's default in transformers: no key of the file says it"
                    : "unknown: no key says it, and the engine's default was not read";
        return b->engine->class_defaults ? arch->scale_default : (double)NAN;
    }
    *note = "fixed by the architecture";
    if (arch->fixed_scale > 0.0) return arch->fixed_scale;
    const double embedding = rw_value_or(hp, RW_HP_EMBEDDING_LENGTH, 0.0);
    if (arch->embedding_scale_n_layer && arch->embedding_scale_n_layer == hp->n_layer &&
        embedding >= shape->n_head_q) {
        *note = "1/sqrt(embedding_length / head_count): llama.cpp knows this size of the "
                "architecture by its number of layers";
        return 1.0 / sqrt(floor(embedding / shape->n_head_q)); /* an integer division */
    }
    const double scale = 1.0 / sqrt((double)shape->head_dim);
    if (arch->mla || arch->mscale_squared) {
        *note = "1/sqrt(head_dim), times the square of yarn's magnitude with "
                "mscale_all_dim (yarn_log_multiplier in GGUF), as for latent attention";
        return scale * s->softmax_magnitude * s->softmax_magnitude;
    }
    *note = "1/sqrt(head_dim), the default";
    return scale;
}

static ropewalk_status note_softmax_scale(rw_builder *b, const char *note)
{
    if (note) return rw_note_assumed(b, "softmax_scale", note);
    if (b->hp->v[RW_HP_SOFTMAX_SCALE].known)
        return rw_note_known(b, RW_HP_SOFTMAX_SCALE, "softmax_scale", NULL);
    return rw_note_known(b, RW_HP_QUERY_SCALAR, "softmax_scale",
                         "1/sqrt(query_pre_attn_scalar)");
}

/* --- evaluation ------------------------------------------------------------------------- */

static void add_parameter(rw_rotation_info *rot, const char *name, double value)
{
    rw_parameter *p = &rot->parameters[rot->n_parameter++];
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    p->value = value;
}

/* A table in two lines: its smallest and largest value. */
static void add_table(rw_rotation_info *rot, const char *name, const double *values,
                      uint32_t n)
{
    double lo = values[0], hi = values[0];
    for (uint32_t i = 1; i < n; i++) {
        lo = fmin(lo, values[i]);
        hi = fmax(hi, values[i]);
    }
    char full[48];
    (void)snprintf(full, sizeof full, "%.40s_min", name);
    add_parameter(rot, full, lo);
    (void)snprintf(full, sizeof full, "%.40s_max", name);
    add_parameter(rot, full, hi);
}

static void add_divisors(rw_rotation_info *rot, const double *divisor, uint32_t n)
{
    double n_changed = 0;
    for (uint32_t i = 0; i < n; i++)
        n_changed += divisor[i] < 1.0 || divisor[i] > 1.0;
    add_table(rot, "divisor", divisor, n);
    add_parameter(rot, "n_pair_changed", n_changed);
}

static void add_parameters(rw_rotation_info *rot, const rw_scaling *s, const rw_arg *args,
                           uint32_t n_pair)
{
    for (size_t i = 0; i < s->mech->n_param; i++) {
        const char *name = s->mech->params[i].name;
        if (args[i].values && strcmp(name, "divisor") == 0)
            add_divisors(rot, args[i].values, n_pair);
        else if (args[i].values)
            add_table(rot, name, args[i].values, n_pair);
        else if (!isnan(args[i].num))
            add_parameter(rot, name, args[i].num);
    }
    if (s->divisor) add_divisors(rot, s->divisor, n_pair);
}

/* The parameter a message of the resolver is about: the one it names first. */
static const char *named_parameter(const rw_mech *mech, const char *message)
{
    const char *best = NULL, *name = mech->name;
    for (size_t i = 0; i < mech->n_param; i++) {
        const char *at = strstr(message, mech->params[i].name);
        if (!at || (best && (at > best || (at == best &&
                                           strlen(name) > strlen(mech->params[i].name)))))
            continue;
        best = at;
        name = mech->params[i].name;
    }
    return name;
}

static const char *scaling_key(const rw_builder *b, rw_layer_class class)
{
    const rw_hparams *hp = b->hp;
    if (hp->kind == RW_FILE_CONFIG) return hp->block[class].key;
    return hp->divisor ? "rope_freqs.weight" : hp->key_scaling_type;
}

/* Parameters and frequencies of a scaling. What does not resolve becomes a problem: the layer
 * is still described, with unknown frequencies. */
static ropewalk_status evaluate(rw_builder *b, rw_layer_class class, const rw_scaling *s,
                                const rw_layer_shape *shape, rw_rotation_info *out)
{
    rw_arg args[RW_MAX_PARAM];
    const uint32_t n_pair = shape->rotary_dim / 2;
    ropewalk_error why = {0};
    if (rw_mech_resolve(s->mech, shape, s->settings, s->n_setting, args, &why))
        return rw_note_problem(b, RW_PROBLEM_PARAMETER,
                               named_parameter(s->mech, why.message),
                               scaling_key(b, class), "%s: %s: frequencies are unknown",
                               scaling_key(b, class), why.message);
    out->parameters = rw_calloc(MAX_PARAMETER, sizeof *out->parameters);
    if (!out->parameters) return rw_fail_memory(b->err, "parameters");
    add_parameters(out, s, args, n_pair);
    rw_layer_shape at = *shape;
    if (isnan(at.rope_theta)) at.rope_theta = 2.0; /* for the attention factor alone */
    rw_rotation rot;
    const ropewalk_status status = rw_mech_rotation(s->mech, args, &at, &rot, &why);
    if (status == ROPEWALK_E_MEMORY) return rw_fail_memory(b->err, "frequencies");
    if (status)
        return rw_note_problem(b, RW_PROBLEM_PARAMETER, "rope_theta",
                               b->hp->v[RW_HP_ROPE_THETA].key, "%s", why.message);
    if (isnan(out->attn_factor)) out->attn_factor = rot.attn_factor;
    for (uint32_t pair = 0; pair < n_pair; pair++)
        rot.inv_freq[pair] /= s->divisor ? s->slowed * s->divisor[pair] : s->slowed;
    if (isnan(shape->rope_theta) || b->dim_unknown)
        rw_rotation_clear(&rot);
    else
        out->inv_freq = rot.inv_freq; /* ownership passes */
    return ROPEWALK_OK;
}

/* --- one of each ------------------------------------------------------------------------ */

static bool same_f64(double a, double b)
{
    /* the same bits: a NaN equals itself */
    return memcmp(&a, &b, sizeof a) == 0; // NOLINT(*-memory-comparison,cert-*)
}

static bool same_rotation(const rw_rotation_info *a, const rw_rotation_info *b)
{
    if (strcmp(a->mechanism, b->mechanism) != 0 || a->rotary_dim != b->rotary_dim ||
        a->rotary_offset != b->rotary_offset || a->interleaved != b->interleaved ||
        a->n_parameter != b->n_parameter || !a->inv_freq != !b->inv_freq ||
        !same_f64(a->rope_theta, b->rope_theta) ||
        !same_f64(a->attn_factor, b->attn_factor) ||
        !same_f64(a->softmax_scale, b->softmax_scale))
        return false;
    if (a->inv_freq &&
        memcmp(a->inv_freq, b->inv_freq, a->rotary_dim / 2 * sizeof(double)) != 0)
        return false;
    return !a->n_parameter || memcmp(a->parameters, b->parameters,
                                     a->n_parameter * sizeof *a->parameters) == 0;
}

static void drop(rw_rotation_info *rot)
{
    rw_free(rot->inv_freq);
    rw_free(rot->parameters);
}

/* Append a rotation, or find the one that is the same; takes ownership of what *rot holds. */
static ropewalk_status keep_rotation(rw_builder *b, rw_rotation_info *rot, int32_t *index)
{
    rw_model_info *info = b->info;
    for (uint32_t i = 0; i < info->n_rotation; i++) {
        if (!same_rotation(&info->rotations[i], rot)) continue;
        drop(rot);
        *index = (int32_t)i;
        return ROPEWALK_OK;
    }
    rw_rotation_info *rows =
        rw_realloc(info->rotations, (size_t)info->n_rotation + 1, sizeof *rows);
    if (!rows) {
        drop(rot);
        return rw_fail_memory(b->err, "rotations");
    }
    info->rotations = rows;
    rows[info->n_rotation] = *rot;
    *index = (int32_t)info->n_rotation++;
    return ROPEWALK_OK;
}

/* Several axes: how many pairs each has. Text stands at equal positions on all of them. */
static ropewalk_status add_sections(rw_builder *b, rw_rotation_info *rot)
{
    const rw_hparams *hp = b->hp;
    uint64_t n = 0;
    for (size_t i = 0; i < 4; i++)
        n += hp->section[i];
    if (!n) return ROPEWALK_OK;
    memcpy(rot->section, hp->section, sizeof rot->section);
    rot->section_interleaved = hp->section_interleaved || b->arch->sections_interleaved;
    ropewalk_status status = rw_note_key(b, "sections", hp->key_section,
                                         "pairs an axis of M-RoPE; text has the same "
                                         "position on every axis, so one axis remains");
    if (!status && n != rot->rotary_dim / 2)
        status = rw_note_problem(b, RW_PROBLEM_PARAMETER, "sections", hp->key_section,
                                 "key %s shares out %llu pairs, but %u rotate",
                                 hp->key_section, (unsigned long long)n,
                                 (unsigned)rot->rotary_dim / 2);
    return status;
}

static bool interleaved(const rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_hvalue *said = &hp->v[RW_HP_ROPE_INTERLEAVE];
    if (hp->kind == RW_FILE_CONFIG && said->known) return said->num > 0.0;
    /* ggml's modes for several axes know no other pairs */
    if (hp->kind == RW_FILE_GGUF && hp->section[0] && hp->section[1]) return false;
    return b->arch->pairs == RW_PAIRS_INTERLEAVED;
}

static ropewalk_status build(rw_builder *b, rw_layer_class class,
                             const rw_layer_shape *given, int32_t *index)
{
    rw_scaling s;
    ropewalk_status status = b->hp->kind == RW_FILE_GGUF
                                 ? rw_scaling_of_gguf(b, class, given, &s)
                                 : rw_scaling_of_config(b, class, given, &s);
    if (status) return status;
    rw_layer_shape shape = *given;
    shape.length = s.length;
    rw_rotation_info rot = {.rotary_dim = shape.rotary_dim,
                            .rope_theta = shape.rope_theta,
                            .attn_factor = s.attn_factor,
                            .interleaved = interleaved(b)};
    if (b->arch->mla || b->arch->tail)
        rot.rotary_offset = shape.head_dim - shape.rotary_dim;
    (void)snprintf(rot.mechanism, sizeof rot.mechanism, "%s",
                   s.mech ? s.mech->name : s.name);
    const char *note;
    rot.softmax_scale = softmax_scale(b, &shape, &s, &note);
    status = note_softmax_scale(b, note);
    if (!status) status = add_sections(b, &rot);
    if (!status && s.mech) status = evaluate(b, class, &s, &shape, &rot);
    if (status) {
        drop(&rot);
        return status;
    }
    return keep_rotation(b, &rot, index);
}

/* What a rotation was built from; head counts do not enter it. */
typedef struct rw_made {
    rw_layer_class class;
    double rope_theta;
    uint32_t head_dim, rotary_dim;
    int32_t index;
} rw_made;

static const rw_made *find_made(const rw_builder *b, const rw_made *key)
{
    for (uint32_t i = b->n_made; i-- > 0;) {
        const rw_made *m = &b->made[i];
        if (m->class == key->class && m->head_dim == key->head_dim &&
            m->rotary_dim == key->rotary_dim && same_f64(m->rope_theta, key->rope_theta))
            return m;
    }
    return NULL;
}

static ropewalk_status keep_made(rw_builder *b, const rw_made *made)
{
    if (b->n_made == MAX_ROTATION)
        return rw_fail(b->err, ROPEWALK_E_FORMAT, 0,
                       "more than %d different rotations are declared",
                       (int)MAX_ROTATION);
    rw_made *list = rw_realloc(b->made, (size_t)b->n_made + 1, sizeof *list);
    if (!list) return rw_fail_memory(b->err, "rotations");
    b->made = list;
    list[b->n_made++] = *made;
    return ROPEWALK_OK;
}

/* How much of one layer rotates; a count that does not fit its head leaves the base unknown. */
static ropewalk_status find_layer_dim(rw_builder *b, rw_layer_class class,
                                      const rw_layer_info *l, rw_layer_shape *shape)
{
    const rw_hparams *hp = b->hp;
    if (!hp->rotary_dim_of && shape->head_dim == b->head_dim[class]) return ROPEWALK_OK;
    /* a layer with a head of its own rotates the same part of it */
    const uint32_t said = hp->rotary_dim_of
                              ? hp->rotary_dim_of[l->layer]
                              : (uint32_t)((uint64_t)b->rotary_dim[class] *
                                           shape->head_dim / b->head_dim[class]);
    shape->rotary_dim = (said < shape->head_dim ? said : shape->head_dim) / 2 * 2;
    if (shape->rotary_dim == said) return ROPEWALK_OK;
    shape->rope_theta = (double)NAN;
    return rw_note_problem(
        b, RW_PROBLEM_HEAD_DIM, "rotary_dim", hp->v[RW_HP_ROTARY_DIM].key,
        "layer %u rotates %u of the %u dimensions of a head: it must be "
        "an even number of them",
        (unsigned)l->layer, (unsigned)said, (unsigned)shape->head_dim);
}

ropewalk_status rw_rotate(rw_builder *b, rw_layer_class class, uint32_t layer,
                          int32_t *index)
{
    const rw_layer_info *l = &b->info->layers[layer];
    rw_layer_shape shape = {.head_dim = l->head_dim,
                            .rotary_dim = b->rotary_dim[class],
                            .n_head_q = l->n_head_q,
                            .n_head_kv = l->n_head_kv,
                            .context_length = b->info->context_length,
                            .pairs = interleaved(b) ? RW_PAIRS_INTERLEAVED
                                                    : RW_PAIRS_HALF_SPLIT};
    *index = -1;
    if (!b->hp->rotary_dim_of && !shape.rotary_dim) return ROPEWALK_OK;
    ropewalk_status status = find_theta(b, class, layer, &shape.rope_theta);
    if (!status) status = find_layer_dim(b, class, l, &shape);
    if (status || !shape.rotary_dim) return status;
    rw_made made = {class, shape.rope_theta, shape.head_dim, shape.rotary_dim, -1};
    const rw_made *before = find_made(b, &made);
    if (before) {
        *index = before->index;
        return ROPEWALK_OK;
    }
    status = build(b, class, &shape, index);
    made.index = *index;
    return status ? status : keep_made(b, &made);
}
