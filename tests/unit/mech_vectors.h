/* mech_vectors.h - reading blocks of tests/vectors: parameters of a mechanism and its numbers. */
#ifndef RW_TESTS_MECH_VECTORS_H
#define RW_TESTS_MECH_VECTORS_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "position/mechanism.h"

enum { MV_MAX_LINE = 16384, MV_MAX_LIST = 256 };

/* A shape and the settings of one block; lists point into the block. */
typedef struct mv_block {
    rw_layer_shape shape;
    rw_setting settings[RW_MAX_PARAM];
    size_t n_setting;
    double lists[2][MV_MAX_LIST];
    int n_list;
} mv_block;

static inline const char *mv_name(const rw_mech *mech, const char *hf_key)
{
    for (size_t i = 0; i < mech->n_param; i++)
        if (mech->params[i].hf_key && strcmp(mech->params[i].hf_key, hf_key) == 0)
            return mech->params[i].name;
    fail_msg("%s has no parameter %s", mech->name, hf_key);
    return "";
}

static inline void mv_read_list(mv_block *b, const char *name, const char *text)
{
    assert_true(b->n_list < 2);
    double *list = b->lists[b->n_list++];
    uint32_t n = 0;
    for (char *end; *text; text = *end == ',' ? end + 1 : end) {
        assert_true(n < MV_MAX_LIST);
        list[n++] = strtod(text, &end);
        assert_true(end > text);
    }
    b->settings[b->n_setting++] =
        (rw_setting){.name = name, .values = list, .n_value = n};
}

/* "rope_theta=10000 rotary_dim=64 factor=2.0 ...": names of config.json; null is absent. */
static inline void mv_parse(const rw_mech *mech, char *line, mv_block *b)
{
    memset(b, 0, sizeof *b);
    b->shape.n_head_q = b->shape.n_head_kv = 1;
    char *rest;
    for (char *word = strtok_r(line, " \n", &rest); word;
         word = strtok_r(NULL, " \n", &rest)) {
        char *value = strchr(word, '=');
        if (!value) fail_msg("no '=' in %s", word);
        *value++ = '\0';
        if (strcmp(value, "null") == 0) continue;
        const double num = strcmp(value, "true") == 0    ? 1
                           : strcmp(value, "false") == 0 ? 0
                                                         : strtod(value, NULL);
        if (strcmp(word, "rope_theta") == 0) {
            b->shape.rope_theta = num;
        } else if (strcmp(word, "rotary_dim") == 0) {
            b->shape.rotary_dim = b->shape.head_dim = (uint32_t)num; /* no rest */
        } else if (strcmp(word, "max_position_embeddings") == 0) {
            b->shape.context_length = (int64_t)num;
        } else if (strcmp(word, "length") == 0) {
            b->shape.length = (int64_t)num;
        } else {
            const char *name = mv_name(mech, word);
            size_t row = 0;
            while (strcmp(mech->params[row].name, name) != 0)
                row++;
            if (mech->params[row].extent == RW_PER_PAIR)
                mv_read_list(b, name, value);
            else
                b->settings[b->n_setting++] = (rw_setting){.name = name, .num = num};
        }
    }
}

/* A line that begins with `prefix`: what follows, else NULL. */
static inline char *mv_after(char *line, const char *prefix)
{
    const size_t n = strlen(prefix);
    return strncmp(line, prefix, n) == 0 ? line + n : NULL;
}
#endif
