/* task_next.c - the name after a name: neighbours instead of places. */
#include "task/named.h"

enum { N_OPTION = 4 };

static void ask(const rw_task_request *request, uint32_t question, int64_t item,
                rw_text *text, rw_text *instruction, int64_t *option)
{
    char name[8];
    int64_t used[N_OPTION + 1] = {item, item + 1};
    rw_task_name(request, (uint32_t)item, name);
    rw_text_printf(text, "Right after %s comes", name);
    rw_text_printf(instruction,
                   "Which name comes right after %s in the list? Answer with that name.",
                   name);
    option[0] = item + 1;
    for (uint32_t j = 1; j < N_OPTION; j++) {
        option[j] =
            rw_task_other(request, (uint64_t)question * N_OPTION + j, used, j + 1);
        used[j + 1] = option[j]; /* the others must differ from it too */
    }
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    if (request->n_item < N_OPTION + 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "next needs a list of at least %d names, not %lld", N_OPTION + 1,
                       (long long)request->n_item);
    return rw_task_named(request, N_OPTION, 0, 1, ask, out, err);
}

const rw_task rw_task_next = {
    .name = "next",
    .source = "ours",
    .what = "A list of names is given, and the one right after a name asked for.",
    .version = 1,
    .chance = 0.25,
    .make = make,
};
