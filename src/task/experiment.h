/* experiment.h - from what is asked to conditions, from conditions to answers: the competence gate
 * first, longer lists and moved lists only for what passes it. */
#ifndef RW_TASK_EXPERIMENT_H
#define RW_TASK_EXPERIMENT_H
#include "base/work.h"
#include "task/inquiry.h"

enum { RW_MAX_TASK_AXIS = 32 };

/* Lists may be empty (n 0); the defaults are filled in by rw_experiment_defaults(). */
typedef struct rw_experiment_plan {
    const rw_task *task[RW_MAX_TASK_AXIS]; /* each with its factors below */
    uint32_t factor[RW_MAX_TASK_AXIS][RW_MAX_TASK_FACTOR];
    size_t n_task;
    int64_t length[RW_MAX_TASK_AXIS]; /* tokens of a prompt; lists are as long as fits */
    size_t n_length;
    int64_t item[RW_MAX_TASK_AXIS]; /* items of a list, beside or instead of lengths */
    size_t n_item;
    double depth[RW_MAX_TASK_AXIS]; /* none: anywhere */
    size_t n_depth;
    rw_strategy strategy[RW_N_STRATEGY];
    size_t n_strategy;
    int64_t gap[RW_MAX_TASK_AXIS]; /* of the experiment with distance; none: not made */
    size_t n_gap;
    int64_t gap_item; /* items of its lists */
    int64_t window;   /* items, of chunked */
    uint32_t n_list, n_question;
    uint64_t seed;
    bool chat, generate, attend;
    bool timed;   /* a dry run times the model, to say how long the run may take */
    bool no_gate; /* everything is run, and said to be without a gate */
} rw_experiment_plan;

/** 512 to 4096 tokens (within the context), 10 lists of 10 questions, the strategy direct, 16 items
 *  a moved list, windows of 64 items, where nothing was said. */
void rw_experiment_defaults(rw_experiment_plan *plan, const rw_lm *lm);

/** Items that a list may have so that its first question takes at most `length` tokens; 0 when not
 *  even two fit. Without RW_LM_COUNTS from the tokens that the server tells of two shorter lists. */
ropewalk_status rw_experiment_fit(const rw_lm *lm, const rw_condition *condition,
                                  int64_t length, int64_t *n_item, ropewalk_error *err);

/** Run it. *out owns everything and is released with rw_experiment_clear().
 *  @param journal   finished questions come from it and go there; may be NULL
 *  @param n_thread  questions asked at a time; 1 without RW_LM_PARALLEL
 *  @param dry       conditions and their tokens alone, nothing is asked
 *  E_ARGUMENT for a plan that asks for nothing, or for too much. */
ropewalk_status rw_experiment_run(const rw_experiment_plan *plan, const rw_lm *lm,
                                  rw_journal *journal, int n_thread, bool dry,
                                  ropewalk_progress progress, void *progress_ctx,
                                  rw_task_result *out, ropewalk_error *err);
void rw_experiment_clear(rw_task_result *result);
/** What a checkpoint belongs to: everything that changes a prompt, and the model's name. The number
 *  of lists does not: more can be asked later, fewer summed up. */
uint64_t rw_experiment_key(const rw_experiment_plan *plan, const char *model);
#endif
