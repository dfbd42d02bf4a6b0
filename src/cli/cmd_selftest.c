/* cmd_selftest.c - `ropewalk selftest`. */
#include "cli/cli.h"

int cmd_selftest(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {COMMON_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, NULL, 0, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    ropewalk_result *result;
    if (ropewalk_selftest(&c.run, &result, &err)) return fail(&err);
    const int failures = ropewalk_result_failures(result);
    const int code = deliver(&c, result);
    return code == EXIT_CLEAN && failures ? EXIT_FINDINGS : code;
}
