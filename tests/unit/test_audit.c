/* test_audit.c - a whole audit of a small capture: cells against counts of the same vectors, kinds
 * against their thresholds, horizons, threads, other models, failing allocations. */
#include "unit/capture_fixture.h"

#include "audit/given_run.h"
#include "audit/run.h"
#include "base/alloc.h"
#include "report/audit_json.h"

enum { N_CONTEXT = 3 };
static const int64_t contexts[N_CONTEXT] = {40, 64, 200};
static capture c, second;

static rw_audit_settings settings_of(int n_thread, uint32_t n_query, uint32_t n_key)
{
    rw_audit_settings s = {.n_context = N_CONTEXT,
                           .advertised = 64,
                           .dtypes = 1u << RW_BF16 | 1u << RW_F16,
                           .score_scale = (double)NAN,
                           .zeta = 0.01,
                           .near_alias = 0.1,
                           .n_query = n_query,
                           .n_attended = n_key,
                           .n_random = n_key,
                           .n_surrogate = 199,
                           .seed = 4,
                           .n_thread = n_thread,
                           .kernels = rw_kernels_pick(NULL)};
    memcpy(s.context, contexts, sizeof contexts);
    return s;
}

/* Heads of layer 0: 0 blind, 1 chaotic, 2 local, 3 anti-local. */
static void characters(capture *x)
{
    for (int row = 0; row < CAP_ROW; row++) {
        const double sink = row ? 0 : 1;
        for (int d = 0; d < CAP_DIM; d++) {
            x->q[0][row][0][d] *= 1e-3f;
            if (d % (CAP_DIM / 2) != 0) x->q[0][row][1][d] = 0;
            const float common = d < CAP_DIM / 2 ? 1.0f : 0.0f;
            x->k[0][row][1][d] = common + 0.1f * x->k[0][row][1][d];
            x->q[0][row][2][d] =
                2 * common + 0.1f * x->q[0][row][2][d] + (float)(0.01 * sink);
            x->q[0][row][3][d] = -2 * common + 0.1f * x->q[0][row][3][d];
        }
        x->q[0][row][1][0] = 3;
    }
}

static void run_on(const rw_audit_settings *s, rw_audit *a)
{
    rw_audit_run *run;
    ropewalk_error err = {0};
    rw_audit_init(a);
    rw_qkfile *file = capture_open(&c), *other = capture_open(&second);
    if (rw_audit_begin(s, file, &run, &err) ||
        rw_audit_add_text(run, file, "one", "one.st", 0, &err) ||
        rw_audit_add_text(run, other, "two", "two.st", 0, &err) ||
        rw_audit_finish(run, a, &err))
        fail_msg("%s", err.message);
    rw_audit_end(run);
    rw_qkfile_close(file);
    rw_qkfile_close(other);
}

static void prepare(void)
{
    capture_fill(&c, 11);
    capture_fill(&second, 12);
    characters(&c);
    characters(&second);
}

static void classes_and_contexts(void **state)
{
    (void)state;
    prepare();
    rw_audit a;
    const rw_audit_settings s = settings_of(1, 4, 3);
    run_on(&s, &a);
    assert_int_equal(a.n_head, CAP_LAYER * CAP_HQ);
    assert_int_equal(a.n_text, 2);
    assert_int_equal(a.n_query, 8);
    assert_int_equal(a.unresolved, 0);
    assert_int_equal(a.first_dtype, RW_BF16);
    assert_false(a.sampled_rows);
    for (uint32_t h = 0; h < a.n_head; h++) {
        const rw_head_result *x = &a.head[h];
        assert_int_equal(x->layer, h / CAP_HQ);
        assert_int_equal(x->head, h % CAP_HQ);
        assert_int_equal(x->kv_head, h % CAP_HQ / 2);
        assert_int_equal(x->head_class, x->layer == 0   ? RW_CLASS_FULL
                                        : x->layer == 1 ? RW_CLASS_NOPE
                                                        : RW_CLASS_SLIDING);
        assert_int_equal(x->window, x->layer == 2 ? 64 : 0);
        if (x->layer == 1) {
            assert_null(x->context);
            continue;
        }
        for (int i = 0; i < N_CONTEXT; i++) {
            const int64_t want = x->layer == 2 && contexts[i] > 64 ? 64 : contexts[i];
            assert_int_equal(x->context[i].context, contexts[i]);
            assert_int_equal(x->context[i].effective, want);
            assert_int_equal(x->context[i].single[RW_RANDOM][RW_RATE_INVERSION].n_q, 8);
            assert_int_equal(x->context[i].single[RW_RANDOM][RW_RATE_INVERSION].n_k, 3);
            /* [1, 128] against the far half asks for M / 2 >= 129 */
            assert_true(
                isnan(x->context[i].single[RW_RANDOM][RW_RATE_INVERSION_LOCAL].measured));
        }
        if (x->layer == 2) /* the window is full: nothing changes */
            assert_memory_equal(&x->context[1].single, &x->context[2].single,
                                sizeof x->context[1].single);
    }
    /* every class has its row, layers without RoPE are counted and nothing else */
    assert_int_equal(a.n_summary, 3 * N_CONTEXT);
    for (uint32_t i = 0; i < a.n_summary; i++) {
        assert_int_equal(a.summary[i].n_head, CAP_HQ);
        assert_true((a.summary[i].n_value == 0) ==
                    (a.summary[i].head_class == RW_CLASS_NOPE));
    }
    for (uint32_t i = 0; i < a.n_joint; i++) {
        const rw_joint_row *j = &a.joint[i];
        assert_true(j->min_pairs <= j->max_pairs && j->max_pairs <= j->total);
        assert_true(j->mean_pairs >= (double)j->min_pairs &&
                    j->mean_pairs <= (double)j->max_pairs);
        assert_int_equal(j->context, 64);
    }
    assert_int_equal(a.n_baseline, 2 * N_CONTEXT);
    assert_true(a.n_readout <= 2 &&
                a.n_joint == 4); /* sets of 1, 2, 3 and all of 4 heads */
    rw_audit_clear(&a);
}

static double rate(const rw_count *x)
{
    return (double)x->count / (double)x->total;
}

static void near_to(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

/* With every eligible row as query and key, cells are plain means over all pairs. */
static void cells_are_means(void **state)
{
    (void)state;
    enum { N_ROW = 24, WINDOW = 20, N_Q = N_ROW / 2, HEAD = 2 };
    prepare();
    c.n_row = N_ROW;
    c.window[2] = WINDOW;
    second = c;
    rw_audit a;
    rw_audit_settings s = settings_of(2, N_ROW, N_ROW);
    s.dtypes = 1u << RW_BF16;
    run_on(&s, &a);
    for (uint32_t layer = 0; layer < 3; layer += 2) {
        static double q[N_Q][CAP_DIM], k[N_ROW][CAP_DIM];
        double freq[CAP_DIM / 2];
        int64_t M[N_CONTEXT] = {layer ? WINDOW : 40, 64, 200};
        const uint32_t n_context =
            layer ? 1 : 3; /* the window is all that is looked at */
        for (int row = 0; row < N_ROW; row++)
            for (int d = 0; d < CAP_DIM; d++) {
                k[row][d] = (double)c.k[layer][row][HEAD / 2][d];
                if (row >= N_Q) q[row - N_Q][d] = (double)c.q[layer][row][HEAD][d];
            }
        const rw_rotation rot = capture_rotation(&c, layer, freq);
        const rw_given_input in = {.q = q[0],
                                   .k = k[0],
                                   .n_q = N_Q,
                                   .n_k = N_ROW,
                                   .head_dim = CAP_DIM,
                                   .rotation = &rot,
                                   .rope_theta = c.theta,
                                   .score_scale = 0.25,
                                   .context = M,
                                   .n_context = n_context,
                                   .dtypes = 1u << RW_BF16,
                                   .events = RW_ALL_EVENTS,
                                   .zeta = 0.01,
                                   .near_alias = 0.1,
                                   .n_thread = 2,
                                   .kernels = rw_kernels_pick(NULL)};
        rw_given g;
        assert_int_equal(rw_given_run(&in, &g, NULL), 0);
        for (uint32_t i = 0; i < n_context; i++) {
            const rw_head_context *x = &a.head[layer * CAP_HQ + HEAD].context[i];
            double sink = 0, sink_pairs = 0, random = 0, alias = 0, near = 0,
                   preference = 0, energy = 0;
            double predicted = 0, attended = 0;
            size_t n_random = 0, n_attended = 0;
            for (size_t r = 0; r < N_Q; r++)
                for (size_t j = 0; j < N_ROW; j++) {
                    const size_t at = (r * N_ROW + j) * n_context + i;
                    const rw_single *one = &g.single[at];
                    const double p = rate(&one->inversion);
                    const rw_alias_count *b = &one->aliasing[RW_BF16];
                    if (j == 0) {
                        sink += p / N_Q;
                        sink_pairs += (double)b->pairs / N_Q;
                        continue;
                    }
                    if (j < N_Q) { /* random keys: the first half but the sink */
                        n_random++;
                        random += p;
                        alias += (double)b->pairs / (double)b->total;
                        near += rate(&one->near_aliasing);
                        predicted += g.single_prediction[at].inversion.value;
                        preference += fabs(2 * p - 1);
                        energy += sqrt(one->variance);
                    }
                    if (j < r + N_Q &&
                        (!layer || r + N_Q - j < WINDOW)) { /* attended: all before it */
                        n_attended++;
                        attended += p;
                    }
                }
            const double n = (double)n_random;
            assert_int_equal(x->single[RW_SINK][0].n_q, 2 * N_Q);
            near_to("sink", x->single[RW_SINK][RW_RATE_INVERSION].measured, sink);
            near_to("sink pairs", x->alias_pairs[RW_SINK] / 1e3, sink_pairs / 1e3);
            near_to("random", x->single[RW_RANDOM][RW_RATE_INVERSION].measured,
                    random / n);
            near_to("predicted", x->single[RW_RANDOM][RW_RATE_INVERSION].predicted,
                    predicted / n);
            near_to("aliasing",
                    x->single[RW_RANDOM][RW_RATE_ALIASING + (int)RW_BF16].measured,
                    alias / n);
            near_to("near aliasing", x->single[RW_RANDOM][RW_RATE_NEAR_ALIASING].measured,
                    near / n);
            near_to("attended", x->single[RW_ATTENDED][RW_RATE_INVERSION].measured,
                    attended / (double)n_attended);
            near_to("preference", x->preference, preference / n);
            near_to("energy", x->energy_nats, energy / n);
        }
        rw_given_clear(&g);
    }
    rw_audit_clear(&a);
}

static void kinds(void **state)
{
    (void)state;
    prepare();
    rw_audit a;
    const rw_audit_settings s = settings_of(2, 8, 4);
    run_on(&s, &a);
    static const rw_kind want[] = {RW_KIND_BLIND, RW_KIND_CHAOTIC, RW_KIND_LOCAL,
                                   RW_KIND_ANTI_LOCAL};
    for (int h = 0; h < CAP_HQ; h++)
        assert_int_equal(a.head[h].context[2].kind, want[h]);
    assert_true(a.head[2].context[2].gap > 0 && a.head[3].context[2].gap < 0);
    for (int i = 0; i < N_CONTEXT; i++) {
        double p[CAP_LAYER * CAP_HQ];
        size_t n = 0;
        for (uint32_t h = 0; h < a.n_head; h++)
            if (a.head[h].context) p[n++] = a.head[h].context[i].direction_p_value;
        double threshold = 0; /* Benjamini and Hochberg by counting */
        for (size_t x = 0; x < n; x++) {
            size_t rank = 0;
            for (size_t y = 0; y < n; y++)
                rank += p[y] <= p[x];
            if (p[x] <= 0.05 * (double)rank / (double)n && p[x] > threshold)
                threshold = p[x];
        }
        double share[3][RW_N_KIND] = {{0}};
        for (uint32_t h = 0; h < a.n_head; h++) {
            if (!a.head[h].context) continue;
            const rw_head_context *x = &a.head[h].context[i];
            const int directed = x->direction_p_value <= threshold;
            const rw_kind kind =
                x->energy_nats < 0.1                                ? RW_KIND_BLIND
                : x->preference < 0.1                               ? RW_KIND_CHAOTIC
                : directed && x->gap > 0 && x->mean_inversion < 0.5 ? RW_KIND_LOCAL
                : directed && x->gap < 0 && x->mean_inversion > 0.5 ? RW_KIND_ANTI_LOCAL
                                                                    : RW_KIND_MIXED;
            assert_int_equal(x->kind, kind);
            share[a.head[h].head_class][kind] += 1.0 / CAP_HQ;
        }
        for (uint32_t r = 0; r < a.n_summary; r++)
            for (int kind = 0; a.summary[r].context == contexts[i] && kind < RW_N_KIND;
                 kind++)
                near_to("share", a.summary[r].kind_share[kind],
                        share[a.summary[r].head_class][kind]);
    }
    rw_audit_clear(&a);
}

static void horizons(void **state)
{
    (void)state;
    prepare();
    rw_audit a;
    rw_audit_settings s = settings_of(2, 6, 3);
    for (int row = 0; row < CAP_ROW; row++)
        for (int h = 0; h < CAP_HQ;
             h++) { /* every head local, every key well apart from the next */
            memcpy(second.q[0][row][h], second.q[0][row][2], sizeof c.q[0][row][h]);
            for (int d = 0; d < CAP_DIM; d++)
                second.k[0][row][h / 2][d] =
                    (d < CAP_DIM / 2 ? 1.0f : 0.0f) * (1 + 0.3f * (float)(row % 7));
        }
    for (int d = 0; d < CAP_DIM; d++)
        for (int row = 0; row < CAP_ROW; row++)
            for (int h = 0; h < CAP_HK; h++)
                second.k[0][row][h][d] *= 1 + 0.001f * (float)row;
    c = second;
    run_on(&s, &a);
    assert_int_equal(a.verdict.horizon_position, 0);
    assert_non_null(
        strstr(a.verdict.horizon_position_reason, "not crossed up to 200 tokens"));
    assert_int_equal(a.verdict.n_position_recovers, 0);
    assert_true(a.verdict.n_sentence > 3 && a.verdict.n_advice == 3);
    rw_audit_clear(&a);
    for (int row = 0; row < CAP_ROW; row++) /* every head chaotic */
        for (int h = 0; h < CAP_HQ; h++)
            for (int d = 0; d < CAP_DIM; d++)
                second.q[0][row][h][d] = d == 0 ? 3.0f : 0.0f;
    c = second;
    run_on(&s, &a);
    assert_true(a.verdict.horizon_position > 0);
    assert_non_null(strstr(a.verdict.horizon_position_reason, "below 0.1"));
    double first = (double)NAN;
    for (uint32_t i = 0; i < a.n_summary; i++) { /* it is the first listed one */
        const rw_summary *r = &a.summary[i];
        if (r->head_class != RW_CLASS_FULL || r->context > a.verdict.horizon_position)
            continue;
        for (uint32_t v = 0; v < r->n_value; v++)
            if (strcmp(r->value[v].name, "preference") == 0) {
                first = r->value[v].median;
                assert_true((first < 0.1) == (r->context == a.verdict.horizon_position));
            }
    }
    assert_true(first < 0.1);
    rw_audit_clear(&a);
    for (int l = 0; l < CAP_LAYER; l++) /* nothing rotates */
        c.rotary_dim[l] = second.rotary_dim[l] = 0;
    run_on(&s, &a);
    assert_int_equal(a.verdict.horizon_position, 0);
    assert_int_equal(a.verdict.horizon_token, 0);
    assert_non_null(
        strstr(a.verdict.horizon_position_reason, "no head with rotary positions"));
    assert_int_equal(a.n_baseline, 0);
    rw_audit_clear(&a);
}

static char *document(const rw_audit *a)
{
    json_t *body = rw_audit_json(a, 1);
    assert_non_null(body);
    char *text = json_dumps(body, JSON_COMPACT);
    assert_non_null(text);
    json_decref(body);
    return text;
}

static void any_number_of_threads(void **state)
{
    (void)state;
    prepare();
    rw_audit a;
    char *first = NULL;
    static const int threads[] = {1, 3, 5};
    for (int i = 0; i < 3; i++) {
        rw_audit_settings s = settings_of(threads[i], 5, 3);
        if (i == 2) s.kernels = &rw_kernels_ref;
        run_on(&s, &a);
        char *text = document(&a);
        if (first)
            assert_string_equal(first, text);
        else
            first = strdup(text);
        free(text);
        rw_audit_clear(&a);
    }
    free(first);
}

static void another_model(void **state)
{
    (void)state;
    const rw_audit_settings s = settings_of(1, 2, 2);
    for (int how = 0; how < 8; how++) {
        prepare();
        if (how == 0) second.theta = 5e5;
        if (how == 1) second.rotary_dim[1] = CAP_DIM;
        if (how == 2) second.rotary_dim[0] = 0;
        if (how == 3) second.window[2] = 32;
        if (how == 4) second.interleaved = 1;
        if (how == 5) second.softmax_scale = 0.5;
        if (how == 6) second.attn_factor = 2;
        if (how == 7) second.n_head_kv = 1;
        rw_audit_run *run;
        ropewalk_error err = {0};
        rw_qkfile *file = capture_open(&c), *other = capture_open(&second);
        assert_int_equal(rw_audit_begin(&s, file, &run, &err), 0);
        assert_int_equal(rw_audit_add_text(run, file, "one", "", 0, &err), 0);
        if (rw_audit_add_text(run, other, "two", "", 0, &err) != ROPEWALK_E_FORMAT)
            fail_msg("difference %d was accepted", how);
        assert_non_null(strstr(err.message, "two was captured from another model"));
        rw_audit_end(run);
        rw_qkfile_close(file);
        rw_qkfile_close(other);
    }
}

static void sampled_and_special(void **state)
{
    (void)state;
    prepare();
    c.n_row = second.n_row = 24;
    c.special = second.special = "[0, 3, 20]";
    memcpy(c.k[2][9], c.k[2][0], sizeof c.k[2][9]);
    rw_audit a;
    rw_audit_settings s = settings_of(2, 24, 24);
    s.dtypes = 1u << RW_BF16;
    run_on(&s, &a);
    /* row 3 once a head and text; the row that repeats the sink at least once a head of layer 2 */
    assert_int_equal(a.skipped_special, 2 * 2 * CAP_HQ);
    assert_true(a.skipped_identical >= CAP_HQ);
    assert_int_equal(a.head[0].context[0].single[RW_SINK][0].n_q, 2 * 11);
    rw_audit_clear(&a);
}

/* Every allocation fails in turn, in growing steps so that the whole stays short. */
static void failing_allocations(void **state)
{
    (void)state;
    prepare();
    second = c;
    rw_audit_settings s = settings_of(1, 1, 1);
    s.n_surrogate = 3;
    s.n_context = 2;
    s.context[0] = 8;
    s.context[1] = 40;
    s.advertised = 8;
    rw_qkfile *file = capture_open(&c);
    const int64_t live = rw_alloc_live();
    int64_t at = 0, all = 0;
    int tried = 0;
    for (;; at += at < 40 ? 1 : 1 + at / 16, tried++) {
        rw_audit a;
        rw_audit_run *run = NULL;
        ropewalk_error err = {0};
        rw_audit_init(&a);
        rw_alloc_fail_at(at, 0);
        ropewalk_status status = rw_audit_begin(&s, file, &run, &err);
        if (!status) status = rw_audit_add_text(run, file, "one", "", 0, &err);
        if (!status) status = rw_audit_add_text(run, file, "two", "", 0, &err);
        if (!status) status = rw_audit_finish(run, &a, &err);
        all = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        rw_audit_end(run);
        rw_audit_clear(&a);
        if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", (int)at);
        if (!status) {
            if (all <= at) break;
            continue; /* only a token's text for a drawing was lost */
        }
        if (status != ROPEWALK_E_MEMORY)
            fail_msg("allocation %d: %s", (int)at, err.message);
        assert_non_null(strstr(err.message, "no memory"));
    }
    assert_true(tried > 60 && all > 300);
    rw_qkfile_close(file);
}

static int stop(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    assert_memory_equal(stage, "counting one", 13);
    return ++*(int *)ctx > 0;
}

static void stopped(void **state)
{
    (void)state;
    prepare();
    int calls = 0;
    rw_audit_settings s = settings_of(2, 4, 2);
    s.progress = stop;
    s.progress_ctx = &calls;
    const int64_t live = rw_alloc_live();
    rw_audit_run *run;
    rw_qkfile *file = capture_open(&c);
    assert_int_equal(rw_audit_begin(&s, file, &run, NULL), 0);
    assert_int_equal(rw_audit_add_text(run, file, "one", "", 0, NULL),
                     ROPEWALK_E_INTERRUPTED);
    rw_audit_end(run);
    rw_qkfile_close(file);
    assert_int_equal(rw_alloc_live(), live);
    assert_true(calls > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_and_contexts),
        cmocka_unit_test(cells_are_means),
        cmocka_unit_test(kinds),
        cmocka_unit_test(horizons),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(another_model),
        cmocka_unit_test(sampled_and_special),
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
