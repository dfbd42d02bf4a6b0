/* cmd_inspect.c - `ropewalk inspect`. */
#include "cli/cli.h"

int cmd_inspect(const command *self, int argc, char **argv)
{
    common c;
    int64_t context = 0;
    common_init(&c);
    const option table[] = {{"--context", "-c", "N",
                             "tokens you mean to use (default: the model's own)",
                             OPTION_INT64, &context, 1, (int64_t)1 << 31},
                            COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT,
                          .message = "inspect needs a GGUF file"};
    if (n_words == 0) return fail(&err);
    if (outputs_check(&c, words, n_words, &err)) return fail(&err);
    ropewalk_inspect_params p;
    ropewalk_inspect_params_init(&p);
    p.path = words[0];
    p.context = context;
    ropewalk_result *result;
    if (ropewalk_inspect(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
