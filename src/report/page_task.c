/* page_task.c - the page of a task: answers over length, depth, place and distance, with chance. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/svg.h"
#include "report/table.h"
#include "report/task_report.h"

enum { MAX_POINT = 128, MAX_TICK = 32, MAX_TASK = 100, N_SHADE = 13 };

typedef struct series {
    double x[MAX_POINT], y[MAX_POINT], lo[MAX_POINT], hi[MAX_POINT];
    size_t n;
} series;

/* The length axis all charts of a document share, and those of the audit beside it. */
typedef struct lengths {
    bool tokens; /* else items: no prompt's tokens were told */
    int64_t tick[MAX_TICK];
    size_t n;
    double most; /* items */
} lengths;

typedef struct page {
    const json_t *doc;
    const rw_view *view; /* of the audit, or NULL */
    lengths axis;
    size_t number;
} page;

static ropewalk_status bad(ropewalk_error *err, const char *key, const char *what)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "the task document's %s %s", key, what);
}

static ropewalk_status check(const json_t *doc, ropewalk_error *err)
{
    const char *key;
    const json_t *results = json_object_get(doc, "results");
    json_t *task;
    if (!json_is_object(results)) return bad(err, "results", "is no object");
    if (json_object_size(results) > MAX_TASK)
        return bad(err, "results", "holds too many tasks for a page");
    json_object_foreach ((json_t *)(uintptr_t)results, key, task) {
        if (!json_is_object(task)) return bad(err, "results", "holds what is no object");
        ropewalk_status status =
            rw_page_check_list(task, "task document", "conditions", err);
        if (!status) status = rw_page_check_list(task, "task document", "contrasts", err);
        const json_t *test = json_object_get(task, "attention_test");
        if (!status && json_is_object(test))
            status = rw_page_check_list(test, "task document", "gaps", err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

static bool is_text(const json_t *obj, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(obj, key));
    return value && strcmp(value, text) == 0;
}

static bool is_absent(const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    return !v || json_is_null(v);
}

static double item_f64(const json_t *list, size_t i)
{
    const json_t *v = json_array_get(list, i);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* --- what is drawn ---------------------------------------------------------------------------- */

/* Insert by x; what has no x is not drawn, what has no y leaves a gap. */
static void put(series *s, double x, const json_t *row, const char *metric)
{
    char key[48];
    if (isnan(x) || s->n == MAX_POINT) return;
    size_t at = s->n++;
    for (; at > 0 && s->x[at - 1] > x; at--) {
        s->x[at] = s->x[at - 1];
        s->y[at] = s->y[at - 1];
        s->lo[at] = s->lo[at - 1];
        s->hi[at] = s->hi[at - 1];
    }
    (void)snprintf(key, sizeof key, "%s_ci95", metric);
    const json_t *ci = json_object_get(row, key);
    s->x[at] = x;
    s->y[at] = rw_markup_f64(row, metric);
    s->lo[at] = item_f64(ci, 0);
    s->hi[at] = item_f64(ci, 1);
}

static bool has_values(const series *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (!isnan(s->y[i])) return true;
    return false;
}

static double length_of(const lengths *axis, const json_t *c)
{
    const double v = rw_markup_f64(c, axis->tokens ? "n_token" : "n_item");
    return v >= 1 ? v : (double)NAN;
}

/* Lists of one strategy, asked about anywhere, without the experiment with distance. */
static void over_length(series *s, const page *p, const json_t *conditions,
                        const char *strategy, const char *metric)
{
    size_t i;
    const json_t *c;
    s->n = 0;
    json_array_foreach (conditions, i, c)
        if (is_absent(c, "gap") && is_absent(c, "depth") &&
            is_text(c, "strategy", strategy))
            put(s, length_of(&p->axis, c), c, metric);
}

static void over_gap(series *s, const json_t *conditions, const char *cell,
                     const char *metric)
{
    size_t i;
    const json_t *c;
    s->n = 0;
    json_array_foreach (conditions, i, c)
        if (!is_absent(c, "gap") &&
            (is_text(c, "cell", cell) || is_text(c, "cell", "near")))
            put(s, rw_markup_f64(c, "gap"), c, metric);
}

/* What stands for accuracy: of the options weighed, else of the words written. */
static const char *accuracy_of(const json_t *conditions)
{
    size_t i;
    const json_t *c;
    json_array_foreach (conditions, i, c)
        if (json_is_number(json_object_get(c, "acc"))) return "acc";
    return "lenient_match";
}

static double chance_of(const json_t *conditions)
{
    size_t i;
    const json_t *c;
    json_array_foreach (conditions, i, c)
        if (json_is_number(json_object_get(c, "chance")))
            return rw_markup_f64(c, "chance");
    return (double)NAN;
}

static void widen(double *lo, double *hi, double v)
{
    if (!(v >= 1)) return;
    *lo = fmin(*lo, v);
    *hi = fmax(*hi, v);
}

static void find_lengths(page *p)
{
    const char *key;
    json_t *task;
    double lo = INFINITY, hi = 0, items = 1;
    json_object_foreach (json_object_get(p->doc, "results"), key, task) {
        size_t i;
        const json_t *c;
        json_array_foreach (json_object_get(task, "conditions"), i, c) {
            widen(&lo, &hi, rw_markup_f64(c, "n_token"));
            items = fmax(items, rw_markup_f64(c, "n_item"));
        }
    }
    p->axis = (lengths){.tokens = hi > 0, .most = items};
    if (p->view && p->view->n_context && hi > 0) {
        widen(&lo, &hi, (double)p->view->contexts[0]);
        widen(&lo, &hi, (double)p->view->contexts[p->view->n_context - 1]);
    }
    if (!(hi > 0)) return;
    int64_t at = 1;
    while (at < (int64_t)1 << 30 && 2.0 * (double)at <= lo)
        at *= 2;
    do {
        p->axis.tick[p->axis.n++] = at;
        at *= 2;
    } while (p->axis.n < MAX_TICK && (double)at < 2 * hi);
}

/* --- charts ----------------------------------------------------------------------------------- */

static void key_of(rw_text *t, const char *css, const char *label)
{
    rw_text_printf(
        t,
        "<span class=key><svg viewBox=\"0 0 22 10\" aria-hidden=true><path "
        "class=\"line %s\" d=\"M0 5h22\"/><circle class=\"dot %s\" r=2.6 cx=11 "
        "cy=5 /></svg>%s</span>",
        css, css, label);
}

static void draw_series(rw_chart *c, const series *s, const char *colour,
                        const char *label)
{
    const rw_series line = {label, colour, s->x, s->y, s->lo, s->hi, s->n, false, false};
    rw_chart_series(c, &line);
}

/* A rate from 0 to 1 with chance, or nats with 0, as far as the values go. */
static void scale_y(rw_chart *c, const char *metric, const series *s, size_t n)
{
    if (strcmp(metric, "margin") != 0) {
        rw_chart_y(c, 0, 1, false, "right");
        return;
    }
    double lo = 0, hi = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s[k].n; i++) {
            lo = fmin(fmin(lo, s[k].y[i]), s[k].lo[i]); /* NaN is passed over */
            hi = fmax(fmax(hi, s[k].y[i]), s[k].hi[i]);
        }
    rw_chart_y(c, lo < 0 ? -rw_axis_ceiling(-lo) : 0, rw_axis_ceiling(hi), false,
               "margin in nats");
}

static void reference(rw_chart *c, const char *metric, double chance)
{
    if (strcmp(metric, "margin") == 0)
        rw_chart_reference(c, 0, "no preference");
    else
        rw_chart_reference(c, chance, "chance");
}

static void scale_x(rw_chart *c, const page *p)
{
    if (p->axis.tokens)
        rw_chart_x_contexts(c, p->axis.tick, p->axis.n);
    else
        rw_chart_x(c, 0, p->axis.most, false, "items of the list");
}

static void draw_over_length(rw_text *t, const page *p, const json_t *task,
                             const char *metric, const char *strategy)
{
    series s[2];
    const json_t *conditions = json_object_get(task, "conditions");
    const bool margin = strcmp(metric, "margin") == 0,
               direct = strcmp(strategy, "direct") == 0;
    over_length(&s[0], p, conditions, "direct", metric);
    over_length(&s[1], p, conditions, direct ? "direct" : strategy,
                direct ? "exact_match" : metric);
    const bool second = !(direct && margin) && has_values(&s[1]);
    if (!has_values(&s[0]) || (!direct && !second)) return;
    rw_chart c;
    rw_text_printf(t, "<figure class=plot><h3 class=sub>%s over length%s%s</h3>",
                   margin ? "Margin" : "Accuracy", direct ? "" : ": ",
                   direct ? "" : strategy);
    rw_chart_open(&c, t, 380, 236, margin ? "Margin over length" : "Accuracy over length",
                  "One point a length of the list, with 95 % intervals over lists.");
    scale_y(&c, metric, s, second ? 2 : 1);
    scale_x(&c, p);
    if (p->axis.tokens)
        rw_chart_beyond(
            &c, rw_markup_f64(json_object_get(p->doc, "model"), "trained_context"));
    reference(&c, metric, chance_of(conditions));
    const char *label = direct ? "written, word for word" : strategy;
    if (second) draw_series(&c, &s[1], "s2", label);
    draw_series(&c, &s[0], "s1", "direct");
    rw_chart_close(&c);
    rw_text_append(t, "<p class=legend>");
    key_of(t, "s1", direct && second ? "the answer" : "direct");
    if (second) key_of(t, "s2", label);
    rw_text_append(t, "</p></figure>\n");
}

/* The median head of the audit, on the same axis. */
static void draw_events(rw_text *t, const page *p)
{
    static const struct {
        const char *key, *label, *css;
    } event[] = {{"attended.position_inversion", "position inversion", "s1"},
                 {"attended_random.token_inversion", "token inversion", "s2"}};
    series s;
    if (!p->view || !p->axis.tokens) return;
    rw_chart c;
    rw_text_append(t, "<figure class=plot><h3 class=sub>The audit on the same axis</h3>");
    rw_chart_open(&c, t, 380, 236, "Attention-level events over context",
                  "Median over heads of position inversion and token inversion.");
    rw_chart_y(&c, 0, 1, false, "rate");
    scale_x(&c, p);
    rw_chart_beyond(&c, (double)p->view->trained);
    rw_chart_reference(&c, .5, "order lost");
    for (size_t e = 0; e < 2; e++) {
        s.n = 0;
        for (size_t i = 0; i < p->view->n_context; i++) {
            const int64_t context = p->view->contexts[i];
            const json_t *row = rw_view_summary(p->view, context, "full");
            if (!row) row = rw_view_summary(p->view, context, "sliding");
            put(&s, (double)context,
                json_object_get(json_object_get(row, "values"), event[e].key), "median");
        }
        draw_series(&c, &s, event[e].css, event[e].label);
    }
    rw_chart_close(&c);
    rw_text_append(t, "<p class=legend>");
    for (size_t e = 0; e < 2; e++)
        key_of(t, event[e].css, event[e].label);
    rw_text_append(t, "</p><figcaption><p class=see>Median head of the audit, fixed "
                      "vectors moved about. That curves move together is no proof that "
                      "one is the reason of the other.</p></figcaption></figure>\n");
}

static void draw_over_gap(rw_text *t, const json_t *task, const char *metric)
{
    static const char *const cell[][3] = {{"distance", "distance only", "s1"},
                                          {"dilution", "dilution only", "s2"},
                                          {"both", "both", "s3"}};
    series s[3];
    const json_t *conditions = json_object_get(task, "conditions");
    double most = 0;
    for (size_t k = 0; k < 3; k++) {
        over_gap(&s[k], conditions, cell[k][0], metric);
        if (s[k].n) most = fmax(most, s[k].x[s[k].n - 1]);
    }
    if (!(most > 0) || (!has_values(&s[0]) && !has_values(&s[1]))) return;
    const bool margin = strcmp(metric, "margin") == 0;
    rw_chart c;
    rw_text_printf(t, "<figure class=plot><h3 class=sub>%s over the gap</h3>",
                   margin ? "Margin" : "Accuracy");
    rw_chart_open(
        &c, t, 380, 236, margin ? "Margin over the gap" : "Accuracy over the gap",
        "The same lists near the question (gap 0), moved away without tokens in "
        "between, behind filler, and both.");
    scale_y(&c, metric, s, 3);
    rw_chart_x(&c, 0, most, false, "gap in tokens");
    reference(&c, metric, chance_of(conditions));
    for (size_t k = 3; k-- > 0;)
        if (s[k].n > 1) draw_series(&c, &s[k], cell[k][2], cell[k][1]);
    rw_chart_close(&c);
    rw_text_append(t, "<p class=legend>");
    for (size_t k = 0; k < 3; k++)
        if (s[k].n > 1) key_of(t, cell[k][2], cell[k][1]);
    rw_text_append(t, "</p><figcaption><p class=see>Gap 0 is the list right before the "
                      "question. Distance only: positions move, and no token is added to "
                      "attend to.</p></figcaption></figure>\n");
}

/* Right answers over fifths of the list, at the longest direct lists. */
static void draw_over_place(rw_text *t, const json_t *task, const char *metric)
{
    series s;
    size_t i;
    const json_t *c, *longest = NULL;
    double most = 0;
    json_array_foreach (json_object_get(task, "conditions"), i, c)
        if (is_absent(c, "gap") && is_absent(c, "depth") &&
            is_text(c, "strategy", "direct") &&
            json_array_size(json_object_get(c, "by_place")) &&
            rw_markup_f64(c, "n_item") >= most) {
            longest = c;
            most = rw_markup_f64(c, "n_item");
        }
    s.n = 0;
    const json_t *part;
    json_array_foreach (json_object_get(longest, "by_place"), i, part)
        put(&s, (rw_markup_f64(part, "from") + rw_markup_f64(part, "to")) / 2, part,
            metric);
    if (!has_values(&s)) return;
    rw_chart chart;
    rw_text_append(t,
                   "<figure class=plot><h3 class=sub>Accuracy over the item\xe2\x80\x99s "
                   "place, list of ");
    rw_markup_count(t, most);
    rw_text_append(t, "</h3>");
    rw_chart_open(&chart, t, 380, 236, "Accuracy over the place of the item",
                  "One point a fifth of the list, the first items on the left.");
    rw_chart_y(&chart, 0, 1, false, "right");
    rw_chart_x(&chart, 0, 1, false, "place in the list (0 first, 1 last)");
    rw_chart_reference(&chart, chance_of(json_object_get(task, "conditions")), "chance");
    draw_series(&chart, &s, "s1", "right");
    rw_chart_close(&chart);
    rw_text_append(t,
                   "<figcaption><p class=see>Fifths of the longest list. Each point is a "
                   "fifth of the questions or so, without an interval: the number of "
                   "questions is in the document.</p></figcaption></figure>\n");
}

/* --- length by depth -------------------------------------------------------------------------- */

static bool in_map(const json_t *c)
{
    return is_absent(c, "gap") && !isnan(rw_markup_f64(c, "depth")) &&
           is_text(c, "strategy", "direct");
}

/* Ascending values without repetition; returns how many. */
static size_t distinct(const json_t *conditions, const char *key, double *out)
{
    size_t n = 0, i;
    const json_t *c;
    json_array_foreach (conditions, i, c) {
        const double v = rw_markup_f64(c, key);
        size_t at = 0;
        if (!in_map(c) || isnan(v)) continue;
        while (at < n && out[at] < v)
            at++;
        if ((at < n && !(out[at] > v)) || n == MAX_POINT) continue;
        memmove(out + at + 1, out + at, (n - at) * sizeof *out);
        out[at] = v;
        n++;
    }
    return n;
}

static size_t place_of(const double *list, size_t n, double v)
{
    size_t i = 0;
    while (i < n && list[i] < v)
        i++;
    return i;
}

static void map_cell(rw_text *t, double x, double y, double width, double height,
                     const json_t *c, const char *metric)
{
    const double v = rw_markup_f64(c, metric);
    rw_text_printf(t, "<g data-row=\"%.12g %.12g ", rw_markup_f64(c, "n_item"),
                   rw_markup_f64(c, "depth"));
    rw_text_printf(t, isnan(v) ? "-" : "%.12g", v);
    rw_text_append(t, "\"><title>");
    rw_markup_count(t, rw_markup_f64(c, "n_item"));
    rw_text_append(t, " items, depth ");
    rw_markup_number(t, rw_markup_f64(c, "depth"));
    rw_text_append(t, ": ");
    rw_markup_rate(t, v);
    if (isnan(v))
        rw_text_printf(t, "</title><rect class=none x=%.0f y=%.0f", x, y);
    else
        rw_text_printf(t, "</title><rect class=q%ld x=%.0f y=%.0f",
                       lrint(fmin(fmax(v, 0), 1) * (double)(N_SHADE - 1)), x, y);
    rw_text_printf(t, " width=%.0f height=%.0f /></g>", width, height);
}

static void draw_map(rw_text *t, const json_t *task, const char *metric)
{
    const double x0 = 52, y0 = 8, wide = 44, high = 24, least = 380;
    double items[MAX_POINT + 1], depths[MAX_POINT + 1];
    const json_t *conditions = json_object_get(task, "conditions"), *c;
    const size_t n_item = distinct(conditions, "n_item", items),
                 n_depth = distinct(conditions, "depth", depths);
    size_t i;
    if (!n_item || !n_depth) return;
    const double width = fmax(least, x0 + wide * (double)n_item + 8),
                 foot = y0 + high * (double)n_depth;
    rw_text_printf(
        t,
        "<figure class=map><h3 class=sub>Accuracy over length and depth</h3><div "
        "class=scroll tabindex=0 role=group aria-label=\"Length by depth\"><svg "
        "class=heat data-columns=\"items depth %s\" viewBox=\"0 0 %.0f %.0f\" width=%.0f "
        "role=img><title>Accuracy, "
        "length by depth</title><desc>One field a length (left to right) and depth "
        "(top to bottom); its number is its tooltip and stands in the "
        "table.</desc>",
        metric, width, foot + 36, width);
    json_array_foreach (conditions, i, c)
        if (in_map(c))
            map_cell(
                t,
                x0 + wide * (double)place_of(items, n_item, rw_markup_f64(c, "n_item")),
                y0 + high * (double)place_of(depths, n_depth, rw_markup_f64(c, "depth")),
                wide, high, c, metric);
    for (i = 0; i < n_depth; i++)
        rw_text_printf(t, "<text class=tick text-anchor=end x=%.0f y=%.0f>%.3g</text>",
                       x0 - 6, y0 + high * ((double)i + .5) + 4, depths[i]);
    for (i = 0; i < n_item; i++) {
        rw_text_printf(t, "<text class=tick text-anchor=middle x=%.0f y=%.0f>",
                       x0 + wide * ((double)i + .5), foot + 15);
        rw_markup_tokens(t, items[i]);
        rw_text_append(t, "</text>");
    }
    rw_text_printf(
        t,
        "<text class=unit x=%.0f y=%.0f>items of the list (right), depth of the item "
        "asked for (down)</text></svg></div><figcaption><p class=legend>",
        x0, foot + 30);
    for (int shade = 0; shade < N_SHADE; shade += 4)
        rw_text_printf(
            t,
            "<span class=key><svg viewBox=\"0 0 14 10\" aria-hidden=true><rect "
            "class=q%d width=14 height=10 /></svg>%d\xc2\xa0%% right</span>",
            shade, 100 * shade / (N_SHADE - 1));
    rw_text_append(t, "</p></figcaption></figure>\n");
}

/* --- words ------------------------------------------------------------------------------------ */

static rw_task_outcome outcome_of(const json_t *task, bool *known)
{
    *known = true;
    for (int o = RW_TASK_NOT_EVALUABLE; o <= RW_TASK_NEITHER_HURTS; o++)
        if (is_text(task, "outcome", rw_task_outcome_name((rw_task_outcome)o)))
            return (rw_task_outcome)o;
    *known = false;
    return RW_TASK_NOT_TESTED;
}

static const char *what_follows(rw_task_outcome outcome)
{
    switch (outcome) {
    case RW_TASK_NOT_EVALUABLE: return "Nothing follows about positions.";
    case RW_TASK_NOT_TESTED:
        return "A fall over length may be counting, training, more to attend to, or "
               "positions: these rows cannot tell.";
    case RW_TASK_DISTANCE_HURTS:
        return "Positions matter for these answers. Which head, or which event of an "
               "audit, "
               "is the reason does not follow.";
    case RW_TASK_ONLY_DILUTION_HURTS:
        return "The fall needs no explanation by positions. That distance does nothing "
               "does "
               "not follow: an effect smaller than the intervals would not be seen.";
    case RW_TASK_NEITHER_HURTS:
        return "No fall is there to be explained. An effect smaller than the intervals "
               "would "
               "not be seen.";
    }
    return "";
}

static void percent(rw_text *t, double v)
{
    if (isnan(v))
        rw_text_append(t, "\xe2\x80\x93");
    else
        rw_text_printf(t, "%.0f\xc2\xa0%%", 100 * fmin(fmax(v, -1), 2));
}

static void draw_words(rw_text *t, const json_t *task)
{
    bool known;
    const rw_task_outcome outcome = outcome_of(task, &known);
    const json_t *gate = json_object_get(task, "gate"),
                 *lengths_of = json_object_get(task, "effective_length");
    if (known)
        rw_text_printf(t, "<p class=see><b>%s</b> %s</p>\n",
                       rw_task_outcome_sentence(outcome), what_follows(outcome));
    if (known && outcome > RW_TASK_NOT_TESTED && !json_is_object(gate))
        rw_text_append(
            t, "<p class=see>No gate was asked: that the model can do this at all "
               "was not shown, and a model that "
               "cannot has nothing to lose.</p>\n");
    rw_text_append(t, "<dl class=facts><div><dt>Gate, short lists</dt><dd>");
    if (json_is_object(gate)) {
        percent(t, rw_markup_f64(gate, "acc"));
        rw_text_append(t, " right, surely above ");
        percent(t, rw_markup_f64(gate, "wilson95_low"));
        rw_text_append(t, ", needed ");
        percent(t, rw_markup_f64(gate, "needed"));
        rw_text_append(t, json_is_true(json_object_get(gate, "passed")) ? ": passed"
                                                                        : ": not passed");
    } else {
        rw_text_append(t, "not asked");
    }
    rw_text_append(t, "</dd></div>");
    static const char *const rule[] = {"ruler@85.6", "nolima@0.85"};
    for (size_t i = 0; i < 2; i++) {
        const double v = rw_markup_f64(lengths_of, rule[i]);
        rw_text_printf(t, "<div><dt>Effective length, %s</dt><dd>", rule[i]);
        if (isnan(v))
            rw_text_append(t, "not reached");
        else
            rw_markup_count(t, v);
        rw_text_append(t, isnan(v) ? "</dd></div>" : " tokens, of those run</dd></div>");
    }
    rw_text_append(t,
                   "</dl>\n<p class=small>The gate: short lists must be answered surely "
                   "above chance before longer ones are asked. Effective length: the "
                   "longest of those run up to which 85.6\xc2\xa0% are right (ruler), or "
                   "0.85 of what is right on short lists (nolima). Margin: by how many "
                   "nats the right answer stands above the best other, each beside its "
                   "likelihood without the list.</p>\n");
}

/* Whether S(m) of the audit's heads foretold the loss, in words and a row a gap. */
static void draw_test(rw_text *t, const json_t *task)
{
    static const rw_table_column columns[] = {
        {"gap", "gap", RW_COLUMN_COUNT},
        {"score_change", "change of the score, nats", RW_COLUMN_NUMBER},
        {"predicted", "margin predicted", RW_COLUMN_NUMBER},
        {"observed", "margin observed", RW_COLUMN_NUMBER}};
    const json_t *test = json_object_get(task, "attention_test");
    if (!json_is_object(test)) return;
    rw_text_append(t, "<h3 class=sub>Does S(m) foretell the loss?</h3>\n<p class=see>");
    if (!is_absent(test, "missing")) {
        rw_text_append(t, "Not tested: ");
        rw_markup_str(t, test, "missing", "");
        rw_text_append(t, ".</p>\n");
        return;
    }
    rw_text_append(t,
                   "Heads are weighted by how much they attend to near answers in half "
                   "of the lists. When an answer moves away, S(m) of ");
    rw_markup_str(t, test, "audit", "a model without a name");
    rw_text_append(t,
                   " says how its score changes; one factor, fitted on that half, makes "
                   "nats of margin of it. On the ");
    rw_markup_count(t, rw_markup_f64(test, "held_out_lists"));
    rw_text_append(t, " lists held out this removes ");
    percent(t, rw_markup_f64(test, "r2"));
    rw_text_append(t, " of the squared change. The same curves with random phases: ");
    percent(t, rw_markup_f64(test, "shuffled_r2_median"));
    rw_text_append(t, " in the middle, 95\xc2\xa0% of them below ");
    percent(t, rw_markup_f64(test, "shuffled_r2_p95"));
    rw_text_append(t, ", and as much or more with probability ");
    rw_markup_number(t, rw_markup_f64(test, "p"));
    rw_text_append(t, ".</p>\n<p class=see>What does not follow: from a small "
                      "probability, that these heads cause the loss; from a large one, "
                      "that they do not. Gaps are few, so that many falling curves look "
                      "alike, and S(m) is that of one query and key a head, of another "
                      "text.</p>\n");
    rw_text_append(t, "<details class=table><summary>Score and margin at every gap"
                      "</summary>");
    rw_table_of(t, "Held-out lists", json_object_get(test, "gaps"), columns,
                sizeof columns / sizeof *columns);
    rw_text_append(t, "</details>\n");
}

static const rw_table_column condition_columns[] = {
    {"n_item", "items", RW_COLUMN_COUNT},
    {"n_token", "tokens", RW_COLUMN_COUNT},
    {"depth", "depth", RW_COLUMN_NUMBER},
    {"strategy", "strategy", RW_COLUMN_TEXT},
    {"cell", "cell", RW_COLUMN_TEXT},
    {"gap", "gap", RW_COLUMN_COUNT},
    {"gate", "gate", RW_COLUMN_TEXT},
    {"acc", "right", RW_COLUMN_RATE},
    {"acc_ci95", "95\xc2\xa0%", RW_COLUMN_TEXT},
    {"margin", "margin, nats", RW_COLUMN_NUMBER},
    {"margin_ci95", "95\xc2\xa0%", RW_COLUMN_TEXT},
    {"exact_match", "written, strict", RW_COLUMN_RATE},
    {"lenient_match", "lenient", RW_COLUMN_RATE},
    {"chance", "chance", RW_COLUMN_RATE},
    {"beside_chance", "beside chance", RW_COLUMN_TEXT},
    {"n_all_token", "tokens read and written", RW_COLUMN_COUNT},
    {"n", "questions", RW_COLUMN_COUNT},
    {"n_refused", "refused", RW_COLUMN_COUNT},
    {"refused", "why", RW_COLUMN_TEXT}};
static const rw_table_column contrast_columns[] = {
    {"n_item", "items", RW_COLUMN_COUNT},
    {"strategy", "strategy", RW_COLUMN_TEXT},
    {"cell", "cell", RW_COLUMN_TEXT},
    {"gap", "gap", RW_COLUMN_COUNT},
    {"against", "against", RW_COLUMN_TEXT},
    {"acc_change", "change of right", RW_COLUMN_RATE},
    {"acc_change_ci95", "95\xc2\xa0%", RW_COLUMN_TEXT},
    {"margin_change", "change of margin, nats", RW_COLUMN_NUMBER},
    {"margin_change_ci95", "95\xc2\xa0%", RW_COLUMN_TEXT},
    {"extra_token", "extra tokens", RW_COLUMN_NUMBER},
    {"p", "p", RW_COLUMN_RATE},
    {"p_holm", "p, Holm", RW_COLUMN_RATE}};

static void draw_tables(rw_text *t, const json_t *task)
{
    rw_text_append(t, "<details class=table><summary>Every condition</summary>");
    rw_table_of(t, "Conditions", json_object_get(task, "conditions"), condition_columns,
                sizeof condition_columns / sizeof *condition_columns);
    rw_text_append(t, "</details>\n");
    if (!json_array_size(json_object_get(task, "contrasts"))) return;
    rw_text_append(t, "<details class=table><summary>The same lists under two conditions"
                      "</summary>");
    rw_table_of(t, "Contrasts", json_object_get(task, "contrasts"), contrast_columns,
                sizeof contrast_columns / sizeof *contrast_columns);
    rw_text_append(t, "</details>\n");
}

static void draw_task(rw_text *t, const page *p, const char *key, const json_t *task,
                      size_t i)
{
    static const char *const helped[] = {"indexed", "chunked", "recite"};
    const json_t *config = json_object_get(json_object_get(p->doc, "configs"), key);
    const char *metric = accuracy_of(json_object_get(task, "conditions"));
    rw_text_printf(t,
                   "<section id=task%zu-%zu aria-labelledby=h-task%zu-%zu><h2 "
                   "id=h-task%zu-%zu>Task ",
                   p->number, i, p->number, i, p->number, i);
    rw_markup_escape(t, key);
    rw_text_append(t, "</h2>\n<p class=lead>");
    rw_markup_str(t, config, "description", "");
    rw_text_append(t, " <span class=src>");
    rw_markup_str(t, config, "source", "");
    rw_text_append(t, "</span></p>\n");
    draw_words(t, task);
    rw_text_append(t, "<div class=plots>\n");
    draw_over_length(t, p, task, metric, "direct");
    draw_over_length(t, p, task, "margin", "direct");
    draw_events(t, p);
    draw_over_gap(t, task, metric);
    draw_over_gap(t, task, "margin");
    draw_over_place(t, task, metric);
    for (size_t k = 0; k < sizeof helped / sizeof *helped; k++)
        draw_over_length(t, p, task, metric, helped[k]);
    rw_text_append(t, "</div>\n");
    draw_map(t, task, metric);
    draw_test(t, task);
    draw_tables(t, task);
    rw_section_close(t);
}

static void draw_limits(rw_text *t, const page *p)
{
    const json_t *settings = json_object_get(p->doc, "settings"),
                 *model = json_object_get(p->doc, "model");
    rw_text_printf(t,
                   "<section id=taskno%zu aria-labelledby=h-taskno%zu><h2 "
                   "id=h-taskno%zu>What the tasks do not say</h2>\n<ul>",
                   p->number, p->number, p->number);
    rw_text_append(t, "<li>That rotary positions are the reason. A failing list may be "
                      "counting, training "
                      "or softmax dilution; only \xe2\x80\x9c"
                      "distance only\xe2\x80\x9d adds nothing "
                      "to attend to.</li><li>Anything beyond these texts: lists made "
                      "from a seed, asked "
                      "in one wording.</li><li>That an effective length is the "
                      "model\xe2\x80\x99s: it is "
                      "this task\xe2\x80\x99s, by the rule named, among the lengths that "
                      "were run.</li>");
    if (json_is_true(json_object_get(model, "served")))
        rw_text_append(t,
                       "<li>Anything of likelihoods or of distance without dilution: a "
                       "served model was judged by its words.</li>");
    if (!is_absent(settings, "rope_override")) {
        rw_text_append(t, "<li>Anything about bases: RoPE was overridden (");
        rw_markup_str(t, settings, "rope_override", "?");
        rw_text_append(t, ") on weights trained with another, a perturbation of this "
                          "model.</li>");
    }
    if (p->view)
        rw_text_append(
            t, "<li>That the model asked and the model audited are the same file: "
               "their names stand here, nobody compared their weights.</li>");
    rw_text_append(t, "</ul>\n");
    rw_section_close(t);
}

ropewalk_status rw_page_task(rw_text *t, const json_t *doc, const rw_view *view,
                             size_t number, ropewalk_error *err)
{
    const ropewalk_status status = check(doc, err);
    if (status) return status;
    const json_t *model = json_object_get(doc, "model"),
                 *settings = json_object_get(doc, "settings");
    page p = {.doc = doc, .view = view, .number = number};
    const char *key;
    json_t *task;
    size_t i = 0;
    find_lengths(&p);
    rw_text_append(t, "<p class=lead>Lists asked of ");
    rw_markup_str(t, model, "name", "a model without a name");
    rw_text_append(t, ", run by ");
    rw_markup_str(t, model, "runtime", "?");
    if (view) {
        rw_text_append(t, ", beside the audit of ");
        rw_markup_str(t, view->model, "name", "a model without a name");
    }
    rw_text_append(t, ": ");
    rw_markup_count(t, rw_markup_f64(settings, "lists"));
    rw_text_append(t, " lists of ");
    rw_markup_count(t, rw_markup_f64(settings, "questions"));
    rw_text_append(t, " questions a condition, seed ");
    rw_markup_value(t, json_object_get(settings, "seed"));
    rw_text_append(t, ". Whiskers are 95\xc2\xa0% intervals over lists.</p>\n");
    if (json_is_true(json_object_get(settings, "dry_run")))
        rw_text_append(t, "<p class=absent>Nothing was asked: a dry run.</p>\n");
    json_object_foreach (json_object_get(doc, "results"), key, task)
        draw_task(t, &p, key, task, i++);
    draw_limits(t, &p);
    return ROPEWALK_OK;
}

ropewalk_status rw_task_html(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"task", "What the model does with lists", "",
                                        rw_page_task};
    return rw_page_of(document, &frame, out, err);
}
