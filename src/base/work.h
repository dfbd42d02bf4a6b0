/* work.h - independent items whose results are values: counted once, kept in
 * a checkpoint, and shared out over processes in the same bytes. */
#ifndef RW_BASE_WORK_H
#define RW_BASE_WORK_H
#include "base/journal.h"
#include "base/pack.h"
#include "base/pool.h"

/** Hexadecimal digest of the sources that can change a kept result: part of every checkpoint's key. */
extern const char rw_source_digest[];

/** Begin a checkpoint's key, *key: what kind of job it is of, and the sources. What else decides its results is packed
 *  behind that. */
void rw_work_key_begin(rw_packer *p, const char *kind, uint64_t *key);
/** Take what was packed into the key, and release it: the end of a key, or of a part of it. */
ropewalk_status rw_work_key_take(rw_packer *p, uint64_t *key, ropewalk_error *err);

typedef struct rw_work {
    void *ctx;
    uint32_t stage; /* tells the items of one job apart; below UINT32_MAX */
    int64_t n_item; /* below UINT32_MAX */
    /** Bytes of what an item needs and rank 0 alone has, and that from its bytes, before run() on
     *  another rank. Both NULL where every rank has all that it needs. */
    void (*pack_input)(void *ctx, int64_t item, rw_packer *out);
    ropewalk_status (*unpack_input)(void *ctx, int64_t item, rw_unpacker *in,
                                    ropewalk_error *err);
    rw_pool_work run;
    /** Bytes of a finished item, and the item from its bytes, instead of run(). */
    void (*pack)(void *ctx, int64_t item, rw_packer *out);
    ropewalk_status (*unpack)(void *ctx, int64_t item, rw_unpacker *in,
                              ropewalk_error *err);
    /** Told once, before the first progress, how many items the checkpoint had; may be NULL. */
    void (*kept)(void *ctx, int64_t n);
} rw_work;

/** Like rw_pool_run(). In a team every rank calls it alike: rank 0 returns with all items, the
 *  others when there is nothing left to do, with what they did themselves.
 *  @param journal  where finished items come from and go to, on rank 0; may be NULL
 *  @param team     may be NULL */
ropewalk_status rw_work_run(const rw_work *work, rw_journal *journal,
                            const ropewalk_team *team, int n_thread,
                            rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err);

/** For who runs items: the bytes of a finished one go to the journal, if there is one. */
ropewalk_status rw_work_keep(const rw_work *work, rw_journal *journal, int64_t item,
                             ropewalk_error *err);
#endif
