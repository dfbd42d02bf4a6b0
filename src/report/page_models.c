/* page_models.c - several audits side by side: what each says of itself, and both horizons' measures over
 * context. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"

enum { MAX_MODEL = 6, MAX_NAME = 200 };
static const char *const colours[MAX_MODEL] = {"s1", "s2", "s3", "s4", "s5", "s6"};

/* The audit of the page first, then those beside it. */
static size_t collect(const rw_view *view, const json_t **audit)
{
    size_t n = 0;
    audit[n++] = view->audit;
    for (size_t i = 0; i < view->n_beside && n < MAX_MODEL; i++) {
        const char *kind = json_string_value(json_object_get(view->beside[i], "kind"));
        if (kind && strcmp(kind, "audit") == 0) audit[n++] = view->beside[i];
    }
    return n;
}

/* The median of the middle head at a context: of layers that see everything, else of windows. */
static double median_at(const json_t *audit, double context, const char *name)
{
    double found = (double)NAN;
    size_t i;
    const json_t *row;
    json_array_foreach (json_object_get(audit, "summary"), i, row) {
        const char *class = json_string_value(json_object_get(row, "class"));
        if (!class || strcmp(class, "nope") == 0 ||
            !(fabs(rw_markup_f64(row, "context") - context) < .5))
            continue;
        const double v = rw_markup_f64(
            json_object_get(json_object_get(row, "values"), name), "median");
        if (isnan(found) || strcmp(class, "full") == 0) found = v;
    }
    return found;
}

static void horizon(rw_text *t, const json_t *audit, const char *key)
{
    const json_t *verdict = json_object_get(audit, "verdict");
    const double v = rw_markup_f64(verdict, key);
    rw_text_append(t, "<td>");
    if (isnan(v))
        rw_text_append(t, "not reached");
    else
        rw_markup_count(t, v);
}

static void model_row(rw_text *t, const json_t *audit)
{
    const json_t *model = json_object_get(audit, "model"),
                 *rotation = json_array_get(json_object_get(audit, "rotations"), 0);
    const double advertised =
        rw_markup_f64(json_object_get(audit, "settings"), "advertised_context");
    rw_text_append(t, "<tr><th scope=row class=l><bdi>");
    rw_markup_str(t, model, "name", "unnamed model");
    rw_text_append(t, "</bdi><td class=l>");
    rw_markup_str(t, model, "dtype", "\xe2\x80\x93");
    rw_text_append(t, "<td>");
    rw_markup_count(t, rw_markup_f64(rotation, "rope_theta"));
    rw_text_append(t, "<td>");
    rw_markup_count(t, advertised);
    horizon(t, audit, "horizon_position");
    horizon(t, audit, "horizon_token");
    rw_text_append(t, "<td>");
    rw_markup_rate(t, median_at(audit, advertised, "preference"));
    rw_text_append(t, "<td>");
    rw_markup_rate(t, median_at(audit, advertised, "token_flip"));
    rw_text_append(t, "\n");
}

static void draw(rw_text *t, const rw_view *view, const json_t *const *audit, size_t n,
                 const char *value, const char *heading, const char *threshold,
                 const char *see)
{
    double x[RW_REPORT_MAX_CONTEXTS], y[RW_REPORT_MAX_CONTEXTS];
    rw_chart c;
    if (!view->n_context) return;
    rw_text_printf(t, "<figure class=plot><h3 class=sub>%s</h3>", heading);
    rw_chart_open(&c, t, 380, 236, heading,
                  "One line a model: the middle head at every examined context.");
    rw_chart_y(&c, 0, 1, false, "median head");
    rw_chart_x_contexts(&c, view->contexts, view->n_context);
    rw_chart_reference(
        &c, rw_markup_f64(json_object_get(view->settings, "thresholds"), threshold),
        "counts as lost");
    for (size_t m = 0; m < n; m++) {
        for (size_t i = 0; i < view->n_context; i++) {
            x[i] = (double)view->contexts[i];
            y[i] = median_at(audit[m], x[i], value);
        }
        rw_text name;
        rw_text_init(&name);
        rw_markup_str(&name, json_object_get(audit[m], "model"), "name", "unnamed model");
        const rw_series line = {name.data && name.len < MAX_NAME ? name.data : "a model",
                                colours[m],
                                x,
                                y,
                                NULL,
                                NULL,
                                view->n_context,
                                false,
                                false};
        rw_chart_series(&c, &line);
        t->failed = t->failed || name.failed;
        rw_text_clear(&name);
    }
    rw_chart_close(&c);
    rw_text_printf(t, "<figcaption><p class=see>%s</p></figcaption></figure>\n", see);
}

void rw_page_models(rw_text *t, const rw_view *view)
{
    const json_t *audit[MAX_MODEL];
    const size_t n = collect(view, audit);
    if (n < 2) return;
    rw_section_open(t, "models", "Models side by side",
                    "Each line is one audit, as it judged itself. A horizon is the first "
                    "examined context at which the middle head no longer tells near from "
                    "far, or no longer keeps two keys in order. What moved between two "
                    "of them stands below, head by head.");
    rw_text_append(
        t,
        "<div class=scroll tabindex=0 role=group aria-label=\"Models side by "
        "side\"><table><thead><tr><th scope=col class=l>Model<th scope=col "
        "class=l>Weights<th scope=col>Base<th scope=col>Advertised<th scope=col>Position "
        "horizon<th scope=col>Token horizon<th "
        "scope=col>Preference, at advertised<th scope=col>Token flip, at "
        "advertised<tbody>\n");
    for (size_t m = 0; m < n; m++)
        model_row(t, audit[m]);
    rw_text_append(t, "</table></div>\n<div class=plots>\n");
    draw(t, view, audit, n, "preference", "How surely near is told from far",
         "horizon_preference",
         "Strength of preference E|2p\xe2\x88\x92"
         "1| of the middle head: 1 is sure, 0 a coin. Contexts are those of the first "
         "audit.");
    draw(
        t, view, audit, n, "token_flip", "How often distance swaps two keys",
        "horizon_token_flip",
        "Chance 2r(1\xe2\x88\x92r) that two distances order two keys differently: 0.5 is "
        "a coin.");
    rw_text_append(t, "</div>\n");
    rw_section_close(t);
}
