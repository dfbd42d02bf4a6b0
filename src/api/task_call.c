/* task_call.c - ropewalk_task(): from lists of words to a plan, from a model to one document. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/handle.h"
#include "audit/runner.h"
#include "base/digest.h"
#include "base/json.h"
#include "net/post.h"
#include "report/task_report.h"
#include "task/attention_test.h"
#include "task/experiment.h"
#include "task/lm_local.h"
#include "task/lm_served.h"

void ropewalk_task_params_init(ropewalk_task_params *p)
{
    *p = (ropewalk_task_params){.struct_size = sizeof *p};
}

/* The next of words between separators; false at the end. E_ARGUMENT for one that is too long. */
static bool next_word(const char **at, char separator, char *word, size_t room)
{
    const char set[2] = {separator, '\0'};
    if (!*at) return false;
    const size_t n = strcspn(*at, set);
    (void)snprintf(word, room, "%.*s", (int)(n < room ? n : room - 1), *at);
    *at = (*at)[n] ? *at + n + 1 : NULL;
    return true;
}

static ropewalk_status set_factor(const rw_task *task, char *word, uint32_t *factor,
                                  ropewalk_error *err)
{
    char *value = strchr(word, '=');
    if (value) *value++ = '\0';
    for (int f = 0; value && f < RW_MAX_TASK_FACTOR && task->factor[f].name; f++) {
        if (strcmp(task->factor[f].name, word) != 0) continue;
        for (uint32_t v = 0; task->factor[f].value[v]; v++)
            if (strcmp(task->factor[f].value[v], value) == 0) {
                factor[f] = v;
                return ROPEWALK_OK;
            }
    }
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "task %s has no factor \"%s%s%s\": see `ropewalk list tasks`",
                   task->name, word, value ? "=" : "", value ? value : "");
}

static ropewalk_status read_tasks(const char *list, rw_experiment_plan *plan,
                                  ropewalk_error *err)
{
    char one[256], word[128];
    const char *at = list;
    while (next_word(&at, ',', one, sizeof one)) {
        const char *inner = one;
        (void)next_word(&inner, ':', word, sizeof word);
        const rw_task *task = rw_task_find(word);
        if (!task)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "task \"%s\" is unknown: see `ropewalk list tasks`", word);
        if (plan->n_task == RW_MAX_TASK_AXIS)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d tasks",
                           RW_MAX_TASK_AXIS);
        plan->task[plan->n_task] = task;
        while (next_word(&inner, ':', word, sizeof word)) {
            const ropewalk_status status =
                set_factor(task, word, plan->factor[plan->n_task], err);
            if (status) return status;
        }
        for (size_t t = 0; t < plan->n_task; t++)
            if (plan->task[t] == task &&
                memcmp(plan->factor[t], plan->factor[plan->n_task],
                       sizeof plan->factor[t]) == 0)
                return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "task \"%s\" is named twice",
                               one);
        plan->n_task++;
    }
    return ROPEWALK_OK;
}

static ropewalk_status read_strategies(const char *list, rw_experiment_plan *plan,
                                       ropewalk_error *err)
{
    char word[64];
    const char *at = list;
    while (next_word(&at, ',', word, sizeof word)) {
        int s = 0;
        while (s < RW_N_STRATEGY && strcmp(rw_strategy_name((rw_strategy)s), word) != 0)
            s++;
        if (s == RW_N_STRATEGY)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "strategy \"%s\" is unknown: direct, indexed, chunked, recite",
                           word);
        for (size_t i = 0; i < plan->n_strategy; i++)
            if (plan->strategy[i] == (rw_strategy)s)
                return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                               "strategy \"%s\" is named twice", word);
        plan->strategy[plan->n_strategy++] = (rw_strategy)s;
    }
    return ROPEWALK_OK;
}

/* Numbers of a list, each once and within bounds. */
static ropewalk_status read_numbers(const char *what, const int64_t *list, size_t n,
                                    int64_t lo, int64_t hi, int64_t *out, size_t *n_out,
                                    ropewalk_error *err)
{
    if (n > RW_MAX_TASK_AXIS)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s: more than %d values", what,
                       RW_MAX_TASK_AXIS);
    for (size_t i = 0; i < n; i++) {
        if (list[i] < lo || list[i] > hi)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s %lld must be %lld to %lld",
                           what, (long long)list[i], (long long)lo, (long long)hi);
        for (size_t j = 0; j < i; j++)
            if (list[j] == list[i])
                return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s %lld stands there twice",
                               what, (long long)list[i]);
        out[(*n_out)++] = list[i];
    }
    return ROPEWALK_OK;
}

static ropewalk_status read_plan(const ropewalk_task_params *p, const ropewalk_run *run,
                                 rw_experiment_plan *plan, ropewalk_error *err)
{
    *plan = (rw_experiment_plan){.gap_item = p->gap_item,
                                 .window = p->window,
                                 .n_list = (uint32_t)p->n_list,
                                 .n_question = (uint32_t)p->n_question,
                                 .seed = run->seed,
                                 .chat = p->chat,
                                 .generate = p->generate,
                                 .attend = p->attention || p->audit,
                                 .timed = !run->reproducible,
                                 .no_gate = p->no_gate};
    if (!p->tasks || !p->model)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "name tasks (see `ropewalk list tasks`) and a GGUF file or --endpoint");
    ropewalk_status status = read_tasks(p->tasks, plan, err);
    if (!status && p->strategies) status = read_strategies(p->strategies, plan, err);
    if (!status)
        status = read_numbers("length", p->length, p->n_length, 8, 1 << 24, plan->length,
                              &plan->n_length, err);
    if (!status)
        status = read_numbers("items", p->item, p->n_item, 2, 1 << 20, plan->item,
                              &plan->n_item, err);
    if (!status)
        status = read_numbers("gap", p->gap, p->n_gap, 0, 1 << 24, plan->gap,
                              &plan->n_gap, err);
    if (!status && p->n_depth > RW_MAX_TASK_AXIS)
        status =
            rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d depths", RW_MAX_TASK_AXIS);
    for (size_t i = 0; i < p->n_depth && !status; i++) {
        if (!(p->depth[i] >= 0.0 && p->depth[i] <= 1.0))
            status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "depth %g must be 0 to 1",
                             p->depth[i]);
        else
            plan->depth[plan->n_depth++] = p->depth[i];
    }
    return status;
}

/* Tokens of the longest prompt that the plan names, with room for an answer; 0: not known. */
static int64_t needed_context(const rw_experiment_plan *plan)
{
    int64_t most = 0;
    if (plan->n_item) return 0;
    for (size_t i = 0; i < plan->n_length; i++)
        if (plan->length[i] > most) most = plan->length[i];
    for (size_t i = 0; i < plan->n_gap; i++)
        if (plan->gap[i] + 2048 > most) most = plan->gap[i] + 2048;
    return most ? most + 256 : 0;
}

/* What a checkpoint belongs to: the plan, the bytes of the model's file, and its RoPE. */
static uint64_t key_of(const ropewalk_task_params *p, const rw_experiment_plan *plan,
                       const rw_lm *lm)
{
    uint64_t key = rw_experiment_key(plan, lm->model), digest = 0;
    if (p->endpoint)
        key = rw_digest(key, p->endpoint, strlen(p->endpoint));
    else if (!rw_digest_file(p->model, &digest, NULL))
        key ^= digest;
    for (size_t i = 0; i < p->n_extra; i++)
        key = rw_digest(key, p->extra[i], strlen(p->extra[i]));
    return key;
}

static int ask_to_stop(void *ctx, const char *stage, int64_t done, int64_t total)
{
    const ropewalk_run *run = ctx;
    (void)stage;
    (void)done;
    (void)total;
    return run->progress ? run->progress(run->progress_ctx, NULL, 0, 0) : 0;
}

typedef struct backend {
    rw_lm lm;
    rw_post *post;
    atomic_int stop;
} backend;

static ropewalk_status send_post(void *ctx, const char *path, const char *body,
                                 size_t n_body, int *code, uint64_t *retry_after,
                                 rw_text *answer, ropewalk_error *err)
{
    return rw_post_send(ctx, path, body, n_body, code, retry_after, answer, err);
}

static ropewalk_status open_served(const ropewalk_task_params *p, backend *b,
                                   ropewalk_error *err)
{
    rw_post_options o;
    if (p->n_extra || p->n_gap || p->audit)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%s is for models that run here: a server keeps its cache and its "
                       "RoPE to itself",
                       p->n_gap   ? "--gap"
                       : p->audit ? "--audit"
                                  : p->extra[0]);
    rw_post_options_init(&o);
    o.address = p->endpoint;
    o.key = p->key;
    o.stop = &b->stop;
    if (p->n_request) o.n_connection = p->n_request;
    if (p->answer_s) o.answer_ms = 1000 * p->answer_s;
    const ropewalk_status status = rw_post_open(&o, &b->post, err);
    if (status) return status;
    const rw_lm_served_options served = {.model = p->model,
                                         .chat = p->chat,
                                         .n_attempt = p->n_attempt,
                                         .stop = &b->stop,
                                         .send = send_post,
                                         .send_ctx = b->post};
    return rw_lm_served_open(&served, &b->lm, err);
}

static ropewalk_status open_local(const ropewalk_task_params *p, ropewalk_run *settings,
                                  const rw_experiment_plan *plan, backend *b,
                                  ropewalk_error *err)
{
    char program[4096];
    if (p->key || p->n_request || p->n_attempt || p->answer_s)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "an API key, --requests, --attempts and --timeout are for --endpoint");
    rw_runner_find(p->runner, p->program_dir, program);
    const rw_lm_local_options local = {.program = program,
                                       .model = p->model,
                                       .context =
                                           p->context ? p->context : needed_context(plan),
                                       .n_thread = settings->n_thread,
                                       .extra = p->extra,
                                       .n_extra = p->n_extra,
                                       .progress = ask_to_stop,
                                       .progress_ctx = settings};
    return rw_lm_local_open(&local, &b->lm, err);
}

/* S(m) of the heads of an audit, which must be of a model of the same shape. */
static ropewalk_status read_waves(const ropewalk_task_params *p, const rw_lm *lm,
                                  rw_waves *waves, ropewalk_error *err)
{
    json_t *audit = NULL;
    ropewalk_status status =
        rw_json_parse(p->audit, p->n_audit, "the audit", &audit, err);
    if (!status) status = rw_waves_read(audit, waves, err);
    json_decref(audit);
    if (!status && (waves->n_layer != lm->n_layer || waves->n_head != lm->n_head))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "the audit is of a model of %u layers and %u heads, not of %u "
                         "and %u as the one asked",
                         waves->n_layer, waves->n_head, lm->n_layer, lm->n_head);
    return status;
}

ropewalk_status ropewalk_task(const ropewalk_task_params *p, const ropewalk_run *run,
                              ropewalk_result **result, ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    rw_experiment_plan plan;
    rw_task_result found = {0};
    rw_journal *journal = NULL;
    rw_waves waves = {0};
    backend b = {0};
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (!status) status = read_plan(p, &settings, &plan, err);
    if (status) return status;
    status =
        p->endpoint ? open_served(p, &b, err) : open_local(p, &settings, &plan, &b, err);
    if (!status && p->audit) status = read_waves(p, &b.lm, &waves, err);
    if (!status) {
        rw_experiment_defaults(&plan, &b.lm);
        if (p->checkpoint && !p->dry_run)
            status =
                rw_journal_open(p->checkpoint, key_of(p, &plan, &b.lm), &journal, err);
    }
    if (!status)
        status = rw_experiment_run(&plan, &b.lm, journal, p->n_request ? p->n_request : 4,
                                   p->dry_run, settings.progress, settings.progress_ctx,
                                   &found, err);
    for (size_t i = 0; p->audit && !p->dry_run && i < found.n_summary && !status; i++)
        status = rw_attention_test_run(&found, &found.summary[i], &waves, err);
    if (p->audit)
        (void)snprintf(found.audit, sizeof found.audit, "%s",
                       waves.model[0] ? waves.model : "a model without a name");
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    for (size_t i = 0; i < p->n_extra && !status; i++) {
        const size_t n = strlen(found.overrides);
        (void)snprintf(found.overrides + n, sizeof found.overrides - n, "%s%s",
                       i ? " " : "", p->extra[i]);
    }
    if (!status) {
        rw_task_text(&found, p->dry_run, &(*result)->text);
        if (!p->dry_run) rw_task_samples(&found, &(*result)->csv);
        status = rw_result_finish(result, "task", rw_task_json(&found, p->dry_run),
                                  &settings, err);
    }
    rw_experiment_clear(&found);
    rw_waves_clear(&waves);
    rw_journal_close(journal);
    if (b.lm.ctx) b.lm.close(b.lm.ctx);
    rw_post_close(b.post);
    return status;
}
