/* judge.c - what differs, as findings and as a verdict of a sentence or two. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diff/diff.h"
#include "model/layer_contrast.h"

/* What a finding is about: several facts at once where they have one cause. */
typedef enum subject {
    LAYERS,
    ATTENTION,
    HEADS,
    NOPE,
    ROTARY_DIM,
    FREQUENCY,
    UNKNOWN,
    PAIRS,
    SECTION,
    SCORES,
    N_SUBJECT
} subject;

/* One subject over all classes of layers. */
typedef struct tally {
    uint32_t n_layer;     /* on which it differs */
    uint32_t first_class; /* the first of them, or the worst for frequencies */
    double worst;
} tally;

static bool is_about(const rw_diff_table *table, uint32_t side,
                     const rw_diff_class *class, subject what)
{
    const rw_diff_cell *c = &class->cell[side];
    switch (what) {
    case LAYERS: return rw_diff_has(c, RW_DIFFERS_LAYER);
    case ATTENTION:
        return rw_diff_has(c, RW_DIFFERS_ATTENTION) || rw_diff_has(c, RW_DIFFERS_WINDOW);
    case HEADS: return rw_diff_has(c, RW_DIFFERS_HEADS);
    case NOPE: return rw_diff_has(c, RW_DIFFERS_NOPE);
    case ROTARY_DIM: return rw_diff_has(c, RW_DIFFERS_ROTARY_DIM);
    case FREQUENCY: return rw_diff_has(c, RW_DIFFERS_FREQUENCY);
    case UNKNOWN: return rw_diff_has(c, RW_DIFFERS_UNKNOWN);
    case PAIRS:
        return rw_diff_has(c, RW_DIFFERS_PAIRS) || rw_diff_has(c, RW_DIFFERS_OFFSET);
    case SECTION: return rw_diff_has(c, RW_DIFFERS_SECTION);
    case SCORES: return rw_diff_scores(table, side, class);
    case N_SUBJECT: break;
    }
    return false;
}

static double size_of(const rw_diff_table *table, uint32_t side,
                      const rw_diff_class *class, subject what)
{
    const rw_rotation_info *a = rw_diff_rotation(&table->side[0], &class->cell[0]);
    const rw_rotation_info *b = rw_diff_rotation(&table->side[side], &class->cell[side]);
    if (what == FREQUENCY) return class->cell[side].contrast.frequency_error;
    if (what != SCORES || !a || !b) return 1.0;
    return rw_relative_difference(rw_score_factor(a), rw_score_factor(b));
}

static tally count(const rw_diff_table *table, uint32_t side, subject what)
{
    tally t = {0};
    for (uint32_t i = 0; i < table->n_class; i++) {
        const rw_diff_class *class = &table->list[i];
        if (!is_about(table, side, class, what)) continue;
        const double size = size_of(table, side, class, what);
        /* of equals, the layers that look farthest tell most */
        const rw_layer_info *layer = rw_diff_layer(&table->side[0], &class->cell[0]);
        const bool better =
            size > t.worst || (size >= t.worst && layer && !layer->window);
        if (t.n_layer == 0 || better) {
            t.worst = size;
            t.first_class = i;
        }
        t.n_layer += class->n_layer;
    }
    return t;
}

static uint32_t n_layer_of(const rw_diff_table *table)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n_class; i++)
        n += table->list[i].n_layer;
    return n;
}

/* --- rules --------------------------------------------------------------------------------- */

static double parameter(const rw_rotation_info *rot, const char *name)
{
    for (uint32_t i = 0; i < rot->n_parameter; i++)
        if (strcmp(rot->parameters[i].name, name) == 0) return rot->parameters[i].value;
    return (double)NAN;
}

static bool either(const rw_rotation_info *a, const rw_rotation_info *b,
                   const char *mechanism)
{
    return strcmp(a->mechanism, mechanism) == 0 || strcmp(b->mechanism, mechanism) == 0;
}

/* The rule of lint that describes why frequencies differ; RWD01 when none does. */
static const char *frequency_rule(const rw_layer_info *layer, const rw_rotation_info *a,
                                  const rw_rotation_info *b)
{
    if (rw_relative_difference(a->rope_theta, b->rope_theta) > 0x1p-23) return "RW001";
    const double cut_a = parameter(a, "truncate"), cut_b = parameter(b, "truncate");
    if (either(a, b, "yarn") && strcmp(a->mechanism, b->mechanism) == 0 &&
        fabs(cut_a - cut_b) > 0.0)
        return "RW008";
    if (either(a, b, "longrope")) return "RW010";
    if (either(a, b, "llama3")) return "RW002";
    if (either(a, b, "freq_factors") && !either(a, b, "proportional")) return "RW002";
    if ((layer->attention == RW_ATTENTION_SLIDING ||
         layer->attention == RW_ATTENTION_CHUNKED) &&
        either(a, b, "none"))
        return "RW011";
    return "RWD01";
}

static bool base_is_missing(const rw_rotation_info *a, const rw_rotation_info *b)
{
    return isnan(a->rope_theta) != isnan(b->rope_theta);
}

static const char *rule_of(const rw_diff_table *table, uint32_t side,
                           const rw_diff_class *class, subject what)
{
    const rw_layer_info *layer = rw_diff_layer(&table->side[0], &class->cell[0]);
    const rw_rotation_info *a = rw_diff_rotation(&table->side[0], &class->cell[0]);
    const rw_rotation_info *b = rw_diff_rotation(&table->side[side], &class->cell[side]);
    const bool ran = table->kind == RW_DIFF_EXECUTED;
    switch (what) {
    case LAYERS: return "RWD02";
    case ATTENTION: return ran ? "RWX06" : "RWD03";
    case HEADS: return "RW013";
    case NOPE: return ran ? "RWX02" : "RW012";
    case ROTARY_DIM: return ran ? "RWX02" : "RW013";
    case FREQUENCY: return ran ? "RWX01" : frequency_rule(layer, a, b);
    case UNKNOWN: return base_is_missing(a, b) ? "RW001" : "RWD06";
    case PAIRS: return ran ? "RWX03" : "RW014";
    case SECTION: return "RWD04";
    case SCORES: {
        const bool factor = rw_relative_difference(a->attn_factor, b->attn_factor) > 1e-6;
        if (ran) return factor ? "RWX04" : "RWX05";
        if (factor && strcmp(a->mechanism, b->mechanism) == 0) return "RW006";
        return !factor && (a->rotary_offset || b->rotary_offset) ? "RW007" : "RWD08";
    }
    case N_SUBJECT: break;
    }
    return "RWD01";
}

/* --- sentences ----------------------------------------------------------------------------- */

typedef struct sentence {
    char text[700];
    size_t n;
} sentence;

RW_PRINTF(2, 3) static void say(sentence *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(s->text + s->n, sizeof s->text - s->n, fmt, args);
    va_end(args);
    if (n > 0) s->n += (size_t)n;
    if (s->n >= sizeof s->text) s->n = sizeof s->text - 1;
}

/* "12 of 36 layers" */
static void say_layers(sentence *s, uint32_t n_layer, uint32_t of)
{
    if (n_layer == of)
        say(s, of == 1 ? "the only layer" : "all %u layers", (unsigned)of);
    else
        say(s, "%u of %u layers", (unsigned)n_layer, (unsigned)of);
}

static void say_error(sentence *s, double error)
{
    if (isinf(error))
        say(s, "infinitely far");
    else if (error >= 9.0)
        say(s, "up to a factor of %.3g", 1.0 + error);
    else if (error >= 1e-3)
        say(s, "up to %.3g %%", 100.0 * error);
    else
        say(s, "up to %.2e relative", error);
}

/* "up to 76.3 % apart (pair 17 of 32), 3.41 rad at position 131072: more than half a turn" */
static void say_frequencies(sentence *s, const rw_model_diff *out,
                            const rw_diff_table *table, uint32_t side,
                            const rw_diff_class *class)
{
    const rw_diff_cell *cell = &class->cell[side];
    const rw_rotation_info *a = rw_diff_rotation(&table->side[0], &class->cell[0]);
    say_error(s, cell->contrast.frequency_error);
    say(s, " apart (pair %u of %u)", (unsigned)cell->contrast.worst_pair,
        (unsigned)(a->rotary_dim / 2));
    uint32_t last = out->n_position;
    while (last > 0 && isnan(cell->phase_rad[last - 1]))
        last--;
    if (!last--) return;
    say(s, ", phases up to %.3g rad apart at position %lld (pair %u)",
        cell->phase_rad[last], (long long)out->position[last],
        (unsigned)cell->contrast.phase_pair);
    if (cell->beyond_half_turn[last])
        say(s, ", beyond half a turn on %u pair%s",
            (unsigned)cell->beyond_half_turn[last],
            cell->beyond_half_turn[last] == 1 ? "" : "s");
}

/* ", beta_fast 1 in A, 32 in B": parameters both sides resolved, to different values. */
static void say_parameters(sentence *s, const rw_diff_table *table, uint32_t side,
                           const rw_diff_class *class)
{
    const rw_rotation_info *a = rw_diff_rotation(&table->side[0], &class->cell[0]);
    const rw_rotation_info *b = rw_diff_rotation(&table->side[side], &class->cell[side]);
    if (strcmp(a->mechanism, b->mechanism) != 0)
        say(s, "; %s in %s, %s in %s", a->mechanism, table->side[0].label, b->mechanism,
            table->side[side].label);
    for (uint32_t i = 0; i < a->n_parameter; i++) {
        const double va = a->parameters[i].value,
                     vb = parameter(b, a->parameters[i].name);
        if (isnan(va) || isnan(vb) || rw_relative_difference(va, vb) <= 1e-6) continue;
        say(s, "; %s %.6g in %s, %.6g in %s", a->parameters[i].name, va,
            table->side[0].label, vb, table->side[side].label);
    }
}

static void say_shapes(sentence *s, const rw_diff_table *table, uint32_t side,
                       const rw_diff_class *class, subject what)
{
    const rw_layer_info *a = rw_diff_layer(&table->side[0], &class->cell[0]);
    const rw_layer_info *b = rw_diff_layer(&table->side[side], &class->cell[side]);
    const rw_rotation_info *ra = rw_diff_rotation(&table->side[0], &class->cell[0]);
    const rw_rotation_info *rb = rw_diff_rotation(&table->side[side], &class->cell[side]);
    const char *label_a = table->side[0].label, *label_b = table->side[side].label;
    switch (what) {
    case LAYERS: say(s, "only %s has them", a ? label_a : label_b); break;
    case ATTENTION:
        if (table->kind == RW_DIFF_EXECUTED || a->attention == b->attention)
            say(s, "a window of %lld in %s, %lld in %s (0: none)", (long long)a->window,
                label_a, (long long)b->window, label_b);
        else
            say(s, "%s attention in %s, %s in %s", rw_attention_name(a->attention),
                label_a, rw_attention_name(b->attention), label_b);
        break;
    case HEADS:
        say(s, "%u query and %u key heads of %u in %s, %u and %u of %u in %s",
            (unsigned)a->n_head_q, (unsigned)a->n_head_kv, (unsigned)a->head_dim, label_a,
            (unsigned)b->n_head_q, (unsigned)b->n_head_kv, (unsigned)b->head_dim,
            label_b);
        break;
    case NOPE:
        say(s, "only %s rotates them", ra && ra->rotary_dim ? label_a : label_b);
        break;
    case ROTARY_DIM:
        say(s, "%u dimensions in %s, %u in %s", (unsigned)ra->rotary_dim, label_a,
            (unsigned)rb->rotary_dim, label_b);
        break;
    case UNKNOWN:
        say(s, "those of %s are unknown", ra->inv_freq ? label_b : label_a);
        break;
    case PAIRS:
        if (!ra->interleaved == !rb->interleaved)
            say(s, "rotated dimensions begin at %u in %s, at %u in %s",
                (unsigned)ra->rotary_offset, label_a, (unsigned)rb->rotary_offset,
                label_b);
        else
            say(s, "%s in %s, %s in %s", ra->interleaved ? "interleaved" : "half",
                label_a, rb->interleaved ? "interleaved" : "half", label_b);
        break;
    case SECTION:
        say(s, "%u+%u+%u+%u pairs%s in %s, %u+%u+%u+%u%s in %s", ra->section[0],
            ra->section[1], ra->section[2], ra->section[3],
            ra->section_interleaved ? ", interleaved," : "", label_a, rb->section[0],
            rb->section[1], rb->section[2], rb->section[3],
            rb->section_interleaved ? ", interleaved," : "", label_b);
        break;
    case SCORES:
        say(s,
            "effective score factor a^2 s %.6g in %s (attention factor %.6g, softmax "
            "scale %.6g), %.6g in %s (%.6g, %.6g)",
            rw_score_factor(ra), label_a, ra->attn_factor, ra->softmax_scale,
            rw_score_factor(rb), label_b, rb->attn_factor, rb->softmax_scale);
        break;
    case FREQUENCY:
    case N_SUBJECT: break;
    }
}

static const char *const words[N_SUBJECT] = {
    [LAYERS] = "layers exist on one side alone",
    [ATTENTION] = "attention reaches differently",
    [HEADS] = "heads differ",
    [NOPE] = "layers rotate on one side alone",
    [ROTARY_DIM] = "the number of rotated dimensions differs",
    [FREQUENCY] = "other frequencies run",
    [UNKNOWN] = "frequencies cannot be compared",
    [PAIRS] = "pairs are laid out differently",
    [SECTION] = "the axes of M-RoPE differ",
    [SCORES] = "scores are scaled differently",
};

static const char *fix_of(const char *rule, rw_diff_kind kind)
{
    if (kind == RW_DIFF_EXECUTED)
        return "check the runtime's RoPE options and the file's rope.* keys";
    if (strcmp(rule, "RW001") == 0)
        return "convert again from the right config.json, or set the base: "
               "--rope-freq-base";
    if (strcmp(rule, "RW002") == 0)
        return "rope_freqs.weight and the config's scaling are to be one: convert again "
               "from the right config.json";
    if (strcmp(rule, "RW008") == 0)
        return "long contexts need an engine that honours truncate: false";
    if (strcmp(rule, "RW010") == 0)
        return "serve with a context on the same side of the original one in every "
               "engine";
    if (strcmp(rule, "RW022") == 0)
        return "give llama.cpp the value on its command line, where it has an option";
    if (strcmp(rule, "RW006") == 0 || strcmp(rule, "RW007") == 0)
        return "in llama.cpp the factor can be set: --yarn-attn-factor";
    return NULL;
}

/* --- findings ------------------------------------------------------------------------------ */

/* Errors are differences between two files that were to be one model. What only the engines'
 * rules explain - the GGUF is what the converter writes - is a warning. */
static rw_severity severity_of(const rw_diff_table *table, const rw_diff_table *converted,
                               subject what, const char *rule)
{
    if (what == UNKNOWN && strcmp(rule, "RW001") != 0) return RW_WARN;
    switch (table->kind) {
    case RW_DIFF_ENGINES: return RW_WARN;
    case RW_DIFF_CONVERTED: return what == ATTENTION ? RW_WARN : RW_ERROR;
    case RW_DIFF_EXECUTED: return RW_ERROR;
    case RW_DIFF_DESCRIPTIONS:
        if (what == ATTENTION || what == SECTION) return RW_WARN;
        if (converted && !converted->side[0].absent &&
            count(converted, 1, what).n_layer == 0)
            return RW_WARN;
        return RW_ERROR;
    }
    return RW_ERROR;
}

static ropewalk_status evidence(rw_finding *f, const rw_model_diff *out,
                                const rw_diff_cell *cell, ropewalk_error *err)
{
    ropewalk_status status = rw_finding_number(f, "max_relative_frequency_error",
                                               cell->contrast.frequency_error, err);
    if (!status)
        status = rw_finding_number(f, "worst_pair", cell->contrast.worst_pair, err);
    if (!status)
        status =
            rw_finding_number(f, "explained_by_rounding", cell->contrast.tolerance, err);
    for (uint32_t p = 0; p < out->n_position && !status; p++) {
        char name[48];
        if (isnan(cell->phase_rad[p])) continue;
        (void)snprintf(name, sizeof name, "phase_error_rad_at_%lld",
                       (long long)out->position[p]);
        status = rw_finding_number(f, name, cell->phase_rad[p], err);
    }
    return status;
}

static ropewalk_status judge_subject(rw_model_diff *out, const rw_diff_table *table,
                                     uint32_t side, const rw_diff_table *converted,
                                     subject what, const tally *t, ropewalk_error *err)
{
    const rw_diff_class *class = &table->list[t->first_class];
    const rw_diff_side *b = &table->side[side];
    const char *rule = rule_of(table, side, class, what);
    const rw_severity severity = severity_of(table, converted, what, rule);
    /* llama.cpp against the config, and not the file's doing: lost in conversion or loading */
    if (what == FREQUENCY && strcmp(rule, "RWD01") == 0 && severity == RW_WARN &&
        b->gguf != table->side[0].gguf)
        rule = "RW022";
    sentence s = {.n = 0};
    say(&s, "%s against %s: %s on ", b->label, table->side[0].label, words[what]);
    say_layers(&s, t->n_layer, n_layer_of(table));
    say(&s, what == FREQUENCY ? ", " : ": ");
    if (what == FREQUENCY) {
        say_frequencies(&s, out, table, side, class);
        say_parameters(&s, table, side, class);
    } else
        say_shapes(&s, table, side, class, what);
    if (table->short_prompt)
        say(&s, "; with %lld tokens so far of %lld served", (long long)table->length,
            (long long)table->context);
    rw_finding *f;
    ropewalk_status status = rw_finding_add(&out->findings, rule, severity,
                                            b->info.source, NULL, &f, err, "%s", s.text);
    if (!status) status = rw_finding_number(f, "n_layer", t->n_layer, err);
    if (!status && what == FREQUENCY) status = evidence(f, out, &class->cell[side], err);
    const char *fix = fix_of(rule, table->kind);
    return status || !fix ? status : rw_finding_fix(f, err, "%s", fix);
}

static ropewalk_status judge_side(rw_model_diff *out, const rw_diff_table *table,
                                  uint32_t side, const rw_diff_table *other,
                                  ropewalk_error *err)
{
    const rw_diff_side *b = &table->side[side];
    if (table->side[0].absent || b->absent)
        return rw_finding_skip(&out->findings, "RWD01", b->info.source, err, "%s: %s",
                               b->absent ? b->label : table->side[0].label,
                               b->absent ? b->absent : table->side[0].absent);
    ropewalk_status status = ROPEWALK_OK;
    for (int what = 0; what < N_SUBJECT && !status; what++) {
        const tally t = count(table, side, (subject)what);
        if (!t.n_layer) continue;
        /* said already of the table before it: a short prompt, or both files' rules */
        if (other && (table->short_prompt || table->kind == RW_DIFF_CONVERTED)) {
            const tally before = count(other, side, (subject)what);
            if (before.n_layer == t.n_layer && !(fabs(before.worst - t.worst) > 1e-6))
                continue;
            if (table->kind == RW_DIFF_CONVERTED && before.n_layer) continue;
        }
        status = judge_subject(out, table, side, other, (subject)what, &t, err);
    }
    for (uint32_t i = 0; i < b->info.n_problem && !status; i++) {
        if (b->info.problems[i].code != RW_PROBLEM_NOT_RUN || table->short_prompt)
            continue;
        rw_finding *f;
        status = rw_finding_add(&out->findings, "RWD07", RW_WARN, b->info.source,
                                b->info.problems[i].key, &f, err, "%s: %s", b->label,
                                b->info.problems[i].message);
    }
    return status;
}

static ropewalk_status judge_lengths(rw_model_diff *out, const rw_diff_table *table,
                                     ropewalk_error *err)
{
    const rw_model_info *a = &table->side[0].info, *b = &table->side[1].info;
    const struct {
        const char *what;
        int64_t a, b;
    } lengths[] = {
        {"advertised context", a->context_length, b->context_length},
        {"original context", a->original_context_length, b->original_context_length}};
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths && !status; i++) {
        if (!lengths[i].a || !lengths[i].b || lengths[i].a == lengths[i].b) continue;
        rw_finding *f;
        status =
            rw_finding_add(&out->findings, "RWD05", RW_WARN, b->source, NULL, &f, err,
                           "the %s is %lld in %s and %lld in %s", lengths[i].what,
                           (long long)lengths[i].a, table->side[0].label,
                           (long long)lengths[i].b, table->side[1].label);
    }
    return status;
}

/* --- verdict ------------------------------------------------------------------------------- */

static bool runs_differently(const rw_diff_table *table, uint32_t side,
                             const rw_diff_class *class)
{
    return is_about(table, side, class, NOPE) ||
           is_about(table, side, class, ROTARY_DIM) ||
           is_about(table, side, class, FREQUENCY) ||
           is_about(table, side, class, PAIRS) || is_about(table, side, class, SECTION) ||
           is_about(table, side, class, LAYERS);
}

/* "run different rotations on 12 of 36 layers: ...", or that they are equal. */
static void say_side(sentence *s, const rw_model_diff *out, const rw_diff_table *table,
                     uint32_t side)
{
    uint32_t n_other = 0, n_unknown = 0;
    bool rounded = false;
    double largest = 0.0;
    for (uint32_t i = 0; i < table->n_class; i++) {
        const rw_diff_class *class = &table->list[i];
        const rw_contrast *c = &class->cell[side].contrast;
        if (runs_differently(table, side, class)) n_other += class->n_layer;
        const rw_rotation_info *a = rw_diff_rotation(&table->side[0], &class->cell[0]);
        if (a && a->rotary_dim && !c->frequencies) n_unknown += class->n_layer;
        rounded = rounded || c->rounded;
        if (c->rounded) largest = fmax(largest, c->frequency_error);
    }
    const uint32_t n_layer = n_layer_of(table);
    const tally frequency = count(table, side, FREQUENCY);
    const tally scores = count(table, side, SCORES);
    const tally attention = count(table, side, ATTENTION);
    if (n_other) {
        say(s, "different rotations on ");
        say_layers(s, n_other, n_layer);
        if (frequency.n_layer) {
            say(s, ": frequencies ");
            say_frequencies(s, out, table, side, &table->list[frequency.first_class]);
        }
    } else if (n_unknown) {
        say(s, "rotations that cannot be compared on ");
        say_layers(s, n_unknown, n_layer);
        say(s, " (frequencies are unknown)");
    } else {
        say(s, "the same rotations on ");
        say_layers(s, n_layer, n_layer);
        if (rounded) say(s, " (to float32 rounding: %.1e relative at most)", largest);
    }
    if (scores.n_layer) {
        say(s, n_other ? "; scores scaled" : ", but scores scaled");
        say(s, " differently on ");
        say_layers(s, scores.n_layer, n_layer);
    }
    if (attention.n_layer) {
        say(s, "; attention that reaches differently on ");
        say_layers(s, attention.n_layer, n_layer);
    }
}

static void say_engines(sentence *s, const rw_model_diff *out, const rw_diff_table *table)
{
    for (uint32_t side = 1; side < table->n_side; side++) {
        const rw_diff_side *b = &table->side[side];
        if (s->n) say(s, " ");
        if (b->absent || table->side[0].absent) {
            say(s, "%s: not described.", b->label);
            continue;
        }
        say(s, "%s runs ", b->label);
        say_side(s, out, table, side);
        say(s, ".");
    }
}

static void say_table(sentence *s, const rw_model_diff *out, const rw_diff_table *table)
{
    switch (table->kind) {
    case RW_DIFF_DESCRIPTIONS:
        say(s, "These two run ");
        say_side(s, out, table, 1);
        say(s, ".");
        break;
    case RW_DIFF_CONVERTED: {
        const char *found = table->side[1].label;
        if (table->side[0].absent) {
            say(s, " What llama.cpp's converter would write is not known: %s.",
                table->side[0].absent);
            break;
        }
        uint32_t n_other = 0;
        for (int what = 0; what < N_SUBJECT; what++)
            n_other += count(table, 1, (subject)what).n_layer;
        say(s, " %s %s what llama.cpp's converter writes for the config.json", found,
            n_other ? "is not" : "is");
        if (n_other && !table->told) {
            say(s, ": against that it has ");
            say_side(s, out, table, 1);
        }
        say(s, ".");
        break;
    }
    case RW_DIFF_ENGINES:
        if (table->short_prompt)
            say(s, " With %lld tokens so far: ", (long long)table->length);
        else if (table->context)
            say(s, "Served at %lld tokens, against %s: ", (long long)table->context,
                table->side[0].label);
        {
            sentence engines = {.n = 0};
            say_engines(&engines, out, table);
            say(s, "%s", engines.text);
        }
        break;
    case RW_DIFF_EXECUTED:
        say(s, "What was executed, against what is declared, has ");
        say_side(s, out, table, 1);
        say(s, ".");
        break;
    }
}

/* Whether the converter's table differs as the first one does: then it is told once. */
static bool is_told(const rw_diff_table *first, const rw_diff_table *table)
{
    if (table->side[0].absent) return false;
    for (int what = 0; what < N_SUBJECT; what++) {
        const tally t = count(table, 1, (subject)what),
                    f = count(first, 1, (subject)what);
        if (t.n_layer != f.n_layer || fabs(t.worst - f.worst) > 1e-3 * f.worst)
            return false;
    }
    return true;
}

ropewalk_status rw_diff_judge(rw_model_diff *out, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    out->verdict[0] = '\0';
    for (uint32_t i = 0; i < out->n_table && !status; i++) {
        rw_diff_table *table = &out->table[i];
        if (table->kind == RW_DIFF_CONVERTED) table->told = is_told(out->table, table);
        /* the other table of the same sides: what is converted, or the whole length */
        const rw_diff_table *other = NULL;
        if (table->kind == RW_DIFF_DESCRIPTIONS && out->n_table > 1)
            other = &out->table[1];
        if (table->short_prompt || table->kind == RW_DIFF_CONVERTED)
            other = &out->table[0];
        if (table->kind == RW_DIFF_DESCRIPTIONS) status = judge_lengths(out, table, err);
        for (uint32_t side = 1; side < table->n_side && !status; side++)
            status = judge_side(out, table, side, other, err);
        sentence s = {.n = 0};
        say_table(&s, out, table);
        const size_t n = strlen(out->verdict);
        (void)snprintf(out->verdict + n, sizeof out->verdict - n, "%s", s.text);
    }
    return status ? status : rw_findings_worst_first(&out->findings, err);
}
