/* test_compare.c - declared against executed: nothing when equal, one finding for each difference. */
#include "unit/capture_fixture.h"

#include "audit/compare.h"
#include "base/alloc.h"
#include "model/executed.h"

static capture c;

/* The description of `declared` against the capture as it now is. */
static void compare(rw_audit *a, const capture *declared)
{
    rw_audit_init(a);
    rw_qkfile *file = capture_open(declared);
    assert_int_equal(rw_model_from_capture(file, "declared.gguf", &a->model, NULL), 0);
    rw_qkfile_close(file);
    file = capture_open(&c);
    assert_int_equal(rw_compare_executed(file, a, NULL), 0);
    rw_qkfile_close(file);
}

static void finds(const char *rule, uint32_t n_layer)
{
    static capture declared;
    rw_audit a;
    char count[32];
    capture_fill(&declared, 1);
    compare(&a, &declared);
    if (!rule) {
        assert_int_equal(a.n_finding, 0);
    } else {
        assert_int_equal(a.n_finding, 1);
        assert_string_equal(a.finding[0].rule, rule);
        assert_string_equal(a.finding[0].severity, "error");
        assert_string_equal(a.finding[0].file, "declared.gguf");
        assert_true(a.finding[0].fix[0] && a.finding[0].measured > a.finding[0].limit);
        (void)snprintf(count, sizeof count, "in %u layer", n_layer);
        assert_non_null(strstr(a.finding[0].message, count));
    }
    rw_audit_clear(&a);
}

static void nothing_when_equal(void **state)
{
    (void)state;
    capture_fill(&c, 2); /* other vectors are no difference */
    finds(NULL, 0);
    c.theta = 1e4 * (1 + 1e-9); /* rounding of stored values neither */
    c.softmax_scale = 0.25 * (1 + 1e-8);
    finds(NULL, 0);
}

static void each_difference(void **state)
{
    (void)state;
    capture_fill(&c, 1);
    c.theta = 1.001e4;
    finds("RWX01", 2);
    capture_fill(&c, 1);
    c.rotary_dim[0] = 8;
    finds("RWX02", 1);
    capture_fill(&c, 1);
    c.rotary_dim[1] = CAP_DIM; /* a layer declared without RoPE turns */
    finds("RWX02", 1);
    capture_fill(&c, 1);
    c.rotary_dim[2] = 0; /* and the other way round */
    finds("RWX02", 1);
    capture_fill(&c, 1);
    c.interleaved = 1;
    finds("RWX03", 2);
    capture_fill(&c, 1);
    c.attn_factor = 1.1;
    finds("RWX04", 2);
    capture_fill(&c, 1);
    c.softmax_scale = 0.2501;
    finds("RWX05", 2);
    capture_fill(&c, 1);
    c.window[2] = 128;
    finds("RWX06", 1);
}

static void several_at_once(void **state)
{
    (void)state;
    static capture declared;
    rw_audit a;
    capture_fill(&declared, 1);
    capture_fill(&c, 1);
    c.theta = 2e4;
    c.attn_factor = 2;
    c.window[0] = 32;
    compare(&a, &declared);
    assert_int_equal(a.n_finding, 3);
    assert_string_equal(a.finding[0].rule, "RWX01");
    assert_string_equal(a.finding[1].rule, "RWX04");
    assert_string_equal(a.finding[2].rule, "RWX06");
    assert_true(fabs(a.finding[1].measured - 0.5) < 1e-12);
    rw_audit_clear(&a);
}

static void without_a_model(void **state)
{
    (void)state;
    rw_audit a;
    rw_audit_init(&a);
    capture_fill(&c, 1);
    rw_qkfile *file = capture_open(&c);
    assert_int_equal(rw_compare_executed(file, &a, NULL), 0);
    assert_int_equal(a.n_finding, 0);
    rw_qkfile_close(file);
    rw_audit_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_when_equal),
        cmocka_unit_test(each_difference),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(without_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
