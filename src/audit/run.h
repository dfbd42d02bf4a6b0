/* run.h - the audit itself: captures in, one result out. The only orchestration of counting,
 * prediction and judgement. */
#ifndef RW_AUDIT_RUN_H
#define RW_AUDIT_RUN_H
#include "audit/head.h"
#include "base/work.h"

typedef struct rw_audit_settings {
    int64_t context[RW_MAX_AUDIT_CONTEXT]; /* ascending */
    uint32_t n_context;
    int64_t advertised, trained; /* trained 0: not stated */
    uint32_t dtypes;
    double score_scale, zeta, near_alias;
    uint32_t n_query; /* a head and text */
    uint32_t n_attended, n_random, n_surrogate;
    uint64_t seed;
    int n_thread;
    const rw_kernels *kernels;
    const ropewalk_team *team; /* whose rank 0 alone can finish, or NULL */
    rw_journal *journal;       /* opened with the key of these settings, or NULL */
    int (*progress)(void *ctx, const char *stage, int64_t done, int64_t total);
    void *progress_ctx;
} rw_audit_settings;

typedef struct rw_audit_run rw_audit_run;

/** Of everything in the settings that decides a result: the key of their checkpoint. */
ropewalk_status rw_audit_key(const rw_audit_settings *settings, uint64_t *key,
                             ropewalk_error *err);

/** Prepare for captures shaped like `first`. */
ropewalk_status rw_audit_begin(const rw_audit_settings *settings, const rw_qkfile *first,
                               rw_audit_run **out, ropewalk_error *err);
/** Examine one text. The file may be closed afterwards.
 *  @param digest  of the capture's bytes; asked for only with a journal */
ropewalk_status rw_audit_add_text(rw_audit_run *run, const rw_qkfile *file,
                                  const char *name, const char *source, uint64_t digest,
                                  ropewalk_error *err);
/** Combine the texts into *out (which keeps model info already put there), with verdict. In a team
 *  every rank calls it, and rank 0 gets the result. */
ropewalk_status rw_audit_finish(rw_audit_run *run, rw_audit *out, ropewalk_error *err);
void rw_audit_end(rw_audit_run *run); /* NULL is a no-op */

/* --- between the files of this room ---------------------------------------------------------- */
typedef struct rw_text_result {
    rw_head_text *head; /* [n_head] */
} rw_text_result;

typedef struct rw_direction rw_direction; /* direction.h */

typedef struct rw_head_place {
    uint32_t unit, index, head; /* unit UINT32_MAX: no RoPE */
} rw_head_place;

struct rw_audit_run {
    rw_audit_settings settings;
    rw_unit *unit;
    uint32_t n_unit;
    rw_head_place *place; /* [n_head] */
    rw_head_result *head; /* layer, head, class filled */
    uint32_t n_head;
    rw_text_result text[RW_MAX_TEXT];
    rw_text_info text_info[RW_MAX_TEXT];
    uint32_t n_text;
    rw_direction *direction; /* [n_head], tested with all texts there */
    int sampled_rows;
    atomic_int stop; /* progress asked to */
    rw_joint_row *joint;
    uint32_t n_joint;
    rw_readout_row *readout;
    uint32_t n_readout;
    rw_baseline_row *baseline;
    uint32_t n_baseline;
    /* tokens of the pairs kept for drawing, first text only */
    struct rw_drawn {
        int64_t query_position, key_position;
        char query_token[64], key_token[64];
    } * drawn; /* [n_head] */
    rw_kept_vectors kept;
};

/** layers.c: joint aliasing and read-out of every layer, for one text. */
ropewalk_status rw_layers_examine(rw_audit_run *run, const rw_qkfile *file, uint32_t text,
                                  ropewalk_error *err);
/** layers.c: baselines, once. */
ropewalk_status rw_baselines_examine(rw_audit_run *run, ropewalk_error *err);
/** Say how far a stage is. Nonzero: stop, and what is being counted ends soon as well. */
int rw_audit_tell(rw_audit_run *run, const char *stage, int64_t done, int64_t total);
/** combine.c: heads, summaries, texts. */
ropewalk_status rw_audit_combine(rw_audit_run *run, rw_audit *out, ropewalk_error *err);
/** keep.c: the vectors a reader may look into, of the first text. */
ropewalk_status rw_vectors_keep(rw_audit_run *run, const rw_qkfile *file,
                                ropewalk_error *err);
/** curve.c: S(m) of chosen heads. */
ropewalk_status rw_audit_curves(const rw_audit_run *run, rw_audit *out,
                                ropewalk_error *err);
#endif
