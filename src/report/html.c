/* html.c - the page: its frame, the order of its sections, and the promise of all or nothing. */
#include <string.h>

#include "base/base64.h"
#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"

ropewalk_status rw_page_check_list(const json_t *obj, const char *what, const char *key,
                                   ropewalk_error *err)
{
    size_t i;
    const json_t *item, *list = json_object_get(obj, key);
    if (!json_is_array(list))
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "the %s's %s is not a list", what, key);
    if (json_array_size(list) > RW_REPORT_MAX_ROWS)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "the %s's %s is too long for a page",
                       what, key);
    json_array_foreach (list, i, item)
        if (!json_is_object(item))
            return rw_fail(err, ROPEWALK_E_FORMAT, 0, "the %s's %s[%zu] is no object",
                           what, key, i);
    return ROPEWALK_OK;
}

void rw_section_open(rw_text *t, const char *id, const char *heading, const char *lead)
{
    rw_text_printf(t, "<section id=%s aria-labelledby=h-%s><h2 id=h-%s>%s</h2>\n", id, id,
                   id, heading);
    if (lead) rw_text_printf(t, "<p class=lead>%s</p>\n", lead);
}

void rw_section_close(rw_text *t)
{
    rw_text_append(t, "</section>\n");
}

void rw_caption(rw_text *t, const char *see, const char *how, const char *source)
{
    if (see) rw_text_printf(t, "<p class=see>%s</p>\n", see);
    if (how)
        rw_text_printf(t,
                       "<p class=how><b>How it is counted.</b> %s <span class=src>Source:"
                       " %s</span></p>\n",
                       how, source);
}

/* 'sha256-...' of hexadecimal digits: what a policy names a script or a style by. */
static void source_hash(rw_text *t, const char *hexadecimal)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[32] = {0};
    for (size_t i = 0; i < 2 * sizeof bytes && hexadecimal[i]; i++) {
        const char *at = strchr(hex, hexadecimal[i]);
        const unsigned value = at ? (unsigned)(at - hex) : 0;
        bytes[i / 2] = (unsigned char)((unsigned)bytes[i / 2] << 4 | value);
    }
    rw_text_append(t, "'sha256-");
    rw_text_base64(t, bytes, sizeof bytes);
    rw_text_append(t, "'");
}

void rw_page_head(rw_text *t, const char *script_sha256, bool counts)
{
    rw_text_append(
        t, "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
           "script-src ");
    source_hash(t, script_sha256);
    if (counts) /* the core is WebAssembly, in a worker that is made from this page's text */
        rw_text_append(t, " 'wasm-unsafe-eval'; worker-src blob:");
    rw_text_append(t, "; style-src ");
    source_hash(t, rw_report_css_sha256);
    rw_text_append(
        t, "; img-src data:; base-uri 'none'; form-action 'none'\">\n"
           "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=color-scheme content=\"light dark\">\n"
           "<meta name=referrer content=no-referrer>\n<style>");
    rw_text_append_n(t, (const char *)rw_report_css, rw_report_css_size);
    rw_text_append(t, "</style>\n<title>");
}

static void made_by(rw_text *t, const json_t *document)
{
    const json_t *tool = json_object_get(document, "tool");
    rw_text_append(t, "</main>\n<footer><p>Made by ");
    rw_markup_str(t, tool, "name", "ropewalk");
    rw_text_append(t, " ");
    rw_markup_str(t, tool, "version", "(version not stated)");
}

ropewalk_status rw_page_finish(rw_text *page, const unsigned char *script, size_t size,
                               rw_text *out, ropewalk_error *err)
{
    rw_text_append(page, "<script>");
    rw_text_append_n(page, (const char *)script, size);
    rw_text_append(page, "</script>\n</body></html>\n");
    if (page->failed) {
        rw_text_clear(page);
        return rw_fail_memory(err, "the page");
    }
    *out = *page;
    return ROPEWALK_OK;
}

ropewalk_status rw_page_of(const json_t *document, const rw_page_frame *frame,
                           rw_text *out, ropewalk_error *err)
{
    rw_text page;
    rw_text_clear(out);
    rw_text_init(&page);
    rw_page_head(&page, rw_page_js_sha256, false);
    rw_text_printf(&page, "ropewalk %s: %s</title></head>\n<body>", frame->verb,
                   frame->heading);
    rw_svg_patterns(&page);
    rw_text_printf(&page,
                   "<header><p class=kicker>ropewalk %s \xc2\xb7 rotary position "
                   "embeddings</p>\n<h1>%s</h1></header>\n<main>\n",
                   frame->verb, frame->heading);
    const ropewalk_status status = frame->body(&page, document, NULL, 0, err);
    if (status) {
        rw_text_clear(&page);
        return status;
    }
    made_by(&page, document);
    rw_text_printf(&page,
                   ". This page is one file: it shows one document, loads nothing and "
                   "sends nothing.%s</p></footer>\n",
                   frame->limits);
    return rw_page_finish(&page, rw_page_js, rw_page_js_size, out, err);
}

static void head_of_page(rw_text *t, const rw_view *view)
{
    rw_page_head(t, rw_report_js_sha256, true);
    rw_text_append(t, "ropewalk audit: ");
    rw_markup_str(t, view->model, "name", "unnamed model");
    rw_text_append(
        t,
        "</title></head>\n<body><a class=skip href=#verdict>Skip to the verdict</a>\n");
    rw_svg_patterns(t);
}

static void contents(rw_text *t)
{
    static const char *const entries[][2] = {
        {"verdict", "Verdict"},      {"limits", "Limits"},
        {"advice", "What to do"},    {"findings", "Findings"},
        {"maps", "Every head"},      {"curves", "Over context"},
        {"scores", "Single scores"}, {"probe", "The papers\xe2\x80\x99 probe"},
        {"tables", "Tables"},        {"glossary", "Glossary"},
    };
    rw_text_append(t, "<nav aria-label=Contents><ul>");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        rw_text_printf(t, "<li><a href=#%s>%s</a></li>", entries[i][0], entries[i][1]);
    rw_text_append(t, "</ul></nav>\n");
}

ropewalk_status rw_report_html(const json_t *audit, rw_text *out, ropewalk_error *err)
{
    return rw_report_audit(audit, NULL, NULL, 0, out, err);
}

ropewalk_status rw_report_audit(const json_t *audit, const json_t *const *beside,
                                const char *const *name, size_t n_beside, rw_text *out,
                                ropewalk_error *err)
{
    rw_text_clear(out);
    ropewalk_status status = rw_audit_check(audit, err);
    rw_view view;
    if (!status) status = rw_view_build(&view, audit, err);
    if (status) return name ? rw_fail_context(err, status, "%s", name[0]) : status;

    view.beside = beside;
    view.name = name;
    view.n_beside = n_beside;
    rw_text page;
    rw_text_init(&page);
    head_of_page(&page, &view);
    rw_page_header(&page, &view);
    rw_text_append(&page, "<main>\n");
    rw_page_verdict(&page, &view);
    contents(&page);
    rw_page_limits(&page, &view);
    rw_page_advice(&page, &view);
    rw_page_findings(&page, &view);
    status = rw_page_beside(&page, &view, false, err);
    rw_page_models(&page, &view);
    rw_page_maps(&page, &view);
    rw_page_curves(&page, &view);
    if (!status) status = rw_page_beside(&page, &view, true, err);
    rw_page_scores(&page, &view);
    rw_page_probe(&page, &view);
    rw_page_tables(&page, &view);
    rw_page_glossary(&page);
    made_by(&page, audit);
    rw_text_append(&page,
                   ". This page is one file: it shows one audit document, which it "
                   "carries, loads nothing and sends nothing.</p></footer>\n");
    rw_page_data(&page, &view);
    rw_view_clear(&view);
    if (status) {
        rw_text_clear(&page);
        return status;
    }
    return rw_page_finish(&page, rw_report_js, rw_report_js_size, out, err);
}
