/* test_judge.c - each difference as a finding, with the rule, severity and verdict it deserves. */
#include "unit/diff_fixture.h"

static rw_model_diff d;

/* The only finding there is. */
static void only(const char *rule, rw_severity severity)
{
    if (d.findings.n != 1) fail_msg("%s: %u findings", rule, d.findings.n);
    assert_string_equal(d.findings.list[0].rule, rule);
    assert_int_equal(d.findings.list[0].severity, severity);
}

static void says(const char *part)
{
    if (!strstr(d.verdict, part)) fail_msg("expected %s in: %s", part, d.verdict);
}

static void truncation(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    only("RW008", RW_ERROR);
    const rw_finding *f = d.findings.list;
    assert_non_null(strstr(f->message, "all 6 layers"));
    assert_string_equal(f->evidence[1].name, "max_relative_frequency_error");
    assert_true(f->evidence[1].num ==
                d.table[0].list[0].cell[1].contrast.frequency_error);
    says("These two run different rotations on all 6 layers: frequencies up to");
    says("position 131072");
    rw_model_diff_clear(&d);

    assert_int_equal(fix_pair(&d, RW_DIFF_ENGINES), 0);
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    only("RW008", RW_WARN);
    says("Served at 131072 tokens, against A: B runs different rotations");
    rw_model_diff_clear(&d);

    assert_int_equal(fix_pair(&d, RW_DIFF_EXECUTED), 0);
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    only("RWX01", RW_ERROR);
    rw_model_diff_clear(&d);
}

/* A GGUF that is what the converter writes differs by the engines' rules alone. */
static void what_the_converter_writes(void **state)
{
    (void)state;
    double freq[FIX_DIM / 2];
    for (int same = 0; same < 2; same++) {
        assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
        rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_CONVERTED);
        rw_diff_side *a = fix_side(t, "A converted", true), *b = fix_side(t, "B", true);
        fix_yarn(freq, same ? 150000 : 140000, 32, 4096, 1);
        assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
        fix_yarn(freq, 150000, 32, 4096, 1);
        assert_int_equal(fix_model(&b->info, "yarn", freq), 0);
        assert_int_equal(rw_diff_align(&d, t, NULL), 0);
        assert_int_equal(rw_diff_judge(&d, NULL), 0);
        only("RW008", same ? RW_WARN : RW_ERROR);
        says(same ? "B is what llama.cpp's converter writes for the config.json."
                  : "B is not what llama.cpp's converter writes");
        rw_model_diff_clear(&d);
    }
}

typedef void (*change)(rw_model_info *m);

static void other_base(rw_model_info *m)
{
    m->rotations[0].rope_theta = 1e4;
    m->rotations[0].inv_freq[7] *= 3;
}
static void unknown_base(rw_model_info *m)
{
    m->rotations[0].rope_theta = (double)NAN;
    rw_free(m->rotations[0].inv_freq);
    m->rotations[0].inv_freq = NULL;
}
static void unknown_scaling(rw_model_info *m)
{
    rw_free(m->rotations[0].inv_freq);
    m->rotations[0].inv_freq = NULL;
}
static void llama3(rw_model_info *m)
{
    (void)snprintf(m->rotations[0].mechanism, 24, "llama3");
    m->rotations[0].inv_freq[7] /= 8;
}
static void longrope(rw_model_info *m)
{
    (void)snprintf(m->rotations[0].mechanism, 24, "longrope");
    m->rotations[0].inv_freq[7] /= 8;
}
static void no_rope(rw_model_info *m)
{
    m->layers[3].rotation = -1;
}
static void rotary_dim(rw_model_info *m)
{
    m->rotations[0].rotary_dim = FIX_DIM / 2;
}
static void heads(rw_model_info *m)
{
    m->layers[5].n_head_kv = 8;
}
static void interleaved(rw_model_info *m)
{
    m->rotations[0].interleaved = 1;
}
static void attention_factor(rw_model_info *m)
{
    m->rotations[0].attn_factor = 1.3465735902799727;
}
static void softmax_scale(rw_model_info *m)
{
    m->rotations[0].softmax_scale = 0.4;
}
static void latent_scale(rw_model_info *m)
{
    m->rotations[0].softmax_scale = 0.4;
    m->rotations[0].rotary_offset = 128; /* its own layout, which GGUF explains */
}
static void cancelled(rw_model_info *m) /* a^2 s stays, the whole head rotates */
{
    m->rotations[0].attn_factor = 2.0;
    m->rotations[0].softmax_scale /= 4.0;
}
static void window(rw_model_info *m)
{
    m->layers[0].window = 0;
    m->layers[0].attention = RW_ATTENTION_FULL;
}
static void sections(rw_model_info *m)
{
    m->rotations[0].section[0] = 8;
}
static void shorter(rw_model_info *m)
{
    m->n_layer = 5;
}
static void context(rw_model_info *m)
{
    m->context_length = 4096;
}
static void still(rw_model_info *m)
{
    m->rotations[0].inv_freq[7] = 0;
}
static void rounding(rw_model_info *m)
{
    m->rotations[0].inv_freq[7] *= 1 + 1e-8;
}

static void each_difference(void **state)
{
    (void)state;
    static const struct {
        change what;
        const char *rule; /* NULL: none */
        rw_severity severity;
        const char *verdict;
    } cases[] = {
        {other_base, "RW001", RW_ERROR, "different rotations on all 6 layers"},
        {unknown_base, "RW001", RW_ERROR, "cannot be compared on all 6 layers"},
        {unknown_scaling, "RWD06", RW_WARN, "cannot be compared on all 6 layers"},
        {llama3, "RW002", RW_ERROR, "all 6 layers"},
        {longrope, "RW010", RW_ERROR, "all 6 layers"},
        {no_rope, "RW012", RW_ERROR, "different rotations on 1 of 6 layers"},
        {rotary_dim, "RW013", RW_ERROR, "all 6 layers"},
        {heads, "RW013", RW_ERROR, "the same rotations"},
        {interleaved, NULL, RW_INFO, "the same rotations on all 6 layers"},
        {attention_factor, "RW006", RW_ERROR, "but scores scaled differently"},
        {softmax_scale, "RWD08", RW_ERROR, "but scores scaled differently"},
        {latent_scale, "RW007", RW_ERROR, "but scores scaled differently"},
        {cancelled, NULL, RW_INFO, "the same rotations on all 6 layers."},
        {window, "RWD03", RW_WARN, "attention that reaches differently on 1 of 6"},
        {sections, "RWD04", RW_WARN, "different rotations"},
        {shorter, "RWD02", RW_ERROR, "different rotations on 1 of 6"},
        {context, "RWD05", RW_WARN, "the same rotations"},
        {still, "RWD01", RW_ERROR, "100 %"},
        {rounding, NULL, RW_INFO, "to float32 rounding: 1.0e-08 relative at most"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double freq[FIX_DIM / 2];
        rw_model_diff_init(&d);
        const rw_diff_use use = {0};
        assert_int_equal(rw_diff_positions(&d, &use, 131072, 131072, 0, NULL), 0);
        rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_DESCRIPTIONS);
        rw_diff_side *a = fix_side(t, "A", false), *b = fix_side(t, "B", true);
        fix_yarn(freq, 150000, 32, 4096, 1);
        assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
        assert_int_equal(fix_model(&b->info, "yarn", freq), 0);
        cases[i].what(&b->info);
        assert_int_equal(rw_diff_align(&d, t, NULL), 0);
        assert_int_equal(rw_diff_judge(&d, NULL), 0);
        if (cases[i].rule) {
            only(cases[i].rule, cases[i].severity);
        } else if (d.findings.n) {
            fail_msg("case %zu: %s", i, d.findings.list[0].message);
        }
        says(cases[i].verdict);
        rw_model_diff_clear(&d);
    }
}

static void absent_and_not_run(void **state)
{
    (void)state;
    double freq[FIX_DIM / 2];
    rw_model_diff_init(&d);
    rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_ENGINES);
    rw_diff_side *a = fix_side(t, "llama.cpp", true), *b = fix_side(t, "vllm", false),
                 *c = fix_side(t, "other", true);
    fix_yarn(freq, 150000, 32, 4096, 1);
    assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
    assert_int_equal(fix_model(&c->info, "yarn", freq), 0);
    b->absent = rw_strdup("vllm reads no GGUF file");
    assert_int_equal(rw_model_info_problem(&c->info, RW_PROBLEM_NOT_RUN, "dynamic", NULL,
                                           NULL, "dynamic is not run"),
                     0);
    assert_int_equal(rw_diff_align(&d, t, NULL), 0);
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    assert_int_equal(d.findings.n_skipped, 1);
    assert_non_null(strstr(d.findings.skipped[0].why, "reads no GGUF"));
    only("RWD07", RW_WARN);
    says("vllm: not described.");
    says("other runs the same rotations");
    rw_model_diff_clear(&d);
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
    const int64_t live = rw_alloc_live();
    int64_t at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_diff_judge(&d, NULL);
        rw_alloc_fail_at(-1, 0);
        rw_findings_clear(&d.findings);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    assert_true(at > 8);
    rw_model_diff_clear(&d);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncation),         cmocka_unit_test(what_the_converter_writes),
        cmocka_unit_test(each_difference),    cmocka_unit_test(absent_and_not_run),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
