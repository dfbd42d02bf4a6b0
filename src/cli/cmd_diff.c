/* cmd_diff.c - `ropewalk diff`. */
#include "cli/cli.h"

int cmd_diff(const command *self, int argc, char **argv)
{
    static int_list positions;
    const char *threshold = "error";
    common c;
    ropewalk_diff_params p;
    common_init(&c);
    ropewalk_diff_params_init(&p);
    const option table[] = {
        {"--engine", NULL, "LIST",
         "what each would run for A, the first being the reference: all, or of "
         "`ropewalk list engines`",
         OPTION_TEXT, &p.engines, 0, 0},
        {"--executed", NULL, "FILE", "a capture: what was executed, against A",
         OPTION_TEXT, &p.executed, 0, 0},
        {"--target-context", "--context", "N",
         "tokens served (default: the advertised context)", OPTION_INT64,
         &p.target_context, 1, INT64_C(1) << 31},
        {"--positions", NULL, "LIST",
         "where phases are compared (default: 4k,32k, the advertised and the target "
         "context)",
         OPTION_INTS, &positions, 0, 0},
        {"--hf-overrides", NULL, "JSON", "merged over A's config.json", OPTION_TEXT,
         &p.hf_overrides, 0, 0},
        {"--fail-on", NULL, "NAME",
         "exit code 1 from error (default), warn, info, or never", OPTION_TEXT,
         &threshold, 0, 0},
        ROPE_OPTIONS(p.rope),
        COMMON_OPTIONS(c)};
    const char *words[2] = {NULL, NULL};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 2, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT,
                          .message = "diff needs A and B, or A with --engine or "
                                     "--executed"};
    if (n_words == 0) return fail(&err);
    const int least = fail_on(threshold, &err);
    if (least < 0) return fail(&err);
    const char *inputs[] = {words[0], words[1], p.executed};
    if (outputs_check(&c, inputs, 3, &err)) return fail(&err);
    p.a = words[0];
    p.b = words[1];
    p.position = positions.value;
    p.n_position = positions.n;
    ropewalk_result *result;
    if (ropewalk_diff(&p, &c.run, &result, &err)) return fail(&err);
    const int found = ropewalk_result_findings(result, least);
    const int code = deliver(&c, result);
    return code == EXIT_CLEAN && found > 0 ? EXIT_FINDINGS : code;
}
