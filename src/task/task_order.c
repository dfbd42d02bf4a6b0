/* task_order.c - which of two names comes first: nearer or farther, and nothing else. */
#include "task/named.h"

static void ask(const rw_task_request *request, uint32_t question, int64_t item,
                rw_text *text, rw_text *instruction, int64_t *option)
{
    char first[8], second[8];
    const int64_t other = rw_task_other(request, question, &item, 1);
    option[0] = item < other ? item : other;
    option[1] = item < other ? other : item;
    /* the options' order does not follow the question's: which is named first is drawn */
    const uint64_t turned = rw_task_random(request, RW_DRAW_ORDER, question, 2);
    rw_task_name(request, (uint32_t)option[turned], first);
    rw_task_name(request, (uint32_t)option[1 - turned], second);
    rw_text_printf(text, "Of %s and %s, the one that comes first is", first, second);
    rw_text_printf(instruction,
                   "Which comes first in the list, %s or %s? Answer with that name.",
                   first, second);
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    return rw_task_named(request, 2, 0, 0, ask, out, err);
}

const rw_task rw_task_order = {
    .name = "order",
    .source = "ours",
    .what = "A list of names is given, and which of two comes first asked for.",
    .version = 1,
    .chance = 0.5,
    .make = make,
};
