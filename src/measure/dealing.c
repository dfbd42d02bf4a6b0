/* dealing.c - chunks handed to lists as they fill. */
#include "measure/dealing.h"

#include "base/alloc.h"

enum {
    PLACES_A_LIST = 32
}; /* where lists suffice; three times that where places are dense */

int rw_dealing_bits(int64_t n)
{
    int bits = 0;
    while (bits < RW_LIST_BITS && (int64_t)PLACES_A_LIST << bits < n)
        bits++;
    return bits;
}

size_t rw_dealing_chunks(int64_t n, size_t n_list)
{
    return (size_t)n / RW_CHUNK + n_list;
}

uint64_t rw_dealing_bytes(int64_t n, size_t n_list)
{
    return rw_dealing_chunks(n, n_list) * sizeof(uint32_t) * (RW_CHUNK + 1) +
           (uint64_t)3 * RW_MOST_LISTS * sizeof(uint32_t);
}

static bool reserve(rw_dealing *d, size_t n_chunk)
{
    if (!d->first) {
        d->first = rw_array((size_t)3 * RW_MOST_LISTS, sizeof *d->first);
        if (!d->first) return false;
        d->n = d->first + RW_MOST_LISTS;
        d->head = d->n + RW_MOST_LISTS;
    }
    if (n_chunk <= d->cap_chunk) return true;
    rw_free(d->place);
    rw_free(d->next);
    d->place = rw_array(n_chunk * RW_CHUNK, sizeof *d->place);
    d->next = rw_array(n_chunk, sizeof *d->next);
    d->cap_chunk = d->place && d->next ? n_chunk : 0;
    return d->cap_chunk > 0;
}

void rw_dealing_clear(rw_dealing *d)
{
    rw_free(d->place);
    rw_free(d->next);
    rw_free(d->first);
    *d = (rw_dealing){.place = NULL};
}

bool rw_dealing_begin(rw_dealing *d, int64_t n, size_t n_list)
{
    if (!reserve(d, rw_dealing_chunks(n, n_list))) return false;
    d->n_chunk = n_list;
    for (size_t i = 0; i < n_list; i++) {
        d->first[i] = (uint32_t)i;
        d->head[i] = (uint32_t)i * RW_CHUNK;
        d->n[i] = 0;
    }
    return true;
}

void rw_dealing_add(rw_dealing *d, const uint32_t *restrict list, const int32_t *place,
                    size_t n)
{
    int32_t *restrict out = d->place;
    uint32_t *restrict head = d->head;
    for (size_t i = 0; i < n; i++) {
        const uint32_t to = list[i];
        uint32_t at = head[to];
        out[at++] = place[i];
        if (at % RW_CHUNK == 0) {
            const uint32_t chunk = (uint32_t)d->n_chunk++;
            d->next[at / RW_CHUNK - 1] = chunk;
            d->n[to] += RW_CHUNK;
            at = chunk * RW_CHUNK;
            for (size_t j = 0; j < RW_CHUNK; j += 16) /* it is written some time later */
                __builtin_prefetch(&out[at + j], 1);
        }
        head[to] = at;
    }
}

void rw_dealing_lengths(const rw_dealing *d, size_t n_list, uint32_t *n)
{
    for (size_t i = 0; i < n_list; i++)
        n[i] = d->n[i] + d->head[i] % RW_CHUNK;
}

void rw_dealing_end(rw_dealing *d, size_t n_list)
{
    rw_dealing_lengths(d, n_list, d->n);
}

rw_lists rw_dealing_lists(const rw_dealing *d, size_t from)
{
    return (rw_lists){d->place, d->next, d->first + from, d->n + from};
}

/* Chains are followed side by side, so that their chunks' numbers are waited for together. */
void rw_dealing_index(const rw_dealing *d, size_t n_list, uint32_t *chunk,
                      uint32_t *begin)
{
    enum { SIDE_BY_SIDE = 16 };
    uint32_t n_chunk = 0;
    for (size_t from = 0, end; from < n_list; from = end) {
        uint32_t at[SIDE_BY_SIDE], left[SIDE_BY_SIDE], longest = 0;
        end = from + SIDE_BY_SIDE < n_list ? from + SIDE_BY_SIDE : n_list;
        for (size_t i = from; i < end; i++) {
            at[i - from] = d->first[i];
            left[i - from] = (d->n[i] + RW_CHUNK - 1) / RW_CHUNK;
            begin[i] = n_chunk;
            n_chunk += left[i - from];
            longest = left[i - from] > longest ? left[i - from] : longest;
        }
        for (uint32_t k = 0; k < longest; k++)
            for (size_t i = from; i < end; i++)
                if (k < left[i - from]) {
                    chunk[begin[i] + k] = at[i - from];
                    if (k + 1 < left[i - from]) at[i - from] = d->next[at[i - from]];
                }
    }
}

rw_list_reader rw_list_read(const rw_dealing *d, size_t list, const uint32_t *index)
{
    return (rw_list_reader){
        .dealing = d, .index = index, .chunk = d->first[list], .left = d->n[list]};
}

static void fetch(const rw_dealing *d, uint32_t chunk)
{
    for (size_t i = 0; i < RW_CHUNK; i += 16)
        __builtin_prefetch(d->place + (size_t)chunk * RW_CHUNK + i);
}

const int32_t *rw_list_next(rw_list_reader *r, size_t *n)
{
    enum { AHEAD = 4 }; /* chunks asked for before they are read */
    const rw_dealing *d = r->dealing;
    const uint32_t chunk = r->index ? *r->index++ : r->chunk;
    *n = r->left < RW_CHUNK ? r->left : RW_CHUNK;
    r->left -= (uint32_t)*n;
    if (r->index) {
        if (r->left > (AHEAD - 1) * RW_CHUNK) fetch(d, r->index[AHEAD - 1]);
    } else if (r->left) {
        r->chunk = d->next[chunk];
        fetch(d, r->chunk);
    }
    return d->place + (size_t)chunk * RW_CHUNK;
}
