/* format_fixture.h - what the tests of src/format share: fixtures in exact heap blocks (so that
 * a sanitizer sees a read one byte too far), mutations, allocation failures. */
#ifndef RW_TEST_FORMAT_FIXTURE_H
#define RW_TEST_FORMAT_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/status.h"

typedef ropewalk_status (*opener)(const unsigned char *bytes, size_t n,
                                  ropewalk_error *err);

static inline const char *fixture_path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *p = paths[turn++ % 4];
    (void)snprintf(p, sizeof paths[0], "%s/fixtures/%s", RW_TEST_DIR, name);
    return p;
}

static inline unsigned char *read_fixture(const char *name, size_t *n)
{
    FILE *f = fopen(fixture_path(name), "rb");
    if (!f) fail_msg("cannot open fixture %s", name);
    unsigned char *bytes = malloc(65536);
    assert_non_null(bytes);
    *n = fread(bytes, 1, 65536, f);
    (void)fclose(f);
    unsigned char *exact = realloc(bytes, *n ? *n : 1);
    assert_non_null(exact);
    return exact;
}

static inline void check_outcome(ropewalk_status status, const ropewalk_error *err)
{
    if (!status) return;
    assert_int_equal(status, err->status);
    assert_true(err->message[0] != '\0');
    assert_non_null(memchr(err->message, 0, sizeof err->message));
    assert_null(strchr(err->message, '\n'));
}

/* Every prefix, and every byte xor 1, xor 0x80 and 0xFF: refused or accepted, nothing else. */
static inline void mutate_fixture(const char *name, opener open_bytes)
{
    size_t n;
    unsigned char *bytes = read_fixture(name, &n);
    const int64_t live = rw_alloc_live();
    ropewalk_error err = {0};
    assert_true(n <= 4096);
    assert_int_equal(open_bytes(bytes, n, &err), ROPEWALK_OK);
    for (size_t cut = 0; cut < n; cut++) {
        unsigned char *prefix = malloc(cut ? cut : 1);
        assert_non_null(prefix);
        memcpy(prefix, bytes, cut);
        check_outcome(open_bytes(prefix, cut, &err), &err);
        free(prefix);
    }
    for (size_t at = 0; at < n; at++) {
        const unsigned char was = bytes[at];
        const unsigned char now[3] = {was ^ 1, was ^ 0x80, 0xff};
        for (int i = 0; i < 3; i++) {
            bytes[at] = now[i];
            check_outcome(open_bytes(bytes, n, &err), &err);
        }
        bytes[at] = was;
    }
    assert_int_equal(rw_alloc_live(), live);
    free(bytes);
}

/* A bad fixture: its status, and words the sentence must hold. */
typedef struct bad_case {
    const char *fixture, *words;
    ropewalk_status status;
} bad_case;

static inline void check_bad(const bad_case *c, const char *prefix, const char *suffix,
                             opener open_bytes)
{
    char name[256];
    size_t n;
    ropewalk_error err = {0};
    (void)snprintf(name, sizeof name, "%s%s%s", prefix, c->fixture, suffix);
    unsigned char *bytes = read_fixture(name, &n);
    const int64_t live = rw_alloc_live();
    const ropewalk_status status = open_bytes(bytes, n, &err);
    check_outcome(status, &err);
    if (status != c->status || !strstr(err.message, c->words))
        fail_msg("%s: status %d, \"%s\"; expected %d and \"%s\"", name, (int)status,
                 err.message, (int)c->status, c->words);
    assert_int_equal(rw_alloc_live(), live);
    free(bytes);
}
#endif
