/* http.h - a file behind an http(s) address as a source of bytes: ranges, a small cache, limits. */
#ifndef RW_NET_HTTP_H
#define RW_NET_HTTP_H
#include "base/source.h"
#include "net/transfer.h"

typedef struct rw_http rw_http;

typedef struct rw_http_options {
    rw_transfer_limits limits;
    const char *token; /* for huggingface.co over https, and nobody else; NULL: none */
    ropewalk_progress progress; /* may be NULL; nonzero stops */
    void *progress_ctx;
} rw_http_options;

/** Limits for people who wait; no token, no progress. */
void rw_http_options_init(rw_http_options *options);

/** Fetch the beginning of a file and keep the connection. The source lives as long as *out.
 *  Sends no credentials but `token`; follows few redirects, none from https to http.
 *  @return OK; E_ARGUMENT (not an address that is read); E_IO: not reached, refused, too slow,
 *          a web page, or an answer that contradicts itself or an earlier one; E_UNSUPPORTED
 *          (no libcurl); E_INTERRUPTED; E_MEMORY. *out is NULL on failure. */
ropewalk_status rw_http_open(const char *url, const rw_http_options *options,
                             rw_http **out, ropewalk_error *err);
const rw_source *rw_http_source(const rw_http *h);
uint64_t rw_http_received(const rw_http *h); /* bytes of bodies so far */
void rw_http_close(rw_http *h);              /* NULL is a no-op */
#endif
