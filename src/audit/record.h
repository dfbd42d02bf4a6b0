/* record.h - what an audit found of one head or one layer, as bytes: for checkpoints, and between
 * processes. Bytes from a file are checked like any input. */
#ifndef RW_AUDIT_RECORD_H
#define RW_AUDIT_RECORD_H
#include "audit/head.h"
#include "base/pack.h"
#include "measure/joint.h"

enum { RW_N_SET_SIZE = 5, RW_MAX_SET_DRAW = 4 };

/* Several heads of one layer together, one text. */
typedef struct rw_layer_text {
    double pairs_sum[RW_N_SET_SIZE];
    int64_t pairs_min[RW_N_SET_SIZE], pairs_max[RW_N_SET_SIZE];
    uint32_t n_set[RW_N_SET_SIZE], size[RW_N_SET_SIZE];
    int64_t context;
    rw_readout readout;
} rw_layer_text;

/* What the numbers of a record must stay within. */
typedef struct rw_record_shape {
    uint32_t
        n_effective; /* contexts of the unit; 0: a head without RoPE, an empty record */
    uint32_t n_freq; /* active frequencies of the unit */
    uint32_t n_query, n_attended, n_random; /* of the text, as selected */
    uint32_t n_row;                         /* of the capture */
} rw_record_shape;

/* What sampled pairs must stay within; n_key: of keys by any numbering. */
typedef struct rw_pair_limits {
    int64_t n_pair;
    uint32_t n_query, n_key, n_freq;
} rw_pair_limits;

void rw_pairs_pack(const rw_sampled_pair *pair, uint32_t n_pair, uint32_t n_freq,
                   rw_packer *out);
/** E_FORMAT for bytes that are no such pairs. The caller frees *pair and *direction in any case. */
ropewalk_status rw_pairs_unpack(rw_unpacker *in, const rw_pair_limits *most,
                                rw_sampled_pair **pair, double **direction,
                                uint32_t *n_pair, ropewalk_error *err);

void rw_head_pack(const rw_head_text *h, const rw_record_shape *shape, rw_packer *out);
/** E_FORMAT for bytes that are no such record; *out is empty unless OK. */
ropewalk_status rw_head_unpack(rw_unpacker *in, const rw_record_shape *shape,
                               rw_head_text *out, ropewalk_error *err);

void rw_layer_pack(const rw_layer_text *layer, rw_packer *out);
ropewalk_status rw_layer_unpack(rw_unpacker *in, rw_layer_text *layer,
                                ropewalk_error *err);
#endif
