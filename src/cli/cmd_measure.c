/* cmd_measure.c - `ropewalk measure`. */
#include <math.h>

#include "cli/cli.h"

int cmd_measure(const command *self, int argc, char **argv)
{
    static int_list contexts, key_rows;
    score_scale scale = {(double)NAN, 0};
    common c;
    ropewalk_measure_params p;
    common_init(&c);
    ropewalk_measure_params_init(&p);
    const option table[] = {
        {"--qk", NULL, "FILE", "safetensors with q and k, or a capture", OPTION_TEXT,
         &p.qk, 0, 0},
        {"--context", "-c", "LIST",
         "contexts, e.g. 8k,128k or 2^10:2^17:x2 (default 8192)", OPTION_INTS, &contexts,
         0, 0},
        DTYPE_OPTION(p),
        EVENTS_OPTION(p),
        ROPE_OPTIONS(p.rope),
        SHAPE_OPTIONS(p),
        {"--score-scale", NULL, "S", "a number, or model (default 1; captures: model)",
         OPTION_SCALE, &scale, 0, 0},
        ZETA_OPTION(p),
        NEAR_ALIAS_OPTION(p),
        HEAD_OPTIONS(p),
        ROW_OPTIONS(p, key_rows),
        COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    if (n_words && !p.qk) p.qk = words[0];
    p.context = contexts.value;
    p.n_context = contexts.n;
    p.key_row = key_rows.value;
    p.n_key_row = key_rows.n;
    p.score_scale = scale.value;
    p.model_scale = scale.model;
    if (outputs_check(&c, &p.qk, 1, &err)) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_measure(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
