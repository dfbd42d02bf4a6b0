/* combine.c - texts into heads, heads into summaries. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audit/direction.h"
#include "base/alloc.h"
#include "base/random.h"

enum { BOOTSTRAP_STREAM = 9000, N_BOOTSTRAP = 200 };

static double mean_of(const double *value, uint32_t n)
{
    double sum = 0.0;
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!isnan(value[i])) {
            sum += value[i];
            used++;
        }
    return used ? sum / used : (double)NAN;
}

static rw_cell pool_cell(const rw_rate_mean *const *part, uint32_t n_text)
{
    rw_mean means[RW_MAX_TEXT] = {{0}};
    double predicted[RW_MAX_TEXT];
    rw_cell c = {0};
    for (uint32_t t = 0; t < n_text; t++) {
        means[t] = part[t]->mean;
        predicted[t] = part[t]->predicted;
        c.unresolved += part[t]->unresolved;
    }
    const rw_mean m = rw_interval_pool(means, n_text);
    c.measured = m.mean;
    c.predicted = mean_of(predicted, n_text);
    c.half_width = rw_interval_half(&m);
    c.n_q = (uint32_t)m.n_q;
    c.n_k = (uint32_t)m.n_k;
    return c;
}

/* Means over texts of every scalar of one head and context. */
static void pool_scalars(const rw_head_text_context *const *part, uint32_t n,
                         rw_head_context *out)
{
    static const struct {
        size_t from, to;
    } fields[] = {
#define FIELD(a, b) {offsetof(rw_head_text_context, a), offsetof(rw_head_context, b)}
        FIELD(preference, preference),
        FIELD(mean_inversion, mean_inversion),
        FIELD(energy, energy_nats),
        FIELD(token_flip, token_flip),
        FIELD(semantic, semantic_score),
        FIELD(positional, positional_score),
        FIELD(r_high, r_high),
        FIELD(ks_near, ks_near),
        FIELD(ks_far, ks_far),
        FIELD(ks_difference, ks_difference),
        FIELD(max_share, max_share),
        FIELD(n_eff, n_eff),
        FIELD(turning_share, turning_share),
        FIELD(alias_pairs[0], alias_pairs[0]),
        FIELD(alias_pairs[1], alias_pairs[1]),
        FIELD(alias_pairs[2], alias_pairs[2]),
        FIELD(alias_distances[0], alias_distances[0]),
        FIELD(alias_distances[1], alias_distances[1]),
        FIELD(alias_distances[2], alias_distances[2]),
#undef FIELD
    };
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        double value[RW_MAX_TEXT];
        for (uint32_t t = 0; t < n; t++)
            memcpy(&value[t], (const char *)part[t] + fields[f].from, sizeof value[t]);
        const double mean = mean_of(value, n);
        memcpy((char *)out + fields[f].to, &mean, sizeof mean);
    }
}

static void combine_head(const rw_audit_run *run, uint32_t head, rw_head_result *out)
{
    const rw_head_place *place = &run->place[head];
    const rw_unit *u = &run->unit[place->unit];
    const uint32_t n_text = run->n_text;
    const rw_direction *direction = &run->direction[head];
    for (uint32_t c = 0; c < run->settings.n_context; c++) {
        rw_head_context *to = &out->context[c];
        const uint32_t e = u->effective_of[c];
        if (c > 0 &&
            u->effective_of[c - 1] == e) { /* the window is full: nothing changes */
            *to = out->context[c - 1];
            to->context = run->settings.context[c];
            continue;
        }
        const rw_head_text_context *part[RW_MAX_TEXT];
        const rw_rate_mean *rate[RW_MAX_TEXT];
        for (uint32_t t = 0; t < n_text; t++)
            part[t] = &run->text[t].head[head].context[e];
        to->context = run->settings.context[c];
        to->effective = u->effective[e];
        for (int s = 0; s < RW_N_STRATUM; s++)
            for (int r = 0; r < RW_N_RATE; r++) {
                for (uint32_t t = 0; t < n_text; t++)
                    rate[t] = &part[t]->single[s][r];
                to->single[s][r] = pool_cell(rate, n_text);
            }
        for (int s = 0; s < RW_N_TWIN_STRATUM; s++)
            for (int r = 0; r < RW_N_TWIN_RATE; r++) {
                for (uint32_t t = 0; t < n_text; t++)
                    rate[t] = &part[t]->twin[s][r];
                to->twin[s][r] = pool_cell(rate, n_text);
            }
        pool_scalars(part, n_text, to);
        to->gap = direction->gap[e];
        to->direction_p_value = direction->p_value[e];
        to->direction_p_shared = direction->p_shared[e];
    }
}

/* Kinds need all heads of a context: discoveries are controlled over them together. */
static ropewalk_status name_kinds(rw_audit *out, ropewalk_error *err)
{
    double *p = rw_array(2 * (size_t)out->n_head + 1, sizeof *p);
    if (!p) return rw_fail_memory(err, "kinds of heads");
    for (uint32_t c = 0; c < out->n_context; c++) {
        size_t n = 0;
        for (uint32_t h = 0; h < out->n_head; h++)
            if (out->head[h].context && !isnan(out->head[h].context[c].direction_p_value))
                p[n++] = out->head[h].context[c].direction_p_value;
        const double threshold = rw_false_discovery(p, n, RW_FALSE_DISCOVERY_RATE, p + n);
        for (uint32_t h = 0; h < out->n_head; h++) {
            if (!out->head[h].context) continue;
            rw_head_context *x = &out->head[h].context[c];
            const int directed = x->direction_p_value <= threshold;
            if (!(x->energy_nats >= RW_BLIND_ENERGY_NATS))
                x->kind = RW_KIND_BLIND;
            else if (x->preference < RW_CHAOTIC_PREFERENCE)
                x->kind = RW_KIND_CHAOTIC;
            else if (directed && x->gap > 0.0 && x->mean_inversion < 0.5)
                x->kind = RW_KIND_LOCAL;
            else if (directed && x->gap < 0.0 && x->mean_inversion > 0.5)
                x->kind = RW_KIND_ANTI_LOCAL;
            else
                x->kind = RW_KIND_MIXED;
        }
    }
    rw_free(p);
    return ROPEWALK_OK;
}

/* --- summaries ------------------------------------------------------------------------------- */
/* What is summarised: a number of one head, one context, one text. */
typedef struct measure {
    char name[64];
    int group, row, column; /* 0 scalar: row is an offset; 1 single; 2 twin */
} measure;

static const char *const stratum_names[] = {"attended", "random", "sink"};
static const char *const twin_names[] = {"attended_random", "random_random"};

static uint32_t list_measures(const rw_audit *out, measure *list)
{
    static const struct {
        const char *name;
        size_t offset;
    } scalars[] = {{"preference", offsetof(rw_head_text_context, preference)},
                   {"energy_nats", offsetof(rw_head_text_context, energy)},
                   {"token_flip", offsetof(rw_head_text_context, token_flip)},
                   {"semantic_score", offsetof(rw_head_text_context, semantic)},
                   {"positional_score", offsetof(rw_head_text_context, positional)}};
    static const char *const rates[] = {
        "position_inversion", "position_inversion_local", "position_inversion_beyond",
        "near_aliasing",      "positional_insensitivity", "position_aliasing"};
    static const char *const twin_rates[] = {"token_inversion", "token_aliasing",
                                             "attention_invariance", "cross_aliasing"};
    const int d = (int)out->first_dtype;
    const int rate_index[] = {RW_RATE_INVERSION,        RW_RATE_INVERSION_LOCAL,
                              RW_RATE_INVERSION_BEYOND, RW_RATE_NEAR_ALIASING,
                              RW_RATE_INSENSITIVITY,    RW_RATE_ALIASING + d};
    const int twin_index[] = {RW_TWIN_INVERSION, RW_TWIN_ALIASING + d,
                              RW_TWIN_INVARIANCE + d, RW_TWIN_CROSS + d};
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++, n++) {
        (void)snprintf(list[n].name, sizeof list[n].name, "%s", scalars[i].name);
        list[n].group = 0;
        list[n].row = (int)scalars[i].offset;
    }
    for (int s = 0; s < RW_N_STRATUM; s++)
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++, n++) {
            (void)snprintf(list[n].name, sizeof list[n].name, "%s.%s", stratum_names[s],
                           rates[r]);
            list[n].group = 1;
            list[n].row = s;
            list[n].column = rate_index[r];
        }
    for (int s = 0; s < RW_N_TWIN_STRATUM; s++)
        for (size_t r = 0; r < sizeof twin_rates / sizeof *twin_rates; r++, n++) {
            (void)snprintf(list[n].name, sizeof list[n].name, "%s.%s", twin_names[s],
                           twin_rates[r]);
            list[n].group = 2;
            list[n].row = s;
            list[n].column = twin_index[r];
        }
    return n;
}

static double measure_of(const measure *m, const rw_head_text_context *x,
                         double *predicted)
{
    *predicted = (double)NAN;
    if (m->group == 0) {
        double value;
        memcpy(&value, (const char *)x + m->row, sizeof value);
        return value;
    }
    const rw_rate_mean *r =
        m->group == 1 ? &x->single[m->row][m->column] : &x->twin[m->row][m->column];
    *predicted = r->predicted;
    return r->mean.mean;
}

/* value[t][i] of the i-th head of a class, every text. Returns the number of heads. */
static uint32_t gather(const rw_audit_run *run, const rw_audit *out, rw_head_class class,
                       uint32_t context, const measure *m, double *value,
                       double *predicted)
{
    uint32_t n = 0;
    for (uint32_t h = 0; h < out->n_head; h++) {
        if (out->head[h].head_class != class || !out->head[h].context) continue;
        const uint32_t e = run->unit[run->place[h].unit].effective_of[context];
        double sum = 0.0;
        uint32_t used = 0;
        for (uint32_t t = 0; t < run->n_text; t++) {
            double p;
            value[(size_t)t * out->n_head + n] =
                measure_of(m, &run->text[t].head[h].context[e], &p);
            if (!isnan(p)) {
                sum += p;
                used++;
            }
        }
        predicted[n++] = used ? sum / used : (double)NAN;
    }
    return n;
}

static uint32_t drop_missing(double *value, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!isnan(value[i])) value[kept++] = value[i];
    return kept;
}

/* Per head the mean over the chosen texts, then the heads that have one. */
static uint32_t mean_over(const double *value, size_t stride, uint32_t n,
                          const uint32_t *text, uint32_t n_text, double *out)
{
    for (uint32_t i = 0; i < n; i++) {
        double chosen[RW_MAX_TEXT];
        for (uint32_t t = 0; t < n_text; t++)
            chosen[t] = value[(size_t)text[t] * stride + i];
        out[i] = mean_of(chosen, n_text);
    }
    return drop_missing(out, n);
}

static void summarise(const rw_audit_run *run, const measure *m, const double *value,
                      double *predicted, uint32_t stride, uint32_t n, double *scratch,
                      rw_quantiles *q)
{
    uint32_t text[RW_MAX_TEXT];
    memcpy(q->name, m->name, sizeof q->name);
    for (uint32_t t = 0; t < run->n_text; t++)
        text[t] = t;
    const uint32_t kept = mean_over(value, stride, n, text, run->n_text, scratch);
    q->median = rw_quantile(scratch, kept, 0.5);
    q->p10 = rw_quantile(scratch, kept, 0.1);
    q->p90 = rw_quantile(scratch, kept, 0.9);
    q->predicted_median = rw_quantile(predicted, drop_missing(predicted, n), 0.5);
    q->bootstrap_lo = q->bootstrap_hi = (double)NAN;
    if (run->n_text < 2 || kept == 0) return;
    double medians[N_BOOTSTRAP];
    for (uint32_t b = 0; b < N_BOOTSTRAP; b++) {
        for (uint32_t t = 0; t < run->n_text; t++)
            text[t] =
                (uint32_t)rw_random_below(run->settings.seed, BOOTSTRAP_STREAM,
                                          (uint64_t)b * RW_MAX_TEXT + t, run->n_text);
        medians[b] = rw_quantile(
            scratch, mean_over(value, stride, n, text, run->n_text, scratch), 0.5);
    }
    const uint32_t usable = drop_missing(medians, N_BOOTSTRAP);
    q->bootstrap_lo = rw_quantile(medians, usable, 0.025);
    q->bootstrap_hi = rw_quantile(medians, usable, 0.975);
}

static ropewalk_status summarise_class(const rw_audit_run *run, rw_audit *out,
                                       rw_head_class class, uint32_t context,
                                       const measure *list, uint32_t n_measure,
                                       double *scratch, ropewalk_error *err)
{
    rw_summary *s = &out->summary[out->n_summary];
    const size_t stride = out->n_head;
    double *value = scratch, *predicted = value + stride * RW_MAX_TEXT;
    double *work = predicted + stride;
    *s = (rw_summary){.context = out->context[context], .head_class = class};
    for (uint32_t h = 0; h < out->n_head; h++)
        if (out->head[h].head_class == class) {
            s->n_head++;
            if (out->head[h].context)
                s->kind_share[out->head[h].context[context].kind] += 1.0;
        }
    if (s->n_head == 0) return ROPEWALK_OK;
    for (int k = 0; k < RW_N_KIND; k++)
        s->kind_share[k] /= s->n_head;
    out->n_summary++;
    if (class == RW_CLASS_NOPE) return ROPEWALK_OK;
    s->value = rw_calloc(n_measure, sizeof *s->value);
    if (!s->value) return rw_fail_memory(err, "the summary");
    s->n_value = n_measure;
    for (uint32_t m = 0; m < n_measure; m++) {
        const uint32_t n = gather(run, out, class, context, &list[m], value, predicted);
        summarise(run, &list[m], value, predicted, (uint32_t)stride, n, work,
                  &s->value[m]);
    }
    return ROPEWALK_OK;
}

static void medians_by_text(const rw_audit_run *run, rw_audit *out, rw_head_class class,
                            const measure *list, uint32_t n_measure, double *scratch)
{
    const size_t stride = out->n_head;
    double *value = scratch, *predicted = value + stride * RW_MAX_TEXT;
    for (uint32_t c = 0; c < out->n_context; c++)
        for (uint32_t t = 0; t < run->n_text; t++) {
            rw_text_row *row = &out->by_text[out->n_by_text++];
            *row = (rw_text_row){.text = t, .context = out->context[c]};
            double *const to[] = {&row->median_preference, &row->median_inversion,
                                  &row->median_token_inversion};
            static const char *const names[] = {"preference", "random.position_inversion",
                                                "attended_random.token_inversion"};
            for (int i = 0; i < 3; i++)
                for (uint32_t m = 0; m < n_measure; m++) {
                    if (strcmp(list[m].name, names[i]) != 0) continue;
                    const uint32_t n =
                        gather(run, out, class, c, &list[m], value, predicted);
                    double *mine = value + t * stride;
                    *to[i] = rw_quantile(mine, drop_missing(mine, n), 0.5);
                }
        }
}

static int has_class(const rw_audit *out, rw_head_class class)
{
    for (uint32_t h = 0; h < out->n_head; h++)
        if (out->head[h].head_class == class) return 1;
    return 0;
}

static ropewalk_status combine_heads(rw_audit_run *run, rw_audit *out,
                                     ropewalk_error *err)
{
    for (uint32_t h = 0; h < run->n_head; h++) {
        out->head[h] = run->head[h];
        if (run->place[h].unit == UINT32_MAX) continue;
        out->head[h].context =
            rw_calloc(run->settings.n_context, sizeof *out->head[h].context);
        out->head[h].sample = rw_calloc(run->n_text, sizeof *out->head[h].sample);
        if (!out->head[h].context || !out->head[h].sample)
            return rw_fail_memory(err, "the heads");
        for (uint32_t t = 0; t < run->n_text; t++) { /* moved, not copied */
            out->head[h].sample[t] = run->text[t].head[h].sample;
            run->text[t].head[h].sample.position = NULL;
        }
        combine_head(run, h, &out->head[h]);
    }
    return ROPEWALK_OK;
}

static void add_unresolved(const rw_audit_run *run, const rw_head_result *head,
                           int64_t *unresolved)
{
    for (uint32_t c = 0; c < run->settings.n_context; c++) {
        const rw_head_context *x = &head->context[c];
        if (c > 0 && x->effective == x[-1].effective) continue; /* counted already */
        for (int stratum = 0; stratum < RW_N_STRATUM; stratum++)
            for (int rate = 0; rate < RW_N_RATE; rate++)
                *unresolved += x->single[stratum][rate].unresolved;
        for (int stratum = 0; stratum < RW_N_TWIN_STRATUM; stratum++)
            for (int rate = 0; rate < RW_N_TWIN_RATE; rate++)
                *unresolved += x->twin[stratum][rate].unresolved;
    }
}

ropewalk_status rw_audit_combine(rw_audit_run *run, rw_audit *out, ropewalk_error *err)
{
    out->head = rw_calloc((size_t)run->n_head + 1, sizeof *out->head);
    if (!out->head) return rw_fail_memory(err, "the heads");
    out->n_head = run->n_head;
    ropewalk_status status = combine_heads(run, out, err);
    for (uint32_t h = 0; h < run->n_head && !status; h++)
        if (out->head[h].context) add_unresolved(run, &out->head[h], &out->unresolved);
    if (!status) status = name_kinds(out, err);
    if (status) return status;
    measure list[64];
    memset(list, 0, sizeof list);
    const uint32_t n_measure = list_measures(out, list);
    double *scratch =
        rw_array((size_t)(out->n_head + 1) * (RW_MAX_TEXT + 2), sizeof *scratch);
    out->summary = rw_calloc((size_t)out->n_context * 3, sizeof *out->summary);
    out->by_text = rw_calloc((size_t)out->n_context * RW_MAX_TEXT, sizeof *out->by_text);
    if (!scratch || !out->summary || !out->by_text)
        status = rw_fail_memory(err, "the summary");
    for (uint32_t c = 0; c < out->n_context && !status; c++)
        for (int class = 0; class < 3 && !status; class ++)
            status = summarise_class(run, out, (rw_head_class) class, c, list, n_measure,
                                     scratch, err);
    if (!status && out->n_head)
        medians_by_text(run, out,
                        has_class(out, RW_CLASS_FULL) ? RW_CLASS_FULL : RW_CLASS_SLIDING,
                        list, n_measure, scratch);
    rw_free(scratch);
    return status;
}
