/* test_transformers_models.c - every layer of the public models as transformers makes it.
 *
 * tests/vectors/transformers/models.vec was made once by scripts/oracles/transformers_models.py from
 * data/models.json, through the library's own classes; here the same facts go through ours. What
 * may differ is the library's float32: its frequencies are within 1e-5 of ours (the exact bound
 * is test_engine_frequencies.c's; this test is about which table, on which layer). */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/engine.h"
#include "model/facts.h"
#include "model/model.h"

enum { MAX_TABLE = 64, MAX_PAIR = 256, MAX_LINE = 65536 };

typedef struct table {
    double factor, freq[MAX_PAIR];
    uint32_t n_pair;
} table;

static table tables[MAX_TABLE];
static int n_difference, n_unknown, n_absent;

static void differs(const char *model, uint32_t layer, const char *what, double theirs,
                    double ours)
{
    n_difference++;
    printf("%s layer %u: %s is %.10g, transformers has %.10g\n", model, (unsigned)layer,
           what, ours, theirs);
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fabs(b);
}

/* One layer; true when nothing differs. */
static bool compare_layer(const char *model, const rw_model_info *info, uint32_t layer,
                          const char *word)
{
    const rw_layer_info *l = &info->layers[layer];
    const bool attends =
        l->attention != RW_ATTENTION_LINEAR && l->attention != RW_ATTENTION_NONE;
    const int before = n_difference;
    if (strncmp(word, "none", 4) == 0 || !attends) {
        if (attends == (strncmp(word, "none", 4) == 0))
            differs(model, layer, "attention", !attends, attends);
        return n_difference == before;
    }
    const bool rotates = word[0] != '-';
    if (rotates != (l->rotation >= 0)) {
        differs(model, layer, "rotation", rotates, l->rotation >= 0);
        return false;
    }
    if (!rotates) return true;
    char *end;
    const unsigned long number = strtoul(word, &end, 10);
    assert_true(number < MAX_TABLE && *end == ':');
    const table *t = &tables[number];
    const rw_rotation_info *r = &info->rotations[l->rotation];
    const double scale = strtod(end + 1, NULL);
    if (!near(r->softmax_scale, scale, 0x1p-50))
        differs(model, layer, "softmax scale", scale, r->softmax_scale);
    if (!near(r->attn_factor, t->factor, 0x1p-50))
        differs(model, layer, "attention factor", t->factor, r->attn_factor);
    if (r->rotary_dim / 2 != t->n_pair) {
        differs(model, layer, "number of pairs", t->n_pair, r->rotary_dim / 2);
        return false;
    }
    if (!r->inv_freq) { /* nobody states a base: transformers has a default, we have none */
        assert_true(isnan(r->rope_theta));
        n_unknown++;
        return n_difference == before;
    }
    for (uint32_t i = 0; i < t->n_pair; i++) {
        if (near(t->freq[i], r->inv_freq[i], 1e-5)) continue;
        differs(model, layer, "a frequency", t->freq[i], r->inv_freq[i]);
        break;
    }
    return n_difference == before;
}

static uint32_t compare_model(char *line)
{
    char *rest, *name = strtok_r(line, " \n", &rest);
    const rw_fact *fact = rw_fact_find(name);
    if (!fact) { /* renamed since */
        printf("%s: no facts\n", name);
        n_absent++;
        return 0;
    }
    rw_hparams hp;
    rw_model_info info;
    ropewalk_error err = {0};
    const rw_model_use use = {.engine = rw_engine_find("transformers"), .length = 1};
    if (rw_fact_read(fact, &hp, &err)) fail_msg("%s: %s", name, err.message);
    if (rw_model_describe(&hp, &use, &info, &err)) fail_msg("%s: %s", name, err.message);
    uint32_t layer = 0;
    bool told = false; /* one layer's difference is enough */
    for (char *word = strtok_r(NULL, " \n", &rest); word;
         word = strtok_r(NULL, " \n", &rest)) {
        char *what;
        for (unsigned long n = strtoul(word, &what, 10); n; n--, layer++) {
            assert_true(*what == '*');
            if (layer < info.n_layer && !told)
                told = !compare_layer(name, &info, layer, what + 1);
        }
    }
    if (layer != info.n_layer) differs(name, 0, "number of layers", layer, info.n_layer);
    rw_model_info_clear(&info);
    rw_hparams_clear(&hp);
    return layer;
}

static void public_models(void **state)
{
    (void)state;
    static char line[MAX_LINE];
    char path[512];
    (void)snprintf(path, sizeof path, "%s/vectors/transformers/models.vec", RW_TEST_DIR);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("%s: cannot open", path);
    uint32_t n_table = 0, n_model = 0, n_layer = 0;
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "table ", 6) == 0) {
            char *end;
            assert_int_equal(strtoul(line + 6, &end, 10), n_table);
            assert_true(n_table < MAX_TABLE);
            table *t = &tables[n_table++];
            t->factor = strtod(end, &end);
            while (*end == ' ') {
                assert_true(t->n_pair < MAX_PAIR);
                t->freq[t->n_pair++] = strtod(end, &end);
            }
        } else if (strncmp(line, "model ", 6) == 0) {
            n_layer += compare_model(line + 6);
            n_model++;
        }
    }
    (void)fclose(f);
    printf(
        "%u models, %u layers, %u tables: %d without facts, %d layers without a base, %d "
        "differences\n",
        (unsigned)n_model, (unsigned)n_layer, (unsigned)n_table, n_absent, n_unknown,
        n_difference);
    assert_true(n_model - (uint32_t)n_absent >= 60);
    assert_true(n_unknown * 5 <= (int)n_layer);
    assert_int_equal(n_difference, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(public_models)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
