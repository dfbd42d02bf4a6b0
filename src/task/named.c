/* named.c - a list of names, and options in an order that gives nothing away. */
#include "task/named.h"

#include "base/alloc.h"

ropewalk_status rw_task_named(const rw_task_request *request, uint32_t n_option,
                              int64_t least, int64_t last, rw_named_ask ask,
                              rw_task_list *out, ropewalk_error *err)
{
    const int64_t n = request->n_item;
    rw_text text, instruction;
    char name[8];
    *out = (rw_task_list){0};
    if (n > RW_N_NAME || n < n_option || n < least + last + 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a list of %lld names cannot be made: %u to %d are possible",
                       (long long)n, n_option, RW_N_NAME);
    const ropewalk_status status =
        rw_task_list_alloc(out, request->n_question, n_option, err);
    if (status) return status;
    rw_text_init(&text);
    rw_text_init(&instruction);
    size_t *at = rw_array((size_t)n, sizeof *at);
    int64_t *option = rw_array(n_option, sizeof *option);
    for (int64_t i = 0; i < n && at; i++) {
        if (request->indexed) rw_text_printf(&text, "%lld. ", (long long)i);
        at[i] = text.len;
        rw_task_name(request, (uint32_t)i, name);
        rw_text_printf(&text, "%s\n", name);
    }
    out->text = rw_task_take(&text);
    for (uint32_t i = 0; i < out->n_question && at && option; i++) {
        rw_task_question *q = &out->question[i];
        const rw_task_span inside = {least, n - 1 - last};
        q->item = rw_task_place(request, i, n, rw_task_span_holds, &inside);
        ask(request, i, q->item, &text, &instruction, option);
        q->text = rw_task_take(&text);
        q->instruction = rw_task_take(&instruction);
        q->answer = rw_task_wanted(request, i, n_option);
        q->first_byte = at[option[0]];
        q->end_byte = at[option[0]] + 6;
        for (uint32_t j = 0; j < n_option; j++) {
            rw_task_name(request, (uint32_t)option[j], name);
            const uint32_t place = j == 0 ? q->answer : j <= q->answer ? j - 1 : j;
            rw_text_printf(&text, " %s", name); /* the space belongs to a word's token */
            q->option[place] = rw_task_take(&text);
        }
    }
    rw_free(at);
    rw_free(option);
    return rw_task_list_check(out, err);
}
