/* page_scores.c - S(m) of chosen heads, and the papers' probe beside published values. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"
#include "report/table.h"

enum { MAX_CURVES = 48, MAX_POINTS = 600 };

static double at(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* Long curves are drawn as the least and the largest score of each stretch. */
static size_t thin(const json_t *distance, const json_t *score, double *x, double *y)
{
    const size_t n = json_array_size(distance) < json_array_size(score)
                         ? json_array_size(distance)
                         : json_array_size(score);
    size_t kept = 0;
    if (n <= MAX_POINTS) {
        for (; kept < n; kept++) {
            x[kept] = fmax(at(distance, kept), 0);
            y[kept] = at(score, kept);
            if (isnan(at(distance, kept))) x[kept] = (double)NAN;
        }
        return kept;
    }
    for (size_t part = 0; part < MAX_POINTS / 2; part++) {
        const size_t from = n * part / (MAX_POINTS / 2),
                     to = n * (part + 1) / (MAX_POINTS / 2);
        size_t lo = from, hi = from;
        for (size_t i = from; i < to; i++) {
            if (at(score, i) < at(score, lo) || isnan(at(score, lo))) lo = i;
            if (at(score, i) > at(score, hi) || isnan(at(score, hi))) hi = i;
        }
        const size_t first = lo < hi ? lo : hi, second = lo < hi ? hi : lo;
        x[kept] = at(distance, first);
        y[kept++] = at(score, first);
        x[kept] = at(distance, second);
        y[kept++] = at(score, second);
    }
    return kept;
}

static void quoted(rw_text *t, const json_t *curve, const char *token,
                   const char *position)
{
    rw_text_append(t, "<q><bdi>");
    rw_markup_str(t, curve, token, "?");
    rw_text_append(t, "</bdi></q>");
    if (!isnan(rw_markup_f64(curve, position))) {
        rw_text_append(t, " at ");
        rw_markup_count(t, rw_markup_f64(curve, position));
    }
}

static void score_curve(rw_text *t, const rw_view *view, const json_t *curve,
                        size_t number)
{
    double x[MAX_POINTS], y[MAX_POINTS];
    const size_t n =
        thin(json_object_get(curve, "distance"), json_object_get(curve, "score"), x, y);
    double lo = INFINITY, hi = -INFINITY, far = 1;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        lo = fmin(lo, y[i]);
        hi = fmax(hi, y[i]);
        far = fmax(far, x[i]);
    }
    rw_text_printf(t, "<figure class=plot data-curve=%zu><h3 class=sub>Layer ", number);
    rw_markup_count(t, rw_markup_f64(curve, "layer"));
    rw_text_append(t, ", head ");
    rw_markup_count(t, rw_markup_f64(curve, "head"));
    rw_text_append(t, " <small>");
    rw_markup_str(t, curve, "kind", "kind not stated");
    if (view->advertised) {
        rw_text_append(t, " at ");
        rw_markup_count(t, (double)view->advertised);
        rw_text_append(t, " tokens");
    }
    rw_text_append(t, "</small></h3>");
    if (!(hi >= lo)) {
        rw_text_append(t, RW_ABSENT "</figure>\n");
        return;
    }
    const double room = hi > lo ? (hi - lo) * .08 : fmax(fabs(hi) * .1, .5);
    const bool logarithmic = far > 200;
    if (logarithmic)
        for (size_t i = 0; i < n; i++)
            x[i] = isnan(x[i]) ? x[i] : fmax(x[i], 1);
    rw_chart c;
    rw_chart_open(
        &c, t, 380, 220, "Score by distance",
        "The score of one query and one key vector as the distance between them grows.");
    rw_chart_y(&c, lo - room, hi + room, false, "score S(m), nats");
    rw_chart_x_distance(&c, logarithmic ? 1 : 0, far, logarithmic);
    const double advertised = (double)view->advertised;
    rw_chart_span(&c, 0, advertised / 2, "blue", "near half");
    rw_chart_span(&c, advertised / 2, advertised, "orange", "far half");
    rw_chart_beyond(&c, (double)view->trained);
    rw_chart_mark(&c, (double)view->advertised, "advertised");
    rw_chart_line(&c, "line thin s1", x, y, n);
    rw_chart_close(&c);
    rw_text_append(t, "<figcaption><p class=see>Query ");
    quoted(t, curve, "query_token", "query_position");
    rw_text_append(t, ", key ");
    quoted(t, curve, "key_token", "key_position");
    if (json_string_value(json_object_get(curve, "stratum"))) {
        rw_text_append(t, " (");
        rw_markup_str(t, curve, "stratum", "");
        rw_text_append(t, " key)");
    }
    if (json_string_value(json_object_get(curve, "text"))) {
        rw_text_append(t, ", text <bdi>");
        rw_markup_str(t, curve, "text", "");
        rw_text_append(t, "</bdi>");
    }
    rw_text_append(t, ".</p></figcaption></figure>\n");
}

void rw_page_scores(rw_text *t, const rw_view *view)
{
    const json_t *curves = json_object_get(view->audit, "score_curves");
    rw_section_open(t, "scores", "Single scores over distance",
                    "What the counts are made of: one real query and one real key "
                    "vector, moved to every "
                    "distance m. If the curve falls steadily, near keys win; if it "
                    "swings without end, "
                    "no direction is left.");
    if (json_array_size(curves)) {
        rw_text_append(t, "<div class=plots>\n");
        size_t i;
        const json_t *curve;
        json_array_foreach (curves, i, curve)
            if (json_is_object(curve) && i < MAX_CURVES) score_curve(t, view, curve, i);
        rw_text_append(t, "</div>\n");
        if (json_array_size(curves) > MAX_CURVES)
            rw_text_append(t, "<p class=small>Only the first 48 curves are drawn; the "
                              "audit document holds "
                              "more.</p>\n");
        rw_caption(t, NULL,
                   "S(m) = c + Re \xce\xa3 z<sub>n</sub> e<sup>i m w<sub>n</sub></sup> "
                   "in nats, the softmax "
                   "scale included; long curves are drawn as the least and largest score "
                   "of each stretch. Tinted: the near and the far half of the advertised "
                   "context.",
                   "P (definition)");
    } else {
        rw_text_append(t, RW_ABSENT);
    }
    rw_section_close(t);
}

/* --- the papers' probe --- */

static const rw_table_column key_columns[] = {
    {"key", "Key", RW_COLUMN_TEXT},
    {"position_inversion", "Position inversion", RW_COLUMN_RATE},
    {"position_aliasing_pairs", "Alias pairs", RW_COLUMN_COUNT},
    {"position_aliasing_distances", "Distances with an alias", RW_COLUMN_COUNT}};
static const rw_table_column pair_columns[] = {
    {"key1", "Key", RW_COLUMN_TEXT},
    {"key2", "against", RW_COLUMN_TEXT},
    {"token_inversion", "Token inversion", RW_COLUMN_RATE},
    {"token_aliasing", "Token alias distances", RW_COLUMN_COUNT},
    {"attention_invariance", "Attention-invariant pairs", RW_COLUMN_COUNT}};
static const rw_table_column published_columns[] = {
    {"what", "What", RW_COLUMN_TEXT},
    {"value", "Published", RW_COLUMN_TEXT},
    {"model", "Model", RW_COLUMN_TEXT}};

/* One table over all contexts: a context column before the columns of each row. */
static void probe_table(rw_text *t, const json_t *contexts, const char *member,
                        const char *label, const rw_table_column *columns, size_t n)
{
    rw_table_column all[8] = {{"context", "Context", RW_COLUMN_COUNT}};
    for (size_t k = 0; k < n; k++)
        all[k + 1] = columns[k];
    rw_table_open(t, label, all, n + 1);
    size_t i, j;
    const json_t *context, *row;
    json_array_foreach (contexts, i, context)
        json_array_foreach (json_object_get(context, member), j, row) {
            if (!json_is_object(row)) continue;
            rw_text_append(t, "<tr><td>");
            rw_table_value(t, context, &all[0]);
            for (size_t k = 1; k <= n; k++) {
                rw_text_append(t,
                               all[k].kind == RW_COLUMN_TEXT ? "<td class=l>" : "<td>");
                rw_table_value(t, row, &all[k]);
            }
            rw_text_append(t, "\n");
        }
    rw_table_close(t);
}

void rw_page_probe(rw_text *t, const rw_view *view)
{
    const json_t *probe = json_object_get(view->audit, "probe");
    rw_section_open(t, "probe", "The papers\xe2\x80\x99 probe",
                    "The measurement of the papers, repeated on this model: one query "
                    "word, a few key "
                    "words, vectors of one head. Where the model is another one, "
                    "published numbers are "
                    "beside it for scale, not for agreement.");
    if (!json_is_object(probe)) {
        rw_text_append(t,
                       "<p class=absent>Not in this file: the probe was not run.</p>\n");
        rw_section_close(t);
        return;
    }
    rw_text_append(t, "<p>Layer ");
    rw_markup_count(t, rw_markup_f64(probe, "layer"));
    rw_text_append(t, ", head ");
    rw_markup_count(t, rw_markup_f64(probe, "head"));
    rw_text_append(t, "; query <q><bdi>");
    rw_markup_str(t, probe, "query", "?");
    rw_text_append(t, "</bdi></q>; scores rounded to ");
    rw_markup_str(t, probe, "dtype", "an unstated format");
    rw_text_append(t, ", score scale s = ");
    rw_markup_value(t, json_object_get(probe, "score_scale"));
    rw_text_append(t, ".</p>\n");
    const json_t *contexts = json_object_get(probe, "contexts");
    rw_text_append(t, "<div class=beside><div><h3 class=sub>This model</h3>\n");
    if (json_array_size(contexts)) {
        probe_table(t, contexts, "keys", "One key at a time", key_columns,
                    sizeof key_columns / sizeof *key_columns);
        probe_table(t, contexts, "pairs", "Two keys", pair_columns,
                    sizeof pair_columns / sizeof *pair_columns);
    } else {
        rw_text_append(t, RW_ABSENT);
    }
    rw_text_append(t, "</div><div><h3 class=sub>Published values</h3>\n");
    rw_table_of(t, "Published values", json_object_get(probe, "published"),
                published_columns, sizeof published_columns / sizeof *published_columns);
    rw_text_append(t, "</div></div>\n");
    if (json_string_value(json_object_get(probe, "note"))) {
        rw_text_append(t, "<p class=small>");
        rw_markup_str(t, probe, "note", "");
        rw_text_append(t, "</p>\n");
    }
    rw_caption(t, NULL,
               "Exact counts over every distance of the context, as in the definitions.",
               "P (probe and published values)");
    rw_section_close(t);
}
