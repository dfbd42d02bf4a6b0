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
    ropewalk_error err = {0};
    ropewalk_result *result;
    if (ropewalk_list(n_words ? words[0] : "", &result, &err)) return fail(&err);
    return deliver(&c, result);
}
