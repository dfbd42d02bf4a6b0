/* page_curves.c - how each quantity changes with the context: medians, bands, predictions. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"

typedef struct line {
    const char *name, *label, *css; /* `name` of summary.values */
} line;

typedef enum plot_kind {
    PLOT_UNIT,
    PLOT_HALF,
    PLOT_AUTO,
    PLOT_LOG,
    PLOT_ALIASING
} plot_kind;

typedef struct plot {
    const char *title, *unit;
    plot_kind kind;
    line lines[2];
    double reference; /* a horizontal line, NaN for none */
    const char *reference_label;
    const char *threshold; /* key in settings.thresholds to draw instead, or NULL */
    const char *see, *how, *source;
} plot;

static const plot plots[] = {
    {"Position inversion",
     "rate",
     PLOT_UNIT,
     {{"attended.position_inversion", "attended keys", "s1"},
      {"random.position_inversion", "random keys", "s2"}},
     .5,
     "0.5 no preference",
     NULL,
     "How often the same key vector scores higher after it is moved from the near to the "
     "far half. "
     "Near 0.5 on average can still hide strong preferences of single pairs: see the "
     "next chart.",
     "Counted over all position pairs of the two halves; predicted by "
     "\xce\xa6(\xe2\x88\x92(\xce\xbc near \xe2\x88\x92 \xce\xbc far) / \xe2\x88\x9a(var "
     "near + var far)).",
     "P (definition and normal approximation)"},
    {"Strength of preference E|2p\xe2\x88\x92"
     "1|",
     "0 to 1",
     PLOT_UNIT,
     {{"preference", "random keys", "s2"}, {0}},
     NAN,
     "threshold of the horizon",
     "horizon_preference",
     "1: every query and key clearly prefers near or far. 0: no pair does. The position "
     "horizon is "
     "where the median falls below its threshold.",
     "p is the position inversion of one query and key; the mean is over pairs, the "
     "median over "
     "heads.",
     "ours"},
    {"Token inversion",
     "rate",
     PLOT_UNIT,
     {{"attended_random.token_inversion", "attended against random key", "s1"},
      {"random_random.token_inversion", "two random keys", "s2"}},
     .5,
     "0.5 order lost",
     NULL,
     "How often moving both keys to another distance reverses which of them scores "
     "higher.",
     "Distances at which the keys are ordered otherwise than at distance 0; predicted by "
     "\xce\xa6(\xe2\x88\x92\xce\xbc/\xcf\x83) of the score difference.",
     "P (definition), F (semantic reversal)"},
    {"Token flip 2r(1\xe2\x88\x92r)",
     "chance",
     PLOT_HALF,
     {{"token_flip", "attended against random key", "s1"}, {0}},
     NAN,
     "threshold of the horizon",
     "horizon_token_flip",
     "The chance that two random distances put the same two keys in a different order. "
     "The token "
     "horizon is where the median exceeds its threshold.",
     "r is the token inversion rate.",
     "ours"},
    {"Position aliasing",
     "share of pairs (log, 0 at foot)",
     PLOT_ALIASING,
     {{"attended.position_aliasing", "attended keys", "s1"},
      {"random.position_aliasing", "random keys", "s2"}},
     NAN,
     "",
     NULL,
     "Position pairs whose rounded scores are the same number, beside what would alias "
     "without any "
     "rotation (NoPE), with ALiBi, with one Gaussian RoPE pair, and the pigeonhole floor "
     "that no 16-bit "
     "score can beat. Fused attention kernels do not round scores to bf16: read this "
     "with the stated "
     "precision profile. Aliasing has no horizon.",
     "Unordered pairs of distances with equal rounded scores, over all pairs; the "
     "prediction is ours and "
     "assumes normal scores.",
     "P (definition), baselines ours"},
    {"Near aliasing",
     "share of pairs (log, 0 at foot)",
     PLOT_LOG,
     {{"attended.near_aliasing", "attended keys", "s1"},
      {"random.near_aliasing", "random keys", "s2"}},
     NAN,
     "",
     NULL,
     "The same idea free of number formats: pairs of positions whose scores differ by "
     "less than a "
     "small fixed amount.",
     "|S(m1)\xe2\x88\x92S(m2)| below the stated threshold in nats.",
     "ours"},
    {"Positional energy",
     "nats",
     PLOT_AUTO,
     {{"energy_nats", "random keys", "s2"}, {0}},
     NAN,
     "blind below",
     "blind_energy_nats",
     "How much the score changes at all while a key is moved through the window.",
     "Standard deviation of S over the window, mean over pairs, median over heads.",
     "ours"},
};

typedef struct series {
    double x[RW_REPORT_MAX_CONTEXTS], median[RW_REPORT_MAX_CONTEXTS],
        p10[RW_REPORT_MAX_CONTEXTS], p90[RW_REPORT_MAX_CONTEXTS],
        predicted[RW_REPORT_MAX_CONTEXTS], ci_lo[RW_REPORT_MAX_CONTEXTS],
        ci_hi[RW_REPORT_MAX_CONTEXTS];
    size_t n;
    double least, most; /* over all; `least` of positive values only */
    bool any;
} series;

static double item_f64(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static void series_fill(series *s, const rw_view *view, const char *class_name,
                        const char *name)
{
    *s = (series){.n = view->n_context, .least = INFINITY, .most = 0};
    for (size_t c = 0; c < s->n; c++) {
        const json_t *row = rw_view_summary(view, view->contexts[c], class_name);
        const json_t *v = json_object_get(json_object_get(row, "values"), name);
        const json_t *ci = json_object_get(v, "bootstrap_ci95");
        s->x[c] = (double)view->contexts[c];
        s->median[c] = rw_markup_f64(v, "median");
        s->p10[c] = rw_markup_f64(v, "p10");
        s->p90[c] = rw_markup_f64(v, "p90");
        s->predicted[c] = rw_markup_f64(v, "predicted_median");
        s->ci_lo[c] = item_f64(ci, 0);
        s->ci_hi[c] = item_f64(ci, 1);
        const double all[] = {s->median[c], s->p10[c], s->p90[c], s->predicted[c]};
        for (size_t i = 0; i < 4; i++) {
            s->most = fmax(s->most, all[i]);
            if (all[i] > 0) s->least = fmin(s->least, all[i]);
        }
        s->any |= !isnan(s->median[c]);
    }
}

static const struct {
    const char *key, *label;
} baseline_lines[] = {{"nope", "NoPE"},
                      {"alibi", "ALiBi"},
                      {"gaussian_rope", "Gaussian RoPE pair"},
                      {"pigeonhole_floor", "pigeonhole floor"}};
enum { N_BASELINE = 4 };

/* The first listed dtype's alias pairs as a share of `total`: a change of unit. */
static void baseline_fill(const rw_view *view, const char *key, double *y)
{
    const json_t *rows = json_object_get(view->audit, "baselines"), *row;
    for (size_t c = 0; c < view->n_context; c++) {
        y[c] = (double)NAN;
        size_t i;
        json_array_foreach (rows, i, row) {
            const double total = rw_markup_f64(row, "total");
            if (fabs(rw_markup_f64(row, "context") - (double)view->contexts[c]) < 1 &&
                total > 0 && isnan(y[c]))
                y[c] = rw_markup_f64(row, key) / total;
            if (!(y[c] > 0))
                y[c] = (double)NAN; /* no place for 0 on a logarithmic axis */
        }
    }
}

static void scale_y(rw_chart *c, const plot *p, double least, double most)
{
    switch (p->kind) {
    case PLOT_UNIT: rw_chart_y(c, 0, 1, false, p->unit); return;
    case PLOT_HALF: rw_chart_y(c, 0, .5, false, p->unit); return;
    case PLOT_AUTO: rw_chart_y(c, 0, rw_axis_ceiling(most), false, p->unit); return;
    case PLOT_LOG:
    case PLOT_ALIASING: {
        const double hi = most > 0 ? pow(10, ceil(log10(most) - 1e-9)) : 1;
        double lo =
            least < (double)INFINITY ? pow(10, floor(log10(least) + 1e-9)) : hi / 10;
        if (!(lo >= hi * 1e-9)) lo = hi * 1e-9;
        if (!(lo <= hi / 10)) lo = hi / 10;
        rw_chart_y(c, lo, hi, true, p->unit);
        return;
    }
    }
}

static void key_of(rw_text *t, const line *l)
{
    rw_text_printf(
        t,
        "<span class=key><svg viewBox=\"0 0 22 10\" aria-hidden=true><path class=\"line "
        "%s\" "
        "d=\"M0 5h22\"/><circle class=\"dot %s\" r=2.6 cx=11 cy=5 /></svg>%s</span>",
        l->css, l->css, l->label);
}

static void draw_plot(rw_text *t, const rw_view *view, const char *class_name,
                      const plot *p, bool explained)
{
    series s[2];
    double base[N_BASELINE][RW_REPORT_MAX_CONTEXTS] = {{0}};
    double least = INFINITY, most = 0;
    bool any = false;
    const size_t n = view->n_context, n_line = p->lines[1].name ? 2 : 1;
    for (size_t i = 0; i < n_line; i++) {
        series_fill(&s[i], view, class_name, p->lines[i].name);
        least = fmin(least, s[i].least);
        most = fmax(most, s[i].most);
        any |= s[i].any;
    }
    if (p->kind == PLOT_ALIASING)
        for (size_t b = 0; b < N_BASELINE; b++) {
            baseline_fill(view, baseline_lines[b].key, base[b]);
            for (size_t i = 0; i < n; i++) {
                most = fmax(most, base[b][i]);
                if (base[b][i] > 0) least = fmin(least, base[b][i]);
            }
        }
    rw_text_printf(t, "<figure class=plot data-values=\"%s%s%s\"><h3 class=sub>%s</h3>",
                   p->lines[0].name, n_line > 1 ? " " : "",
                   n_line > 1 ? p->lines[1].name : "", p->title);
    if (!any) {
        rw_text_append(t, RW_ABSENT "</figure>\n");
        return;
    }
    rw_chart c;
    rw_chart_open(&c, t, 380, 236, p->title,
                  "Median over heads by context, a band from the 10th to the 90th "
                  "percentile of heads, "
                  "dashed the prediction.");
    scale_y(&c, p, least, most);
    rw_chart_x_contexts(&c, view->contexts, n);
    rw_chart_beyond(&c, (double)view->trained);
    const double reference =
        p->threshold
            ? rw_markup_f64(json_object_get(view->settings, "thresholds"), p->threshold)
            : p->reference;
    rw_chart_reference(&c, reference, p->reference_label);
    rw_chart_mark(&c, (double)view->advertised, "advertised");
    for (size_t i = n_line; i-- > 0;) {
        char css[24];
        (void)snprintf(css, sizeof css, "band %s", p->lines[i].css);
        rw_chart_band(&c, css, s[i].x, s[i].p10, s[i].p90, n);
    }
    if (p->kind == PLOT_ALIASING)
        for (size_t b = 0; b < N_BASELINE; b++) {
            rw_chart_line(&c, "baseline", s[0].x, base[b], n);
            rw_chart_name(&c, baseline_lines[b].label, s[0].x, base[b], n);
        }
    for (size_t i = n_line; i-- > 0;) {
        char css[24];
        (void)snprintf(css, sizeof css, "pred %s", p->lines[i].css);
        rw_chart_line(&c, css, s[i].x, s[i].predicted, n);
        (void)snprintf(css, sizeof css, "line %s", p->lines[i].css);
        rw_chart_line(&c, css, s[i].x, s[i].median, n);
        (void)snprintf(css, sizeof css, "whisker %s", p->lines[i].css);
        rw_chart_whiskers(&c, css, s[i].x, s[i].ci_lo, s[i].ci_hi, n);
        (void)snprintf(css, sizeof css, "dot %s", p->lines[i].css);
        rw_chart_points(&c, css, p->lines[i].label, s[i].x, s[i].median, n);
    }
    rw_chart_close(&c);
    rw_text_append(t, "<p class=legend>");
    for (size_t i = 0; i < n_line; i++)
        key_of(t, &p->lines[i]);
    rw_text_append(t, "</p><figcaption>");
    if (explained) rw_caption(t, p->see, p->how, p->source);
    if (explained && (strncmp(p->lines[0].name, "attended", 8) == 0 ||
                      strcmp(p->lines[0].name, "token_flip") == 0))
        rw_text_append(t, "<p class=how>" RW_ATTENDED_CAVEAT "</p>");
    rw_text_append(t, "</figcaption></figure>\n");
}

/* --- kinds as stacked areas --- */

static void draw_kinds(rw_text *t, const rw_view *view, const char *class_name,
                       bool explained)
{
    static const char *const kinds[] = {"local", "mixed", "blind", "chaotic",
                                        "anti-local"};
    enum { N_KIND = 5 };
    const size_t n = view->n_context;
    double x[RW_REPORT_MAX_CONTEXTS], edge[N_KIND + 1][RW_REPORT_MAX_CONTEXTS];
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const json_t *row = rw_view_summary(view, view->contexts[i], class_name);
        const json_t *share = json_object_get(row, "kinds");
        x[i] = (double)view->contexts[i];
        edge[0][i] = json_object_size(share) ? 0 : (double)NAN;
        any |= json_object_size(share) > 0;
        for (size_t k = 0; k < N_KIND; k++) {
            const double v = rw_markup_f64(share, kinds[k]);
            edge[k + 1][i] = edge[k][i] + (v > 0 ? fmin(v, 1) : 0);
        }
    }
    rw_text_append(
        t,
        "<figure class=plot data-kinds><h3 class=sub>Share of heads of each kind</h3>");
    if (!any) {
        rw_text_append(t, RW_ABSENT "</figure>\n");
        return;
    }
    rw_chart c;
    rw_chart_open(
        &c, t, 380, 236, "Share of heads of each kind",
        "Stacked areas over context: local, mixed, blind, chaotic, anti-local.");
    rw_chart_y(&c, 0, 1, false, "share of heads");
    rw_chart_x_contexts(&c, view->contexts, n);
    for (size_t k = 0; k < N_KIND; k++) {
        char css[16];
        (void)snprintf(css, sizeof css, "area k%zu", k);
        rw_chart_band(&c, css, x, edge[k], edge[k + 1], n);
        size_t widest = 0;
        double most = 0;
        for (size_t i = 0; i < n; i++)
            if (edge[k + 1][i] - edge[k][i] > most) {
                most = edge[k + 1][i] - edge[k][i];
                widest = i;
            }
        (void)snprintf(css, sizeof css, "areaname kl%zu", k);
        const double px = rw_axis_px(&c.x, x[widest]);
        if (most > .11)
            rw_chart_text(&c, css,
                          widest == 0       ? "start"
                          : widest + 1 == n ? "end"
                                            : "middle",
                          px + (widest == 0       ? 5
                                : widest + 1 == n ? -5
                                                  : 0),
                          rw_axis_px(&c.y, (edge[k][widest] + edge[k + 1][widest]) / 2) +
                              4,
                          kinds[k]);
    }
    rw_chart_beyond(&c, (double)view->trained);
    rw_chart_mark(&c, (double)view->advertised, "advertised");
    rw_chart_close(&c);
    rw_text_append(t, "<p class=legend>");
    for (size_t k = 0; k < N_KIND; k++)
        rw_text_printf(t,
                       "<span class=key><svg viewBox=\"0 0 14 14\" "
                       "aria-hidden=true><rect class=k%zu "
                       "width=14 height=14 /></svg>%s</span>",
                       k, kinds[k]);
    rw_text_append(t, "</p><figcaption>");
    if (explained)
        rw_caption(t,
                   "Which kinds of heads the model has at each context. Kinds use "
                   "random keys only. Growing "
                   "orange-red is position "
                   "information turning into noise; growing grey is position no longer "
                   "mattering.",
                   "The kind of every head at every context as in the map above; layers "
                   "without RoPE are left "
                   "out.",
                   "ours");
    rw_text_append(t, "</figcaption></figure>\n");
}

static size_t list_classes(const rw_view *view, const char *classes[4])
{
    static const char *const known[] = {"full", "sliding", "chunked"};
    size_t n = 0;
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < view->n_context; c++)
            if (rw_view_summary(view, view->contexts[c], known[k])) {
                classes[n++] = known[k];
                break;
            }
    return n;
}

static void shared_legend(rw_text *t, const rw_view *view)
{
    rw_text_append(
        t, "<p class=legend><span class=key><svg viewBox=\"0 0 22 10\" "
           "aria-hidden=true><path class=\"line "
           "s1\" d=\"M0 5h22\"/></svg>counted, median over heads</span><span "
           "class=key><svg viewBox=\"0 0 22 "
           "10\" aria-hidden=true><path class=\"pred s1\" d=\"M0 "
           "5h22\"/></svg>predicted (normal "
           "approximation; its error certificate stands in the "
           "tables)</span><span class=key><svg viewBox=\"0 "
           "0 22 12\" aria-hidden=true><rect class=\"band s1\" width=22 "
           "height=12 /></svg>10th to 90th percentile of "
           "heads</span><span class=key><svg viewBox=\"0 0 22 12\" "
           "aria-hidden=true><path class=\"whisker s1\" "
           "d=\"M11 0v12\"/></svg>95\xc2\xa0% interval over texts (bootstrap)</span>");
    if (view->trained)
        rw_text_append(t, "<span class=key><svg viewBox=\"0 0 22 12\" "
                          "aria-hidden=true><rect class=beyond "
                          "width=22 height=12 /></svg>beyond the trained length</span>");
    rw_text_append(t, "</p>\n");
    if (!view->trained)
        rw_text_append(
            t,
            "<p class=small>The trained length is not stated in this file, so nothing is "
            "hatched.</p>\n");
}

void rw_page_curves(rw_text *t, const rw_view *view)
{
    const char *classes[4];
    const size_t n = list_classes(view, classes);
    rw_section_open(t, "curves", "Over context",
                    "The same counts for shorter and longer contexts. Layers without "
                    "RoPE are not in the "
                    "medians.");
    if (n)
        shared_legend(t, view);
    else
        rw_text_append(t, RW_ABSENT);
    for (size_t k = 0; k < n; k++) {
        if (n > 1 || strcmp(classes[k], "full") != 0)
            rw_text_printf(t, "<h3>%s</h3>\n",
                           strcmp(classes[k], "full") == 0
                               ? "Layers with full attention"
                               : "Layers with a sliding or chunked window, M = "
                                 "min(context, window)");
        if (k) rw_text_append(t, "<p class=small>To be read as the charts above.</p>\n");
        rw_text_append(t, "<div class=plots>\n");
        for (size_t i = 0; i < sizeof plots / sizeof *plots; i++)
            draw_plot(t, view, classes[k], &plots[i], k == 0);
        draw_kinds(t, view, classes[k], k == 0);
        rw_text_append(t, "</div>\n");
    }
    rw_section_close(t);
}
