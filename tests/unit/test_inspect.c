/* test_inspect.c - the two faces of a model description: JSON keys and readable text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "report/inspect_json.h"
#include "report/inspect_text.h"

/* Three layers: sliding, full, without RoPE; one rotation known, one of unknown base. */
static void make(rw_model_info *m)
{
    rw_model_info_init(m);
    m->source = rw_strdup("tiny.gguf");
    m->name = rw_strdup("evil \x1b[31m name");
    m->architecture = rw_strdup("gemma3");
    m->n_layer = 3;
    m->context_length = 4096;
    m->n_rotation = 2;
    m->rotations = rw_calloc(2, sizeof *m->rotations);
    m->layers = rw_calloc(3, sizeof *m->layers);
    rw_rotation_info *r = m->rotations;
    (void)snprintf(r[0].mechanism, sizeof r[0].mechanism, "linear");
    r[0].rotary_dim = 4;
    r[0].rope_theta = 10000;
    r[0].attn_factor = 1;
    r[0].softmax_scale = 0.5;
    r[0].interleaved = 1;
    r[0].inv_freq = rw_calloc(2, sizeof(double));
    r[0].inv_freq[0] = 0.5;
    r[0].inv_freq[1] = 0.001;
    r[0].parameters = rw_calloc(1, sizeof *r[0].parameters);
    r[0].n_parameter = 1;
    (void)snprintf(r[0].parameters[0].name, sizeof r[0].parameters[0].name, "factor");
    r[0].parameters[0].value = 2;
    (void)snprintf(r[1].mechanism, sizeof r[1].mechanism, "none");
    r[1].rotary_dim = 4;
    r[1].rope_theta = (double)NAN;
    r[1].attn_factor = 1;
    r[1].softmax_scale = (double)NAN;
    m->layers[0] = (rw_layer_info){0, RW_ATTENTION_SLIDING, 512, 0, 4, 2, 1};
    m->layers[1] = (rw_layer_info){1, RW_ATTENTION_FULL, 0, 1, 4, 2, 1};
    m->layers[2] = (rw_layer_info){2, RW_ATTENTION_FULL, 0, -1, 4, 2, 1};
    assert_int_equal(rw_model_info_note(m, "rope_theta", "tiny.gguf", "a.rope.freq_base",
                                        "unknown", NULL),
                     0);
    assert_int_equal(rw_model_info_note(m, "pairs", NULL, NULL, "assumed", NULL), 0);
    assert_int_equal(rw_model_info_warn(m, NULL, "careful %d", 7), 0);
}

static void keys_are(const json_t *o, const char *const *names)
{
    size_t n = 0;
    for (; names[n]; n++)
        if (!json_object_get(o, names[n])) fail_msg("no key %s", names[n]);
    assert_int_equal(json_object_size(o), n);
}

static void json_keys(void **state)
{
    (void)state;
    static const char *const top[] = {
        "model",  "rotations", "layers", "provenance",    "warnings", "positions",
        "engine", "context",   "length", "bytes_fetched", "problems", NULL};
    static const char *const model[] = {"source",         "name",
                                        "architecture",   "n_layer",
                                        "context_length", "original_context_length",
                                        "dtype",          NULL};
    static const char *const rotation[] = {
        "mechanism",     "rotary_dim", "rope_theta", "attn_factor",
        "softmax_scale", "pairs",      "inv_freq",   "parameters",
        "rotary_offset", "sections",   NULL};
    static const char *const layer[] = {"layer",    "attention", "window",    "rotation",
                                        "head_dim", "n_head_q",  "n_head_kv", NULL};
    static const char *const source[] = {"file", "key", "note", NULL};
    rw_model_info m;
    make(&m);
    json_t *j = rw_inspect_json(&(rw_inspect_view){.info = &m});
    assert_non_null(j);
    keys_are(j, top);
    const json_t *o = json_object_get(j, "model");
    keys_are(o, model);
    assert_true(json_is_null(json_object_get(o, "original_context_length")));
    assert_true(json_is_null(json_object_get(o, "dtype")));
    assert_int_equal(json_integer_value(json_object_get(o, "context_length")), 4096);
    const json_t *r = json_array_get(json_object_get(j, "rotations"), 0);
    keys_are(r, rotation);
    assert_string_equal(json_string_value(json_object_get(r, "pairs")), "interleaved");
    assert_int_equal(json_array_size(json_object_get(r, "inv_freq")), 2);
    assert_true(json_real_value(
                    json_object_get(json_object_get(r, "parameters"), "factor")) == 2);
    r = json_array_get(json_object_get(j, "rotations"), 1);
    assert_true(json_is_null(json_object_get(r, "rope_theta")));
    assert_true(json_is_null(json_object_get(r, "inv_freq")));
    assert_true(json_is_null(json_object_get(r, "softmax_scale")));
    assert_string_equal(json_string_value(json_object_get(r, "pairs")), "half");
    const json_t *l = json_object_get(j, "layers");
    assert_int_equal(json_array_size(l), 3);
    keys_are(json_array_get(l, 0), layer);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(l, 0), "window")),
                     512);
    assert_true(json_is_null(json_object_get(json_array_get(l, 1), "window")));
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(l, 1), "rotation")), 1);
    assert_true(json_is_null(json_object_get(json_array_get(l, 2), "rotation")));
    const json_t *p = json_object_get(j, "provenance");
    keys_are(json_object_get(p, "rope_theta"), source);
    assert_true(json_is_null(json_object_get(json_object_get(p, "pairs"), "file")));
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(j, "warnings"), 0)),
        "careful 7");
    rw_text t; /* it can be written and read again */
    rw_text_init(&t);
    rw_json_write(j, 2, &t);
    json_t *again;
    assert_int_equal(rw_json_parse(t.data, t.len, "inspect", &again, NULL), ROPEWALK_OK);
    assert_true(json_equal(again, j));
    json_decref(again);
    json_decref(j);
    rw_text_clear(&t);
    rw_model_info_clear(&m);
    assert_int_equal(rw_alloc_live(), 0);
}

static void has(const rw_text *t, const char *part)
{
    if (!strstr(t->data, part)) fail_msg("no \"%s\" in:\n%s", part, t->data);
}

static void text(void **state)
{
    (void)state;
    rw_model_info m;
    rw_text t;
    make(&m);
    rw_text_init(&t);
    m.context = m.length = 8192;
    rw_inspect_text(&(rw_inspect_view){.info = &m}, &t);
    assert_false(t.failed);
    has(&t, "rotation 0: linear\n  parameters         factor 2\n");
    has(&t, "0: sliding attention, window 512; 2 query and 1 key heads of 4\n");
    has(&t,
        "12.57 to 6283.19 positions, after scaling\n"); /* 2 pi / 0.5 and 2 pi / 0.001 */
    has(&t, "within 512         1 of 2 pairs never complete a turn (window)\n");
    assert_null(strstr(t.data, "advertised context)")); /* beyond the window */
    has(&t, "interleaved (2n, 2n+1)");
    has(&t, "half-split");
    has(&t, "rope_theta         unknown\n");
    has(&t, "wavelengths        unknown\n");
    has(&t, "softmax scale      unknown\n");
    has(&t, "no rotation (NoPE)\n");
    has(&t, "a.rope.freq_base: unknown\n");
    has(&t, "careful 7\n");
    assert_null(
        strchr(t.data, '\x1b')); /* nothing of a file reaches the terminal unseen */
    rw_text_clear(&t);
    rw_model_info_clear(&m);
    assert_int_equal(rw_alloc_live(), 0);
}

/* What only some models have: a target, axes, latent attention, a precision table. */
static void text_of_others(void **state)
{
    (void)state;
    rw_model_info m;
    rw_text t;
    make(&m);
    m.context = 8192;
    m.length = 5000;
    m.engine = "vllm";
    m.layers[0].window = 0;
    m.layers[0].head_dim = 12;
    rw_rotation_info *r = m.rotations;
    r[0].rotary_offset = 8;
    r[0].section[0] = r[0].section[2] = 1;
    r[0].section_interleaved = 1;
    rw_precision_row rows[] = {
        {.rotation = 0, .profile = "f32_product", .about = "", .cell = {{.error = 1e-4}}},
        {.rotation = 0,
         .profile = "bf16_position",
         .about = "",
         .cell = {{.error = 16, .counted = true, .distinct = 2000, .identical = 5}}}};
    const rw_precision_table table = {
        .context = {4096}, .n_context = 1, .rows = rows, .n_row = 2};
    const rw_inspect_view view = {
        .info = &m, .engine_version = "0.33.0", .precision = &table, .n_byte_read = 1234};
    rw_text_init(&t);
    rw_inspect_text(&view, &t);
    has(&t, "fetched              1234 bytes\n");
    has(&t, "positions            rotary (RoPE)\n");
    has(&t, "under the rules of   vllm 0.33.0\n");
    has(&t, "target context       8192\n");
    has(&t, "tokens so far        5000\n");
    has(&t, "dimensions 8 to 11 of 12\n");
    has(&t, "1, 0, 1 pairs an axis, interleaved; on text");
    has(&t,
        "within 4096        1 of 2 pairs never complete a turn (advertised context)\n");
    has(&t, "within 8192        0 of 2 pairs never complete a turn (target context)\n");
    has(&t, "f32_product        0.0001, -\n");
    has(&t, "bf16_position      16, 2000\n");
    rw_text_clear(&t);
    r[0].inv_freq[1] = 0.0; /* proportional: pairs that stand still */
    m.positions = RW_POSITIONS_ALIBI;
    rw_inspect_text(&view, &t);
    has(&t,
        "12.57 to 12.5664 positions, after scaling; 1 of 2 pairs do not turn at all\n");
    has(&t, "within 4096        0 of 1 turning pairs never complete a turn (adv");
    has(&t, "positions            ALiBi");
    has(&t, "no rotation\n");
    json_t *j = rw_inspect_json(&view);
    const json_t *p = json_array_get(json_object_get(j, "precision"), 1);
    const json_t *cell = json_array_get(json_object_get(p, "contexts"), 0);
    assert_int_equal(json_integer_value(json_object_get(cell, "identical_pairs")), 5);
    assert_string_equal(json_string_value(json_object_get(p, "error_of")), "angle_rad");
    p = json_array_get(json_object_get(j, "precision"), 0);
    cell = json_array_get(json_object_get(p, "contexts"), 0);
    assert_true(json_is_null(json_object_get(cell, "identical_pairs")));
    assert_int_equal(json_integer_value(json_object_get(j, "bytes_fetched")), 1234);
    assert_string_equal(json_string_value(json_object_get(j, "positions")), "alibi");
    json_decref(j);
    rw_text_clear(&t);
    rw_model_info_clear(&m);
    assert_int_equal(rw_alloc_live(), 0);
}

static void empty_model(void **state)
{
    (void)state;
    rw_model_info m;
    rw_text t;
    rw_model_info_init(&m);
    rw_text_init(&t);
    rw_inspect_text(&(rw_inspect_view){.info = &m}, &t);
    has(&t, "advertised context   not stated\n");
    json_t *j = rw_inspect_json(&(rw_inspect_view){.info = &m});
    assert_int_equal(json_array_size(json_object_get(j, "layers")), 0);
    json_decref(j);
    rw_text_clear(&t);
}

static void failed_text(void **state)
{
    (void)state;
    rw_model_info m;
    make(&m);
    for (int64_t at = 0; at < 4; at++) {
        rw_text t;
        rw_text_init(&t);
        rw_alloc_fail_at(at, 1);
        rw_inspect_text(&(rw_inspect_view){.info = &m}, &t);
        const int64_t n_tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(t.failed, n_tried > at);
        rw_text_clear(&t);
    }
    rw_model_info_clear(&m);
    assert_int_equal(rw_alloc_live(), 0);
}

/* jansson's own allocations fail in turn: NULL, and nothing leaks (seen by the sanitizer). */
static int64_t json_left;

static void *failing_malloc(size_t n)
{
    return json_left-- > 0 ? rw_malloc(n) : NULL;
}

static void failed_json(void **state)
{
    (void)state;
    rw_model_info m;
    make(&m);
    const int64_t live = rw_alloc_live();
    json_malloc_t old_malloc;
    json_free_t old_free;
    json_get_alloc_funcs(&old_malloc, &old_free);
    json_set_alloc_funcs(failing_malloc, rw_free);
    int64_t at = 0;
    for (;; at++) {
        json_left = at;
        json_t *j = rw_inspect_json(&(rw_inspect_view){.info = &m});
        const int done = j != NULL;
        json_decref(j);
        if (rw_alloc_live() != live) fail_msg("leak at allocation %lld", (long long)at);
        if (done) break;
    }
    json_set_alloc_funcs(old_malloc, old_free);
    assert_true(at > 50);
    rw_model_info_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_keys),      cmocka_unit_test(text),
        cmocka_unit_test(text_of_others), cmocka_unit_test(empty_model),
        cmocka_unit_test(failed_text),    cmocka_unit_test(failed_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
