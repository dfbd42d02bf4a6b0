/* http.c - ranges of a file behind an address, in blocks, and what is refused of servers.
 *
 * Small reads one behind the other fetch runs of blocks that double up to MAX_RUN; a read larger
 * than a block fetches what it needs, its caller reads ahead; anything else costs one block. A server that ignores ranges sends the file from its
 * beginning: as much as is needed of that is kept, and the rest cut off. */
#include "net/http.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "net/address.h"

enum {
    BLOCK = 256 << 10,
    N_SLOT = 16, /* blocks kept */
    MAX_RUN = 8, /* blocks fetched at once */
    PREFIX_FIRST =
        2 << 20, /* kept of a file sent whole: this, then half as much again as needed */
    PREFIX_MOST = 32 << 20,
    MAX_REDIRECT = 8,
};

typedef struct slot {
    uint64_t block, used; /* UINT64_MAX: empty; a clock for replacement */
} slot;

struct rw_http {
    rw_source source;
    rw_transfer *transfer;
    rw_text shown;   /* the name of the source */
    char brief[208]; /* the same in messages, which must have room for what went wrong */
    rw_text url;     /* what is asked for: after redirects, once these were followed */
    char *token;     /* NULL: none may be sent there */
    char etag[160], modified[64];

    unsigned char *run; /* what one request brings: MAX_RUN blocks */
    unsigned char *blocks;
    slot slots[N_SLOT];
    uint64_t clock, next_block; /* behind the last run */
    uint64_t run_length;        /* in blocks */

    bool from_zero; /* the server ignores ranges */
    unsigned char *prefix;
    size_t n_prefix;
};

void rw_http_options_init(rw_http_options *options)
{
    *options = (rw_http_options){.limits = {.connect_ms = 10000,
                                            .slow_s = 10,
                                            .slow_bytes = 256,
                                            .overall_ms = 300000,
                                            .total_bytes = (uint64_t)128 << 20}};
}

static const char *shown(const rw_http *h)
{
    return h->brief;
}

/* --- redirects -------------------------------------------------------------------------- */

/* Move to where an answer leads. `seen` counts the steps so far. */
static ropewalk_status follow(rw_http *h, const char *next, int n_seen,
                              ropewalk_error *err)
{
    rw_address from, to;
    ropewalk_error inner = {0};
    ropewalk_status status = rw_address_split(h->url.data, &from, err);
    if (status) return status;
    if (n_seen >= MAX_REDIRECT)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: more than %d redirects, one after the other", shown(h),
                       MAX_REDIRECT);
    if (rw_address_split(next, &to, &inner))
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the server redirects: %s", shown(h),
                       inner.message);
    if (!rw_address_may_lead_to(&from, &to))
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server redirects from https to unencrypted http on %s",
                       shown(h), to.host);
    rw_text moved;
    rw_text_init(&moved);
    rw_text_append_n(&moved, next, strcspn(next, "#"));
    if (moved.failed) {
        rw_text_clear(&moved);
        return rw_fail_memory(err, "an address");
    }
    if (strcmp(moved.data, h->url.data) == 0) {
        rw_text_clear(&moved);
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the address redirects to itself",
                       shown(h));
    }
    rw_text_clear(&h->url);
    h->url = moved;
    return ROPEWALK_OK;
}

static ropewalk_status get(rw_http *h, uint64_t first, uint64_t n, size_t most,
                           unsigned char *body, rw_answer *answer, size_t *n_body,
                           int *whole, ropewalk_error *err)
{
    for (int n_seen = 0;; n_seen++) {
        const char *next;
        rw_address at;
        ropewalk_status status = rw_address_split(h->url.data, &at, err);
        if (status) return status;
        const rw_request request = {.url = h->url.data,
                                    .shown = shown(h),
                                    .token =
                                        rw_address_may_know_token(&at) ? h->token : NULL,
                                    .first = first,
                                    .n = n,
                                    .most = most};
        status = rw_transfer_get(h->transfer, &request, answer, body, n_body, whole,
                                 &next, err);
        if (status) return status;
        if (answer->code < 300 || answer->code >= 400) return ROPEWALK_OK;
        if (!next)
            return rw_fail(err, ROPEWALK_E_IO, 0,
                           "%s: the server answered %d without saying where to go",
                           shown(h), answer->code);
        status = follow(h, next, n_seen, err);
        if (status) return status;
    }
}

/* --- judging answers -------------------------------------------------------------------- */

static ropewalk_status refuse_code(const rw_http *h, const rw_answer *a,
                                   ropewalk_error *err)
{
    const char *meaning = rw_answer_meaning(a->code);
    rw_address at;
    const bool hub = !rw_address_split(h->url.data, &at, NULL) &&
                     strcmp(at.host, "huggingface.co") == 0;
    if (a->code == 416 && a->range_none && a->total == 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the file is empty", shown(h));
    if ((a->code == 401 || a->code == 403) && hub)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "%s: the server answered %d (%s): the repository is private, gated "
            "or absent%s",
            shown(h), a->code, meaning,
            h->token ? "" : "; a token can be given in HF_TOKEN");
    if (a->retry_after)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server answered %d (%s), to be tried again in %llu s",
                       shown(h), a->code, meaning, (unsigned long long)a->retry_after);
    return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the server answered %d%s%s%s", shown(h),
                   a->code, *meaning ? " (" : "", meaning, *meaning ? ")" : "");
}

/* A range must be the one asked for, of a file that stays the same. */
static ropewalk_status check_range(const rw_http *h, const rw_answer *a, uint64_t first,
                                   uint64_t n, size_t n_body, int whole,
                                   ropewalk_error *err)
{
    if (!a->range_given || a->range_bad || a->range_none)
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the server answered 206 %s", shown(h),
                       a->range_given ? "with a Content-Range that makes no sense"
                                      : "without saying which range it sends");
    if (!a->total_known)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server does not say how large the file is", shown(h));
    if (a->total > (uint64_t)1 << 50)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server claims a file of %llu bytes", shown(h),
                       (unsigned long long)a->total);
    if (h->source.size && a->total != h->source.size)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "%s: the file changed while it was read: first %llu bytes, now %llu",
            shown(h), (unsigned long long)h->source.size, (unsigned long long)a->total);
    const uint64_t last = first + n < a->total ? first + n - 1 : a->total - 1;
    if (a->first != first || a->last != last)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "%s: asked for bytes %llu to %llu, the server answered with %llu to "
            "%llu",
            shown(h), (unsigned long long)first, (unsigned long long)last,
            (unsigned long long)a->first, (unsigned long long)a->last);
    if (n_body != last - first + 1 || !whole)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server announced %llu bytes and sent %s", shown(h),
                       (unsigned long long)(last - first + 1), whole ? "fewer" : "more");
    return ROPEWALK_OK;
}

static ropewalk_status check_same(rw_http *h, const rw_answer *a, ropewalk_error *err)
{
    if ((h->etag[0] && a->etag[0] && strcmp(h->etag, a->etag) != 0) ||
        (h->modified[0] && a->modified[0] && strcmp(h->modified, a->modified) != 0))
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the file changed while it was read (another %s)", shown(h),
                       strcmp(h->etag, a->etag) != 0 ? "ETag" : "Last-Modified");
    if (!h->etag[0]) memcpy(h->etag, a->etag, sizeof h->etag);
    if (!h->modified[0]) memcpy(h->modified, a->modified, sizeof h->modified);
    return ROPEWALK_OK;
}

/* Login pages and the like come with 200; neither JSON nor GGUF begins like one. */
static ropewalk_status refuse_page(const rw_http *h, const rw_answer *a,
                                   const unsigned char *body, size_t n,
                                   ropewalk_error *err)
{
    size_t i = n >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < n && strchr(" \t\r\n", body[i]) && body[i])
        i++;
    const bool markup = i < n && body[i] == '<';
    const bool ours =
        i < n && (body[i] == '{' || memcmp(body, "GGUF", n < 4 ? n : 4) == 0);
    if (!markup && (ours || strcmp(a->type, "text/html") != 0)) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_IO, 0,
                   "%s: the server sent %s, a web page and not a model's description: is "
                   "this the address of the file itself?",
                   shown(h), a->type[0] ? a->type : "markup");
}

/* What holds of every answer with a body. */
static ropewalk_status check_answer(rw_http *h, const rw_answer *a, ropewalk_error *err)
{
    if (a->code != 200 && a->code != 206) return refuse_code(h, a, err);
    if (a->encoding[0])
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server sent the file encoded (%s), unasked", shown(h),
                       a->encoding);
    if (a->length_bad)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server announced a length that is no number of bytes",
                       shown(h));
    return check_same(h, a, err);
}

/* --- servers that send the file from its beginning -------------------------------------- */

static ropewalk_status keep_prefix(rw_http *h, const rw_answer *a, unsigned char *body,
                                   size_t n, int whole, ropewalk_error *err)
{
    uint64_t size = whole ? n : a->length;
    if (!whole && !a->length_known)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "%s: the server neither sends ranges nor says how large the file is",
            shown(h));
    if (whole && a->length_known && a->length != n) size = 0;
    if (!size || size > (uint64_t)1 << 50 || (!whole && size <= n))
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       n ? "%s: the server announced %llu bytes and sent %zu"
                         : "%s: the file is empty",
                       shown(h), (unsigned long long)a->length, n);
    if (h->source.size && h->source.size != size)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "%s: the file changed while it was read: first %llu bytes, now %llu",
            shown(h), (unsigned long long)h->source.size, (unsigned long long)size);
    if (n < h->n_prefix || (h->n_prefix && memcmp(body, h->prefix, h->n_prefix) != 0))
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the file changed while it was read",
                       shown(h));
    h->source.size = size;
    h->from_zero = true;
    rw_free(h->prefix);
    h->prefix = body;
    h->n_prefix = n;
    return ROPEWALK_OK;
}

static ropewalk_status extend_prefix(rw_http *h, uint64_t wanted, ropewalk_error *err)
{
    const uint64_t ample = wanted + wanted / 2;
    const size_t most = ample > PREFIX_MOST    ? PREFIX_MOST
                        : ample > PREFIX_FIRST ? (size_t)ample
                                               : PREFIX_FIRST;
    if (most < wanted)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server does not send ranges, and byte %llu lies beyond "
                       "the first %d MiB",
                       shown(h), (unsigned long long)wanted, PREFIX_MOST >> 20);
    unsigned char *body = rw_malloc(most);
    if (!body) return rw_fail_memory(err, "the beginning of a file");
    rw_answer a;
    size_t n;
    int whole;
    ropewalk_status status = get(h, 0, most, most, body, &a, &n, &whole, err);
    if (!status) status = check_answer(h, &a, err);
    if (!status && a.code != 200)
        status =
            rw_fail(err, ROPEWALK_E_IO, 0,
                    "%s: the server first ignored ranges and then sent one", shown(h));
    if (!status) status = keep_prefix(h, &a, body, n, whole, err);
    if (status) rw_free(body);
    return status;
}

/* --- blocks ----------------------------------------------------------------------------- */

static slot *find_slot(rw_http *h, uint64_t block)
{
    slot *oldest = h->slots;
    for (int i = 0; i < N_SLOT; i++) {
        slot *s = &h->slots[i];
        if (s->block == block) return s;
        if (s->used < oldest->used) oldest = s;
    }
    oldest->block = UINT64_MAX;
    return oldest;
}

static unsigned char *slot_bytes(const rw_http *h, const slot *s)
{
    return h->blocks + (size_t)(s - h->slots) * BLOCK;
}

/* Put n bytes that begin at block `first` into slots. */
static void keep_blocks(rw_http *h, uint64_t first, size_t n)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        slot *s = find_slot(h, first + at / BLOCK);
        s->block = first + at / BLOCK;
        s->used = ++h->clock;
        memcpy(slot_bytes(h, s), h->run + at, n - at < BLOCK ? n - at : BLOCK);
    }
}

/* Fetch `block`, which is not at hand, and some behind it: `wanted` in all, or more. */
static ropewalk_status fetch(rw_http *h, uint64_t block, uint64_t wanted,
                             ropewalk_error *err)
{
    uint64_t length = wanted < MAX_RUN ? wanted : MAX_RUN;
    if (wanted == 1 && block == h->next_block && h->run_length)
        length = h->run_length < MAX_RUN / 2 ? h->run_length * 2 : MAX_RUN;
    rw_answer a;
    size_t n;
    int whole;
    ropewalk_status status =
        get(h, block * BLOCK, length * BLOCK, 1, h->run, &a, &n, &whole, err);
    if (!status) status = check_answer(h, &a, err);
    if (!status && a.code == 200)
        status = rw_fail(err, ROPEWALK_E_IO, 0,
                         "%s: the server first sent a range and then the whole file: the "
                         "file changed while it was read",
                         shown(h));
    if (!status)
        status = check_range(h, &a, block * BLOCK, length * BLOCK, n, whole, err);
    if (status) return status;
    keep_blocks(h, block, n);
    h->next_block = block + length;
    h->run_length = length;
    return ROPEWALK_OK;
}

static ropewalk_status read_blocks(rw_http *h, uint64_t offset, size_t n, void *out,
                                   ropewalk_error *err)
{
    for (size_t done = 0; done < n;) {
        const uint64_t block = (offset + done) / BLOCK;
        const size_t skip = (size_t)((offset + done) % BLOCK);
        slot *s = find_slot(h, block);
        if (s->block != block) {
            const uint64_t wanted = (offset + n - 1) / BLOCK - block + 1;
            const ropewalk_status status = fetch(h, block, wanted, err);
            if (status) return status;
            s = find_slot(h, block);
        }
        const size_t here = n - done < BLOCK - skip ? n - done : BLOCK - skip;
        memcpy((unsigned char *)out + done, slot_bytes(h, s) + skip, here);
        s->used = ++h->clock;
        done += here;
    }
    return ROPEWALK_OK;
}

static ropewalk_status read_source(void *ctx, uint64_t offset, size_t n, void *out,
                                   ropewalk_error *err)
{
    rw_http *h = ctx;
    if (offset > h->source.size || n > h->source.size - offset)
        return rw_fail(err, ROPEWALK_E_IO, offset,
                       "%s: byte %llu lies beyond the file's %llu", shown(h),
                       (unsigned long long)(offset + n),
                       (unsigned long long)h->source.size);
    if (!n) return ROPEWALK_OK;
    if (!h->from_zero) return read_blocks(h, offset, n, out, err);
    if (offset + n > h->n_prefix) {
        const ropewalk_status status = extend_prefix(h, offset + n, err);
        if (status) return status;
        if (offset + n > h->n_prefix)
            return rw_fail(err, ROPEWALK_E_IO, 0, "%s: the server sent only %zu bytes",
                           shown(h), h->n_prefix);
    }
    memcpy(out, h->prefix + offset, n);
    return ROPEWALK_OK;
}

/* --- opening ---------------------------------------------------------------------------- */

/* The first request tells whether ranges work, and how large the file is. */
static ropewalk_status begin(rw_http *h, ropewalk_error *err)
{
    rw_answer a;
    size_t n;
    int whole;
    unsigned char *body = rw_malloc(PREFIX_FIRST);
    if (!body) return rw_fail_memory(err, "the beginning of a file");
    ropewalk_status status = get(h, 0, BLOCK, PREFIX_FIRST, body, &a, &n, &whole, err);
    if (!status) status = check_answer(h, &a, err);
    if (!status && a.code == 206) status = check_range(h, &a, 0, BLOCK, n, whole, err);
    if (!status) status = refuse_page(h, &a, body, n, err);
    if (!status && a.code == 200) {
        status = keep_prefix(h, &a, body, n, whole, err);
        if (!status) return status; /* which owns body now */
    } else if (!status) {
        h->source.size = a.total;
        memcpy(h->run, body, n);
        keep_blocks(h, 0, n);
        h->next_block = h->run_length = 1;
    }
    rw_free(body);
    return status;
}

static ropewalk_status prepare(rw_http *h, const char *url,
                               const rw_http_options *options, ropewalk_error *err)
{
    rw_address address;
    ropewalk_status status = rw_address_split(url, &address, err);
    if (status) return status;
    rw_address_of_file(url, &address, &h->url);
    if (h->url.failed) return rw_fail_memory(err, "an address");
    rw_address_shown(h->url.data, &h->shown);
    h->run = rw_malloc((size_t)MAX_RUN * BLOCK);
    h->blocks = rw_malloc((size_t)N_SLOT * BLOCK);
    h->token = options->token && *options->token ? rw_strdup(options->token) : NULL;
    if (h->shown.failed || !h->run || !h->blocks ||
        (options->token && *options->token && !h->token))
        return rw_fail_memory(err, "a cache");
    (void)snprintf(h->brief, sizeof h->brief, "%.200s%s", h->shown.data,
                   h->shown.len > 200 ? "..." : "");
    for (int i = 0; i < N_SLOT; i++)
        h->slots[i].block = UINT64_MAX;
    h->source = (rw_source){.name = h->shown.data, .read = read_source, .ctx = h};
    return rw_transfer_open(&options->limits, options->progress, options->progress_ctx,
                            &h->transfer, err);
}

ropewalk_status rw_http_open(const char *url, const rw_http_options *options,
                             rw_http **out, ropewalk_error *err)
{
    *out = NULL;
    rw_http *h = rw_calloc(1, sizeof *h);
    if (!h) return rw_fail_memory(err, "a connection");
    rw_text_init(&h->shown);
    rw_text_init(&h->url);
    ropewalk_status status = prepare(h, url, options, err);
    if (!status) status = begin(h, err);
    if (status)
        rw_http_close(h);
    else
        *out = h;
    return status;
}

const rw_source *rw_http_source(const rw_http *h)
{
    return &h->source;
}

uint64_t rw_http_received(const rw_http *h)
{
    return rw_transfer_received(h->transfer);
}

void rw_http_close(rw_http *h)
{
    if (!h) return;
    rw_transfer_close(h->transfer);
    rw_text_clear(&h->shown);
    rw_text_clear(&h->url);
    rw_free(h->token);
    rw_free(h->run);
    rw_free(h->blocks);
    rw_free(h->prefix);
    rw_free(h);
}
