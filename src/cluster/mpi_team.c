/* mpi_team.c - a team over MPI: messages by tag, waiting without turning a processor. */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <mpi.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "cluster/cluster.h"

enum { TAG_MESSAGE = 1, TAG_END = 2 };

/* A message on its way: MPI reads its bytes until it says that it does no more. */
typedef struct parcel {
    struct parcel *next;
    MPI_Request request;
    unsigned char bytes[];
} parcel;

typedef struct cluster {
    ropewalk_team team;
    void *buffer;
    int room;
    parcel *sent;       /* which MPI has not let go of */
    MPI_Request coming; /* of what goes into the buffer, of `count` bytes from `from` */
    int is_coming, count, from;
} cluster;

// NOLINTBEGIN(clang-analyzer-optin.mpi.MPI-Checker): it knows MPI_Wait, and not MPI_Test
/* Free what MPI has let go of. */
static int look_after_sent(cluster *c)
{
    for (parcel **at = &c->sent; *at;) {
        parcel *p = *at;
        int done = 0;
        if (MPI_Test(&p->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return -1;
        if (done) {
            *at = p->next;
            rw_free(p);
        } else {
            at = &p->next;
        }
    }
    return 0;
}

/* Nobody waits inside MPI, which waits by turning a processor that others count on: what is sent is
 * kept until MPI has let go of it. */
static int send_message(void *ctx, int to, const void *bytes, size_t n)
{
    cluster *c = ctx;
    if (n > INT_MAX) return -1;
    parcel *p = rw_malloc(sizeof *p + n);
    if (!p) return -1;
    if (n) memcpy(p->bytes, bytes, n);
    if (MPI_Isend(p->bytes, (int)n, MPI_BYTE, to, TAG_MESSAGE, MPI_COMM_WORLD,
                  &p->request) != MPI_SUCCESS) {
        rw_free(p);
        return -1;
    }
    p->next = c->sent;
    c->sent = p;
    return look_after_sent(c);
}

static void nap(long microseconds)
{
    const struct timespec pause = {0, microseconds * 1000};
    (void)nanosleep(&pause, NULL);
}

/* Begin to receive what is there. Long messages come in parts, for which both sides must look again. */
static int begin_to_receive(cluster *c)
{
    MPI_Status status;
    int there = 0;
    if (MPI_Iprobe(MPI_ANY_SOURCE, TAG_MESSAGE, MPI_COMM_WORLD, &there, &status) !=
        MPI_SUCCESS)
        return -1;
    if (!there) return 0;
    if (MPI_Get_count(&status, MPI_BYTE, &c->count) != MPI_SUCCESS || c->count < 0)
        return -1;
    if (c->count > c->room) {
        void *grown = rw_realloc(c->buffer, (size_t)c->count, 1);
        if (!grown) return -1;
        c->buffer = grown;
        c->room = c->count;
    }
    c->from = status.MPI_SOURCE;
    c->is_coming = MPI_Irecv(c->buffer, c->count, MPI_BYTE, c->from, TAG_MESSAGE,
                             MPI_COMM_WORLD, &c->coming) == MPI_SUCCESS;
    return c->is_coming ? 0 : -1;
}

static int receive_message(void *ctx, int *from, const void **bytes, size_t *n)
{
    enum { LOOKS = 20 }; /* 2 ms: a sender that is busy otherwise is not waited for */
    cluster *c = ctx;
    if (look_after_sent(c)) return -1;
    if (!c->is_coming && begin_to_receive(c)) return -1;
    for (int i = 0, arrived = 0; c->is_coming && i < LOOKS; i++) {
        if (MPI_Test(&c->coming, &arrived, MPI_STATUS_IGNORE) != MPI_SUCCESS) return -1;
        if (!arrived) {
            nap(100);
            continue;
        }
        c->is_coming = 0;
        *from = c->from;
        *bytes = c->buffer;
        *n = (size_t)c->count;
        return 1;
    }
    return 0;
}

/* Ranks that share this machine's processors. */
static int count_local(void)
{
    MPI_Comm local;
    int n = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL,
                            &local) != MPI_SUCCESS)
        return 1;
    (void)MPI_Comm_size(local, &n);
    (void)MPI_Comm_free(&local);
    return n;
}

ropewalk_status rw_cluster_join(char **argv, const ropewalk_team **team,
                                ropewalk_error *err)
{
    (void)argv;
    *team = NULL;
    if (!rw_cluster_launched()) return ROPEWALK_OK;
    int provided = 0;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "MPI cannot be started");
    if (provided < MPI_THREAD_FUNNELED)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "this MPI does not allow threads beside it");
    (void)MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    cluster *c = rw_calloc(1, sizeof *c);
    if (!c) return rw_fail_memory(err, "the other processes");
    c->team = (ropewalk_team){.struct_size = sizeof c->team,
                              .ctx = c,
                              .send = send_message,
                              .receive = receive_message};
    (void)MPI_Comm_rank(MPI_COMM_WORLD, &c->team.rank);
    (void)MPI_Comm_size(MPI_COMM_WORLD, &c->team.size);
    c->team.n_local = count_local();
    *team = &c->team;
    return ROPEWALK_OK;
}

/* What still comes is thrown away until rank 0 has said the end, or ended this process. */
static void wait_for_end(cluster *c)
{
    for (int there = 0; !there;) {
        int from;
        const void *bytes;
        size_t n;
        while (receive_message(c, &from, &bytes, &n) > 0) {
        }
        if (MPI_Iprobe(0, TAG_END, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE) !=
            MPI_SUCCESS)
            return;
        if (!there) nap(5000);
    }
    (void)MPI_Recv(NULL, 0, MPI_BYTE, 0, TAG_END, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void rw_cluster_leave(const ropewalk_team *team, int exit_code)
{
    if (!team) return;
    cluster *c = team->ctx;
    if (team->rank == 0 && exit_code >= 2) (void)MPI_Abort(MPI_COMM_WORLD, exit_code);
    if (team->rank == 0) {
        while (c->sent && !look_after_sent(c))
            nap(100);
        for (int rank = 1; rank < team->size; rank++)
            (void)MPI_Send(NULL, 0, MPI_BYTE, rank, TAG_END, MPI_COMM_WORLD);
    } else {
        wait_for_end(c);
    }
    (void)MPI_Finalize();
    while (c->sent) { /* what rank 0 ended without asking for */
        parcel *p = c->sent;
        c->sent = p->next;
        rw_free(p);
    }
    rw_free(c->buffer);
    rw_free(c);
}
// NOLINTEND(clang-analyzer-optin.mpi.MPI-Checker)
