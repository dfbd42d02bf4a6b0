/* task_text.c - what a model can do with lists, in a table and a sentence for each task. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/task_report.h"

const char *rw_task_outcome_sentence(rw_task_outcome outcome)
{
    switch (outcome) {
    case RW_TASK_NOT_EVALUABLE:
        return "Not evaluable: that this model can do it at all was not shown, even on "
               "short lists; longer or moved ones would say nothing about positions.";
    case RW_TASK_NOT_TESTED: return "No experiment with distance was asked for (--gap).";
    case RW_TASK_DISTANCE_HURTS:
        return "Distance hurts: moving the list away lowers the answers although nothing "
               "was "
               "added to attend to.";
    case RW_TASK_ONLY_DILUTION_HURTS:
        return "Only dilution hurts: more text lowers the answers, distance alone does "
               "not "
               "(within what these lists can show).";
    case RW_TASK_NEITHER_HURTS:
        return "Neither distance nor dilution lowers the answers (within what these "
               "lists can "
               "show).";
    }
    return "";
}

static void number(rw_text *t, int width, double value, int digits)
{
    if (isnan(value))
        rw_text_printf(t, " %*s", width, "-");
    else
        rw_text_printf(t, " %*.*f", width, digits, value);
}

static void condition(rw_text *t, const rw_task_group *g)
{
    char what[64];
    if (g->gate)
        (void)snprintf(what, sizeof what, "short list");
    else if (g->gap >= 0)
        (void)snprintf(what, sizeof what, "%s%s%.0d", g->cell, g->gap ? " " : "",
                       (int)g->gap);
    else if (isnan(g->depth))
        (void)snprintf(what, sizeof what, "%s", g->strategy);
    else
        (void)snprintf(what, sizeof what, "%s, depth %.2f", g->strategy, g->depth);
    rw_text_printf(t, "  %-22s %7lld", what, (long long)g->n_item);
    number(t, 7, g->n_token, 0);
}

static void row(rw_text *t, const rw_task_group *g, bool dry)
{
    condition(t, g);
    if (!dry) {
        const char *beside = rw_task_beside_chance(g);
        number(t, 7, 100.0 * g->acc.mean, 1);
        if (isnan(g->acc.lo))
            rw_text_printf(t, " %13s", "");
        else
            rw_text_printf(t, " [%4.0f, %4.0f] ", 100.0 * g->acc.lo, 100.0 * g->acc.hi);
        number(t, 7, g->margin.mean, 2);
        number(t, 7, 100.0 * g->strict.mean, 1);
        number(t, 8, 100.0 * g->lenient.mean, 1);
        number(t, 7, 100.0 * g->chance, 0);
        rw_text_printf(t, "  %s%s", beside ? beside : "", g->n_refused ? "; " : "");
        if (g->n_refused)
            rw_text_printf(t, "%zu of %zu refused: %.60s", g->n_refused, g->n_inquiry,
                           g->refused);
    }
    rw_text_append(t, "\n");
}

static void contrasts(rw_text *t, const rw_task_result *r, const rw_task_summary *s)
{
    bool first = true;
    for (size_t i = 0; i < r->n_contrast; i++) {
        const rw_task_contrast *c = &r->contrast[i];
        const rw_task_group *g = &r->group[c->of], *h = &r->group[c->against];
        if (strcmp(g->task, s->task) != 0 || strcmp(g->factors, s->factors) != 0)
            continue;
        if (first)
            rw_text_append(
                t, "\n  change against        items   points  nats    extra tokens"
                   "  p (Holm)\n");
        first = false;
        char what[64];
        if (g->gap >= 0)
            (void)snprintf(what, sizeof what, "%s %d: near", g->cell, (int)g->gap);
        else
            (void)snprintf(what, sizeof what, "%s: direct", g->strategy);
        rw_text_printf(t, "  %-20s %6lld", what, (long long)g->n_item);
        number(t, 8, 100.0 * c->acc.mean, 1);
        number(t, 5, c->margin.mean, 2);
        number(t, 15, g->n_all_token - h->n_all_token, 0);
        rw_text_printf(t, "  %.3g (%.3g)\n", c->p, c->p_holm);
    }
}

static void attention_test(rw_text *t, const rw_attention_test *a)
{
    if (a->missing) {
        rw_text_printf(t, "  S(m) against the loss: no test, %s\n", a->missing);
        return;
    }
    rw_text_printf(t,
                   "  S(m) against the loss: on %u held-out lists the audit's curves of "
                   "%u heads remove %.0f %% of the squared\n  change of margin (random "
                   "phases: %.0f %% in the middle, 95 %% of them below %.0f %%), p = "
                   "%.3g.\n",
                   a->n_held, a->n_head, 100.0 * a->r2, 100.0 * a->null_median,
                   100.0 * a->null_p95, a->p);
    for (size_t g = 0; g < a->n_gap; g++)
        rw_text_printf(t,
                       "    %6lld tokens: score %+.3f nats, so margin %+.3f; it changed "
                       "by %+.3f\n",
                       (long long)a->gap[g], a->score[g], a->slope * a->score[g],
                       a->observed[g]);
    rw_text_append(t, "  A small p is no proof that these heads cause the loss, a large "
                      "one none that they do not: gaps are few.\n");
}

static void task(rw_text *t, const rw_task_result *r, const rw_task_summary *s, bool dry)
{
    rw_text_append(t, "\n");
    rw_text_plain(t, s->task);
    rw_text_printf(t, "%s%s: %s [%s]\n", s->factors[0] ? " " : "", s->factors, s->what,
                   s->source);
    if (!dry && s->gated && isnan(s->gate_acc))
        rw_text_append(t, "  gate: no question about short lists was answered\n");
    else if (!dry && s->gated)
        rw_text_printf(
            t,
            "  gate: %.0f %% right on short lists, surely above %.0f %%; needed "
            "%.0f %%: %s\n",
            100.0 * s->gate_acc, 100.0 * s->gate_lo, 100.0 * s->gate_needed,
            s->passed ? "passed" : "not passed");
    rw_text_printf(
        t, "  %-22s %7s %7s%s\n", "", "items", "tokens",
        dry ? "" : "  right %  [95 %]       nats  strict  lenient  chance  beside it");
    for (size_t i = 0; i < r->n_group; i++) {
        const rw_task_group *g = &r->group[i];
        if (strcmp(g->task, s->task) == 0 && strcmp(g->factors, s->factors) == 0)
            row(t, g, dry);
    }
    if (dry) return;
    contrasts(t, r, s);
    rw_text_append(t, "  ");
    rw_text_wrap(t, rw_task_outcome_sentence(s->outcome), 2, 100);
    if (r->audit[0]) attention_test(t, &s->test);
    if (s->outcome == RW_TASK_NOT_EVALUABLE) return;
    rw_text_append(t, "  effective length: ");
    const double rule[2] = {s->ruler, s->nolima};
    static const char *const name[2] = {"ruler@85.6", "nolima@0.85"};
    for (int i = 0; i < 2; i++)
        if (isnan(rule[i]))
            rw_text_printf(t, "%s%s not reached", i ? "; " : "", name[i]);
        else
            rw_text_printf(t, "%s%s %.0f tokens", i ? "; " : "", name[i], rule[i]);
    rw_text_append(t, " (of the lengths that were run)\n");
}

void rw_task_text(const rw_task_result *r, bool dry, rw_text *t)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_group; i++)
        n += r->group[i].n_inquiry;
    rw_text_plain(t, r->model && r->model[0] ? r->model : "a model without a name");
    rw_text_append(t, ", run by ");
    rw_text_plain(t, r->runtime);
    if (r->context) rw_text_printf(t, ", context %lld", (long long)r->context);
    if (dry)
        rw_text_printf(t,
                       "\n%zu conditions, %zu questions; nothing was asked. Longer lists "
                       "are asked only of tasks that pass their gate.\n",
                       r->n_group, n);
    if (dry && isnan(r->estimate_s))
        rw_text_append(t, "How long it takes is not known: nothing was timed.\n");
    else if (dry)
        rw_text_printf(t,
                       "About %.0f minutes, should every task pass its gate: %.0f tokens "
                       "a second were just read here. Other work on this machine changes "
                       "that.\n",
                       ceil(r->estimate_s / 60.0), r->tokens_a_second);
    else
        rw_text_printf(
            t,
            "\n%u lists of %u questions a condition, seed %llu. \"right\": the "
            "likeliest option, less its likelihood without the list;\nintervals and "
            "tests are over lists. strict, lenient: what the model wrote.\n",
            r->n_list, r->n_question, (unsigned long long)r->seed);
    if (r->overrides[0]) {
        rw_text_append(t, "RoPE overridden: ");
        rw_text_plain(t, r->overrides);
        rw_text_append(t,
                       ". The weights were trained with another: a perturbation of this "
                       "model, no evidence about bases.\n");
    }
    for (size_t i = 0; i < r->n_summary; i++)
        task(t, r, &r->summary[i], dry);
    if (dry) return;
    rw_text_append(
        t, "\nWhat this does not say: that RoPE is the reason. A failing list may be "
           "counting, training or softmax dilution;\nonly the rows `distance` add "
           "nothing to attend to. Text written by a model is judged by its words.\n");
}
