/* cmd_sweep.c - `ropewalk sweep`. */
#include <math.h>

#include "cli/cli.h"

int cmd_sweep(const command *self, int argc, char **argv)
{
    static real_list bases;
    static int_list dims, contexts;
    score_scale scale = {(double)NAN, 0};
    common c;
    ropewalk_sweep_params p;
    common_init(&c);
    ropewalk_sweep_params_init(&p);
    const option table[] = {
        {"--rope-theta", "--rope-freq-base", "LIST",
         "bases, e.g. 1e4,5e5 or 1e3:1e8:log:26 or 2^13:2^20:x2 (required)", OPTION_REALS,
         &bases, 0, 0},
        {"--context", "-c", "LIST",
         "contexts, e.g. 8k,128k or 2^10:2^17:x2 (default 8192)", OPTION_INTS, &contexts,
         0, 0},
        {"--head-dim", NULL, "LIST", "dimensions of a head (default 128)", OPTION_INTS,
         &dims, 0, 0},
        DTYPE_OPTION(p),
        EVENTS_OPTION(p),
        {"--coefficients", NULL, "LIST",
         "aligned,gaussian,flat,slow-heavy,fast-heavy (default aligned,gaussian)",
         OPTION_TEXT, &p.coefficients, 0, 0},
        {"--draws", NULL, "N", "draws of coefficients (default 16)", OPTION_INT,
         &p.n_draw, 1, 1 << 20},
        {"--qk", NULL, "FILE",
         "real vectors instead, under bases that are not theirs: q and k, or a capture",
         OPTION_TEXT, &p.qk, 0, 0},
        HEAD_OPTIONS(p),
        {"--rope-scaling", NULL, "LIST",
         "none,linear,yarn,...: see `ropewalk list mechanisms`", OPTION_TEXT, &p.scalings,
         0, 0},
        SCALING_OPTIONS(p.rope),
        SHAPE_OPTIONS(p),
        {"--score-scale", NULL, "S", "a number, or model: 1/sqrt(head_dim) (default 1)",
         OPTION_SCALE, &scale, 0, 0},
        ZETA_OPTION(p),
        {"--loss", NULL, "NAME",
         "max or sum of position and token inversion (default max)", OPTION_TEXT, &p.loss,
         0, 0},
        {"--threshold", NULL, "P",
         "a base keeps both when neither rate is above this (default 0.25)", OPTION_REAL,
         &p.threshold, 0, 0},
        {"--models", NULL, "LIST",
         "models as points beside the curves: names, all (of the head_dims, default) or "
         "none",
         OPTION_TEXT, &p.models, 0, 0},
        {"--checkpoint", NULL, "FILE",
         "keep finished cells here: a killed sweep goes on where it was", OPTION_TEXT,
         &p.checkpoint, 0, 0},
        {"--yes", NULL, NULL, "start even what will take more than an hour", OPTION_FLAG,
         &p.yes, 0, 0},
        CSV_OPTION(c),
        COMMON_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, NULL, 0, &n_words);
    if (done >= 0) return done;
    p.rope_theta = bases.value;
    p.n_rope_theta = bases.n;
    p.head_dim = dims.value;
    p.n_head_dim = dims.n;
    p.context = contexts.value;
    p.n_context = contexts.n;
    p.score_scale = scale.value;
    p.model_scale = scale.model;
    ropewalk_error err = {0};
    const char *const files[] = {p.checkpoint, p.qk};
    if (outputs_check(&c, files, 2, &err)) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_sweep(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
