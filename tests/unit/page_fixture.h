/* page_fixture.h - documents for tests of pages, and what every page must survive. */
#ifndef RW_TEST_PAGE_FIXTURE_H
#define RW_TEST_PAGE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "report/markup.h"

#ifndef RW_TEST_DIR
#define RW_TEST_DIR "tests"
#endif

/** A page of a document: all, or nothing and a reason. */
typedef ropewalk_status page_render(const json_t *doc, rw_text *page,
                                    ropewalk_error *err);

static inline json_t *page_document(const char *text)
{
    json_t *doc;
    ropewalk_error err = {0};
    assert_int_equal(rw_json_parse(text, strlen(text), "test", &doc, &err), ROPEWALK_OK);
    return doc;
}

/** The document in tests/fixtures. */
static inline json_t *page_fixture(const char *name)
{
    static char path[512], bytes[1 << 20];
    (void)snprintf(path, sizeof path, RW_TEST_DIR "/fixtures/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, sizeof bytes - 1, f);
    (void)fclose(f);
    bytes[n] = '\0';
    return page_document(bytes);
}

static inline size_t page_count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

static inline void page_has(const rw_text *page, const char *what)
{
    if (!strstr(page->data, what)) fail_msg("the page lacks: %s", what);
}

/** The string at obj[key], as a page shows it. */
static inline void page_has_text(const rw_text *page, const json_t *obj, const char *key)
{
    rw_text t;
    rw_text_init(&t);
    rw_markup_str(&t, obj, key, "");
    if (t.len) page_has(page, t.data);
    rw_text_clear(&t);
}

/** All or nothing, and nothing foreign that could run. */
static inline ropewalk_status page_of(page_render *render, const json_t *doc,
                                      rw_text *page, ropewalk_error *err)
{
    *err = (ropewalk_error){0};
    rw_text_init(page);
    const ropewalk_status status = render(doc, page, err);
    if (status) {
        assert_null(page->data);
        assert_int_equal(page->len, 0);
        assert_int_equal(err->status, status);
        assert_true(strlen(err->message) > 0);
    } else {
        assert_true(page->len > 1000);
        assert_int_equal(page_count(page->data, "<script"),
                         page_count(page->data, "</script>"));
        assert_true(page_count(page->data, "<script") <= 2);
        assert_null(strstr(page->data, " style="));
        assert_null(strstr(page->data, "<img"));
        assert_non_null(strstr(page->data, "</html>"));
    }
    return status;
}

static inline json_t *page_wrong_value(int which)
{
    switch (which) {
    case 0: return json_null();
    case 1: return json_string("<script>x</script>");
    case 2: return json_real(-1e300);
    case 3: return json_array();
    case 4: return json_pack("{s:[{s:i}]}", "contexts", "context", 7);
    default: return json_true();
    }
}

/* `tried` counts values too, to vary the kinds. */
typedef struct page_damage {
    page_render *render;
    json_t *root;
    long long tried, refused;
} page_damage;

static inline void page_damage_at(page_damage *d, json_t *at, int depth)
{
    rw_text page;
    ropewalk_error err;
    const size_t n = json_is_array(at) ? json_array_size(at) : json_object_size(at);
    void *it = json_is_object(at) ? json_object_iter(at) : NULL;
    for (size_t i = 0; i < n && (json_is_object(at) || i < 2); i++) {
        json_t *old =
            json_is_array(at) ? json_array_get(at, i) : json_object_iter_value(it);
        json_incref(old);
        int done = 0;
        for (int which = 0; which < 6; which++) {
            if (depth > 1 && (which + d->tried) % 3) continue;
            json_t *bad = page_wrong_value(which);
            if (json_is_array(at))
                (void)json_array_set_new(at, i, bad);
            else
                (void)json_object_iter_set_new(at, it, bad);
            const ropewalk_status status = page_of(d->render, d->root, &page, &err);
            assert_true(status == ROPEWALK_OK || status == ROPEWALK_E_FORMAT);
            d->refused += status != ROPEWALK_OK;
            rw_text_clear(&page);
            done++;
        }
        d->tried += done + 1; /* and so the next value meets other kinds */
        if (json_is_array(at))
            (void)json_array_set(at, i, old);
        else
            (void)json_object_iter_set(at, it, old);
        if (json_is_array(old) || json_is_object(old)) page_damage_at(d, old, depth + 1);
        json_decref(old);
        if (it) it = json_object_iter_next(at, it);
    }
}

/** Each value of the document becomes another kind in turn: every kind near the root, two of the
 *  six (changing from value to value) deeper down; of long arrays the first two items are enough.
 *  Returns how many of these documents were refused. */
static inline long long page_survives_damage(page_render *render, json_t *doc)
{
    page_damage d = {.render = render, .root = doc};
    const int64_t live = rw_alloc_live();
    page_damage_at(&d, doc, 0);
    assert_int_equal(rw_alloc_live(), live);
    return d.refused;
}

/** Every allocation fails in turn, alone and with all that follow. */
static inline void page_survives_failed_allocations(page_render *render,
                                                    const json_t *doc)
{
    const int64_t live = rw_alloc_live();
    for (int sticky = 0; sticky < 2; sticky++) {
        bool finished = false;
        for (int64_t n = 0; !finished && n < 5000; n++) {
            rw_text page;
            ropewalk_error err;
            rw_alloc_fail_at(n, sticky);
            const ropewalk_status status = page_of(render, doc, &page, &err);
            finished = rw_alloc_count() <= n; /* no allocation was refused */
            rw_alloc_fail_at(-1, 0);
            assert_int_equal(status, finished ? ROPEWALK_OK : ROPEWALK_E_MEMORY);
            rw_text_clear(&page);
            assert_int_equal(rw_alloc_live(), live);
        }
        assert_true(finished);
    }
}
#endif
