/* frontier_report.c - the curves, the heads on them and the heads inside. */
#include "report/frontier_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const char *const names[RW_N_FRONTIER_TASK] = {"position", "token", "both"};

static json_t *numbers(const double *value, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        rw_json_add(&list, rw_json_f64(value[i]));
    return list;
}

static json_t *point(const rw_frontier *f, const rw_frontier_point *p)
{
    json_t *o = json_object(), *head = json_null();
    rw_json_set(&o, "p", rw_json_f64(p->p));
    rw_json_set(&o, "separation", rw_json_f64_12(p->c));
    rw_json_set(&o, "inversion_at_most", rw_json_f64_12(p->cantelli));
    rw_json_set(&o, "bound", rw_json_f64(p->bound));
    rw_json_set(&o, "attained", rw_json_f64(p->attained));
    rw_json_set(&o, "multipliers", numbers(p->multiplier, 2));
    if (p->head) {
        json_decref(head);
        head = json_object();
        rw_json_set(&head, "re", numbers(p->head, f->n_pair));
        rw_json_set(&head, "im", numbers(p->head + f->n_pair, f->n_pair));
    }
    rw_json_set(&o, "head", head);
    return o;
}

static json_t *curve(const rw_frontier *f)
{
    json_t *o = json_object(), *points = json_array();
    for (size_t i = 0; i < f->n_point; i++)
        rw_json_add(&points, point(f, &f->point[i]));
    rw_json_set(&o, "order", json_string(names[f->task]));
    rw_json_set(&o, "greatest_step", rw_json_f64(f->greatest_step));
    rw_json_set(&o, "separation_known", rw_json_f64_9(f->separation_known));
    rw_json_set(&o, "separation_limit", rw_json_f64_9(f->separation_limit));
    rw_json_set(&o, "points", points);
    return o;
}

static json_t *placed(const rw_placed *p)
{
    json_t *o = json_object();
    rw_json_set(&o, "q", json_integer(p->q));
    rw_json_set(&o, "k1", json_integer(p->k1));
    rw_json_set(&o, "k2", p->margin ? json_integer(p->k2) : json_null());
    rw_json_set(&o, "separation", rw_json_f64_9(p->place.separation));
    rw_json_set(&o, "token_separation", rw_json_f64_9(p->place.token_separation));
    rw_json_set(&o, "step", rw_json_f64_9(p->place.step));
    return o;
}

json_t *rw_frontier_json(const rw_frontier_list *list)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < list->n_set; i++) {
        const rw_frontier_set *set = &list->set[i];
        json_t *o = json_object(), *curves = json_array(), *places = json_array();
        for (int task = 0; task < RW_N_FRONTIER_TASK && set->defined; task++)
            rw_json_add(&curves, curve(&set->frontier[task]));
        for (uint32_t k = 0; k < set->n_placed; k++)
            rw_json_add(&places, placed(&set->placed[k]));
        rw_json_set(&o, "table", json_integer(set->table));
        rw_json_set(&o, "context", json_integer((json_int_t)set->context));
        rw_json_set(&o, "effective_context", json_integer((json_int_t)set->effective));
        rw_json_set(&o, "curves", curves);
        rw_json_set(&o, "placed", places);
        rw_json_add(&all, o);
    }
    return all;
}

static const char *shown(char out[16], double value)
{
    if (isnan(value))
        (void)snprintf(out, 16, "none");
    else
        (void)snprintf(out, 16, value < 1e-3 ? "%.1e" : "%.4f", value);
    return out;
}

static void set_text(const rw_frontier_set *set, rw_text *out)
{
    char a[16], b[16], c[16];
    const rw_frontier *f = set->frontier;
    rw_text_printf(out, "\n  frontier at context %" PRId64, set->context);
    if (set->effective != set->context)
        rw_text_printf(out, ", of which these layers see %" PRId64, set->effective);
    if (!set->defined) {
        rw_text_append(out, ": none, no score changes\n");
        return;
    }
    rw_text_printf(out,
                   " (R2): greatest rms step between neighbours, in units of U, of any "
                   "query and key\n  that keep an order; %s when none is asked for\n",
                   shown(a, f->greatest_step));
    rw_text_append(
        out, "    inverted  separation  at most   near-far      token       both\n");
    for (size_t i = 1; i < f->n_point; i++)
        rw_text_printf(out, "    %-8g  %10.3f  %7.3f %10s %10s %10s\n", f->point[i].p,
                       f->point[i].c, f->point[i].cantelli, shown(a, f[0].point[i].bound),
                       shown(b, f[1].point[i].bound), shown(c, f[2].point[i].bound));
    double gap = 0.0;
    size_t open = 0;
    for (size_t i = 0; i < f->n_point; i++) {
        const rw_frontier_point *both = &f[2].point[i];
        gap = fmax(gap, both->bound - both->attained);
        open += !isnan(both->bound) && isnan(both->attained);
    }
    rw_text_append(
        out, "    inverted: in the normal approximation; at most: whatever the "
             "distribution. none: proven to be impossible.\n"
             "    No head exceeds these steps, proven; near-far and token are attained, "
             "both to within ");
    rw_text_printf(out, "%.0e", gap);
    if (open) rw_text_printf(out, " but for %zu", open);
    rw_text_append(out, ".\n");
    for (uint32_t k = 0; k < set->n_placed; k++) {
        const rw_placed *p = &set->placed[k];
        if (p->margin)
            rw_text_printf(out, "    query %" PRIu32 ", keys %" PRIu32 " - %" PRIu32,
                           p->q, p->k1, p->k2);
        else
            rw_text_printf(out, "    query %" PRIu32 ", key %" PRIu32, p->q, p->k1);
        const double separation =
            p->margin ? p->place.token_separation : p->place.separation;
        rw_text_append(out, p->margin ? ": token separation " : ": separation ");
        if (isnan(separation))
            rw_text_append(out, "none");
        else
            rw_text_printf(out, "%.3f", separation);
        rw_text_printf(out, ", step %s\n", shown(a, p->place.step));
    }
}

void rw_frontier_text(const rw_frontier_list *list, uint32_t table, rw_text *out)
{
    for (uint32_t i = 0; i < list->n_set; i++)
        if (list->set[i].table == table) set_text(&list->set[i], out);
}
