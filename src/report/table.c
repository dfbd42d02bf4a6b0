/* table.c - HTML tables of JSON objects: one column a dotted path. */
#include "report/table.h"

#include <math.h>
#include <string.h>

#include "report/audit_view.h"
#include "report/markup.h"
#include "report/page.h"

static bool is_words(rw_column kind)
{
    return kind == RW_COLUMN_TEXT || kind == RW_COLUMN_NAME;
}

void rw_table_open(rw_text *t, const char *label, const rw_table_column *columns,
                   size_t n)
{
    rw_text_printf(
        t, "<div class=scroll tabindex=0 role=group aria-label=\"%s\"><table><thead><tr>",
        label);
    for (size_t i = 0; i < n; i++)
        rw_text_printf(t, "<th scope=col%s>%s",
                       is_words(columns[i].kind) ? " class=l" : "", columns[i].heading);
    rw_text_append(t, "<tbody>\n");
}

void rw_table_close(rw_text *t)
{
    rw_text_append(t, "</table></div>\n");
}

static void number(rw_text *t, double value, rw_column kind)
{
    switch (kind) {
    case RW_COLUMN_TEXT:
    case RW_COLUMN_NAME: rw_markup_number(t, value); return;
    case RW_COLUMN_COUNT: rw_markup_count(t, value); return;
    case RW_COLUMN_RATE: rw_markup_rate(t, value); return;
    case RW_COLUMN_NUMBER: rw_markup_number(t, value); return;
    }
}

/* `measured`, then its 95 % interval, then what was predicted, then what stayed undecided. */
static void cell(rw_text *t, const json_t *v, rw_column kind)
{
    const json_t *ci = json_object_get(v, "ci95");
    const json_t *lo = json_array_get(ci, 0), *hi = json_array_get(ci, 1);
    const double predicted = rw_markup_f64(v, "predicted");
    const double unresolved = rw_markup_f64(v, "unresolved");
    number(t, rw_markup_f64(v, "measured"), kind);
    if (json_is_number(lo) && json_is_number(hi)) {
        rw_text_append(t, " <i>[");
        number(t, json_number_value(lo), kind);
        rw_text_append(t, ", ");
        number(t, json_number_value(hi), kind);
        rw_text_append(t, "]</i>");
    }
    if (!isnan(predicted)) {
        rw_text_append(t, " <u>");
        number(t, predicted, kind);
        rw_text_append(t, "</u>");
    }
    if (unresolved > 0) {
        rw_text_append(t, " <small>");
        rw_markup_count(t, unresolved);
        rw_text_append(t, " undecided</small>");
    }
}

/* "attended_random.token_inversion": "token inversion, attended random" */
static void words(rw_text *t, const char *name)
{
    rw_text plain;
    rw_text_init(&plain);
    const char *dot = strchr(name, '.');
    for (const char *s = dot ? dot + 1 : name; *s; s++)
        rw_text_append_n(&plain, *s == '_' ? " " : s, 1);
    if (dot) rw_text_append(&plain, ", ");
    for (const char *s = name; dot && s < dot; s++)
        rw_text_append_n(&plain, *s == '_' ? " " : s, 1);
    if (plain.data) rw_markup_escape(t, plain.data);
    t->failed = t->failed || plain.failed;
    rw_text_clear(&plain);
}

void rw_table_value(rw_text *t, const json_t *row, const rw_table_column *column)
{
    const json_t *v = rw_view_path(row, column->path);
    if (column->kind == RW_COLUMN_NAME && json_is_string(v))
        words(t, json_string_value(v));
    else if (json_is_object(v) && !is_words(column->kind))
        cell(t, v, column->kind);
    else if (json_is_number(v) && !is_words(column->kind))
        number(t, json_number_value(v), column->kind);
    else
        rw_markup_value(t, v);
}

void rw_table_row(rw_text *t, const json_t *row, const rw_table_column *columns, size_t n)
{
    rw_text_append(t, "<tr>");
    for (size_t i = 0; i < n; i++) {
        rw_text_append(t, is_words(columns[i].kind) ? "<td class=l>" : "<td>");
        rw_table_value(t, row, &columns[i]);
    }
    rw_text_append(t, "\n");
}

void rw_table_of(rw_text *t, const char *label, const json_t *rows,
                 const rw_table_column *columns, size_t n)
{
    if (!json_array_size(rows)) {
        rw_text_append(t, rows && !json_is_null(rows) ? "<p class=absent>None.</p>\n"
                                                      : RW_ABSENT);
        return;
    }
    rw_table_open(t, label, columns, n);
    size_t i;
    const json_t *row;
    json_array_foreach (rows, i, row)
        if (json_is_object(row)) rw_table_row(t, row, columns, n);
    rw_table_close(t);
}
