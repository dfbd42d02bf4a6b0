/* fuzz_kept.c - what checkpoints of `task` and `sweep` keep, from a stranger: an answer to a
 * question, a cell of a grid. The first byte says which. What is accepted says the same again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "sweep/cell.h"
#include "task/inquiry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(rw_packer *again, const uint8_t *data, size_t size)
{
    if (again->n != size || memcmp(again->bytes, data, size) != 0) __builtin_trap();
    rw_packer_clear(again);
}

static void as_answer(const uint8_t *data, size_t size)
{
    rw_unpacker in = {.bytes = data, .n = size};
    rw_inquiry inquiry;
    ropewalk_error err = {0};
    if (rw_inquiry_unpack(&in, &inquiry, &err)) {
        if (!err.message[0] || inquiry.attention) __builtin_trap();
        return;
    }
    rw_packer again = {0};
    rw_inquiry_pack(&inquiry, &again);
    same_again(&again, data, size);
    rw_inquiry_clear(&inquiry);
}

/* The second of three cells, of two contexts and an event with and without a data type. */
static void as_cell(const uint8_t *data, size_t size)
{
    enum { N_CONTEXT = 2, N_SLOT = 2, N_CELL = 3 };
    rw_sweep_value value[N_CELL * N_CONTEXT * N_SLOT] = {0};
    rw_sweep sweep = {.n_context = N_CONTEXT, .n_slot = N_SLOT, .value = value};
    rw_cells cells = {.out = &sweep};
    rw_unpacker in = {.bytes = data, .n = size};
    ropewalk_error err = {0};
    if (rw_cell_unpack(&cells, 1, &in, &err)) {
        if (!err.message[0]) __builtin_trap();
        return;
    }
    rw_packer again = {0};
    rw_cell_pack(&cells, 1, &again);
    same_again(&again, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    if (data[0] % 2 == 0)
        as_answer(data + 1, size - 1);
    else
        as_cell(data + 1, size - 1);
    return 0;
}
