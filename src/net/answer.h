/* answer.h - the head of an HTTP answer: the few lines that matter here, read strictly. */
#ifndef RW_NET_ANSWER_H
#define RW_NET_ANSWER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RW_MAX_HEAD_BYTES = 64 << 10 }; /* of one answer's header lines together */

typedef struct rw_answer {
    int code;          /* 206; 0 before the first line */
    char type[64];     /* Content-Type up to ';', lower case; "" when absent */
    char encoding[32]; /* Content-Encoding, lower case; "" when absent or identity */
    char etag[160];    /* with its quotes; "" when absent */
    char modified[64]; /* Last-Modified */
    uint64_t length;   /* Content-Length */
    bool length_known, length_bad; /* bad: it stands there and is no number of bytes */
    bool range_given;              /* a Content-Range stands there */
    bool range_bad;              /* ... which cannot be understood, or two that differ */
    bool range_none;             /* "bytes * / n": nothing of it is sent */
    uint64_t first, last, total; /* of the range; total is known too for range_none */
    bool total_known;
    uint64_t retry_after; /* seconds; 0: not said */
    size_t n_head;        /* bytes of header lines so far */
} rw_answer;

/** Begin anew. */
void rw_answer_init(rw_answer *a);
/** Take one line, its end included, as it arrives; a status line begins a new answer.
 *  False: the head is longer than anything honest. */
bool rw_answer_line(rw_answer *a, const char *line, size_t n);
/** What a status code means, in a few words; "" for one without a usual meaning. */
const char *rw_answer_meaning(int code);
#endif
