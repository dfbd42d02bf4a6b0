/* test_audit_json.c - the audit document: every key of docs/formats.md, finite, and a page of it. */
#include "unit/capture_fixture.h"

#include "audit/compare.h"
#include "audit/run.h"
#include "base/alloc.h"
#include "model/executed.h"
#include "report/audit_json.h"
#include "report/report.h"

static const char *const top[] = {
    "model",          "rotations",  "layers",    "provenance",    "findings",
    "not_evaluated",  "settings",   "heads",     "summary",       "by_text",
    "joint_aliasing", "readout",    "baselines", "probe",         "score_curves",
    "verdict",        "what_to_do", "limits",    "disagreements", NULL};
static const char *const model[] = {"source",
                                    "name",
                                    "architecture",
                                    "n_layer",
                                    "n_head_q",
                                    "n_head_kv",
                                    "head_dim",
                                    "context_length",
                                    "original_context_length",
                                    "dtype",
                                    NULL};
static const char *const rotations[] = {
    "mechanism",     "rotary_dim", "rope_theta",       "attn_factor",
    "softmax_scale", "pairs",      "inv_freq",         "parameters",
    "m_max",         "m_max_kind", "m_max_assumption", "m_max_reason",
    "m_max_scale",   NULL};
static const char *const layers[] = {"layer",    "attention", "window",    "rotation",
                                     "head_dim", "n_head_q",  "n_head_kv", NULL};
static const char *const findings[] = {"rule", "severity", "message", "evidence",
                                       "fix",  "where",    NULL};
static const char *const not_evaluated[] = {"rule", "why", NULL};
static const char *const settings_keys[] = {"contexts",
                                            "advertised_context",
                                            "trained_context",
                                            "dtype",
                                            "precision_profile",
                                            "score_scale",
                                            "seed",
                                            "n_query",
                                            "n_key",
                                            "n_attended",
                                            "n_random",
                                            "zeta",
                                            "near_alias_nat",
                                            "n_surrogate",
                                            "thresholds",
                                            "texts",
                                            "excluded",
                                            NULL};
static const char *const thresholds[] = {"blind_energy_nats",    "chaotic_preference",
                                         "horizon_preference",   "horizon_token_flip",
                                         "false_discovery_rate", NULL};
static const char *const heads[] = {"layer",  "head",     "kv_head", "class",
                                    "window", "contexts", NULL};
static const char *const head_context[] = {"context",
                                           "effective_context",
                                           "attended",
                                           "random",
                                           "sink",
                                           "attended_random",
                                           "random_random",
                                           "preference",
                                           "energy_nats",
                                           "kind",
                                           "direction_p_value",
                                           "semantic_score",
                                           "positional_score",
                                           "r_high",
                                           "certificate",
                                           NULL};
static const char *const stratum[] = {"position_inversion",
                                      "position_inversion_local",
                                      "position_inversion_beyond",
                                      "position_aliasing",
                                      "near_aliasing",
                                      "positional_insensitivity",
                                      "alias_pairs",
                                      "alias_distances",
                                      NULL};
static const char *const twin[] = {"token_inversion", "token_aliasing",
                                   "attention_invariance", "cross_aliasing", NULL};
static const char *const cell[] = {"measured", "predicted",  "ci95", "n_q",
                                   "n_k",      "unresolved", NULL};
static const char *const certificate[] = {
    "ks_near", "ks_far", "ks_difference", "max_share", "n_eff", "turning_share", NULL};
static const char *const summary[] = {"context", "class",  "n_head",
                                      "kinds",   "values", NULL};
static const char *const value[] = {"median",         "p10", "p90", "predicted_median",
                                    "bootstrap_ci95", NULL};
static const char *const by_text[] = {"text",
                                      "context",
                                      "median_preference",
                                      "median_position_inversion",
                                      "median_token_inversion",
                                      NULL};
static const char *const joint[] = {"context",   "dtype",      "set_size",
                                    "n_set",     "mean_pairs", "min_pairs",
                                    "max_pairs", "total",      NULL};
static const char *const readout[] = {"layer",       "context", "d_best_head",
                                      "d_all_heads", "n_head",  NULL};
static const char *const baselines[] = {
    "context",          "dtype", "total", "nope", "alibi", "gaussian_rope",
    "pigeonhole_floor", NULL};
static const char *const curves[] = {
    "layer",        "head",        "kind",      "text",     "stratum", "query_position",
    "key_position", "query_token", "key_token", "distance", "score",   NULL};
static const char *const verdict[] = {"horizon_position",
                                      "horizon_position_reason",
                                      "horizon_position_recovers",
                                      "horizon_token",
                                      "horizon_token_reason",
                                      "horizon_token_recovers",
                                      "sentences",
                                      NULL};
static const char *const sentences[] = {"text", "tone", NULL};
static const char *const advice[] = {"text", "because", NULL};

static void has(const json_t *o, const char *where, const char *const *keys)
{
    if (!json_is_object(o)) fail_msg("%s is not an object", where);
    for (; *keys; keys++)
        if (!json_object_get(o, *keys)) fail_msg("%s has no %s", where, *keys);
}

static void each_has(const json_t *doc, const char *key, const char *const *keys,
                     size_t least)
{
    const json_t *list = json_object_get(doc, key);
    assert_true(json_is_array(list));
    if (json_array_size(list) < least)
        fail_msg("%s has %zu rows", key, json_array_size(list));
    size_t i;
    json_t *row;
    json_array_foreach (list, i, row)
        has(row, key, keys);
}

static void finite_everywhere(const json_t *v)
{
    size_t i;
    const char *key;
    json_t *x;
    if (json_is_real(v)) assert_true(isfinite(json_real_value(v)));
    json_array_foreach (v, i, x)
        finite_everywhere(x);
    json_object_foreach ((json_t *)(uintptr_t)v, key, x)
        finite_everywhere(x);
}

static void cell_or_null(const json_t *c)
{
    assert_non_null(c);
    if (json_is_null(c)) return;
    has(c, "cell", cell);
    const double m = json_number_value(json_object_get(c, "measured"));
    assert_true(m >= 0 && m <= 1);
    const json_t *ci = json_object_get(c, "ci95");
    if (json_is_null(ci)) return;
    const double lo = json_real_value(json_array_get(ci, 0)),
                 hi = json_real_value(json_array_get(ci, 1));
    assert_true(lo >= 0 && lo <= m && m <= hi && hi <= 1);
}

static json_t *audited(int n_text, rw_audit *a)
{
    static capture c, declared;
    capture_fill(&c, 3);
    capture_fill(&declared, 3);
    declared.theta = 2e4;
    rw_audit_settings s = {.context = {40, 300},
                           .n_context = 2,
                           .advertised = 300,
                           .dtypes = 1u << RW_BF16 | 1u << RW_E4M3,
                           .score_scale = (double)NAN,
                           .zeta = 0.01,
                           .near_alias = 0.1,
                           .n_query = 3,
                           .n_attended = 2,
                           .n_random = 2,
                           .n_surrogate = 19,
                           .seed = 1,
                           .n_thread = 1,
                           .kernels = rw_kernels_pick(NULL)};
    rw_audit_init(a);
    rw_audit_run *run;
    ropewalk_error err = {0};
    rw_qkfile *file = capture_open(&c), *other = capture_open(&declared);
    assert_int_equal(rw_model_from_capture(other, "/some/where/m.gguf", &a->model, &err),
                     0);
    assert_int_equal(rw_audit_begin(&s, file, &run, &err), 0);
    assert_int_equal(rw_compare_executed(file, a, &err), 0);
    for (int i = 0; i < n_text; i++)
        assert_int_equal(rw_audit_add_text(run, file, "bad \xff name", "x", 0, &err), 0);
    assert_int_equal(rw_audit_finish(run, a, &err), 0);
    rw_audit_end(run);
    rw_qkfile_close(file);
    rw_qkfile_close(other);
    json_t *doc = rw_audit_json(a, 1);
    assert_non_null(doc);
    return doc;
}

static void every_key(void **state)
{
    (void)state;
    rw_audit a;
    json_t *doc = audited(2, &a);
    has(doc, "the document", top);
    has(json_object_get(doc, "model"), "model", model);
    each_has(doc, "rotations", rotations, 1);
    const json_t *rotation = json_array_get(json_object_get(doc, "rotations"), 0);
    const double scale = json_number_value(json_object_get(rotation, "m_max_scale"));
    assert_true(scale >
                0); /* unscaled: the last M before the slowest pair enters H (T8, T16) */
    assert_true(fabs(json_number_value(json_object_get(rotation, "m_max")) - scale) <=
                1.0);
    assert_true(json_is_null(json_object_get(rotation, "m_max_reason")));
    each_has(doc, "layers", layers, CAP_LAYER);
    each_has(doc, "findings", findings, 1);
    each_has(doc, "not_evaluated", not_evaluated, 1);
    each_has(doc, "heads", heads, CAP_LAYER * CAP_HQ);
    each_has(doc, "summary", summary, 6);
    each_has(doc, "by_text", by_text, 4);
    each_has(doc, "joint_aliasing", joint, 4);
    each_has(doc, "readout", readout, 2);
    each_has(doc, "baselines", baselines, 4);
    each_has(doc, "score_curves", curves, 1);
    each_has(doc, "what_to_do", advice, 3);
    const json_t *s = json_object_get(doc, "settings"),
                 *v = json_object_get(doc, "verdict");
    has(s, "settings", settings_keys);
    has(json_object_get(s, "thresholds"), "thresholds", thresholds);
    assert_string_equal(json_string_value(json_object_get(s, "score_scale")), "model");
    assert_string_equal(json_string_value(json_object_get(s, "precision_profile")),
                        "score_bf16");
    has(v, "verdict", verdict);
    each_has(v, "sentences", sentences, 3);
    finite_everywhere(doc);
    size_t i, j;
    json_t *head, *x;
    json_array_foreach (json_object_get(doc, "heads"), i, head) {
        const json_t *list = json_object_get(head, "contexts");
        const int nope =
            strcmp(json_string_value(json_object_get(head, "class")), "nope") == 0;
        assert_true(nope ? json_is_null(list) : json_array_size(list) == 2);
        json_array_foreach (list, j, x) {
            has(x, "contexts", head_context);
            has(json_object_get(x, "certificate"), "certificate", certificate);
            static const char *const singles[] = {"attended", "random", "sink"};
            static const char *const twins[] = {"attended_random", "random_random"};
            for (int n = 0; n < 3; n++) {
                has(json_object_get(x, singles[n]), singles[n], stratum);
                for (int k = 0; k < 6; k++)
                    cell_or_null(
                        json_object_get(json_object_get(x, singles[n]), stratum[k]));
            }
            for (int n = 0; n < 2; n++) {
                has(json_object_get(x, twins[n]), twins[n], twin);
                for (int k = 0; k < 4; k++)
                    cell_or_null(json_object_get(json_object_get(x, twins[n]), twin[k]));
            }
            assert_non_null(
                json_object_get(json_object_get(x, "random"), "position_aliasing_e4m3"));
        }
    }
    json_array_foreach (json_object_get(doc, "summary"), i, x) {
        const char *name;
        json_t *q;
        json_object_foreach (json_object_get(x, "values"), name, q)
            has(q, name, value);
    }
    assert_true(json_is_null(json_object_get(doc, "probe")));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(doc, "model"), "source")),
        "m.gguf"); /* no paths */
    json_decref(doc);
    rw_audit_clear(&a);
}

static void a_page_of_it(void **state)
{
    (void)state;
    for (int n_text = 1; n_text < 3; n_text++) {
        rw_audit a;
        rw_text page;
        ropewalk_error err = {0};
        json_t *doc = audited(n_text, &a);
        json_object_set_new(doc, "schema_version", json_string("1.0"));
        json_object_set_new(doc, "kind", json_string("audit"));
        rw_text_init(&page);
        if (rw_report_html(doc, &page, &err)) fail_msg("%s", err.message);
        assert_true(page.len > 10000);
        assert_non_null(strstr(page.data, "</html>"));
        assert_non_null(strstr(page.data, "RWX01"));
        rw_text_clear(&page);
        rw_text_init(&page);
        rw_audit_text(&a, &page);
        assert_non_null(strstr(page.data, "=> "));
        assert_null(strchr(page.data, 0x1b));
        rw_text words = page;
        char *const name = a.model.name, *const architecture = a.model.architecture;
        char hostile[] =
            "m\x1b]0;title\x07\nx"; /* a file's name for itself: shown, not obeyed */
        a.model.name = a.model.architecture = hostile;
        rw_text_init(&page);
        rw_audit_text(&a, &page);
        a.model.name = name;
        a.model.architecture = architecture;
        assert_int_equal(strncmp(page.data, "m?]0;title??x (m?]0;title??x), ", 31), 0);
        assert_null(strpbrk(page.data, "\x1b\x07"));
        rw_text_clear(&page);
        rw_text_init(&page);
        rw_audit_terminal(&a, &page);
        assert_non_null(strstr(page.data, "prefers"));
        assert_non_null(strstr(page.data, "\xe2\x96\x81")); /* the map's scale */
        assert_string_equal(page.data + page.len - words.len, words.data);
        for (const char *at = strchr(page.data, 0x1b); at; at = strchr(at + 1, 0x1b))
            assert_int_equal(at[1 + strspn(at + 1, "[0123456789;")], 'm');
        rw_text_clear(&words);
        rw_text_clear(&page);
        json_decref(doc);
        rw_audit_clear(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_key),
                                       cmocka_unit_test(a_page_of_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
