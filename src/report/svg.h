/* svg.h - static inline SVG charts: axes, lines, bands, marks. Colours are classes of report.css. */
#ifndef RW_REPORT_SVG_H
#define RW_REPORT_SVG_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

typedef struct rw_axis {
    double lo, hi; /* lo < hi; both positive when logarithmic */
    bool logarithmic;
    double lo_px, hi_px;
} rw_axis;

/** Position of a value, clamped to the axis. */
double rw_axis_px(const rw_axis *axis, double value);
/** The next of 1, 2, 5 times a power of ten at or above `value` (1 when not positive). */
double rw_axis_ceiling(double value);

enum { RW_CHART_POINTS = 1024, RW_CHART_LABELS = 8, RW_CHART_PLACES = 12 };

typedef struct rw_chart_place {
    double x, y; /* pixels of the baseline */
    char anchor; /* s start, m middle, e end */
} rw_chart_place;

/* A label that waits until all lines are drawn, to stand where it covers least. */
typedef struct rw_chart_label {
    const char *text; /* borrowed until the chart is closed */
    rw_chart_place place[RW_CHART_PLACES];
    size_t n;
} rw_chart_label;

typedef struct rw_chart {
    rw_text *t;
    double width, height;
    rw_axis x, y;
    const char *x_unit, *y_unit; /* borrowed until the chart is closed */
    bool tokens;                 /* x is counted in tokens */
    bool live;                   /* has series: assets/chart.js draws it anew */
    struct {
        double x, y;
        bool joined;           /* to the point before */
    } points[RW_CHART_POINTS]; /* of the lines, in pixels */
    size_t n_point;
    rw_chart_label labels[RW_CHART_LABELS];
    size_t n_label;
} rw_chart;

/** The patterns charts refer to; once a page, before the first chart. */
void rw_svg_patterns(rw_text *t);

/** Start a chart with room for axes; `title` and `desc` are our own markup-free text. */
void rw_chart_open(rw_chart *chart, rw_text *t, double width, double height,
                   const char *title, const char *desc);
void rw_chart_close(rw_chart *chart);
/** Set the scale and draw grid and numbers. */
void rw_chart_y(rw_chart *chart, double lo, double hi, bool logarithmic,
                const char *unit);
/** Logarithmic axis with a number at listed contexts. */
void rw_chart_x_contexts(rw_chart *chart, const int64_t *contexts, size_t n);
/** Distance axis 1..hi, or lo..hi when linear. */
void rw_chart_x_distance(rw_chart *chart, double lo, double hi, bool logarithmic);
/** Any other axis: numbers at powers of ten when logarithmic, else five of them. */
void rw_chart_x(rw_chart *chart, double lo, double hi, bool logarithmic,
                const char *unit);
/** Hatch everything right of `from`. Draw before lines. */
void rw_chart_beyond(rw_chart *chart, double from);
/** Labelled vertical line; nothing when outside the axis. */
void rw_chart_mark(rw_chart *chart, double at, const char *what);
/** NaN in x or y leaves a gap. */
void rw_chart_line(rw_chart *chart, const char *css, const double *x, const double *y,
                   size_t n);
void rw_chart_band(rw_chart *chart, const char *css, const double *x, const double *lo,
                   const double *hi, size_t n);
void rw_chart_whiskers(rw_chart *chart, const char *css, const double *x,
                       const double *lo, const double *hi, size_t n);
/** Points that carry their number as a tooltip: "<what> at <context>: <value>". */
void rw_chart_points(rw_chart *chart, const char *css, const char *what, const double *x,
                     const double *y, size_t n);
typedef struct rw_series {
    const char *what;      /* our own words */
    const char *colour;    /* s1, s2, ... of report.css */
    const double *x, *y;   /* NaN in x or y leaves a gap */
    const double *lo, *hi; /* intervals, or NULL */
    size_t n;
    bool dashed; /* a prediction: no points */
    bool apart;  /* points that no line joins */
} rw_series;

/** A line with its points and intervals. It carries its values for the page's script, which tells
 *  them at the pointer and saves them; without the script it is a picture like others. */
void rw_chart_series(rw_chart *chart, const rw_series *s);

/** Name a line; the name stands beside one of its points, clear of lines where it can. */
void rw_chart_name(rw_chart *chart, const char *text, const double *x, const double *y,
                   size_t n);
/** Tint from..to of the axis and name it at the foot. Draw before lines. */
void rw_chart_span(rw_chart *chart, double from, double to, const char *colour,
                   const char *text);
/** Horizontal reference line; its label stands clear of lines where it can. */
void rw_chart_reference(rw_chart *chart, double at, const char *label);
void rw_chart_text(rw_chart *chart, const char *css, const char *anchor, double x_px,
                   double y_px, const char *text);
#endif
