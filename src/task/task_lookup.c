/* task_lookup.c - the digit beside a name, by the name: a needle on the same kind of list as kth. */
#include "task/digits.h"
#include "task/words.h"

static void label(const rw_task_request *request, int64_t item, rw_text *out)
{
    char name[8];
    rw_task_name(request, (uint32_t)item, name);
    if (request->indexed) rw_text_printf(out, "%lld. ", (long long)item);
    rw_text_printf(out, "%s: ", name);
}

static void ask(const rw_task_request *request, int64_t item, rw_text *text,
                rw_text *instruction)
{
    char name[8];
    rw_task_name(request, (uint32_t)item, name);
    rw_text_printf(text, "%s: ", name); /* as it stands in the list */
    rw_text_printf(instruction,
                   "Which number stands beside %s? Answer with that one digit.", name);
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    static const rw_digit_style style = {
        .between = "\n", .close = "\n", .most = RW_N_NAME, .label = label, .ask = ask};
    return rw_task_digits(request, &style, out, err);
}

const rw_task rw_task_lookup = {
    .name = "lookup",
    .source = "a needle on P's kind of list (ours)",
    .what = "Names with a digit each are given, and the digit of one name asked for.",
    .version = 2,
    .chance = 0.25,
    .windows = true,
    .make = make,
};
