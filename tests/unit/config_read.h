/* config_read.h - reading a config.json given as text, in tests. */
#ifndef RW_TEST_CONFIG_READ_H
#define RW_TEST_CONFIG_READ_H
#include <string.h>

#include "base/alloc.h"
#include "model/hparams.h"

static inline ropewalk_status read_text(const char *json, rw_hparams *hp,
                                        ropewalk_error *err)
{
    memset(err, 0, sizeof *err);
    return rw_hparams_read_config(json, strlen(json), "config.json", hp, err);
}

/* Reads what must be readable. */
static inline void read_good(const char *json, rw_hparams *hp)
{
    ropewalk_error err;
    if (read_text(json, hp, &err)) fail_msg("%s: %s", json, err.message);
}

/* What must be refused with a sentence that has `words`; nothing may be left behind. */
static inline void read_bad(const char *json, const char *words)
{
    rw_hparams hp;
    ropewalk_error err;
    if (read_text(json, &hp, &err) != ROPEWALK_E_FORMAT) fail_msg("accepted: %s", json);
    if (!strstr(err.message, words)) fail_msg("%s: %s", json, err.message);
    assert_null(hp.file);
    assert_int_equal(rw_alloc_live(), 0);
}

static inline void expect(const rw_hparams *hp, rw_hparam which, double num,
                          const char *key)
{
    const rw_hvalue *v = &hp->v[which];
    if (!v->known || !(v->num >= num && v->num <= num) || strcmp(v->key, key) != 0)
        fail_msg("%s: %d %.17g %s, not %.17g %s", rw_hparam_name(which), v->known, v->num,
                 v->key, num, key);
}

static inline void expect_unknown(const rw_hparams *hp, rw_hparam which)
{
    if (hp->v[which].known) fail_msg("%s is known", rw_hparam_name(which));
}

static inline const rw_file_setting *setting(const rw_hparams *hp, int block,
                                             const char *name)
{
    static const rw_file_setting none;
    const rw_rope_block *b = &hp->block[block];
    for (uint32_t i = 0; i < b->n_setting; i++)
        if (strcmp(b->settings[i].name, name) == 0) return &b->settings[i];
    fail_msg("there is no %s", name);
    return &none;
}

static inline void clear(rw_hparams *hp)
{
    rw_hparams_clear(hp);
    assert_int_equal(rw_alloc_live(), 0);
}
#endif
