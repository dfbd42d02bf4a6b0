/* cmd_theory.c - `ropewalk theory`. */
#include <math.h>

#include "cli/cli.h"

int cmd_theory(const command *self, int argc, char **argv)
{
    static int_list contexts, key_rows;
    score_scale scale = {(double)NAN, 0};
    common c;
    ropewalk_theory_params p;
    common_init(&c);
    ropewalk_theory_params_init(&p);
    const option table[] = {
        {"--head-dim", NULL, "D", "dimensions of a head, with --rope-theta", OPTION_INT64,
         &p.head_dim, 1, 4096},
        ROPE_OPTIONS(p.rope),
        SHAPE_OPTIONS(p),
        {"--models", NULL, NULL,
         "league table of the shipped models, or of NAME,NAME,...", OPTION_FLAG,
         &p.models, 0, 0},
        {"--hf-overrides", NULL, "JSON", "merged over a config.json", OPTION_TEXT,
         &p.hf_overrides, 0, 0},
        {"--coefficients", NULL, "LIST",
         "aligned, gaussian, flat, slow-heavy, fast-heavy (default aligned,gaussian)",
         OPTION_TEXT, &p.coefficients, 0, 0},
        {"--draws", NULL, "N", "draws of each family (default 16)", OPTION_INT64,
         &p.n_draw, 1, 10000},
        {"--qk", NULL, "FILE", "vectors instead: safetensors with q and k, or a capture",
         OPTION_TEXT, &p.qk, 0, 0},
        HEAD_OPTIONS(p),
        ROW_OPTIONS(p, key_rows),
        {"--context", "-c", "LIST",
         "contexts, e.g. 8k,128k (default: the model's advertised one, else 8192)",
         OPTION_INTS, &contexts, 0, 0},
        DTYPE_OPTION(p),
        {"--score-scale", NULL, "S", "a number, or model (default 1; captures: model)",
         OPTION_SCALE, &scale, 0, 0},
        ZETA_OPTION(p),
        NEAR_ALIAS_OPTION(p),
        {"--frontier", NULL, NULL,
         "what no query and key of the table can do better (R2), and where vectors lie",
         OPTION_FLAG, &p.frontier, 0, 0},
        {"--base-bound", NULL, NULL,
         "search the bases that pass each context: seconds to half a minute each",
         OPTION_FLAG, &p.base_bound, 0, 0},
        {"--count", NULL, NULL, "exact counts beside the predictions", OPTION_FLAG,
         &p.count, 0, 0},
        {"--count-limit", NULL, "M", "largest context that is counted (default 1m)",
         OPTION_INT64, &p.count_limit, 1, INT64_MAX},
        CSV_OPTION(c),
        COMMON_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, &p.path, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    p.context = contexts.value;
    p.n_context = contexts.n;
    p.key_row = key_rows.value;
    p.n_key_row = key_rows.n;
    p.score_scale = scale.value;
    p.model_scale = scale.model;
    const char *const inputs[] = {p.path, p.qk};
    if (outputs_check(&c, inputs, 2, &err)) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_theory(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
