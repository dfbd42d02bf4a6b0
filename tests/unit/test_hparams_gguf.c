/* test_hparams_gguf.c - keys to vocabulary: what is said, what is not, and what is a lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gguf_build.h"
#include "model/hparams.h"

static const char *const path = "test_hparams.tmp.gguf";
static gguf_build b;

static ropewalk_status read_back(rw_hparams *hp, ropewalk_error *err)
{
    assert_int_equal(gb_save(&b, path), 0);
    const ropewalk_status status = rw_hparams_read_gguf(path, hp, err);
    (void)remove(path);
    return status;
}

static void start(void)
{
    memset(&b, 0, sizeof b);
    gb_str(&b, "general.architecture", "llama");
}

static void nothing_is_assumed(void **state)
{
    (void)state;
    start();
    rw_hparams hp;
    assert_int_equal(read_back(&hp, NULL), ROPEWALK_OK);
    for (int i = 0; i < RW_N_HPARAM; i++) {
        assert_false(hp.v[i].known);
        assert_true(isnan(hp.v[i].num));
        if (hp.v[i].key[0]) /* the rest is config.json alone */
            assert_true(strncmp(hp.v[i].key, "llama.", 6) == 0);
        assert_non_null(rw_hparam_name((rw_hparam)i));
    }
    assert_null(hp.n_head_q);
    assert_null(hp.divisor);
    assert_null(hp.dtype);
    assert_string_equal(hp.scaling_type, "");
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

static void values_and_arrays(void **state)
{
    (void)state;
    start();
    static const uint32_t heads[] = {8, 8, 0};
    static const float divisors[] = {1, 2, 8, 8};
    gb_int(&b, "llama.block_count", 3);
    gb_int(&b, "llama.attention.head_count", 8);
    gb_ints(&b, "llama.attention.head_count_kv", heads, 3);
    gb_int(&b, "llama.attention.key_length", 8);
    gb_real(&b, "llama.rope.freq_base", 500000);
    gb_flags(&b, "llama.attention.sliding_window_pattern", "110");
    gb_str(&b, "llama.rope.scaling.type", "yarn");
    gb_tensor(&b, "rope_freqs.weight", divisors, 4);
    rw_hparams hp;
    ropewalk_error err = {0};
    assert_int_equal(read_back(&hp, &err), ROPEWALK_OK);
    assert_int_equal(hp.n_layer, 3);
    assert_true(hp.v[RW_HP_ROPE_THETA].num == 500000);
    assert_string_equal(hp.v[RW_HP_ROPE_THETA].key, "llama.rope.freq_base");
    assert_int_equal(hp.n_head_q[2], 8);
    assert_int_equal(hp.n_head_kv[2], 0);
    assert_true(hp.head_array);
    assert_int_equal(hp.sliding[1], 1);
    assert_int_equal(hp.sliding[2], 0);
    assert_string_equal(hp.scaling_type, "yarn");
    assert_int_equal(hp.n_divisor, 4);
    assert_true(hp.divisor[2] == 8);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

static void reals(const char *name, const float *list, uint32_t n)
{
    gb_key(&b, name, 9);
    gb_u64(b.keys, &b.n_keys, 6, 4);
    gb_u64(b.keys, &b.n_keys, n, 8);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &list[i], 4);
        gb_u64(b.keys, &b.n_keys, bits, 4);
    }
}

/* What later runtimes added, each read from its key. */
static void all_of_it(void)
{
    static const uint32_t sections[] = {11, 11, 10, 0}, heads[] = {2, 2, 0};
    static const uint32_t rotary[] = {64, 64, 32}, dims[] = {128, 128, 128};
    static const float theta[] = {1e4f, 1e4f, 1e6f}, factors[] = {1, 2}, few[] = {-1};
    start();
    gb_int(&b, "llama.block_count", 3);
    gb_ints(&b, "llama.attention.head_count_kv", heads, 3);
    gb_ints(&b, "llama.rope.dimension_sections", sections, 4);
    gb_ints(&b, "llama.rope.dimension_count", rotary, 3);
    gb_ints(&b, "llama.attention.key_length", dims, 3);
    reals("llama.rope.freq_base", theta, 3);
    gb_real(&b, "llama.rope.scaling.alpha", 1000);
    gb_real(&b, "llama.attention.temperature_scale", 0.1f);
    gb_int(&b, "llama.attention.temperature_length", 8192);
    gb_int(&b, "llama.attention.shared_kv_layers", 1);
    gb_real(&b, "llama.attention.max_alibi_bias", 8);
    gb_real(&b, "llama.attention.compress_rope_freq_base", 160000);
    gb_int(&b, "llama.rope.dimension_count_swa", 32);
    gb_real(&b, "llama.rope.freq_base_swa", 20000);
    gb_flags(&b, "llama.attention.rope_pattern", "110");
    gb_flags(&b, "llama.attention.recurrent_layers", "001");
    gb_key(&b, "llama.rope.scaling.finetuned", 7);
    gb_u64(b.keys, &b.n_keys, 0, 1);
    gb_tensor(&b, "rope_factors_long.weight", factors, 2);
    gb_tensor(&b, "rope_factors_short.weight", few, 1);
    gb_tensor(&b, "rope_freqs.weight", few, 1);
}

static void check_all_of_it(const rw_hparams *hp)
{
    assert_int_equal(hp->kind, RW_FILE_GGUF);
    assert_int_equal(hp->section[0], 11);
    assert_int_equal(hp->section[2], 10);
    assert_string_equal(hp->key_section, "llama.rope.dimension_sections");
    assert_true(hp->theta_of[1] == 1e4 && hp->theta_of[2] == 1e6);
    assert_false(hp->v[RW_HP_ROPE_THETA].known);
    assert_int_equal(hp->rotary_dim_of[2], 32);
    assert_null(hp->head_dim_of); /* the same for all: one number */
    assert_true(hp->v[RW_HP_HEAD_DIM].num == 128);
    assert_non_null(strstr(hp->v[RW_HP_HEAD_DIM].note, "the same for all"));
    assert_true(hp->v[RW_HP_SCALING_ALPHA].num == 1000);
    assert_true(hp->v[RW_HP_TEMPERATURE].num == (double)0.1f);
    assert_true(hp->v[RW_HP_TEMPERATURE_LENGTH].num == 8192);
    assert_true(hp->v[RW_HP_N_SHARED_KV].num == 1);
    assert_true(hp->v[RW_HP_ALIBI].num == 8);
    assert_true(hp->v[RW_HP_ROPE_THETA_COMPRESSED].num == 160000);
    assert_true(hp->v[RW_HP_ROTARY_DIM_SLIDING].num == 32);
    assert_true(hp->v[RW_HP_ROPE_THETA_SLIDING].num == 20000);
    assert_true(hp->v[RW_HP_FINETUNED].known && hp->v[RW_HP_FINETUNED].num < 1);
    assert_int_equal(hp->rope_on[1], 1);
    assert_int_equal(hp->rope_on[2], 0);
    assert_int_equal(hp->said[2], RW_SAID_LINEAR);
    assert_int_equal(hp->said[0], RW_SAID_NOTHING);
    assert_int_equal(hp->n_long, 2);
    assert_true(hp->factors_long[1] == 2);
    assert_int_equal(hp->n_short, 1); /* wrong, and for others to judge */
    assert_int_equal(hp->n_divisor, 1);
    assert_true(hp->divisor[0] == -1);
    assert_false(hp->tensors_partial);
}

static void later_keys(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_error err = {0};
    all_of_it();
    if (read_back(&hp, &err)) fail_msg("%s", err.message);
    check_all_of_it(&hp);
    assert_int_equal(hp.n_byte_read, 0);
    rw_hparams_clear(&hp);

    start(); /* a variant tree's keys; and compressed keys by layer */
    static const float theta[] = {1e4f, 5e4f};
    static const uint32_t rotary[] = {16, 16}, ratios[] = {0, 4, 0};
    gb_int(&b, "llama.block_count", 2);
    reals("llama.rope.freq_base_per_layer", theta, 2);
    gb_ints(&b, "llama.rope.dimension_count_per_layer", rotary, 2);
    gb_ints(&b, "llama.attention.compress_ratios", ratios, 3);
    assert_int_equal(read_back(&hp, &err), ROPEWALK_OK);
    assert_true(hp.theta_of[1] == 5e4);
    assert_string_equal(hp.v[RW_HP_ROPE_THETA].key, "llama.rope.freq_base_per_layer");
    assert_null(hp.rotary_dim_of);
    assert_true(hp.v[RW_HP_ROTARY_DIM].num == 16);
    assert_int_equal(hp.said[0], RW_SAID_SLIDING);
    assert_int_equal(hp.said[1], RW_SAID_FULL);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

/* --- behind a source ------------------------------------------------------------------------ */

typedef struct shelf {
    const unsigned char *bytes;
    uint64_t n_asked;
} shelf;

static ropewalk_status from_shelf(void *ctx, uint64_t offset, size_t n, void *out,
                                  ropewalk_error *err)
{
    (void)err;
    shelf *s = ctx;
    s->n_asked += n;
    memcpy(out, s->bytes + offset, n);
    return ROPEWALK_OK;
}

static size_t load(unsigned char *bytes, size_t cap)
{
    assert_int_equal(gb_save(&b, path), 0);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, cap, f);
    (void)fclose(f);
    (void)remove(path);
    return n;
}

static void behind_a_source(void **state)
{
    (void)state;
    static unsigned char bytes[1 << 16];
    all_of_it();
    const size_t n = load(bytes, sizeof bytes);
    shelf s = {.bytes = bytes};
    rw_source source = {"https://models.example/x.gguf", n, from_shelf, &s};
    rw_hparams hp;
    ropewalk_error err = {0};
    if (rw_hparams_read_gguf_source(&source, &hp, &err)) fail_msg("%s", err.message);
    check_all_of_it(&hp);
    assert_string_equal(hp.file, "https://models.example/x.gguf");
    assert_int_equal(hp.n_byte_read, s.n_asked);
    rw_hparams_clear(&hp);
    for (size_t cut = 1; cut < n; cut++) { /* every prefix */
        unsigned char *part = malloc(cut); /* exact, so that a sanitizer sees */
        assert_non_null(part);
        memcpy(part, bytes, cut);
        s.bytes = part;
        source.size = cut;
        const ropewalk_status status = rw_hparams_read_gguf_source(&source, &hp, &err);
        if (status) {
            assert_int_equal(status, ROPEWALK_E_FORMAT);
            assert_non_null(strstr(err.message, "models.example"));
            assert_null(hp.file);
        } else { /* only the padding after the last value is gone */
            assert_true(n - cut < 32);
            rw_hparams_clear(&hp);
        }
        free(part);
    }
    /* the first of a split set, the others unread */
    gb_int(&b, "split.count", 2);
    gb_int(&b, "split.no", 0);
    source.size = load(bytes, sizeof bytes);
    s.bytes = bytes;
    assert_int_equal(rw_hparams_read_gguf_source(&source, &hp, &err), ROPEWALK_OK);
    assert_true(hp.tensors_partial);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

typedef struct lie {
    const char *key;
    uint32_t num;
    float real; /* used when not 0 */
    uint32_t n_array;
} lie;

static void lies(void **state)
{
    (void)state;
    static const lie list[] = {
        {"llama.block_count", 0, 0, 0},
        {"llama.block_count", 100001, 0, 0},
        {"llama.block_count", 4000000000u, 0, 0},
        {"llama.context_length", 0, 0, 0},
        {"llama.context_length", 4000000000u, 0, 0},
        {"llama.attention.key_length", 0, 0, 0},
        {"llama.attention.key_length", 63, 0, 0},
        {"llama.attention.key_length", 4098, 0, 0},
        {"llama.rope.dimension_count", 31, 0, 0},
        {"llama.rope.freq_base", 0, 1.0f, 0},
        {"llama.rope.freq_base", 0, -10000.0f, 0},
        {"llama.rope.freq_base", 0, NAN, 0},
        {"llama.rope.scaling.factor", 0, -4.0f, 0},
        {"llama.rope.scaling.factor", 0, INFINITY, 0},
        {"llama.rope.scaling.attn_factor", 0, 1e-30f, 0},
        {"llama.attention.head_count_kv", 0, 0, 5},
        {"llama.attention.sliding_window_pattern", 0, 0, 1},
        {"llama.attention.head_count", 70000, 0, 0},
        {"llama.rope.freq_base", 0, 0, 2},
        {"llama.rope.freq_base_per_layer", 0, 0, 3},
        {"llama.rope.dimension_count", 0, 0, 3},
        {"llama.attention.key_length", 0, 0, 2},
        {"llama.rope.dimension_sections", 0, 0, 5},
        {"llama.attention.rope_pattern", 0, 0, 1},
        {"llama.attention.recurrent_layers", 0, 0, 4},
        {"llama.attention.compress_ratios", 0, 0, 1},
        {"llama.rope.scaling.finetuned", 1, 0, 0},
        {"llama.rope.scaling.alpha", 0, -1.0f, 0},
        {"llama.attention.shared_kv_layers", 4000000000u, 0, 0},
    };
    static const uint32_t zeros[8] = {0};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        start();
        if (strcmp(list[i].key, "llama.block_count") != 0)
            gb_int(&b, "llama.block_count", 2);
        if (list[i].n_array)
            gb_ints(&b, list[i].key, zeros, list[i].n_array);
        else if (isnan(list[i].real) || list[i].real < 0 || list[i].real > 0)
            gb_real(&b, list[i].key, list[i].real);
        else
            gb_int(&b, list[i].key, list[i].num);
        rw_hparams hp;
        ropewalk_error err = {0};
        assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
        if (!strstr(err.message, list[i].key))
            fail_msg("%s: %s", list[i].key, err.message);
        assert_null(hp.file);
        assert_int_equal(rw_alloc_live(), 0);
    }
}

static void wrong_kinds(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_error err = {0};
    start();
    gb_str(&b, "llama.context_length", "many");
    assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "llama.context_length"));
    memset(&b, 0, sizeof b);
    gb_str(&b, "general.architecture",
           "an architecture whose name is longer than any key could carry");
    assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
    memset(&b, 0, sizeof b);
    assert_int_equal(read_back(&hp, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "general.architecture"));
    assert_int_equal(rw_hparams_read_gguf("no/such/file.gguf", &hp, &err), ROPEWALK_E_IO);
}

static void failed_allocations(void **state)
{
    (void)state;
    all_of_it();
    gb_str(&b, "general.name", "tiny");
    gb_int(&b, "llama.attention.head_count", 2);
    gb_flags(&b, "llama.attention.sliding_window_pattern", "100");
    assert_int_equal(gb_save(&b, path), 0);
    int n_failed = 0;
    for (int64_t at = 0;; at++) {
        rw_hparams hp;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_hparams_read_gguf(path, &hp, &err);
        const int64_t n_tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_hparams_clear(&hp);
            if (n_tried <= at) break;
            continue;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_true(err.message[0] != 0);
        assert_null(hp.file);
        assert_int_equal(rw_alloc_live(), 0);
        n_failed++;
    }
    (void)remove(path);
    assert_true(n_failed >= 16);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_assumed),
        cmocka_unit_test(values_and_arrays),
        cmocka_unit_test(later_keys),
        cmocka_unit_test(behind_a_source),
        cmocka_unit_test(lies),
        cmocka_unit_test(wrong_kinds),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
