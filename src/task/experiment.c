/* experiment.c - conditions laid out, asked in two stages, and summed up. */
#include "task/experiment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "task/forecast.h"
#include "task/priors.h"
#include "task/summary.h"

enum { MAX_WRITTEN = 24, MAX_CONDITION = 4096, MOST_ITEMS = 1 << 20 };
static const int64_t gate_items[] = {4, 8, 16};
enum { N_GATE = sizeof gate_items / sizeof *gate_items };

typedef struct experiment {
    const rw_experiment_plan *plan;
    rw_lm lm;
    rw_task_result *result;
    rw_condition *condition; /* [n_group] */
    size_t first;            /* group whose inquiries are item 0 of the stage */
    uint32_t *order;         /* [groups of the stage] in which a list is asked about */
    ropewalk_progress progress;
    void *progress_ctx;
    const char *stage;
} experiment;

void rw_experiment_defaults(rw_experiment_plan *p, const rw_lm *lm)
{
    if (p->n_length == 0 && p->n_item == 0 && p->n_gap == 0)
        for (int64_t length = 512; length <= 4096; length *= 2)
            if (!lm->context || length <= lm->context) p->length[p->n_length++] = length;
    if (p->n_strategy == 0) p->strategy[p->n_strategy++] = RW_STRATEGY_DIRECT;
    if (p->n_list == 0) p->n_list = 10;
    if (p->n_question == 0) p->n_question = 10;
    if (p->gap_item == 0) p->gap_item = 16;
    if (p->window == 0) p->window = 64;
    if (!(lm->can & RW_LM_WEIGHS)) p->generate = true;
}

/* --- how long a list may be ----------------------------------------------------------------- */

static ropewalk_status count_prompt(const rw_lm *lm, const rw_condition *c,
                                    int64_t n_item, int64_t *n_token, ropewalk_error *err)
{
    rw_task_list list;
    rw_task_request request = c->request;
    request.n_item = n_item;
    request.indexed = c->strategy == RW_STRATEGY_INDEXED;
    ropewalk_status status = c->task->make(&request, &list, err);
    if (status) return status;
    rw_lm_prompt p = {.n_segment = 2, .chat = c->chat};
    p.segment[0] = (rw_lm_segment){list.text, -1, false};
    p.segment[1] = (rw_lm_segment){
        c->chat ? list.question->instruction : list.question->text, -1, false};
    if (lm->can & RW_LM_COUNTS) {
        status = lm->count(lm->ctx, &p, n_token, err);
    } else {
        rw_lm_usage usage = {-1, -1, -1, false, -1};
        rw_text words;
        rw_text_init(&words);
        status = lm->generate(lm->ctx, &p, 1, NULL, &words, &usage, err);
        rw_text_clear(&words);
        *n_token = usage.n_prompt_token;
        if (!status && usage.n_prompt_token < 0)
            status =
                rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                        "the server does not tell how many tokens a prompt has: give "
                        "--items instead of --length");
    }
    rw_task_list_clear(&list);
    return status;
}

ropewalk_status rw_experiment_fit(const rw_lm *lm, const rw_condition *c, int64_t length,
                                  int64_t *n_item, ropewalk_error *err)
{
    int64_t few = 0, many = 0;
    *n_item = 0;
    ropewalk_status status = count_prompt(lm, c, 64, &few, err);
    if (!status) status = count_prompt(lm, c, 192, &many, err);
    if (status == ROPEWALK_E_ARGUMENT && !(lm->can & RW_LM_COUNTS)) return status;
    /* tokens grow very nearly by a constant an item */
    const double each = status || many <= few ? 1.0 : (double)(many - few) / 128.0;
    if (!status) {
        const double fits = 64.0 + (double)(length - few) / each;
        *n_item = fits < 2.0 ? 0 : fits > MOST_ITEMS ? MOST_ITEMS : (int64_t)fits;
    }
    if (!(lm->can & RW_LM_COUNTS)) return status;
    /* counted exactly: from the guess to the last number that fits */
    int64_t lo = 0, hi = *n_item > 2 ? *n_item : 2, n = 0;
    for (;;) {
        status = count_prompt(lm, c, hi, &n, err);
        if (status == ROPEWALK_E_ARGUMENT)
            break; /* more than there are different items */
        if (status) return status;
        if (n > length) break;
        lo = hi;
        if (hi > MOST_ITEMS) break;
        hi += hi / 8 + 1;
    }
    while (hi - lo > 1) {
        const int64_t middle = lo + (hi - lo) / 2;
        if (middle < 2) break;
        status = count_prompt(lm, c, middle, &n, err);
        if (status && status != ROPEWALK_E_ARGUMENT) return status;
        if (!status && n <= length)
            lo = middle;
        else
            hi = middle;
    }
    *n_item = lo;
    return ROPEWALK_OK;
}

/* --- conditions ----------------------------------------------------------------------------- */

static void write_factors(const rw_condition *c, char *out, size_t room)
{
    out[0] = '\0';
    for (int f = 0; f < RW_MAX_TASK_FACTOR && c->task->factor[f].name; f++) {
        const size_t n = strlen(out);
        (void)snprintf(out + n, room - n, "%s%s=%s", f ? " " : "",
                       c->task->factor[f].name,
                       c->task->factor[f].value[c->request.factor[f]]);
    }
}

static uint32_t questions_of(const rw_experiment_plan *p, const rw_task *task)
{
    return task->one_question ? 1 : p->n_question;
}

static ropewalk_status add(experiment *e, const rw_condition *c, bool gate,
                           int64_t length, ropewalk_error *err)
{
    rw_task_result *r = e->result;
    if (r->n_group == MAX_CONDITION)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d conditions",
                       MAX_CONDITION);
    rw_task_group *group = rw_realloc(r->group, r->n_group + 1, sizeof *group);
    if (group) r->group = group;
    rw_condition *condition = rw_realloc(e->condition, r->n_group + 1, sizeof *condition);
    if (condition) e->condition = condition;
    if (!group || !condition) return rw_fail_memory(err, "conditions");
    e->condition[r->n_group] = *c;
    rw_task_group *g = &r->group[r->n_group++];
    *g = (rw_task_group){.task = c->task->name,
                         .strategy = rw_strategy_name(c->strategy),
                         .cell = rw_cell_kind_name(c->cell),
                         .version = c->task->version,
                         .gate = gate,
                         .chat = c->chat,
                         .n_item = c->request.n_item,
                         .length = length,
                         .depth = c->request.depth,
                         .gap = c->gap,
                         .window = c->strategy == RW_STRATEGY_CHUNKED ? c->window : 0,
                         .chance = (double)NAN,
                         .n_token = (double)NAN,
                         .n_all_token = (double)NAN};
    write_factors(c, g->factors, sizeof g->factors);
    g->n_inquiry = (size_t)e->plan->n_list * e->plan->n_question;
    return ROPEWALK_OK;
}

static rw_condition plain(const rw_experiment_plan *p, size_t t)
{
    rw_condition c = {.task = p->task[t],
                      .request = {.seed = p->seed,
                                  .n_question = questions_of(p, p->task[t]),
                                  .depth = (double)NAN},
                      .window = p->window,
                      .gap = -1,
                      .chat = p->chat,
                      .generate = p->generate};
    memcpy(c.request.factor, p->factor[t], sizeof c.request.factor);
    return c;
}

static ropewalk_status add_gates(experiment *e, size_t t, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < N_GATE && !status; i++) {
        rw_condition c = plain(e->plan, t);
        c.request.n_item = gate_items[i];
        status = add(e, &c, true, 0, err);
    }
    return status;
}

/* Lists of every length, at every depth, with every strategy. */
static ropewalk_status add_lengths(experiment *e, size_t t, ropewalk_error *err)
{
    const rw_experiment_plan *p = e->plan;
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < p->n_length + p->n_item && !status; i++) {
        rw_condition c = plain(p, t);
        const int64_t length = i < p->n_length ? p->length[i] : 0;
        if (length)
            status = rw_experiment_fit(&e->lm, &c, length, &c.request.n_item, err);
        else
            c.request.n_item = p->item[i - p->n_length];
        if (!status && c.request.n_item < 2)
            status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                             "%lld tokens are too few for two items of %s and a question",
                             (long long)length, c.task->name);
        for (size_t d = 0; d < (p->n_depth ? p->n_depth : 1) && !status; d++)
            for (size_t s = 0; s < p->n_strategy && !status; s++) {
                c.request.depth = p->n_depth ? p->depth[d] : (double)NAN;
                c.strategy = p->strategy[s];
                c.attend = p->attend && c.strategy == RW_STRATEGY_DIRECT;
                status = add(e, &c, false, length, err);
            }
    }
    return status;
}

/* The same lists near, moved away, behind filler, and both. */
static ropewalk_status add_gaps(experiment *e, size_t t, ropewalk_error *err)
{
    const rw_experiment_plan *p = e->plan;
    rw_condition c = plain(p, t);
    ropewalk_status status = ROPEWALK_OK;
    c.request.n_item = p->gap_item;
    c.gap = 0;
    c.attend = p->attend;
    status = add(e, &c, false, 0, err);
    for (size_t g = 0; g < p->n_gap && !status; g++)
        for (int cell = RW_CELL_DISTANCE; cell < RW_N_CELL_KIND && !status; cell++) {
            if (p->gap[g] == 0) continue; /* that is `near` */
            if (cell == RW_CELL_DISTANCE && !(e->lm.can & RW_LM_DROPS)) continue;
            c.cell = (rw_cell_kind)cell;
            c.gap = p->gap[g];
            status = add(e, &c, false, 0, err);
        }
    return status;
}

/* --- asking --------------------------------------------------------------------------------- */

/* Near before moved, filler after the list before filler before it, short before long, and what
 * stays before what leaves: then each piece of filler is computed once. */
static int64_t rank_of(const rw_condition *c)
{
    if (c->gap < 0) return 0;
    const int64_t by_gap = 2 * c->gap + (c->cell == RW_CELL_DISTANCE);
    return 1 + by_gap + (c->cell == RW_CELL_DILUTION ? INT64_C(1) << 40 : 0);
}

static ropewalk_status make_order(experiment *e, ropewalk_error *err)
{
    const size_t n = e->result->n_group - e->first;
    e->order = rw_array(n + 1, sizeof *e->order);
    if (!e->order) return rw_fail_memory(err, "the order of questions");
    for (size_t i = 0; i < n; i++) {
        const rw_condition *c = &e->condition[e->first + i];
        size_t at = i;
        for (; at > 0; at--) {
            const rw_condition *d = &e->condition[e->first + e->order[at - 1]];
            if (d->task != c->task || rank_of(d) <= rank_of(c)) break;
            e->order[at] = e->order[at - 1];
        }
        e->order[at] = (uint32_t)i;
    }
    return ROPEWALK_OK;
}

/* Item of a stage: all conditions of a list, before those of the next. */
typedef struct asked {
    size_t group;
    uint32_t list, question;
} asked;

static asked asked_of(const experiment *e, int64_t item)
{
    const int64_t n_question = e->plan->n_question,
                  n_group = (int64_t)(e->result->n_group - e->first);
    return (asked){e->first + e->order[item / n_question % n_group],
                   (uint32_t)(item / n_question / n_group),
                   (uint32_t)(item % n_question)};
}

static rw_inquiry *inquiry_of(const experiment *e, int64_t item)
{
    const asked a = asked_of(e, item);
    return &e->result->inquiry[e->result->group[a.group].first +
                               (size_t)a.list * e->plan->n_question + a.question];
}

static ropewalk_status ask(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    experiment *e = ctx;
    const asked a = asked_of(e, item);
    const rw_condition *c = &e->condition[a.group];
    rw_inquiry *out = inquiry_of(e, item);
    (void)worker;
    rw_inquiry_clear(out);
    if (!c->task->one_question)
        return rw_inquiry_run(&e->lm, c, a.list, a.question, out, err);
    /* a list to each question */
    return rw_inquiry_run(&e->lm, c, a.list * e->plan->n_question + a.question, 0, out,
                          err);
}

static void pack(void *ctx, int64_t item, rw_packer *out)
{
    rw_inquiry_pack(inquiry_of(ctx, item), out);
}

static ropewalk_status unpack(void *ctx, int64_t item, rw_unpacker *in,
                              ropewalk_error *err)
{
    return rw_inquiry_unpack(in, inquiry_of(ctx, item), err);
}

static int forward(void *ctx, int64_t done, int64_t total)
{
    const experiment *e = ctx;
    const int stop =
        e->progress ? e->progress(e->progress_ctx, e->stage, done, total) : 0;
    if (stop && e->lm.halt) e->lm.halt(e->lm.ctx);
    return stop;
}

/* What a kept answer belongs to, besides the plan: the conditions asked together. Their number and
 * order place an item, the number of lists does not, so that more can be asked later. */
static ropewalk_status stage_of(const experiment *e, uint32_t *stage, ropewalk_error *err)
{
    rw_packer bytes = {0};
    for (size_t g = e->first; g < e->result->n_group; g++) {
        const rw_condition *c = &e->condition[g];
        rw_pack_bytes(&bytes, c->task->name, strlen(c->task->name) + 1);
        rw_pack_bytes(&bytes, c->request.factor, sizeof c->request.factor);
        rw_pack_u64(&bytes, (uint64_t)c->request.n_item);
        rw_pack_f64(&bytes, c->request.depth);
        rw_pack_u64(&bytes, (uint64_t)c->gap);
        rw_pack_u32(&bytes, (uint32_t)c->strategy << 8 | (uint32_t)c->cell);
        rw_pack_u32(&bytes, e->result->group[g].gate);
    }
    *stage = bytes.failed ? 0 : (uint32_t)rw_digest(0, bytes.bytes, bytes.n) >> 1;
    const bool failed = bytes.failed;
    rw_packer_clear(&bytes);
    return failed ? rw_fail_memory(err, "the conditions of a checkpoint") : ROPEWALK_OK;
}

/* Ask what stands in groups from `first` on. */
static ropewalk_status run_stage(experiment *e, size_t first, rw_journal *journal,
                                 int n_thread, ropewalk_error *err)
{
    rw_task_result *r = e->result;
    const size_t per = (size_t)e->plan->n_list * e->plan->n_question,
                 n = (r->n_group - first) * per;
    if (n == 0 || !e->condition) return ROPEWALK_OK;
    rw_inquiry *grown = rw_realloc(r->inquiry, r->n_inquiry + n, sizeof *grown);
    if (!grown) return rw_fail_memory(err, "answers");
    r->inquiry = grown;
    memset(r->inquiry + r->n_inquiry, 0, n * sizeof *grown);
    for (size_t g = first; g < r->n_group; g++)
        r->group[g].first = r->n_inquiry + (g - first) * per;
    r->n_inquiry += n;
    e->first = first;
    rw_work work = {
        .ctx = e, .n_item = (int64_t)n, .run = ask, .pack = pack, .unpack = unpack};
    ropewalk_status status = make_order(e, err);
    if (!status) status = stage_of(e, &work.stage, err);
    if (!status) status = rw_work_run(&work, journal, NULL, n_thread, forward, e, err);
    rw_free(e->order);
    for (size_t g = first; g < r->n_group && !status; g++)
        status = rw_task_group_finish(&r->group[g], r->inquiry + r->group[g].first,
                                      e->plan->n_question, e->plan->seed, err);
    return status;
}

static ropewalk_status start(experiment *e, ropewalk_error *err)
{
    const rw_experiment_plan *p = e->plan;
    rw_task_result *r = e->result;
    if (p->n_task == 0) return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "no task is named");
    if (p->chat && !(e->lm.can & RW_LM_CHATS))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the model has no chat template: ask it without --chat");
    if (p->attend && !(e->lm.can & RW_LM_ATTENDS))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "attention is told by models that run here, not by a server");
    if (p->n_list < 2 || p->n_list > 10000 || p->n_question < 1 || p->n_question > 1000)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "%u lists of %u questions: 2 to 10000 lists of 1 to 1000 questions "
            "can be asked",
            p->n_list, p->n_question);
    *r = (rw_task_result){.model = e->lm.model,
                          .runtime = e->lm.runtime,
                          .served = e->lm.can & RW_LM_PARALLEL,
                          .weighs = e->lm.can & RW_LM_WEIGHS,
                          .context = e->lm.context,
                          .trained_context = e->lm.trained_context,
                          .n_layer = e->lm.n_layer,
                          .n_head = e->lm.n_head,
                          .attended = p->attend,
                          .estimate_s = (double)NAN,
                          .tokens_a_second = (double)NAN,
                          .seed = p->seed,
                          .n_list = p->n_list,
                          .n_question = p->n_question};
    r->summary = rw_calloc(p->n_task, sizeof *r->summary);
    if (!r->summary) return rw_fail_memory(err, "summaries");
    r->n_summary = p->n_task;
    for (size_t t = 0; t < p->n_task; t++) {
        const rw_condition c = plain(p, t);
        r->summary[t] = (rw_task_summary){.task = p->task[t]->name,
                                          .source = p->task[t]->source,
                                          .what = p->task[t]->what,
                                          .gate_acc = (double)NAN,
                                          .gate_lo = (double)NAN,
                                          .gate_needed = (double)NAN,
                                          .ruler = (double)NAN,
                                          .nolima = (double)NAN};
        write_factors(&c, r->summary[t].factors, sizeof r->summary[t].factors);
    }
    return ROPEWALK_OK;
}

/* The tokens of each condition's first prompt, without asking anything. */
static ropewalk_status price(experiment *e, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    const rw_condition *c = e->condition;
    for (size_t g = 0; c && g < e->result->n_group && !status; g++, c++) {
        int64_t n = -1;
        if (e->lm.can & RW_LM_COUNTS)
            status = count_prompt(&e->lm, c, c->request.n_item, &n, err);
        if (n >= 0) e->result->group[g].n_token = (double)(n + (c->gap > 0 ? c->gap : 0));
    }
    return status;
}

ropewalk_status rw_experiment_run(const rw_experiment_plan *plan, const rw_lm *lm,
                                  rw_journal *journal, int n_thread, bool dry,
                                  ropewalk_progress progress, void *progress_ctx,
                                  rw_task_result *out, ropewalk_error *err)
{
    experiment e = {.plan = plan,
                    .lm = *lm,
                    .result = out,
                    .progress = progress,
                    .progress_ctx = progress_ctx,
                    .stage = "short lists"};
    const int threads = lm->can & RW_LM_PARALLEL ? n_thread : 1;
    ropewalk_status status = start(&e, err);
    if (!status && lm->can & RW_LM_WEIGHS && threads == 1 && !dry) {
        e.lm.priors = rw_calloc(1, sizeof *e.lm.priors);
        if (!e.lm.priors) status = rw_fail_memory(err, "priors");
    }
    for (size_t t = 0; t < plan->n_task && !status && !plan->no_gate; t++)
        status = add_gates(&e, t, err);
    if (!status && !dry) status = run_stage(&e, 0, journal, threads, err);
    for (size_t t = 0; t < plan->n_task && !status && !plan->no_gate && !dry; t++)
        status = rw_task_gate(out, &out->summary[t], err);
    const size_t first = out->n_group;
    for (size_t t = 0; t < plan->n_task && !status; t++) {
        if (!plan->no_gate && !dry && !out->summary[t].passed) continue;
        status = add_lengths(&e, t, err);
        if (!status && plan->n_gap) status = add_gaps(&e, t, err);
    }
    e.stage = "asking";
    if (!status && !dry) status = run_stage(&e, first, journal, threads, err);
    if (!status && dry) status = price(&e, err);
    if (!status && dry && plan->timed && lm->can & RW_LM_WEIGHS) {
        rw_forecast f;
        status = rw_forecast_measure(lm, &f, err);
        if (!status) {
            const double whole = f.token_s + f.token_s_a_depth * 0.5 * f.longest;
            out->estimate_s =
                rw_forecast_seconds(&f, out, plan->generate ? MAX_WRITTEN : 0);
            out->tokens_a_second = whole > 0.0 ? 1.0 / whole : (double)NAN;
        }
    }
    if (!status && !dry) status = rw_task_conclude(out, err);
    rw_free(e.condition);
    rw_free(e.lm.priors);
    if (status) rw_experiment_clear(out);
    return status;
}

void rw_experiment_clear(rw_task_result *r)
{
    for (size_t i = 0; i < r->n_inquiry; i++)
        rw_inquiry_clear(&r->inquiry[i]);
    rw_free(r->inquiry);
    rw_free(r->summary);
    rw_free(r->group);
    rw_free(r->contrast);
    *r = (rw_task_result){0};
}

uint64_t rw_experiment_key(const rw_experiment_plan *p, const char *model)
{
    rw_packer bytes = {0};
    for (size_t t = 0; t < p->n_task; t++) {
        rw_pack_bytes(&bytes, p->task[t]->name, strlen(p->task[t]->name) + 1);
        rw_pack_u32(&bytes, p->task[t]->version);
        for (int f = 0; f < RW_MAX_TASK_FACTOR; f++)
            rw_pack_u32(&bytes, p->factor[t][f]);
    }
    for (size_t i = 0; i < p->n_length; i++)
        rw_pack_u64(&bytes, (uint64_t)p->length[i]);
    rw_pack_u32(&bytes, 1); /* lists are told apart by what stands between them */
    for (size_t i = 0; i < p->n_item; i++)
        rw_pack_u64(&bytes, (uint64_t)p->item[i]);
    rw_pack_u32(&bytes, 2);
    for (size_t i = 0; i < p->n_depth; i++)
        rw_pack_f64(&bytes, p->depth[i]);
    rw_pack_u32(&bytes, 3);
    for (size_t i = 0; i < p->n_strategy; i++)
        rw_pack_u32(&bytes, (uint32_t)p->strategy[i]);
    rw_pack_u32(&bytes, 4);
    for (size_t i = 0; i < p->n_gap; i++)
        rw_pack_u64(&bytes, (uint64_t)p->gap[i]);
    rw_pack_u64(&bytes, (uint64_t)p->gap_item);
    rw_pack_u64(&bytes, (uint64_t)p->window);
    rw_pack_u64(&bytes, p->seed);
    rw_pack_u32(&bytes, 5); /* how items are numbered, and what is kept of each */
    rw_pack_u32(&bytes, p->n_question);
    rw_pack_u32(&bytes, (p->chat ? 1u : 0u) | (p->generate ? 2u : 0u) |
                            (p->attend ? 4u : 0u) | (p->no_gate ? 8u : 0u));
    rw_pack_bytes(&bytes, model, strlen(model));
    const uint64_t key = bytes.failed ? 0 : rw_digest(0, bytes.bytes, bytes.n);
    rw_packer_clear(&bytes);
    return key;
}
