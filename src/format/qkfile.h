/* qkfile.h - captured or given queries and keys, as plain safetensors (docs/formats.md).
 *
 * Two shapes of file are accepted:
 *   given vectors   tensors `q` [n_q, head_dim], `k` [n_k, head_dim], optional `inv_freq` F64
 *   a capture       per layer L `blocks.L.attn.hook_q` [pos, n_head_q, head_dim] and `hook_k`
 *                   [pos, n_head_kv, head_dim], before RoPE; `__metadata__` with the
 *                   executed rotations. */
#ifndef RW_FORMAT_QKFILE_H
#define RW_FORMAT_QKFILE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* What the runtime executed on one layer, from the capture's metadata `rotations`. */
typedef struct rw_qk_layer {
    uint32_t layer; /* index in the model */
    uint32_t n_head_q, n_head_kv, head_dim;
    uint32_t rotary_dim; /* 0: the layer has no RoPE */
    bool interleaved;    /* pair layout, see position/rotation.h */
    double attn_factor;
    double softmax_scale;   /* NaN when the file does not say */
    double rope_theta;      /* NaN when the file does not say; informative only */
    int64_t window;         /* sliding window in tokens, 0: full attention */
    const double *inv_freq; /* rotary_dim / 2, owned by the file */
} rw_qk_layer;

typedef struct rw_qkfile rw_qkfile;

/** Map a safetensors file and check every tensor it names. The file stays mapped until close.
 *  @return OK, E_IO, E_FORMAT (with the byte or key at fault), E_MEMORY. */
ropewalk_status rw_qkfile_open(const char *path, rw_qkfile **out, ropewalk_error *err);
/** The same from memory, which must outlive the result. `name` stands for the path. */
ropewalk_status rw_qkfile_open_memory(const void *bytes, uint64_t n, const char *name,
                                      rw_qkfile **out, ropewalk_error *err);
void rw_qkfile_close(rw_qkfile *f); /* NULL is a no-op */

bool rw_qkfile_is_capture(const rw_qkfile *f);

/* --- given vectors (E_ARGUMENT on a capture) ------------------------------------------- */
/** Sizes of q and k. */
ropewalk_status rw_qkfile_given_shape(const rw_qkfile *f, uint32_t *n_q, uint32_t *n_k,
                                      uint32_t *head_dim, ropewalk_error *err);
/** Copy q and k as double, row-major [n, head_dim]. E_FORMAT naming row and column when a
 *  value is NaN or infinite. */
ropewalk_status rw_qkfile_given_read(const rw_qkfile *f, double *q, double *k,
                                     ropewalk_error *err);
/** Tensor `inv_freq` when the file has one: *n = 0 otherwise. Valid while the file is open. */
const double *rw_qkfile_given_inv_freq(const rw_qkfile *f, uint32_t *n);

/* --- captures (n_layer 0 on given vectors) ---------------------------------------------- */
uint32_t rw_qkfile_n_layer(const rw_qkfile *f);
const rw_qk_layer *rw_qkfile_layer(const rw_qkfile *f,
                                   uint32_t index);           /* ascending layer */
uint32_t rw_qkfile_n_row(const rw_qkfile *f);                 /* captured positions */
int64_t rw_qkfile_position(const rw_qkfile *f, uint32_t row); /* of a row, ascending */
int64_t rw_qkfile_token(const rw_qkfile *f, uint32_t row); /* token id, -1 when unknown */
/** Whether the runtime marks the row's token as special (BOS, control): it is nobody's key. */
bool rw_qkfile_is_special(const rw_qkfile *f, uint32_t row);
/** A metadata string, or NULL. */
const char *rw_qkfile_meta(const rw_qkfile *f, const char *key);

/** Copy one vector as double: which = 'q' or 'k' (before RoPE), 'Q' or 'K' (after, if stored).
 *  `head` counts query heads for q, kv heads for k. E_FORMAT when a value is not finite,
 *  E_ARGUMENT when the tensor is absent or an index is out of range. */
ropewalk_status rw_qkfile_read(const rw_qkfile *f, char which, uint32_t index,
                               uint32_t row, uint32_t head, double *out,
                               ropewalk_error *err);

/* --- writing a capture ------------------------------------------------------------------- */
/* Layout of a capture is known before its data: header first, then tensors written in place. */
typedef struct rw_qkwriter rw_qkwriter;
typedef struct rw_qk_tensor {
    char name[64];     /* "blocks.3.attn.hook_q", "positions" */
    const char *dtype; /* "F32", "F64" or "I64" */
    uint32_t n_dim;
    uint64_t shape[4];
} rw_qk_tensor;

/** Create `path` (complete or not at all: see base/outfile.h) with room for all tensors. A pipe
 *  or a device takes the tensors' bytes in order only.
 *  @param metadata  alternating key, value strings; values are JSON where docs/formats.md says so.
 *  @param n_metadata  number of strings, keys and values together: even. */
ropewalk_status rw_qkwriter_open(const char *path, const rw_qk_tensor *tensors,
                                 uint32_t n_tensor, const char *const *metadata,
                                 uint32_t n_metadata, rw_qkwriter **out,
                                 ropewalk_error *err);
/** Write bytes [offset, offset + n) of one tensor. */
ropewalk_status rw_qkwriter_write(rw_qkwriter *w, uint32_t tensor, uint64_t offset,
                                  const void *bytes, uint64_t n, ropewalk_error *err);
/** E_ARGUMENT, and no file, when some tensor has received fewer bytes than it holds. Frees w. */
ropewalk_status rw_qkwriter_commit(rw_qkwriter *w, ropewalk_error *err);
void rw_qkwriter_abort(rw_qkwriter *w); /* frees w */
#endif
