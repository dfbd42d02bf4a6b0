/* bench_text.c - the same for people. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/bench_report.h"

/* Best rate of a yardstick with n threads, 0 when it was not measured. */
static double rate_of(const rw_bench *b, const char *what, const char *isa, int n_thread)
{
    for (size_t i = 0; i < b->n_peak; i++) {
        const rw_bench_peak *p = &b->peak[i];
        if (strcmp(p->what, what) == 0 && strcmp(p->isa, isa) == 0 &&
            p->n_thread == n_thread)
            return p->work / p->time.best;
    }
    return 0.0;
}

static double stage_rate(const rw_bench *b, const char *stage, int n_thread)
{
    for (size_t i = 0; i < b->n_stage; i++)
        if (strcmp(b->stage[i].stage, stage) == 0 && b->stage[i].n_thread == n_thread)
            return (double)b->stage[i].n_score / b->stage[i].time.best;
    return 0.0;
}

static void machine_text(const rw_bench *b, rw_text *out)
{
    rw_text_printf(out, "machine: %d processors, load %.2f before and %.2f after%s\n",
                   b->n_processor, b->load_before, b->load_after,
                   b->load_before > 0.5 || b->load_after > b->n_thread + 0.5
                       ? ": not idle, figures are pessimistic"
                       : "");
    if (b->n_peak)
        rw_text_append(
            out, "  yardstick       isa        threads         best       median\n");
    for (size_t i = 0; i < b->n_peak; i++) {
        const rw_bench_peak *p = &b->peak[i];
        rw_text_printf(out, "  %-13s %-10s %7d %12.2f %12.2f G%s/s\n", p->what, p->isa,
                       p->n_thread, 1e-9 * p->work / p->time.best,
                       1e-9 * p->work / p->time.median, p->unit);
    }
}

static void stages_text(const rw_bench *b, rw_text *out)
{
    rw_text_printf(out,
                   "\nstages at %" PRId64 " distances; ns a score; share: of the "
                   "float64 multiply-add peak,\nin 4 flops a score and pair of "
                   "frequencies\n",
                   b->context);
    rw_text_append(out,
                   "  stage                          isa      threads  pairs     best"
                   "   median processor   share\n");
    for (size_t i = 0; i < b->n_stage; i++) {
        const rw_bench_stage *s = &b->stage[i];
        const double ns = 1e9 / (double)s->n_score;
        rw_text_printf(out, "  %-30s %-8s %7d %6u %8.3f %8.3f  %8.3f", s->stage, s->isa,
                       s->n_thread, s->n_pair, s->time.best * ns, s->time.median * ns,
                       s->time.processor * ns);
        if (s->flops > 0.0 && s->peak > 0.0)
            rw_text_printf(out, " %7.1f%%", 100.0 * s->flops / s->time.best / s->peak);
        rw_text_append(out, "\n");
    }
    const double one = stage_rate(b, "threads", 1),
                 many = stage_rate(b, "threads", b->n_thread),
                 fma_one = rate_of(b, "fma_float64", b->isa, 1),
                 fma_many = rate_of(b, "fma_float64", b->isa, b->n_thread);
    if (b->n_thread > 1 && one > 0.0 && fma_one > 0.0)
        rw_text_printf(out,
                       "  %d threads: %.2f times one; multiply-adds alone gain %.2f, "
                       "so %.0f %% of that\n",
                       b->n_thread, many / one, fma_many / fma_one,
                       100.0 * many / one * fma_one / fma_many);
}

static void geometry_text(const rw_bench_geometry *g, rw_text *out)
{
    const bool part = g->n_group_run < g->n_group;
    const double seconds = g->time.best;
    const double ns = 1e9 * seconds / (double)g->n_score_run;
    rw_text_printf(out, "  %s: %u x %u heads, %u pairs each, %d threads of %.0f MB\n    ",
                   g->title, g->n_layer, g->n_head, g->n_query * g->n_key, g->n_thread,
                   1e-6 * (double)g->bytes_a_thread);
    if (part)
        rw_text_printf(out,
                       "%" PRId64 " of %" PRId64
                       " groups in %.3f s, of which tables %.3f s; then %.2f ns "
                       "a score\n    "

                       "EXTRAPOLATED, not measured: %.1f s for all\n",
                       g->n_group_run, g->n_group, g->setup + seconds, g->setup, ns,
                       g->setup + seconds * (double)g->n_group / (double)g->n_group_run);
    else
        rw_text_printf(out, "%.3f s, of which tables %.3f s; then %.2f ns a score\n",
                       g->setup + seconds, g->setup, ns);
    int64_t unresolved = 0;
    for (size_t i = 0; i < g->n_context; i++)
        unresolved += g->total[i].unresolved;
    const rw_bench_total *last = &g->total[g->n_context - 1];
    rw_text_printf(out,
                   "    %zu contexts; at %" PRId64 ": %" PRId64 " inversions, %" PRId64
                   " aliasing pairs; unresolved in all: %" PRId64 "\n",
                   g->n_context, last->context, last->inversions, last->alias_pairs,
                   unresolved);
}

void rw_bench_text(const rw_bench *b, rw_text *out)
{
    machine_text(b, out);
    if (b->n_stage) stages_text(b, out);
    if (b->n_geometry)
        rw_text_append(out, "\nposition inversion and position aliasing in bf16, every "
                            "context from 1,024 on\n");
    for (size_t i = 0; i < b->n_geometry; i++)
        geometry_text(&b->geometry[i], out);
}
