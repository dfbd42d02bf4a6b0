/* work.c - what a checkpoint holds is taken from it, the rest is run and kept. */
#define _POSIX_C_SOURCE 200809L
#include "base/work.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/team.h"

void rw_work_key_begin(rw_packer *p, const char *kind, uint64_t *key)
{
    *key = 0;
    *p = (rw_packer){0};
    rw_pack_bytes(p, kind, strlen(kind));
    rw_pack_bytes(p, rw_source_digest, strlen(rw_source_digest) + 1);
}

ropewalk_status rw_work_key_take(rw_packer *p, uint64_t *key, ropewalk_error *err)
{
    const int failed = p->failed;
    *key = failed ? 0 : rw_digest(*key, p->bytes, p->n);
    rw_packer_clear(p);
    return failed ? rw_fail_memory(err, "a checkpoint") : ROPEWALK_OK;
}

typedef struct running {
    const rw_work *work;
    rw_journal *journal;
    const int64_t *item; /* [n] what is left to do */
    int64_t n_kept;
    pthread_mutex_t lock; /* of the journal */
    rw_pool_progress progress;
    void *progress_ctx;
} running;

/* Take kept items; what is left goes to `left`. */
static ropewalk_status take_kept(const rw_work *work, const rw_journal *journal,
                                 int64_t *left, int64_t *n_left, ropewalk_error *err)
{
    *n_left = 0;
    for (int64_t i = 0; i < work->n_item; i++) {
        uint8_t *bytes = NULL;
        size_t n = 0;
        ropewalk_status status = ROPEWALK_OK;
        if (journal)
            status = rw_journal_read(journal, work->stage, (uint32_t)i, &bytes, &n, err);
        if (status) return status;
        if (!bytes) {
            left[(*n_left)++] = i;
            continue;
        }
        rw_unpacker in = {.bytes = bytes, .n = n};
        status = work->unpack(work->ctx, i, &in, err);
        rw_free(bytes);
        if (status)
            return rw_fail_context(err, status, "checkpoint %s",
                                   rw_journal_path(journal));
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_work_keep(const rw_work *work, rw_journal *journal, int64_t item,
                             ropewalk_error *err)
{
    if (!journal) return ROPEWALK_OK;
    rw_packer p = {0};
    work->pack(work->ctx, item, &p);
    const ropewalk_status status =
        p.failed
            ? rw_fail_memory(err, "a record of a checkpoint")
            : rw_journal_append(journal, work->stage, (uint32_t)item, p.bytes, p.n, err);
    rw_packer_clear(&p);
    return status;
}

static ropewalk_status run_item(void *ctx, int64_t at, int worker, ropewalk_error *err)
{
    running *r = ctx;
    const int64_t item = r->item[at];
    ropewalk_status status = r->work->run(r->work->ctx, item, worker, err);
    if (status || !r->journal) return status;
    (void)pthread_mutex_lock(&r->lock);
    status = rw_work_keep(r->work, r->journal, item, err);
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}

static int all_progress(void *ctx, int64_t done, int64_t total)
{
    const running *r = ctx;
    return r->progress ? r->progress(r->progress_ctx, r->n_kept + done, r->n_kept + total)
                       : 0;
}

ropewalk_status rw_work_run(const rw_work *work, rw_journal *journal,
                            const ropewalk_team *team, int n_thread,
                            rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err)
{
    if (!rw_team_leads(team))
        return rw_team_follow(team, work, n_thread, progress, progress_ctx, err);
    int64_t *left = rw_array((size_t)work->n_item + 1, sizeof *left), n_left = 0;
    if (!left) return rw_fail_memory(err, "a list of work");
    ropewalk_status status = take_kept(work, journal, left, &n_left, err);
    running r = {.work = work,
                 .journal = journal,
                 .item = left,
                 .n_kept = work->n_item - n_left,
                 .progress = progress,
                 .progress_ctx = progress_ctx};
    if (!status && work->kept && r.n_kept) work->kept(work->ctx, r.n_kept);
    (void)pthread_mutex_init(&r.lock, NULL);
    if (!status && team)
        status = rw_team_lead(team, work, journal, left, n_left, n_thread, all_progress,
                              &r, err);
    else if (!status)
        status = rw_pool_run(n_thread, n_left, run_item, &r, all_progress, &r, err);
    (void)pthread_mutex_destroy(&r.lock);
    rw_free(left);
    return status;
}
