/* page_diff.c - the page of a diff: how far engines or files are apart, pair by pair and over
 * positions. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/svg.h"
#include "report/table.h"

#define PI 3.141592653589793
enum {
    MAX_SIDE = 6,
    MAX_PAIR = 2048,
    MAX_POSITION = 16,
    MAX_CLASS = 60,
    NAME_BYTES = 240
};

/* What one compared side differs by on a class of layers. */
typedef struct side {
    const json_t *row;
    char name[NAME_BYTES]; /* escaped */
    double pair[MAX_PAIR], apart[MAX_PAIR];
    size_t n_pair;
    double phase[MAX_POSITION], own[MAX_POSITION]; /* NaN where nothing can be drawn */
} side;

typedef struct view {
    rw_text *t;
    const json_t *doc;
    int64_t position[MAX_POSITION];
    double place[MAX_POSITION]; /* the same as numbers */
    size_t n_position;
    side *side;                 /* MAX_SIDE of them */
    double own[MAX_POSITION];   /* of the reference */
    char reference[NAME_BYTES]; /* escaped */
} view;

static const char *const colour[MAX_SIDE] = {"s2", "s1", "s3", "s4", "s5", "s6"};

static const json_t *list_item(const json_t *o, const char *key, double index)
{
    const json_t *list = json_object_get(o, key);
    return index >= 0 && index < (double)json_array_size(list)
               ? json_array_get(list, (size_t)index)
               : NULL;
}

/* A label as markup; one that is no label is called by its place. */
static void name_side(rw_text *t, char out[NAME_BYTES], const json_t *o,
                      const char *instead)
{
    rw_text name;
    rw_text_init(&name);
    rw_markup_str(&name, o, "label", instead);
    const bool fits = name.data && name.len < NAME_BYTES;
    (void)snprintf(out, NAME_BYTES, "%s", fits ? name.data : instead);
    t->failed = t->failed || name.failed;
    rw_text_clear(&name);
}

/* The frequencies a side of a table has for a class of layers. */
static const json_t *frequencies(const view *v, const json_t *row, const char *which)
{
    size_t i;
    const json_t *cell = json_object_get(row, which), *item;
    const json_t *table = list_item(v->doc, "tables", rw_markup_f64(row, "table"));
    json_array_foreach (json_object_get(table, "sides"), i, item)
        if (json_equal(json_object_get(item, "label"), json_object_get(cell, "label")))
            return json_object_get(
                list_item(item, "rotations", rw_markup_f64(cell, "rotation")),
                "inv_freq");
    return NULL;
}

static double positive(double value)
{
    return value > 0 && isfinite(value) ? value : (double)NAN;
}

static void by_position(const view *v, const json_t *o, double *out)
{
    char key[24];
    for (size_t i = 0; i < v->n_position; i++) {
        (void)snprintf(key, sizeof key, "%lld", (long long)v->position[i]);
        out[i] = positive(rw_markup_f64(o, key));
    }
}

static void read_side(const view *v, const json_t *row, side *s, size_t number)
{
    char instead[24];
    (void)snprintf(instead, sizeof instead, "side %zu", number + 2);
    name_side(v->t, s->name, json_object_get(row, "b"), instead);
    s->row = row;
    s->n_pair = 0;
    const json_t *a = frequencies(v, row, "a"), *b = frequencies(v, row, "b");
    const size_t n = json_array_size(a);
    for (size_t i = 0; n == json_array_size(b) && i < n && i < MAX_PAIR; i++) {
        const double w = json_number_value(json_array_get(a, i));
        s->pair[s->n_pair] = (double)i;
        s->apart[s->n_pair++] =
            positive(fabs(json_number_value(json_array_get(b, i)) - w) / w);
    }
    by_position(v, json_object_get(row, "phase_error_rad"), s->phase);
    by_position(v, json_object_get(json_object_get(row, "b"), "angle_error_rad"), s->own);
}

/* Powers of ten around positive values; false when there are none. */
static bool decades(double lo, double hi, double *from, double *to)
{
    if (!(hi > 0)) return false;
    *from = pow(10, floor(log10(lo) + 1e-9));
    *to = pow(10, ceil(log10(hi) - 1e-9));
    if (!(*to > *from)) *to = 10 * *from;
    return *from > 0 && isfinite(*to);
}

static void reach(double *lo, double *hi, const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) { /* NaN is passed over */
        *lo = fmin(*lo, value[i]);
        *hi = fmax(*hi, value[i]);
    }
}

static void draw_pairs(const view *v, size_t n_side)
{
    rw_text *t = v->t;
    double lo = INFINITY, hi = 0, rounding = 0, last = 1, from, to;
    size_t n_known = 0;
    for (size_t k = 0; k < n_side; k++) {
        const side *s = &v->side[k];
        reach(&lo, &hi, s->apart, s->n_pair);
        rounding =
            fmax(rounding, positive(rw_markup_f64(s->row, "explained_by_rounding")));
        if (s->n_pair) last = fmax(last, (double)(s->n_pair - 1));
        n_known += s->n_pair > 0;
    }
    if (!n_known) {
        rw_text_append(t, "<p class=absent>The frequencies of these sides cannot be "
                          "compared pair by pair.</p>\n");
        return;
    }
    reach(&lo, &hi, &rounding, hi > 0 && rounding > 0);
    if (!decades(lo, hi, &from, &to)) {
        rw_text_append(t, "<p>Every frequency is equal, to the last bit, on every side."
                          "</p>\n");
        return;
    }
    rw_chart c;
    rw_text_append(t, "<figure class=plot><h4>Frequencies, pair by pair</h4>");
    rw_chart_open(&c, t, 380, 236, "Relative difference of frequencies, pair by pair",
                  "One point a pair, from the fastest on the left to the slowest.");
    rw_chart_y(&c, from, to, true, "relative difference");
    rw_chart_x(&c, 0, last, false, "pair, fastest first");
    rw_chart_reference(&c, positive(rounding), "rounding explains this much");
    for (size_t k = 0; k < n_side; k++) {
        const side *s = &v->side[k];
        const rw_series line = {s->name, colour[k], s->pair, s->apart, NULL,
                                NULL,    s->n_pair, false,   false};
        rw_chart_series(&c, &line);
    }
    rw_chart_close(&c);
    rw_text_printf(t,
                   "<figcaption><p class=see>How far each pair turns from what %s makes "
                   "of it. Below the dotted line rounding explains it; a pair without a "
                   "point is equal to the last bit.</p></figcaption></figure>\n",
                   v->reference);
}

static void draw_phases(const view *v, size_t n_side)
{
    rw_text *t = v->t;
    double lo = INFINITY, hi = 0, from, to;
    char name[MAX_SIDE + 1][NAME_BYTES + 24];
    for (size_t k = 0; k < n_side; k++) {
        reach(&lo, &hi, v->side[k].phase, v->n_position);
        reach(&lo, &hi, v->side[k].own, v->n_position);
    }
    reach(&lo, &hi, v->own, v->n_position);
    if (!v->n_position || !decades(fmin(lo, PI), fmax(hi, 0), &from, &to)) return;
    to = fmax(to, 10);
    rw_chart c;
    rw_text_append(t, "<figure class=plot><h4>Phases over position</h4>");
    rw_chart_open(&c, t, 380, 236, "Largest phase difference over position",
                  "The angle by which the worst pair is turned otherwise, at each "
                  "position; dashed the error of each side\xe2\x80\x99s own arithmetic.");
    rw_chart_y(&c, from, to, true, "rad");
    rw_chart_x_contexts(&c, v->position, v->n_position);
    rw_chart_reference(&c, PI, "half a turn");
    for (size_t k = 0; k <= n_side; k++) {
        const bool reference = k == n_side;
        (void)snprintf(name[k], sizeof name[k], "%s, its own rounding",
                       reference ? v->reference : v->side[k].name);
        const rw_series own = {name[k],       reference ? "s6" : colour[k],
                               v->place,      reference ? v->own : v->side[k].own,
                               NULL,          NULL,
                               v->n_position, true,
                               false};
        rw_chart_series(&c, &own);
    }
    for (size_t k = 0; k < n_side; k++) {
        const rw_series line = {v->side[k].name,  colour[k], v->place,
                                v->side[k].phase, NULL,      NULL,
                                v->n_position,    false,     false};
        rw_chart_series(&c, &line);
    }
    rw_chart_close(&c);
    rw_text_printf(
        t,
        "<figcaption><p class=see>The worst pair\xe2\x80\x99s angle, beside %s: "
        "past half a turn two engines place the same token somewhere else "
        "altogether. Dashed: what each engine\xe2\x80\x99s own number format "
        "loses of the same angle. A side without a line has no phase "
        "difference.</p></figcaption></figure>\n",
        v->reference);
}

static const rw_table_column side_columns[] = {
    {"label", "side", RW_COLUMN_TEXT},
    {"mechanism", "scaling", RW_COLUMN_TEXT},
    {"rope_theta", "base", RW_COLUMN_NUMBER},
    {"rotary_dim", "rotated", RW_COLUMN_COUNT},
    {"pairs", "pairs", RW_COLUMN_TEXT},
    {"attention", "attention", RW_COLUMN_TEXT},
    {"window", "window", RW_COLUMN_COUNT},
    {"score_factor", "scores times", RW_COLUMN_NUMBER}};
static const rw_table_column apart_columns[] = {
    {"b.label", "side", RW_COLUMN_TEXT},
    {"differs", "differs in", RW_COLUMN_TEXT},
    {"expected", "as expected in", RW_COLUMN_TEXT},
    {"max_relative_frequency_error", "frequencies, relative", RW_COLUMN_NUMBER},
    {"worst_pair", "at pair", RW_COLUMN_COUNT},
    {"n_pair_differ", "pairs beyond rounding", RW_COLUMN_COUNT},
    {"explained_by_rounding", "rounding explains", RW_COLUMN_NUMBER}};
enum {
    N_SIDE_COLUMN = sizeof side_columns / sizeof *side_columns,
    N_APART_COLUMN = sizeof apart_columns / sizeof *apart_columns
};

static void draw_tables(const view *v, size_t n_side)
{
    rw_text *t = v->t;
    rw_text_append(t, "<details class=table><summary>Numbers</summary>\n");
    rw_table_open(t, "What each side does", side_columns, N_SIDE_COLUMN);
    rw_table_row(t, json_object_get(v->side[0].row, "a"), side_columns, N_SIDE_COLUMN);
    for (size_t k = 0; k < n_side; k++)
        rw_table_row(t, json_object_get(v->side[k].row, "b"), side_columns,
                     N_SIDE_COLUMN);
    rw_table_close(t);
    rw_table_open(t, "How far apart", apart_columns, N_APART_COLUMN);
    for (size_t k = 0; k < n_side; k++)
        rw_table_row(t, v->side[k].row, apart_columns, N_APART_COLUMN);
    rw_table_close(t);
    static const rw_table_column phase_columns[] = {
        {"", "side", RW_COLUMN_TEXT},
        {"", "position", RW_COLUMN_COUNT},
        {"", "largest phase difference, rad", RW_COLUMN_NUMBER},
        {"", "pairs beyond half a turn", RW_COLUMN_COUNT},
        {"", "own arithmetic, rad", RW_COLUMN_NUMBER}};
    rw_table_open(t, "Phases", phase_columns, 5);
    for (size_t k = 0; k < n_side; k++)
        for (size_t i = 0; i < v->n_position; i++) {
            char key[24];
            (void)snprintf(key, sizeof key, "%lld", (long long)v->position[i]);
            const json_t *row = v->side[k].row;
            rw_text_printf(t, "<tr><td class=l>%s<td>", v->side[k].name);
            rw_markup_count(t, v->place[i]);
            rw_text_append(t, "<td>");
            rw_markup_number(t,
                             rw_markup_f64(json_object_get(row, "phase_error_rad"), key));
            rw_text_append(t, "<td>");
            rw_markup_count(
                t, rw_markup_f64(json_object_get(row, "pairs_beyond_half_turn"), key));
            rw_text_append(t, "<td>");
            rw_markup_number(t, rw_markup_f64(json_object_get(json_object_get(row, "b"),
                                                              "angle_error_rad"),
                                              key));
            rw_text_append(t, "\n");
        }
    rw_table_close(t);
    rw_text_append(t, "</details>\n");
}

/* "Layers 0-11, 14" */
static void name_layers(rw_text *t, const json_t *layers)
{
    enum { MOST = 4096 };
    size_t n = json_array_size(layers);
    if (n > MOST) n = MOST;
    uint32_t *list = rw_array(n + 1, sizeof *list);
    if (!list) {
        t->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const double layer = json_number_value(json_array_get(layers, i));
        list[i] = layer >= 0 && layer < 1e6 ? (uint32_t)layer : 0;
    }
    rw_text_append(t, n == 1 ? "<h3>Layer " : "<h3>Layers ");
    rw_text_runs(t, list, n);
    rw_free(list);
}

static void draw_class(view *v, size_t first, size_t end)
{
    rw_text *t = v->t;
    const json_t *rows = json_object_get(v->doc, "rotations"),
                 *row = json_array_get(rows, first), *a = json_object_get(row, "a");
    size_t n = end - first;
    if (n > MAX_SIDE) n = MAX_SIDE;
    name_side(t, v->reference, a, "the first side");
    by_position(v, json_object_get(a, "angle_error_rad"), v->own);
    for (size_t k = 0; k < n; k++)
        read_side(v, json_array_get(rows, first + k), &v->side[k], k);
    name_layers(t, json_object_get(row, "layers"));
    rw_text_append(t, " <small>");
    rw_markup_str(t, a, "attention", "");
    rw_text_append(t, "</small></h3>\n<div class=plots>\n");
    draw_pairs(v, n);
    draw_phases(v, n);
    rw_text_append(t, "</div>\n");
    draw_tables(v, n);
}

static const rw_table_column table_columns[] = {
    {"label", "side", RW_COLUMN_TEXT},
    {"what", "read from", RW_COLUMN_TEXT},
    {"engine", "engine", RW_COLUMN_TEXT},
    {"version", "version of its source", RW_COLUMN_TEXT},
    {"angle_arithmetic", "angles formed in", RW_COLUMN_TEXT},
    {"absent", "not described because", RW_COLUMN_TEXT}};
static const rw_table_column note_columns[] = {
    {"point", "point", RW_COLUMN_TEXT},
    {"does", "does", RW_COLUMN_TEXT},
    {"source", "source", RW_COLUMN_TEXT},
    {"believed", "believed, not read", RW_COLUMN_TEXT}};

static void draw_sides(rw_text *t, const json_t *doc)
{
    size_t i, k;
    const json_t *table, *item;
    json_array_foreach (json_object_get(doc, "tables"), i, table) {
        rw_text_append(t, "<h3>Sides, served at ");
        rw_markup_count(t, rw_markup_f64(table, "context"));
        rw_text_append(t, " tokens</h3>\n");
        rw_table_of(t, "Sides", json_object_get(table, "sides"), table_columns,
                    sizeof table_columns / sizeof *table_columns);
        json_array_foreach (json_object_get(table, "sides"), k, item) {
            if (!json_array_size(json_object_get(item, "notes"))) continue;
            rw_text_append(t, "<details><summary>Where engines differ: ");
            rw_markup_str(t, item, "label", "a side");
            rw_text_append(t, "</summary>");
            rw_table_of(t, "Notes", json_object_get(item, "notes"), note_columns, 4);
            rw_text_append(t, "</details>\n");
        }
    }
}

static bool same_class(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "table"), json_object_get(b, "table")) &&
           json_equal(json_object_get(a, "layers"), json_object_get(b, "layers"));
}

static void read_positions(view *v)
{
    size_t i;
    const json_t *item;
    json_array_foreach (json_object_get(json_object_get(v->doc, "settings"), "positions"),
                        i, item) {
        const double at = json_number_value(item);
        if (!(at >= 1 && at < 9e15) || v->n_position == MAX_POSITION ||
            (v->n_position && !(at > v->place[v->n_position - 1])))
            continue;
        v->place[v->n_position] = at;
        v->position[v->n_position++] = (int64_t)at;
    }
}

ropewalk_status rw_page_diff(rw_text *t, const json_t *doc, const rw_view *audit,
                             size_t number, ropewalk_error *err)
{
    (void)audit;
    const json_t *rows = json_object_get(doc, "rotations");
    ropewalk_status status = rw_page_check_list(doc, "diff", "rotations", err);
    if (!status) status = rw_page_check_list(doc, "diff", "tables", err);
    if (!status) status = rw_page_check_list(doc, "diff", "findings", err);
    if (status) return status;
    view v = {.t = t, .doc = doc, .side = rw_calloc(MAX_SIDE, sizeof *v.side)};
    if (!v.side) return rw_fail_memory(err, "the page");
    read_positions(&v);
    rw_text_printf(
        t,
        "<section id=diff%zu aria-labelledby=h-diff%zu><h2 id=h-diff%zu>Do all "
        "run the same positions?</h2>\n<div class=\"headline long\"><p>",
        number, number, number);
    rw_markup_str(t, doc, "verdict", "");
    rw_text_append(t,
                   "</p></div>\n<ul class=limits><li>Descriptions are compared: what "
                   "files say, and what each engine\xe2\x80\x99s source makes of it. No "
                   "model ran, and other versions may do otherwise.</li><li>Whether a "
                   "difference costs answers does not follow.</li></ul>\n");
    if (json_array_size(json_object_get(doc, "findings"))) rw_page_finding_list(t, doc);
    size_t n_class = 0;
    for (size_t first = 0, end; first < json_array_size(rows); first = end) {
        end = first + 1;
        while (end < json_array_size(rows) &&
               same_class(json_array_get(rows, first), json_array_get(rows, end)))
            end++;
        if (n_class++ < MAX_CLASS) draw_class(&v, first, end);
    }
    if (n_class > MAX_CLASS)
        rw_text_printf(
            t,
            "<p class=absent>Only the first %d classes of layers are shown; the "
            "document holds more.</p>\n",
            MAX_CLASS);
    draw_sides(t, doc);
    rw_section_close(t);
    rw_free(v.side);
    return ROPEWALK_OK;
}

ropewalk_status rw_diff_page(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {
        "diff", "Engines and files side by side",
        " The difference of a single pair is formed here, from the frequencies of the "
        "document.",
        rw_page_diff};
    return rw_page_of(document, &frame, out, err);
}
