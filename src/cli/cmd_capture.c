/* cmd_capture.c - `ropewalk capture`. */
#include <stdio.h>

#include "cli/cli.h"

/* "capture needs a GGUF file and -o": only what is not there. */
static void say_missing(int model, int text, int output, ropewalk_error *err)
{
    const char *needs[3];
    size_t n = 0;
    if (!model) needs[n++] = "a GGUF file";
    if (!text) needs[n++] = "--text";
    if (!output) needs[n++] = "-o";
    (void)snprintf(err->message, sizeof err->message, "capture needs %s%s%s%s%s",
                   needs[0], n == 3 ? ", " : "", n == 3 ? needs[1] : "",
                   n > 1 ? " and " : "", n > 1 ? needs[n - 1] : "");
}

int cmd_capture(const command *self, int argc, char **argv)
{
    common c;
    ropewalk_capture_params p;
    common_init(&c);
    ropewalk_capture_params_init(&p);
    const option table[] = {
        {"--text", NULL, "FILE", "the text to run", OPTION_TEXT, &p.text, 0, 0},
        {"--tokens", NULL, "N", "tokens of it (default 2048)", OPTION_INT64, &p.n_token,
         2, 1 << 24},
        {"--positions", NULL, "N", "keep a sample of N positions (default: all)",
         OPTION_INT64, &p.n_position, 2, 1 << 24},
        {"--shuffle", NULL, NULL, "shuffle the tokens with the seed", OPTION_FLAG,
         &p.shuffle, 0, 0},
        {"--rotated", NULL, NULL, "keep the vectors after RoPE too", OPTION_FLAG,
         &p.rotated, 0, 0},
        {"--runner", NULL, "PROGRAM",
         "ropewalk-llama, when not beside ropewalk or in PATH", OPTION_TEXT, &p.runner, 0,
         0},
        OUTPUT_OPTION(c),
        RUN_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT};
    if (n_words == 0 || !p.text || !c.output) {
        say_missing(n_words > 0, p.text != NULL, c.output != NULL, &err);
        return fail(&err);
    }
    p.model = words[0];
    const char *const inputs[] = {p.model, p.text};
    if (outputs_check(&c, inputs, 2, &err)) return fail(&err);
    p.output = c.output;
    p.program_dir = program_dir();
    if (ropewalk_capture(&p, &c.run, &err)) return fail(&err);
    if (!c.quiet) fprintf(stderr, "capture: %s\n", c.output);
    return EXIT_CLEAN;
}
