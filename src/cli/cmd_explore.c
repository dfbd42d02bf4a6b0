/* cmd_explore.c - `ropewalk explore`. */
#include "cli/cli.h"

int cmd_explore(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {OUTPUT_OPTION(c), RUN_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, NULL, 0, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    if (outputs_check(&c, NULL, 0, &err)) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_explore(&result, &err)) return fail(&err);
    return deliver_document(&c, result);
}
