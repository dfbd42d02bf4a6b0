/* post.h - bodies of JSON sent to one server, from several threads at a time. */
#ifndef RW_NET_POST_H
#define RW_NET_POST_H
#include <stdatomic.h>

#include "base/status.h"
#include "base/text.h"

typedef struct rw_post rw_post;

typedef struct rw_post_options {
    const char *address; /* "https://host/v1": paths are added to it */
    const char *key;     /* sent as Authorization: Bearer; NULL: none. Never shown */
    int n_connection;    /* requests under way at a time, 1 .. 256 */
    int64_t connect_ms, answer_ms; /* until connected; for a whole request */
    size_t most;                   /* bytes of an answer */
    const atomic_int *stop;        /* nonzero: give up what is under way; may be NULL */
} rw_post_options;

/** 10 s to connect, 300 s for an answer of at most 1 MiB, 4 connections. */
void rw_post_options_init(rw_post_options *options);

/** E_ARGUMENT for what is no address, a key that is none, and a key that would travel in the clear
 *  to another machine; E_UNSUPPORTED without libcurl. */
ropewalk_status rw_post_open(const rw_post_options *options, rw_post **out,
                             ropewalk_error *err);
void rw_post_close(rw_post *p); /* NULL is a no-op */

/** Send and wait. OK when the server answered, with whatever code; no redirect is followed.
 *  @param code         HTTP status
 *  @param retry_after  seconds the server asks to wait, 0 when it does not
 *  E_IO: not reached, too slow, broken off. E_UNSUPPORTED: a longer answer than is read.
 *  E_INTERRUPTED, E_MEMORY. Safe from several threads. */
ropewalk_status rw_post_send(rw_post *p, const char *path, const char *body,
                             size_t n_body, int *code, uint64_t *retry_after,
                             rw_text *answer, ropewalk_error *err);
#endif
