/* page_data.c - the document inside the page: what its script reads, once, in a form small enough
 * to be sent about. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "report/markup.h"
#include "report/page.h"

/* The cells of every head at every context become columns: strings of codes of two or three
 * base64 digits, one a cell, context by context. A code is the place of the cell's number, as the
 * page shows it, in a list of all numbers that occur; code 0 is "no answer". A few thousand
 * numbers stand for a million cells. */
enum { MOST_CODES = 1 << 26, N_PLACE = 1 << 18, N_SHORT = 1 << 12, LONGEST_PATH = 96 };
static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

typedef struct columns {
    const rw_view *view;
    json_t *shown;  /* number as text -> its code */
    json_t *codes;  /* path -> codes; empty where no cell has an answer */
    uint32_t *code; /* [n_context][n_head]: of the column being made */
    bool counts;    /* columns of counts are wanted, else all others */
} columns;

/* A number as the page shows it: rates as in its tables, others to three digits, which keeps the
 * list of numbers short. */
static void shown_as(double v, char out[32])
{
    if (fabs(v) <= 1)
        (void)snprintf(out, 32,
                       fabs(v) < 1e-3   ? "%.2g"
                       : fabs(v) < 0.01 ? "%.4f"
                                        : "%.3f",
                       v);
    else if (fabs(v) < 999.5)
        (void)snprintf(out, 32, "%.3g", v);
    else {
        const double unit = pow(10, floor(log10(fabs(v))) - 2);
        (void)snprintf(out, 32, "%.0f", nearbyint(v / unit) * unit);
    }
    if (!(fabs(v) > 0)) (void)snprintf(out, 32, "0");
}

/* The code of a text; 0 when the list is full. */
static uint32_t place_of(columns *c, const char *text)
{
    const json_t *known = json_object_get(c->shown, text);
    if (known) return (uint32_t)json_integer_value(known);
    const size_t n = json_object_size(c->shown) + 1;
    if (n >= N_PLACE) return 0;
    rw_json_set(&c->shown, text, json_integer((json_int_t)n));
    return (uint32_t)n;
}

static uint32_t code_of(columns *c, const json_t *v)
{
    char text[32];
    if (json_is_string(v)) {
        (void)snprintf(text, sizeof text, "%.31s", json_string_value(v));
        for (char *s = text; *s; s++) /* a cut character would be no text */
            if ((unsigned char)*s > 0x7e || (unsigned char)*s < 0x20) *s = '?';
        return place_of(c, text);
    }
    if (!json_is_number(v)) return 0;
    shown_as(json_number_value(v), text);
    return place_of(c, text);
}

/* One column: member `path` of each cell, then `part` of it ("measured", ...), or item `item` of
 * that. */
static void add_column(columns *c, const char *path, const char *part, size_t item,
                       const char *suffix)
{
    char name[LONGEST_PATH + 16];
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    if (json_object_get(c->codes, name)) return;
    const rw_view *view = c->view;
    const size_t n = view->n_head * view->n_context;
    if (n * (json_object_size(c->codes) + 1) > MOST_CODES)
        return; /* no audit is so large */
    uint32_t most = 0;
    for (size_t at = 0; at < view->n_context; at++)
        for (size_t h = 0; h < view->n_head; h++) {
            const json_t *v = rw_view_path(rw_view_cell(view, h, at), path);
            if (part) v = json_object_get(v, part);
            if (item != SIZE_MAX) v = json_array_get(v, item);
            const uint32_t code = code_of(c, v);
            c->code[at * view->n_head + h] = code;
            if (code > most) most = code;
        }
    if (!most) { /* nothing to say, and not to be looked for again */
        rw_json_set(&c->codes, name, json_string(""));
        return;
    }
    const size_t width = most < N_SHORT ? 2 : 3;
    char *text = rw_array(n * width + 1, 1);
    if (!text) {
        json_decref(c->codes);
        c->codes = NULL;
        return;
    }
    char *to = text;
    for (size_t i = 0; i < n; i++) {
        if (width == 3) *to++ = digits[c->code[i] >> 12 & 63];
        *to++ = digits[c->code[i] >> 6 & 63];
        *to++ = digits[c->code[i] & 63];
    }
    rw_json_set(&c->codes, name, json_stringn(text, n * width));
    rw_free(text);
}

static bool has_interval(const char *name)
{
    return strcmp(name, "position_inversion") == 0 ||
           strcmp(name, "token_inversion") == 0;
}

/* The columns of one member of a cell: itself, or every member of a stratum. */
static void add_member(columns *c, const char *prefix, const char *key, const json_t *v)
{
    char path[LONGEST_PATH];
    const int length =
        snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", key);
    if (length < 0 || (size_t)length >= sizeof path || strlen(key) >= 40) return;
    if (json_is_number(v) || json_is_string(v)) {
        if (c->counts != (strncmp(key, "alias_", 6) == 0)) return;
        add_column(c, path, NULL, SIZE_MAX, "");
    } else if (json_is_object(v) && json_object_get(v, "measured")) {
        if (c->counts) return;
        add_column(c, path, "measured", SIZE_MAX, "");
        if (strcmp(prefix, "sink") == 0) return; /* one key a head: counts alone */
        add_column(c, path, "predicted", SIZE_MAX, "|predicted");
        if (has_interval(key)) { /* of the two that are drawn with one */
            add_column(c, path, "ci95", 0, "|lo");
            add_column(c, path, "ci95", 1, "|hi");
        }
    } else if (json_is_object(v) && !*prefix) {
        json_t *map = (json_t *)(uintptr_t)v; /* jansson's iterator is not const */
        const char *name;
        json_t *member;
        json_object_foreach (map, name, member)
            add_member(c, key, name, member);
    }
}

/* Columns are named by the cells themselves: any that has one names it. Counts come last: they
 * differ most, and what comes first has the short codes. */
static void add_columns(columns *c, bool counts)
{
    c->counts = counts;
    const rw_view *view = c->view;
    for (size_t at = 0; at < view->n_context; at++)
        for (size_t h = 0; h < view->n_head; h++) {
            json_t *map = (json_t *)(uintptr_t)rw_view_cell(view, h, at);
            const char *key;
            json_t *member;
            if (!map || (h > 8 && h % 64)) continue; /* enough to meet every name */
            json_object_foreach (map, key, member)
                if (strcmp(key, "context") != 0) add_member(c, "", key, member);
        }
}

/* Without the columns that no cell answers. */
static void drop_empty(json_t *codes)
{
    const char *name;
    json_t *text;
    void *next;
    json_object_foreach_safe (codes, next, name, text)
        if (json_string_length(text) == 0) (void)json_object_del(codes, name);
}

/* The texts of the codes, in order. */
static json_t *shown_list(const json_t *shown)
{
    json_t *list = json_array();
    rw_json_add(&list, json_string(""));
    json_t *map = (json_t *)(uintptr_t)shown;
    const char *text;
    json_t *place;
    json_object_foreach (map, text, place) /* insertion order is the order of codes */
        rw_json_add(&list, json_string(text));
    return list;
}

static json_t *head_list(const rw_view *view)
{
    json_t *layer = json_array(), *head = json_array(), *kv = json_array(),
           *class_name = json_array();
    for (size_t h = 0; h < view->n_head; h++) {
        const rw_view_head *head_of = &view->heads[h];
        const double kv_head = rw_markup_f64(head_of->doc, "kv_head");
        rw_json_add(&layer, json_integer(head_of->layer));
        rw_json_add(&head, json_integer(head_of->head));
        rw_json_add(&kv, rw_json_f64(kv_head));
        rw_json_add(&class_name, json_string(head_of->class_name));
    }
    json_t *list = json_object();
    rw_json_set(&list, "layer", layer);
    rw_json_set(&list, "head", head);
    rw_json_set(&list, "kv_head", kv);
    rw_json_set(&list, "class", class_name);
    return list;
}

/* Text for a <script> that is not run: nothing in it can end the element. */
static void append_escaped(rw_text *t, const rw_text *json)
{
    size_t from = 0;
    for (size_t i = 0; i < json->len; i++)
        if (json->data[i] == '<') { /* within strings alone */
            rw_text_append_n(t, json->data + from, i - from);
            rw_text_append(t, "\\u003c");
            from = i + 1;
        }
    rw_text_append_n(t, json->data + from, json->len - from);
}

void rw_page_data(rw_text *t, const rw_view *view)
{
    columns c = {.view = view,
                 .shown = json_object(),
                 .codes = json_object(),
                 .code = rw_array(view->n_head * view->n_context + 1, sizeof *c.code)};
    for (int counts = 0; c.code && counts < 2; counts++)
        add_columns(&c, counts);
    if (c.codes) drop_empty(c.codes);
    json_t *contexts = json_array(), *data = json_object();
    for (size_t i = 0; i < view->n_context; i++)
        rw_json_add(&contexts, json_integer(view->contexts[i]));
    json_t *rest = json_copy((json_t *)(uintptr_t)view->audit);
    if (rest) (void)json_object_del(rest, "heads");
    rw_json_set(&data, "document", rest);
    rw_json_set(&data, "advertised", json_integer(view->advertised));
    rw_json_set(&data, "trained", json_integer(view->trained));
    rw_json_set(&data, "contexts", contexts);
    rw_json_set(&data, "heads", head_list(view));
    rw_json_set(&data, "shown", shown_list(c.shown));
    rw_json_set(&data, "columns", c.codes);
    rw_text json;
    rw_text_init(&json);
    if (c.code && c.shown && data)
        rw_json_write(data, 0, &json);
    else
        t->failed = true;
    rw_text_append(t, "<script type=\"application/json\" id=data>");
    if (json.data) append_escaped(t, &json);
    rw_text_append(t, "</script>\n");
    if (json.failed) t->failed = true;
    rw_text_clear(&json);
    json_decref(data);
    json_decref(c.shown);
    rw_free(c.code);
}
