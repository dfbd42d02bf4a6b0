/* page_compare.c - two audits side by side as a page: what moved beyond noise. */
#include <math.h>
#include <string.h>

#include "report/compare_report.h"
#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"
#include "report/table.h"

enum { MAX_SQUARES = 20000, SIZE = 18, X0 = 34, MIDDLE = 8 };

static const rw_table_column median_columns[] = {
    {"context", "Context", RW_COLUMN_COUNT},
    {"class", "Layers", RW_COLUMN_TEXT},
    {"value", "Median of", RW_COLUMN_TEXT},
    {"a", "A", RW_COLUMN_NUMBER},
    {"b", "B", RW_COLUMN_NUMBER},
    {"difference",
     "B\xe2\x88\x92"
     "A",
     RW_COLUMN_NUMBER},
    {"moved", "Beyond noise", RW_COLUMN_TEXT}};
static const rw_table_column event_columns[] = {
    {"context", "Context", RW_COLUMN_COUNT},
    {"event", "Event", RW_COLUMN_TEXT},
    {"n_moved", "Heads moved", RW_COLUMN_COUNT},
    {"n_head", "of", RW_COLUMN_COUNT},
    {"n_by_chance", "by chance", RW_COLUMN_COUNT},
    {"mean_difference",
     "Mean B\xe2\x88\x92"
     "A",
     RW_COLUMN_NUMBER}};
static const rw_table_column change_columns[] = {
    {"layer", "Layer", RW_COLUMN_COUNT}, {"head", "Head", RW_COLUMN_COUNT},
    {"a", "A", RW_COLUMN_RATE},          {"b", "B", RW_COLUMN_RATE},
    {"noise", "Noise", RW_COLUMN_RATE},  {"moved", "Beyond noise", RW_COLUMN_TEXT}};
static const rw_table_column setting_columns[] = {{"what", "Setting", RW_COLUMN_TEXT},
                                                  {"a", "A", RW_COLUMN_TEXT},
                                                  {"b", "B", RW_COLUMN_TEXT}};
static const rw_table_column horizon_columns[] = {{"name", "Horizon", RW_COLUMN_TEXT},
                                                  {"a", "A", RW_COLUMN_COUNT},
                                                  {"b", "B", RW_COLUMN_COUNT}};
#define COLUMNS(list) list, sizeof(list) / sizeof *(list)

static void side(rw_text *t, const char *letter, const json_t *o)
{
    rw_text_printf(t, "<div><dt>%s</dt><dd><bdi>", letter);
    rw_markup_str(t, o, "name", "unnamed model");
    rw_text_append(t, "</bdi>, ");
    rw_markup_str(t, o, "dtype", "type not stated");
    rw_text_append(t, ", base ");
    rw_markup_number(t, rw_markup_f64(o, "rope_theta"));
    rw_text_append(t, ", <bdi>");
    rw_markup_str(t, o, "source", "file not stated");
    rw_text_append(t, "</bdi></dd></div>");
}

static void strings(rw_text *t, const json_t *list, const char *css)
{
    size_t i;
    const json_t *item;
    rw_text_printf(t, "<ul class=%s>\n", css);
    json_array_foreach (list, i, item) {
        if (!json_is_string(item)) continue;
        rw_text_append(t, "<li>");
        rw_markup_escape(t, json_string_value(item));
        rw_text_append(t, "\n");
    }
    rw_text_append(t, "</ul>\n");
}

/* Layers from left to right: blue where B prefers near more, orange where far; a frame where the
 * difference is beyond noise. */
static void map(rw_text *t, const json_t *heads)
{
    double layers = 0, rows = 0, top = 0;
    size_t i, n = 0;
    const json_t *h;
    json_array_foreach (heads, i, h) {
        const double layer = rw_markup_f64(h, "layer"), head = rw_markup_f64(h, "head");
        if (!(layer >= 0 && layer < 4096 && head >= 0 && head < 4096)) continue;
        layers = fmax(layers, layer + 1);
        rows = fmax(rows, head + 1);
        top = fmax(top, fabs(rw_markup_f64(h, "b") - rw_markup_f64(h, "a")));
        n++;
    }
    if (!n || n > MAX_SQUARES) return;
    rw_text_printf(
        t,
        "<figure><h4>Position inversion, every head: B \xe2\x88\x92 A</h4><div "
        "class=scroll tabindex=0 role=group aria-label=\"Map of "
        "differences\"><svg class=heat data-columns=\"layer head a b\" width=%.0f "
        "viewBox=\"0 0 %.0f %.0f\" "
        "role=img><title>Difference of position inversion, layer by "
        "head</title>",
        X0 + SIZE * layers + 6, X0 + SIZE * layers + 6, SIZE * rows + 34);
    for (int framed = 0; framed < 2; framed++) /* frames lie above their neighbours */
        json_array_foreach (heads, i, h) {
            const double layer = rw_markup_f64(h, "layer"),
                         head = rw_markup_f64(h, "head"),
                         d = rw_markup_f64(h, "b") - rw_markup_f64(h, "a");
            if (!(layer >= 0 && layer < 4096 && head >= 0 && head < 4096) || isnan(d))
                continue;
            if (framed != (int)json_is_true(json_object_get(h, "moved"))) continue;
            const long shade = MIDDLE + lrint(top > 0 ? MIDDLE * d / top : 0);
            rw_text_printf(t,
                           "<rect data-row=\"%.0f %.0f %.12g %.12g\" class=\"d%ld%s\" "
                           "x=%.0f y=%.0f width=%d height=%d>"
                           "<title>layer %.0f, head %.0f: %+.3f</title></rect>",
                           layer, head, rw_markup_f64(h, "a"), rw_markup_f64(h, "b"),
                           shade, framed ? " moved" : "", X0 + SIZE * layer, SIZE * head,
                           SIZE, SIZE, layer, head, d);
        }
    for (double l = 0; l < layers; l += 2)
        rw_text_printf(t, "<text class=tick text-anchor=middle x=%.0f y=%.0f>%.0f</text>",
                       X0 + SIZE * (l + .5), SIZE * rows + 14, l);
    for (double r = 0; r < rows; r++)
        rw_text_printf(t, "<text class=tick text-anchor=end x=%d y=%.0f>%.0f</text>",
                       X0 - 5, SIZE * (r + .5) + 4, r);
    rw_text_printf(
        t,
        "<text class=unit text-anchor=middle x=%.0f y=%.0f>layer</text>"
        "</svg></div>\n<p class=legend>Blue: B prefers near more often than A; "
        "orange: far more often; the strongest colour is a difference of %.3f. A "
        "frame: beyond noise.</p></figure>\n",
        X0 + SIZE * layers / 2, SIZE * rows + 29, top);
}

/* Maps and tables, each under a heading of the third level. */
static void evidence(rw_text *t, const json_t *document)
{
    size_t i;
    const json_t *row, *heads = json_object_get(document, "heads");
    rw_text_append(t, "<h3>Single heads</h3>\n<p class=lead>A head moved when its rates "
                      "differ by more than the two intervals together.</p>\n");
    json_array_foreach (heads, i, row)
        map(t, json_object_get(row, "heads"));
    rw_table_of(t, "Heads moved", heads, COLUMNS(event_columns));
    json_array_foreach (heads, i, row) {
        if (!json_array_size(json_object_get(row, "heads"))) continue;
        rw_text_append(t, "<h3>The largest changes of <bdi>");
        rw_table_value(t, row, &event_columns[1]);
        rw_text_append(t, "</bdi> at ");
        rw_markup_count(t, rw_markup_f64(row, "context"));
        rw_text_append(t, "</h3>\n");
        rw_table_of(t, "Largest changes", json_object_get(row, "largest"),
                    COLUMNS(change_columns));
    }
    rw_text_append(t,
                   "<details class=table><summary>Medians over heads</summary>\n<p "
                   "class=lead>Beyond noise: the two intervals over texts do not meet. "
                   "An en dash: one of them has no interval.</p>\n");
    rw_table_of(t, "Medians", json_object_get(document, "medians"),
                COLUMNS(median_columns));
    rw_text_append(t, "</details>\n");
    rw_text_append(t, "<h3>Settings that differ</h3>\n");
    rw_table_of(t, "Settings", json_object_get(document, "settings"),
                COLUMNS(setting_columns));
}

static void sides(rw_text *t, const json_t *document)
{
    rw_text_append(t, "<dl class=facts>");
    side(t, "A", json_object_get(document, "a"));
    side(t, "B", json_object_get(document, "b"));
    rw_text_append(t, "</dl>");
}

void rw_page_compare_section(rw_text *t, const json_t *body, size_t number)
{
    rw_text_printf(t,
                   "<section id=compare%zu aria-labelledby=h-compare%zu><h2 "
                   "id=h-compare%zu>Beside <bdi>",
                   number, number, number);
    rw_markup_str(t, json_object_get(body, "b"), "name", "another audit");
    rw_text_append(t, "</bdi>: what moved</h2>\n");
    sides(t, body);
    strings(t, json_object_get(body, "sentences"), "findings");
    rw_table_of(t, "Horizons", json_object_get(body, "horizons"),
                COLUMNS(horizon_columns));
    strings(t, json_object_get(body, "limits"), "limits");
    evidence(t, body);
    rw_section_close(t);
}

static ropewalk_status body(rw_text *t, const json_t *document, const rw_view *view,
                            size_t number, ropewalk_error *err)
{
    (void)view;
    (void)number;
    (void)err;
    sides(t, document);
    rw_text_append(t, "<section id=verdict aria-labelledby=h-verdict><h2 id=h-verdict "
                      "class=eyebrow>Verdict</h2>\n");
    strings(t, json_object_get(document, "sentences"), "findings");
    rw_table_of(t, "Horizons", json_object_get(document, "horizons"),
                COLUMNS(horizon_columns));
    rw_section_close(t);
    rw_section_open(t, "limits", "What this does not say", NULL);
    strings(t, json_object_get(document, "limits"), "limits");
    rw_section_close(t);
    rw_section_open(t, "evidence", "Evidence", NULL);
    evidence(t, document);
    rw_section_close(t);
    return ROPEWALK_OK;
}

ropewalk_status rw_compare_page(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"compare", "What moved", "", body};
    return rw_page_of(document, &frame, out, err);
}
