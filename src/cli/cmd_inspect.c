/* cmd_inspect.c - `ropewalk inspect`. */
#include "cli/cli.h"

int cmd_inspect(const command *self, int argc, char **argv)
{
    common c;
    ropewalk_inspect_params p;
    common_init(&c);
    ropewalk_inspect_params_init(&p);
    const option table[] = {
        {"--context", "-c", "N", "tokens you mean to use (default: the model's own)",
         OPTION_INT64, &p.context, 1, (int64_t)1 << 31},
        {"--length", NULL, "N",
         "tokens so far, for tables that grow with them (default: --context)",
         OPTION_INT64, &p.length, 1, (int64_t)1 << 31},
        {"--engine", NULL, "NAME",
         "whose rules: a name of `ropewalk list engines` (default: the file kind's own)",
         OPTION_TEXT, &p.engine, 0, 0},
        {"--precision", NULL, "LIST",
         "cost of evaluating angles: f32_product,ggml_f32,bf16_position,... or all",
         OPTION_TEXT, &p.precision, 0, 0},
        {"--hf-overrides", NULL, "JSON", "an object merged over the config.json",
         OPTION_TEXT, &p.hf_overrides, 0, 0},
        ROPE_OPTIONS(p.rope),
        COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {
        .status = ROPEWALK_E_ARGUMENT,
        .message = "inspect needs a GGUF file, a config.json, a folder with one, their "
                   "http(s) address, or model:NAME"};
    if (n_words == 0) return fail(&err);
    if (outputs_check(&c, words, n_words, &err)) return fail(&err);
    p.path = words[0];
    ropewalk_result *result;
    if (ropewalk_inspect(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
