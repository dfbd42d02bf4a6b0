/* page_sweep.c - the page of a sweep: the trade-off over the base, as curves and as a plane. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/svg.h"
#include "report/table.h"

/* Bases drawn of a curve; contexts in a plane; models that are named beside a curve. */
enum { MAX_POINT = 256, MAX_PLANE = 8, MAX_NAMED = 3 };

/* One object of `tradeoff`, as numbers. */
typedef struct curve {
    const json_t *doc, *models;
    double base[MAX_POINT], position[MAX_POINT], token[MAX_POINT];
    double position_predicted[MAX_POINT], token_predicted[MAX_POINT];
    size_t n;
    char name[32]; /* of the context */
} curve;

/* Models at the context of a curve, at their own bases. */
typedef struct models {
    double base[MAX_POINT], position[MAX_POINT], token[MAX_POINT];
    size_t n;
} models;

typedef struct page {
    rw_text *t;
    curve *room; /* MAX_PLANE of them */
    double threshold;
    const rw_view *view; /* of the audit beside, or NULL */
    size_t number;
} page;

static ropewalk_status check(const json_t *doc, ropewalk_error *err)
{
    size_t i;
    const json_t *item, *curves = json_object_get(doc, "tradeoff");
    ropewalk_status status = rw_page_check_list(doc, "sweep", "tradeoff", err);
    json_array_foreach (curves, i, item) {
        if (!status) status = rw_page_check_list(item, "sweep", "points", err);
        if (!status) status = rw_page_check_list(item, "sweep", "models", err);
    }
    return status;
}

static void read_curve(const json_t *doc, curve *c)
{
    const json_t *points = json_object_get(doc, "points");
    rw_text name;
    rw_text_init(&name);
    rw_markup_tokens(&name, rw_markup_f64(doc, "context"));
    *c = (curve){.doc = doc, .models = json_object_get(doc, "models")};
    (void)snprintf(c->name, sizeof c->name, "%s", name.data ? name.data : "");
    rw_text_clear(&name);
    const size_t n = json_array_size(points);
    for (size_t i = 0; i < n && c->n < MAX_POINT; i++) {
        const json_t *p = json_array_get(points, n > MAX_POINT ? i * n / MAX_POINT : i);
        const double base = rw_markup_f64(p, "rope_theta");
        if (!(base > 0) || (c->n && !(base > c->base[c->n - 1]))) continue;
        c->base[c->n] = base;
        c->position[c->n] = rw_markup_f64(p, "position_failure");
        c->token[c->n] = rw_markup_f64(p, "token");
        c->position_predicted[c->n] = rw_markup_f64(p, "position_failure_predicted");
        c->token_predicted[c->n] = rw_markup_f64(p, "token_predicted");
        c->n++;
    }
}

static bool advertises(const json_t *model, const json_t *doc)
{
    return fabs(rw_markup_f64(model, "advertised_context") -
                rw_markup_f64(doc, "context")) < .5;
}

static void read_models(const curve *c, models *m)
{
    size_t i;
    const json_t *model;
    m->n = 0;
    json_array_foreach (c->models, i, model) {
        const double base = rw_markup_f64(model, "rope_theta");
        if (!advertises(model, c->doc) || m->n == MAX_POINT || !(base >= c->base[0]) ||
            !(base <= c->base[c->n - 1]))
            continue;
        m->base[m->n] = base;
        m->position[m->n] = rw_markup_f64(model, "position_failure");
        m->token[m->n++] = rw_markup_f64(model, "token");
    }
}

/* A model at (x, y), named by its tooltip. */
static void draw_model(rw_chart *c, const json_t *model, double x, double y,
                       const char *css)
{
    if (isnan(x) || isnan(y) || !(x >= c->x.lo && x <= c->x.hi)) return;
    rw_text_printf(c->t, "<circle class=\"dot %s\" r=3.6 cx=", css);
    rw_markup_px(c->t, rw_axis_px(&c->x, x));
    rw_text_append(c->t, " cy=");
    rw_markup_px(c->t, rw_axis_px(&c->y, y));
    rw_text_append(c->t, "><title>");
    rw_markup_str(c->t, model, "model", "a model");
    rw_text_append(c->t, ", base ");
    rw_markup_number(c->t, rw_markup_f64(model, "rope_theta"));
    rw_text_append(c->t, ", ");
    rw_markup_str(c->t, model, "rope_scaling", "");
    rw_text_append(c->t, ", advertised ");
    rw_markup_tokens(c->t, rw_markup_f64(model, "advertised_context"));
    rw_text_append(c->t, ": position failure ");
    rw_markup_rate(c->t, rw_markup_f64(model, "position_failure"));
    rw_text_append(c->t, ", token inversion ");
    rw_markup_rate(c->t, rw_markup_f64(model, "token"));
    rw_text_append(c->t, "</title></circle>");
}

/* The base of the audit's first rotation. */
static double own_base(const rw_view *view)
{
    const json_t *rotations = json_object_get(view ? view->audit : NULL, "rotations");
    return rw_markup_f64(json_array_get(rotations, 0), "rope_theta");
}

/* Where the model stands: of the audit beside, else the few that the sweep names. */
static void mark_bases(const page *p, rw_chart *chart, const curve *c)
{
    size_t i;
    const json_t *model;
    const double own = own_base(p->view);
    if (!isnan(own)) rw_chart_mark(chart, own, "this model\xe2\x80\x99s base");
    if (!isnan(own) || json_array_size(c->models) > MAX_NAMED) return;
    json_array_foreach (c->models, i, model) {
        rw_text name;
        rw_text_init(&name);
        rw_markup_str(&name, model, "model", "a model");
        p->t->failed = p->t->failed || name.failed;
        if (name.data &&
            name.len < 200) /* a name that is no name stands in the table alone */
            rw_chart_mark(chart, rw_markup_f64(model, "rope_theta"), name.data);
        rw_text_clear(&name);
    }
}

/* What the sweep found at the base of the audited model. */
static void say_own_base(const page *p, const curve *c)
{
    size_t i;
    const json_t *point;
    const double own = own_base(p->view);
    if (isnan(own)) return;
    rw_text_append(p->t, "<p class=see>The audited model has base ");
    rw_markup_number(p->t, own);
    json_array_foreach (json_object_get(c->doc, "points"), i, point)
        if (fabs(rw_markup_f64(point, "rope_theta") / own - 1) < 1e-9) {
            rw_text_append(p->t, ": there position failure is ");
            rw_markup_rate(p->t, rw_markup_f64(point, "position_failure"));
            rw_text_append(p->t, ", token inversion ");
            rw_markup_rate(p->t, rw_markup_f64(point, "token"));
            rw_text_append(p->t, ", of these vectors and not of the model\xe2\x80\x99s");
            break;
        }
    if (i == json_array_size(json_object_get(c->doc, "points")))
        rw_text_append(p->t, ", which is no base of this sweep: read between its "
                             "neighbours");
    rw_text_append(p->t, ".</p>");
}

static const rw_table_column point_columns[] = {
    {"rope_theta", "base", RW_COLUMN_NUMBER},
    {"position", "position inversion", RW_COLUMN_RATE},
    {"position_predicted", "predicted", RW_COLUMN_RATE},
    {"position_failure", "position failure", RW_COLUMN_RATE},
    {"token", "token inversion", RW_COLUMN_RATE},
    {"token_predicted", "predicted", RW_COLUMN_RATE},
    {"loss", "loss", RW_COLUMN_RATE}};
static const rw_table_column model_columns[] = {
    {"model", "model", RW_COLUMN_TEXT},
    {"rope_theta", "base", RW_COLUMN_NUMBER},
    {"rope_scaling", "scaling", RW_COLUMN_TEXT},
    {"head_dim", "head_dim", RW_COLUMN_COUNT},
    {"advertised_context", "advertised context", RW_COLUMN_COUNT},
    {"position", "position inversion", RW_COLUMN_RATE},
    {"position_failure", "position failure", RW_COLUMN_RATE},
    {"token", "token inversion", RW_COLUMN_RATE}};

/* Both failures over the base at one context. */
static void draw_over_base(const page *p, const curve *c)
{
    rw_text *t = p->t;
    rw_chart chart;
    rw_text_printf(t, "<figure class=plot><h3 class=sub>Context %s</h3>", c->name);
    if (c->n >= 2) {
        models m;
        read_models(c, &m);
        rw_chart_open(
            &chart, t, 380, 236, "Both failures over the base",
            "Position failure and token inversion over the base, counted; dashed "
            "the prediction.");
        rw_chart_y(&chart, 0, 1, false, "rate");
        rw_chart_x(&chart, c->base[0], c->base[c->n - 1], true, "base (log)");
        rw_chart_reference(&chart, .5, "no preference");
        rw_chart_reference(&chart, p->threshold, "threshold");
        mark_bases(p, &chart, c);
        const rw_series list[] = {
            {"position failure, predicted", "s1", c->base, c->position_predicted, NULL,
             NULL, c->n, true, false},
            {"token inversion, predicted", "s2", c->base, c->token_predicted, NULL, NULL,
             c->n, true, false},
            {"position failure", "s1", c->base, c->position, NULL, NULL, c->n, false,
             false},
            {"token inversion", "s2", c->base, c->token, NULL, NULL, c->n, false, false},
            {"models: position failure", "s3", m.base, m.position, NULL, NULL, m.n, false,
             true},
            {"models: token inversion", "s4", m.base, m.token, NULL, NULL, m.n, false,
             true}};
        for (size_t i = 0; i < sizeof list / sizeof *list; i++)
            rw_chart_series(&chart, &list[i]);
        rw_chart_close(&chart);
    }
    rw_text_append(t, "<figcaption>");
    say_own_base(p, c);
    rw_text_append(t, "<p class=see>");
    rw_markup_str(t, c->doc, "statement", "");
    rw_text_append(t, "</p><details><summary>Values</summary>");
    rw_table_of(t, "Values over the base", json_object_get(c->doc, "points"),
                point_columns, sizeof point_columns / sizeof *point_columns);
    rw_text_append(t, "</details>");
    if (json_array_size(c->models)) {
        rw_text_append(t, "<details><summary>Models at this context</summary>");
        rw_table_of(t, "Models", c->models, model_columns,
                    sizeof model_columns / sizeof *model_columns);
        rw_text_append(t, "</details>");
    }
    rw_text_append(t, "</figcaption></figure>\n");
}

/* Where lines are apart: neither at chance nor where no token is lost. */
static void name_line(rw_chart *chart, const curve *c)
{
    size_t first = 0, end = c->n;
    while (first + 1 < end && c->token[first] > .45)
        first++;
    while (first + 1 < end && !(c->token[end - 1] > .04))
        end--;
    rw_chart_name(chart, c->name, c->token + first, c->position + first, end - first);
}

/* The end of both axes: a little beyond chance, or what is beyond that. */
static double largest_rate(const curve *c, size_t n)
{
    double most = .6;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < c[i].n; p++)
            most = fmax(most,
                        fmax(c[i].position[p], c[i].token[p])); /* NaN is passed over */
    return fmin(1, ceil(10 * most - 1e-9) / 10);
}

/* Position failure against token inversion, one line a context; models at the context they
 * advertise. */
static void draw_plane(rw_text *t, const curve *c, size_t n, double threshold)
{
    rw_chart chart;
    rw_text_append(t, "<figure class=\"plot plane\" data-still><h3 class=sub>Position "
                      "failure against token inversion</h3>");
    rw_chart_open(
        &chart, t, 560, 400, "The trade-off",
        "Position failure against token inversion, one line a context, from the "
        "smallest base to the largest; points are models.");
    const double most = largest_rate(c, n);
    rw_chart_y(&chart, 0, most, false, "position failure");
    rw_chart_x(&chart, 0, most, false, "token inversion");
    rw_chart_reference(&chart, threshold, "threshold");
    for (size_t i = 0; i < n; i++) {
        const rw_series line = {c[i].name, "s1",   c[i].token, c[i].position, NULL,
                                NULL,      c[i].n, false,      false};
        rw_chart_series(&chart, &line);
        name_line(&chart, &c[i]);
    }
    for (size_t i = 0; i < n; i++) {
        size_t m;
        const json_t *model;
        json_array_foreach (c[i].models, m, model)
            if (advertises(model, c[i].doc))
                draw_model(&chart, model, rw_markup_f64(model, "token"),
                           rw_markup_f64(model, "position_failure"), "s2");
    }
    rw_chart_close(&chart);
    rw_caption(
        t,
        "The same curves against each other: each line is one context, each of its "
        "points a base, joined from the smallest to the largest. Towards the lower left "
        "both are kept. Orange points are models at the context they advertise; "
        "their names are tooltips, and rows of the tables above.",
        "Medians over draws of fixed vectors moved about. A model\xe2\x80\x99s point "
        "has the table of that model and the same vectors as the curves, not the "
        "model\xe2\x80\x99s own.",
        "ours");
    rw_text_append(t, "</figure>\n");
}

static bool same_group(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"head_dim", "rope_scaling", "coefficients"};
    for (size_t i = 0; i < 3; i++)
        if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
            return false;
    return true;
}

static const rw_table_column short_columns[] = {
    {"context", "context", RW_COLUMN_COUNT},
    {"least_loss.rope_theta", "base with the least loss of both", RW_COLUMN_NUMBER},
    {"least_loss.value", "loss there", RW_COLUMN_RATE},
    {"keeps_both.n_base", "bases that keep both", RW_COLUMN_COUNT},
    {"keeps_both.lowest", "from", RW_COLUMN_NUMBER},
    {"keeps_both.highest", "to", RW_COLUMN_NUMBER},
    {"least_position_failure.rope_theta", "base that keeps positions best",
     RW_COLUMN_NUMBER},
    {"least_position_failure.value", "failure there", RW_COLUMN_RATE}};

/* Curves that differ in their context alone. */
static void draw_group(const page *p, const json_t *curves, size_t first, size_t end)
{
    enum { N_SHORT = sizeof short_columns / sizeof *short_columns };
    rw_text *t = p->t;
    const json_t *doc = json_array_get(curves, first);
    rw_text_printf(t,
                   "<section id=g%zu-%zu aria-labelledby=h-g%zu-%zu><h2 "
                   "id=h-g%zu-%zu>%s",
                   p->number, first, p->number, first, p->number, first,
                   p->view ? "Another base? The trade-off, head_dim " : "head_dim ");
    rw_markup_count(t, rw_markup_f64(doc, "head_dim"));
    rw_text_append(t, ", scaling ");
    rw_markup_str(t, doc, "rope_scaling", "?");
    rw_text_append(t, ", ");
    rw_markup_str(t, doc, "coefficients", "?");
    rw_text_append(t, " coefficients</h2>\n<p class=lead>Position failure is ");
    rw_markup_str(t, doc, "position_failure_is", "not stated");
    rw_text_append(t,
                   ", p the rate of position inversion; a base keeps both when neither "
                   "failure is above ");
    rw_markup_rate(t, p->threshold);
    rw_text_append(t, ".</p>\n");
    rw_table_open(t, "In short", short_columns, N_SHORT);
    for (size_t i = first; i < end; i++)
        rw_table_row(t, json_array_get(curves, i), short_columns, N_SHORT);
    rw_table_close(t);
    rw_text_append(
        t, "<p class=legend><span class=key><svg "
           "viewBox=\"0 0 22 10\" aria-hidden=true><path class=\"line s1\" d=\"M0 "
           "5h22\"/></svg>position failure, counted</span><span class=key><svg "
           "viewBox=\"0 0 22 10\" aria-hidden=true><path class=\"line s2\" d=\"M0 "
           "5h22\"/></svg>token inversion, counted</span><span class=key><svg "
           "viewBox=\"0 0 22 10\" aria-hidden=true><path class=\"pred s1\" d=\"M0 "
           "5h22\"/></svg>predicted, normal approximation</span></p>\n<div "
           "class=plots>\n");
    for (size_t i = first; i < end; i++) {
        read_curve(json_array_get(curves, i), &p->room[0]);
        draw_over_base(p, &p->room[0]);
    }
    rw_text_append(t, "</div>\n");
    const size_t n = end - first, shown = n < MAX_PLANE ? n : MAX_PLANE;
    for (size_t i = 0; i < shown; i++) /* the longest contexts among more */
        read_curve(json_array_get(curves, end - shown + i), &p->room[i]);
    draw_plane(t, p->room, shown, p->threshold);
    rw_text_append(t, "</section>\n");
}

static void draw_settings(rw_text *t, const json_t *doc)
{
    const char *key;
    json_t *value;
    rw_section_open(t, "settings", "Settings", NULL);
    rw_text_append(t, "<dl class=facts>");
    json_object_foreach (json_object_get(doc, "settings"), key, value) {
        rw_text_append(t, "<div><dt>");
        rw_markup_escape(t, key);
        rw_text_append(t, "</dt><dd>");
        rw_markup_value(t, value);
        rw_text_append(t, "</dd></div>");
    }
    rw_text_append(t, "</dl>\n");
    rw_section_close(t);
}

ropewalk_status rw_page_sweep(rw_text *t, const json_t *doc, const rw_view *view,
                              size_t number, ropewalk_error *err)
{
    const ropewalk_status status = check(doc, err);
    if (status) return status;
    curve *room = rw_calloc(MAX_PLANE, sizeof *room);
    if (!room) return rw_fail_memory(err, "the page");
    page p = {.t = t,
              .room = room,
              .threshold = rw_markup_f64(json_object_get(doc, "settings"), "threshold"),
              .view = view,
              .number = number};
    const json_t *curves = json_object_get(doc, "tradeoff");
    const size_t n = json_array_size(curves);
    if (!view)
        rw_text_append(
            t,
            "<p class=lead>Position inversion: a key scores higher in the far half of "
            "the context than in the near half (0.5: no preference). Token inversion: "
            "two keys stand in another order than at distance 0. Both are counted over "
            "vectors that are fixed and moved about: <b>aligned</b>, a key that agrees "
            "with the query in every pair, <b>Gaussian</b> ones, or others that are "
            "named. No model ran, and no task.</p>\n");
    if (!n)
        rw_text_append(t, "<p>This sweep has one base, or did not ask for both "
                          "inversions: there is no trade-off to draw. Its values are in "
                          "the document and in its CSV.</p>\n");
    for (size_t first = 0, end; first < n; first = end) {
        end = first + 1;
        while (end < n &&
               same_group(json_array_get(curves, first), json_array_get(curves, end)))
            end++;
        draw_group(&p, curves, first, end);
    }
    rw_free(room);
    if (!view) draw_settings(t, doc);
    return ROPEWALK_OK;
}

ropewalk_status rw_sweep_html(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {
        "sweep", "Which base keeps positions, which keeps tokens",
        " Vectors are fixed and moved about: it says nothing of any task.",
        rw_page_sweep};
    return rw_page_of(document, &frame, out, err);
}
