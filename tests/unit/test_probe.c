/* test_probe.c - the papers' probe: words to rows, counts, and reasons for having none. */
#include "unit/capture_fixture.h"

#include "audit/given_run.h"
#include "audit/probe.h"
#include "base/alloc.h"

static capture c;
static const int64_t contexts[] = {40, 100};

static ropewalk_status probe(const char *query, const char *keys, uint32_t layer,
                             uint32_t head, rw_probe *out, ropewalk_error *err)
{
    rw_probe_words words;
    ropewalk_status status = rw_probe_parse(query, keys, &words, err);
    if (status) return status;
    rw_qkfile *file = capture_open(&c);
    status = rw_probe_run(file, &words, layer, head, contexts, 2, RW_BF16,
                          rw_kernels_pick(NULL), 1, out, err);
    rw_qkfile_close(file);
    return status;
}

static void probe_clear(rw_probe *p)
{
    rw_free(p->context);
    rw_free(p->single);
    rw_free(p->twin);
}

static char tokens[2048];

static void prepare(void)
{
    static const char *const words[] = {" the", " pet", " pet", " cat", " dog", "number"};
    capture_fill(&c, 5);
    size_t n = (size_t)snprintf(tokens, sizeof tokens, "[");
    for (size_t i = 0; i < CAP_ROW; i++)
        n += (size_t)snprintf(tokens + n, sizeof tokens - n, "%s\"%s\"", i ? "," : "",
                              i < 6 ? words[i] : "x");
    (void)snprintf(tokens + n, sizeof tokens - n, "]");
    c.tokens = tokens;
    c.special = "[0, 1]"; /* the first " pet" is not a word of the text */
}

static void words_are_found(void **state)
{
    (void)state;
    prepare();
    rw_probe p;
    ropewalk_error err = {0};
    assert_int_equal(probe(" pet", " cat, dog,number", 0, 3, &p, &err), 0);
    assert_true(p.present);
    assert_int_equal(p.n_key, 3);
    assert_string_equal(p.key[1], " dog");
    double v[4][CAP_DIM], freq[CAP_DIM / 2];
    for (int d = 0; d < CAP_DIM; d++) {
        v[0][d] = (double)c.q[0][2][3][d];
        for (int i = 0; i < 3; i++)
            v[1 + i][d] = (double)c.k[0][3 + i][1][d];
    }
    const rw_rotation rot = capture_rotation(&c, 0, freq);
    const rw_given_input in = {.q = v[0],
                               .k = v[1],
                               .n_q = 1,
                               .n_k = 3,
                               .head_dim = CAP_DIM,
                               .rotation = &rot,
                               .rope_theta = c.theta,
                               .score_scale = 1.0,
                               .context = contexts,
                               .n_context = 2,
                               .dtypes = 1u << RW_BF16,
                               .events = RW_ALL_EVENTS,
                               .zeta = 0.01,
                               .near_alias = 0.1,
                               .n_thread = 1,
                               .kernels = rw_kernels_pick("ref")};
    rw_given g;
    assert_int_equal(rw_given_run(&in, &g, NULL), 0);
    for (int i = 0; i < 6; i++) {
        assert_memory_equal(&p.single[i].inversion, &g.single[i].inversion,
                            sizeof(rw_count));
        assert_memory_equal(p.single[i].aliasing, g.single[i].aliasing,
                            sizeof g.single[i].aliasing);
        assert_memory_equal(&p.twin[i].inversion, &g.twin[i].inversion, sizeof(rw_count));
        assert_memory_equal(p.twin[i].invariance, g.twin[i].invariance,
                            sizeof g.twin[i].invariance);
    }
    assert_true(p.single[1].inversion.total == 50 * 50);
    rw_given_clear(&g);
    probe_clear(&p);
}

static void absent(const char *query, const char *keys, uint32_t layer, uint32_t head,
                   const char *why)
{
    rw_probe p;
    ropewalk_error err = {0};
    assert_int_equal(probe(query, keys, layer, head, &p, &err), 0);
    assert_false(p.present);
    assert_null(p.single);
    if (!strstr(p.absent_reason, why))
        fail_msg("\"%s\" lacks \"%s\"", p.absent_reason, why);
}

static void reasons(void **state)
{
    (void)state;
    prepare();
    absent(" pets", " cat", 0, 0, "\" pets\" is not one token");
    absent("pet", " cat", 0, 0, "\"pet\" is not one token"); /* without its space */
    absent(" pet", " cat, bird", 0, 0, "\" bird\" is not one token");
    absent(" the", " cat", 0, 0, "\" the\" is not one token"); /* special here */
    absent(" pet", " cat", 1, 0, "no RoPE");
    absent(" pet", " cat", 9, 0, "not in the capture");
    absent(" pet", " cat", 0, CAP_HQ, "not in the capture");
    c.tokens = NULL;
    absent(" pet", " cat", 0, 0, "\" pet\" is not one token");
}

static void bad_words(void **state)
{
    (void)state;
    rw_probe_words w;
    ropewalk_error err = {0};
    char word[65] = {0};
    memset(word, 'a', 64);
    const char *const bad[][2] = {{"", "b"},
                                  {"a", ""},
                                  {"a", ",b"},
                                  {"a", "b,,c"},
                                  {word, "b"},
                                  {"a", word},
                                  {"a", "1,2,3,4,5,6,7,8,9"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rw_probe_parse(bad[i][0], bad[i][1], &w, &err),
                         ROPEWALK_E_ARGUMENT);
        assert_non_null(strstr(err.message, "probe"));
    }
    assert_int_equal(rw_probe_parse(" a", "1,2,3,4,5,6,7, 8", &w, &err), 0);
    assert_int_equal(w.n_key, 8);
    assert_string_equal(w.key[7], " 8");
    word[63] = 0;
    assert_int_equal(rw_probe_parse(word, word, &w, &err), 0);
}

static void no_memory(void **state)
{
    (void)state;
    prepare();
    rw_probe_words words;
    assert_int_equal(rw_probe_parse(" pet", " cat, dog", &words, NULL), 0);
    rw_qkfile *file = capture_open(&c);
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_probe p;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_probe_run(
            file, &words, 0, 0, contexts, 2, RW_BF16, rw_kernels_pick(NULL), 1, &p, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            assert_true(p.present);
            probe_clear(&p);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", at);
    }
    assert_true(at > 30);
    rw_qkfile_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found),
        cmocka_unit_test(reasons),
        cmocka_unit_test(bad_words),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
