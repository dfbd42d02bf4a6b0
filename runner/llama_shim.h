/* llama_shim.h - everything this program knows of llama.cpp's graphs: node names, which operator
 * stands where, and what their op_params mean. Checked against llama.cpp 0.5.0-dev
 * (commit 0c1e570, ggml 0.25.3), the build inside llama-cpp-python 0.3.36.
 *
 * A layer is found from its softmax backwards, not from a list of architectures:
 *   kq_soft_max-<l> <- (scale, tanh) <- MUL_MAT(k, q); q <- (view, permute, scale) <- ROPE
 *   and k <- its place in the cache <- SET_ROWS <- ROPE.
 * The ROPE node's src[0] is the un-rotated vector. What cannot be followed is refused. */
#ifndef RW_RUNNER_LLAMA_SHIM_H
#define RW_RUNNER_LLAMA_SHIM_H
#include <llama.h>

#include "base/status.h"
#include "rotation_check.h"

enum { RW_SHIM_NAME = 64, RW_SHIM_SEEN = 12, RW_SHIM_MAX_LAYER = 4096 };

/* A node, recognised again in every graph of the same model by name and operator. */
typedef struct rw_shim_node {
    char name[RW_SHIM_NAME];
    enum ggml_op op;
} rw_shim_node;

/* One of q and k of one layer. */
typedef struct rw_shim_side {
    rw_shim_node before, after; /* equal on a layer without RoPE */
    uint32_t n_head;
    float scale_after; /* product of scalings between RoPE and the score */
} rw_shim_side;

typedef struct rw_shim_layer {
    uint32_t layer, head_dim;
    bool has_rope;
    rw_shim_side q, k;
    rw_shim_node soft_max;
    double softmax_scale; /* all that multiplies <rot q, rot k> */
    double softcap;       /* c of c tanh(x / c), 0 without */
    bool sinks;           /* the softmax has an extra learned logit */
    uint32_t cache_rows;  /* rows of the cache this layer reads, 0 without a cache */
    int32_t mode;         /* ggml's rope mode */
    int32_t sections[4];  /* of M-RoPE */
    rw_executed rotation; /* inv_freq owned by the graph description */
    rw_rope_params rope;
    bool freq_factors;
} rw_shim_layer;

typedef struct rw_shim_store rw_shim_store;

/* What one pass over a graph teaches. */
typedef struct rw_shim_graph {
    rw_shim_layer *layers; /* ascending */
    uint32_t n_layer;
    uint32_t n_softmax; /* seen, understood or not */
    char seen[RW_SHIM_SEEN][RW_SHIM_NAME];
    uint32_t n_seen;
    rw_shim_store *stores; /* K rows on their way into the cache */
    uint32_t n_store;
    ropewalk_status status; /* first failure; err holds its sentence */
    ropewalk_error err;
} rw_shim_graph;

void rw_shim_graph_init(rw_shim_graph *g);
/** Look at a node before it is computed: call for every node of a graph, in its order. */
void rw_shim_graph_node(rw_shim_graph *g, const struct ggml_tensor *t);
/** After the pass: sorts the layers, refuses what was not understood. */
ropewalk_status rw_shim_graph_finish(rw_shim_graph *g, ropewalk_error *err);
void rw_shim_graph_clear(rw_shim_graph *g);

/** Whether this is a layer's softmax over its keys, and whose. */
bool rw_shim_is_soft_max(const struct ggml_tensor *t, uint32_t *layer);
bool rw_shim_is_node(const rw_shim_node *n, const struct ggml_tensor *t);

/** Copy [head_dim, n_head, n_token] F32 in any strides to out[n_token][n_head][head_dim]. */
ropewalk_status rw_shim_copy(const struct ggml_tensor *t, uint32_t head_dim,
                             uint32_t n_head, uint32_t n_token, float *out,
                             ropewalk_error *err);
/** Tokens of a node of the shape above. */
uint32_t rw_shim_n_token(const struct ggml_tensor *t);
/** The positions a ROPE node used. M-RoPE is accepted when its axes agree, as in plain text. */
ropewalk_status rw_shim_positions(const struct ggml_tensor *rope, uint32_t n_token,
                                  int64_t *position, ropewalk_error *err);
/** Whether this ROPE node still is what the first pass saw. */
bool rw_shim_same_rope(const struct ggml_tensor *rope, const rw_shim_layer *layer);

/** Whether this node is the layer's attention: its softmax, or one node for scores, softmax and
 *  values together. */
bool rw_shim_attends(const struct ggml_tensor *t, const rw_shim_layer *layer);
/** Whether an attention node still scores as the first pass saw it. */
bool rw_shim_same_score(const struct ggml_tensor *attention, const rw_shim_layer *layer);
/** Tokens that ask in an attention node. */
uint32_t rw_shim_n_asking(const struct ggml_tensor *attention);
/** Unmasked keys of every token under an attention node: count[n_token]. */
ropewalk_status rw_shim_mask_counts(const struct ggml_tensor *attention, uint32_t n_token,
                                    uint32_t *count, ropewalk_error *err);
/** The mask's tensor: layers that share it share what they may see. */
const void *rw_shim_mask_id(const struct ggml_tensor *attention);

/** "llama.cpp 0.5.0-dev, ggml 0.25.3 (commit)", and ", OpenBLAS" when that does products. */
void rw_shim_version(char *out, size_t n);
#endif
