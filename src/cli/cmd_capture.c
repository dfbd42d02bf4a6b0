/* cmd_capture.c - `ropewalk capture`. */
#include <stdio.h>

#include "cli/cli.h"

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
        COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT,
                          .message = "capture needs a GGUF file, --text and -o"};
    if (n_words == 0 || !p.text || !c.output) return fail(&err);
    if (c.json) {
        (void)snprintf(err.message, sizeof err.message,
                       "--json: a capture is safetensors, written to -o");
        return fail(&err);
    }
    p.model = words[0];
    p.output = c.output;
    p.program_dir = program_dir();
    if (ropewalk_capture(&p, &c.run, &err)) return fail(&err);
    return EXIT_CLEAN;
}
