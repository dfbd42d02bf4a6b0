/* test_attention_test.c - a planted effect is found, none is found where there is none, and what a
 * document of an audit lacks is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/random.h"
#include "task/attention_test.h"

enum { N_LIST = 12, N_QUESTION = 3, N_GAP = 4, N_LAYER = 2, N_HEAD = 3, N_PAIR = 8 };
enum { N_WAVE = N_LAYER * N_HEAD, N_CELL = N_LIST * N_QUESTION };
static const int64_t gaps[N_GAP] = {64, 256, 1024, 3000};

/* An experiment whose margins are made here. */
typedef struct made {
    rw_task_result result;
    rw_task_group group[1 + N_GAP];
    rw_inquiry inquiry[(1 + N_GAP) * N_CELL];
    double attention[(1 + N_GAP) * N_CELL][N_WAVE];
    rw_waves waves;
    uint32_t n_pair[1], rotation[N_LAYER];
    double freq[N_PAIR], re[N_WAVE][N_PAIR], im[N_WAVE][N_PAIR];
    double *freq_of[1], *re_of[N_WAVE], *im_of[N_WAVE];
} made;

static double s_of(const made *x, int h, double m)
{
    double sum = 0.0;
    for (int k = 0; k < N_PAIR; k++)
        sum += x->re[h][k] * cos(m * x->freq[k]) - x->im[h][k] * sin(m * x->freq[k]);
    return sum;
}

/* Heads h of weight h + 1; the margin falls by `effect` times what they say, and noise. */
static void make(made *x, uint64_t seed, double effect, double noise)
{
    memset(x, 0, sizeof *x);
    for (int k = 0; k < N_PAIR; k++)
        x->freq[k] = pow(10000.0, -k / (double)N_PAIR);
    for (int h = 0; h < N_WAVE; h++) {
        for (int k = 0; k < N_PAIR; k++) {
            x->re[h][k] = 0.3 + 0.1 * rw_random_normal(seed, 1, (uint64_t)(h * 99 + k));
            x->im[h][k] = 0.2 * rw_random_normal(seed, 2, (uint64_t)(h * 99 + k));
        }
        x->re_of[h] = x->re[h];
        x->im_of[h] = x->im[h];
    }
    x->n_pair[0] = N_PAIR;
    x->freq_of[0] = x->freq;
    x->waves = (rw_waves){.n_layer = N_LAYER,
                          .n_head = N_HEAD,
                          .n_rotation = 1,
                          .n_pair = x->n_pair,
                          .freq = x->freq_of,
                          .rotation = x->rotation,
                          .re = x->re_of,
                          .im = x->im_of};
    x->result = (rw_task_result){.n_layer = N_LAYER,
                                 .n_head = N_HEAD,
                                 .seed = seed,
                                 .n_list = N_LIST,
                                 .n_question = N_QUESTION,
                                 .group = x->group,
                                 .n_group = 1 + N_GAP,
                                 .inquiry = x->inquiry,
                                 .n_inquiry = (1 + N_GAP) * N_CELL};
    for (int g = 0; g <= N_GAP; g++) {
        x->group[g] = (rw_task_group){.task = "lookup",
                                      .strategy = "direct",
                                      .cell = g ? "distance" : "near",
                                      .gap = g ? gaps[g - 1] : 0,
                                      .first = (size_t)g * N_CELL,
                                      .n_inquiry = N_CELL};
        for (int i = 0; i < N_CELL; i++) {
            rw_inquiry *q = &x->inquiry[g * N_CELL + i];
            const int64_t m = 5 + i % 40;
            double change = 0.0;
            for (int h = 0; h < N_WAVE; h++) {
                x->attention[g * N_CELL + i][h] = 0.01 * (h + 1);
                if (g)
                    change +=
                        (h + 1) / 21.0 *
                        (s_of(x, h, (double)(m + gaps[g - 1])) - s_of(x, h, (double)m));
            }
            *q = (rw_inquiry){
                .n_option = 4,
                .margin = 3.0 + effect * change +
                          noise * rw_random_normal(seed, 3, (uint64_t)(g * N_CELL + i)),
                .attention = x->attention[g * N_CELL + i],
                .n_attention = N_WAVE,
                .distance = m + (g ? gaps[g - 1] : 0)};
        }
    }
}

static rw_attention_test test_of(const made *x)
{
    rw_task_summary s = {.task = "lookup"};
    assert_int_equal(rw_attention_test_run(&x->result, &s, &x->waves, NULL), ROPEWALK_OK);
    return s.test;
}

static made x; /* large */

static void planted(void **state)
{
    (void)state;
    make(&x, 1, 2.5, 0.0);
    rw_attention_test t = test_of(&x);
    assert_null(t.missing);
    assert_true(fabs(t.slope - 2.5) < 1e-9 && fabs(t.r2 - 1.0) < 1e-9);
    assert_true(t.p <= 0.0011);
    assert_int_equal(t.n_head, N_WAVE);
    assert_int_equal(t.n_fit + t.n_held, N_LIST);
    assert_int_equal(t.n_shuffle, RW_N_PHASE_SHUFFLE);
    for (int g = 0; g < N_GAP; g++) {
        assert_int_equal(t.gap[g], gaps[g]);
        assert_true(fabs(2.5 * t.score[g] - t.observed[g]) < 1e-9);
    }
    make(&x, 2, 2.5, 0.3); /* noise as large as a tenth of the effect */
    t = test_of(&x);
    assert_true(t.p < 0.05 && t.r2 > 0.8 && t.r2 < 1.0 && fabs(t.slope - 2.5) < 0.5);
    make(&x, 3, -2.5, 0.0); /* a margin that rises as scores fall is not foretold */
    t = test_of(&x);
    assert_true(!(t.slope > 0.0) && !(t.r2 > 0.0) && t.p > 0.3);
}

/* Where the margin follows curves of other phases, p is uniform: curves are as good as theirs. */
static void uniform(void **state)
{
    (void)state;
    enum { N_TRY = 60 };
    static made other;
    int low = 0, high = 0;
    for (uint64_t k = 0; k < N_TRY; k++) {
        make(&x, 100 + k, 0.0, 0.0);
        for (int h = 0; h < N_WAVE; h++)
            for (int i = 0; i < N_PAIR; i++) {
                const double turn =
                    6.283185307179586 * rw_random_unit(k, 9, (uint64_t)(h * N_PAIR + i));
                const double size = hypot(x.re[h][i], x.im[h][i]);
                x.re[h][i] = size * cos(turn);
                x.im[h][i] = size * sin(turn);
            }
        make(&other, 100 + k, 2.5, 0.1); /* the loss of aligned heads */
        for (size_t i = 0; i < sizeof x.inquiry / sizeof *x.inquiry; i++)
            x.inquiry[i].margin = other.inquiry[i].margin;
        const rw_attention_test t = test_of(&x);
        low += t.p <= 0.2;
        high += t.p > 0.5;
    }
    /* 12 and 30 expected (or all r2 = 0 ties above): four standard deviations of 60 draws */
    assert_in_range(low, 0, 24);
    assert_in_range(high, 15, 60);
}

static void missing(void **state)
{
    (void)state;
    make(&x, 5, 1.0, 0.1);
    x.result.n_group = 1;
    assert_string_equal(test_of(&x).missing, "no list was moved away");
    make(&x, 5, 1.0, 0.1);
    for (size_t i = 0; i < 9 * N_QUESTION; i++)
        x.inquiry[i].distance = -1;
    assert_non_null(strstr(test_of(&x).missing, "fewer than four lists"));
    make(&x, 5, 1.0, 0.1);
    for (size_t i = 0; i < N_CELL; i++)
        memset(x.attention[i], 0, sizeof x.attention[i]);
    assert_non_null(strstr(test_of(&x).missing, "no head"));
    make(&x, 5, 1.0, 0.0); /* what was refused at one gap is left out at all */
    (void)snprintf(x.inquiry[N_CELL].refused, sizeof x.inquiry[0].refused, "no");
    x.inquiry[N_CELL].margin = 1e9;
    assert_true(fabs(test_of(&x).slope - 1.0) < 1e-9);
}

/* --- documents -------------------------------------------------------------------------------- */

static json_t *vector_row(int64_t layer, const char *head, int64_t number, float first)
{
    float v[4] = {first, 1.0f, 0.5f, -2.0f};
    rw_text t;
    rw_text_init(&t);
    rw_text_base64(&t, v, sizeof v);
    json_t *row = json_pack("{s:I, s:I, s:s, s:s}", "layer", (json_int_t)layer, head,
                            (json_int_t)number, "f32", t.data, "stratum", "attended");
    rw_text_clear(&t);
    return row;
}

static json_t *audit(void)
{
    json_t *doc = json_pack(
        "{s:s, s:{s:s}, s:[{s:i,s:i,s:i,s:i}], s:[{s:i,s:s,s:f,s:f,s:[f,f]}], "
        "s:{s:[o,o], s:[o]}}",
        "kind", "audit", "model", "name", "tiny", "layers", "rotation", 0, "head_dim", 4,
        "n_head_q", 2, "n_head_kv", 1, "rotations", "rotary_dim", 4, "pairs", "half",
        "softmax_scale", 0.5, "attn_factor", 1.0, "inv_freq", 1.0, 0.01, "vectors",
        "queries", vector_row(0, "head", 0, 2.0f), vector_row(0, "head", 1, -1.0f),
        "keys", vector_row(0, "kv_head", 0, 3.0f));
    assert_non_null(doc);
    return doc;
}

static void documents(void **state)
{
    (void)state;
    rw_waves w;
    ropewalk_error err;
    json_t *doc = audit();
    assert_int_equal(rw_waves_read(doc, &w, &err), ROPEWALK_OK);
    assert_int_equal(w.n_layer, 1);
    assert_int_equal(w.n_head, 2);
    assert_int_equal(w.n_pair[0], 2);
    /* half split: pair 0 is (0, 2), pair 1 is (1, 3): z = s Q conj(K) */
    assert_true(fabs(w.re[0][0] - 0.5 * (2.0 * 3.0 + 0.5 * 0.5)) < 1e-12);
    assert_true(fabs(w.im[0][0] - 0.5 * (0.5 * 3.0 - 2.0 * 0.5)) < 1e-12);
    assert_true(fabs(w.re[1][1] - 0.5 * (1.0 + 4.0)) < 1e-12);
    assert_string_equal(w.model, "tiny");
    rw_waves_clear(&w);
    static const char *const needed[] = {"kind", "layers", "rotations", "vectors"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        json_t *less = json_deep_copy(doc);
        (void)json_object_del(less, needed[i]);
        assert_int_equal(rw_waves_read(less, &w, &err), ROPEWALK_E_FORMAT);
        assert_null(w.re);
        json_decref(less);
    }
    json_t *bad = json_deep_copy(doc);
    json_t *query =
        json_array_get(json_object_get(json_object_get(bad, "vectors"), "queries"), 0);
    (void)json_object_set_new(query, "f32", json_string("AAAA"));
    assert_int_equal(rw_waves_read(bad, &w, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "base64"));
    (void)json_object_set_new(query, "layer", json_integer(1));
    assert_int_equal(rw_waves_read(bad, &w, &err), ROPEWALK_E_FORMAT);
    json_decref(bad);
    json_decref(doc);
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    json_t *doc = audit();
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status; n++) {
        rw_waves w;
        rw_alloc_fail_at(n, 0);
        status = rw_waves_read(doc, &w, NULL);
        rw_alloc_fail_at(-1, 0);
        if (!status) rw_waves_clear(&w);
        assert_true(!status || status == ROPEWALK_E_MEMORY);
    }
    json_decref(doc);
    make(&x, 1, 1.0, 0.1);
    status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status; n++) {
        rw_task_summary s = {.task = "lookup"};
        rw_alloc_fail_at(n, 0);
        status = rw_attention_test_run(&x.result, &s, &x.waves, NULL);
        rw_alloc_fail_at(-1, 0);
        assert_true(!status || status == ROPEWALK_E_MEMORY);
    }
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted),   cmocka_unit_test(uniform), cmocka_unit_test(missing),
        cmocka_unit_test(documents), cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
