/* table.h - HTML tables that scroll inside their box. */
#ifndef RW_REPORT_TABLE_H
#define RW_REPORT_TABLE_H
#include "base/json.h"
#include "base/text.h"

typedef enum rw_column {
    RW_COLUMN_TEXT,
    RW_COLUMN_NAME,   /* attended.position_inversion as words */
    RW_COLUMN_COUNT,  /* 131,072 */
    RW_COLUMN_RATE,   /* 0.412; a cell also shows its interval and prediction */
    RW_COLUMN_NUMBER, /* four digits */
} rw_column;

typedef struct rw_table_column {
    const char *path;    /* dotted path in the row's object */
    const char *heading; /* our own markup */
    rw_column kind;
} rw_table_column;

/** Open the scrolling box and the table; `label` names it for assistive technology. */
void rw_table_open(rw_text *t, const char *label, const rw_table_column *columns,
                   size_t n_column);
void rw_table_row(rw_text *t, const json_t *row, const rw_table_column *columns,
                  size_t n_column);
void rw_table_close(rw_text *t);
/** The value at a path as table data (without its <td>). */
void rw_table_value(rw_text *t, const json_t *row, const rw_table_column *column);
/** A whole table of the objects in `rows`, or the absent sentence. */
void rw_table_of(rw_text *t, const char *label, const json_t *rows,
                 const rw_table_column *columns, size_t n_column);
#endif
