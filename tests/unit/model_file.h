/* model_file.h - writing a GGUF file in a test, and describing it. */
#ifndef RW_TEST_MODEL_FILE_H
#define RW_TEST_MODEL_FILE_H
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "gguf_build.h"
#include "model/model.h"

static const char *const path = RW_TEST_FILE; /* the test defines it */
static gguf_build b;
static char prefix[32];
static int64_t context; /* asked for; 0: the advertised one */

static inline const char *key(const char *suffix)
{
    static char full[2][96];
    static int which;
    which = !which;
    (void)snprintf(full[which], sizeof full[which], "%s.%s", prefix, suffix);
    return full[which];
}

static inline void start(const char *arch, uint32_t n_layer, uint32_t head_dim)
{
    memset(&b, 0, sizeof b);
    (void)snprintf(prefix, sizeof prefix, "%s", arch);
    gb_str(&b, "general.architecture", arch);
    if (n_layer) gb_int(&b, key("block_count"), n_layer);
    if (head_dim) gb_int(&b, key("attention.key_length"), head_dim);
    gb_int(&b, key("context_length"), 8192);
}

static inline void heads(uint32_t n_head_q, uint32_t n_head_kv)
{
    gb_int(&b, key("attention.head_count"), n_head_q);
    gb_int(&b, key("attention.head_count_kv"), n_head_kv);
}

static inline ropewalk_status open_it(rw_model_info *m, ropewalk_error *err)
{
    assert_int_equal(gb_save(&b, path), 0);
    const ropewalk_status status = rw_model_open_gguf(path, context, m, err);
    (void)remove(path);
    return status;
}

static inline void open_ok(rw_model_info *m)
{
    ropewalk_error err = {0};
    if (open_it(m, &err)) fail_msg("%s", err.message);
    for (uint32_t i = 0; i < m->n_provenance;
         i++) /* the JSON is an object: names are unique */
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(m->provenance[i].value, m->provenance[j].value);
}

static inline void close_it(rw_model_info *m)
{
    rw_model_info_clear(m);
    assert_int_equal(rw_alloc_live(), 0);
}

static inline const rw_provenance *source(const rw_model_info *m, const char *value)
{
    for (uint32_t i = 0; i < m->n_provenance; i++)
        if (strcmp(m->provenance[i].value, value) == 0) return &m->provenance[i];
    static const rw_provenance none = {0};
    fail_msg("no provenance for %s", value);
    return &none;
}

static inline int warned(const rw_model_info *m, const char *part)
{
    for (uint32_t i = 0; i < m->n_warning; i++)
        if (strstr(m->warnings[i], part)) return 1;
    return 0;
}

static inline int close_to(double a, double b_)
{
    return fabs(a - b_) <= 1e-14 * fabs(b_);
}
#endif
