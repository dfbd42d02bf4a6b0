/* lists.c - what tasks share: questions in memory, and draws that depend on a request alone. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "task/task.h"

const rw_task *rw_task_find(const char *name)
{
    for (size_t i = 0; rw_task_table[i]; i++)
        if (strcmp(rw_task_table[i]->name, name) == 0) return rw_task_table[i];
    return NULL;
}

ropewalk_status rw_task_list_alloc(rw_task_list *list, uint32_t n_question,
                                   uint32_t n_option, ropewalk_error *err)
{
    *list = (rw_task_list){0};
    list->question = rw_calloc(n_question, sizeof *list->question);
    if (!list->question) return rw_fail_memory(err, "questions");
    list->n_question = n_question;
    for (uint32_t i = 0; i < n_question; i++) {
        rw_task_question *q = &list->question[i];
        q->option = rw_calloc(n_option, sizeof *q->option);
        if (!q->option) {
            rw_task_list_clear(list);
            return rw_fail_memory(err, "questions");
        }
        q->n_option = n_option;
    }
    return ROPEWALK_OK;
}

void rw_task_list_clear(rw_task_list *list)
{
    for (uint32_t i = 0; i < list->n_question; i++) {
        rw_task_question *q = &list->question[i];
        for (uint32_t j = 0; q->option && j < q->n_option; j++)
            rw_free(q->option[j]);
        rw_free(q->option);
        rw_free(q->text);
        rw_free(q->instruction);
    }
    rw_free(list->question);
    rw_free(list->text);
    *list = (rw_task_list){0};
}

char *rw_task_take(rw_text *text)
{
    char *s = text->failed || !text->data ? NULL : rw_strndup(text->data, text->len);
    rw_text_clear(text);
    return s;
}

ropewalk_status rw_task_list_check(rw_task_list *list, ropewalk_error *err)
{
    bool whole = list->text != NULL;
    for (uint32_t i = 0; i < list->n_question && whole; i++) {
        const rw_task_question *q = &list->question[i];
        whole = q->text && q->instruction;
        for (uint32_t j = 0; j < q->n_option && whole; j++)
            whole = q->option[j] != NULL;
    }
    if (whole) return ROPEWALK_OK;
    rw_task_list_clear(list);
    return rw_fail_memory(err, "the texts of a list");
}

uint64_t rw_task_random(const rw_task_request *request, rw_task_draw draw, uint64_t index,
                        uint64_t n)
{
    const uint64_t stream = (uint64_t)request->list << 8 | (uint64_t)draw;
    return rw_random_below(request->seed, stream, index, n);
}

void rw_task_shuffle(const rw_task_request *request, rw_task_draw draw, uint32_t *order,
                     uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) { /* Fisher and Yates */
        const uint32_t j = (uint32_t)rw_task_random(request, draw, i, i);
        const uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

uint32_t rw_task_wanted(const rw_task_request *request, uint32_t question,
                        uint32_t n_option)
{
    /* whole rounds of all options; where a round begins differs from list to list */
    const uint64_t first = rw_task_random(request, RW_DRAW_ANSWER, 0, n_option);
    return (uint32_t)((first + question) % n_option);
}

int64_t rw_task_place(const rw_task_request *request, uint32_t question, int64_t n,
                      bool (*fits)(const void *ctx, int64_t item), const void *ctx)
{
    int64_t n_fit = 0, best = -1;
    for (int64_t i = 0; i < n; i++)
        n_fit += fits(ctx, i);
    if (n_fit == 0) return -1;
    if (isnan(request->depth)) {
        int64_t wanted =
            (int64_t)rw_task_random(request, RW_DRAW_PLACE, question, (uint64_t)n_fit);
        for (int64_t i = 0; i < n; i++)
            if (fits(ctx, i) && wanted-- == 0) return i;
    }
    const double target = request->depth * (double)(n - 1);
    for (int64_t i = 0; i < n; i++)
        if (fits(ctx, i) &&
            (best < 0 || fabs((double)i - target) < fabs((double)best - target)))
            best = i;
    return best;
}

int64_t rw_task_other(const rw_task_request *request, uint64_t index, const int64_t *used,
                      uint32_t n)
{
    for (uint64_t attempt = 0;; attempt++) {
        const int64_t item = (int64_t)rw_task_random(
            request, RW_DRAW_OTHER, index << 32 | attempt, (uint64_t)request->n_item);
        uint32_t i = 0;
        while (i < n && used[i] != item)
            i++;
        if (i == n) return item;
    }
}

bool rw_task_span_holds(const void *span, int64_t item)
{
    const rw_task_span *s = span;
    return item >= s->first && item <= s->last;
}
