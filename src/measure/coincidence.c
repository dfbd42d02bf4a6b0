/* coincidence.c - dealing words into buckets and counting one bucket at a time. */
#include "measure/coincidence.h"

#include <string.h>

#include "base/alloc.h"

/* Words a bucket should hold: their table, of 32 to 48 bytes a word, fits the nearest cache. */
enum { BUCKET = 512, MOST_BUCKET = 2048, SPARSE = 4 };

static size_t buckets_of(int64_t n)
{
    size_t n_bucket = 2;
    while (n_bucket < MOST_BUCKET && n_bucket * BUCKET < (uint64_t)n)
        n_bucket *= 2;
    return n_bucket;
}

/* A power of two of slots, at most a quarter full with n words: few meet another's slot. */
static size_t slots_of(uint64_t n)
{
    size_t slots = 64;
    while (slots < SPARSE * n)
        slots *= 2;
    return slots;
}

/* The table has room for buckets of twice the mean; fuller ones are counted in rounds. */
static size_t largest_table(int64_t n)
{
    return slots_of(2 * (uint64_t)n / buckets_of(n));
}

uint64_t rw_coincidences_bytes(int64_t n, size_t n_context)
{
    return (uint64_t)n * 16 + largest_table(n) * (4 + 16 / SPARSE) +
           n_context * (buckets_of(n) * sizeof(uint32_t) + 24);
}

ropewalk_status rw_coincidences_init(rw_coincidences *c, int64_t n, size_t n_context,
                                     ropewalk_error *err)
{
    *c = (rw_coincidences){.n_context = n_context, .n_bucket = buckets_of(n)};
    c->n_slot = largest_table(n);
    c->shift = 64;
    for (size_t b = c->n_bucket; b > 1; b /= 2)
        c->shift--;
    c->word = rw_array((size_t)n + 1, sizeof *c->word);
    c->dealt = rw_array((size_t)n + 1, sizeof *c->dealt);
    c->slot = rw_array(c->n_slot, sizeof *c->slot);
    c->entry = rw_array(c->n_slot / SPARSE + 2, sizeof *c->entry);
    c->end = rw_array(n_context * c->n_bucket + 1, sizeof *c->end);
    c->seen = rw_array(2 * n_context + 1, sizeof *c->seen);
    c->pairs = rw_array(n_context + 1, sizeof *c->pairs);
    if (c->word && c->dealt && c->slot && c->entry && c->end && c->seen && c->pairs)
        return ROPEWALK_OK;
    rw_coincidences_clear(c);
    return rw_fail_memory(err, "pairs of equal scores");
}

void rw_coincidences_clear(rw_coincidences *c)
{
    rw_free(c->word);
    rw_free(c->dealt);
    rw_free(c->slot);
    rw_free(c->entry);
    rw_free(c->end);
    rw_free(c->seen);
    rw_free(c->pairs);
    *c = (rw_coincidences){0};
}

/* One to one. Its highest bits choose the bucket, the lowest the round, those above them the slot. */
static inline uint64_t hash(uint64_t word)
{
    const uint64_t h = (word ^ word >> 32) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

static void deal(rw_coincidences *c, const int64_t *context)
{
    uint32_t at[MOST_BUCKET] = {0}, sum = 0;
    const int64_t n = context[c->n_context - 1];
    for (int64_t m = 0; m < n; m++)
        at[hash(c->word[m]) >> c->shift]++;
    for (size_t b = 0; b < c->n_bucket; b++) {
        const uint32_t size = at[b];
        at[b] = sum;
        sum += size;
    }
    int64_t m = 0;
    for (size_t i = 0; i < c->n_context; i++) {
        for (; m < context[i]; m++)
            c->dealt[at[hash(c->word[m]) >> c->shift]++] = c->word[m];
        memcpy(c->end + i * c->n_bucket, at, c->n_bucket * sizeof *at);
    }
}

/* Words of one bucket whose hash ends its round's way: part[i] is what context i adds. 0 when the table is too
 * small for them. */
static int count_round(rw_coincidences *c, size_t bucket, uint32_t at, int round_bits,
                       uint64_t which, uint64_t *part)
{
    const uint32_t size = c->end[(c->n_context - 1) * c->n_bucket + bucket] - at;
    size_t n_slot = slots_of(size);
    if (n_slot > c->n_slot) n_slot = c->n_slot;
    const uint64_t mask = n_slot - 1, only = ((uint64_t)1 << round_bits) - 1;
    const uint64_t *dealt = c->dealt;
    uint32_t *slot = c->slot, n_entry = 0;
    rw_coincidence_entry *entry = c->entry;
    memset(slot, 0, n_slot * sizeof *slot);
    for (size_t i = 0; i < c->n_context; i++) {
        const uint32_t end = c->end[i * c->n_bucket + bucket];
        uint64_t seen = 0;
        for (; at < end; at++) {
            const uint64_t word = dealt[at], h = hash(word);
            if ((h & only) != which) continue;
            uint64_t k = h >> round_bits & mask;
            while (slot[k] && entry[slot[k]].word != word)
                k = (k + 1) & mask;
            /* no branch on whether the word is new: nobody could foretell it */
            const uint32_t is_new = slot[k] == 0;
            n_entry += is_new;
            if (n_entry > n_slot / SPARSE) return 0;
            const uint32_t e = is_new ? n_entry : slot[k];
            const uint64_t before = is_new ? 0 : entry[e].count;
            slot[k] = e;
            entry[e] = (rw_coincidence_entry){word, before + 1};
            seen += before;
        }
        part[i] += seen;
    }
    return 1;
}

void rw_coincidences_count(rw_coincidences *c, const int64_t *context)
{
    if (c->n_context == 0) return;
    deal(c, context);
    uint64_t *seen = c->seen, *part = c->seen + c->n_context;
    memset(seen, 0, c->n_context * sizeof *seen);
    uint32_t first = 0;
    for (size_t b = 0; b < c->n_bucket; b++) {
        int round_bits = 0;
        for (uint64_t which = 0; which >> round_bits == 0; which++) {
            if (which == 0) memset(part, 0, c->n_context * sizeof *part);
            if (count_round(c, b, first, round_bits, which, part)) continue;
            round_bits++;
            which = UINT64_MAX; /* begins again at 0 */
        }
        first = c->end[(c->n_context - 1) * c->n_bucket + b];
        for (size_t i = 0; i < c->n_context; i++)
            seen[i] += part[i];
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < c->n_context; i++)
        c->pairs[i] = (int64_t)(sum += seen[i]);
}
