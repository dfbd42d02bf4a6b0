/* test_cell.c - a cell's bytes: they come back as they were, and nothing else is taken for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "sweep/cell.h"

enum { N_CONTEXT = 2, N_SLOT = 3, N_VALUE = N_CONTEXT * N_SLOT, BYTES = 44 };

static void bytes_of_a_cell(void **state)
{
    (void)state;
    rw_sweep_value value[2 * N_VALUE] = {{0}};
    rw_sweep sweep = {.value = value, .n_context = N_CONTEXT, .n_slot = N_SLOT};
    rw_cells cells = {.out = &sweep};
    for (int i = 0; i < N_VALUE; i++)
        value[N_VALUE + i] = (rw_sweep_value){
            .count = i,
            .total = (int64_t)1 << 61,
            .unresolved = i % 2,
            .aside = 7 * i,
            .counted = i != 3,
            .defined = i % 3 == 0,
            .predicted = {i == 2 ? (double)NAN : 0.1 * i, (rw_estimate_kind)(i % 4),
                          (rw_estimate_state)(i % 3)}};
    rw_packer p = {0};
    rw_cell_pack(&cells, 1, &p);
    assert_int_equal(p.n, N_VALUE * BYTES);
    rw_unpacker in = {.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_cell_unpack(&cells, 0, &in, NULL), ROPEWALK_OK);
    for (int i = 0; i < N_VALUE; i++) {
        const rw_sweep_value *a = &value[i], *b = &value[N_VALUE + i];
        assert_true(a->count == b->count && a->total == b->total &&
                    a->unresolved == b->unresolved && a->aside == b->aside &&
                    a->counted == b->counted && a->defined == b->defined &&
                    a->predicted.kind == b->predicted.kind &&
                    a->predicted.state == b->predicted.state);
        assert_memory_equal(&a->predicted.value, &b->predicted.value, sizeof(double));
    }
    ropewalk_error err;
    for (size_t n = 0; n <= p.n + 1; n++) { /* cut, or with something behind */
        uint8_t copy[N_VALUE * BYTES + 1] = {0};
        memcpy(copy, p.bytes, n < p.n ? n : p.n);
        in = (rw_unpacker){.bytes = copy, .n = n};
        assert_int_equal(rw_cell_unpack(&cells, 0, &in, &err),
                         n == p.n ? ROPEWALK_OK : ROPEWALK_E_FORMAT);
    }
    static const struct {
        size_t at;
        uint8_t byte;
    } wrong[] = {{7, 0x80},  /* a negative count */
                 {7, 0x7f},  /* above its total */
                 {15, 0xff}, /* a negative total */
                 {23, 0x80}, {31, 0x80}, {40, 0x30} /* no such state */, {43, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t copy[N_VALUE * BYTES];
        memcpy(copy, p.bytes, sizeof copy);
        copy[wrong[i].at] = wrong[i].byte;
        in = (rw_unpacker){.bytes = copy, .n = sizeof copy};
        assert_int_equal(rw_cell_unpack(&cells, 0, &in, &err), ROPEWALK_E_FORMAT);
    }
    for (uint64_t i = 0; i < 2000; i++) { /* any bytes at all: refused or within bounds */
        uint8_t copy[N_VALUE * BYTES];
        for (size_t b = 0; b < sizeof copy; b++)
            copy[b] =
                (uint8_t)(rw_random_below(11, i, b, 5) ? 0 : rw_random_u64(12, i, b));
        in = (rw_unpacker){.bytes = copy, .n = sizeof copy};
        if (rw_cell_unpack(&cells, 0, &in, &err)) continue;
        for (int v = 0; v < N_VALUE; v++)
            assert_true(value[v].count >= 0 && value[v].count <= value[v].total &&
                        value[v].predicted.state <= RW_ESTIMATE_UNABLE);
    }
    rw_packer_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_of_a_cell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
