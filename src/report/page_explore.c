/* page_explore.c - the explanation of the papers as a page: made of words and scripts alone. */
#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"

ropewalk_status rw_explore_html(const char *version, rw_text *out, ropewalk_error *err)
{
    rw_text_clear(out);
    rw_text page;
    rw_text_init(&page);
    rw_page_head(&page, rw_explore_js_sha256, true);
    rw_text_append(&page, "ropewalk explore: rotary positions</title></head>\n<body>");
    rw_text_append_n(&page, (const char *)rw_explore_body, rw_explore_body_size);
    rw_text_append(&page, "<footer><p>Made by ropewalk ");
    rw_markup_escape(&page, version);
    rw_text_append(&page, ". This page is one file: it loads nothing and sends nothing."
                          "</p></footer>\n");
    return rw_page_finish(&page, rw_explore_js, rw_explore_js_size, out, err);
}
