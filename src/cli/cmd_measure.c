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
        {"--dtype", NULL, "LIST", "bf16,f16,f32,e4m3,e5m2 (default bf16)", OPTION_TEXT,
         &p.dtypes, 0, 0},
        {"--events", NULL, "LIST", "names of `ropewalk list events` (default all)",
         OPTION_TEXT, &p.events, 0, 0},
        ROPE_OPTIONS(p.rope),
        {"--pairs", NULL, "NAME", "half (default) or interleaved", OPTION_TEXT, &p.pairs,
         0, 0},
        {"--rotary-dim", NULL, "N", "rotated dimensions, the first ones (default: all)",
         OPTION_INT64, &p.rotary_dim, 0, 4096},
        {"--score-scale", NULL, "S", "a number, or model (default 1; captures: model)",
         OPTION_SCALE, &scale, 0, 0},
        {"--zeta", NULL, "Z", "threshold of positional insensitivity (default 0.01)",
         OPTION_REAL, &p.zeta, 0, 0},
        {"--near-alias", NULL, "X", "score distance of near aliasing (default 0.1)",
         OPTION_REAL, &p.near_alias, 0, 0},
        {"--layer", NULL, "L", "layer of a capture", OPTION_INT, &p.layer, 0, 1000000},
        {"--head", NULL, "H", "query head of a capture", OPTION_INT, &p.head, 0, 1000000},
        {"--query-row", NULL, "R", "row of the query (default: the last)", OPTION_INT64,
         &p.query_row, 0, INT64_MAX},
        {"--key-rows", NULL, "LIST",
         "rows of the keys (default: the eight before the query)", OPTION_INTS, &key_rows,
         0, 0},
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
