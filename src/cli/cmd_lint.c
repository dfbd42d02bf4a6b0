/* cmd_lint.c - `ropewalk lint`. */
#include "cli/cli.h"

int cmd_lint(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    const ropewalk_error err = {.status = ROPEWALK_E_UNSUPPORTED,
                                .message = "lint is not in this build"};
    return fail(&err);
}
