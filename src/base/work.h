/* work.h - independent items whose results are values: counted once, and kept
 * in a checkpoint. */
#ifndef RW_BASE_WORK_H
#define RW_BASE_WORK_H
#include "base/journal.h"
#include "base/pack.h"
#include "base/pool.h"

typedef struct rw_work {
    void *ctx;
    uint32_t stage; /* tells the items of one job apart; below UINT32_MAX */
    int64_t n_item; /* below UINT32_MAX */
    rw_pool_work run;
    /** Bytes of a finished item, and the item from its bytes, instead of run(). */
    void (*pack)(void *ctx, int64_t item, rw_packer *out);
    ropewalk_status (*unpack)(void *ctx, int64_t item, rw_unpacker *in,
                              ropewalk_error *err);
    /** Told once, before the first progress, how many items the checkpoint had; may be NULL. */
    void (*kept)(void *ctx, int64_t n);
} rw_work;

/** Like rw_pool_run(). @param journal  where finished items come from and go to; may be NULL */
ropewalk_status rw_work_run(const rw_work *work, rw_journal *journal, int n_thread,
                            rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err);
#endif
