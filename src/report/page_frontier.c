/* page_frontier.c - what no head can do, on the page of theory: curves with their proof, and heads that
 * reach them. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"
#include "report/table.h"

enum { MAX_POINT = 64, MAX_CURVE = 3, MAX_SET = 64 };

static const struct order {
    const char *name, *words, *colour;
} orders[MAX_CURVE] = {{"position", "near before far", "s1"},
                       {"token", "two keys in order", "s2"},
                       {"both", "both", "s3"}};

/* One curve, the rates of inversion ascending. */
typedef struct curve {
    double p[MAX_POINT], bound[MAX_POINT], attained[MAX_POINT];
    size_t n;
} curve;

static void read_curve(const json_t *doc, curve *c)
{
    size_t i;
    const json_t *point;
    c->n = 0;
    json_array_foreach (json_object_get(doc, "points"), i, point) {
        const double p = rw_markup_f64(point, "p");
        if (!(p > 0 && p <= 1) || c->n == MAX_POINT) continue;
        size_t at = c->n++;
        for (; at > 0 && c->p[at - 1] > p; at--) {
            c->p[at] = c->p[at - 1];
            c->bound[at] = c->bound[at - 1];
            c->attained[at] = c->attained[at - 1];
        }
        c->p[at] = p;
        c->bound[at] = rw_markup_f64(point, "bound");
        c->attained[at] = rw_markup_f64(point, "attained");
    }
}

static const json_t *curve_of(const json_t *set, const char *order)
{
    size_t i;
    const json_t *item;
    json_array_foreach (json_object_get(set, "curves"), i, item) {
        const char *name = json_string_value(json_object_get(item, "order"));
        if (name && strcmp(name, order) == 0) return item;
    }
    return NULL;
}

static void draw(rw_text *t, const json_t *set)
{
    static const char *const reached[MAX_CURVE] = {"near before far, a head that does",
                                                   "two keys in order, a head that does",
                                                   "both, a head that does"};
    curve list[MAX_CURVE];
    double lo = 1, hi = 0, most = 0;
    for (size_t k = 0; k < MAX_CURVE; k++) {
        read_curve(curve_of(set, orders[k].name), &list[k]);
        for (size_t i = 0; i < list[k].n; i++) {
            lo = fmin(lo, list[k].p[i]);
            hi = fmax(hi, list[k].p[i]);
            most = fmax(most, fmax(list[k].bound[i], list[k].attained[i]));
        }
    }
    if (!(hi > lo) || !(most > 0)) return;
    rw_chart c;
    rw_text_append(t, "<figure class=plot><h4>The greatest step a head can answer</h4>");
    rw_chart_open(&c, t, 380, 236, "The frontier",
                  "Greatest step between neighbours, over the share of pairs that may be "
                  "inverted; one curve for each order that is kept.");
    rw_chart_y(&c, 0, rw_axis_ceiling(most), false, "step / U");
    rw_chart_x(&c, lo, hi, true, "inverted at most (log)");
    for (size_t k = 0; k < MAX_CURVE; k++) {
        const curve *v = &list[k];
        const rw_series head = {
            reached[k], orders[k].colour, v->p, v->attained, NULL, NULL, v->n, true,
            false};
        const rw_series bound = {orders[k].words,
                                 orders[k].colour,
                                 v->p,
                                 v->bound,
                                 NULL,
                                 NULL,
                                 v->n,
                                 false,
                                 false};
        rw_chart_series(&c, &head);
        rw_chart_series(&c, &bound);
    }
    rw_chart_close(&c);
    rw_text_append(t, "<p class=legend>");
    for (size_t k = 0; k < MAX_CURVE; k++)
        rw_text_printf(
            t,
            "<span class=key><svg viewBox=\"0 0 22 10\" aria-hidden=true><path "
            "class=\"line %s\" d=\"M0 5h22\"/></svg>%s</span>",
            orders[k].colour, orders[k].words);
    rw_text_append(
        t,
        "</p><figcaption><p class=see>How much the score of a head may change from one "
        "token to the next (root mean square, in units of the norm U of its rotated "
        "part), if so small a share of pairs is to be inverted. No query and key lie "
        "above a curve, whatever was trained: that is proven. Dashed, where it can be "
        "told apart: heads that were found to reach it.</p></figcaption></figure>\n");
}

static const rw_table_column columns[] = {
    {"p", "inverted, normal approximation", RW_COLUMN_RATE},
    {"separation", "separation", RW_COLUMN_NUMBER},
    {"inversion_at_most", "inverted at most, whatever the distribution", RW_COLUMN_RATE},
    {"bound", "no step above", RW_COLUMN_NUMBER},
    {"attained", "a head reaches", RW_COLUMN_NUMBER}};
static const rw_table_column placed_columns[] = {
    {"q", "query", RW_COLUMN_COUNT},
    {"k1", "key", RW_COLUMN_COUNT},
    {"k2", "other key", RW_COLUMN_COUNT},
    {"separation", "separation", RW_COLUMN_NUMBER},
    {"token_separation", "token separation", RW_COLUMN_NUMBER},
    {"step", "step", RW_COLUMN_NUMBER}};

void rw_page_frontier(rw_text *t, const json_t *document, size_t table)
{
    size_t i, shown = 0;
    const json_t *set;
    json_array_foreach (json_object_get(document, "frontiers"), i, set) {
        if (fabs(rw_markup_f64(set, "table") - (double)table) > .5 || ++shown > MAX_SET)
            continue;
        rw_text_append(t, "<h3>What no head can do, context ");
        rw_markup_count(t, rw_markup_f64(set, "context"));
        rw_text_append(t, "</h3>\n");
        draw(t, set);
        rw_text_append(t, "<details><summary>Values</summary>\n");
        for (size_t k = 0; k < MAX_CURVE; k++) {
            rw_text_printf(t, "<h4>Keeping %s</h4>\n", orders[k].words);
            rw_table_of(t, orders[k].words,
                        json_object_get(curve_of(set, orders[k].name), "points"), columns,
                        sizeof columns / sizeof *columns);
        }
        rw_text_append(t, "</details>\n");
        if (json_array_size(json_object_get(set, "placed"))) {
            rw_text_append(t, "<h4>Where given vectors lie</h4>\n");
            rw_table_of(t, "Given vectors", json_object_get(set, "placed"),
                        placed_columns, sizeof placed_columns / sizeof *placed_columns);
        }
    }
}
