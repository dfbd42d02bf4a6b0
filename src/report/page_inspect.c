/* page_inspect.c - the page of a description: its wavelengths, and what number formats lose of its
 * angles. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/svg.h"
#include "report/table.h"

enum { MAX_PROFILE = 16, MAX_CONTEXT = 16, MAX_ROTATION = 32, N_COLOUR = 6 };
static const char *const colours[N_COLOUR] = {"s1", "s2", "s3", "s4", "s5", "s6"};

/* Profiles of one rotation whose error is of one kind. */
typedef struct group {
    const json_t *profile[MAX_PROFILE];
    size_t n;
    int64_t context[MAX_CONTEXT];
    double place[MAX_CONTEXT];
    size_t n_context;
} group;

static bool is_text(const json_t *o, const char *key, const char *text)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s && strcmp(s, text) == 0;
}

static void collect(group *g, const json_t *list, size_t rotation, const char *error_of)
{
    size_t i;
    const json_t *item, *at;
    *g = (group){0};
    json_array_foreach (list, i, item)
        if (g->n < MAX_PROFILE && is_text(item, "error_of", error_of) &&
            fabs(rw_markup_f64(item, "rotation") - (double)rotation) < .5)
            g->profile[g->n++] = item;
    json_array_foreach (json_object_get(g->profile[0], "contexts"), i, at) {
        const double context = rw_markup_f64(at, "context");
        if (!(context >= 1 && context < 9e15) || g->n_context == MAX_CONTEXT ||
            (g->n_context && !(context > g->place[g->n_context - 1])))
            continue;
        g->place[g->n_context] = context;
        g->context[g->n_context++] = (int64_t)context;
    }
}

/* The error at each context, NaN where it is unknown or 0, which no logarithm shows. */
static void errors_of(const group *g, const json_t *profile, double *out)
{
    size_t i;
    const json_t *at;
    for (size_t k = 0; k < g->n_context; k++)
        out[k] = (double)NAN;
    json_array_foreach (json_object_get(profile, "contexts"), i, at)
        for (size_t k = 0; k < g->n_context; k++) {
            const double error = rw_markup_f64(at, "error");
            if (fabs(rw_markup_f64(at, "context") - g->place[k]) < .5 && error > 0 &&
                isfinite(error))
                out[k] = error;
        }
}

static void draw_errors(rw_text *t, const group *g, bool angle)
{
    double error[MAX_PROFILE][MAX_CONTEXT], lo = INFINITY, hi = 0;
    for (size_t p = 0; p < g->n; p++) {
        errors_of(g, g->profile[p], error[p]);
        for (size_t k = 0; k < g->n_context; k++) {
            lo = fmin(lo, error[p][k]);
            hi = fmax(hi, error[p][k]);
        }
    }
    if (!(hi > 0)) return;
    rw_chart c;
    rw_text_printf(t, "<figure class=plot><h4>%s</h4>",
                   angle ? "Error of the angle" : "Error of cached cosines and sines");
    rw_chart_open(&c, t, 380, 236, "Largest error over context",
                  "One line a number format, at the largest of 64 positions of the "
                  "context\xe2\x80\x99s second half.");
    rw_chart_y(&c, pow(10, floor(log10(lo))),
               pow(10, fmax(floor(log10(lo)) + 1, ceil(fmax(log10(hi), angle)))), true,
               angle ? "rad" : "largest error");
    rw_chart_x_contexts(&c, g->context, g->n_context);
    if (angle) rw_chart_reference(&c, 3.141592653589793, "half a turn");
    for (size_t p = 0; p < g->n; p++) {
        rw_text name;
        rw_text_init(&name);
        rw_markup_str(&name, g->profile[p], "profile", "a format");
        const rw_series line = {name.data && name.len < 200 ? name.data : "a format",
                                colours[p % N_COLOUR],
                                g->place,
                                error[p],
                                NULL,
                                NULL,
                                g->n_context,
                                p >= N_COLOUR,
                                false};
        rw_chart_series(&c, &line);
        t->failed = t->failed || name.failed;
        rw_text_clear(&name);
    }
    rw_chart_close(&c);
    rw_text_append(t, "<figcaption><p class=see>");
    rw_text_append(
        t, angle ? "How far the angle of the worst pair is off when positions and angles "
                   "are kept in this format: past half a turn the position is lost on "
                   "that pair."
                 : "How far cosines and sines are off when a table of them is kept in "
                   "this format.");
    rw_text_append(t, " A format without a point has no error there, or its positions "
                      "overflow: the table says which.</p></figcaption></figure>\n");
}

static const rw_table_column columns[] = {
    {"context", "context", RW_COLUMN_COUNT},
    {"error", "largest error", RW_COLUMN_NUMBER},
    {"worst_pair", "at pair", RW_COLUMN_COUNT},
    {"distinct_positions", "positions told apart", RW_COLUMN_COUNT},
    {"identical_pairs", "pairs of positions rotated alike", RW_COLUMN_COUNT}};
enum { N_COLUMN = sizeof columns / sizeof *columns };

static void draw_precision(rw_text *t, const json_t *list, size_t rotation)
{
    static const char *const kinds[2] = {"angle_rad", "cos_sin"};
    group g[2];
    for (size_t k = 0; k < 2; k++)
        collect(&g[k], list, rotation, kinds[k]);
    if (!g[0].n && !g[1].n) return;
    rw_text_append(t, "<h4>What number formats lose</h4><div class=plots>\n");
    for (size_t k = 0; k < 2; k++)
        draw_errors(t, &g[k], k == 0);
    rw_text_append(t, "</div><details class=table><summary>Every format at every context"
                      "</summary>\n");
    for (size_t k = 0; k < 2; k++)
        for (size_t p = 0; p < g[k].n; p++) {
            rw_text_append(t, "<h4>");
            rw_markup_str(t, g[k].profile[p], "profile", "a format");
            rw_text_append(t, ": ");
            rw_markup_str(t, g[k].profile[p], "about", "");
            rw_text_append(t, "</h4>\n");
            rw_table_of(t, "A number format",
                        json_object_get(g[k].profile[p], "contexts"), columns, N_COLUMN);
        }
    rw_text_append(t, "</details>\n");
}

ropewalk_status rw_page_inspect(rw_text *t, const json_t *doc, const rw_view *audit,
                                size_t number, ropewalk_error *err)
{
    (void)audit;
    size_t i;
    const json_t *model = json_object_get(doc, "model"), *item, *precision;
    ropewalk_status status = rw_page_check_list(doc, "description", "rotations", err);
    if (status) return status;
    precision = json_object_get(doc, "precision");
    if (precision && !json_is_null(precision)) {
        status = rw_page_check_list(doc, "description", "precision", err);
        json_array_foreach (precision, i, item)
            if (!status) status = rw_page_check_list(item, "precision", "contexts", err);
        if (status) return status;
    }
    const double advertised = rw_markup_f64(model, "context_length"),
                 original = rw_markup_f64(model, "original_context_length");
    rw_text_printf(t,
                   "<section id=described%zu aria-labelledby=h-described%zu><h2 "
                   "id=h-described%zu>What is declared of ",
                   number, number, number);
    rw_markup_str(t, model, "name", "this model");
    rw_text_append(t, "</h2>\n<p class=lead><bdi>");
    rw_markup_str(t, model, "source", "");
    rw_text_append(t, "</bdi>, under the rules of ");
    rw_markup_str(t, json_object_get(doc, "engine"), "name", "no engine in particular");
    rw_text_append(t, ": advertised context ");
    rw_markup_count(t, advertised);
    rw_text_append(t, ", trained before scaling ");
    rw_markup_count(t, original);
    rw_text_append(t, ". Files were read; no model ran.</p>\n");
    const json_t *warnings = json_object_get(doc, "warnings");
    if (json_array_size(warnings)) rw_text_append(t, "<ul class=limits>");
    json_array_foreach (warnings, i, item) {
        rw_text_append(t, "<li>");
        rw_markup_value(t, item);
        rw_text_append(t, "</li>");
    }
    if (json_array_size(warnings)) rw_text_append(t, "</ul>\n");
    json_array_foreach (json_object_get(doc, "rotations"), i, item) {
        if (i == MAX_ROTATION) break;
        rw_page_rotation(t, item, i, advertised, original);
        draw_precision(t, precision, i);
    }
    if (json_array_size(json_object_get(doc, "rotations")) > MAX_ROTATION)
        rw_text_append(t, "<p class=absent>The document holds more rotations.</p>\n");
    if (!json_array_size(precision))
        rw_text_append(t, "<p class=absent>What number formats lose was not asked for: "
                          "<code>inspect --precision all</code>.</p>\n");
    rw_page_layers(t, doc);
    rw_section_close(t);
    return ROPEWALK_OK;
}

ropewalk_status rw_inspect_page(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"inspect", "Declared positions", "",
                                        rw_page_inspect};
    return rw_page_of(document, &frame, out, err);
}
