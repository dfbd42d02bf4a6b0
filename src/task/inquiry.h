/* inquiry.h - one question under one condition: the prompts it becomes, and what a model answers. */
#ifndef RW_TASK_INQUIRY_H
#define RW_TASK_INQUIRY_H
#include "base/pack.h"
#include "result/task_result.h"
#include "task/lm.h"
#include "task/task.h"

/* How the question is put. */
typedef enum rw_strategy {
    RW_STRATEGY_DIRECT,
    RW_STRATEGY_INDEXED, /* each item says its number */
    RW_STRATEGY_CHUNKED, /* window by window; the surest window answers (map and reduce) */
    RW_STRATEGY_RECITE, /* the model first says again what it needs, then answers from that */
    RW_N_STRATEGY
} rw_strategy;

/* Where filler stands: what tells distance from dilution. */
typedef enum rw_cell_kind {
    RW_CELL_NEAR, /* list, question */
    RW_CELL_DISTANCE, /* filler after the list, taken out of the cache: nothing to attend to */
    RW_CELL_DILUTION, /* filler before the list */
    RW_CELL_BOTH,     /* filler after the list, left there */
    RW_N_CELL_KIND
} rw_cell_kind;

const char *rw_strategy_name(rw_strategy strategy);
const char *rw_cell_kind_name(rw_cell_kind kind);

typedef struct rw_condition {
    const rw_task *task;
    rw_task_request request; /* its list number is each list's own */
    rw_strategy strategy;
    int64_t window; /* items of a window, for RW_STRATEGY_CHUNKED */
    rw_cell_kind cell;
    int64_t gap; /* tokens of filler */
    bool chat, generate, attend;
} rw_condition;

/** Ask. A prompt that does not fit, and a model that will not answer, are inquiries with `refused`.
 *  E_INTERRUPTED, E_MEMORY, and E_IO when the model is gone. */
ropewalk_status rw_inquiry_run(const rw_lm *lm, const rw_condition *condition,
                               uint32_t list, uint32_t question, rw_inquiry *out,
                               ropewalk_error *err);
void rw_inquiry_clear(rw_inquiry *t);
void rw_inquiry_pack(const rw_inquiry *t, rw_packer *out);
/** E_FORMAT when the bytes are no inquiry. */
ropewalk_status rw_inquiry_unpack(rw_unpacker *in, rw_inquiry *t, ropewalk_error *err);

/** Whether words are the answer: strict, the words and nothing else but space, quotes and a full
 *  stop; lenient, the answer stands there as a word and no other option does. */
void rw_inquiry_judge(const char *words, char *const *option, uint32_t n_option,
                      uint32_t answer, bool *strict, bool *lenient);
#endif
