/* audit_view.h - a checked audit document, indexed by head and context for drawing. */
#ifndef RW_REPORT_AUDIT_VIEW_H
#define RW_REPORT_AUDIT_VIEW_H
#include <stdint.h>

#include "base/json.h"
#include "report/report.h"

/** Every value the page reads is of the kind docs/formats.md states (null counts as absent),
 *  and no list is absurdly long. E_FORMAT names the first key at fault. */
ropewalk_status rw_audit_check(const json_t *audit, ropewalk_error *err);

typedef struct rw_view_head {
    const json_t *doc;
    int64_t layer, head;
    const char *class_name; /* "full", "sliding", "nope"; never NULL */
    size_t column;          /* rank of the layer */
} rw_view_head;

/* Borrows the document; owns its arrays. */
typedef struct rw_view {
    const json_t *audit, *settings, *model;
    int64_t contexts[RW_REPORT_MAX_CONTEXTS]; /* ascending */
    size_t n_context;
    size_t at; /* the context shown large: the advertised one, else the last below */
    int64_t advertised;  /* 0: not stated */
    int64_t trained;     /* 0: not stated */
    rw_view_head *heads; /* by layer, then head */
    size_t n_head;
    int64_t *layers; /* distinct, ascending */
    size_t n_layer;
    int64_t n_row;               /* 1 + largest head index */
    const json_t **cells;        /* [head][context], NULL when not examined */
    unsigned char *shade;        /* [head]: scratch of the map being drawn */
    const json_t *const *beside; /* other documents, borrowed */
    const char *const *name;     /* of this document and of those, for errors */
    size_t n_beside;
} rw_view;

void rw_view_init(rw_view *view);
void rw_view_clear(rw_view *view);
/** `audit` must have passed rw_audit_check(). */
ropewalk_status rw_view_build(rw_view *view, const json_t *audit, ropewalk_error *err);

const json_t *rw_view_cell(const rw_view *view, size_t head, size_t context);
/** Member at a dotted path ("attended.position_inversion"), or NULL. */
const json_t *rw_view_path(const json_t *obj, const char *path);
/** The number at a path: itself, or `measured` of a cell; NaN when there is none. */
double rw_view_value(const json_t *obj, const char *path);
/** summary row of a context and class, or NULL. */
const json_t *rw_view_summary(const rw_view *view, int64_t context,
                              const char *class_name);
#endif
