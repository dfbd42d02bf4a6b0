/* fuzz_lint.c - any config.json under every engine and rule, and what is written about it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lint/lint.h"
#include "report/lint_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ropewalk_error err = {0};
    rw_hparams hp;
    if (rw_hparams_read_config((const char *)data, size, "fuzz.json", &hp, &err))
        return 0;
    static char path[] = "fuzz.json";
    rw_lint_file file = {.path = path};
    if (!rw_lint_run(&hp, NULL, 0, size % 3 == 0 ? 0 : (int64_t)size * 997,
                     &file.findings, &err)) {
        const rw_lint_report report = {.file = &file, .n_file = 1};
        rw_text text;
        rw_text_init(&text);
        rw_lint_text(&report, &text);
        json_t *json = rw_lint_json(&report), *sarif = rw_lint_sarif(&report, "0");
        if (!json || !sarif || text.failed) abort();
        rw_json_write(json, 1, &text);
        rw_json_write(sarif, 1, &text);
        json_decref(json);
        json_decref(sarif);
        rw_text_clear(&text);
    }
    rw_findings_clear(&file.findings);
    rw_hparams_clear(&hp);
    return 0;
}
