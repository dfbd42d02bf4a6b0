/* rotation_check.h - what a runtime's RoPE operator rotates by, in float64, and whether its output
 * is that rotation of its input. Knows nothing of llama.cpp's types: testable without it. */
#ifndef RW_RUNNER_ROTATION_CHECK_H
#define RW_RUNNER_ROTATION_CHECK_H
#include <stdbool.h>
#include <stdint.h>

/* The operator's parameters, as ggml names them. */
typedef struct rw_rope_params {
    uint32_t n_dims; /* rotated dimensions, even */
    bool interleaved;
    uint32_t n_ctx_orig;
    double freq_base, freq_scale, ext_factor, attn_factor, beta_fast, beta_slow;
} rw_rope_params;

/* One layer's rotation as executed: angle of pair n at position p is p * inv_freq[n]. */
typedef struct rw_executed {
    uint32_t rotary_dim; /* 0: no RoPE */
    bool interleaved;
    double attn_factor; /* multiplies cos and sin, YaRN's own factor included */
    double *inv_freq;   /* rotary_dim / 2, owned by the caller */
    double *rounding;   /* likewise: of the angle of each pair, in 2^-24 of it */
} rw_executed;

/** inv_freq[n_dims / 2] of the operator: freq_base^(-2n/n_dims), divided by the frequency
 *  factor, then scaled, or mixed with the scaled one along YaRN's ramp when ext_factor is not 0.
 *  @param freq_factors  n_dims / 2 divisors, or NULL.
 *  @param rounding  n_dims / 2: by how many times 2^-24 of itself the angle that the runtime makes
 *         in float32 may be off. It is a running product: n multiplications by a rounded factor,
 *         each of them and the factor itself one, and one more; one for a frequency factor; one
 *         for a scale; where the ramp mixes, a product and a sum, the weight of the scaled angle,
 *         and the ramp, which is off by 2 in absolute terms and weighs their difference. */
void rw_rope_inv_freq(const rw_rope_params *p, const float *freq_factors,
                      double *inv_freq, double *rounding);
/** What multiplies cos and sin: attn_factor, times 1 + 0.1 ln(1/freq_scale) under YaRN. */
double rw_rope_attn_factor(const rw_rope_params *p);

/** cos and sin, times attn_factor, of n_row positions: table[n_row][rotary_dim]
 *  (cosine, sine of pair 0, cosine, sine of pair 1, ...). */
void rw_rotation_table(const rw_executed *rot, const int64_t *position, uint32_t n_row,
                       double *table);

/* The worst value of a block, as a fraction of its tolerance: above 1 (or NaN) it is no rotation. */
typedef struct rw_check_worst {
    double ratio, error, tolerance;
    uint32_t row, head, dim;
} rw_check_worst;

/** Compare after[n_row][n_head][head_dim] with the rotation of `before` and raise *worst.
 *
 *  Tolerance of pair n at position p: (p w_n rounding_n + 8) 2^-24 |pair| attn_factor; 8 covers
 *  cosf, sinf, the factor and the four products and sums. Dimensions that are not rotated
 *  must be bit-equal (error is then reported against tolerance 0, ratio infinite).
 *  @return true when every value is within its tolerance. */
bool rw_rotation_check(const rw_executed *rot, const int64_t *position,
                       const double *table, uint32_t n_row, uint32_t n_head,
                       uint32_t head_dim, const float *before, const float *after,
                       rw_check_worst *worst);
#endif
