/* layer.c - which layers attend how far, which rotate, and with which frequencies.
 *
 * What a GGUF file means is what llama.cpp does with it: defaults, and the attention factor
 * that its context set-up arrives at, are taken from there and noted in provenance. */
#include "model/layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "position/mechanism.h"

enum { FULL, SLIDING, N_CLASS };

typedef struct builder {
    const rw_hparams *hp;
    const rw_arch *arch;
    rw_model_info *info;
    ropewalk_error *err;
    int64_t window;            /* tokens on sliding layers; 0: no layer slides */
    uint32_t period;           /* of full layers, when hp->sliding is NULL */
    bool always_rope;          /* llama4 without a window rotates every layer */
    int32_t rotation[N_CLASS]; /* index into info->rotations, -1: not built yet */
    bool scaling_noted, theta_noted;
} builder;

/* A layer class's scaling, before its frequencies are known. */
typedef struct scaling {
    const rw_mech *mech; /* NULL: this version cannot evaluate it */
    const char *name;    /* when mech is NULL */
    rw_setting settings[RW_MAX_PARAM];
    size_t n_setting;
    const double *divisor; /* of each pair, on top of the mechanism; NULL: none */
    double factor;         /* s of yarn; 1 otherwise */
    double attn_factor;
} scaling;

ropewalk_status rw_note_key(rw_model_info *info, const rw_hparams *hp, const char *value,
                            const char *key, const char *note, ropewalk_error *err)
{
    return rw_model_info_note(info, value, hp->file, key, note ? note : "", err);
}

static ropewalk_status note_known(builder *b, rw_hparam which, const char *value,
                                  const char *note)
{
    if (!b->hp->v[which].known) return ROPEWALK_OK;
    return rw_note_key(b->info, b->hp, value, b->hp->v[which].key, note, b->err);
}

static ropewalk_status note_assumed(builder *b, const char *value, const char *note)
{
    return rw_model_info_note(b->info, value, NULL, NULL, note, b->err);
}

static double value_or(const rw_hparams *hp, rw_hparam which, double fallback)
{
    return hp->v[which].known ? hp->v[which].num : fallback;
}

/* --- shape ------------------------------------------------------------------------------ */

static uint32_t first_n_head(const rw_hparams *hp)
{
    for (uint32_t layer = 0; layer < hp->n_layer; layer++)
        if (hp->n_head_q[layer]) return hp->n_head_q[layer];
    return 0;
}

static ropewalk_status find_head_dim(builder *b, uint32_t head_dim[N_CLASS])
{
    const rw_hparams *hp = b->hp;
    const rw_hvalue *own = hp->v[RW_HP_HEAD_DIM_MLA].known ? &hp->v[RW_HP_HEAD_DIM_MLA]
                                                           : &hp->v[RW_HP_HEAD_DIM];
    ropewalk_status status;
    if (own->known) {
        head_dim[FULL] = (uint32_t)own->num;
        status = rw_note_key(b->info, hp, "head_dim", own->key, NULL, b->err);
    } else {
        const rw_hvalue *embedding = &hp->v[RW_HP_EMBEDDING_LENGTH];
        if (!embedding->known)
            return rw_fail(
                b->err, ROPEWALK_E_FORMAT, 0,
                "keys %s and %s are both absent: the head dimension is unknown", own->key,
                embedding->key);
        const uint32_t n_head = first_n_head(hp);
        const uint32_t total = (uint32_t)embedding->num;
        if (!n_head || total % n_head != 0 || total / n_head % 2 != 0 ||
            total / n_head > RW_MAX_HEAD_DIM)
            return rw_fail(
                b->err, ROPEWALK_E_FORMAT, 0,
                "key %s is %u, which %u heads (key %s) do not share in even parts of at "
                "most %d",
                embedding->key, (unsigned)total, (unsigned)n_head, hp->key_head_q,
                (int)RW_MAX_HEAD_DIM);
        head_dim[FULL] = total / n_head;
        status = rw_note_key(
            b->info, hp, "head_dim", embedding->key,
            "embedding_length / attention.head_count; attention.key_length is "
            "absent",
            b->err);
    }
    head_dim[SLIDING] = (uint32_t)value_or(hp, RW_HP_HEAD_DIM_SLIDING, head_dim[FULL]);
    if (!status && b->window)
        status = note_known(b, RW_HP_HEAD_DIM_SLIDING, "head_dim_sliding", NULL);
    return status;
}

static ropewalk_status find_rotary_dim(builder *b, const uint32_t head_dim[N_CLASS],
                                       uint32_t rotary_dim[N_CLASS])
{
    const rw_hparams *hp = b->hp;
    rotary_dim[FULL] = (uint32_t)value_or(hp, RW_HP_ROTARY_DIM, head_dim[FULL]);
    /* llama.cpp gives sliding layers the count of the full ones, unless told otherwise */
    rotary_dim[SLIDING] =
        (uint32_t)value_or(hp, RW_HP_ROTARY_DIM_SLIDING, rotary_dim[FULL]);
    for (int c = FULL; c < (b->window ? N_CLASS : SLIDING); c++) {
        if (rotary_dim[c] <= head_dim[c]) continue;
        const rw_hparam which = c == SLIDING && hp->v[RW_HP_ROTARY_DIM_SLIDING].known
                                    ? RW_HP_ROTARY_DIM_SLIDING
                                    : RW_HP_ROTARY_DIM;
        return rw_fail(b->err, ROPEWALK_E_FORMAT, 0,
                       "key %s is %u, more than the %u dimensions of a head",
                       hp->v[which].key, (unsigned)rotary_dim[c], (unsigned)head_dim[c]);
    }
    ropewalk_status status =
        hp->v[RW_HP_ROTARY_DIM].known
            ? note_known(b, RW_HP_ROTARY_DIM, "rotary_dim", NULL)
            : note_assumed(b, "rotary_dim",
                           "rope.dimension_count is absent: the whole head");
    if (!status && b->window)
        status = note_known(b, RW_HP_ROTARY_DIM_SLIDING, "rotary_dim_sliding", NULL);
    if (!status && !rotary_dim[FULL])
        status =
            rw_model_info_warn(b->info, b->err, "key %s is 0: no dimension is rotated",
                               hp->v[RW_HP_ROTARY_DIM].key);
    if (!status && b->arch->mla)
        status = rw_model_info_warn(
            b->info, b->err,
            "latent attention rotates the last %u dimensions of a head, not the first",
            (unsigned)rotary_dim[FULL]);
    return status;
}

static ropewalk_status find_window(builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_arch *arch = b->arch;
    const rw_hvalue *window = &hp->v[RW_HP_WINDOW];
    const bool unknown_arch = arch == rw_arch_generic();
    const bool per_layer = hp->sliding != NULL;
    b->window = 0;
    b->period = hp->window_period_known ? hp->window_period : arch->full_period;
    b->always_rope =
        arch->window_kind == RW_ATTENTION_CHUNKED && window->known && window->num < 1;

    if (!arch->full_period && !(unknown_arch && (per_layer || hp->window_period_known))) {
        if (!window->known || window->num < 1) return ROPEWALK_OK;
        return unknown_arch
                   ? rw_model_info_warn(
                         b->info, b->err,
                         "key %s is %.0f, but which layers slide is not known: "
                         "every layer is read as full attention",
                         window->key, window->num)
                   : rw_model_info_warn(
                         b->info, b->err,
                         "key %s is %.0f; llama.cpp does not apply a window for "
                         "architecture %s: every layer is read as full attention",
                         window->key, window->num, hp->architecture);
    }
    b->window = (int64_t)value_or(hp, RW_HP_WINDOW, (double)arch->window_default);
    if (b->always_rope) b->window = 0;
    /* llama4's chunk is fixed in llama.cpp whatever the key says */
    if (b->window && arch->window_kind == RW_ATTENTION_CHUNKED)
        b->window = arch->window_default;
    if (!b->window) return ROPEWALK_OK;
    ropewalk_status status =
        window->known
            ? note_known(b, RW_HP_WINDOW, "window", NULL)
            : note_assumed(b, "window",
                           "fixed by the architecture; the file has no key for it");
    if (status) return status;
    char note[96];
    if (per_layer || hp->window_period_known) {
        (void)snprintf(note, sizeof note, per_layer ? "one flag a layer" : "a period");
        return rw_note_key(b->info, hp, "layer_pattern", hp->key_window_pattern, note,
                           b->err);
    }
    (void)snprintf(note, sizeof note,
                   "fixed by architecture %s: one layer in %u attends fully",
                   hp->architecture, (unsigned)b->period);
    return note_assumed(b, "layer_pattern", note);
}

static bool slides(const builder *b, uint32_t layer)
{
    if (!b->window) return false;
    if (b->hp->sliding) return b->hp->sliding[layer] != 0;
    if (!b->period) return true;
    return b->arch->full_first ? layer % b->period != 0
                               : layer % b->period < b->period - 1;
}

static bool rotates(const builder *b, uint32_t layer, bool sliding)
{
    const rw_arch *arch = b->arch;
    if (arch->kind != RW_ARCH_ROPE) return false;
    if (b->always_rope) return true;
    if (arch->nope_period && layer % arch->nope_period == arch->nope_period - 1)
        return false;
    return !(arch->full_is_nope && b->window && !sliding);
}

static bool is_linear(const builder *b, uint32_t layer)
{
    if (!b->arch->linear_period) return false;
    const uint32_t period = (uint32_t)value_or(b->hp, RW_HP_FULL_ATTENTION_INTERVAL,
                                               (double)b->arch->linear_period);
    return layer % period != period - 1;
}

/* --- rotation --------------------------------------------------------------------------- */

static void set(scaling *s, const char *name, double num)
{
    s->settings[s->n_setting++] = (rw_setting){.name = name, .num = num};
}

/* rope.scaling.yarn_log_multiplier; 0 when the file does not say. For latent attention the
 * converter stored a tenth of it, and llama.cpp divides by the same float again. */
static double mscale_all_dim(const builder *b)
{
    const double stored = value_or(b->hp, RW_HP_YARN_LOG_MULTIPLIER, 0.0);
    return b->arch->mla ? stored / (double)0.1f : stored;
}

/* The multiplier of cos and sin that llama.cpp's context set-up arrives at for yarn. It divides
 * by 1 + 0.1 ln s what ggml's operator multiplies again; the two cancel here. */
static double yarn_magnitude(const builder *b, double factor)
{
    if (factor <= 1.0) return 1.0;
    const double ln_s = rw_log(factor);
    const double all_dim = mscale_all_dim(b);
    if (!(all_dim > 0.0)) return 0.1 * ln_s + 1.0;
    const double mscale = b->arch->mla_one_mscale ? all_dim : 1.0;
    return (0.1 * mscale * ln_s + 1.0) / (0.1 * all_dim * ln_s + 1.0);
}

static void choose_yarn(const builder *b, double factor, scaling *s)
{
    const rw_hparams *hp = b->hp;
    const double ext_factor = value_or(hp, RW_HP_YARN_EXT_FACTOR, -1.0);
    const double original = value_or(hp, RW_HP_ORIGINAL_CONTEXT_LENGTH,
                                     value_or(hp, RW_HP_CONTEXT_LENGTH, 0.0));
    const bool off = ext_factor >= 0.0 && ext_factor <= 0.0;
    if (off) { /* llama.cpp then interpolates all pairs alike */
        s->mech = rw_mech_find("linear");
        set(s, "factor", factor);
        s->attn_factor *= value_or(hp, RW_HP_YARN_ATTN_FACTOR, 1.0);
        return;
    }
    s->factor = factor;
    s->name = "yarn";
    if (original < 1.0 || (ext_factor > 0.0 && (ext_factor < 1.0 || ext_factor > 1.0)))
        return;
    s->attn_factor *= yarn_magnitude(b, factor);
    s->mech = rw_mech_find("yarn");
    set(s, "factor", factor);
    set(s, "original_context_length", original);
    set(s, "attention_factor", s->attn_factor);
    set(s, "beta_fast", value_or(hp, RW_HP_YARN_BETA_FAST, 32.0));
    set(s, "beta_slow", value_or(hp, RW_HP_YARN_BETA_SLOW, 1.0));
    set(s, "truncate", 1.0);
}

static double scaling_factor(const rw_hparams *hp)
{
    const double factor =
        value_or(hp, RW_HP_FACTOR, value_or(hp, RW_HP_FACTOR_LEGACY, 1.0));
    return factor > 0.0 ? factor : 1.0; /* 0 means unset to llama.cpp */
}

static void choose_scaling(const builder *b, bool scaled, scaling *s)
{
    const rw_hparams *hp = b->hp;
    *s = (scaling){
        .mech = rw_mech_find("none"), .name = "none", .factor = 1.0, .attn_factor = 1.0};
    if (!scaled) return;
    s->attn_factor = value_or(hp, RW_HP_ATTN_FACTOR, 1.0);
    const double factor = scaling_factor(hp);
    const char *type =
        hp->scaling_type[0] ? hp->scaling_type : "linear"; /* llama.cpp's default */
    if (hp->n_long || hp->n_short || strcmp(type, "longrope") == 0) {
        s->mech = NULL;
        s->name = "longrope";
        return;
    }
    if (strcmp(type, "yarn") == 0) {
        s->mech = NULL;
        choose_yarn(b, factor, s);
    } else if (strcmp(type, "linear") == 0) {
        if (factor < 1.0 || factor > 1.0) {
            s->mech = rw_mech_find("linear");
            set(s, "factor", factor);
        }
    } else if (strcmp(type, "none") != 0) {
        s->mech = NULL;
        s->name = hp->scaling_type;
    }
    if (!hp->divisor || !s->mech) return;
    if (strcmp(s->mech->name, "none") == 0) {
        s->mech = rw_mech_find("freq_factors");
        s->settings[s->n_setting++] = (rw_setting){
            .name = "divisor", .values = hp->divisor, .n_value = hp->n_divisor};
    } else {
        s->divisor = hp->divisor;
    }
}

static double softmax_scale(const builder *b, const rw_layer_shape *shape,
                            const scaling *s)
{
    const rw_arch *arch = b->arch;
    const double own = value_or(b->hp, RW_HP_SOFTMAX_SCALE, 0.0);
    if (own > 0.0) return own;
    if (arch->fixed_scale > 0.0) return arch->fixed_scale;
    const double embedding = value_or(b->hp, RW_HP_EMBEDDING_LENGTH, 0.0);
    if (arch->embedding_scale_n_layer == b->hp->n_layer && embedding >= shape->n_head_q)
        return 1.0 /
               sqrt(floor(embedding / shape->n_head_q)); /* an integer division there */
    double scale = 1.0 / sqrt((double)shape->head_dim);
    if (arch->mla && s->factor > 1.0) {
        const double m =
            s->attn_factor * (1.0 + 0.1 * mscale_all_dim(b) * rw_log(s->factor));
        scale *= m * m;
    }
    return scale;
}

static ropewalk_status note_softmax_scale(builder *b)
{
    const rw_arch *arch = b->arch;
    if (value_or(b->hp, RW_HP_SOFTMAX_SCALE, 0.0) > 0.0)
        return note_known(b, RW_HP_SOFTMAX_SCALE, "softmax_scale", NULL);
    if (arch->fixed_scale > 0.0)
        return note_assumed(b, "softmax_scale", "fixed by the architecture");
    if (arch->embedding_scale_n_layer && arch->embedding_scale_n_layer == b->hp->n_layer)
        return note_assumed(
            b, "softmax_scale",
            "1/sqrt(embedding_length / head_count): llama.cpp knows this size of "
            "the architecture by its number of layers");
    if (arch->mla)
        return note_assumed(
            b, "softmax_scale",
            "1/sqrt(head_dim), times the square of yarn's magnitude with "
            "yarn_log_multiplier, as llama.cpp's graph for latent attention");
    return note_assumed(b, "softmax_scale", "1/sqrt(head_dim), the default of llama.cpp");
}

static ropewalk_status note_yarn(builder *b, const scaling *s)
{
    const rw_hparams *hp = b->hp;
    ropewalk_status status = ROPEWALK_OK;
    if (!hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].known)
        status = note_assumed(b, "original_context_length",
                              "absent; llama.cpp uses context_length in its place");
    if (!status)
        status = hp->v[RW_HP_YARN_BETA_FAST].known
                     ? note_known(b, RW_HP_YARN_BETA_FAST, "beta_fast", NULL)
                     : note_assumed(b, "beta_fast", "absent; llama.cpp's default");
    if (!status)
        status = hp->v[RW_HP_YARN_BETA_SLOW].known
                     ? note_known(b, RW_HP_YARN_BETA_SLOW, "beta_slow", NULL)
                     : note_assumed(b, "beta_slow", "absent; llama.cpp's default");
    if (!status)
        status = note_assumed(b, "truncate",
                              "no GGUF key; ggml always rounds the ramp outwards");
    if (!status)
        status = note_known(b, RW_HP_YARN_LOG_MULTIPLIER, "yarn_log_multiplier", NULL);
    if (!status && hp->v[RW_HP_YARN_ATTN_FACTOR].known)
        status = rw_model_info_warn(b->info, b->err,
                                    "key %s is overwritten by llama.cpp's context set-up",
                                    hp->v[RW_HP_YARN_ATTN_FACTOR].key);
    if (!status && !(s->factor > 1.0))
        status = rw_model_info_warn(b->info, b->err,
                                    "scaling type is yarn but %s is absent, 0 or 1: "
                                    "nothing is scaled",
                                    hp->v[RW_HP_FACTOR].key);
    return status;
}

/* Once a model: where the scaling of its scaled layers comes from. */
static ropewalk_status note_scaling(builder *b, const scaling *s)
{
    const rw_hparams *hp = b->hp;
    if (b->scaling_noted) return ROPEWALK_OK;
    b->scaling_noted = true;
    const char *name = s->mech ? s->mech->name : s->name;
    ropewalk_status status;
    if (strcmp(name, "freq_factors") == 0)
        status =
            rw_note_key(b->info, hp, "mechanism", "rope_freqs.weight",
                        "one divisor a pair: GGUF stores the llama3 scaling this way, "
                        "already evaluated; divisor_max is then its factor",
                        b->err);
    else if (strcmp(name, "longrope") == 0 && (hp->n_long || hp->n_short))
        status = rw_note_key(b->info, hp, "mechanism",
                             hp->n_long ? "rope_factors_long.weight"
                                        : "rope_factors_short.weight",
                             "recognised by its tensors", b->err);
    else if (hp->scaling_type[0])
        status =
            rw_note_key(b->info, hp, "mechanism", hp->key_scaling_type, NULL, b->err);
    else
        status =
            note_assumed(b, "mechanism",
                         "rope.scaling.type is absent; llama.cpp then reads linear, with "
                         "factor 1 unless given");
    if (!status)
        status = hp->v[RW_HP_FACTOR].known
                     ? note_known(b, RW_HP_FACTOR, "factor", NULL)
                     : note_known(b, RW_HP_FACTOR_LEGACY, "factor", "the legacy key");
    const bool yarn = s->mech && strcmp(name, "yarn") == 0;
    if (!status && yarn) status = note_yarn(b, s);
    if (!status) {
        const char *note = yarn ? "as llama.cpp executes it: (1 + 0.1 ln factor) over (1 "
                                  "+ 0.1 m ln factor) "
                                  "where yarn_log_multiplier gives m, times "
                                  "rope.scaling.attn_factor; ggml's own "
                                  "term is cancelled by the context set-up"
                                : NULL;
        status =
            hp->v[RW_HP_ATTN_FACTOR].known
                ? note_known(b, RW_HP_ATTN_FACTOR, "attn_factor", note)
                : note_assumed(b, "attn_factor",
                               note ? note : "rope.scaling.attn_factor is absent: 1");
    }
    if (!status && !s->mech)
        status = rw_model_info_warn(
            b->info, b->err,
            "rope scaling \"%s\" with these settings is not modelled by "
            "this version: frequencies are unknown",
            name);
    if (!status && s->divisor)
        status =
            rw_model_info_warn(b->info, b->err,
                               "rope_freqs.weight divides the frequencies on top of %s "
                               "scaling, as ggml does",
                               name);
    return status;
}

static void add_parameter(rw_rotation_info *rot, const char *name, double value)
{
    rw_parameter *p = &rot->parameters[rot->n_parameter++];
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    p->value = value;
}

static void add_divisors(rw_rotation_info *rot, const double *divisor, uint32_t n)
{
    double lo = divisor[0], hi = divisor[0], n_changed = 0;
    for (uint32_t i = 0; i < n; i++) {
        lo = fmin(lo, divisor[i]);
        hi = fmax(hi, divisor[i]);
        n_changed += divisor[i] < 1.0 || divisor[i] > 1.0;
    }
    add_parameter(rot, "divisor_min", lo);
    add_parameter(rot, "divisor_max", hi);
    add_parameter(rot, "n_pair_changed", n_changed);
}

static ropewalk_status evaluate(builder *b, const scaling *s, const rw_layer_shape *shape,
                                rw_rotation_info *out)
{
    rw_arg args[RW_MAX_PARAM];
    const rw_mech *mech = s->mech;
    const uint32_t n_pair = shape->rotary_dim / 2;
    ropewalk_status status =
        rw_mech_resolve(mech, shape, s->settings, s->n_setting, args, b->err);
    if (status)
        return rw_fail_context(b->err, ROPEWALK_E_FORMAT,
                               "keys %s.rope.scaling.* or rope_freqs.weight",
                               b->hp->architecture);
    out->parameters = rw_calloc(RW_MAX_PARAM + 3, sizeof *out->parameters);
    if (!out->parameters) return rw_fail_memory(b->err, "parameters");
    for (size_t i = 0; i < mech->n_param; i++) {
        if (args[i].values)
            add_divisors(out, args[i].values, n_pair);
        else if (!isnan(args[i].num))
            add_parameter(out, mech->params[i].name, args[i].num);
    }
    if (s->divisor && b->hp->n_divisor != n_pair)
        return rw_fail(b->err, ROPEWALK_E_FORMAT, 0,
                       "tensor rope_freqs.weight has %u values, but there are %u pairs",
                       (unsigned)b->hp->n_divisor, (unsigned)n_pair);
    if (s->divisor) add_divisors(out, s->divisor, n_pair);
    if (isnan(shape->rope_theta)) return ROPEWALK_OK;

    rw_rotation rot;
    status = rw_mech_rotation(mech, args, shape, &rot, b->err);
    if (status) return status;
    for (uint32_t pair = 0; s->divisor && pair < n_pair; pair++) {
        if (!(s->divisor[pair] > 0.0) || !isfinite(s->divisor[pair])) {
            rw_rotation_clear(&rot);
            return rw_fail(
                b->err, ROPEWALK_E_FORMAT, 0,
                "tensor rope_freqs.weight is %g at pair %u: it must be positive",
                s->divisor[pair], (unsigned)pair);
        }
        rot.inv_freq[pair] /= s->divisor[pair];
    }
    out->inv_freq = rot.inv_freq; /* ownership passes */
    return ROPEWALK_OK;
}

static bool same_f64(double a, double b)
{
    /* the same bits: a NaN equals itself */
    return memcmp(&a, &b, sizeof a) == 0; // NOLINT(*-memory-comparison,cert-*)
}

static bool same_rotation(const rw_rotation_info *a, const rw_rotation_info *b)
{
    if (strcmp(a->mechanism, b->mechanism) != 0 || a->rotary_dim != b->rotary_dim ||
        a->interleaved != b->interleaved || a->n_parameter != b->n_parameter ||
        !a->inv_freq != !b->inv_freq || !same_f64(a->rope_theta, b->rope_theta) ||
        !same_f64(a->attn_factor, b->attn_factor) ||
        !same_f64(a->softmax_scale, b->softmax_scale))
        return false;
    if (a->inv_freq &&
        memcmp(a->inv_freq, b->inv_freq, a->rotary_dim / 2 * sizeof(double)) != 0)
        return false;
    return !a->n_parameter || memcmp(a->parameters, b->parameters,
                                     a->n_parameter * sizeof *a->parameters) == 0;
}

/* Append a rotation, or find the one that is the same; takes ownership of what *rot holds. */
static ropewalk_status keep_rotation(builder *b, rw_rotation_info *rot, int32_t *index)
{
    rw_model_info *info = b->info;
    for (uint32_t i = 0; i < info->n_rotation; i++) {
        if (!same_rotation(&info->rotations[i], rot)) continue;
        rw_free(rot->inv_freq);
        rw_free(rot->parameters);
        *index = (int32_t)i;
        return ROPEWALK_OK;
    }
    rw_rotation_info *rows =
        rw_realloc(info->rotations, (size_t)info->n_rotation + 1, sizeof *rows);
    if (!rows) {
        rw_free(rot->inv_freq);
        rw_free(rot->parameters);
        return rw_fail_memory(b->err, "rotations");
    }
    info->rotations = rows;
    rows[info->n_rotation] = *rot;
    *index = (int32_t)info->n_rotation++;
    return ROPEWALK_OK;
}

static ropewalk_status find_theta(builder *b, bool sliding, double *theta)
{
    const rw_hparams *hp = b->hp;
    *theta = hp->v[RW_HP_ROPE_THETA].num;
    if (sliding) {
        if (hp->v[RW_HP_ROPE_THETA_SLIDING].known) {
            *theta = hp->v[RW_HP_ROPE_THETA_SLIDING].num;
            return note_known(b, RW_HP_ROPE_THETA_SLIDING, "rope_theta_sliding", NULL);
        }
        if (b->arch->sliding_theta > 0.0) {
            *theta = b->arch->sliding_theta;
            return note_assumed(b, "rope_theta_sliding",
                                "fixed by the architecture; the file has no key for it");
        }
    }
    if (b->theta_noted) return ROPEWALK_OK;
    b->theta_noted = true;
    if (hp->v[RW_HP_ROPE_THETA].known)
        return note_known(b, RW_HP_ROPE_THETA, "rope_theta", NULL);
    const ropewalk_status status = rw_note_key(
        b->info, hp, "rope_theta", hp->v[RW_HP_ROPE_THETA].key, "unknown", b->err);
    if (status) return status;
    return rw_model_info_warn(
        b->info, b->err,
        "key %s is absent: the rotary base is unknown; llama.cpp itself "
        "assumes 10000 then, which is wrong for many models",
        hp->v[RW_HP_ROPE_THETA].key);
}

static ropewalk_status build_rotation(builder *b, int class, const rw_layer_shape *given)
{
    rw_layer_shape shape = *given;
    const bool scaled = !(class == SLIDING && b->arch->sliding_unscaled);
    ropewalk_status status = find_theta(b, class == SLIDING, &shape.rope_theta);
    if (status) return status;
    scaling s;
    choose_scaling(b, scaled, &s);
    if (scaled) status = note_scaling(b, &s);
    if (status) return status;

    rw_rotation_info rot = {.rotary_dim = shape.rotary_dim,
                            .rope_theta = shape.rope_theta,
                            .attn_factor = s.attn_factor,
                            .interleaved = shape.pairs == RW_PAIRS_INTERLEAVED};
    (void)snprintf(rot.mechanism, sizeof rot.mechanism, "%s",
                   s.mech ? s.mech->name : s.name);
    rot.softmax_scale = softmax_scale(b, &shape, &s);
    if (s.mech) status = evaluate(b, &s, &shape, &rot);
    if (status) {
        rw_free(rot.parameters);
        return status;
    }
    return keep_rotation(b, &rot, &b->rotation[class]);
}

/* --- layers ----------------------------------------------------------------------------- */

static ropewalk_status check_heads(builder *b, uint32_t layer, uint32_t n_head_q,
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

static ropewalk_status build_layer(builder *b, uint32_t layer,
                                   const uint32_t head_dim[N_CLASS],
                                   const uint32_t rotary_dim[N_CLASS])
{
    const rw_hparams *hp = b->hp;
    rw_layer_info *out = &b->info->layers[layer];
    const uint32_t n_head_q = hp->n_head_q[layer];
    const uint32_t n_head_kv = hp->n_head_kv ? hp->n_head_kv[layer] : n_head_q;
    ropewalk_status status = check_heads(b, layer, n_head_q, n_head_kv);
    if (status) return status;
    *out =
        (rw_layer_info){.layer = layer, .attention = RW_ATTENTION_NONE, .rotation = -1};
    if (!n_head_q) return ROPEWALK_OK;
    out->n_head_q = n_head_q;
    if (!n_head_kv || is_linear(b, layer)) {
        out->attention = RW_ATTENTION_LINEAR;
        return ROPEWALK_OK;
    }
    const int class = slides(b, layer) ? SLIDING : FULL;
    out->attention = class == SLIDING ? (b->arch->window_kind == RW_ATTENTION_CHUNKED
                                             ? RW_ATTENTION_CHUNKED
                                             : RW_ATTENTION_SLIDING)
                                      : RW_ATTENTION_FULL;
    out->window = class == SLIDING ? b->window : 0;
    out->n_head_kv = n_head_kv;
    out->head_dim = head_dim[class];
    if (!rotary_dim[class] || !rotates(b, layer, class == SLIDING)) return ROPEWALK_OK;
    if (b->rotation[class] < 0) {
        const rw_layer_shape shape = {.head_dim = head_dim[class],
                                      .rotary_dim = rotary_dim[class],
                                      .n_head_q = n_head_q,
                                      .n_head_kv = n_head_kv,
                                      .context_length = b->info->context_length,
                                      .pairs = b->arch->pairs};
        status = build_rotation(b, class, &shape);
    }
    out->rotation = b->rotation[class];
    return status;
}

static ropewalk_status no_attention(builder *b, const char *why)
{
    for (uint32_t layer = 0; layer < b->hp->n_layer; layer++)
        b->info->layers[layer] = (rw_layer_info){
            .layer = layer, .attention = RW_ATTENTION_NONE, .rotation = -1};
    return rw_model_info_warn(b->info, b->err, "%s: there is no layer to audit", why);
}

static ropewalk_status note_shape(builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_arch *arch = b->arch;
    ropewalk_status status =
        rw_note_key(b->info, hp, "n_head_q", hp->key_head_q, NULL, b->err);
    if (!status)
        status =
            hp->n_head_kv
                ? rw_note_key(b->info, hp, "n_head_kv", hp->key_head_kv, NULL, b->err)
                : note_assumed(b, "n_head_kv", "absent: as many as query heads");
    if (!status)
        status = note_assumed(b, "pairs",
                              arch == rw_arch_generic()
                                  ? "assumed: the architecture is not in the table"
                                  : "fixed by the architecture, for GGUF files");
    if (!status && arch->nope_period && !b->always_rope)
        status = note_assumed(
            b, "layers_without_rope",
            "every fourth layer, fixed in llama.cpp; there is no key for it");
    if (!status && arch->full_is_nope && b->window)
        status = note_assumed(b, "layers_without_rope",
                              "the full-attention layers, fixed in llama.cpp");
    if (!status && arch->kind == RW_ARCH_NO_ROPE)
        status = note_assumed(b, "layers_without_rope", "all, by architecture");
    return status ? status : note_softmax_scale(b);
}

ropewalk_status rw_layers_build(const rw_hparams *hp, const rw_arch *arch,
                                rw_model_info *info, ropewalk_error *err)
{
    builder b = {.hp = hp, .arch = arch, .info = info, .err = err, .rotation = {-1, -1}};
    if (!hp->n_layer) return ROPEWALK_OK;
    info->layers = rw_calloc(hp->n_layer, sizeof *info->layers);
    if (!info->layers) return rw_fail_memory(err, "layers");
    if (arch->kind == RW_ARCH_RECURRENT)
        return no_attention(&b, "the architecture has no attention");
    if (!hp->n_head_q) return no_attention(&b, "the file has no attention keys");
    if (!first_n_head(hp) && hp->head_array)
        return no_attention(&b, "no layer has heads");
    ropewalk_status status = check_heads(&b, 0, hp->head_array ? 1 : hp->n_head_q[0], 1);
    if (status) return status;

    uint32_t head_dim[N_CLASS] = {0}, rotary_dim[N_CLASS] = {0};
    status = find_window(&b);
    if (!status) status = find_head_dim(&b, head_dim);
    if (!status) status = find_rotary_dim(&b, head_dim, rotary_dim);
    if (!status) status = note_shape(&b);
    for (uint32_t layer = 0; layer < hp->n_layer && !status; layer++)
        status = build_layer(&b, layer, head_dim, rotary_dim);
    return status;
}
