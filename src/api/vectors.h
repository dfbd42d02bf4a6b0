/* vectors.h - queries and keys of a file, with the rotation that turns them. */
#ifndef RW_API_VECTORS_H
#define RW_API_VECTORS_H
#include "position/rotation.h"

/* Which vectors, and how they are turned: members as in ropewalk_measure_params. */
typedef struct rw_vector_choice {
    const char *qk;
    int layer, head;
    int64_t query_row;
    const int64_t *key_row;
    size_t n_key_row;
    const char *pairs;
    int64_t rotary_dim;
    double score_scale;
    int model_scale;
    ropewalk_rope rope;
} rw_vector_choice;

/** From a structure of the interface that has all of these members. */
#define RW_VECTOR_CHOICE(p)                                                              \
    {                                                                                    \
        .qk = (p)->qk, .layer = (p)->layer, .head = (p)->head,                           \
        .query_row = (p)->query_row, .key_row = (p)->key_row,                            \
        .n_key_row = (p)->n_key_row, .pairs = (p)->pairs, .rotary_dim = (p)->rotary_dim, \
        .score_scale = (p)->score_scale, .model_scale = (p)->model_scale,                \
        .rope = (p)->rope                                                                \
    }

typedef struct rw_vectors {
    double *q, *k; /* [n_q][head_dim], [n_k][head_dim] */
    uint32_t n_q, n_k, head_dim;
    rw_rotation rotation;
    double rope_theta; /* NaN when only frequencies are known */
    double score_scale;
} rw_vectors;

void rw_vectors_init(rw_vectors *v);
void rw_vectors_clear(rw_vectors *v);
/** "half" or "interleaved"; NULL is half. */
ropewalk_status rw_parse_pairs(const char *name, rw_pairs *pairs, ropewalk_error *err);
/** Read given vectors, or those of one head of a capture. *out is empty on failure. */
ropewalk_status rw_vectors_read(const rw_vector_choice *choice, rw_vectors *out,
                                ropewalk_error *err);
#endif
