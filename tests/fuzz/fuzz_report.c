/* fuzz_report.c - any bytes as a document of every kind: parsed, then rendered or refused, never a
 * crash. */
#include <stdint.h>
#include <stdlib.h>

#include "report/compare_report.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *doc;
    ropewalk_error err;
    if (rw_json_parse((const char *)data, size, "input", &doc, &err)) return 0;
    ropewalk_status (*const pages[])(const json_t *, rw_text *, ropewalk_error *) = {
        rw_report_html, rw_sweep_html,   rw_league_html, rw_theory_html, rw_compare_page,
        rw_diff_page,   rw_inspect_page, rw_lint_page,   rw_task_html,   rw_bench_html};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rw_text page;
        rw_text_init(&page);
        const ropewalk_status status = pages[i](doc, &page, &err);
        if (status ? page.len != 0 : page.len == 0) abort(); /* all or nothing */
        rw_text_clear(&page);
    }
    json_decref(doc);
    return 0;
}
