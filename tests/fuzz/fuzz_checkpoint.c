/* fuzz_checkpoint.c - a checkpoint file from a stranger: its records, a head, a layer. The first
 * byte says which, since no stranger's checksums fit. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "audit/record.h"
#include "base/alloc.h"
#include "base/journal.h"

enum { KEY = 77 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct memory {
    const uint8_t *bytes;
    size_t n;
} memory;

static ropewalk_status read_memory(void *ctx, uint64_t offset, size_t n, void *out,
                                   ropewalk_error *err)
{
    (void)err;
    const memory *m = ctx;
    if (offset > m->n || n > m->n - offset) __builtin_trap();
    if (n) memcpy(out, m->bytes + offset, n);
    return ROPEWALK_OK;
}

static void as_file(const uint8_t *data, size_t size)
{
    memory m = {data, size};
    const rw_source source = {.name = "x", .size = size, .read = read_memory, .ctx = &m};
    rw_journal_record *record;
    size_t n_record;
    uint64_t end;
    ropewalk_error err = {0};
    if (rw_journal_scan(&source, KEY, &record, &n_record, &end, &err)) {
        if (!err.message[0] || record || n_record) __builtin_trap();
        return;
    }
    if (end > size) __builtin_trap();
    for (size_t i = 0; i < n_record; i++)
        if (record[i].n > end || record[i].offset > end - record[i].n) __builtin_trap();
    rw_free(record);
}

static void as_head(const uint8_t *data, size_t size)
{
    const rw_record_shape shape = {.n_effective = 1,
                                   .n_freq = 2,
                                   .n_query = 3,
                                   .n_attended = 1,
                                   .n_random = 2,
                                   .n_row = 16};
    rw_unpacker in = {.bytes = data, .n = size};
    rw_head_text head;
    if (rw_head_unpack(&in, &shape, &head, NULL)) return;
    rw_packer again = {0}; /* what is accepted says the same again */
    rw_head_pack(&head, &shape, &again);
    if (again.n != size || memcmp(again.bytes, data, size) != 0) __builtin_trap();
    rw_packer_clear(&again);
    rw_head_text_clear(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    rw_unpacker in = {.bytes = data + 1, .n = size - 1};
    rw_layer_text layer;
    if (data[0] % 3 == 0)
        as_file(data + 1, size - 1);
    else if (data[0] % 3 == 1)
        as_head(data + 1, size - 1);
    else
        (void)rw_layer_unpack(&in, &layer, NULL);
    return 0;
}
