/* model_config.h - a small config.json described, for the tests of descriptions. */
#ifndef RW_TEST_MODEL_CONFIG_H
#define RW_TEST_MODEL_CONFIG_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/model.h"

static rw_model_info m;
static rw_model_use use;

/* A model of 4 layers, 4 heads of 16 with 2 keys, and what `more` says. */
static inline ropewalk_status describe(const char *model_type, const char *more,
                                       ropewalk_error *err)
{
    char text[4096];
    rw_hparams hp;
    (void)snprintf(text, sizeof text,
                   "{\"model_type\":\"%s\",\"num_hidden_layers\":4,\"hidden_size\":64,"
                   "\"num_attention_heads\":4,\"num_key_value_heads\":2,"
                   "\"max_position_embeddings\":8192%s%s}",
                   model_type, *more ? "," : "", more);
    if (rw_hparams_read_config(text, strlen(text), "config.json", &hp, err))
        fail_msg("%s", err->message);
    const ropewalk_status status = rw_model_describe(&hp, &use, &m, err);
    rw_hparams_clear(&hp);
    return status;
}

static inline void good(const char *model_type, const char *more)
{
    ropewalk_error err = {0};
    if (describe(model_type, more, &err)) fail_msg("%s", err.message);
    for (uint32_t i = 0; i < m.n_provenance; i++) /* the JSON is an object */
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(m.provenance[i].value, m.provenance[j].value);
    for (uint32_t i = 0; i < m.n_problem; i++) { /* each is a warning too */
        int found = 0;
        for (uint32_t j = 0; j < m.n_warning; j++)
            found |= strcmp(m.problems[i].message, m.warnings[j]) == 0;
        assert_true(found);
    }
}

static inline void done(void)
{
    rw_model_info_clear(&m);
    assert_int_equal(rw_alloc_live(), 0);
}

static inline const rw_rotation_info *rotation(uint32_t layer)
{
    assert_true(m.layers[layer].rotation >= 0);
    return &m.rotations[m.layers[layer].rotation];
}

static inline const rw_provenance *source(const char *value)
{
    for (uint32_t i = 0; i < m.n_provenance; i++)
        if (strcmp(m.provenance[i].value, value) == 0) return &m.provenance[i];
    fail_msg("no provenance for %s", value);
    return &m.provenance[0]; /* not reached */
}

static inline int warned(const char *part)
{
    for (uint32_t i = 0; i < m.n_warning; i++)
        if (strstr(m.warnings[i], part)) return 1;
    return 0;
}

static inline int near(double a, double b)
{
    return fabs(a - b) <= 1e-13 * fabs(b);
}

static inline void has_problem(rw_problem_code code, const char *what)
{
    for (uint32_t i = 0; i < m.n_problem; i++)
        if (m.problems[i].code == code && strcmp(m.problems[i].what, what) == 0) return;
    fail_msg("no problem %d with %s", (int)code, what);
}

/* One scaling block that cannot be evaluated: told once, and layers keep their place. */
static inline void unresolved(const char *more, rw_problem_code code, const char *what)
{
    good("llama", more);
    has_problem(code, what);
    assert_int_equal(m.n_problem, 1);
    assert_null(rotation(3)->inv_freq);
    assert_int_equal(m.n_rotation, 1);
    done();
}

#define THETA "\"rope_theta\":10000"
#endif
