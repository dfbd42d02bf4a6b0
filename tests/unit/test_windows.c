/* test_windows.c - every window of a plan is in one batch, with all its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "measure/windows.h"

static const int64_t context[] = {1,    2,    3,    257,   258,   1024,
                                  2048, 5000, 8192, 16384, 32768, 131072};
enum { N_CONTEXT = sizeof context / sizeof *context };

static bool has_edge(const rw_edges *e, int64_t at)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->at[i] == at) return true;
    return false;
}

static void batches(void **state)
{
    (void)state;
    rw_windows w;
    ropewalk_error err = {0};
    assert_int_equal(rw_windows_init(&w, context, N_CONTEXT, 3 * 32768 + 1, 15, &err),
                     ROPEWALK_OK);
    /* halves and whole windows of all but the last, which is too long; LOCAL from 258 on */
    assert_int_equal(w.n_window, 11 + 11 + 7 + 11);
    int64_t n, most = 0;
    size_t n_edge, most_edge = 0, n_batch = 0;
    rw_windows_room(&w, &n, &n_edge);
    rw_batch batch;
    for (size_t i = 0; i < w.n_window; i = batch.last, n_batch++) {
        rw_windows_batch(&w, i, &batch);
        assert_true(batch.first == i && batch.last > i);
        assert_true(batch.last - i <= RW_MAX_BATCH);
        assert_int_equal(batch.edges.at[0], 0);
        assert_int_equal(batch.edges.at[batch.edges.n - 1], w.window[i].far_end);
        for (size_t j = i; j < batch.last; j++) {
            const rw_window *one = &w.window[j];
            assert_true(64 * one->far_end > w.window[i].far_end);
            assert_true(has_edge(&batch.edges, one->near_first));
            assert_true(has_edge(&batch.edges, one->near_end));
            assert_true(has_edge(&batch.edges, one->far_first));
            assert_true(has_edge(&batch.edges, one->far_end));
        }
        most = w.window[i].far_end > most ? w.window[i].far_end : most;
        most_edge = batch.edges.n > most_edge ? batch.edges.n : most_edge;
    }
    assert_true(n_batch >= 3);
    assert_int_equal(n, most);
    assert_int_equal(n_edge, most_edge);
    rw_windows_clear(&w);
}

/* So many contexts that their edges do not fit one batch. */
static void many_contexts(void **state)
{
    (void)state;
    int64_t many[300];
    for (int64_t i = 0; i < 300; i++)
        many[i] = 1000 + 7 * i;
    rw_windows w;
    ropewalk_error err = {0};
    assert_int_equal(rw_windows_init(&w, many, 300, 3100, 1u << RW_HALVES, &err),
                     ROPEWALK_OK);
    assert_int_equal(w.n_window, 300);
    rw_batch batch;
    size_t n_batch = 0;
    for (size_t i = 0; i < w.n_window; i = batch.last, n_batch++) {
        rw_windows_batch(&w, i, &batch);
        assert_true(batch.last > i && batch.edges.n <= RW_MAX_EDGE);
    }
    assert_true(n_batch > 5);
    rw_windows_clear(&w);
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_windows_init(&w, many, 300, 3100, 1, &err), ROPEWALK_E_MEMORY);
    rw_alloc_fail_at(-1, 0);
    rw_windows_clear(&w);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches),
        cmocka_unit_test(many_contexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
