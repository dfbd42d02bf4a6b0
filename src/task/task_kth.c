/* task_kth.c - the k-th item of a list, by its index: what P says RoPE must lose with length. */
#include <stdio.h>

#include "base/alloc.h"
#include "task/task.h"

enum { N_DIGIT = 4 };

typedef struct wanted_digit {
    const uint8_t *digit;
    uint8_t wanted;
} wanted_digit;

static bool is_wanted(const void *ctx, int64_t item)
{
    const wanted_digit *w = ctx;
    return w->digit[item] == w->wanted;
}

static bool is_any(const void *ctx, int64_t item)
{
    (void)ctx;
    (void)item;
    return true;
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    rw_text text;
    rw_text_init(&text);
    *out = (rw_task_list){0};
    uint8_t *digit = rw_array((size_t)request->n_item, sizeof *digit);
    size_t *at = rw_array((size_t)request->n_item, sizeof *at);
    ropewalk_status status =
        digit && at ? rw_task_list_alloc(out, request->n_question, N_DIGIT, err)
                    : rw_fail_memory(err, "a list");
    rw_text_append(&text, "arr = [");
    for (int64_t i = 0; i < request->n_item && !status; i++) {
        digit[i] = (uint8_t)rw_task_random(request, RW_DRAW_ITEM, (uint64_t)i, N_DIGIT);
        rw_text_append(&text, i ? ", " : "");
        if (request->indexed) rw_text_printf(&text, "%lld: ", (long long)i);
        at[i] = text.len;
        rw_text_printf(&text, "%d", digit[i]);
    }
    rw_text_append(&text, "]\n");
    if (!status) out->text = rw_task_take(&text);
    for (uint32_t i = 0; i < out->n_question && !status; i++) {
        rw_task_question *q = &out->question[i];
        const wanted_digit wanted = {digit, (uint8_t)rw_task_wanted(request, i, N_DIGIT)};
        q->item = rw_task_place(request, i, request->n_item, is_wanted, &wanted);
        if (q->item < 0) /* a short list without that digit */
            q->item = rw_task_place(request, i, request->n_item, is_any, NULL);
        q->answer = digit[q->item];
        q->first_byte = at[q->item];
        q->end_byte = at[q->item] + 1;
        rw_text_printf(&text, "assert arr[%lld] == ", (long long)q->item);
        q->text = rw_task_take(&text);
        rw_text_printf(&text,
                       "Counting from 0, what is arr[%lld]? Answer with that one digit.",
                       (long long)q->item);
        q->instruction = rw_task_take(&text);
        for (uint32_t j = 0; j < N_DIGIT; j++) {
            rw_text_printf(&text, "%u", j);
            q->option[j] = rw_task_take(&text);
        }
    }
    rw_text_clear(&text);
    rw_free(digit);
    rw_free(at);
    return status ? status : rw_task_list_check(out, err);
}

const rw_task rw_task_kth = {
    .name = "kth",
    .source = "P (arXiv 2605.15514), list indexing",
    .what = "A list of digits 0 to 3 is given, and the one at index k asked for.",
    .version = 1,
    .chance = 0.25,
    .make = make,
};
