/* cmd_bench.c - `ropewalk bench`. */
#include "cli/cli.h"

int cmd_bench(const command *self, int argc, char **argv)
{
    common c;
    ropewalk_bench_params p;
    common_init(&c);
    ropewalk_bench_params_init(&p);
    const option table[] = {
        {"--quick", NULL, NULL, "few repetitions, parts of geometries (extrapolated)",
         OPTION_FLAG, &p.quick, 0, 0},
        {"--geometry", NULL, "LIST",
         "smollm2-8k, llama3.1-128k, llama4-10m (default: these), pairs-8k, pairs-128k, "
         "all or none",
         OPTION_TEXT, &p.geometry, 0, 0},
        {"--geometries-only", NULL, NULL, "neither the machine nor stages", OPTION_FLAG,
         &p.geometries_only, 0, 0},
        {"--context", "-c", "N", "distances of the stages (default 128k, quick 8k)",
         OPTION_INT64, &p.context, 2, 1 << 24},
        {"--vectors", NULL, "FILE",
         "write the first query and keys of the one geometry named", OPTION_TEXT,
         &p.vectors, 0, 0},
        COMMON_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, NULL, 0, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    if (outputs_check(&c, &p.vectors, 1, &err)) return fail(&err);
    ropewalk_result *result;
    if (ropewalk_bench(&p, &c.run, &result, &err)) return fail(&err);
    return deliver(&c, result);
}
