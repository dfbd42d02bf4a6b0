/* option.h - one table per command drives parsing and --help. */
#ifndef RW_CLI_OPTION_H
#define RW_CLI_OPTION_H
#include <stddef.h>
#include <stdint.h>

#include "ropewalk.h"

typedef enum option_kind {
    OPTION_FLAG,    /* int *: set to 1 */
    OPTION_TEXT,    /* const char ** */
    OPTION_TEXTS,   /* text_list *: may be given several times */
    OPTION_INT,     /* int *, within lo .. hi */
    OPTION_INT64,   /* int64_t *, k and m suffixes, within lo .. hi */
    OPTION_SEED,    /* uint64_t * */
    OPTION_REAL,    /* double * */
    OPTION_INVERSE, /* double *: 1 over the number, which is positive */
    OPTION_SCALE,   /* score_scale *: a number or the word model */
    OPTION_INTS,    /* int_list *: commas, 2^n, k suffixes, ranges a:b:x2 and a:b:+s */
    OPTION_REALS,   /* real_list *: likewise, decimals, and a:b:log:n, a:b:lin:n */
} option_kind;

typedef struct option {
    const char *name;  /* "--context" */
    const char *alias; /* "-c" or another long name, or NULL */
    const char *value; /* what stands after it in --help, NULL for a flag */
    const char *help;
    option_kind kind;
    void *target;
    int64_t lo, hi; /* of integers */
} option;

enum { MAX_INTS = 4096, MAX_TEXTS = 64 };

typedef struct int_list {
    int64_t value[MAX_INTS];
    size_t n;
} int_list;

typedef struct real_list {
    double value[MAX_INTS];
    size_t n;
} real_list;

typedef struct score_scale {
    double value; /* NaN: not given */
    int model;
} score_scale;

typedef struct text_list {
    const char *value[MAX_TEXTS];
    size_t n;
} text_list;

/** Parse argv[1..]; words that are no option go to `words` (at most `max_words`).
 *  @return 0, or -1 with one sentence in *err. A "--" ends the options. */
int options_parse(const option *table, int argc, char **argv, const char **words,
                  size_t max_words, size_t *n_words, ropewalk_error *err);
void options_help(const option *table);
#endif
