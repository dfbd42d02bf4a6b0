/* test_gguf_source.c - GGUF behind a source: no more bytes than the header needs, no fewer. */
#include "unit/format_fixture.h"

#include <math.h>

#include "format/gguf_inside.h"
#include "unit/gguf_build.h"

/* A file in memory that counts what is asked of it, and fails when told to. */
typedef struct shelf {
    const unsigned char *bytes;
    uint64_t n_byte; /* may be less than the size told: the rest reads as zeros */
    uint64_t n_asked, n_request, fail_at;
} shelf;

static ropewalk_status from_shelf(void *ctx, uint64_t offset, size_t n, void *out,
                                  ropewalk_error *err)
{
    shelf *s = ctx;
    if (s->n_request++ == s->fail_at)
        return rw_fail(err, ROPEWALK_E_IO, offset, "the shelf fell down");
    s->n_asked += n;
    memset(out, 0, n);
    if (offset < s->n_byte)
        memcpy(out, s->bytes + offset,
               n < s->n_byte - offset ? n : (size_t)(s->n_byte - offset));
    return ROPEWALK_OK;
}

static rw_source source_of(shelf *s, uint64_t size)
{
    return (rw_source){"shelf.gguf", size, from_shelf, s};
}

static ropewalk_status open_source(const unsigned char *bytes, size_t n,
                                   ropewalk_error *err)
{
    shelf s = {.bytes = bytes, .n_byte = n, .fail_at = UINT64_MAX};
    const rw_source source = source_of(&s, n);
    rw_gguf *g = (rw_gguf *)(uintptr_t)bytes;
    const ropewalk_status status = rw_gguf_open_source(&source, &g, err);
    if (status) {
        assert_null(g);
        return status;
    }
    double v;
    for (uint32_t i = 0; i < rw_gguf_n_tensor(g); i++)
        (void)rw_gguf_tensor_read(g, rw_gguf_tensor_at(g, i), 0, 1, &v, NULL);
    rw_gguf_close(g);
    return ROPEWALK_OK;
}

static const char *const good[] = {"gguf_llama3.gguf", "gguf_gemma3.gguf",
                                   "gguf_kinds.gguf", "gguf_split-00001-of-00003.gguf"};
enum { N_GOOD = sizeof good / sizeof *good };

static void prefixes_and_mutations(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOOD; i++)
        mutate_fixture(good[i], open_source);
}

/* With any number of bytes at hand: understood, or known how many more are wanted. */
static void every_head(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOOD; i++) {
        size_t n;
        unsigned char *bytes = read_fixture(good[i], &n);
        bool understood = false;
        for (size_t cut = 0; cut <= n; cut++) {
            unsigned char *head = malloc(cut ? cut : 1);
            assert_non_null(head);
            memcpy(head, bytes, cut);
            rw_gguf *g;
            uint64_t need = 99;
            ropewalk_error err = {0};
            assert_int_equal(rw_gguf_new("head", &g, &err), ROPEWALK_OK);
            g->files[0].bytes = head;
            g->files[0].n_byte = cut;
            g->files[0].file_size = n;
            const ropewalk_status status = rw_gguf_read_directory(g, &need, &err);
            if (understood || !status) {
                understood = true;
                assert_int_equal(status, ROPEWALK_OK);
                assert_int_equal(need, 0);
            } else {
                assert_int_equal(status, ROPEWALK_E_IO);
                assert_true(need > cut && need <= n);
                assert_non_null(strstr(err.message, "goes on beyond"));
            }
            rw_gguf_close(g);
            free(head);
        }
        assert_true(understood);
        free(bytes);
    }
}

/* What is at fault is at fault, however much of it was fetched. */
static void faults(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"magic", "not a GGUF file", ROPEWALK_E_FORMAT},
        {"v1", "version 1", ROPEWALK_E_UNSUPPORTED},
        {"many_keys", "4000000000 keys", ROPEWALK_E_FORMAT},
        {"string_wraps", "limit", ROPEWALK_E_FORMAT},
        {"array_billions", "3000000000 elements", ROPEWALK_E_FORMAT},
        {"past_end", "truncated", ROPEWALK_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_bad(&cases[i], "gguf_bad_", ".gguf", open_source);
    ropewalk_error err = {0};
    assert_int_equal(open_source((const unsigned char *)"x", 0, &err), ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, "empty"));
    size_t n;
    unsigned char *later = read_fixture("gguf_split-00002-of-00003.gguf", &n);
    assert_int_equal(open_source(later, n, &err), ROPEWALK_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "member 2 of 3"));
    free(later);
}

/* A header of some megabytes, as tokenizers make it, before a hundred gigabytes of weights. */
static unsigned char *large_model(size_t n_token, uint64_t weights, size_t *n_head)
{
    static gguf_build b;
    memset(&b, 0, sizeof b);
    gb_str(&b, "general.architecture", "llama");
    gb_key(&b, "tokenizer.ggml.tokens", RW_GGUF_ARRAY);
    gb_u64(b.keys, &b.n_keys, RW_GGUF_STRING, 4);
    gb_u64(b.keys, &b.n_keys, n_token, 8);
    unsigned char *bytes = calloc(1, (1 << 20) + n_token * 16);
    assert_non_null(bytes);
    size_t at = 0;
    gb_bytes(bytes, &at, "GGUF", 4);
    gb_u64(bytes, &at, 3, 4);
    gb_u64(bytes, &at, 2, 8);
    gb_u64(bytes, &at, 3, 8);
    gb_bytes(bytes, &at, b.keys, b.n_keys);
    for (size_t i = 0; i < n_token; i++) {
        gb_u64(bytes, &at, 8, 8);
        at += 8;
    }
    b.n_keys = 0;
    gb_int(&b, "llama.block_count", 1);
    gb_bytes(bytes, &at, b.keys, b.n_keys);
    gb_text(bytes, &at, "w"); /* F32 of one dimension, first in the file */
    gb_u64(bytes, &at, 1, 4);
    gb_u64(bytes, &at, weights / 4, 8);
    gb_u64(bytes, &at, 0, 4);
    gb_u64(bytes, &at, 0, 8);
    gb_text(bytes, &at, "rope_freqs.weight");
    gb_u64(bytes, &at, 1, 4);
    gb_u64(bytes, &at, 4, 8);
    gb_u64(bytes, &at, 0, 4);
    gb_u64(bytes, &at, weights, 8);
    *n_head = at;
    return bytes;
}

static void large_files_cost_their_header(void **state)
{
    (void)state;
    const uint64_t weights = UINT64_C(100) << 30;
    static const size_t n_token[] = {1, 20000, 150000, 600000};
    for (size_t i = 0; i < sizeof n_token / sizeof *n_token; i++) {
        size_t n_head;
        unsigned char *bytes = large_model(n_token[i], weights, &n_head);
        shelf s = {.bytes = bytes, .n_byte = n_head, .fail_at = UINT64_MAX};
        const rw_source source = source_of(&s, n_head + 64 + weights);
        rw_gguf *g;
        ropewalk_error err = {0};
        if (rw_gguf_open_source(&source, &g, &err)) fail_msg("%s", err.message);
        assert_int_equal(rw_gguf_n_read(g), s.n_asked);
        const size_t bound = n_head < 4 << 20 ? 2 * n_head : n_head + n_head / 2;
        assert_true(s.n_asked <= (bound > 256 << 10 ? bound : 256 << 10));
        assert_true(s.n_request <= 12);
        const uint64_t before = s.n_asked;
        double v[4] = {1, 1, 1, 1};
        const rw_gguf_tensor *t = rw_gguf_find_tensor(g, "rope_freqs.weight");
        assert_non_null(t);
        assert_true(t->offset >= weights);
        assert_int_equal(rw_gguf_tensor_read(g, t, 0, 4, v, &err), ROPEWALK_OK);
        assert_true(v[0] == 0 && v[3] == 0);
        assert_int_equal(s.n_asked, before + 16);
        assert_int_equal(rw_gguf_n_read(g), s.n_asked);
        t = rw_gguf_find_tensor(g, "w");
        assert_int_equal(rw_gguf_tensor_read(g, t, 1 << 30, 1 << 19, v, &err),
                         ROPEWALK_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, "1048576"));
        assert_int_equal(s.n_asked, before + 16);
        rw_gguf_close(g);

        /* Each request fails once; the shelf's own sentence arrives. */
        for (uint64_t at = 0; at < s.n_request - 1; at++) {
            shelf broken = {.bytes = bytes, .n_byte = n_head, .fail_at = at};
            const rw_source bad = source_of(&broken, n_head + 64 + weights);
            assert_int_equal(rw_gguf_open_source(&bad, &g, &err), ROPEWALK_E_IO);
            assert_non_null(strstr(err.message, "fell down"));
            assert_null(g);
        }
        free(bytes);
    }
}

/* Zeros without end: keys that a server may send for ever. */
static void endless_headers_end(void **state)
{
    (void)state;
    unsigned char bytes[256] = "GGUF\3";
    size_t at = 16;
    gb_u64(bytes, &at, 1, 8);
    gb_text(bytes, &at, "k");
    gb_u64(bytes, &at, RW_GGUF_ARRAY, 4);
    gb_u64(bytes, &at, RW_GGUF_U8, 4);
    gb_u64(bytes, &at, UINT64_C(1) << 40, 8);
    shelf s = {.bytes = bytes, .n_byte = at, .fail_at = UINT64_MAX};
    rw_source source = source_of(&s, UINT64_C(1) << 50);
    rw_gguf *g;
    ropewalk_error err = {0};
    assert_int_equal(rw_gguf_open_source(&source, &g, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "more than is read"));
    assert_true(s.n_asked <= 256 << 10);
    /* the same as strings of length 0: nothing tells the end but the limit */
    bytes[at - 12] = RW_GGUF_STRING;
    s.n_asked = 0;
    assert_int_equal(rw_gguf_open_source(&source, &g, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "more than is read"));
    assert_true(s.n_asked <= RW_MAX_REMOTE_HEAD);
}

static void failed_allocations(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = read_fixture("gguf_llama3.gguf", &n);
    const int64_t live = rw_alloc_live();
    int n_failed = 0;
    for (int64_t at = 0;; at++) {
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = open_source(bytes, n, &err);
        const int64_t n_tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
        if (!status && n_tried <= at) break;
        if (status) assert_int_equal(status, ROPEWALK_E_MEMORY);
        n_failed++;
    }
    assert_true(n_failed >= 9);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_and_mutations),
        cmocka_unit_test(every_head),
        cmocka_unit_test(faults),
        cmocka_unit_test(large_files_cost_their_header),
        cmocka_unit_test(endless_headers_end),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
