/* task_needle.c - one sentence that matters among many that do not, at a depth. */
#include <math.h>

#include "base/alloc.h"
#include "task/words.h"

enum { N_OPTION = 4 };

/* The needle's number and three others, none alike. */
static void draw_numbers(const rw_task_request *request, uint32_t number[N_OPTION])
{
    for (uint32_t i = 0; i < N_OPTION; i++) /* of four digits each, by their first */
        number[i] =
            (uint32_t)(1000 + 2000 * i + rw_task_random(request, RW_DRAW_ITEM, i, 1000));
}

/* Between which sentences it stands. */
static int64_t place(const rw_task_request *request)
{
    const int64_t n = request->n_item;
    if (isnan(request->depth))
        return (int64_t)rw_task_random(request, RW_DRAW_PLACE, 0, (uint64_t)n);
    return (int64_t)(request->depth * (double)(n - 1) + 0.5);
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    const int64_t n = request->n_item;
    rw_text text;
    char name[8];
    uint32_t number[N_OPTION];
    *out = (rw_task_list){0};
    if (request->n_question != 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a text has one needle: ask 1 question a list, not %u",
                       request->n_question);
    const ropewalk_status status = rw_task_list_alloc(out, 1, N_OPTION, err);
    if (status) return status;
    rw_task_question *q = out->question;
    const int64_t at = place(request);
    draw_numbers(request, number);
    q->answer = rw_task_wanted(request, 0, N_OPTION);
    q->item = at;
    rw_task_name(request, 0, name);
    rw_text_init(&text);
    for (int64_t i = 0; i < n; i++) {
        if (i != at) {
            rw_task_filler(request, (uint32_t)i, &text);
            continue;
        }
        rw_text_printf(&text, "The code of %s is ", name);
        q->first_byte = text.len;
        rw_text_printf(&text, "%u", number[q->answer]);
        q->end_byte = text.len;
        rw_text_append(&text, ". ");
    }
    rw_text_append(&text, "\n");
    out->text = rw_task_take(&text);
    rw_text_printf(&text, "The code of %s is ", name);
    q->text = rw_task_take(&text);
    rw_text_printf(&text, "What is the code of %s? Answer with the number alone.", name);
    q->instruction = rw_task_take(&text);
    for (uint32_t j = 0; j < N_OPTION; j++) {
        rw_text_printf(&text, "%u", number[j]);
        q->option[j] = rw_task_take(&text);
    }
    return rw_task_list_check(out, err);
}

const rw_task rw_task_needle = {
    .name = "needle",
    .source = "the needle in a haystack of G. Kamradt (2023), with text made from a seed",
    .what =
        "One sentence with a code stands among sentences that say nothing; the code is "
        "asked for.",
    .version = 1,
    .chance = 0.25,
    .one_question = true,
    .make = make,
};
