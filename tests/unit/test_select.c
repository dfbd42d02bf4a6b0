/* test_select.c - which rows are examined, against a naive reading of docs/theory.md A1. */
#include "unit/capture_fixture.h"

#include "audit/select.h"
#include "base/alloc.h"

enum { N_QUERY = 10, N_ATTENDED = 4, N_RANDOM = 6 };

static capture c;
static double q[CAP_ROW][CAP_DIM], k[CAP_ROW][CAP_DIM], scratch[2 * CAP_ROW];
static rw_selection s;
static rw_angles angles;
static rw_qkfile *file;
static double freq[CAP_DIM / 2];
static rw_rotation rot;

static void begin(uint32_t layer, uint32_t head, uint32_t n_attended, uint32_t n_random)
{
    file = capture_open(&c);
    rot = capture_rotation(&c, layer, freq);
    assert_int_equal(rw_angles_init(&angles, file, &rot, NULL), 0);
    assert_int_equal(rw_selection_init(&s, N_QUERY, n_attended, n_random, NULL), 0);
    assert_int_equal(rw_select_queries(&s, file, 1, 2, NULL), 0);
    for (uint32_t i = 0; i < s.found_query; i++)
        assert_int_equal(rw_qkfile_read(file, 'q', layer, s.query[i], head, q[i], NULL),
                         0);
    for (uint32_t row = 0; row < c.n_row; row++)
        assert_int_equal(rw_qkfile_read(file, 'k', layer, row, head / 2, k[row], NULL),
                         0);
    rw_select_keys(&s, file, &rot, &angles, CAP_DIM, c.window[layer], q[0], k[0], 1, 3,
                   scratch);
}

static void end(void)
{
    rw_selection_clear(&s);
    rw_angles_clear(&angles);
    rw_qkfile_close(file);
}

/* The score at the rows' own positions: rotate both vectors, then multiply. */
static long double real_score(const double *a, int64_t at_a, const double *b,
                              int64_t at_b)
{
    const uint32_t half = rot.rotary_dim / 2;
    long double sum = 0;
    for (uint32_t n = 0; n < half; n++) {
        const uint32_t x = c.interleaved ? 2 * n : n,
                       y = c.interleaved ? 2 * n + 1 : n + half;
        const long double w = (long double)rot.inv_freq[n],
                          f = (long double)rot.attn_factor;
        const long double ca = f * cosl(at_a * w), sa = f * sinl(at_a * w);
        const long double cb = f * cosl(at_b * w), sb = f * sinl(at_b * w);
        sum += ((long double)a[x] * ca - (long double)a[y] * sa) *
                   ((long double)b[x] * cb - (long double)b[y] * sb) +
               ((long double)a[x] * sa + (long double)a[y] * ca) *
                   ((long double)b[x] * sb + (long double)b[y] * cb);
    }
    for (uint32_t i = rot.rotary_dim; i < CAP_DIM; i++)
        sum += (long double)a[i] * (long double)b[i];
    return sum;
}

static int is_special(uint32_t row)
{
    return c.special && (row == 0 || row == 5 || row == 9 || row == 40);
}

static int equal_keys(uint32_t a, uint32_t b)
{
    return memcmp(k[a], k[b], sizeof k[a]) == 0;
}

/* Best first, one by one, as the text of A1 has it. */
static void check_attended(uint32_t i, int64_t window)
{
    const uint32_t row = s.query[i];
    const int sink = c.first_position == 0;
    int used[CAP_ROW] = {0};
    uint32_t chosen[N_ATTENDED], n = 0;
    while (n < s.n_attended) {
        uint32_t best = UINT32_MAX;
        for (uint32_t j = 0; j < row; j++)
            if (!used[j] && !(sink && j == 0) && !is_special(j) &&
                (!window || (int64_t)(row - j) < window) &&
                (best == UINT32_MAX ||
                 real_score(q[i], c.first_position + row, k[j], c.first_position + j) >
                     real_score(q[i], c.first_position + row, k[best],
                                c.first_position + best)))
                best = j;
        if (best == UINT32_MAX) break;
        used[best] = 1;
        int repeated = sink && equal_keys(best, 0);
        for (uint32_t j = 0; j < n; j++)
            repeated |= equal_keys(best, chosen[j]);
        if (!repeated) chosen[n++] = best;
    }
    assert_int_equal(s.found_attended[i], n);
    for (uint32_t j = 0; j < n; j++)
        assert_int_equal(s.attended[i * s.n_attended + j], chosen[j]);
}

static void check_rows(int64_t window)
{
    assert_int_equal(s.found_query, N_QUERY);
    for (uint32_t i = 0; i < N_QUERY; i++) {
        assert_true(s.query[i] >= c.n_row / 2 && s.query[i] < c.n_row &&
                    !is_special(s.query[i]));
        for (uint32_t j = 0; j < i; j++)
            assert_true(s.query[i] != s.query[j]);
        check_attended(i, window);
    }
    for (uint32_t i = 0; i < s.found_random; i++) {
        assert_true(s.random[i] < c.n_row / 2 && !is_special(s.random[i]));
        if (c.first_position == 0)
            assert_true(s.random[i] > 0 && !equal_keys(s.random[i], 0));
        for (uint32_t j = 0; j < i; j++)
            assert_true(!equal_keys(s.random[i], s.random[j]));
    }
}

static void plain(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 5; seed++) {
        capture_fill(&c, seed);
        c.interleaved = seed % 2 == 0;
        c.attn_factor = seed == 3 ? 1.5 : 1.0;
        c.rotary_dim[0] =
            seed == 4 ? 8 : CAP_DIM; /* the rest is not rotated, nor scaled */
        begin(0, (uint32_t)seed - 1, N_ATTENDED, N_RANDOM);
        assert_true(s.has_sink);
        assert_int_equal(s.found_random, N_RANDOM);
        check_rows(0);
        assert_int_equal(s.skipped_identical + s.skipped_special, 0);
        end();
    }
}

static void excluded_and_counted(void **state)
{
    (void)state;
    capture_fill(&c, 7);
    c.special = "[0, 5, 9, 40]";
    for (int row = 1; row < CAP_ROW; row++)
        if (row % 4 == 3) memcpy(c.k[0][row], c.k[0][row % 8], sizeof c.k[0][row]);
    memcpy(c.k[0][12], c.k[0][0], sizeof c.k[0][12]); /* the sink's vector again */
    for (int row = CAP_ROW / 2; row < CAP_ROW; row++) /* loud, so that repeats are met */
        for (int d = 0; d < CAP_DIM; d++)
            c.q[0][row][0][d] = c.k[0][3][0][d] * 3;
    begin(0, 0, N_ATTENDED, CAP_ROW);
    check_rows(0);
    /* rows 1..31 without 5 and 9, without 12, and rows 3 + 4 i hold two different vectors */
    assert_int_equal(s.found_random, 31 - 2 - 1 - 8 + 2);
    assert_int_equal(s.skipped_special, 2);
    assert_true(s.skipped_identical >= 1 + 6);
    const int64_t by_random = 7;
    assert_true(s.skipped_identical > by_random); /* attended keys met repeats too */
    end();
}

static void window_is_kept(void **state)
{
    (void)state;
    capture_fill(&c, 8);
    c.window[2] = 6;
    begin(2, 3, N_ATTENDED, N_RANDOM);
    check_rows(6);
    for (uint32_t i = 0; i < N_QUERY; i++)
        for (uint32_t j = 0; j < s.found_attended[i]; j++)
            assert_true(s.query[i] - s.attended[i * N_ATTENDED + j] < 6);
    end();
    c.window[2] = 3; /* fewer keys than wanted: the query itself and two more */
    begin(2, 3, N_ATTENDED, N_RANDOM);
    check_rows(3);
    for (uint32_t i = 0; i < N_QUERY; i++)
        assert_int_equal(s.found_attended[i], 2);
    end();
}

static void no_sink(void **state)
{
    (void)state;
    capture_fill(&c, 9);
    c.first_position = 100;
    begin(0, 0, N_ATTENDED, CAP_ROW);
    assert_false(s.has_sink);
    check_rows(0);
    assert_int_equal(s.found_random, CAP_ROW / 2); /* row 0 is like any other */
    end();
}

static void too_short(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 10; n++) {
        ropewalk_error err = {0};
        capture_fill(&c, 1);
        c.n_row = n;
        file = capture_open(&c);
        assert_int_equal(rw_selection_init(&s, 3, 1, 1, NULL), 0);
        const ropewalk_status status = rw_select_queries(&s, file, 1, 1, &err);
        assert_int_equal(status, n < 8 ? ROPEWALK_E_ARGUMENT : ROPEWALK_OK);
        if (status) assert_non_null(strstr(err.message, "at least 8"));
        rw_selection_clear(&s);
        rw_qkfile_close(file);
    }
}

static void no_memory(void **state)
{
    (void)state;
    capture_fill(&c, 1);
    file = capture_open(&c);
    rot = capture_rotation(&c, 0, freq);
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        ropewalk_status status = rw_angles_init(&angles, file, &rot, NULL);
        if (!status) status = rw_selection_init(&s, 3, 2, 2, NULL);
        if (!status) {
            status = rw_select_queries(&s, file, 1, 1, NULL);
            rw_selection_clear(&s);
        }
        rw_alloc_fail_at(-1, 0);
        rw_angles_clear(&angles);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    assert_int_equal(at, 6);
    rw_qkfile_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),          cmocka_unit_test(excluded_and_counted),
        cmocka_unit_test(window_is_kept), cmocka_unit_test(no_sink),
        cmocka_unit_test(too_short),      cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
