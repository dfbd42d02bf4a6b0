/* compare_json.c - two audits side by side: medians and heads, each difference beside its noise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "report/audit_view.h"
#include "report/compare_report.h"
#include "report/markup.h"

enum { N_LARGEST = 10 };
/* Half-widths are of 95 % intervals: of heads that did not move, one in twenty looks as if. */
#define BY_CHANCE 0.05

static const char *const median_names[] = {"preference",
                                           "token_flip",
                                           "energy_nats",
                                           "random.position_inversion",
                                           "attended.position_inversion",
                                           "attended_random.token_inversion",
                                           "random.near_aliasing",
                                           "random.position_aliasing"};
static const char *const event_paths[] = {
    "random.position_inversion", "attended.position_inversion",
    "attended_random.token_inversion", "random.near_aliasing"};

static json_t *number(double value)
{
    return rw_json_f64_9(value);
}

static json_t *side(const rw_view *view)
{
    static const char *const keys[] = {"name", "source", "architecture", "dtype"};
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = json_string_value(json_object_get(view->model, keys[i]));
        rw_json_set(&o, keys[i], rw_json_str(text));
    }
    const json_t *rotation = json_array_get(json_object_get(view->audit, "rotations"), 0);
    rw_json_set(&o, "rope_theta", number(rw_markup_f64(rotation, "rope_theta")));
    rw_json_set(&o, "advertised_context",
                view->advertised ? json_integer(view->advertised) : json_null());
    rw_json_set(&o, "n_head", json_integer((json_int_t)view->n_head));
    return o;
}

/* --- noise --- */

/* Of an interval cut at 0 and 1: the longer side. NaN without one. */
static double half_width(const json_t *cell)
{
    const json_t *ci = json_object_get(cell, "ci95");
    const double m = rw_markup_f64(cell, "measured");
    const json_t *lo = json_array_get(ci, 0), *hi = json_array_get(ci, 1);
    if (!json_is_number(lo) || !json_is_number(hi)) return (double)NAN;
    return fmax(m - json_number_value(lo), json_number_value(hi) - m);
}

static json_t *moved(double difference, double noise)
{
    return isnan(difference) || isnan(noise) ? json_null()
                                             : json_boolean(fabs(difference) > noise);
}

/* --- medians --- */

static double bound(const json_t *v, size_t i)
{
    const json_t *ci = json_object_get(v, "bootstrap_ci95");
    const json_t *at = json_array_get(ci, i);
    return json_is_number(at) ? json_number_value(at) : (double)NAN;
}

static json_t *median_row(const json_t *va, const json_t *vb)
{
    const double a = rw_markup_f64(va, "median"), b = rw_markup_f64(vb, "median");
    if (isnan(a) && isnan(b)) return NULL;
    json_t *row = json_object();
    rw_json_set(&row, "a", number(a));
    rw_json_set(&row, "b", number(b));
    rw_json_set(&row, "difference", number(b - a));
    const double lo = fmax(bound(va, 0), bound(vb, 0)),
                 hi = fmin(bound(va, 1), bound(vb, 1));
    const bool known = !isnan(bound(va, 0)) && !isnan(bound(vb, 0)) &&
                       !isnan(bound(va, 1)) && !isnan(bound(vb, 1));
    rw_json_set(&row, "moved", known ? json_boolean(lo > hi) : json_null());
    return row;
}

static json_t *medians(const rw_view *a, const rw_view *b)
{
    static const char *const classes[] = {"full", "sliding"};
    json_t *list = json_array();
    for (size_t c = 0; c < a->n_context; c++)
        for (size_t k = 0; k < 2; k++) {
            const json_t *ra = rw_view_summary(a, a->contexts[c], classes[k]);
            const json_t *rb = rw_view_summary(b, a->contexts[c], classes[k]);
            if (!ra || !rb) continue;
            for (size_t i = 0; i < sizeof median_names / sizeof *median_names; i++) {
                json_t *row = median_row(
                    json_object_get(json_object_get(ra, "values"), median_names[i]),
                    json_object_get(json_object_get(rb, "values"), median_names[i]));
                if (!row) continue;
                rw_json_set(&row, "context", json_integer(a->contexts[c]));
                rw_json_set(&row, "class", json_string(classes[k]));
                rw_json_set(&row, "value", json_string(median_names[i]));
                rw_json_add(&list, row);
            }
        }
    return list;
}

/* --- heads --- */

typedef struct change {
    int64_t layer, head;
    double a, b, noise;
} change;

static int by_excess(const void *x, const void *y)
{
    const change *p = x, *q = y;
    const double a = fabs(p->b - p->a) - p->noise, b = fabs(q->b - q->a) - q->noise;
    return (a < b) - (a > b);
}

static json_t *change_json(const change *c)
{
    json_t *o = json_object();
    rw_json_set(&o, "layer", json_integer(c->layer));
    rw_json_set(&o, "head", json_integer(c->head));
    rw_json_set(&o, "a", number(c->a));
    rw_json_set(&o, "b", number(c->b));
    rw_json_set(&o, "noise", number(c->noise));
    rw_json_set(&o, "moved", moved(c->b - c->a, c->noise));
    return o;
}

/* The heads both have, by layer and head: lists are sorted alike. */
static size_t match(const rw_view *a, size_t ca, const rw_view *b, size_t cb,
                    const char *path, change *list)
{
    size_t n = 0;
    for (size_t i = 0, j = 0; i < a->n_head && j < b->n_head;) {
        const rw_view_head *x = &a->heads[i], *y = &b->heads[j];
        if (x->layer != y->layer || x->head != y->head) {
            if (x->layer < y->layer || (x->layer == y->layer && x->head < y->head))
                i++;
            else
                j++;
            continue;
        }
        const json_t *va = rw_view_path(rw_view_cell(a, i++, ca), path),
                     *vb = rw_view_path(rw_view_cell(b, j++, cb), path);
        const double ha = half_width(va), hb = half_width(vb);
        const change c = {x->layer, x->head, rw_markup_f64(va, "measured"),
                          rw_markup_f64(vb, "measured"), sqrt(ha * ha + hb * hb)};
        if (!isnan(c.a) && !isnan(c.b) && !isnan(c.noise)) list[n++] = c;
    }
    return n;
}

static json_t *event_row(const rw_view *a, size_t ca, const rw_view *b, size_t cb,
                         const char *path, change *list)
{
    const size_t n = match(a, ca, b, cb, path, list);
    if (!n) return NULL;
    size_t n_moved = 0;
    double sum = 0;
    json_t *largest = json_array(), *all = NULL;
    if (ca == a->at && strcmp(path, event_paths[0]) == 0) { /* for the map */
        all = json_array();
        for (size_t i = 0; i < n; i++)
            rw_json_add(&all, change_json(&list[i]));
    }
    for (size_t i = 0; i < n; i++) {
        n_moved += fabs(list[i].b - list[i].a) > list[i].noise;
        sum += list[i].b - list[i].a;
    }
    qsort(list, n, sizeof *list, by_excess);
    for (size_t i = 0; i < n && i < N_LARGEST; i++)
        rw_json_add(&largest, change_json(&list[i]));
    json_t *row = json_object();
    rw_json_set(&row, "context", json_integer(a->contexts[ca]));
    rw_json_set(&row, "event", json_string(path));
    rw_json_set(&row, "n_head", json_integer((json_int_t)n));
    rw_json_set(&row, "n_moved", json_integer((json_int_t)n_moved));
    rw_json_set(&row, "n_by_chance", number(BY_CHANCE * (double)n));
    rw_json_set(&row, "mean_difference", number(sum / (double)n));
    rw_json_set(&row, "largest", largest);
    if (all || ca == a->at) rw_json_set(&row, "heads", all ? all : json_null());
    return row;
}

static json_t *events(const rw_view *a, const rw_view *b, ropewalk_error *err)
{
    json_t *list = json_array();
    change *scratch = rw_array(a->n_head + 1, sizeof *scratch);
    if (!scratch) {
        json_decref(list);
        (void)rw_fail_memory(err, "a comparison");
        return NULL;
    }
    for (size_t ca = 0; ca < a->n_context; ca++)
        for (size_t cb = 0; cb < b->n_context; cb++)
            for (size_t e = 0; e < sizeof event_paths / sizeof *event_paths; e++) {
                if (a->contexts[ca] != b->contexts[cb]) continue;
                json_t *row = event_row(a, ca, b, cb, event_paths[e], scratch);
                if (row) rw_json_add(&list, row);
            }
    rw_free(scratch);
    return list;
}

/* --- what else differs --- */

static json_t *settings(const rw_view *a, const rw_view *b, bool *paired)
{
    static const char *const keys[] = {"seed",     "n_query", "n_attended", "n_random",
                                       "contexts", "dtype",   "score_scale"};
    json_t *list = json_array();
    *paired = true;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *va = json_object_get(a->settings, keys[i]),
               *vb = json_object_get(b->settings, keys[i]);
        if (va == vb || (va && vb && json_equal(va, vb))) continue;
        if (i < 4) *paired = false;
        json_t *row = json_object();
        rw_json_set(&row, "what", json_string(keys[i]));
        rw_json_set(&row, "a", va ? json_deep_copy(va) : json_null());
        rw_json_set(&row, "b", vb ? json_deep_copy(vb) : json_null());
        rw_json_add(&list, row);
    }
    return list;
}

static json_t *horizons(const rw_view *a, const rw_view *b)
{
    static const char *const names[] = {"horizon_position", "horizon_token"};
    json_t *list = json_array();
    for (size_t i = 0; i < 2; i++) {
        json_t *row = json_object();
        rw_json_set(&row, "name", json_string(names[i]));
        rw_json_set(
            &row, "a",
            number(rw_markup_f64(json_object_get(a->audit, "verdict"), names[i])));
        rw_json_set(
            &row, "b",
            number(rw_markup_f64(json_object_get(b->audit, "verdict"), names[i])));
        rw_json_add(&list, row);
    }
    return list;
}

/* The text as a string of the document; cleared. */
static json_t *sentence(rw_text *t)
{
    json_t *said = t->failed ? NULL : json_string(t->data);
    rw_text_clear(t);
    return said;
}

static json_t *about_heads(const json_t *heads, int64_t at)
{
    size_t i;
    const json_t *row, *found = NULL;
    rw_text t;
    rw_text_init(&t);
    json_array_foreach (heads, i, row)
        if (fabs(rw_markup_f64(row, "context") - (double)at) < 1 &&
            strcmp(json_string_value(json_object_get(row, "event")), event_paths[0]) == 0)
            found = row;
    rw_text_append(&t, "At ");
    rw_markup_count(&t, (double)at);
    if (found)
        rw_text_printf(&t,
                       " tokens %.0f of %.0f heads moved beyond noise in position "
                       "inversion of random keys; if nothing had changed, about %.0f "
                       "would look so.",
                       rw_markup_f64(found, "n_moved"), rw_markup_f64(found, "n_head"),
                       rw_markup_f64(found, "n_by_chance"));
    else
        rw_text_append(&t, " tokens no head has an interval in both documents: single "
                           "heads cannot be compared there.");
    return sentence(&t);
}

static json_t *about_medians(const json_t *rows)
{
    size_t i, n = 0, n_moved = 0;
    const json_t *row;
    rw_text t;
    rw_text_init(&t);
    json_array_foreach (rows, i, row) {
        n += json_is_boolean(json_object_get(row, "moved"));
        n_moved += json_is_true(json_object_get(row, "moved"));
    }
    if (n)
        rw_text_printf(&t,
                       "%zu of %zu medians over heads lie in intervals that do not meet.",
                       n_moved, n);
    else
        rw_text_append(&t, "No median has an interval in both documents.");
    return sentence(&t);
}

static json_t *sentences(const rw_view *a, const json_t *heads, const json_t *rows)
{
    json_t *list = json_array();
    rw_json_add(&list, about_heads(heads, a->n_context ? a->contexts[a->at] : 0));
    rw_json_add(&list, about_medians(rows));
    return list;
}

static json_t *limits(bool paired)
{
    json_t *list = json_array();
    rw_json_add(
        &list,
        json_string("Noise is the sampling of queries and keys: half-widths of 95 % "
                    "intervals, added in squares as if the two samples were "
                    "independent."));
    rw_json_add(&list,
                json_string(paired ? "Both audits drew with the same seed and counts: "
                                     "on the same texts their samples go together, and "
                                     "the stated noise is too large rather than too "
                                     "small."
                                   : "The audits drew different samples."));
    rw_json_add(&list,
                json_string("Intervals of medians are over texts alone: with other "
                            "queries and keys a median can leave them though "
                            "nothing changed."));
    rw_json_add(&list, json_string("A head that moved is another head, not a worse one: "
                                   "nothing here is accuracy on a task."));
    return list;
}

ropewalk_status rw_compare_json(const json_t *a, const json_t *b, const char *const *name,
                                json_t **body, ropewalk_error *err)
{
    *body = NULL;
    rw_view va, vb;
    rw_view_init(&va);
    rw_view_init(&vb);
    ropewalk_status status = rw_audit_check(a, err);
    if (!status) status = rw_view_build(&va, a, err);
    if (status) return rw_fail_context(err, status, "%s", name[0]);
    status = rw_audit_check(b, err);
    if (!status) status = rw_view_build(&vb, b, err);
    if (status) {
        rw_view_clear(&va);
        return rw_fail_context(err, status, "%s", name[1]);
    }
    bool paired;
    json_t *o = json_object(), *heads = events(&va, &vb, err), *rows = medians(&va, &vb);
    rw_json_set(&o, "a", side(&va));
    rw_json_set(&o, "b", side(&vb));
    rw_json_set(&o, "sentences", heads ? sentences(&va, heads, rows) : NULL);
    rw_json_set(&o, "horizons", horizons(&va, &vb));
    rw_json_set(&o, "settings", settings(&va, &vb, &paired));
    rw_json_set(&o, "medians", rows);
    rw_json_set(&o, "heads", heads);
    rw_json_set(&o, "limits", limits(paired));
    rw_view_clear(&va);
    rw_view_clear(&vb);
    if (!o) return rw_fail_memory(err, "a comparison");
    *body = o;
    return ROPEWALK_OK;
}
