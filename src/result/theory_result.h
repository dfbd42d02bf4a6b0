/* theory_result.h - what `theory` says of frequency tables and of scores on them: plain data. */
#ifndef RW_RESULT_THEORY_RESULT_H
#define RW_RESULT_THEORY_RESULT_H
#include "base/number.h"
#include "result/quantity.h"

enum {
    RW_N_TABLE_VALUE = RW_Q_PAIRS_TURNED,
    RW_N_CONTEXT_VALUE = RW_Q_TOKEN_ALIASING_RATE - RW_Q_PAIRS_TURNED,
    RW_N_FORMAT_VALUE = RW_Q_MEAN - RW_Q_TOKEN_ALIASING_RATE,
    RW_N_SCORE_VALUE = RW_Q_POSITION_ALIASING - RW_Q_MEAN,
    RW_N_DTYPE_VALUE = RW_N_QUANTITY - RW_Q_POSITION_ALIASING,
};

/* Whose scores: a family of vectors with several draws, or one query and one or two keys. */
typedef struct rw_score_set {
    const char *coefficients; /* "aligned", ..., or "given"; static */
    uint32_t q, k1, k2;       /* given: which */
    bool one, two;            /* quantities of one key, of two keys */
} rw_score_set;

typedef struct rw_score_answers {
    rw_answer value[RW_N_SCORE_VALUE];
    rw_answer by_dtype[RW_N_DTYPE][RW_N_DTYPE_VALUE];
} rw_score_answers;

typedef struct rw_theory_context {
    int64_t context, effective; /* effective: at most the window of the table's layers */
    bool counted;
    double
        count_seconds; /* what counting takes one processor, to an order of magnitude */
    rw_answer value[RW_N_CONTEXT_VALUE];
    rw_answer format[RW_N_DTYPE][RW_N_FORMAT_VALUE];
    rw_score_answers *score; /* [n_set] */
} rw_theory_context;

typedef struct rw_theory_table {
    char *name;         /* owned: what the table is called */
    char mechanism[24]; /* "" when only frequencies are known */
    uint32_t head_dim, rotary_dim;
    uint32_t n_layer; /* of the model; 0: unknown */
    int interleaved;
    int64_t window; /* widest of the layers that use it; 0: none */
    double rope_theta, attn_factor, score_scale;
    double *inv_freq; /* rotary_dim / 2 */
    rw_answer value[RW_N_TABLE_VALUE];
    rw_theory_context *context; /* [n_context] */
} rw_theory_table;

typedef struct rw_theory {
    rw_theory_table *table;
    uint32_t n_table, n_context, n_set, n_draw;
    rw_score_set *set;
    uint32_t dtypes;
    double near_alias;
    bool counting;       /* counts were asked for */
    int64_t count_limit; /* of contexts */
} rw_theory;

void rw_theory_init(rw_theory *t);
void rw_theory_clear(rw_theory *t);
#endif
