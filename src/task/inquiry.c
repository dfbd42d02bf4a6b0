/* inquiry.c - prompts for strategies and cells, and answers judged. */
#include "task/inquiry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "task/priors.h"
#include "task/words.h"

enum { N_FILLER_SENTENCE = 64, MAX_WRITTEN = 24, MAX_RECITED = 96 };

const char *rw_strategy_name(rw_strategy strategy)
{
    static const char *const name[RW_N_STRATEGY] = {"direct", "indexed", "chunked",
                                                    "recite"};
    return name[strategy];
}

const char *rw_cell_kind_name(rw_cell_kind kind)
{
    static const char *const name[RW_N_CELL_KIND] = {"near", "distance", "dilution",
                                                     "both"};
    return name[kind];
}

/* --- judging -------------------------------------------------------------------------------- */

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           c == '_' || (unsigned char)c >= 0x80;
}

/* Whether `word` stands in `words` with no letter or digit beside it. */
static bool stands_in(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; n && (at = strstr(at, word)) != NULL; at++) {
        const bool before = at > words && is_word_byte(at[-1]) && is_word_byte(word[0]);
        const bool after = is_word_byte(at[n]) && is_word_byte(word[n - 1]);
        if (!before && !after) return true;
    }
    return false;
}

static const char *bare(const char *option)
{
    return option + (*option == ' ');
}

void rw_inquiry_judge(const char *words, char *const *option, uint32_t n_option,
                      uint32_t answer, bool *strict, bool *lenient)
{
    static const char around[] = " \t\r\n\"'`.";
    const char *right = bare(option[answer]);
    size_t first = strspn(words, around), end = strlen(words);
    while (end > first && strchr(around, words[end - 1]))
        end--;
    *strict =
        end - first == strlen(right) && memcmp(words + first, right, end - first) == 0;
    *lenient = stands_in(words, right);
    for (uint32_t i = 0; i < n_option; i++)
        if (i != answer && stands_in(words, bare(option[i]))) *lenient = false;
    *lenient = *lenient || *strict;
}

/* --- asking --------------------------------------------------------------------------------- */

typedef struct asking {
    const rw_lm *lm;
    const rw_condition *c;
    rw_inquiry *out;
    const rw_task_question *question;
    rw_text filler;
    ropewalk_error *err;
} asking;

/* A refusal is a result; a model that is gone, no memory and Ctrl-C end everything. */
static ropewalk_status refuse(asking *a, ropewalk_status status)
{
    if (status != ROPEWALK_E_UNSUPPORTED && status != ROPEWALK_E_ARGUMENT) return status;
    (void)snprintf(a->out->refused, sizeof a->out->refused, "%s", a->err->message);
    return ROPEWALK_OK;
}

static void add(rw_lm_prompt *p, const char *text, int64_t n_token, bool drop)
{
    p->segment[p->n_segment++] = (rw_lm_segment){text, n_token, drop};
}

static const char *question_text(const asking *a)
{
    return a->c->chat ? a->question->instruction : a->question->text;
}

/* The list with its filler, up to where the question begins. */
static void put_list(const asking *a, const rw_task_list *list, rw_lm_prompt *p)
{
    const rw_condition *c = a->c;
    *p = (rw_lm_prompt){.chat = c->chat};
    if (c->cell == RW_CELL_DILUTION && c->gap > 0) {
        add(p, a->filler.data, c->gap, false);
        add(p, "\n", -1, false);
    }
    if (c->attend && a->question->end_byte) {
        p->attend_segment = p->n_segment;
        p->attend_first = a->question->first_byte;
        p->attend_end = a->question->end_byte;
    }
    add(p, list->text, -1, false);
    if (c->gap < 0)
        return; /* no experiment with distance: the question follows at once */
    if ((c->cell == RW_CELL_DISTANCE || c->cell == RW_CELL_BOTH) && c->gap > 0)
        add(p, a->filler.data, c->gap, c->cell == RW_CELL_DISTANCE);
    add(p, "\n", -1, false);
}

static void count_tokens(asking *a, const rw_lm_usage *u, bool main_prompt)
{
    rw_inquiry *t = a->out;
    if (u->n_prompt_token < 0) {
        t->n_all_token = -1;
        return;
    }
    if (main_prompt && u->n_prompt_token > t->n_token) t->n_token = u->n_prompt_token;
    if (t->n_all_token >= 0)
        t->n_all_token +=
            u->n_prompt_token + (u->n_answer_token > 0 ? u->n_answer_token : 0);
}

static ropewalk_status weigh(asking *a, const rw_lm_prompt *p, double *out,
                             double *attention, bool counted)
{
    const char *option[RW_MAX_TASK_OPTION];
    rw_lm_usage usage = {-1, -1, 0, false, -1};
    for (uint32_t i = 0; i < a->question->n_option; i++)
        option[i] = a->c->chat ? bare(a->question->option[i]) : a->question->option[i];
    const ropewalk_status status = a->lm->weigh(
        a->lm->ctx, p, option, a->question->n_option, out, attention, &usage, a->err);
    if (!status && counted) count_tokens(a, &usage, true);
    if (!status && attention) a->out->distance = usage.attended_distance;
    return status;
}

/* The answer less the best other, both less their priors; *best is the option that leads. */
static double margin_of(const rw_inquiry *t, const double *weight, uint32_t *best,
                        double *lead)
{
    double most = (double)-INFINITY, second = (double)-INFINITY,
           other = (double)-INFINITY;
    *best = 0;
    for (uint32_t i = 0; i < t->n_option; i++) {
        const double w = weight[i] - t->prior[i];
        if (w > most) {
            second = most;
            most = w;
            *best = i;
        } else if (w > second) {
            second = w;
        }
        if (i != t->answer && w > other) other = w;
    }
    *lead = most - second;
    return weight[t->answer] - t->prior[t->answer] - other;
}

/* Weigh the options after one prompt; the last segment of *p is the question. */
static ropewalk_status weigh_once(asking *a, const rw_lm_prompt *p, double *lead)
{
    double weight[RW_MAX_TASK_OPTION];
    uint32_t best;
    const ropewalk_status status =
        weigh(a, p, weight, p->attend_end ? a->out->attention : NULL, true);
    if (status) return status;
    double led;
    const double margin = margin_of(a->out, weight, &best, &led);
    if (!(led > *lead)) return ROPEWALK_OK; /* of windows, the surest speaks */
    *lead = led;
    a->out->margin = margin;
    memcpy(a->out->log_likelihood, weight, a->out->n_option * sizeof *weight);
    return ROPEWALK_OK;
}

static ropewalk_status write_once(asking *a, const rw_lm_prompt *p, bool counted)
{
    static const char *const stop[] = {"\n", NULL};
    rw_lm_usage usage = {-1, -1, 0, false, -1};
    rw_text words;
    rw_text_init(&words);
    rw_text_append(&words, "");
    ropewalk_status status = a->lm->generate(
        a->lm->ctx, p, MAX_WRITTEN, a->c->chat ? NULL : stop, &words, &usage, a->err);
    if (!status && words.failed) status = rw_fail_memory(a->err, "an answer");
    if (!status) {
        rw_inquiry *t = a->out;
        if (counted || usage.n_answer_token > 0)
            count_tokens(a,
                         &(rw_lm_usage){counted ? usage.n_prompt_token : 0, 0,
                                        usage.n_answer_token, false, -1},
                         counted);
        t->generated = true;
        (void)snprintf(t->text, sizeof t->text, "%s", words.data);
        rw_inquiry_judge(words.data, a->question->option, t->n_option, t->answer,
                         &t->strict, &t->lenient);
    }
    rw_text_clear(&words);
    return status;
}

static ropewalk_status answer(asking *a, rw_lm_prompt *p, double *lead)
{
    const bool weighs = a->lm->can & RW_LM_WEIGHS;
    const double before = *lead;
    ropewalk_status status = ROPEWALK_OK;
    add(p, question_text(a), -1, false);
    for (uint32_t i = 0; i < p->n_segment; i++)
        a->out->digest =
            rw_digest(a->out->digest, p->segment[i].text, strlen(p->segment[i].text));
    if (weighs) status = weigh_once(a, p, lead);
    if (!status && a->c->generate && (!weighs || *lead > before))
        status = write_once(a, p, !weighs);
    return status;
}

static ropewalk_status prior(asking *a, double *out)
{
    rw_lm_prompt p = {.chat = a->c->chat};
    rw_priors *kept = a->lm->priors;
    const uint32_t n = a->question->n_option;
    const uint64_t key =
        rw_prior_key(question_text(a), (const char *const *)a->question->option, n);
    if (kept && rw_priors_find(kept, key, n, out)) return ROPEWALK_OK;
    add(&p, question_text(a), -1, false);
    const ropewalk_status status = weigh(a, &p, out, NULL, false);
    if (kept && !status) rw_priors_keep(kept, key, n, out);
    return status;
}

/* Of every question of the list that is not known yet, so that the list is then read once. */
static ropewalk_status priors(asking *a, const rw_task_list *list)
{
    double unused[RW_MAX_TASK_OPTION];
    const rw_task_question *mine = a->question;
    ropewalk_status status = prior(a, a->out->prior);
    for (uint32_t i = 0; i < list->n_question && a->lm->priors && !status; i++) {
        a->question = &list->question[i];
        status = prior(a, unused);
        if (status == ROPEWALK_E_UNSUPPORTED)
            status = ROPEWALK_OK; /* its own to refuse */
    }
    a->question = mine;
    return status;
}

/* Every window by itself. */
static ropewalk_status run_windows(asking *a, rw_task_request request, uint32_t question)
{
    const int64_t n = request.n_item, width = a->c->window;
    double lead = (double)-INFINITY;
    ropewalk_status status = ROPEWALK_OK;
    for (int64_t first = 0; first < n && !status; first += width) {
        rw_task_list list;
        rw_lm_prompt p;
        request.first = first;
        request.end = first + width < n ? first + width : n;
        status = a->c->task->make(&request, &list, a->err);
        if (status) break;
        a->question = &list.question[question];
        put_list(a, &list, &p);
        p.attend_end = 0;
        status = answer(a, &p, &lead);
        rw_task_list_clear(&list);
    }
    a->question = NULL;
    return status;
}

/* First the model says again what the question needs, then it sees nothing but that. */
static ropewalk_status run_recite(asking *a, const rw_task_list *list)
{
    static const char *const stop[] = {"\n\n", NULL};
    rw_lm_usage usage = {-1, -1, 0, false, -1};
    double lead = (double)-INFINITY;
    rw_lm_prompt p;
    rw_text recall, said;
    rw_text_init(&recall);
    rw_text_init(&said);
    if (a->c->chat)
        rw_text_printf(
            &recall,
            "%s\nDo not answer yet. Copy the part of the text above that is needed "
            "to answer, word for word.",
            question_text(a));
    else
        rw_text_append(&recall, "The part of it that is needed, copied:\n");
    put_list(a, list, &p);
    p.attend_end = 0;
    if (!a->c->chat) {
        add(&p, question_text(a), -1, false);
        add(&p, "?\n", -1, false);
    }
    add(&p, recall.data, -1, false);
    ropewalk_status status = recall.failed ? rw_fail_memory(a->err, "a prompt")
                                           : a->lm->generate(a->lm->ctx, &p, MAX_RECITED,
                                                             stop, &said, &usage, a->err);
    if (!status) {
        count_tokens(a, &usage, true);
        rw_text_append(&said, "\n");
        p = (rw_lm_prompt){.chat = a->c->chat};
        add(&p, said.data, -1, false);
        status = said.failed ? rw_fail_memory(a->err, "a prompt") : answer(a, &p, &lead);
    }
    rw_text_clear(&recall);
    rw_text_clear(&said);
    return status;
}

static ropewalk_status run(asking *a, const rw_task_request *request, uint32_t question)
{
    double lead = (double)-INFINITY;
    rw_task_list list;
    rw_lm_prompt p;
    ropewalk_status status = a->c->task->make(request, &list, a->err);
    if (status) return status;
    rw_inquiry *t = a->out;
    const rw_task_question *q = a->question = &list.question[question];
    t->n_option = q->n_option;
    t->answer = q->answer;
    t->item = q->item;
    for (uint32_t i = 0; i < q->n_option; i++)
        t->digest = rw_digest(t->digest, q->option[i], strlen(q->option[i]));
    if (a->lm->can & RW_LM_WEIGHS) status = priors(a, &list);
    if (!status && a->c->strategy == RW_STRATEGY_CHUNKED) {
        status = run_windows(a, *request, question);
    } else if (!status && a->c->strategy == RW_STRATEGY_RECITE) {
        status = run_recite(a, &list);
    } else if (!status) {
        put_list(a, &list, &p);
        status = answer(a, &p, &lead);
    }
    rw_task_list_clear(&list);
    return status;
}

static ropewalk_status check(const rw_lm *lm, const rw_condition *c, ropewalk_error *err)
{
    if (c->strategy == RW_STRATEGY_CHUNKED && !c->task->windows)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "a window of the list of %s does not say where it belongs: chunked is "
            "for kth and lookup",
            c->task->name);
    if (c->strategy == RW_STRATEGY_CHUNKED && c->window < 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a window of %lld items is none",
                       (long long)c->window);
    if (c->cell == RW_CELL_DISTANCE && c->gap > 0 && !(lm->can & RW_LM_DROPS))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "a list cannot be moved away without filler on a served model");
    if (c->chat && !(lm->can & RW_LM_CHATS))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "the model has no chat template");
    if (!(lm->can & RW_LM_WEIGHS) && !c->generate)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "this model cannot weigh options: it has to write");
    return ROPEWALK_OK;
}

ropewalk_status rw_inquiry_run(const rw_lm *lm, const rw_condition *condition,
                               uint32_t list, uint32_t question, rw_inquiry *out,
                               ropewalk_error *err)
{
    ropewalk_error local = {0};
    asking a = {.lm = lm, .c = condition, .out = out, .err = err ? err : &local};
    rw_task_request request = condition->request;
    *out = (rw_inquiry){.n_token = -1, .margin = (double)NAN, .distance = -1};
    for (uint32_t i = 0; i < RW_MAX_TASK_OPTION; i++)
        out->log_likelihood[i] = out->prior[i] = (double)NAN;
    request.list = list;
    request.indexed = condition->strategy == RW_STRATEGY_INDEXED;
    rw_text_init(&a.filler);
    ropewalk_status status = check(lm, condition, a.err);
    if (!status && condition->gap > 0) {
        for (uint32_t i = 0; i < N_FILLER_SENTENCE; i++)
            rw_task_filler(&request, i, &a.filler);
        if (a.filler.failed) status = rw_fail_memory(a.err, "filler");
    }
    if (!status && condition->attend && lm->n_layer) {
        out->n_attention = lm->n_layer * lm->n_head;
        out->attention = rw_calloc(out->n_attention, sizeof *out->attention);
        if (!out->attention) status = rw_fail_memory(a.err, "attention");
    }
    if (!status) status = run(&a, &request, question);
    if (status) status = refuse(&a, status);
    rw_text_clear(&a.filler);
    if (status) rw_inquiry_clear(out);
    return status;
}

void rw_inquiry_clear(rw_inquiry *t)
{
    rw_free(t->attention);
    *t = (rw_inquiry){0};
}

/* --- as bytes ------------------------------------------------------------------------------- */

static void pack_text(rw_packer *out, const char *text)
{
    const size_t n = strlen(text);
    rw_pack_u64(out, n);
    rw_pack_bytes(out, text, n);
}

static void unpack_text(rw_unpacker *in, char *text, size_t room)
{
    const size_t n = (size_t)rw_unpack_count(in, (int64_t)room - 1);
    if (in->failed || n > in->n - in->at || memchr(in->bytes + in->at, '\0', n)) {
        in->failed = 1;
        return;
    }
    memcpy(text, in->bytes + in->at, n);
    text[n] = '\0';
    in->at += n;
}

void rw_inquiry_pack(const rw_inquiry *t, rw_packer *out)
{
    rw_pack_u64(out, t->n_option);
    rw_pack_u32(out, t->answer);
    rw_pack_u64(out, (uint64_t)t->item);
    rw_pack_u64(out, (uint64_t)t->n_token);
    rw_pack_u64(out, (uint64_t)t->n_all_token);
    rw_pack_u64(out, t->digest);
    rw_pack_f64(out, t->margin);
    for (uint32_t i = 0; i < t->n_option; i++) {
        rw_pack_f64(out, t->log_likelihood[i]);
        rw_pack_f64(out, t->prior[i]);
    }
    rw_pack_u32(out, (t->generated ? 1u : 0u) | (t->strict ? 2u : 0u) |
                         (t->lenient ? 4u : 0u));
    pack_text(out, t->text);
    pack_text(out, t->refused);
    rw_pack_u64(out, (uint64_t)t->distance);
    rw_pack_u64(out, t->n_attention);
    for (uint32_t i = 0; i < t->n_attention; i++)
        rw_pack_f64(out, t->attention[i]);
}

ropewalk_status rw_inquiry_unpack(rw_unpacker *in, rw_inquiry *t, ropewalk_error *err)
{
    *t = (rw_inquiry){0};
    t->n_option = (uint32_t)rw_unpack_count(in, RW_MAX_TASK_OPTION);
    t->answer = rw_unpack_u32(in);
    t->item = (int64_t)rw_unpack_u64(in);
    t->n_token = (int64_t)rw_unpack_u64(in);
    t->n_all_token = (int64_t)rw_unpack_u64(in);
    t->digest = rw_unpack_u64(in);
    t->margin = rw_unpack_f64(in);
    for (uint32_t i = 0; i < RW_MAX_TASK_OPTION; i++)
        t->log_likelihood[i] = t->prior[i] = (double)NAN;
    for (uint32_t i = 0; i < t->n_option; i++) {
        t->log_likelihood[i] = rw_unpack_f64(in);
        t->prior[i] = rw_unpack_f64(in);
    }
    const uint32_t flags = rw_unpack_u32(in);
    t->generated = flags & 1;
    t->strict = flags & 2;
    t->lenient = flags & 4;
    unpack_text(in, t->text, sizeof t->text);
    unpack_text(in, t->refused, sizeof t->refused);
    t->distance = (int64_t)rw_unpack_u64(in);
    t->n_attention = (uint32_t)rw_unpack_count(in, (int64_t)((in->n - in->at) / 8));
    if (t->n_attention) {
        t->attention = rw_array(t->n_attention, sizeof *t->attention);
        if (!t->attention) {
            *t = (rw_inquiry){0};
            return rw_fail_memory(err, "attention");
        }
        for (uint32_t i = 0; i < t->n_attention; i++)
            t->attention[i] = rw_unpack_f64(in);
    }
    if (rw_unpack_complete(in) && flags < 8 &&
        (t->n_option == 0 || t->answer < t->n_option))
        return ROPEWALK_OK;
    rw_inquiry_clear(t);
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "a kept answer is none");
}
