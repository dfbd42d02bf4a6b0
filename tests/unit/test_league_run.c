/* test_league_run.c - rows share what is equal, and say why there is nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "audit/league_run.h"
#include "base/alloc.h"

static double freq[] = {1, 0.3, 0.01, 1e-4}, same_freq[] = {1, 0.3, 0.01, 1e-4},
              other_freq[] = {1, 0.3, 0.01, 2e-4};
static const rw_rotation rotation = {8, RW_PAIRS_HALF_SPLIT, 1, freq},
                         equal = {8, RW_PAIRS_HALF_SPLIT, 1, same_freq},
                         other = {8, RW_PAIRS_HALF_SPLIT, 1, other_freq};
static const rw_family families[] = {RW_FAMILY_ALIGNED, RW_FAMILY_GAUSSIAN};

enum { N = 6 };

static const rw_rotation *const of_row[N] = {&rotation, &equal, &rotation,
                                             &other,    NULL,   &rotation};
static const int64_t effective[N] = {200, 200, 100, 200, 200, 0};

static void prepare(rw_league *league, rw_theory_table_input table[N])
{
    rw_league_init(league);
    league->row = rw_calloc(N, sizeof *league->row);
    assert_non_null(league->row);
    league->n_row = N;
    for (int i = 0; i < N; i++) {
        league->row[i].model = rw_strdup("model");
        league->row[i].effective = effective[i];
        table[i] = (rw_theory_table_input){.name = "table",
                                           .rotation = of_row[i],
                                           .head_dim = 8,
                                           .rope_theta = (double)NAN,
                                           .score_scale = 1};
    }
}

static rw_theory_input settings(void)
{
    return (rw_theory_input){.dtypes = 1u << RW_BF16,
                             .zeta = 0.1,
                             .near_alias = 0.1,
                             .family = families,
                             .n_family = 2,
                             .n_draw = 2,
                             .seed = 1,
                             .count = true,
                             .count_limit = 150,
                             .n_thread = 2,
                             .kernels = rw_kernels_pick(NULL)};
}

static void equal_tables_are_examined_once(void **state)
{
    (void)state;
    rw_league league;
    rw_theory_table_input table[N];
    const rw_theory_input in = settings();
    prepare(&league, table);
    assert_int_equal(rw_league_run(&league, table, &in, NULL), ROPEWALK_OK);
    assert_int_equal(league.n_theory, 3);
    assert_ptr_equal(league.row[0].theory, league.row[1].theory);
    assert_ptr_not_equal(league.row[0].theory, league.row[2].theory);
    assert_ptr_not_equal(league.row[0].theory, league.row[3].theory);
    assert_int_equal(league.row[2].theory->table[0].context[0].effective, 100);
    assert_true(league.row[2].theory->table[0].context[0].counted);
    assert_false(league.row[0].theory->table[0].context[0].counted);
    assert_null(league.row[4].theory);
    assert_string_equal(league.row[4].why, "no rotation");
    assert_null(league.row[5].theory);
    assert_string_equal(league.row[5].why, "no advertised context");
    rw_league_clear(&league);
}

typedef struct seen {
    int64_t last, total;
} seen;

static int watch(void *ctx, const char *stage, int64_t done, int64_t total)
{
    seen *s = ctx;
    assert_true(stage[0] && done >= s->last && done <= total);
    s->last = done;
    s->total = total;
    return 0;
}

static int stop(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)ctx, (void)stage, (void)done, (void)total;
    return 1;
}

static void progress_never_falls_and_can_stop(void **state)
{
    (void)state;
    rw_league league;
    rw_theory_table_input table[N];
    seen s = {0, 0};
    rw_theory_input in = settings();
    in.progress = watch;
    in.progress_ctx = &s;
    prepare(&league, table);
    assert_int_equal(rw_league_run(&league, table, &in, NULL), ROPEWALK_OK);
    assert_int_equal(s.total, 500);
    rw_league_clear(&league);
    in.progress = stop;
    in.n_draw = 2000;
    prepare(&league, table);
    assert_int_equal(rw_league_run(&league, table, &in, NULL), ROPEWALK_E_INTERRUPTED);
    rw_league_clear(&league);
}

static void memory_runs_out(void **state)
{
    (void)state;
    rw_league league;
    rw_theory_table_input table[N];
    rw_theory_input in = settings();
    const int64_t live = rw_alloc_live();
    in.n_draw = in.n_family = 1;
    in.n_thread = 1;
    for (int64_t n = 0;; n++) {
        prepare(&league, table);
        rw_alloc_fail_at(n, 0);
        const ropewalk_status status = rw_league_run(&league, table, &in, NULL);
        rw_alloc_fail_at(-1, 0);
        rw_league_clear(&league);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_tables_are_examined_once),
        cmocka_unit_test(progress_never_falls_and_can_stop),
        cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
