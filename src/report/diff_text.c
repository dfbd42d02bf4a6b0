/* diff_text.c - descriptions side by side for people: the verdict, tables, what engines do. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/diff_report.h"
#include "report/lint_report.h"

enum { CELL = 40, LABEL = 26, MAX_PARAMETER = 16, WIDTH = 100 };

/* One line of a table: a label and a text a side. */
typedef struct line {
    char label[LABEL + 8];
    char cell[RW_MAX_DIFF_SIDE][CELL];
    bool differs; /* from the first column, in what nothing explains */
} line;

RW_PRINTF(2, 3) static void put(char cell[CELL], const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(cell, CELL, fmt, args);
    va_end(args);
    rw_plain(cell);
}

static void number(char cell[CELL], double value)
{
    if (isnan(value))
        put(cell, "unknown");
    else
        put(cell, "%.7g", value);
}

static void layer_list(rw_text *t, const rw_diff_class *class)
{
    rw_text_append(t, class->n_layer == 1 ? "layer " : "layers ");
    rw_text_runs(t, class->layer, class->n_layer);
}

/* --- rows ---------------------------------------------------------------------------------- */

typedef enum row {
    ATTENTION,
    WINDOW,
    HEADS,
    SCALING,
    THETA,
    ROTARY_DIM,
    OFFSET,
    PAIRS,
    SECTION,
    ATTN_FACTOR,
    SOFTMAX_SCALE,
    SCORE_FACTOR,
    FREQUENCY,
    N_ROW
} row;

static const char *const row_label[N_ROW] = {
    [ATTENTION] = "attention",
    [WINDOW] = "window",
    [HEADS] = "heads (query/key x dim)",
    [SCALING] = "scaling",
    [THETA] = "rope_theta",
    [ROTARY_DIM] = "rotated dimensions",
    [OFFSET] = "first rotated dimension",
    [PAIRS] = "pairs",
    [SECTION] = "M-RoPE axes, in pairs",
    [ATTN_FACTOR] = "attention factor a",
    [SOFTMAX_SCALE] = "softmax scale s",
    [SCORE_FACTOR] = "score factor a^2 s",
    [FREQUENCY] = "frequencies",
};

/* The bits behind a row; the rest of a row's cells never differ by themselves. */
static uint32_t row_bits(row which)
{
    switch (which) {
    case ATTENTION: return 1u << RW_DIFFERS_ATTENTION | 1u << RW_DIFFERS_LAYER;
    case WINDOW: return 1u << RW_DIFFERS_WINDOW;
    case HEADS: return 1u << RW_DIFFERS_HEADS;
    case ROTARY_DIM: return 1u << RW_DIFFERS_ROTARY_DIM | 1u << RW_DIFFERS_NOPE;
    case OFFSET: return 1u << RW_DIFFERS_OFFSET;
    case PAIRS: return 1u << RW_DIFFERS_PAIRS;
    case SECTION: return 1u << RW_DIFFERS_SECTION;
    case ATTN_FACTOR: return 1u << RW_DIFFERS_ATTN_FACTOR;
    case SOFTMAX_SCALE: return 1u << RW_DIFFERS_SOFTMAX_SCALE;
    case SCORE_FACTOR: return 1u << RW_DIFFERS_SCORE_FACTOR;
    case FREQUENCY: return 1u << RW_DIFFERS_FREQUENCY | 1u << RW_DIFFERS_UNKNOWN;
    case SCALING:
    case THETA:
    case N_ROW: break;
    }
    return 0;
}

static void frequency_cell(char cell[CELL], const rw_contrast *c, bool reference,
                           const rw_rotation_info *rot)
{
    if (!rot->inv_freq)
        put(cell, "unknown");
    else if (reference)
        put(cell, "reference");
    else if (!c->frequencies)
        put(cell, "not comparable");
    else if (c->n_pair == 0 && !(c->frequency_error > 0.0))
        put(cell, "equal");
    else if (c->n_pair == 0)
        put(cell, "equal to rounding (%.1e)", c->frequency_error);
    else if (c->frequency_error >= 9.0 && isfinite(c->frequency_error))
        put(cell, "%.3g-fold, pair %u", 1.0 + c->frequency_error,
            (unsigned)c->worst_pair);
    else if (isinf(c->frequency_error))
        put(cell, "pair %u turns on one side", (unsigned)c->worst_pair);
    else
        put(cell, "%.3g %% off, pair %u", 100.0 * c->frequency_error,
            (unsigned)c->worst_pair);
}

/* False: nothing to say. */
static bool fill_cell(row which, const rw_layer_info *layer, const rw_rotation_info *rot,
                      const rw_diff_cell *cell, bool reference, char out[CELL])
{
    put(out, "-");
    if (!layer) return which == ATTENTION;
    switch (which) {
    case ATTENTION: put(out, "%s", rw_attention_name(layer->attention)); return true;
    case WINDOW:
        if (layer->window) put(out, "%lld", (long long)layer->window);
        return layer->window > 0;
    case HEADS:
        put(out, "%u/%u x %u", (unsigned)layer->n_head_q, (unsigned)layer->n_head_kv,
            (unsigned)layer->head_dim);
        return layer->head_dim > 0;
    case SCALING: put(out, "%s", rot ? rot->mechanism : "no rotation"); return true;
    case THETA:
        if (rot) number(out, rot->rope_theta);
        return rot != NULL;
    case ROTARY_DIM: put(out, "%u", rot ? (unsigned)rot->rotary_dim : 0u); return true;
    case OFFSET:
        if (rot) put(out, "%u", (unsigned)rot->rotary_offset);
        return rot && rot->rotary_offset;
    case PAIRS:
        if (rot) put(out, "%s", rot->interleaved ? "interleaved" : "half");
        return rot != NULL;
    case SECTION:
        if (rot && rot->section[0])
            put(out, "%u+%u+%u+%u%s", rot->section[0], rot->section[1], rot->section[2],
                rot->section[3], rot->section_interleaved ? " interleaved" : "");
        return rot && rot->section[0];
    case ATTN_FACTOR:
        if (rot) number(out, rot->attn_factor);
        return rot != NULL;
    case SOFTMAX_SCALE:
        if (rot) number(out, rot->softmax_scale);
        return rot != NULL;
    case SCORE_FACTOR:
        if (rot) number(out, rot->attn_factor * rot->attn_factor * rot->softmax_scale);
        return rot != NULL;
    case FREQUENCY:
        if (rot) frequency_cell(out, &cell->contrast, reference, rot);
        return rot != NULL;
    case N_ROW: break;
    }
    return false;
}

/* --- a table ------------------------------------------------------------------------------- */

static void print_line(rw_text *t, const line *l, uint32_t n_side, const int *width)
{
    rw_text_printf(t, "%c %-*s", l->differs ? '*' : ' ', LABEL, l->label);
    for (uint32_t s = 0; s < n_side; s++)
        rw_text_printf(t, s + 1 < n_side ? "  %-*s" : "  %.*s",
                       s + 1 < n_side ? width[s] : CELL, l->cell[s]);
    while (t->len && t->data[t->len - 1] == ' ')
        t->data[--t->len] = '\0';
    rw_text_append(t, "\n");
}

static double parameter(const rw_rotation_info *rot, const char *name)
{
    for (uint32_t i = 0; rot && i < rot->n_parameter; i++)
        if (strcmp(rot->parameters[i].name, name) == 0) return rot->parameters[i].value;
    return (double)NAN;
}

/* A parameter of the reference's scaling that somebody else resolved to another value. */
static bool parameter_line(const rw_diff_table *table, const rw_diff_class *class,
                           const char *name, line *l)
{
    double first = (double)NAN;
    *l = (line){.differs = false};
    (void)snprintf(l->label, sizeof l->label, "  %.*s", LABEL - 2, name);
    for (uint32_t s = 0; s < table->n_side; s++) {
        const double v =
            parameter(rw_diff_rotation(&table->side[s], &class->cell[s]), name);
        put(l->cell[s], "-");
        if (isnan(v)) continue;
        number(l->cell[s], v);
        if (s == 0) first = v;
        l->differs = l->differs || fabs(v - first) > 1e-6 * fabs(first);
    }
    return l->differs;
}

static bool phase_line(const rw_model_diff *diff, const rw_diff_table *table,
                       const rw_diff_class *class, uint32_t p, line *l)
{
    bool any = false;
    *l = (line){.differs = false};
    (void)snprintf(l->label, sizeof l->label, "phase error at %lld",
                   (long long)diff->position[p]);
    for (uint32_t s = 0; s < table->n_side; s++) {
        const rw_diff_cell *cell = &class->cell[s];
        put(l->cell[s], "-");
        if (s == 0 || isnan(cell->phase_rad[p])) continue;
        any = true;
        l->differs = l->differs || rw_diff_has(cell, RW_DIFFERS_FREQUENCY);
        if (cell->beyond_half_turn[p])
            put(l->cell[s], "%.3g rad, %u pair%s > pi", cell->phase_rad[p],
                (unsigned)cell->beyond_half_turn[p],
                cell->beyond_half_turn[p] == 1 ? "" : "s");
        else
            put(l->cell[s], "%.3g rad", cell->phase_rad[p]);
    }
    return any;
}

/* Positions farther apart than a window never meet in a score. */
static bool window_line(const rw_diff_table *table, const rw_diff_class *class, line *l)
{
    bool any = false;
    *l = (line){.label = "phase error in the window"};
    for (uint32_t s = 0; s < table->n_side; s++) {
        const rw_diff_cell *cell = &class->cell[s];
        put(l->cell[s], "-");
        if (s == 0 || isnan(cell->window_phase_rad)) continue;
        l->differs = l->differs || rw_diff_has(cell, RW_DIFFERS_FREQUENCY);
        put(l->cell[s], "%.3g rad", cell->window_phase_rad);
        any = true;
    }
    return any;
}

/* The engines' own arithmetic, at the last position: apart from which table is run. */
static bool angle_line(const rw_model_diff *diff, const rw_diff_table *table,
                       const rw_diff_class *class, line *l)
{
    bool any = false;
    if (!diff->n_position) return false;
    const uint32_t p = diff->n_position - 1;
    *l = (line){.differs = false};
    (void)snprintf(l->label, sizeof l->label, "arithmetic up to %lld",
                   (long long)diff->position[p]);
    for (uint32_t s = 0; s < table->n_side; s++) {
        const double error = class->cell[s].angle_error_rad[p];
        put(l->cell[s], "-");
        if (isnan(error)) continue;
        put(l->cell[s], "%.2g rad", error);
        any = true;
    }
    return any;
}

static void print_class(rw_text *t, const rw_model_diff *diff, const rw_diff_table *table,
                        const rw_diff_class *class)
{
    line lines[N_ROW + MAX_PARAMETER + RW_MAX_DIFF_POSITION + 3];
    uint32_t n = 0;
    for (int which = 0; which < N_ROW; which++) {
        line *l = &lines[n];
        bool any = false;
        *l = (line){.differs = false};
        (void)snprintf(l->label, sizeof l->label, "%s", row_label[which]);
        for (uint32_t s = 0; s < table->n_side; s++) {
            const rw_diff_cell *cell = &class->cell[s];
            any |= fill_cell((row)which, rw_diff_layer(&table->side[s], cell),
                             rw_diff_rotation(&table->side[s], cell), cell, s == 0,
                             l->cell[s]);
            l->differs |=
                (cell->contrast.differs & ~cell->expected & row_bits((row)which)) != 0;
            const size_t n_char = strlen(l->cell[s]);
            if (cell->expected & row_bits((row)which))
                (void)snprintf(l->cell[s] + n_char, CELL - n_char,
                               which == ATTENTION || which == WINDOW ? " (reaches all)"
                                                                     : " (converted)");
        }
        n += any;
        const rw_rotation_info *rot = rw_diff_rotation(&table->side[0], &class->cell[0]);
        for (uint32_t i = 0; which == SCALING && rot && i < rot->n_parameter; i++)
            if (i < MAX_PARAMETER)
                n += parameter_line(table, class, rot->parameters[i].name, &lines[n]);
    }
    bool apart = false;
    for (uint32_t s = 1; s < table->n_side; s++)
        apart = apart || class->cell[s].contrast.frequency_error > 0.0;
    for (uint32_t p = 0; apart && p < diff->n_position; p++)
        n += phase_line(diff, table, class, p, &lines[n]);
    if (apart && window_line(table, class, &lines[n])) n++;
    if (angle_line(diff, table, class, &lines[n])) n++;

    int width[RW_MAX_DIFF_SIDE];
    for (uint32_t s = 0; s < table->n_side; s++) {
        width[s] = (int)strlen(table->side[s].label);
        for (uint32_t i = 0; i < n; i++)
            if ((int)strlen(lines[i].cell[s]) > width[s])
                width[s] = (int)strlen(lines[i].cell[s]);
    }
    rw_text_append(t, "\n");
    layer_list(t, class);
    rw_text_append(t, "\n");
    line head = {.label = ""};
    for (uint32_t s = 0; s < table->n_side; s++)
        put(head.cell[s], "%s", table->side[s].label);
    print_line(t, &head, table->n_side, width);
    for (uint32_t i = 0; i < n; i++)
        print_line(t, &lines[i], table->n_side, width);
}

static void print_side(rw_text *t, const rw_diff_side *side)
{
    const rw_model_info *m = &side->info;
    rw_text_printf(t, "%-12s ", side->label);
    if (side->absent) {
        rw_text_wrap(t, side->absent, 13, WIDTH);
        return;
    }
    rw_text whole;
    rw_text_init(&whole);
    rw_text_printf(&whole, "%s, %s", m->source ? m->source : "unknown", side->what);
    if (m->architecture) rw_text_printf(&whole, ", architecture %s", m->architecture);
    rw_text_printf(&whole, ", %u layers", (unsigned)m->n_layer);
    if (m->context_length)
        rw_text_printf(&whole, ", context %lld", (long long)m->context_length);
    if (m->original_context_length)
        rw_text_printf(&whole, " (originally %lld)",
                       (long long)m->original_context_length);
    if (side->engine)
        rw_text_printf(&whole, "; rules of %s %s", side->engine, side->version);
    if (whole.failed)
        t->failed = true;
    else
        rw_text_wrap(t, whole.data, 13, WIDTH);
    rw_text_clear(&whole);
}

static void heading(rw_text *t, const rw_diff_table *table)
{
    switch (table->kind) {
    case RW_DIFF_DESCRIPTIONS: rw_text_append(t, "\nside by side\n"); break;
    case RW_DIFF_CONVERTED:
        rw_text_append(t, "\nagainst what llama.cpp's converter writes\n");
        break;
    case RW_DIFF_ENGINES:
        rw_text_append(t, "\nengines");
        if (table->context)
            rw_text_printf(t, ", served at %lld tokens", (long long)table->context);
        if (table->short_prompt)
            rw_text_printf(t, ", with %lld tokens so far", (long long)table->length);
        rw_text_append(t, "\n");
        break;
    case RW_DIFF_EXECUTED: rw_text_append(t, "\ndeclared and executed\n"); break;
    }
}

static bool same_everywhere(const rw_diff_table *table)
{
    for (uint32_t i = 0; i < table->n_class; i++)
        for (uint32_t s = 1; s < table->n_side; s++)
            if (table->list[i].cell[s].contrast.differs &
                ~table->list[i].cell[s].expected)
                return false;
    return true;
}

static void print_table(rw_text *t, const rw_model_diff *diff, const rw_diff_table *table)
{
    /* of the converter's table the verdict says enough when there is nothing new in it */
    if (table->kind == RW_DIFF_CONVERTED && (table->told || same_everywhere(table)))
        return;
    heading(t, table);
    if (!table->short_prompt)
        for (uint32_t s = 0; s < table->n_side; s++)
            print_side(t, &table->side[s]);
    for (uint32_t i = 0; i < table->n_class; i++)
        print_class(t, diff, table, &table->list[i]);
}

typedef bool (*is_met)(const rw_layer_info *layer, const rw_rotation_info *rot,
                       const char *what);

static bool mechanism_is(const rw_layer_info *layer, const rw_rotation_info *rot,
                         const char *what)
{
    (void)layer;
    return rot && strcmp(rot->mechanism, what) == 0;
}

static bool is_latent(const rw_layer_info *layer, const rw_rotation_info *rot,
                      const char *what)
{
    (void)layer;
    (void)what;
    return rot && rot->rotary_offset > 0;
}

static bool has_window(const rw_layer_info *layer, const rw_rotation_info *rot,
                       const char *what)
{
    (void)rot;
    (void)what;
    return layer->window > 0;
}

static bool any_layer(const rw_diff_table *table, is_met met, const char *what)
{
    for (uint32_t i = 0; i < table->n_class; i++)
        for (uint32_t s = 0; s < table->n_side; s++) {
            const rw_diff_cell *cell = &table->list[i].cell[s];
            const rw_layer_info *layer = rw_diff_layer(&table->side[s], cell);
            if (layer && met(layer, rw_diff_rotation(&table->side[s], cell), what))
                return true;
        }
    return false;
}

/* A point at which engines differ is told of models that come to it: the document has all. */
static bool concerns(const rw_diff_table *table, const char *point)
{
    static const struct {
        const char *point, *mechanism;
        is_met met;
    } rows[] = {{"yarn", "yarn", mechanism_is},
                {"attention_factor", "yarn", mechanism_is},
                {"attention_factor", "longrope", mechanism_is},
                {"original context", "yarn", mechanism_is},
                {"original context", "longrope", mechanism_is},
                {"longrope", "longrope", mechanism_is},
                {"dynamic", "dynamic", mechanism_is},
                {"latent attention", NULL, is_latent},
                {"sliding layers", NULL, has_window}};
    bool listed = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strncmp(point, rows[i].point, strlen(rows[i].point)) != 0) continue;
        if (any_layer(table, rows[i].met, rows[i].mechanism)) return true;
        listed = true;
    }
    return !listed;
}

static void print_notes(rw_text *t, const rw_diff_table *table)
{
    bool any = false;
    for (uint32_t s = 0; s < table->n_side; s++)
        for (uint32_t i = 0; !table->side[s].absent && i < table->side[s].n_note; i++) {
            const rw_diff_side *side = &table->side[s];
            const rw_diff_note *note = &side->note[i];
            if (!concerns(table, note->point)) continue;
            if (!any)
                rw_text_append(t, "what engines do here, and how that is known (all of "
                                  "it: `ropewalk list engines`)\n");
            any = true;
            char row_text[640];
            (void)snprintf(row_text, sizeof row_text, "%s: %s (%s)", note->point,
                           note->does,
                           note->source ? note->source : "believed, not read");
            rw_text_printf(t, "  %-12s ", side->label);
            rw_text_wrap(t, row_text, 15, WIDTH);
        }
    if (any) rw_text_append(t, "\n");
}

void rw_diff_text(const rw_model_diff *diff, rw_text *t)
{
    uint32_t n[3] = {0};
    rw_text_wrap(t, diff->verdict, 0, WIDTH);
    for (uint32_t i = 0; i < diff->n_table; i++)
        print_table(t, diff, &diff->table[i]);
    rw_text_append(t,
                   "\n* differs from the first column; a is squared in a score; phases "
                   "in radian, more than pi is beyond half a turn\n");
    rw_text_append(t, "\n");
    for (uint32_t i = 0; i < diff->findings.n; i++) {
        rw_finding_text_block(&diff->findings.list[i], "", t);
        n[diff->findings.list[i].severity]++;
    }
    if (diff->findings.n) rw_text_append(t, "\n");
    if (diff->n_table && diff->table[0].kind == RW_DIFF_ENGINES)
        print_notes(t, &diff->table[0]);
    rw_text_printf(t, "%u error%s, %u warning%s, %u info", n[RW_ERROR],
                   n[RW_ERROR] == 1 ? "" : "s", n[RW_WARN], n[RW_WARN] == 1 ? "" : "s",
                   n[RW_INFO]);
    if (diff->findings.n_skipped) /* each has said why where its table begins */
        rw_text_printf(t, "; %u not compared", diff->findings.n_skipped);
    rw_text_append(t, "\n");
}
