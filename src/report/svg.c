/* svg.c - static inline SVG charts. */
#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/markup.h"

enum { LEFT = 46, RIGHT = 12, TOP = 24, BOTTOM = 34 };

double rw_axis_px(const rw_axis *a, double value)
{
    const double v = fmin(fmax(value, a->lo), a->hi);
    const double part = a->logarithmic ? log(v / a->lo) / log(a->hi / a->lo)
                                       : (v - a->lo) / (a->hi - a->lo);
    return a->lo_px + (isfinite(part) ? part : 0) * (a->hi_px - a->lo_px);
}

double rw_axis_ceiling(double value)
{
    if (!(value > 1e-300) || !isfinite(value)) return 1;
    const double unit = pow(10, floor(log10(value)));
    const double steps[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; i++)
        if (value <= steps[i] * unit * (1 + 1e-9)) return steps[i] * unit;
    return 10 * unit;
}

void rw_svg_patterns(rw_text *t)
{
    rw_text_append(
        t,
        "<svg class=defs width=0 height=0 aria-hidden=true focusable=false><defs>"
        "<pattern id=rw-hatch width=6 height=6 patternUnits=userSpaceOnUse "
        "patternTransform=\"rotate(45)\"><path class=hatchline d=\"M0 0v6\"/></pattern>"
        "<pattern id=rw-fine width=.5 height=.5 patternUnits=userSpaceOnUse "
        "patternTransform=\"rotate(45)\"><path class=hatchfine d=\"M0 0v.5\"/></pattern>"
        "<pattern id=rw-dots width=4 height=4 patternUnits=userSpaceOnUse>"
        "<circle class=hatchdot cx=2 cy=2 r=.8 /></pattern></defs></svg>\n");
}

void rw_chart_text(rw_chart *c, const char *css, const char *anchor, double x_px,
                   double y_px, const char *text)
{
    rw_text_printf(c->t, "<text class=\"%s\" text-anchor=%s x=", css, anchor);
    rw_markup_px(c->t, x_px);
    rw_text_append(c->t, " y=");
    rw_markup_px(c->t, y_px);
    rw_text_printf(c->t, ">%s</text>", text);
}

void rw_chart_open(rw_chart *c, rw_text *t, double width, double height,
                   const char *title, const char *desc)
{
    *c = (rw_chart){.t = t,
                    .width = width,
                    .height = height,
                    .x = {0, 1, false, LEFT, width - RIGHT},
                    .y = {0, 1, false, height - BOTTOM, TOP}};
    rw_text_printf(t,
                   "<svg class=chart viewBox=\"0 0 %.0f %.0f\" role=img><title>%s</title>"
                   "<desc>%s</desc>",
                   width, height, title, desc);
}

/* Width of a label in pixels, about. */
static double label_width(const char *text)
{
    return 5.3 * (double)strlen(text);
}

typedef struct box {
    double x0, x1, y0, y1;
} box;

static box box_of(const rw_chart_place *p, const char *text)
{
    const double width = label_width(text);
    const double x0 = p->anchor == 's'   ? p->x
                      : p->anchor == 'm' ? p->x - width / 2
                                         : p->x - width;
    return (box){x0 - 2, x0 + width + 2, p->y - 11, p->y + 5};
}

/* How much of the lines a box covers. */
static double covered(const rw_chart *c, box b)
{
    enum { STEPS = 16 };
    double sum = 0;
    for (size_t i = 1; i < c->n_point; i++) {
        if (!c->points[i].joined) continue;
        for (int k = 0; k <= STEPS; k++) {
            const double part = (double)k / STEPS;
            const double x =
                c->points[i - 1].x + part * (c->points[i].x - c->points[i - 1].x);
            const double y =
                c->points[i - 1].y + part * (c->points[i].y - c->points[i - 1].y);
            if (x > b.x0 && x < b.x1 && y > b.y0 && y < b.y1) sum += 1;
        }
    }
    return sum;
}

static void place_labels(rw_chart *c)
{
    box taken[RW_CHART_LABELS];
    for (size_t l = 0; l < c->n_label; l++) {
        const rw_chart_label *label = &c->labels[l];
        size_t best = 0;
        double least = INFINITY;
        for (size_t i = 0; i < label->n; i++) {
            const box b = box_of(&label->place[i], label->text);
            double cost = covered(c, b);
            if (b.x0 < c->x.lo_px - 2 || b.x1 > c->x.hi_px + 4 || b.y0 < c->y.hi_px - 4 ||
                b.y1 > c->y.lo_px + 2)
                cost += 100;
            for (size_t k = 0; k < l; k++)
                if (b.x0 < taken[k].x1 && b.x1 > taken[k].x0 && b.y0 < taken[k].y1 &&
                    b.y1 > taken[k].y0)
                    cost += 200;
            if (cost < least) {
                least = cost;
                best = i;
            }
        }
        const rw_chart_place *p = &label->place[best];
        taken[l] = box_of(p, label->text);
        rw_chart_text(c, "reflabel",
                      p->anchor == 's'   ? "start"
                      : p->anchor == 'm' ? "middle"
                                         : "end",
                      p->x, p->y, label->text);
    }
}

static rw_chart_label *new_label(rw_chart *c, const char *text)
{
    if (c->n_label == RW_CHART_LABELS || !*text) return NULL;
    rw_chart_label *label = &c->labels[c->n_label++];
    *label = (rw_chart_label){.text = text};
    return label;
}

static void add_place(rw_chart_label *label, char anchor, double x, double y)
{
    if (label->n < RW_CHART_PLACES)
        label->place[label->n++] = (rw_chart_place){x, y, anchor};
}

void rw_chart_name(rw_chart *c, const char *text, const double *x, const double *y,
                   size_t n)
{
    rw_chart_label *label = NULL;
    bool last = true;
    for (size_t i = n; i-- > 0;) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        if (!label && !(label = new_label(c, text))) return;
        const double px = rw_axis_px(&c->x, x[i]), py = rw_axis_px(&c->y, y[i]);
        add_place(label, last ? 'e' : 'm', last ? px - 3 : px, py - 5);
        add_place(label, last ? 'e' : 'm', last ? px - 3 : px, py + 12);
        last = false;
    }
}

void rw_chart_span(rw_chart *c, double from, double to, const char *colour,
                   const char *text)
{
    const double lo = fmax(from, c->x.lo), hi = fmin(to, c->x.hi);
    if (!(hi > lo)) return;
    const double lo_px = rw_axis_px(&c->x, lo), hi_px = rw_axis_px(&c->x, hi);
    rw_text_append(c->t, "<rect x=");
    rw_markup_px(c->t, lo_px);
    rw_text_append(c->t, " y=");
    rw_markup_px(c->t, c->y.hi_px);
    rw_text_append(c->t, " width=");
    rw_markup_px(c->t, hi_px - lo_px);
    rw_text_append(c->t, " height=");
    rw_markup_px(c->t, c->y.lo_px - c->y.hi_px);
    rw_text_printf(c->t, " class=\"tint %s\" />", colour);
    rw_chart_label *label = new_label(c, text);
    if (!label) return;
    const double middle = (lo_px + hi_px) / 2;
    add_place(label, 'm', middle, c->y.lo_px - 5);
    add_place(label, 'm', middle, c->y.hi_px + 12);
    add_place(label, 'e', hi_px - 3, c->y.lo_px - 5);
    add_place(label, 'e', hi_px - 3, c->y.hi_px + 12);
    add_place(label, 's', lo_px + 3, c->y.lo_px - 5);
    add_place(label, 's', lo_px + 3, c->y.hi_px + 12);
}

/* What a script needs to draw the same axes: "lo hi log". */
static void axis_data(rw_text *t, const char *name, const rw_axis *a, const char *unit)
{
    rw_text_printf(t, " data-%s=\"%.12g %.12g %d\" data-%s-unit=\"%s\"", name, a->lo,
                   a->hi, a->logarithmic, name, unit ? unit : "");
}

void rw_chart_close(rw_chart *c)
{
    place_labels(c);
    if (c->live) {
        rw_text_append(c->t, "<metadata");
        axis_data(c->t, "x", &c->x, c->x_unit);
        axis_data(c->t, "y", &c->y, c->y_unit);
        rw_text_append(c->t, c->tokens ? " data-tokens=1></metadata>" : "></metadata>");
    }
    rw_text_append(c->t, "</svg>");
}

/* Where a line stands and what it is called, for the script. */
static void line_data(rw_chart *c, double at, const char *label)
{
    rw_text_printf(c->t, " data-at=%.12g data-label=\"%s\"", at, label);
}

static void hline(rw_chart *c, const char *css, double value, const char *label)
{
    rw_text_printf(c->t, "<path class=%s", css);
    if (label) line_data(c, value, label);
    rw_text_append(c->t, " d=\"M");
    rw_markup_px(c->t, c->x.lo_px);
    rw_text_append(c->t, " ");
    rw_markup_px(c->t, rw_axis_px(&c->y, value));
    rw_text_append(c->t, "H");
    rw_markup_px(c->t, c->x.hi_px);
    rw_text_append(c->t, "\"/>");
}

static void y_tick(rw_chart *c, double value, const char *label)
{
    hline(c, "grid", value, NULL);
    rw_chart_text(c, "tick", "end", c->x.lo_px - 6, rw_axis_px(&c->y, value) + 3.5,
                  label);
}

/* A number as a short axis label. */
static void label_of(rw_text *label, double value)
{
    label->len = 0;
    if (fabs(value) >= 1e4 || (fabs(value) > 0 && fabs(value) < 1e-3)) {
        const double exponent = floor(log10(fabs(value)) + 1e-9);
        rw_text_printf(label, "%.3ge%.0f", value / pow(10, exponent), exponent);
    } else {
        rw_text_printf(label, "%.3g", value);
    }
}

void rw_chart_y(rw_chart *c, double lo, double hi, bool logarithmic, const char *unit)
{
    if (!isfinite(lo) || !isfinite(hi) || !isfinite(hi - lo) || !(hi > lo) ||
        (logarithmic && !(lo > 0))) {
        lo = 0; /* absurd input still draws an axis */
        hi = 1;
        logarithmic = false;
    }
    c->y.lo = lo;
    c->y.hi = hi;
    c->y.logarithmic = logarithmic;
    rw_text label;
    rw_text_init(&label);
    if (logarithmic) {
        const double first = ceil(log10(lo) - 1e-9), last = floor(log10(hi) + 1e-9);
        const double step = fmax(1, ceil((last - first) / 5));
        for (double e = first; e <= last; e += step) {
            label_of(&label, pow(10, e));
            if (label.data) y_tick(c, pow(10, e), label.data);
        }
    } else {
        const bool from_zero = !(fabs(lo) > 0); /* quarters; otherwise round numbers */
        const double step = from_zero ? hi / 4 : rw_axis_ceiling((hi - lo) / 6);
        const double first = from_zero ? 0 : ceil(lo / step) * step;
        for (int i = 0; i <= 8 && first + i * step <= hi + step * 1e-9; i++) {
            const double value =
                fabs(first + i * step) < step * 1e-9 ? 0 : first + i * step;
            label_of(&label, value);
            if (label.data) y_tick(c, value, label.data);
        }
    }
    if (label.failed) c->t->failed = true;
    rw_text_clear(&label);
    c->y_unit = unit;
    rw_chart_text(c, "unit", "start", 2, 11, unit);
}

static void x_unit(rw_chart *c, const char *unit)
{
    c->x_unit = unit;
    rw_chart_text(c, "unit", "end", c->x.hi_px, c->height - 4, unit);
}

/* A tick and its number, which `written` writes. */
static void x_tick_of(rw_chart *c, double value, void (*written)(rw_text *, double))
{
    const double px = rw_axis_px(&c->x, value);
    rw_text_append(c->t, "<path class=axis d=\"M");
    rw_markup_px(c->t, px);
    rw_text_append(c->t, " ");
    rw_markup_px(c->t, c->y.lo_px);
    rw_text_append(c->t, "v4\"/><text class=tick text-anchor=middle x=");
    rw_markup_px(c->t, px);
    rw_text_append(c->t, " y=");
    rw_markup_px(c->t, c->y.lo_px + 16);
    rw_text_append(c->t, ">");
    written(c->t, value);
    rw_text_append(c->t, "</text>");
}

static void x_tick(rw_chart *c, double value, bool tokens)
{
    x_tick_of(c, value, tokens ? rw_markup_tokens : rw_markup_number);
}

/* "1e6" */
static void power_of_ten(rw_text *t, double value)
{
    rw_text_printf(t, "1e%.0f", log10(value));
}

void rw_chart_x_contexts(rw_chart *c, const int64_t *contexts, size_t n)
{
    c->x.logarithmic = true;
    c->x.lo = n ? (double)contexts[0] : 1;
    c->x.hi = n ? (double)contexts[n - 1] : 2;
    if (c->x.hi <= c->x.lo) { /* a single context stands in the middle */
        c->x.lo /= 2;
        c->x.hi *= 2;
    }
    hline(c, "axis", c->y.lo, NULL);
    double last_px = -100;
    for (size_t i = 0; i < n; i++) {
        const double px = rw_axis_px(&c->x, (double)contexts[i]);
        if (px - last_px < 34) continue;
        x_tick(c, (double)contexts[i], true);
        last_px = px;
    }
    c->tokens = true;
    x_unit(c, "context in tokens (log)");
}

void rw_chart_x_distance(rw_chart *c, double lo, double hi, bool logarithmic)
{
    c->x.logarithmic = logarithmic;
    c->x.lo = lo;
    c->x.hi = hi > lo ? hi : lo + 1;
    c->y.lo_px = c->height - BOTTOM;
    rw_text_append(c->t, "<path class=axis d=\"M");
    rw_markup_px(c->t, c->x.lo_px);
    rw_text_append(c->t, " ");
    rw_markup_px(c->t, c->y.lo_px);
    rw_text_append(c->t, "H");
    rw_markup_px(c->t, c->x.hi_px);
    rw_text_append(c->t, "\"/>");
    if (logarithmic) {
        const double last = floor(log2(hi) + 1e-9);
        const double step = fmax(1, ceil(last / 6));
        for (double e = 0; e <= last; e += step)
            if (pow(2, e) >= lo) x_tick(c, pow(2, e), true);
    } else {
        for (int i = 0; i <= 4; i++)
            x_tick(c, nearbyint(lo + (c->x.hi - lo) * i / 4), true);
    }
    c->tokens = true;
    x_unit(c, logarithmic ? "distance m in tokens (log)" : "distance m in tokens");
}

void rw_chart_x(rw_chart *c, double lo, double hi, bool logarithmic, const char *unit)
{
    c->x.logarithmic = logarithmic;
    c->x.lo = lo;
    c->x.hi = hi > lo ? hi : logarithmic ? 2 * lo : lo + 1;
    hline(c, "axis", c->y.lo, NULL);
    const double first = logarithmic ? ceil(log10(lo) - 1e-9) : 0,
                 last = logarithmic ? floor(log10(c->x.hi) + 1e-9) : 4;
    const double step = fmax(1, ceil((last - first) / 6));
    for (double i = first; i <= last; i += step)
        if (logarithmic)
            x_tick_of(c, pow(10, i), power_of_ten);
        else
            x_tick(c, lo + (c->x.hi - lo) * i / 4, false);
    x_unit(c, unit);
}

void rw_chart_beyond(rw_chart *c, double from)
{
    if (!(from > 0) || from >= c->x.hi) return;
    const double px = rw_axis_px(&c->x, from);
    rw_text_printf(c->t, "<rect class=beyond data-at=%.12g x=", from);
    rw_markup_px(c->t, px);
    rw_text_append(c->t, " y=");
    rw_markup_px(c->t, c->y.hi_px);
    rw_text_append(c->t, " width=");
    rw_markup_px(c->t, c->x.hi_px - px);
    rw_text_append(c->t, " height=");
    rw_markup_px(c->t, c->y.lo_px - c->y.hi_px);
    rw_text_append(c->t, " />");
}

void rw_chart_mark(rw_chart *c, double at, const char *what)
{
    if (!(at >= c->x.lo && at <= c->x.hi)) return;
    const double px = rw_axis_px(&c->x, at);
    const bool right = px > (c->x.lo_px + c->x.hi_px) / 2;
    rw_text_append(c->t, "<path class=mark");
    line_data(c, at, what);
    rw_text_append(c->t, " d=\"M");
    rw_markup_px(c->t, px);
    rw_text_append(c->t, " ");
    rw_markup_px(c->t, c->y.hi_px - 3);
    rw_text_append(c->t, "V");
    rw_markup_px(c->t, c->y.lo_px);
    rw_text_printf(
        c->t, "\"/><text class=marklabel text-anchor=%s x=", right ? "end" : "start");
    rw_markup_px(c->t, px + (right ? 3 : -3));
    rw_text_append(c->t, " y=");
    rw_markup_px(c->t, c->y.hi_px - 7);
    rw_text_printf(c->t, ">%s ", what);
    rw_markup_tokens(c->t, at);
    rw_text_append(c->t, "</text>");
}

static void point(rw_chart *c, char move, double x, double y)
{
    rw_text_append_n(c->t, &move, 1);
    rw_markup_px(c->t, rw_axis_px(&c->x, x));
    rw_text_append_n(c->t, " ", 1);
    rw_markup_px(c->t, rw_axis_px(&c->y, y));
}

static void remember(rw_chart *c, bool joined, double x, double y)
{
    if (c->n_point == RW_CHART_POINTS) return;
    c->points[c->n_point].x = rw_axis_px(&c->x, x);
    c->points[c->n_point].y = rw_axis_px(&c->y, y);
    c->points[c->n_point++].joined = joined;
}

void rw_chart_line(rw_chart *c, const char *css, const double *x, const double *y,
                   size_t n)
{
    bool open = false, any = false;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) {
            open = false;
            continue;
        }
        if (!any) rw_text_printf(c->t, "<path class=\"%s\" d=\"", css);
        point(c, open ? 'L' : 'M', x[i], y[i]);
        remember(c, open, x[i], y[i]);
        open = any = true;
    }
    if (any) rw_text_append(c->t, "\"/>");
}

void rw_chart_band(rw_chart *c, const char *css, const double *x, const double *lo,
                   const double *hi, size_t n)
{
    for (size_t from = 0; from < n; from++) {
        size_t to = from;
        while (to < n && !isnan(x[to]) && !isnan(lo[to]) && !isnan(hi[to]))
            to++;
        if (to == from) continue;
        rw_text_printf(c->t, "<path class=\"%s\" d=\"", css);
        for (size_t i = from; i < to; i++)
            point(c, i == from ? 'M' : 'L', x[i], hi[i]);
        for (size_t i = to; i-- > from;)
            point(c, 'L', x[i], lo[i]);
        rw_text_append(c->t, "z\"/>");
        from = to;
    }
}

void rw_chart_whiskers(rw_chart *c, const char *css, const double *x, const double *lo,
                       const double *hi, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(lo[i]) || isnan(hi[i])) continue;
        if (!any) rw_text_printf(c->t, "<path class=\"%s\" d=\"", css);
        point(c, 'M', x[i], lo[i]);
        point(c, 'L', x[i], hi[i]);
        remember(c, false, x[i], lo[i]);
        remember(c, true, x[i], hi[i]);
        any = true;
    }
    if (any) rw_text_append(c->t, "\"/>");
}

void rw_chart_points(rw_chart *c, const char *css, const char *what, const double *x,
                     const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        rw_text_printf(c->t, "<circle class=\"%s\" r=2.6 cx=", css);
        rw_markup_px(c->t, rw_axis_px(&c->x, x[i]));
        rw_text_append(c->t, " cy=");
        rw_markup_px(c->t, rw_axis_px(&c->y, y[i]));
        rw_text_printf(c->t, "><title>%s at ", what);
        rw_markup_count(c->t, x[i]);
        rw_text_append(c->t, ": ");
        rw_markup_rate(c->t, y[i]);
        rw_text_append(c->t, "</title></circle>");
    }
}

static void list_data(rw_text *t, const char *name, const double *value, size_t n)
{
    if (!value) return;
    rw_text_printf(t, " data-%s=\"", name);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(value[i]))
            rw_text_append(t, i ? " -" : "-");
        else
            rw_text_printf(t, i ? " %.12g" : "%.12g", value[i]);
    rw_text_append(t, "\"");
}

void rw_chart_series(rw_chart *c, const rw_series *s)
{
    char css[32];
    size_t known = 0;
    for (size_t i = 0; i < s->n; i++)
        known += !isnan(s->x[i]) && !isnan(s->y[i]);
    if (!known) return;
    c->live = true;
    rw_text_printf(c->t, "<g class=series data-what=\"%s\" data-colour=%s%s%s", s->what,
                   s->colour, s->dashed ? " data-dashed=1" : "",
                   s->apart ? " data-apart=1" : "");
    list_data(c->t, "xs", s->x, s->n);
    list_data(c->t, "ys", s->y, s->n);
    list_data(c->t, "lo", s->lo, s->n);
    list_data(c->t, "hi", s->hi, s->n);
    rw_text_append(c->t, ">");
    (void)snprintf(css, sizeof css, "whisker %s", s->colour);
    if (s->lo && s->hi) rw_chart_whiskers(c, css, s->x, s->lo, s->hi, s->n);
    (void)snprintf(css, sizeof css, s->dashed ? "pred %s" : "line %s", s->colour);
    if (!s->apart) rw_chart_line(c, css, s->x, s->y, s->n);
    (void)snprintf(css, sizeof css, "dot %s", s->colour);
    if (!s->dashed) rw_chart_points(c, css, s->what, s->x, s->y, s->n);
    rw_text_append(c->t, "</g>");
}

void rw_chart_reference(rw_chart *c, double at, const char *label)
{
    if (isnan(at) || at < c->y.lo || at > c->y.hi) return;
    hline(c, "reference", at, label);
    rw_chart_label *const text = new_label(c, label);
    if (!text) return;
    const double px = rw_axis_px(&c->y, at), middle = (c->x.lo_px + c->x.hi_px) / 2;
    for (int below = 0; below < 2; below++) {
        const double y = below ? px + 11 : px - 4;
        add_place(text, 'e', c->x.hi_px - 2, y);
        add_place(text, 's', c->x.lo_px + 4, y);
        add_place(text, 'm', middle, y);
        add_place(text, 'm', (c->x.lo_px + middle) / 2, y);
        add_place(text, 'm', (c->x.hi_px + middle) / 2, y);
    }
}
