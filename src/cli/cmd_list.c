/* cmd_list.c - `ropewalk list`. */
#include "cli/cli.h"

int cmd_list(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {
        .status = ROPEWALK_E_ARGUMENT,
        .message = "list needs one of mechanisms, models, rules, events, tasks, engines, "
                   "isa"};
    if (n_words == 0) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_list(words[0], &result, &err)) return fail(&err);
    return deliver(&c, result);
}
