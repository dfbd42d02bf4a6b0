/* cli.h - what the commands share. Each command is one file cmd_<verb>.c and one table row. */
#ifndef RW_CLI_CLI_H
#define RW_CLI_CLI_H
#include "cli/option.h"
#include "ropewalk.h"

enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_ERROR = 2, EXIT_INTERRUPTED = 130 };

/* Options every command takes. */
typedef struct common {
    ropewalk_run run;
    const char *json, *output, *csv;
    int quiet, help;
} common;

/* Rows of the options that several commands take; `c` is the command's struct common. */
#define OUTPUT_OPTION(c)                                                                 \
    {                                                                                    \
        "--output", "-o", "FILE", "write the result here", OPTION_TEXT, &(c).output, 0,  \
            0                                                                            \
    }
#define JSON_OPTION(c)                                                                   \
    {                                                                                    \
        "--json", NULL, "FILE", "write JSON here (- is standard output)", OPTION_TEXT,   \
            &(c).json, 0, 0                                                              \
    }
#define CSV_OPTION(c)                                                                    \
    {                                                                                    \
        "--csv", NULL, "FILE", "write rows of CSV here (- is standard output)",          \
            OPTION_TEXT, &(c).csv, 0, 0                                                  \
    }
#define RUN_OPTIONS(c)                                                                   \
    {"--threads",       "-t", "N", "threads (default: one a processor)", OPTION_INT,     \
     &(c).run.n_thread, 1,    1024},                                                     \
        {"--seed",    NULL,          "N", "seed of every random choice (default 1)",     \
         OPTION_SEED, &(c).run.seed, 0,   0},                                            \
        {"--isa",     NULL,                                                              \
         "NAME",      "auto, ref, generic, avx2 or avx512: never changes a count",       \
         OPTION_TEXT, &(c).run.isa,                                                      \
         0,           0},                                                                \
        {"--reproducible",                                                               \
         NULL,                                                                           \
         NULL,                                                                           \
         "no times, paths or CPU names in the output",                                   \
         OPTION_FLAG,                                                                    \
         &(c).run.reproducible,                                                          \
         0,                                                                              \
         0},                                                                             \
        {"--quiet",   "-q",       NULL, "only errors on standard error",                 \
         OPTION_FLAG, &(c).quiet, 0,    0},                                              \
        {"--help", "-h", NULL, "this text", OPTION_FLAG, &(c).help, 0, 0},               \
    {                                                                                    \
        NULL, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0                                  \
    }
/* Options of what is counted; `p` is a command's parameters, `rows` an int_list. */
/* clang-format off */
#define DTYPE_OPTION(p)                                                                            \
    {"--dtype", NULL, "LIST", "bf16,f16,f32,e4m3,e5m2 (default bf16)", OPTION_TEXT, &(p).dtypes,   \
     0, 0}
#define EVENTS_OPTION(p)                                                                           \
    {"--events", NULL, "LIST", "names of `ropewalk list events` (default all)", OPTION_TEXT,       \
     &(p).events, 0, 0}
#define SHAPE_OPTIONS(p)                                                                           \
    {"--pairs", NULL, "NAME", "half (default) or interleaved", OPTION_TEXT, &(p).pairs, 0, 0},     \
    {"--rotary-dim", NULL, "N", "rotated dimensions, the first ones (default: all)",               \
     OPTION_INT64, &(p).rotary_dim, 0, 4096}
#define ZETA_OPTION(p)                                                                             \
    {"--zeta", NULL, "Z", "threshold of positional insensitivity (default 0.01)", OPTION_REAL,     \
     &(p).zeta, 0, 0}
#define NEAR_ALIAS_OPTION(p)                                                                       \
    {"--near-alias", NULL, "X", "score distance of near aliasing (default 0.1)", OPTION_REAL,      \
     &(p).near_alias, 0, 0}
#define HEAD_OPTIONS(p)                                                                            \
    {"--layer", NULL, "L", "layer of a capture", OPTION_INT, &(p).layer, 0, 1000000},              \
    {"--head", NULL, "H", "query head of a capture", OPTION_INT, &(p).head, 0, 1000000}
#define ROW_OPTIONS(p, rows)                                                                       \
    {"--query-row", NULL, "R", "row of the query (default: the last)", OPTION_INT64,               \
     &(p).query_row, 0, INT64_MAX},                                                                \
    {"--key-rows", NULL, "LIST", "rows of the keys (default: the eight before the query)",         \
     OPTION_INTS, &(rows), 0, 0}
/* clang-format on */
/* Parameters of a scaling on the command line, in llama.cpp's words; `r` is a ropewalk_rope. */
/* clang-format off */
#define SCALING_OPTIONS(r)                                                                         \
    {"--rope-scale", NULL, "X", "factor positions are stretched by", OPTION_REAL, &(r).scale,      \
     0, 0},                                                                                        \
    {"--rope-freq-scale", NULL, "X", "its inverse: --rope-scale 4 is --rope-freq-scale 0.25",      \
     OPTION_INVERSE, &(r).scale, 0, 0},                                                            \
    {"--yarn-orig-ctx", "--rope-orig-ctx", "N", "original context length", OPTION_REAL,            \
     &(r).orig_ctx, 0, 0},                                                                         \
    {"--yarn-ext-factor", NULL, "X", "share of the ramp between kept and stretched (GGUF)",        \
     OPTION_REAL, &(r).ext_factor, 0, 0},                                                          \
    {"--yarn-attn-factor", NULL, "X", "attention factor", OPTION_REAL, &(r).attn_factor, 0, 0},    \
    {"--yarn-beta-fast", NULL, "X", "turns above which a pair keeps its frequency", OPTION_REAL,   \
     &(r).beta_fast, 0, 0},                                                                        \
    {"--yarn-beta-slow", NULL, "X", "turns below which a pair is stretched fully", OPTION_REAL,    \
     &(r).beta_slow, 0, 0},                                                                        \
    {"--low-freq-factor", NULL, "X", "llama3", OPTION_REAL, &(r).low_freq_factor, 0, 0},           \
    {"--high-freq-factor", NULL, "X", "llama3", OPTION_REAL, &(r).high_freq_factor, 0, 0}
/* All of RoPE. */
#define ROPE_OPTIONS(r)                                                                            \
    {"--rope-theta", "--rope-freq-base", "X", "base of the frequencies", OPTION_REAL,              \
     &(r).rope_theta, 0, 0},                                                                       \
    {"--rope-scaling", NULL, "NAME", "none, linear, yarn, llama3, ...: see `ropewalk list mechanisms`", OPTION_TEXT, &(r).scaling, 0, 0},                     \
    SCALING_OPTIONS(r)
/* clang-format on */
/* Of a command with a document and a text. */
#define COMMON_OPTIONS(c) OUTPUT_OPTION(c), JSON_OPTION(c), RUN_OPTIONS(c)

typedef struct command {
    const char *name;
    const char *usage;   /* after "ropewalk NAME " */
    const char *summary; /* one line */
    int (*main)(const struct command *self, int argc, char **argv);
} command;

int cmd_audit(const command *self, int argc, char **argv);
int cmd_bench(const command *self, int argc, char **argv);
int cmd_capture(const command *self, int argc, char **argv);
int cmd_compare(const command *self, int argc, char **argv);
int cmd_diff(const command *self, int argc, char **argv);
int cmd_explore(const command *self, int argc, char **argv);
int cmd_inspect(const command *self, int argc, char **argv);
int cmd_lint(const command *self, int argc, char **argv);
int cmd_list(const command *self, int argc, char **argv);
int cmd_measure(const command *self, int argc, char **argv);
int cmd_report(const command *self, int argc, char **argv);
int cmd_reproduce(const command *self, int argc, char **argv);
int cmd_selftest(const command *self, int argc, char **argv);
int cmd_sweep(const command *self, int argc, char **argv);
int cmd_task(const command *self, int argc, char **argv);
int cmd_theory(const command *self, int argc, char **argv);

/** Fill *c with defaults, the progress bar and the interrupt flag. */
void common_init(common *c);
/** Parse; prints --help or the error. Returns -1 to go on, else the exit code. */
int common_parse(const command *self, const option *table, common *c, int argc,
                 char **argv, const char **words, size_t max_words, size_t *n_words);
/** Whether -o, --json and --csv can be written, differ, and are none of the inputs (NULL: none).
 *  Asked before any work. @return 0, or -1 with one sentence in *err. */
int outputs_check(const common *c, const char *const *input, size_t n_input,
                  ropewalk_error *err);
/** Print the error and return its exit code. */
int fail(const ropewalk_error *err);
/** Send a result where -o, --json and --csv say (text to standard output unless one of them is
 *  there), free it. Ranks other than 0 send nothing. */
int deliver(common *c, ropewalk_result *result);
/** The same for a result that is a document alone: to -o, or to standard output. */
int deliver_document(const common *c, ropewalk_result *result);
/** The same where -o is the document as a page and the text is printed in any case. */
int deliver_page(common *c, ropewalk_result *result);
/** Least severity that makes the exit code 1, from the word after --fail-on: 0 info, 1 warn, 2
 *  error, 3 never; -1 for another word, with one sentence in *err. */
int fail_on(const char *word, ropewalk_error *err);
/** Whether standard output is a terminal that shows UTF-8. */
int on_terminal(void);
/** Print text with sequences ESC [ ... m, without them where NO_COLOR is set. EOF on failure. */
int print_coloured(const char *text);
/** Folder of the running program, "" when unknown. */
const char *program_dir(void);
#endif
