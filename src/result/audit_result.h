/* audit_result.h - everything an audit found: plain data, written by report/ as report.json. */
#ifndef RW_RESULT_AUDIT_RESULT_H
#define RW_RESULT_AUDIT_RESULT_H
#include "result/estimate.h"
#include "result/measured.h"
#include "result/model_info.h"

enum { RW_MAX_TEXT = 16, RW_MAX_AUDIT_CONTEXT = 64, RW_MAX_QUERY = 256 };

typedef enum rw_stratum { RW_ATTENDED, RW_RANDOM, RW_SINK, RW_N_STRATUM } rw_stratum;
typedef enum rw_twin_stratum {
    RW_ATTENDED_RANDOM,
    RW_RANDOM_RANDOM,
    RW_N_TWIN_STRATUM
} rw_twin_stratum;

/* Rates of one key, and of two keys. */
typedef enum rw_rate {
    RW_RATE_INVERSION,
    RW_RATE_INVERSION_LOCAL,
    RW_RATE_INVERSION_BEYOND,
    RW_RATE_NEAR_ALIASING,
    RW_RATE_INSENSITIVITY,
    RW_RATE_ALIASING, /* of the first working type; further types follow it */
    RW_N_RATE = RW_RATE_ALIASING + RW_N_DTYPE
} rw_rate;
typedef enum rw_twin_rate {
    RW_TWIN_INVERSION,
    RW_TWIN_ALIASING,
    RW_TWIN_INVARIANCE = RW_TWIN_ALIASING + RW_N_DTYPE,
    RW_TWIN_CROSS = RW_TWIN_INVARIANCE + RW_N_DTYPE,
    RW_N_TWIN_RATE = RW_TWIN_CROSS + RW_N_DTYPE
} rw_twin_rate;

/* A mean over sampled items. NaN: no answer. */
typedef struct rw_cell {
    double measured, predicted;
    double half_width; /* of the 95 % interval; NaN when it cannot be given */
    uint32_t n_q, n_k;
    int64_t unresolved;
} rw_cell;

typedef enum rw_kind {
    RW_KIND_BLIND,      /* scores hardly depend on distance */
    RW_KIND_LOCAL,      /* near keys score higher, beyond what random phases give */
    RW_KIND_ANTI_LOCAL, /* far keys do */
    RW_KIND_CHAOTIC,    /* scores vary, no pair prefers near or far: P's failure */
    RW_KIND_MIXED,      /* pairs have preferences that do not add up to a direction */
    RW_N_KIND
} rw_kind;
const char *rw_kind_name(rw_kind kind);

typedef enum rw_head_class {
    RW_CLASS_FULL,
    RW_CLASS_SLIDING,
    RW_CLASS_NOPE
} rw_head_class;
const char *rw_head_class_name(rw_head_class c);

typedef struct rw_head_context {
    int64_t context, effective; /* min(context, window) */
    rw_cell single[RW_N_STRATUM][RW_N_RATE];
    double alias_pairs[RW_N_STRATUM],
        alias_distances[RW_N_STRATUM]; /* means, first type */
    rw_cell twin[RW_N_TWIN_STRATUM][RW_N_TWIN_RATE];
    double preference;     /* mean |2p - 1| over random pairs */
    double mean_inversion; /* mean p over the same */
    double energy_nats;    /* mean standard deviation of S over the window */
    double token_flip;     /* mean 2 r (1 - r), attended against random */
    double semantic_score, positional_score, r_high;
    double ks_near, ks_far, ks_difference, max_share, n_eff;
    double turning_share; /* of the energy, in pairs that turn at least once within M */
    double gap, direction_p_value; /* near-far gap in units of U; NaN when not tested */
    double direction_p_shared; /* against one phase per frequency for the whole head */
    rw_kind kind;
} rw_head_context;

/* Which captured positions a head's pairs were made of, one text. */
typedef struct rw_head_sample {
    uint32_t n_random, n_query, n_attended;
    int64_t *position; /* [n_random], then [n_query][n_attended]; -1: none found */
} rw_head_sample;

typedef struct rw_head_result {
    uint32_t layer, head, kv_head;
    rw_head_class head_class;
    int64_t window;           /* 0: none */
    rw_head_context *context; /* [n_context]; NULL for a layer without RoPE */
    rw_head_sample *sample;   /* [n_text]; likewise */
} rw_head_result;

typedef struct rw_quantiles {
    char name[64];
    double median, p10, p90, predicted_median;
    double bootstrap_lo, bootstrap_hi; /* over texts; NaN with one text */
} rw_quantiles;

typedef struct rw_summary {
    int64_t context;
    rw_head_class head_class;
    uint32_t n_head;
    double kind_share[RW_N_KIND];
    rw_quantiles *value;
    uint32_t n_value;
} rw_summary;

/* Why a prediction and its count differ, as far as the vectors tell. */
typedef enum rw_disagreement_cause {
    RW_CAUSE_DOMINANT_PAIR, /* one pair holds half of the energy: an arcsine law */
    RW_CAUSE_SHORT_WINDOW,  /* half of the energy has not turned within the window */
    RW_CAUSE_FEW_PAIRS,     /* fewer than 8 pairs' worth of amplitudes */
    RW_CAUSE_NONE,          /* none of these */
    RW_N_CAUSE
} rw_disagreement_cause;
const char *rw_disagreement_cause_name(rw_disagreement_cause cause);

enum { RW_N_DISAGREEMENT_EVENT = 3, RW_DISAGREEMENT_ROWS = 10 };

/* One head at one context where the predicted rate is far from the counted one. */
typedef struct rw_disagreement {
    const char *event; /* "position_inversion", "token_inversion", "position_aliasing" */
    uint32_t layer, head;
    int64_t context, effective;
    double measured, predicted;
    double error; /* |measured - predicted|; of aliasing |ln (measured / predicted)| */
    double certificate; /* bound on |measured - predicted|, mean over pairs; NaN: none */
    double max_share, n_eff, turning_share;
    rw_disagreement_cause cause;
} rw_disagreement;

typedef struct rw_text_row { /* one text alone */
    uint32_t text;
    int64_t context;
    double median_preference, median_inversion, median_token_inversion;
} rw_text_row;

typedef struct rw_joint_row {
    int64_t context;
    rw_dtype dtype;
    uint32_t set_size, n_set;
    double mean_pairs;
    int64_t min_pairs, max_pairs, total;
    double sum_pairs;
} rw_joint_row;

typedef struct rw_readout_row {
    uint32_t layer, n_head, n_text;
    int64_t context;
    double best_head, all_heads; /* means over texts */
} rw_readout_row;

typedef struct rw_baseline_row {
    int64_t context, total, nope, alibi, gaussian, floor;
    rw_dtype dtype;
} rw_baseline_row;

typedef struct rw_curve { /* S(m) of one head and pair */
    uint32_t layer, head;
    rw_kind kind;
    uint32_t text;
    int64_t query_position, key_position;
    char query_token[64], key_token[64];
    uint32_t n;
    int64_t *distance;
    double *score;
} rw_curve;

typedef struct rw_kept_vector { /* of the first text, before RoPE */
    uint32_t layer, head;       /* a key's head is a key head */
    rw_stratum stratum;         /* of a key */
    int64_t position;
    char token[64];
    uint32_t n;
    float *value; /* [n] */
} rw_kept_vector;

typedef struct rw_kept_vectors {
    rw_kept_vector *query, *key;
    uint32_t n_query, n_key;
} rw_kept_vectors;
void rw_kept_vectors_clear(rw_kept_vectors *v);

typedef struct rw_text_info {
    char name[64];
    char source[256];
    uint32_t n_token, n_query;
    int64_t query_position[RW_MAX_QUERY];
} rw_text_info;

typedef struct rw_finding {
    char rule[32], severity[8];
    char message[512], fix[256], file[256], key[96];
    double measured, limit; /* evidence */
} rw_finding;

typedef struct rw_sentence {
    char tone[12]; /* "finding", "good", "caution", "plain" */
    char text[640];
} rw_sentence;

typedef struct rw_advice {
    char text[512], because[512];
} rw_advice;

/* The papers' probe: one query, several keys, one head. */
typedef struct rw_probe {
    int present;
    char absent_reason[256];
    uint32_t layer, head, n_key;
    rw_dtype dtype;
    char query[64], key[8][64];
    int64_t *context;
    uint32_t n_context;
    rw_single *single; /* [n_key][n_context] */
    rw_double *twin;   /* [n_key (n_key-1)/2][n_context] */
} rw_probe;

typedef struct rw_verdict {
    int64_t horizon_position, horizon_token; /* 0: none */
    char horizon_position_reason[256], horizon_token_reason[256];
    int64_t position_recovers[RW_MAX_AUDIT_CONTEXT], token_recovers[RW_MAX_AUDIT_CONTEXT];
    uint32_t n_position_recovers, n_token_recovers;
    rw_sentence *sentence;
    uint32_t n_sentence;
    rw_advice *advice;
    uint32_t n_advice;
} rw_verdict;

typedef struct rw_audit {
    rw_model_info model;
    int64_t context[RW_MAX_AUDIT_CONTEXT];
    uint32_t n_context;
    int64_t advertised, trained; /* trained 0: not stated */
    uint32_t dtypes;
    rw_dtype first_dtype;
    double score_scale; /* NaN: the model's own */
    uint64_t seed;
    uint32_t n_query, n_attended, n_random, n_surrogate;
    double zeta, near_alias;
    rw_text_info text[RW_MAX_TEXT];
    uint32_t n_text;
    int64_t skipped_identical, skipped_special;
    double *
        rotation_check; /* [n_rotation_check] worst deviation over its tolerance; NaN: unknown */
    uint32_t *rotation_check_layer;
    uint32_t n_rotation_check;
    int compared; /* declared and executed RoPE were compared */
    int sampled_rows; /* the captures hold a sample of positions: softmax rows are incomplete */
    rw_head_result *head;
    uint32_t n_head;
    rw_summary *summary;
    uint32_t n_summary;
    rw_text_row *by_text;
    uint32_t n_by_text;
    rw_joint_row *joint;
    uint32_t n_joint;
    rw_readout_row *readout;
    uint32_t n_readout;
    rw_baseline_row *baseline;
    uint32_t n_baseline;
    rw_disagreement *disagreement; /* event by event, worst first */
    uint32_t n_disagreement;
    rw_curve *curve;
    uint32_t n_curve;
    rw_kept_vectors kept;
    rw_finding *finding;
    uint32_t n_finding;
    rw_probe probe;
    rw_verdict verdict;
    rw_estimate *m_max;  /* [model.n_rotation]: T16 */
    double *m_max_scale; /* [model.n_rotation]: T8; NaN unless unscaled */
    int64_t unresolved;  /* over everything counted */
    double elapsed_s;
} rw_audit;

/* Thresholds of theory.md section 6. */
#define RW_BLIND_ENERGY_NATS 0.1
#define RW_CHAOTIC_PREFERENCE 0.1
#define RW_HORIZON_PREFERENCE 0.1
#define RW_HORIZON_TOKEN_FLIP 0.4
#define RW_FALSE_DISCOVERY_RATE 0.05

void rw_audit_init(rw_audit *a);
void rw_audit_clear(rw_audit *a);
#endif
