/* digits.c - drawing digits, and questions whose answers are evenly spread. */
#include "task/digits.h"

#include "base/alloc.h"

enum { N_DIGIT = 4 };

typedef struct wanted_digit {
    const uint8_t *digit;
    uint8_t wanted; /* N_DIGIT: any */
} wanted_digit;

static bool is_wanted(const void *ctx, int64_t item)
{
    const wanted_digit *w = ctx;
    return w->wanted == N_DIGIT || w->digit[item] == w->wanted;
}

static void ask(const rw_task_request *request, const rw_digit_style *style, uint32_t i,
                const uint8_t *digit, const size_t *at, rw_task_question *q)
{
    rw_text text, instruction;
    rw_text_init(&text);
    rw_text_init(&instruction);
    wanted_digit w = {digit, (uint8_t)rw_task_wanted(request, i, N_DIGIT)};
    q->item = rw_task_place(request, i, request->n_item, is_wanted, &w);
    w.wanted = N_DIGIT; /* a short list may be without that digit */
    if (q->item < 0) q->item = rw_task_place(request, i, request->n_item, is_wanted, &w);
    q->answer = digit[q->item];
    q->first_byte = at[q->item];
    q->end_byte = at[q->item] ? at[q->item] + 1 : 0; /* no list begins with a digit */
    style->ask(request, q->item, &text, &instruction);
    q->text = rw_task_take(&text);
    q->instruction = rw_task_take(&instruction);
    for (uint32_t j = 0; j < N_DIGIT; j++) {
        rw_text_printf(&text, "%u", j);
        q->option[j] = rw_task_take(&text);
    }
}

ropewalk_status rw_task_digits(const rw_task_request *request,
                               const rw_digit_style *style, rw_task_list *out,
                               ropewalk_error *err)
{
    const int64_t n = request->n_item;
    rw_text text;
    *out = (rw_task_list){0};
    if (n > style->most)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a list of %lld items cannot be made: this one has at most %lld",
                       (long long)n, (long long)style->most);
    rw_text_init(&text);
    uint8_t *digit = rw_array((size_t)n, sizeof *digit);
    size_t *at = rw_array((size_t)n, sizeof *at);
    const ropewalk_status status =
        digit && at ? rw_task_list_alloc(out, request->n_question, N_DIGIT, err)
                    : rw_fail_memory(err, "a list");
    const int64_t end = request->end ? request->end : n;
    if (style->open) style->open(request, &text);
    for (int64_t i = 0; i < n && !status; i++) {
        digit[i] = (uint8_t)rw_task_random(request, RW_DRAW_ITEM, (uint64_t)i, N_DIGIT);
        at[i] = 0;
        if (i < request->first || i >= end) continue;
        rw_text_append(&text, i > request->first ? style->between : "");
        style->label(request, i, &text);
        at[i] = text.len;
        rw_text_printf(&text, "%d", digit[i]);
    }
    rw_text_append(&text, style->close);
    if (!status) out->text = rw_task_take(&text);
    for (uint32_t i = 0; i < out->n_question && !status; i++)
        ask(request, style, i, digit, at, &out->question[i]);
    rw_text_clear(&text);
    rw_free(digit);
    rw_free(at);
    return status ? status : rw_task_list_check(out, err);
}
