/* figure.h - pictures of the document: standalone SVG files, readable on light and dark pages.
 *
 * Unlike the charts of the report page these stand alone: well-formed XML with their own colours
 * on their own ground, which follow the reader's light or dark setting where a viewer knows it.
 * Series differ in colour, mark and dash, and are named beside their last point. */
#ifndef RW_PAPER_FIGURE_H
#define RW_PAPER_FIGURE_H
#include "base/text.h"

typedef enum rw_scale { RW_SCALE_LINEAR, RW_SCALE_DECADES, RW_SCALE_TOKENS } rw_scale;

typedef struct rw_figure_axis {
    const char *label; /* with its unit */
    rw_scale scale;    /* decades and tokens (powers of two) are logarithmic */
    double lo, hi;
} rw_figure_axis;

typedef enum rw_stroke {
    RW_STROKE_MARKED, /* line with marks: what was counted */
    RW_STROKE_DASHED, /* what was predicted */
    RW_STROKE_PLAIN,
    RW_STROKE_POINTS
} rw_stroke;

typedef struct rw_figure_series {
    const char *label; /* NULL: none */
    const double *x, *y;
    size_t n;
    rw_stroke stroke;
    int colour; /* 0 .. 5 */
} rw_figure_series;

typedef struct rw_figure {
    const char *title; /* plain text of our own, as everywhere here */
    rw_figure_axis x, y;
    const rw_figure_series *series; /* NaN leaves a gap */
    size_t n_series;
    double reference; /* a horizontal line; NaN: none */
    const char *reference_label;
} rw_figure;

/** Append the picture to `svg`. */
void rw_figure_draw(const rw_figure *figure, rw_text *svg);

/* Rows by columns of values in lo..hi, on a scale from one colour over grey to another. */
typedef struct rw_figure_map {
    const char *title, *x_label, *y_label, *value_label;
    uint32_t n_row, n_column;
    const double *value; /* [n_row][n_column], NaN: hatched */
    double lo, middle, hi;
} rw_figure_map;

void rw_figure_map_draw(const rw_figure_map *map, rw_text *svg);
#endif
