/* task_kth.c - the k-th item of a list, by its index: what P says RoPE must lose with length. */
#include "task/digits.h"

static void open(const rw_task_request *request, rw_text *out)
{
    if (request->end)
        rw_text_printf(out, "arr[%lld:%lld] = [", (long long)request->first,
                       (long long)request->end);
    else
        rw_text_append(out, "arr = [");
}

static void label(const rw_task_request *request, int64_t item, rw_text *out)
{
    if (request->indexed) rw_text_printf(out, "%lld: ", (long long)item);
}

static void ask(const rw_task_request *request, int64_t item, rw_text *text,
                rw_text *instruction)
{
    (void)request;
    rw_text_printf(text, "assert arr[%lld] == ", (long long)item);
    rw_text_printf(instruction,
                   "Counting from 0, what is arr[%lld]? Answer with that one digit.",
                   (long long)item);
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    static const rw_digit_style style = {.open = open,
                                         .between = ", ",
                                         .close = "]\n",
                                         .most = 1 << 24,
                                         .label = label,
                                         .ask = ask};
    return rw_task_digits(request, &style, out, err);
}

const rw_task rw_task_kth = {
    .name = "kth",
    .source = "P (arXiv 2605.15514), list indexing",
    .what = "A list of digits 0 to 3 is given, and the one at index k asked for.",
    .version = 1,
    .chance = 0.25,
    .windows = true,
    .make = make,
};
