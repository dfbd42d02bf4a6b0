/* test_families.c - every kind of model that transformers has, layer by layer: what its own code
 * was seen to do (scripts/oracles/transformers_families.py) against what its config is read as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/model.h"

/* Half a unit in the last place of float32, which is what transformers computes with, over the
 * few operations that make a frequency. */
static const double FLOAT32 = 8 * 0x1p-24;

static int near(double a, double b)
{
    return fabs(a - b) <= FLOAT32 * fabs(b);
}

static double number(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static const char *kind_of(const json_t *row)
{
    static const char *const words[][2] = {{"full_attention", "full"},
                                           {"sliding_attention", "sliding"},
                                           {"chunked_attention", "chunked"},
                                           {"linear_attention", "linear"},
                                           {"conv", "linear"},
                                           {"mamba", "linear"}};
    const char *said = json_string_value(json_object_get(row, "attention"));
    for (size_t i = 0; said && i < sizeof words / sizeof *words; i++)
        if (strcmp(said, words[i][0]) == 0) return words[i][1];
    return NULL;
}

static void check_frequencies(const char *family, uint32_t layer, const json_t *row,
                              const rw_rotation_info *r)
{
    static const uint32_t third = 3, half = 2;
    const json_t *list = json_object_get(row, "inv_freq");
    if (!list) return; /* a table of sines, made in code */
    const uint32_t n_pair = r->rotary_dim / 2;
    const uint32_t at[] = {0, n_pair / third, n_pair / half, n_pair - 1};
    if (!r->inv_freq || r->rotary_dim != (uint32_t)number(row, "rotary_dim"))
        fail_msg("%s, layer %u: %u dimensions, %s", family, (unsigned)layer,
                 (unsigned)r->rotary_dim, r->inv_freq ? "known" : "unknown");
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const double theirs = json_number_value(json_array_get(list, i));
        if (!near(r->inv_freq[at[i]], theirs))
            fail_msg("%s, layer %u, pair %u: %.9g, not %.9g", family, (unsigned)layer,
                     (unsigned)at[i], r->inv_freq[at[i]], theirs);
    }
    if (!near(r->attn_factor, number(row, "attn_factor")))
        fail_msg("%s, layer %u: attention factor %.9g, not %.9g", family, (unsigned)layer,
                 r->attn_factor, number(row, "attn_factor"));
}

static void check_layer(const char *family, const json_t *row, const char *pairs,
                        const rw_model_info *m, uint32_t layer)
{
    const rw_layer_info *l = &m->layers[layer];
    const char *kind = kind_of(row);
    if (kind && strcmp(kind, rw_attention_name(l->attention)) != 0)
        fail_msg("%s, layer %u: %s, not %s", family, (unsigned)layer,
                 rw_attention_name(l->attention), kind);
    if ((l->rotation >= 0) != json_is_true(json_object_get(row, "rotates")))
        fail_msg("%s, layer %u: rotation %d", family, (unsigned)layer, (int)l->rotation);
    if (l->rotation < 0) return;
    const rw_rotation_info *r = &m->rotations[l->rotation];
    if (strcmp(pairs, r->interleaved ? "interleaved" : "half") != 0)
        fail_msg("%s, layer %u: pairs are %s", family, (unsigned)layer, pairs);
    check_frequencies(family, layer, row, r);
    const double scale = number(row, "softmax_scale");
    if (!isnan(scale) && !near(r->softmax_scale, scale))
        fail_msg("%s, layer %u: softmax scale %.9g, not %.9g", family, (unsigned)layer,
                 r->softmax_scale, scale);
}

static void check_family(const char *family, const json_t *o)
{
    rw_hparams hp;
    rw_model_info m;
    ropewalk_error err = {0};
    const rw_model_use use = {0};
    const int64_t live = rw_alloc_live();
    const char *pairs = json_string_value(json_object_get(o, "pairs"));
    char *text = json_dumps(json_object_get(o, "config"), 0);
    assert_non_null(text);
    if (rw_hparams_read_config(text, strlen(text), family, &hp, &err) ||
        rw_model_describe(&hp, &use, &m, &err))
        fail_msg("%s: %s", family, err.message);
    if (m.n_problem) fail_msg("%s: %s", family, m.problems[0].message);
    const json_t *layers = json_object_get(o, "layers");
    assert_int_equal(m.n_layer, json_array_size(layers));
    for (uint32_t layer = 0; layer < m.n_layer; layer++)
        check_layer(family, json_array_get(layers, layer), pairs ? pairs : "", &m, layer);
    rw_model_info_clear(&m);
    rw_hparams_clear(&hp);
    free(text);
    assert_int_equal(rw_alloc_live(), live);
}

static void as_transformers(void **state)
{
    (void)state;
    json_error_t why;
    json_t *doc =
        json_load_file(RW_TEST_DIR "/vectors/families/transformers.json", 0, &why);
    if (!doc) fail_msg("%s", why.text);
    assert_string_equal(json_string_value(json_object_get(doc, "transformers")),
                        rw_engine_find("transformers")->version);
    const char *family;
    json_t *o;
    size_t n = 0;
    json_object_foreach (json_object_get(doc, "families"), family, o) {
        check_family(family, o);
        n++;
    }
    printf("%zu families\n", n);
    assert_true(n >= 90);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_transformers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
