/* figure.c - standalone SVG pictures. */
#include "paper/figure.h"

#include <math.h>
#include <string.h>

#include "report/markup.h"

enum {
    WIDTH = 720,
    HEIGHT = 380,
    LEFT = 66,
    RIGHT = 190,
    TOP = 44,
    BOTTOM = 52,
    N_COLOUR = 6,
    MAX_SERIES = 12,
    LABEL_STEP = 16
};

/* Okabe and Ito's colours, told apart by readers with any colour vision; on dark ground lighter. */
static const char style[] =
    "<style>"
    ".g{fill:#fdfcf9}.ink{fill:#1c1e21}.soft{fill:#565b63}"
    ".grid{stroke:#dedad2;fill:none}.axis{stroke:#565b63;fill:none}"
    ".ref{stroke:#565b63;stroke-dasharray:2 3;fill:none}"
    ".none{fill:#c9c6be}"
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
    ".t{font-size:15px;font-weight:600}.l{font-size:12.5px}.k{font-size:12px}"
    ".s{fill:none;stroke-width:2.2;stroke-linejoin:round}.d{stroke-dasharray:6 "
    "4;stroke-width:1.7}"
    ".c0{color:#0072b2}.c1{color:#c24e00}.c2{color:#007d5a}"
    ".c3{color:#a8457f}.c4{color:#8a6d00}.c5{color:#1c1e21}"
    ".s{stroke:currentColor}.m{fill:currentColor;stroke:none}"
    "@media (prefers-color-scheme:dark){"
    ".g{fill:#16181c}.ink{fill:#ecebe7}.soft{fill:#a9adb5}"
    ".grid{stroke:#32363d}.axis{stroke:#a9adb5}.ref{stroke:#a9adb5}.none{fill:#3a3e45}"
    ".c0{color:#56b4e9}.c1{color:#ff8f40}.c2{color:#2fc79a}"
    ".c3{color:#e79ac5}.c4{color:#e6c229}.c5{color:#ecebe7}}"
    "</style>";

/* ` name="px"` */
static void attribute(rw_text *t, const char *name, double px)
{
    rw_text_printf(t, " %s=\"", name);
    rw_markup_px(t, px);
    rw_text_append(t, "\"");
}

static void text_at(rw_text *t, const char *css, const char *anchor, double x, double y,
                    const char *words)
{
    rw_text_printf(t, "<text class=\"%s\" text-anchor=\"%s\"", css, anchor);
    attribute(t, "x", x);
    attribute(t, "y", y);
    rw_text_append(t, ">");
    rw_markup_escape(t, words);
    rw_text_append(t, "</text>");
}

static void rectangle(rw_text *t, double x, double y, double width, double height)
{
    rw_text_append(t, "<rect");
    attribute(t, "x", x);
    attribute(t, "y", y);
    attribute(t, "width", width);
    attribute(t, "height", height);
}

static void begin(rw_text *t, double width, double height, const char *title)
{
    rw_text_printf(t,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                   "width=\"%.0f\" height=\"%.0f\" role=\"img\"><title>",
                   width, height, width, height);
    rw_markup_escape(t, title);
    rw_text_append(t, "</title>");
    rw_text_append(t, style);
    rectangle(t, 0, 0, width, height);
    rw_text_append(t, " rx=\"6\" class=\"g\"/>\n");
    text_at(t, "t ink", "start", 16, 26, title);
}

typedef struct frame {
    const rw_figure *f;
    rw_text *t;
    double x0, x1, y0, y1; /* pixels of lo and hi */
} frame;

static double place(const rw_figure_axis *a, double value, double lo_px, double hi_px)
{
    const double v = fmin(fmax(value, a->lo), a->hi);
    const double part = a->scale == RW_SCALE_LINEAR ? (v - a->lo) / (a->hi - a->lo)
                                                    : log(v / a->lo) / log(a->hi / a->lo);
    return lo_px + (isfinite(part) ? part : 0) * (hi_px - lo_px);
}

static double px_x(const frame *p, double x)
{
    return place(&p->f->x, x, p->x0, p->x1);
}

static double px_y(const frame *p, double y)
{
    return place(&p->f->y, y, p->y0, p->y1);
}

static void line(rw_text *t, const char *css, double x0, double y0, double x1, double y1)
{
    rw_text_printf(t, "<path class=\"%s\" d=\"M", css);
    rw_markup_px(t, x0);
    rw_text_append(t, " ");
    rw_markup_px(t, y0);
    rw_text_append(t, "L");
    rw_markup_px(t, x1);
    rw_text_append(t, " ");
    rw_markup_px(t, y1);
    rw_text_append(t, "\"/>");
}

/* A number beside an axis. */
static void tick_text(rw_text *t, rw_scale scale, double value)
{
    if (scale == RW_SCALE_TOKENS)
        rw_markup_tokens(t, value);
    else if (fabs(value) >= 1e4 || (fabs(value) > 0 && fabs(value) < 9.99e-4) ||
             (scale == RW_SCALE_DECADES && fabs(value) > 999)) {
        const double exponent = floor(log10(fabs(value)) + 1e-9);
        const double lead = value / pow(10, exponent);
        if (fabs(lead - 1) > 1e-6) rw_text_printf(t, "%.3g&#215;", lead);
        rw_text_printf(t, "10<tspan dy=\"-4\" font-size=\"9\">%.0f</tspan>", exponent);
    } else
        rw_text_printf(t, "%.4g", value);
}

static void tick(frame *p, bool vertical, double value)
{
    rw_text *t = p->t;
    const rw_figure_axis *a = vertical ? &p->f->y : &p->f->x;
    const double at = vertical ? px_y(p, value) : px_x(p, value);
    if (vertical)
        line(t, "grid", p->x0, at, p->x1, at);
    else
        line(t, "axis", at, p->y0, at, p->y0 + 5);
    rw_text_printf(t, "<text class=\"k soft\" text-anchor=\"%s\"",
                   vertical ? "end" : "middle");
    attribute(t, "x", vertical ? p->x0 - 8 : at);
    attribute(t, "y", vertical ? at + 4 : p->y0 + 19);
    rw_text_append(t, ">");
    tick_text(t, a->scale, value);
    rw_text_append(t, "</text>");
}

/* The next of 1, 2, 5 times a power of ten at or above. */
static double round_step(double value)
{
    const double unit = pow(10, floor(log10(value)));
    const double step[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; i++)
        if (value <= step[i] * unit * (1 + 1e-9)) return step[i] * unit;
    return 10 * unit;
}

static void ticks(frame *p, bool vertical)
{
    const rw_figure_axis *a = vertical ? &p->f->y : &p->f->x;
    if (a->scale == RW_SCALE_LINEAR) {
        const double step = round_step((a->hi - a->lo) / 5);
        const double first = ceil(a->lo / step - 1e-9);
        for (int i = 0; i < 12 && (first + i) * step <= a->hi + step * 1e-9; i++)
            tick(p, vertical, (first + i) * step);
        return;
    }
    const double root = a->scale == RW_SCALE_TOKENS ? 2 : 10;
    const double first = ceil(log(a->lo) / log(root) - 1e-9),
                 last = floor(log(a->hi) / log(root) + 1e-9);
    const double step = fmax(1, ceil((last - first) / 8));
    for (double e = first; e <= last; e += step)
        tick(p, vertical, pow(root, e));
}

/* The mark of a series, a shape of its own for each colour. */
static void mark(rw_text *t, int colour, double x, double y)
{
    static const char *const shape[N_COLOUR] = {
        "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z", /* circle */
        "M-3.1-3.1h6.2v6.2h-6.2z",                          /* square */
        "M0-4.2L4 3.2H-4z",                                 /* triangle */
        "M0-4.4L4.4 0L0 4.4L-4.4 0z",                       /* diamond */
        "M-4-3.2H4L0 4.2z",                                 /* triangle, down */
        "M-4-1.2h8v2.4h-8z"};                               /* bar */
    rw_text_append(t, "<path transform=\"translate(");
    rw_markup_px(t, x);
    rw_text_append(t, " ");
    rw_markup_px(t, y);
    rw_text_printf(t, ")\" class=\"m c%d\" d=\"%s\"/>", colour, shape[colour]);
}

static void draw_series(frame *p, const rw_figure_series *s)
{
    rw_text *t = p->t;
    const int colour = s->colour % N_COLOUR;
    bool open = false, any = false;
    for (size_t i = 0; i < s->n && s->stroke != RW_STROKE_POINTS; i++) {
        if (isnan(s->x[i]) || isnan(s->y[i])) {
            open = false;
            continue;
        }
        if (!any)
            rw_text_printf(t, "<path class=\"s%s c%d\" d=\"",
                           s->stroke == RW_STROKE_DASHED ? " d" : "", colour);
        rw_text_append(t, open ? "L" : "M");
        rw_markup_px(t, px_x(p, s->x[i]));
        rw_text_append(t, " ");
        rw_markup_px(t, px_y(p, s->y[i]));
        open = any = true;
    }
    if (any) rw_text_append(t, "\"/>");
    if (s->stroke != RW_STROKE_MARKED && s->stroke != RW_STROKE_POINTS) return;
    for (size_t i = 0; i < s->n; i++)
        if (!isnan(s->x[i]) && !isnan(s->y[i]))
            mark(t, colour, px_x(p, s->x[i]), px_y(p, s->y[i]));
    rw_text_append(t, "\n");
}

/* Names at the right, each as near the end of its series as the others allow. */
static void draw_names(frame *p)
{
    size_t index[MAX_SERIES], n = 0;
    double at[MAX_SERIES];
    for (size_t i = 0; i < p->f->n_series && n < MAX_SERIES; i++) {
        const rw_figure_series *s = &p->f->series[i];
        if (!s->label) continue;
        double y = p->y1 + (double)n * LABEL_STEP;
        for (size_t k = s->n; k-- > 0;)
            if (!isnan(s->x[k]) && !isnan(s->y[k])) {
                if (s->stroke != RW_STROKE_POINTS) y = px_y(p, s->y[k]);
                break;
            }
        size_t k = n++;
        for (; k > 0 && at[k - 1] > y; k--) {
            at[k] = at[k - 1];
            index[k] = index[k - 1];
        }
        at[k] = y;
        index[k] = i;
    }
    for (size_t i = 1; i < n; i++)
        at[i] = fmax(at[i], at[i - 1] + LABEL_STEP);
    double limit = p->y0;
    for (size_t i = n; i-- > 0;) {
        at[i] = fmin(at[i], limit);
        limit = at[i] - LABEL_STEP;
    }
    for (size_t i = 0; i < n; i++) {
        const rw_figure_series *s = &p->f->series[index[i]];
        const double x = p->x1 + 12;
        const int colour = s->colour % N_COLOUR;
        if (s->stroke == RW_STROKE_MARKED || s->stroke == RW_STROKE_POINTS)
            mark(p->t, colour, x + 9, at[i]);
        if (s->stroke != RW_STROKE_POINTS) {
            rw_text_printf(p->t, "<path class=\"s%s c%d\" d=\"M",
                           s->stroke == RW_STROKE_DASHED ? " d" : "", colour);
            rw_markup_px(p->t, x);
            rw_text_append(p->t, " ");
            rw_markup_px(p->t, at[i]);
            rw_text_append(p->t, "h18\"/>");
        }
        text_at(p->t, "k ink", "start", x + 24, at[i] + 4, s->label);
    }
}

/* At the end of the line from which the series keep further away. */
static void reference_label(frame *p, double at)
{
    double nearest[2] = {INFINITY, INFINITY};
    const double reach = (p->x1 - p->x0) / 4;
    for (size_t i = 0; i < p->f->n_series; i++)
        for (size_t k = 0; k < p->f->series[i].n; k++) {
            const rw_figure_series *s = &p->f->series[i];
            if (isnan(s->x[k]) || isnan(s->y[k])) continue;
            const double x = px_x(p, s->x[k]), off = fabs(px_y(p, s->y[k]) - (at - 5));
            if (x - p->x0 < reach) nearest[0] = fmin(nearest[0], off);
            if (p->x1 - x < reach) nearest[1] = fmin(nearest[1], off);
        }
    const bool right = !(nearest[0] > nearest[1]);
    text_at(p->t, "k soft", right ? "end" : "start", right ? p->x1 - 4 : p->x0 + 6,
            at - 5, p->f->reference_label);
}

void rw_figure_draw(const rw_figure *f, rw_text *svg)
{
    frame p = {f, svg, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, TOP + 18};
    begin(svg, WIDTH, HEIGHT, f->title);
    ticks(&p, true);
    ticks(&p, false);
    line(svg, "axis", p.x0, p.y0, p.x1, p.y0);
    text_at(svg, "l soft", "start", 16, TOP + 4, f->y.label);
    text_at(svg, "l soft", "middle", (p.x0 + p.x1) / 2, HEIGHT - 12, f->x.label);
    if (!isnan(f->reference)) {
        const double at = px_y(&p, f->reference);
        line(svg, "ref", p.x0, at, p.x1, at);
        if (f->reference_label) reference_label(&p, at);
    }
    rw_text_append(svg, "\n");
    for (size_t i = 0; i < f->n_series; i++)
        draw_series(&p, &f->series[i]);
    draw_names(&p);
    rw_text_append(svg, "</svg>\n");
}

/* Blue below the middle, orange above, pale at it: readable without red and green. */
static void cell_colour(rw_text *t, double part)
{
    static const int end[2][3] = {{0, 92, 168}, {194, 78, 0}}, pale[3] = {240, 238, 232};
    const int side = part > 0;
    const double size = fmin(fabs(part), 1);
    int rgb[3];
    for (int i = 0; i < 3; i++)
        rgb[i] = (int)nearbyint(pale[i] + size * (end[side][i] - pale[i]));
    rw_text_printf(t, " fill=\"#%02x%02x%02x\"", (unsigned)rgb[0], (unsigned)rgb[1],
                   (unsigned)rgb[2]);
}

static double part_of(const rw_figure_map *m, double value)
{
    return value > m->middle ? (value - m->middle) / (m->hi - m->middle)
                             : (value - m->middle) / (m->middle - m->lo);
}

void rw_figure_map_draw(const rw_figure_map *m, rw_text *svg)
{
    enum { CELL_Y = 14, SCALE = 200, STEPS = 40 };
    const double cell_x = fmin(40, 560.0 / (m->n_column ? m->n_column : 1));
    const double width = fmax(560, LEFT + cell_x * m->n_column + 40);
    const double bottom = TOP + 18 + CELL_Y * (double)m->n_row;
    const double height = bottom + 92;
    begin(svg, width, height, m->title);
    text_at(svg, "l soft", "start", 16, TOP + 4, m->y_label);
    rw_text label;
    rw_text_init(&label);
    for (uint32_t r = 0; r < m->n_row; r++) {
        const double y = TOP + 18 + CELL_Y * (double)r;
        if (r % 5 == 0) {
            label.len = 0;
            rw_text_printf(&label, "%u", r);
            if (label.data)
                text_at(svg, "k soft", "end", LEFT - 8, y + CELL_Y - 3, label.data);
        }
        for (uint32_t c = 0; c < m->n_column; c++) {
            const double value = m->value[(size_t)r * m->n_column + c];
            rectangle(svg, LEFT + cell_x * c, y, cell_x - 1, CELL_Y - 1);
            if (isnan(value)) {
                rw_text_append(svg, " class=\"none\"/>");
                continue;
            }
            cell_colour(svg, part_of(m, value));
            rw_text_printf(svg, "><title>layer %u, head %u: %.3f</title></rect>", r, c,
                           value);
        }
        rw_text_append(svg, "\n");
    }
    for (uint32_t c = 0; c<m->n_column; c += m->n_column> 16 ? 4 : 1) {
        label.len = 0;
        rw_text_printf(&label, "%u", c);
        if (label.data)
            text_at(svg, "k soft", "middle", LEFT + cell_x * (c + 0.5), bottom + 15,
                    label.data);
    }
    text_at(svg, "l soft", "middle", LEFT + cell_x * m->n_column / 2, bottom + 32,
            m->x_label);
    for (int i = 0; i < STEPS; i++) {
        const double value = m->lo + (m->hi - m->lo) * (i + 0.5) / STEPS;
        rectangle(svg, LEFT + SCALE * (double)i / STEPS, bottom + 46,
                  (double)SCALE / STEPS + 0.5, 12);
        cell_colour(svg, part_of(m, value));
        rw_text_append(svg, "/>");
    }
    const double at[] = {m->lo, m->middle, m->hi};
    for (int i = 0; i < 3; i++) {
        label.len = 0;
        rw_text_printf(&label, "%.3g", at[i]);
        if (label.data)
            text_at(svg, "k soft", "middle",
                    LEFT + SCALE * (at[i] - m->lo) / (m->hi - m->lo), bottom + 73,
                    label.data);
    }
    text_at(svg, "k soft", "start", LEFT + SCALE + 22, bottom + 57, m->value_label);
    if (label.failed) svg->failed = true;
    rw_text_clear(&label);
    rw_text_append(svg, "</svg>\n");
}
