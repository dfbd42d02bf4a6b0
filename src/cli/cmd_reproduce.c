/* cmd_reproduce.c - `ropewalk reproduce`. */
#include "cli/cli.h"

int cmd_reproduce(const command *self, int argc, char **argv)
{
    common c;
    ropewalk_reproduce_params p;
    common_init(&c);
    ropewalk_reproduce_params_init(&p);
    const option table[] = {
        {"--output", "-o", "DIR",
         "write reproduction.md and reproduction/*.svg in this folder", OPTION_TEXT,
         &p.folder, 0, 0},
        {"--audit", NULL, "REPORT.json", "an audit, for the claims about a real model",
         OPTION_TEXT, &p.audit, 0, 0},
        {"--only", NULL, "LIST", "these claims, by name", OPTION_TEXT, &p.only, 0, 0},
        {"--quick", NULL, NULL, "short contexts and few draws: a test, no verdict",
         OPTION_FLAG, &p.quick, 0, 0},
        JSON_OPTION(c),
        RUN_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, NULL, 0, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    if (outputs_check(&c, &p.audit, 1, &err)) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_reproduce(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
