/* page_theory.c - the document of `theory` as a page: a table of quantities for each scope. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"

enum { MAX_PART = 4000 }; /* tables of quantities on one page */

typedef struct builder {
    rw_text *t;
    const json_t *document, *legend;
    int n_part, n_heading;
    bool counted, draws; /* columns of the table at hand */
} builder;

static const json_t *list_of(const json_t *o, const char *key)
{
    const json_t *list = json_object_get(o, key);
    return json_is_array(list) ? list : NULL;
}

static void cell(rw_text *t, const json_t *o, const char *key)
{
    rw_text_append(t, "<td>");
    rw_markup_number(t, rw_markup_f64(o, key));
}

static void row(const builder *b, const char *name, const json_t *answer)
{
    const json_t *about = json_object_get(b->legend, name);
    rw_text *t = b->t;
    rw_text_append(t, "<tr><td class=l>");
    if (json_is_string(json_object_get(about, "label")))
        rw_markup_str(t, about, "label", "");
    else
        rw_markup_escape(t, name);
    cell(t, answer, "value");
    if (b->draws) {
        cell(t, answer, "p10");
        cell(t, answer, "p90");
    }
    if (b->counted) cell(t, answer, "measured");
    rw_text_append(t, "<td class=l>");
    rw_markup_str(t, answer, "kind", "\xe2\x80\x93");
    const char *state = json_string_value(json_object_get(answer, "state"));
    if (state && strcmp(state, "known") != 0) {
        rw_text_append(t, ", ");
        rw_markup_escape(t, state);
    }
    rw_text_append(t, "<td class=l>");
    rw_markup_str(t, about, "statement", "");
    rw_text_append(t, "<td class=l>");
    rw_markup_str(t, about, "assumption", "");
    rw_text_append(t, "\n");
}

/* Whether any answer of a list holds a key. */
static bool any_has(const json_t *values, const char *key)
{
    const char *name;
    const json_t *answer;
    json_object_foreach ((json_t *)(uintptr_t)values, name, answer)
        if (json_is_number(json_object_get(answer, key))) return true;
    return false;
}

static void table(builder *b, const char *label, const char *detail, const json_t *values)
{
    if (!json_is_object(values) || b->n_part++ >= MAX_PART) return;
    rw_text *t = b->t;
    const char *name;
    const json_t *answer;
    b->counted = any_has(values, "measured");
    b->draws = any_has(values, "p10");
    rw_text_append(t, "<div class=scroll tabindex=0 role=group aria-label=\"");
    rw_markup_escape(t, label);
    rw_text_append(t, "\"><table><caption>");
    rw_markup_escape(t, label);
    if (detail) {
        rw_text_append(t, " ");
        rw_markup_escape(t, detail);
    }
    rw_text_printf(
        t,
        "</caption><thead><tr><th scope=col class=l>Quantity<th scope=col>%s%s%s"
        "<th scope=col class=l>Kind<th scope=col class=l>Statement<th scope=col "
        "class=l>Assumes<tbody>\n",
        b->draws ? "Median" : "Value",
        b->draws ? "<th scope=col>10 %<th scope=col>90 %" : "",
        b->counted ? "<th scope=col>Counted" : "");
    json_object_foreach ((json_t *)(uintptr_t)values, name, answer)
        if (json_is_object(answer)) row(b, name, answer);
    rw_text_append(t, "</table></div>\n");
}

static void typed(builder *b, const char *label, const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach (list, i, item)
        table(b, label, json_string_value(json_object_get(item, "dtype")),
              json_object_get(item, "values"));
}

static void score(builder *b, const json_t *item)
{
    char label[96];
    const char *family = json_string_value(json_object_get(item, "coefficients"));
    const double q = rw_markup_f64(item, "q"), k1 = rw_markup_f64(item, "k1"),
                 k2 = rw_markup_f64(item, "k2");
    if (family && strcmp(family, "given") != 0)
        (void)snprintf(label, sizeof label, "%.40s", family);
    else if (isnan(k2))
        (void)snprintf(label, sizeof label, "Query %.0f, key %.0f", q, k1);
    else
        (void)snprintf(label, sizeof label, "Query %.0f, keys %.0f and %.0f", q, k1, k2);
    table(b, label, NULL, json_object_get(item, "values"));
    typed(b, "Scores rounded to", list_of(item, "dtypes"));
}

static void context(builder *b, const json_t *item)
{
    size_t i;
    const json_t *part;
    rw_text_append(b->t, "<h3>Context ");
    rw_markup_count(b->t, rw_markup_f64(item, "context"));
    if (rw_markup_f64(item, "effective_context") < rw_markup_f64(item, "context")) {
        rw_text_append(b->t, ", of which these layers see ");
        rw_markup_count(b->t, rw_markup_f64(item, "effective_context"));
    }
    rw_text_append(b->t, "</h3>\n");
    table(b, "The table within this context", NULL, json_object_get(item, "values"));
    typed(b, "The same in", list_of(item, "dtypes"));
    json_array_foreach (list_of(item, "scores"), i, part)
        score(b, part);
}

static void frequency_table(builder *b, const json_t *item, size_t index)
{
    size_t i;
    const json_t *part;
    rw_text_printf(b->t, "<section aria-labelledby=h-%d><h2 id=h-%d>", b->n_heading,
                   b->n_heading);
    b->n_heading++;
    rw_markup_str(b->t, item, "name", "A table");
    rw_text_append(b->t, "</h2>\n<p>Base ");
    rw_markup_number(b->t, rw_markup_f64(item, "rope_theta"));
    rw_text_append(b->t, ", scaling ");
    rw_markup_str(b->t, item, "mechanism", "unknown");
    rw_text_append(b->t, ", head_dim ");
    rw_markup_count(b->t, rw_markup_f64(item, "head_dim"));
    rw_text_append(b->t, ", of it rotated ");
    rw_markup_count(b->t, rw_markup_f64(item, "rotary_dim"));
    rw_text_append(b->t, "; scores times ");
    rw_markup_number(b->t, rw_markup_f64(item, "score_scale"));
    rw_text_append(b->t, ".</p>\n");
    table(b, "The table", NULL, json_object_get(item, "values"));
    rw_page_frontier(b->t, b->document, index);
    json_array_foreach (list_of(item, "contexts"), i, part)
        context(b, part);
    rw_section_close(b->t);
}

static ropewalk_status body(rw_text *t, const json_t *document, const rw_view *view,
                            size_t number, ropewalk_error *err)
{
    (void)view;
    (void)number;
    const json_t *tables = list_of(document, "tables"),
                 *settings = json_object_get(document, "settings");
    if (!tables)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "the theory has no list \"tables\"");
    builder b = {
        .t = t, .document = document, .legend = json_object_get(document, "quantities")};
    rw_text_append(t, "<p class=lead>");
    if (json_is_string(json_object_get(settings, "source"))) {
        rw_markup_str(t, settings, "source", "");
        rw_text_append(t, ". ");
    }
    rw_text_append(
        t,
        "Nothing was counted unless a column says so. <b>exact</b>: an identity. "
        "<b>normal</b>: exact moments, scores taken as normal. <b>bound</b>: holds for "
        "every case in its reach. <b>asymptotic</b>: describes a limit; its constant is "
        "ours. <b>unable</b>: has an answer that was not computed. A dash has no answer. "
        "Statements are numbered in docs/theory.md.</p>\n");
    size_t i;
    const json_t *item;
    json_array_foreach (tables, i, item)
        frequency_table(&b, item, i);
    if (b.n_part > MAX_PART)
        rw_text_printf(t,
                       "<p class=absent>Only the first %d lists of quantities are shown; "
                       "the document holds more.</p>\n",
                       MAX_PART);
    return ROPEWALK_OK;
}

ropewalk_status rw_theory_html(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"theory", "Theory of rotary tables", "", body};
    return rw_page_of(document, &frame, out, err);
}
