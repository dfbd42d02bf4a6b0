/* live.h - the core as a few flat calls: numbers and words in, a document or numbers out.
 *
 * For a caller in another language, who writes a request into memory member by member: every
 * number is a double, all numbers come first, then the pointers. The checks, their sentences and
 * the document are those of ropewalk_measure(). */
#ifndef RW_LIVE_LIVE_H
#define RW_LIVE_LIVE_H
#include "base/text.h"

/* What is refused, so that a call ends within seconds and 2 GiB, which is all that a page can have. The longest context, and the
 * furthest distance of scores: with the windows beyond it (3 M) a key takes up to 0.3 GiB. Scores of all keys, their
 * differences and the windows beyond. Contexts, and contexts times the square of the rotated dimensions: forms of moments. */
enum {
    RW_LIVE_MOST_CONTEXT = 1 << 20,
    RW_LIVE_MOST_SCORES = 1 << 25,
    RW_LIVE_MOST_CONTEXTS = 64,
    RW_LIVE_MOST_MOMENTS = 1 << 22
};

typedef struct rw_live_request {
    double head_dim, rotary_dim, interleaved; /* interleaved: 0 or 1 */
    double attn_factor, score_scale, zeta, near_alias;
    double n_q, n_k, n_context;
    double from, n_score;   /* of rw_live_scores() alone */
    const double *q, *k;    /* [n_q][head_dim], [n_k][head_dim] */
    const double *inv_freq; /* [rotary_dim / 2] */
    const double *context;  /* [n_context] */
    const char *dtypes;     /* "bf16,f16" */
    const char *events;     /* by commas, or "all" */
} rw_live_request;

typedef struct rw_live_table_request {
    double head_dim, rotary_dim, rope_theta;
    double context_length, length; /* of the model, and so far; 0: unknown */
    double n_setting;
    const char *mechanism;
    const char *names;      /* n_setting parameters, each ended by a zero byte */
    const double *n_values; /* [n_setting]: 0 for a scalar */
    const double *values;   /* one of a scalar, n_values of others, one after the other */
} rw_live_table_request;

typedef struct rw_live_vector_request {
    double head_dim, rotary_dim, interleaved, seed, draw, n_k;
    const char *family;
} rw_live_vector_request;

/* What a call answers. */
typedef struct rw_live_reply {
    char *text; /* a document, released with rw_live_release(); NULL when there is none */
    ropewalk_error error;
} rw_live_reply;

/** Version, mechanisms with their parameters, dtypes, events, families: one object. */
ropewalk_status rw_live_about(rw_live_reply *reply);
/** A mechanism's frequencies. @param out  [rotary_dim / 2 + 1], the last is the attention factor */
ropewalk_status rw_live_table(const rw_live_table_request *r, double *out,
                              rw_live_reply *reply);
/** The array `contexts` of `measure --json`. */
ropewalk_status rw_live_measure(const rw_live_request *r, rw_live_reply *reply);
/** S(m) of the first query and key, m = from .. from + n_score - 1. @param out  [n_score] */
ropewalk_status rw_live_scores(const rw_live_request *r, double *out,
                               rw_live_reply *reply);
/** Vectors of a family, as a sweep draws them. @param out  the query, then n_k keys */
ropewalk_status rw_live_vectors(const rw_live_vector_request *r, double *out,
                                rw_live_reply *reply);

/** A block for the caller's numbers and words; NULL when there is no memory. */
void *rw_live_take(size_t n_byte);
void rw_live_release(void *block); /* NULL is a no-op */
#endif
