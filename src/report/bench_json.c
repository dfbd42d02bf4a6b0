/* bench_json.c - durations with the work they were for; rates are formed here, once. */
#include <string.h>

#include "report/bench_report.h"

/* Nine digits say more than a clock can. */
static json_t *figure(double value, bool timeless)
{
    return timeless ? json_null() : rw_json_f64_9(value);
}

static json_t *peak_row(const rw_bench_peak *p)
{
    json_t *o = json_object();
    rw_json_set(&o, "what", rw_json_str(p->what));
    rw_json_set(&o, "isa", rw_json_str(p->isa));
    rw_json_set(&o, "threads", json_integer(p->n_thread));
    rw_json_set(&o, "unit", rw_json_str(p->unit));
    rw_json_set(&o, "work", rw_json_f64(p->work));
    rw_json_set(&o, "repetitions", json_integer(p->time.n));
    rw_json_set(&o, "best_per_s", figure(p->work / p->time.best, false));
    rw_json_set(&o, "median_per_s", figure(p->work / p->time.median, false));
    return o;
}

static json_t *stage_row(const rw_bench_stage *s, bool timeless)
{
    const double ns = 1e9 / (double)s->n_score;
    const bool share = s->flops > 0.0 && s->peak > 0.0;
    json_t *o = json_object();
    rw_json_set(&o, "stage", rw_json_str(s->stage));
    rw_json_set(&o, "isa", timeless ? json_null() : rw_json_str(s->isa));
    rw_json_set(&o, "threads", json_integer(s->n_thread));
    rw_json_set(&o, "pairs", json_integer(s->n_pair));
    rw_json_set(&o, "context", json_integer(s->context));
    rw_json_set(&o, "scores", json_integer(s->n_score));
    rw_json_set(&o, "repetitions", json_integer(s->time.n));
    rw_json_set(&o, "ns_best", figure(s->time.best * ns, timeless));
    rw_json_set(&o, "ns_median", figure(s->time.median * ns, timeless));
    rw_json_set(&o, "ns_processor", figure(s->time.processor * ns, timeless));
    rw_json_set(&o, "peak_share",
                share ? figure(s->flops / s->time.best / s->peak, timeless)
                      : json_null());
    rw_json_set(&o, "check", json_integer(s->check));
    return o;
}

static json_t *geometry_row(const rw_bench_geometry *g, bool timeless)
{
    const bool part = g->n_group_run < g->n_group;
    const double seconds = g->time.best;
    json_t *counts = json_array(), *o = json_object();
    for (size_t i = 0; i < g->n_context; i++) {
        const rw_bench_total *t = &g->total[i];
        json_t *row = json_object();
        rw_json_set(&row, "context", json_integer(t->context));
        rw_json_set(&row, "inversions", json_integer(t->inversions));
        rw_json_set(&row, "alias_pairs", json_integer(t->alias_pairs));
        rw_json_set(&row, "unresolved", json_integer(t->unresolved));
        rw_json_add(&counts, row);
    }
    rw_json_set(&o, "name", rw_json_str(g->name));
    rw_json_set(&o, "title", rw_json_str(g->title));
    rw_json_set(&o, "layers", json_integer(g->n_layer));
    rw_json_set(&o, "heads", json_integer(g->n_head));
    rw_json_set(&o, "queries", json_integer(g->n_query));
    rw_json_set(&o, "keys", json_integer(g->n_key));
    rw_json_set(&o, "head_dim", json_integer(g->head_dim));
    rw_json_set(&o, "threads", timeless ? json_null() : json_integer(g->n_thread));
    rw_json_set(&o, "bytes_a_thread",
                timeless ? json_null() : json_integer((json_int_t)g->bytes_a_thread));
    rw_json_set(&o, "bytes_of_vectors", json_integer((json_int_t)g->bytes_of_vectors));
    rw_json_set(&o, "groups", json_integer(g->n_group));
    rw_json_set(&o, "groups_run", json_integer(g->n_group_run));
    rw_json_set(&o, "scores_run", json_integer(g->n_score_run));
    rw_json_set(&o, "repetitions", json_integer(g->time.n));
    rw_json_set(&o, "seconds", figure(g->setup + seconds, timeless));
    rw_json_set(&o, "seconds_setup", figure(g->setup, timeless));
    rw_json_set(&o, "ns_a_score",
                figure(1e9 * seconds / (double)g->n_score_run, timeless));
    rw_json_set(&o, "seconds_processor", figure(g->time.processor, timeless));
    rw_json_set(
        &o, "seconds_extrapolated",
        part ? figure(g->setup + seconds * (double)g->n_group / (double)g->n_group_run,
                      timeless)
             : json_null());
    rw_json_set(&o, "counts", counts);
    return o;
}

json_t *rw_bench_json(const rw_bench *b, bool timeless)
{
    json_t *o = json_object(), *settings = json_object(), *machine = json_object();
    json_t *peaks = json_array(), *stages = json_array(), *geometries = json_array();
    rw_json_set(&settings, "quick", json_boolean(b->quick));
    rw_json_set(&settings, "context", json_integer(b->context));
    rw_json_set(&settings, "threads", json_integer(b->n_thread));
    rw_json_set(&settings, "isa", timeless ? json_null() : rw_json_str(b->isa));
    rw_json_set(&machine, "processors",
                timeless ? json_null() : json_integer(b->n_processor));
    rw_json_set(&machine, "load_before", figure(b->load_before, timeless));
    rw_json_set(&machine, "load_after", figure(b->load_after, timeless));
    /* which others run here is the machine's matter */
    for (size_t i = 0; i < b->n_peak && !timeless; i++)
        rw_json_add(&peaks, peak_row(&b->peak[i]));
    for (size_t i = 0; i < b->n_stage; i++)
        if (!timeless || strcmp(b->stage[i].isa, b->isa) == 0)
            rw_json_add(&stages, stage_row(&b->stage[i], timeless));
    for (size_t i = 0; i < b->n_geometry; i++)
        rw_json_add(&geometries, geometry_row(&b->geometry[i], timeless));
    rw_json_set(&machine, "peaks", peaks);
    rw_json_set(&o, "settings", settings);
    rw_json_set(&o, "machine", machine);
    rw_json_set(&o, "stages", stages);
    rw_json_set(&o, "geometries", geometries);
    return o;
}
