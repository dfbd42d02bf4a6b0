/* team.c - the messages between ranks. A rank other than 0 has at most one question open, so that
 * no two processes ever wait for each other to receive. */
#define _POSIX_C_SOURCE 200809L
#include "base/team.h"

#include <string.h>
#include <time.h>

#include "base/feed.h"

/* Every message begins with one of these and the stage. */
typedef enum message {
    ASK = 1, /* to 0: room for items, whether one is done, which, its bytes */
    ITEMS, /* from 0: whether these are the last, how many, which, the bytes of their input */
    DONE,    /* to 0: nothing left here */
    RELEASE, /* from 0: all is there */
    TELL,    /* from 0: a line */
    FAIL,    /* to 0: status and sentence */
} message;

int rw_team_leads(const ropewalk_team *team)
{
    return !team || team->rank == 0;
}

static ropewalk_status broken(ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_IO, 0, "the other processes cannot be reached");
}

static void start(rw_packer *p, message kind, uint32_t stage)
{
    *p = (rw_packer){0};
    rw_pack_u32(p, kind);
    rw_pack_u32(p, stage);
}

static ropewalk_status post(const ropewalk_team *team, int to, rw_packer *p,
                            ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    if (p->failed)
        status = rw_fail_memory(err, "a message");
    else if (team->send(team->ctx, to, p->bytes, p->n))
        status = broken(err);
    rw_packer_clear(p);
    return status;
}

/* The next message, if there is one: *kind 0 when not. */
static ropewalk_status look(const ropewalk_team *team, int *from, uint32_t *kind,
                            uint32_t *stage, rw_unpacker *in, ropewalk_error *err)
{
    const void *bytes = NULL;
    size_t n = 0;
    *in = (rw_unpacker){0};
    *kind = 0;
    const int got = team->receive(team->ctx, from, &bytes, &n);
    if (got < 0) return broken(err);
    if (got == 0) return ROPEWALK_OK;
    *in = (rw_unpacker){.bytes = bytes, .n = n};
    *kind = rw_unpack_u32(in);
    *stage = rw_unpack_u32(in);
    return in->failed ? broken(err) : ROPEWALK_OK;
}

/* Looking takes time from those who count: the longer nothing happens, the less often. */
enum { MOST_WAIT_MS = 16 };

static int longer(int wait_ms)
{
    return wait_ms < MOST_WAIT_MS ? 2 * wait_ms : MOST_WAIT_MS;
}

static void nap(int wait_ms)
{
    const struct timespec pause = {0, wait_ms * 1000000L};
    (void)nanosleep(&pause, NULL);
}

/* --- rank 0 ------------------------------------------------------------------------------------ */
typedef struct lead {
    const ropewalk_team *team;
    const rw_work *work;
    rw_journal *journal;
    const int64_t *item;
    int64_t n, next, n_done;
    int n_rank_done;
} lead;

/* A message of items and their input ends with the one that gets it here; who has room asks again. */
enum { ENOUGH_BYTES = 1 << 22 };

static void pack_item(const rw_work *work, int64_t item, rw_packer *out)
{
    rw_pack_u64(out, (uint64_t)item);
    if (!work->pack_input) return;
    rw_packer input = {0};
    work->pack_input(work->ctx, item, &input);
    out->failed |= input.failed;
    rw_pack_u64(out, input.n);
    rw_pack_bytes(out, input.bytes, input.n);
    rw_packer_clear(&input);
}

static ropewalk_status answer_ask(lead *l, int from, rw_unpacker *in, ropewalk_error *err)
{
    const uint32_t room = rw_unpack_u32(in);
    if (rw_unpack_u32(in)) {
        const int64_t item = rw_unpack_count(in, l->work->n_item - 1);
        if (in->failed) return broken(err);
        rw_unpacker body = {.bytes = in->bytes + in->at, .n = in->n - in->at};
        ropewalk_status status = l->work->unpack(l->work->ctx, item, &body, err);
        if (!status) status = rw_work_keep(l->work, l->journal, item, err);
        if (status) return status;
        l->n_done++;
    }
    rw_packer items = {0};
    uint32_t n_item = 0;
    for (; n_item < room && l->next < l->n && items.n < ENOUGH_BYTES; n_item++)
        pack_item(l->work, l->item[l->next++], &items);
    rw_packer p;
    start(&p, ITEMS, l->work->stage);
    rw_pack_u32(&p, l->next == l->n);
    rw_pack_u32(&p, n_item);
    rw_pack_bytes(&p, items.bytes, items.n);
    p.failed |= items.failed;
    rw_packer_clear(&items);
    return post(l->team, from, &p, err);
}

static ropewalk_status take_failure(int from, rw_unpacker *in, ropewalk_error *err)
{
    char sentence[sizeof err->message] = "";
    const uint32_t status = rw_unpack_u32(in);
    const size_t n = in->n - in->at;
    if (n < sizeof sentence) memcpy(sentence, in->bytes + in->at, n);
    return rw_fail(err, status ? (ropewalk_status)status : ROPEWALK_E_IO, 0,
                   "rank %d: %.400s", from, sentence);
}

/* *any: whether there was a message. */
static ropewalk_status answer_all(lead *l, int *any, ropewalk_error *err)
{
    for (*any = 0;; *any = 1) {
        int from;
        uint32_t kind, stage;
        rw_unpacker in;
        ropewalk_status status = look(l->team, &from, &kind, &stage, &in, err);
        if (status || !kind) return status;
        if (kind == FAIL) return take_failure(from, &in, err);
        if (stage != l->work->stage) return broken(err);
        if (kind == ASK)
            status = answer_ask(l, from, &in, err);
        else
            l->n_rank_done++;
        if (status) return status;
    }
}

static ropewalk_status release(const lead *l, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (int rank = 1; rank < l->team->size && !status; rank++) {
        rw_packer p;
        start(&p, RELEASE, l->work->stage);
        status = post(l->team, rank, &p, err);
    }
    return status;
}

ropewalk_status rw_team_lead(const ropewalk_team *team, const rw_work *work,
                             rw_journal *journal, const int64_t *item, int64_t n,
                             int n_thread, rw_pool_progress progress, void *progress_ctx,
                             ropewalk_error *err)
{
    lead l = {.team = team, .work = work, .journal = journal, .item = item, .n = n};
    rw_feed *feed;
    ropewalk_status status = rw_feed_open(n_thread, work->run, work->ctx, &feed, err);
    int wait_ms = 1;
    while (!status && (l.n_done < n || l.n_rank_done < team->size - 1)) {
        while (l.next < n && rw_feed_room(feed) > 0)
            rw_feed_give(feed, item[l.next++]);
        int64_t done;
        int any = 0;
        status = rw_feed_take(feed, wait_ms, &done, err);
        if (!status && done >= 0) {
            status = rw_work_keep(work, journal, done, err);
            l.n_done++;
        }
        if (!status) status = answer_all(&l, &any, err);
        wait_ms = any || done >= 0 ? 1 : longer(wait_ms);
        if (!status && progress && progress(progress_ctx, l.n_done, n))
            status = rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    }
    rw_feed_close(feed);
    return status ? status : release(&l, err);
}

/* --- the others -------------------------------------------------------------------------------- */
static ropewalk_status ask(const ropewalk_team *team, const rw_work *work, int room,
                           int64_t done, ropewalk_error *err)
{
    rw_packer p;
    start(&p, ASK, work->stage);
    rw_pack_u32(&p, (uint32_t)room);
    rw_pack_u32(&p, done >= 0);
    if (done >= 0) {
        rw_pack_u64(&p, (uint64_t)done);
        work->pack(work->ctx, done, &p);
    }
    return post(team, 0, &p, err);
}

static ropewalk_status take_items(rw_feed *feed, const rw_work *work, rw_unpacker *in,
                                  int *last, ropewalk_error *err)
{
    *last |= rw_unpack_u32(in) != 0;
    const uint32_t n = rw_unpack_u32(in);
    if (in->failed || n > (uint32_t)rw_feed_room(feed)) return broken(err);
    for (uint32_t i = 0; i < n; i++) {
        const int64_t item = rw_unpack_count(in, work->n_item - 1);
        if (in->failed) return broken(err);
        if (work->unpack_input) {
            const int64_t n_byte = rw_unpack_count(in, INT64_MAX);
            if (in->failed || (uint64_t)n_byte > in->n - in->at) return broken(err);
            rw_unpacker input = {.bytes = in->bytes + in->at, .n = (size_t)n_byte};
            in->at += input.n;
            const ropewalk_status status =
                work->unpack_input(work->ctx, item, &input, err);
            if (status) return status;
        }
        rw_feed_give(feed, item);
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_team_follow(const ropewalk_team *team, const rw_work *work,
                               int n_thread, rw_pool_progress progress,
                               void *progress_ctx, ropewalk_error *err)
{
    rw_feed *feed;
    ropewalk_status status = rw_feed_open(n_thread, work->run, work->ctx, &feed, err);
    int last = 0, open = 0, released = 0, wait_ms = 1;
    while (!status && !released) {
        int64_t done = -1;
        if (open)
            nap(wait_ms);
        else
            status = rw_feed_take(feed, wait_ms, &done, err);
        if (status) break;
        if (!open && (done >= 0 || (!last && rw_feed_room(feed) > 0))) {
            status = ask(team, work, last ? 0 : rw_feed_room(feed), done, err);
            open = 1;
        } else if (!open && last && rw_feed_held(feed) == 0) {
            rw_packer p;
            start(&p, DONE, work->stage);
            status = post(team, 0, &p, err);
            open = 1;
        }
        int from;
        uint32_t kind = 0, stage = 0;
        rw_unpacker in;
        if (!status) status = look(team, &from, &kind, &stage, &in, err);
        if (!status && kind && stage != work->stage) status = broken(err);
        if (!status && kind == ITEMS) {
            status = take_items(feed, work, &in, &last, err);
            open = 0;
        }
        released = kind == RELEASE;
        wait_ms = kind || done >= 0 ? 1 : longer(wait_ms);
        if (!status && progress && progress(progress_ctx, 0, work->n_item))
            status = rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    }
    rw_feed_close(feed);
    return status;
}

/* --- lines and failures ------------------------------------------------------------------------ */
ropewalk_status rw_team_tell(const ropewalk_team *team, const char *line,
                             ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (int rank = 1; rank < team->size && !status; rank++) {
        rw_packer p;
        start(&p, TELL, 0);
        rw_pack_bytes(&p, line, strlen(line));
        status = post(team, rank, &p, err);
    }
    return status;
}

ropewalk_status rw_team_hear(const ropewalk_team *team, char *line, size_t room,
                             rw_pool_progress progress, void *progress_ctx,
                             ropewalk_error *err)
{
    for (int wait_ms = 1;; wait_ms = longer(wait_ms)) {
        int from;
        uint32_t kind, stage;
        rw_unpacker in;
        const ropewalk_status status = look(team, &from, &kind, &stage, &in, err);
        if (status) return status;
        if (kind == TELL) {
            const size_t n = in.n - in.at;
            if (n >= room) return broken(err);
            memcpy(line, in.bytes + in.at, n);
            line[n] = '\0';
            return ROPEWALK_OK;
        }
        if (kind) return broken(err);
        if (progress && progress(progress_ctx, 0, 1))
            return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
        nap(wait_ms);
    }
}

void rw_team_fail(const ropewalk_team *team, ropewalk_status status,
                  const ropewalk_error *err)
{
    if (!status || rw_team_leads(team)) return;
    const char *sentence = err ? err->message : "";
    rw_packer p;
    start(&p, FAIL, 0);
    rw_pack_u32(&p, status);
    rw_pack_bytes(&p, sentence, strlen(sentence));
    (void)post(team, 0, &p, NULL);
}
