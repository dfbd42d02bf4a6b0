/* transfer.h - one GET at a time over one connection: libcurl is known here, in post.c and in client.c. */
#ifndef RW_NET_TRANSFER_H
#define RW_NET_TRANSFER_H
#include "base/status.h"
#include "net/answer.h"

typedef struct rw_transfer rw_transfer;

typedef struct rw_transfer_limits {
    int64_t connect_ms;
    int64_t slow_s,
        slow_bytes;       /* given up after slow_s seconds below slow_bytes a second */
    int64_t overall_ms;   /* of all transfers together */
    uint64_t total_bytes; /* likewise, of bodies */
} rw_transfer_limits;

typedef struct rw_request {
    const char *url;   /* checked by rw_address_split */
    const char *shown; /* how messages call it */
    const char *token; /* sent as Authorization: Bearer; NULL: none is sent */
    uint64_t first, n; /* the bytes wanted, n >= 1 */
    size_t most;       /* how much to keep of an answer that sends the file from byte 0 */
} rw_request;

/** E_UNSUPPORTED, in one sentence, in a build without libcurl. */
ropewalk_status rw_transfer_open(const rw_transfer_limits *limits,
                                 ropewalk_progress progress, void *progress_ctx,
                                 rw_transfer **out, ropewalk_error *err);
void rw_transfer_close(rw_transfer *t); /* NULL is a no-op */

/** Ask and wait. On OK the head is in *answer, and of a 206 up to n, of a 200 up to `most` bytes
 *  of the body in `body` (room for the larger of both); *n_body says how many, *whole whether
 *  the body ended there. A body that goes on is cut off, others are not read at all. Redirects
 *  are not followed: *next (owned by `t`, until the next call) is where one leads, else NULL.
 *  E_IO: no connection, no answer in time, a broken one, too many bytes. E_INTERRUPTED. */
ropewalk_status rw_transfer_get(rw_transfer *t, const rw_request *request,
                                rw_answer *answer, unsigned char *body, size_t *n_body,
                                int *whole, const char **next, ropewalk_error *err);

/** Bytes of bodies received so far, also those that were not kept. */
uint64_t rw_transfer_received(const rw_transfer *t);
#endif
