/* compare_text.c - a comparison for people at a terminal. */
#include <math.h>
#include <string.h>

#include "report/compare_report.h"
#include "report/markup.h"

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "not stated";
}

static void value(rw_text *t, double v, bool signed_)
{
    if (isnan(v))
        rw_text_append(t, "         -");
    else if (signed_)
        rw_text_printf(t, "%+10.2g", v);
    else
        rw_text_printf(t, "%10.4g", v);
}

static const char *verdict_of(const json_t *moved)
{
    return json_is_true(moved) ? "moved" : json_is_false(moved) ? "" : "no interval";
}

static void side(rw_text *t, const char *letter, const json_t *o)
{
    rw_text_printf(t, "%s: ", letter);
    rw_text_plain(t, text_of(o, "name"));
    rw_text_append(t, ", ");
    rw_text_plain(t, text_of(o, "dtype"));
    rw_text_append(t, ", base ");
    rw_markup_number(t, rw_markup_f64(o, "rope_theta"));
    rw_text_append(t, ", ");
    rw_text_plain(t, text_of(o, "source"));
    rw_text_append(t, "\n");
}

void rw_compare_text(const json_t *body, rw_text *t)
{
    size_t i;
    const json_t *row;
    side(t, "A", json_object_get(body, "a"));
    side(t, "B", json_object_get(body, "b"));
    json_array_foreach (json_object_get(body, "sentences"), i, row)
        rw_text_printf(t, "%s %s\n", i ? " -" : "=>", json_string_value(row));
    json_array_foreach (json_object_get(body, "settings"), i, row)
        rw_text_printf(t, " - %s differs between the audits\n", text_of(row, "what"));
    rw_text_append(t,
                   "\n   context  median over heads                        A         B  "
                   "     B-A\n");
    json_array_foreach (json_object_get(body, "medians"), i, row) {
        rw_text_printf(t, "%10.0f  %-34s", rw_markup_f64(row, "context"),
                       text_of(row, "value"));
        value(t, rw_markup_f64(row, "a"), false);
        value(t, rw_markup_f64(row, "b"), false);
        value(t, rw_markup_f64(row, "difference"), true);
        rw_text_printf(t, "  %s\n", verdict_of(json_object_get(row, "moved")));
    }
    rw_text_append(t,
                   "\n   context  heads                               moved        of  "
                   "by chance\n");
    json_array_foreach (json_object_get(body, "heads"), i, row)
        rw_text_printf(t, "%10.0f  %-31s%10.0f%10.0f%11.0f\n",
                       rw_markup_f64(row, "context"), text_of(row, "event"),
                       rw_markup_f64(row, "n_moved"), rw_markup_f64(row, "n_head"),
                       rw_markup_f64(row, "n_by_chance"));
    json_array_foreach (json_object_get(body, "limits"), i, row)
        rw_text_printf(t, "%s * %s\n", i ? "" : "\n", json_string_value(row));
}
