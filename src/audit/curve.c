/* curve.c - S(m) of a few heads, one of each kind, for the reader's eye. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audit/run.h"
#include "base/alloc.h"

enum { N_POINT = 400 };

/* The head that shows a kind best: strongest preference, or least of it, or least energy. */
static uint32_t clearest(const rw_audit_run *run, const rw_audit *out, uint32_t context,
                         rw_kind kind)
{
    uint32_t best = UINT32_MAX;
    double most = -1.0;
    for (uint32_t h = 0; h < out->n_head; h++) {
        const rw_head_result *head = &out->head[h];
        if (!head->context || !run->text[0].head[h].curve ||
            head->context[context].kind != kind)
            continue;
        const rw_head_context *x = &head->context[context];
        const double clear = kind == RW_KIND_CHAOTIC ? 1.0 - x->preference
                             : kind == RW_KIND_BLIND ? 1.0 - x->energy_nats
                                                     : x->preference;
        if (clear > most) {
            most = clear;
            best = h;
        }
    }
    return best;
}

static ropewalk_status draw(const rw_audit_run *run, uint32_t head, uint32_t context,
                            const rw_audit *out, rw_curve *c, ropewalk_error *err)
{
    const rw_unit *u = &run->unit[run->place[head].unit];
    const rw_head_text *from = &run->text[0].head[head];
    const uint32_t n = u->table.n_pair;
    const int64_t M = u->effective[u->n_effective - 1];
    *c = (rw_curve){.layer = out->head[head].layer,
                    .head = out->head[head].head,
                    .kind = out->head[head].context[context].kind,
                    .query_position = run->drawn[head].query_position,
                    .key_position = run->drawn[head].key_position};
    (void)snprintf(c->query_token, sizeof c->query_token, "%s",
                   run->drawn[head].query_token);
    (void)snprintf(c->key_token, sizeof c->key_token, "%s", run->drawn[head].key_token);
    c->distance = rw_array(N_POINT, sizeof *c->distance);
    c->score = rw_array(N_POINT, sizeof *c->score);
    if (!c->distance || !c->score) return rw_fail_memory(err, "a curve");
    rw_coefficient z = {.n_pair = n, .re = from->curve, .im = from->curve + n};
    const rw_series series = {.table = &u->table, .z = &z};
    /* every distance at first, then evenly in the logarithm */
    for (int i = 0; i < N_POINT; i++) {
        const double at = exp(log((double)M) * i / (N_POINT - 1.0));
        int64_t m = (int64_t)at - 1;
        if (c->n && m <= c->distance[c->n - 1]) m = c->distance[c->n - 1] + 1;
        if (m >= M) break;
        double error;
        const rw_dd t = rw_series_exact(&series, m, &error);
        c->distance[c->n] = m;
        c->score[c->n++] = from->curve[2 * (size_t)n] + t.hi;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_audit_curves(const rw_audit_run *run, rw_audit *out,
                                ropewalk_error *err)
{
    uint32_t context = 0;
    for (uint32_t c = 0; c < out->n_context; c++)
        if (out->context[c] <= out->advertised) context = c;
    out->curve = rw_calloc(RW_N_KIND, sizeof *out->curve);
    if (!out->curve) return rw_fail_memory(err, "curves");
    for (int kind = 0; kind < RW_N_KIND && run->n_text; kind++) {
        const uint32_t head = clearest(run, out, context, (rw_kind)kind);
        if (head == UINT32_MAX) continue;
        const ropewalk_status status =
            draw(run, head, context, out, &out->curve[out->n_curve++], err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}
