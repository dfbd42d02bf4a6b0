/* test_team.c - ranks as threads with queues between them: every item once, with its input, on rank 0 in the end;
 * failures and rubbish are told there. MPI itself is tested by tests/cli/check_mpi.py. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/team.h"

enum { N = 120, MOST_RANK = 4 };

typedef struct letter {
    struct letter *next;
    int from;
    size_t n;
    uint8_t bytes[];
} letter;

typedef struct office {
    pthread_mutex_t lock;
    letter *first[MOST_RANK];
    int broken, is_hasty;
    atomic_int n_begun[2]; /* ranks that have an item of this stage */
} office;

typedef struct rank {
    ropewalk_team team;
    office *office;
    letter *open;
    uint64_t value[2][N];
    uint64_t input[N]; /* of stage 1: rank 0 has all, the others what they were sent */
    int fails, stop;
    atomic_int begun[2];
    ropewalk_status status;
    ropewalk_error err;
    char heard[64];
} rank;

static int send_letter(void *ctx, int to, const void *bytes, size_t n)
{
    rank *r = ctx;
    letter *l = malloc(sizeof *l + n);
    if (!l || r->office->broken) {
        free(l);
        return -1;
    }
    *l = (letter){.from = r->team.rank, .n = n};
    memcpy(l->bytes, bytes, n);
    (void)pthread_mutex_lock(&r->office->lock);
    letter **at = &r->office->first[to];
    while (*at)
        at = &(*at)->next;
    *at = l;
    (void)pthread_mutex_unlock(&r->office->lock);
    return 0;
}

static int receive_letter(void *ctx, int *from, const void **bytes, size_t *n)
{
    rank *r = ctx;
    free(r->open);
    (void)pthread_mutex_lock(&r->office->lock);
    r->open = r->office->first[r->team.rank];
    if (r->open) r->office->first[r->team.rank] = r->open->next;
    const int is_broken = r->office->broken;
    (void)pthread_mutex_unlock(&r->office->lock);
    if (!r->open) return is_broken ? -1 : 0;
    *from = r->open->from;
    *bytes = r->open->bytes;
    *n = r->open->n;
    return 1;
}

typedef struct stage {
    rank *r;
    int number;
} stage;

static ropewalk_status run(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    (void)worker;
    const stage *s = ctx;
    office *o = s->r->office;
    if (!atomic_exchange(&s->r->begun[s->number], 1))
        atomic_fetch_add(&o->n_begun[s->number], 1);
    /* nobody is done before everybody has something to do, however late a thread begins */
    const struct timespec pause = {0, 300000};
    while (!o->is_hasty && atomic_load(&o->n_begun[s->number]) < s->r->team.size)
        (void)nanosleep(&pause, NULL);
    if (s->r->fails) return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "item %d", (int)item);
    s->r->value[s->number][item] =
        (uint64_t)(item * 3 + s->number + 1) + (s->number ? s->r->input[item] : 0);
    return ROPEWALK_OK;
}

/* From 8 bytes to more than a message that MPI sends at once. */
static void pack_input(void *ctx, int64_t item, rw_packer *out)
{
    const stage *s = ctx;
    for (int64_t i = 0; i <= item * 10; i++)
        rw_pack_u64(out, s->r->input[item] + (uint64_t)i);
}

static ropewalk_status unpack_input(void *ctx, int64_t item, rw_unpacker *in,
                                    ropewalk_error *err)
{
    const stage *s = ctx;
    s->r->input[item] = rw_unpack_u64(in);
    for (int64_t i = 1; i <= item * 10; i++)
        if (rw_unpack_u64(in) != s->r->input[item] + (uint64_t)i)
            return rw_fail(err, ROPEWALK_E_FORMAT, 0, "input %d", (int)item);
    return rw_unpack_complete(in) ? ROPEWALK_OK
                                  : rw_fail(err, ROPEWALK_E_FORMAT, 0, "too much input");
}

static void pack(void *ctx, int64_t item, rw_packer *out)
{
    const stage *s = ctx;
    rw_pack_u64(out, s->r->value[s->number][item]);
}

static ropewalk_status unpack(void *ctx, int64_t item, rw_unpacker *in,
                              ropewalk_error *err)
{
    const stage *s = ctx;
    if (s->r->value[s->number][item])
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "item %d twice", (int)item);
    s->r->value[s->number][item] = rw_unpack_u64(in);
    return rw_unpack_complete(in) ? ROPEWALK_OK
                                  : rw_fail(err, ROPEWALK_E_FORMAT, 0, "no value");
}

static int progress(void *ctx, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    return ((rank *)ctx)->stop;
}

static void *rank_main(void *arg)
{
    rank *r = arg;
    const ropewalk_team *team = &r->team;
    for (int number = 0; number < 2 && !r->status; number++) {
        if (team->rank == 0)
            r->status = rw_team_tell(team, "a line", &r->err);
        else
            r->status =
                rw_team_hear(team, r->heard, sizeof r->heard, progress, r, &r->err);
        stage s = {r, number};
        const rw_work work = {.ctx = &s,
                              .stage = (uint32_t)number,
                              .n_item = N,
                              .pack_input = number ? pack_input : NULL,
                              .unpack_input = number ? unpack_input : NULL,
                              .run = run,
                              .pack = pack,
                              .unpack = unpack};
        if (!r->status)
            r->status =
                rw_work_run(&work, NULL, team, 1 + team->rank % 2, progress, r, &r->err);
    }
    rw_team_fail(team, r->status, &r->err);
    if (r->status && team->rank == 0) {
        (void)pthread_mutex_lock(&r->office->lock);
        r->office->broken = 1; /* what MPI_Abort() does */
        (void)pthread_mutex_unlock(&r->office->lock);
    }
    return NULL;
}

static rank ranks[MOST_RANK];

static void go(int size, int fail_rank, int stop_rank)
{
    static office o;
    pthread_t thread[MOST_RANK];
    memset(&o, 0, sizeof o);
    o.is_hasty = stop_rank >= 0; /* who stops may never have begun */
    (void)pthread_mutex_init(&o.lock, NULL);
    for (int i = 0; i < size; i++) {
        ranks[i] = (rank){.office = &o, .fails = i == fail_rank, .stop = i == stop_rank};
        ranks[i].team = (ropewalk_team){.struct_size = sizeof ranks[i].team,
                                        .rank = i,
                                        .size = size,
                                        .n_local = size,
                                        .ctx = &ranks[i],
                                        .send = send_letter,
                                        .receive = receive_letter};
    }
    for (uint64_t i = 0; i < N; i++)
        ranks[0].input[i] = 1000000 * (i + 1);
    for (int i = 0; i < size; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, rank_main, &ranks[i]), 0);
    for (int i = 0; i < size; i++)
        (void)pthread_join(thread[i], NULL);
    for (int i = 0; i < size; i++) {
        free(ranks[i].open);
        while (o.first[i]) {
            letter *l = o.first[i];
            o.first[i] = l->next;
            free(l);
        }
    }
    (void)pthread_mutex_destroy(&o.lock);
}

static void all_on_rank_0(void **state)
{
    (void)state;
    for (int size = 1; size <= MOST_RANK; size++) {
        go(size, -1, -1);
        for (int i = 0; i < size; i++) {
            if (ranks[i].status) fail_msg("rank %d: %s", i, ranks[i].err.message);
            if (i) assert_string_equal(ranks[i].heard, "a line");
        }
        for (int number = 0; number < 2; number++)
            for (int i = 0; i < N; i++) {
                const uint64_t input = number ? 1000000 * ((uint64_t)i + 1) : 0;
                assert_true(ranks[0].value[number][i] ==
                            (uint64_t)(i * 3 + number + 1) + input);
                int others = 0;
                for (int k = 1; k < size; k++)
                    others += ranks[k].value[number][i] != 0;
                assert_true(others <= 1);
            }
        uint64_t helped = 0;
        for (int k = 1; k < size; k++)
            for (int i = 0; i < N; i++)
                helped += ranks[k].value[0][i] != 0;
        if (size > 1) assert_true(helped > 0);
    }
}

static void a_rank_fails(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        go(3, which, -1);
        assert_int_equal(ranks[0].status, ROPEWALK_E_UNSUPPORTED);
        char wanted[16] = "item ";
        if (which) (void)snprintf(wanted, sizeof wanted, "rank %d: item ", which);
        assert_memory_equal(ranks[0].err.message, wanted, strlen(wanted));
        assert_true(ranks[1].status && ranks[2].status);
    }
}

static void a_rank_stops(void **state)
{
    (void)state;
    go(3, -1, 2);
    assert_int_equal(ranks[0].status, ROPEWALK_E_INTERRUPTED);
    assert_string_equal(ranks[0].err.message, "rank 2: interrupted");
    go(3, -1, 0);
    assert_int_equal(ranks[0].status, ROPEWALK_E_INTERRUPTED);
    assert_true(ranks[1].status && ranks[2].status);
}

/* A message of items to rank 1, whose input is said to be `said` bytes and is `n`. */
static void letter_of_items(office *o, uint64_t said, size_t n, uint32_t n_item)
{
    rw_packer p = {0};
    rw_pack_u32(&p, 2); /* ITEMS */
    rw_pack_u32(&p, 1);
    rw_pack_u32(&p, 1);
    rw_pack_u32(&p, n_item);
    rw_pack_u64(&p, 0);
    rw_pack_u64(&p, said);
    for (size_t i = 0; i < n; i++)
        rw_pack_bytes(&p, "", 1);
    letter *l = malloc(sizeof *l + p.n);
    assert_non_null(l);
    *l = (letter){.n = p.n};
    memcpy(l->bytes, p.bytes, p.n);
    o->first[1] = l;
    rw_packer_clear(&p);
}

/* Input that is longer than its message, cut off, or missing: refused, and nothing beyond it is read. */
static void damaged_items(void **state)
{
    (void)state;
    static const struct {
        uint64_t said;
        size_t n;
        ropewalk_status status; /* E_FORMAT: it is there, and the work refuses it */
    } cases[] = {{16, 8, ROPEWALK_E_IO},
                 {9, 8, ROPEWALK_E_IO},
                 {1, 0, ROPEWALK_E_IO},
                 {8, 0, ROPEWALK_E_IO},
                 {UINT64_MAX, 8, ROPEWALK_E_IO},
                 {INT64_MAX, 8, ROPEWALK_E_IO},
                 {7, 8, ROPEWALK_E_FORMAT},
                 {0, 0, ROPEWALK_E_FORMAT},
                 {16, 16, ROPEWALK_E_FORMAT},
                 {8, 8, ROPEWALK_E_IO}}; /* the second of two items is missing */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        office o = {.is_hasty = 1};
        (void)pthread_mutex_init(&o.lock, NULL);
        static rank r;
        r = (rank){.office = &o};
        r.team = (ropewalk_team){.struct_size = sizeof r.team,
                                 .rank = 1,
                                 .size = 2,
                                 .n_local = 2,
                                 .ctx = &r,
                                 .send = send_letter,
                                 .receive = receive_letter};
        letter_of_items(&o, cases[i].said, cases[i].n, 2);
        stage s = {&r, 1};
        const rw_work work = {.ctx = &s,
                              .stage = 1,
                              .n_item = N,
                              .pack_input = pack_input,
                              .unpack_input = unpack_input,
                              .run = run,
                              .pack = pack,
                              .unpack = unpack};
        assert_int_equal(rw_work_run(&work, NULL, &r.team, 1, progress, &r, &r.err),
                         cases[i].status);
        free(r.open);
        while (o.first[0]) { /* its questions */
            letter *l = o.first[0];
            o.first[0] = l->next;
            free(l);
        }
        (void)pthread_mutex_destroy(&o.lock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_on_rank_0), cmocka_unit_test(a_rank_fails),
        cmocka_unit_test(a_rank_stops), cmocka_unit_test(damaged_items)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
