/* feed.h - threads that take items as they come: for work whose list is not known beforehand. */
#ifndef RW_BASE_FEED_H
#define RW_BASE_FEED_H
#include "base/pool.h"

typedef struct rw_feed rw_feed;

ropewalk_status rw_feed_open(int n_thread, rw_pool_work work, void *ctx, rw_feed **out,
                             ropewalk_error *err);
/** Lets running items end, drops the others. NULL is a no-op. */
void rw_feed_close(rw_feed *f);

/** How many more items it takes: two a thread, so that none waits for its next one. */
int rw_feed_room(const rw_feed *f);
/** How many were given and not yet taken back. */
int rw_feed_held(const rw_feed *f);
/** Never more than rw_feed_room() at a time. */
void rw_feed_give(rw_feed *f, int64_t item);
/** The next finished item: *item is -1 when there is none within `wait_ms`. The error of an item
 *  that failed. */
ropewalk_status rw_feed_take(rw_feed *f, int wait_ms, int64_t *item, ropewalk_error *err);
#endif
