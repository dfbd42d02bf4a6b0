/* task_json.c - results of tasks in lm-evaluation-harness' shape, axes as fields. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/task_report.h"

const char *rw_task_outcome_name(rw_task_outcome outcome)
{
    switch (outcome) {
    case RW_TASK_NOT_EVALUABLE: return "not_evaluable";
    case RW_TASK_NOT_TESTED: return "not_tested";
    case RW_TASK_DISTANCE_HURTS: return "distance_hurts";
    case RW_TASK_ONLY_DILUTION_HURTS: return "only_dilution_hurts";
    case RW_TASK_NEITHER_HURTS: return "neither_hurts";
    }
    return "";
}

const char *rw_task_beside_chance(const rw_task_group *g)
{
    const rw_task_mean *m = g->acc.n ? &g->acc : &g->lenient;
    if (!m->n || isnan(m->wilson_lo)) return NULL;
    if (m->wilson_lo > g->chance) return "above";
    return m->wilson_hi < g->chance + 0.05 ? "at" : "undecided";
}

static json_t *interval(double lo, double hi)
{
    if (isnan(lo) || isnan(hi)) return json_null();
    json_t *a = json_array();
    rw_json_add(&a, rw_json_f64_9(lo));
    rw_json_add(&a, rw_json_f64_9(hi));
    return a;
}

static void put_mean(json_t **o, const char *name, const rw_task_mean *m)
{
    char key[48];
    rw_json_set(o, name, m->n ? rw_json_f64_9(m->mean) : json_null());
    (void)snprintf(key, sizeof key, "%s_stderr", name);
    rw_json_set(o, key, rw_json_f64_9(m->n ? m->stderr_mean : (double)NAN));
    (void)snprintf(key, sizeof key, "%s_ci95", name);
    rw_json_set(o, key, interval(m->lo, m->hi));
}

static json_t *count_or_null(int64_t n, bool is)
{
    return is ? json_integer(n) : json_null();
}

/* Answers by the fifth of the list where the item asked for stands: means of few questions. */
static json_t *by_place(const rw_task_result *r, const rw_task_group *g)
{
    enum { N_PART = 5 };
    struct {
        double right, margin, lenient;
        int64_t n_weighed, n_written, n;
    } part[N_PART] = {{0}};
    for (size_t k = 0; k < g->n_inquiry; k++) {
        const rw_inquiry *q = &r->inquiry[g->first + k];
        if (q->refused[0] || q->item < 0 || q->item >= g->n_item) continue;
        const int64_t at = N_PART * q->item / g->n_item;
        part[at].n++;
        if (!isnan(q->margin)) {
            part[at].n_weighed++;
            part[at].right += q->margin > 0.0;
            part[at].margin += q->margin;
        }
        if (q->generated) {
            part[at].n_written++;
            part[at].lenient += q->lenient;
        }
    }
    json_t *list = json_array();
    for (int i = 0; i < N_PART; i++) {
        json_t *o = json_object();
        const double weighed = (double)part[i].n_weighed,
                     written = (double)part[i].n_written;
        rw_json_set(&o, "from", rw_json_f64((double)i / (double)N_PART));
        rw_json_set(&o, "to", rw_json_f64((double)(i + 1) / (double)N_PART));
        rw_json_set(&o, "n", json_integer(part[i].n));
        rw_json_set(&o, "acc",
                    rw_json_f64_9(weighed > 0 ? part[i].right / weighed : (double)NAN));
        rw_json_set(&o, "margin",
                    rw_json_f64_9(weighed > 0 ? part[i].margin / weighed : (double)NAN));
        rw_json_set(&o, "lenient_match",
                    rw_json_f64_9(written > 0 ? part[i].lenient / written : (double)NAN));
        rw_json_add(&list, o);
    }
    return list;
}

/* Four digits are more than the runtime's kernels agree on. */
static json_t *weight_json(double value)
{
    char text[32];
    if (isnan(value)) return json_null();
    (void)snprintf(text, sizeof text, "%.4g", value);
    return json_real(strtod(text, NULL));
}

/* [layer][head] mean attention to the answer, null where nothing was told. */
static json_t *attention_json(const rw_task_result *r, const rw_task_group *g)
{
    json_t *layers = json_array();
    for (size_t layer = 0; layer < r->n_layer; layer++) {
        json_t *heads = json_array();
        for (size_t head = 0; head < r->n_head; head++) {
            double sum = 0.0, n = 0.0;
            for (size_t k = 0; k < g->n_inquiry; k++) {
                const rw_inquiry *q = &r->inquiry[g->first + k];
                if (q->refused[0] || q->distance < 0 ||
                    q->n_attention != r->n_layer * r->n_head)
                    continue;
                const double v = q->attention[layer * r->n_head + head];
                sum += isnan(v) ? 0.0 : v;
                n += isnan(v) ? 0.0 : 1.0;
            }
            rw_json_add(&heads, weight_json(n > 0.0 ? sum / n : (double)NAN));
        }
        rw_json_add(&layers, heads);
    }
    return layers;
}

static bool attended(const rw_task_result *r, const rw_task_group *g)
{
    for (size_t k = 0; k < g->n_inquiry; k++) {
        const rw_inquiry *q = &r->inquiry[g->first + k];
        if (!q->refused[0] && q->distance >= 0 &&
            q->n_attention == r->n_layer * r->n_head)
            return true;
    }
    return false;
}

static json_t *group_json(const rw_task_result *r, const rw_task_group *g, bool dry)
{
    json_t *o = json_object();
    rw_json_set(&o, "n_item", json_integer(g->n_item));
    rw_json_set(&o, "length", count_or_null(g->length, g->length > 0));
    rw_json_set(&o, "n_token", rw_json_f64(g->n_token));
    rw_json_set(&o, "depth", rw_json_f64(g->depth));
    rw_json_set(&o, "strategy", rw_json_str(g->strategy));
    rw_json_set(&o, "window", count_or_null(g->window, g->window > 0));
    rw_json_set(&o, "cell", g->gap >= 0 ? rw_json_str(g->cell) : json_null());
    rw_json_set(&o, "gap", count_or_null(g->gap, g->gap >= 0));
    rw_json_set(&o, "gate", json_boolean(g->gate));
    if (dry) return o;
    rw_json_set(&o, "chance", rw_json_f64(g->chance));
    rw_json_set(&o, "n_all_token", rw_json_f64_9(g->n_all_token));
    rw_json_set(&o, "n_refused", json_integer((json_int_t)g->n_refused));
    if (g->n_refused) rw_json_set(&o, "refused", rw_json_str(g->refused));
    rw_json_set(&o, "n", json_integer((json_int_t)(g->n_inquiry - g->n_refused)));
    put_mean(&o, "acc", &g->acc);
    rw_json_set(&o, "acc_wilson95", interval(g->acc.wilson_lo, g->acc.wilson_hi));
    put_mean(&o, "margin", &g->margin);
    put_mean(&o, "exact_match", &g->strict);
    put_mean(&o, "lenient_match", &g->lenient);
    const char *beside = rw_task_beside_chance(g);
    rw_json_set(&o, "by_place", by_place(r, g));
    rw_json_set(&o, "beside_chance", beside ? rw_json_str(beside) : json_null());
    rw_json_set(&o, "attention", attended(r, g) ? attention_json(r, g) : json_null());
    return o;
}

static bool belongs(const rw_task_group *g, const rw_task_summary *s)
{
    return strcmp(g->task, s->task) == 0 && strcmp(g->factors, s->factors) == 0;
}

static json_t *contrast_json(const rw_task_result *r, const rw_task_contrast *c)
{
    const rw_task_group *g = &r->group[c->of], *h = &r->group[c->against];
    json_t *o = json_object();
    rw_json_set(&o, "n_item", json_integer(g->n_item));
    rw_json_set(&o, "strategy", rw_json_str(g->strategy));
    rw_json_set(&o, "cell", g->gap >= 0 ? rw_json_str(g->cell) : json_null());
    rw_json_set(&o, "gap", count_or_null(g->gap, g->gap >= 0));
    rw_json_set(&o, "against", rw_json_str(g->gap >= 0 ? "near" : "direct"));
    put_mean(&o, "margin_change", &c->margin);
    put_mean(&o, "acc_change", &c->acc);
    rw_json_set(&o, "extra_token", rw_json_f64_9(g->n_all_token - h->n_all_token));
    rw_json_set(&o, "p", rw_json_f64_9(c->p));
    rw_json_set(&o, "p_holm", rw_json_f64_9(c->p_holm));
    return o;
}

static void key_of(const rw_task_summary *s, char *out, size_t room)
{
    (void)snprintf(out, room, "%s%s%s", s->task, s->factors[0] ? " " : "", s->factors);
}

/* Null where no audit was given. */
static json_t *test_json(const rw_task_result *r, const rw_attention_test *t)
{
    if (!r->audit[0]) return json_null();
    json_t *o = json_object(), *gaps = json_array();
    const bool made = !t->missing;
    rw_json_set(&o, "audit", rw_json_str(r->audit));
    rw_json_set(&o, "missing", made ? json_null() : rw_json_str(t->missing));
    rw_json_set(&o, "heads", count_or_null(t->n_head, made));
    rw_json_set(&o, "fitted_lists", count_or_null(t->n_fit, made));
    rw_json_set(&o, "held_out_lists", count_or_null(t->n_held, made));
    rw_json_set(&o, "slope", made ? rw_json_f64_9(t->slope) : json_null());
    rw_json_set(&o, "r2", made ? rw_json_f64_9(t->r2) : json_null());
    rw_json_set(&o, "p", made ? rw_json_f64_9(t->p) : json_null());
    rw_json_set(&o, "shuffles", count_or_null(t->n_shuffle, made));
    rw_json_set(&o, "shuffled_r2_median",
                made ? rw_json_f64_9(t->null_median) : json_null());
    rw_json_set(&o, "shuffled_r2_p95", made ? rw_json_f64_9(t->null_p95) : json_null());
    for (size_t g = 0; g < t->n_gap; g++) {
        json_t *one = json_object();
        rw_json_set(&one, "gap", json_integer(t->gap[g]));
        rw_json_set(&one, "score_change", rw_json_f64_9(t->score[g]));
        rw_json_set(&one, "predicted", rw_json_f64_9(t->slope * t->score[g]));
        rw_json_set(&one, "observed", rw_json_f64_9(t->observed[g]));
        rw_json_add(&gaps, one);
    }
    rw_json_set(&o, "gaps", gaps);
    return o;
}

static json_t *task_json(const rw_task_result *r, const rw_task_summary *s, bool dry)
{
    json_t *o = json_object(), *groups = json_array(), *contrasts = json_array();
    for (size_t i = 0; i < r->n_group; i++)
        if (belongs(&r->group[i], s))
            rw_json_add(&groups, group_json(r, &r->group[i], dry));
    for (size_t i = 0; i < r->n_contrast && !dry; i++)
        if (belongs(&r->group[r->contrast[i].of], s))
            rw_json_add(&contrasts, contrast_json(r, &r->contrast[i]));
    rw_json_set(&o, "alias", rw_json_str(s->task));
    rw_json_set(&o, "factors", s->factors[0] ? rw_json_str(s->factors) : json_null());
    if (!dry) {
        json_t *gate = json_null();
        if (s->gated) {
            gate = json_object();
            rw_json_set(&gate, "acc", rw_json_f64_9(s->gate_acc));
            rw_json_set(&gate, "wilson95_low", rw_json_f64_9(s->gate_lo));
            rw_json_set(&gate, "needed", rw_json_f64_9(s->gate_needed));
            rw_json_set(&gate, "passed", json_boolean(s->passed));
        }
        rw_json_set(&o, "gate", gate);
        rw_json_set(&o, "outcome", rw_json_str(rw_task_outcome_name(s->outcome)));
        json_t *lengths = json_object();
        rw_json_set(&lengths, "ruler@85.6", rw_json_f64(s->ruler));
        rw_json_set(&lengths, "nolima@0.85", rw_json_f64(s->nolima));
        rw_json_set(&o, "effective_length", lengths);
        rw_json_set(&o, "attention_test", test_json(r, &s->test));
    }
    rw_json_set(&o, "conditions", groups);
    rw_json_set(&o, "contrasts", contrasts);
    return o;
}

static json_t *direction(void)
{
    static const char *const metric[] = {"acc", "margin", "exact_match", "lenient_match"};
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof metric / sizeof *metric; i++)
        rw_json_set(&o, metric[i], json_true());
    return o;
}

json_t *rw_task_json(const rw_task_result *r, bool dry)
{
    json_t *doc = json_object(), *results = json_object(), *versions = json_object(),
           *samples = json_object(), *configs = json_object(), *higher = json_object(),
           *model = json_object(), *settings = json_object();
    for (size_t i = 0; i < r->n_summary; i++) {
        const rw_task_summary *s = &r->summary[i];
        char key[160];
        size_t original = 0, effective = 0;
        uint32_t version = 0;
        key_of(s, key, sizeof key);
        for (size_t g = 0; g < r->n_group; g++)
            if (belongs(&r->group[g], s)) {
                version = r->group[g].version;
                original += r->group[g].n_inquiry;
                effective += r->group[g].n_inquiry - r->group[g].n_refused;
            }
        json_t *n = json_object(), *config = json_object();
        rw_json_set(&n, "original", json_integer((json_int_t)original));
        rw_json_set(&n, "effective", json_integer((json_int_t)(dry ? 0 : effective)));
        rw_json_set(&config, "task", rw_json_str(s->task));
        rw_json_set(&config, "source", rw_json_str(s->source));
        rw_json_set(&config, "description", rw_json_str(s->what));
        rw_json_set(&results, key, task_json(r, s, dry));
        rw_json_set(&versions, key, json_integer(version));
        rw_json_set(&samples, key, n);
        rw_json_set(&configs, key, config);
        rw_json_set(&higher, key, direction());
    }
    rw_json_set(&model, "name", rw_json_str(r->model));
    rw_json_set(&model, "runtime", rw_json_str(r->runtime));
    rw_json_set(&model, "served", json_boolean(r->served));
    rw_json_set(&model, "context", count_or_null(r->context, r->context > 0));
    rw_json_set(&model, "trained_context",
                count_or_null(r->trained_context, r->trained_context > 0));
    rw_json_set(&settings, "seed", json_integer((json_int_t)r->seed));
    rw_json_set(&settings, "lists", json_integer(r->n_list));
    rw_json_set(&settings, "questions", json_integer(r->n_question));
    rw_json_set(&settings, "weighs", json_boolean(r->weighs));
    rw_json_set(&settings, "dry_run", json_boolean(dry));
    if (dry) rw_json_set(&settings, "estimate_s", rw_json_f64_9(r->estimate_s));
    rw_json_set(&settings, "rope_override",
                r->overrides[0] ? rw_json_str(r->overrides) : json_null());
    rw_json_set(&doc, "model", model);
    rw_json_set(&doc, "settings", settings);
    rw_json_set(&doc, "results", results);
    rw_json_set(&doc, "n-samples", samples);
    rw_json_set(&doc, "configs", configs);
    rw_json_set(&doc, "versions", versions);
    rw_json_set(&doc, "higher_is_better", higher);
    return doc;
}

static json_t *sample_json(const rw_task_result *r, const rw_task_group *g, size_t k)
{
    const rw_inquiry *q = &r->inquiry[g->first + k];
    char digest[24];
    json_t *o = json_object(), *weights = json_array(), *priors = json_array();
    (void)snprintf(digest, sizeof digest, "%016llx", (unsigned long long)q->digest);
    rw_json_set(&o, "task", rw_json_str(g->task));
    rw_json_set(&o, "factors", g->factors[0] ? rw_json_str(g->factors) : json_null());
    rw_json_set(&o, "n_item", json_integer(g->n_item));
    rw_json_set(&o, "depth", rw_json_f64(g->depth));
    rw_json_set(&o, "strategy", rw_json_str(g->strategy));
    rw_json_set(&o, "cell", g->gap >= 0 ? rw_json_str(g->cell) : json_null());
    rw_json_set(&o, "gap", count_or_null(g->gap, g->gap >= 0));
    rw_json_set(&o, "list", json_integer((json_int_t)(k / r->n_question)));
    rw_json_set(&o, "question", json_integer((json_int_t)(k % r->n_question)));
    rw_json_set(&o, "doc_hash", rw_json_str(digest));
    if (q->refused[0]) {
        rw_json_set(&o, "refused", rw_json_str(q->refused));
        json_decref(weights);
        json_decref(priors);
        return o;
    }
    for (uint32_t i = 0; i < q->n_option; i++) {
        rw_json_add(&weights, rw_json_f64(q->log_likelihood[i]));
        rw_json_add(&priors, rw_json_f64(q->prior[i]));
    }
    if (q->distance >= 0) {
        json_t *weight = json_array();
        for (uint32_t i = 0; i < q->n_attention; i++)
            rw_json_add(&weight, weight_json(q->attention[i]));
        rw_json_set(&o, "distance", json_integer(q->distance));
        rw_json_set(&o, "attention", weight);
    }
    rw_json_set(&o, "item", json_integer(q->item));
    rw_json_set(&o, "target", json_integer(q->answer));
    rw_json_set(&o, "n_token", count_or_null(q->n_token, q->n_token >= 0));
    rw_json_set(&o, "n_all_token", count_or_null(q->n_all_token, q->n_all_token >= 0));
    rw_json_set(&o, "log_likelihood", weights);
    rw_json_set(&o, "prior", priors);
    rw_json_set(&o, "margin", rw_json_f64(q->margin));
    rw_json_set(&o, "acc",
                isnan(q->margin) ? json_null() : json_integer(q->margin > 0.0));
    rw_json_set(&o, "resps", q->generated ? rw_json_str(q->text) : json_null());
    rw_json_set(&o, "exact_match", q->generated ? json_integer(q->strict) : json_null());
    rw_json_set(&o, "lenient_match",
                q->generated ? json_integer(q->lenient) : json_null());
    return o;
}

void rw_task_samples(const rw_task_result *r, rw_text *out)
{
    for (size_t g = 0; g < r->n_group; g++)
        for (size_t k = 0; k < r->group[g].n_inquiry; k++) {
            json_t *one = sample_json(r, &r->group[g], k);
            if (!one) out->failed = true;
            rw_json_write(one, 0, out);
            if (out->len && out->data[out->len - 1] != '\n') rw_text_append(out, "\n");
            json_decref(one);
        }
}
