/* fuzz_diff.c - any two config.json, a zero byte between them, as files, converted and under every
 * engine, and what is written about them. One config alone is compared with itself. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "diff/diff.h"
#include "model/model.h"
#include "report/diff_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_out(rw_model_diff *d, ropewalk_status status)
{
    if (!status) {
        rw_text text;
        rw_text_init(&text);
        rw_diff_text(d, &text);
        json_t *json = rw_diff_json(d);
        if (!json || text.failed) abort();
        rw_json_write(json, 1, &text);
        if (text.failed) abort();
        json_decref(json);
        rw_text_clear(&text);
    }
    rw_model_diff_clear(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static rw_model_diff d;
    const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
    const size_t n_a = cut ? (size_t)(cut - data) : size;
    const char *first = (const char *)data, *second = cut ? (const char *)cut + 1 : first;
    const rw_diff_use use = {.target_context = size % 3 == 0 ? 0 : (int64_t)size * 997};
    rw_hparams a, b, converted;
    if (rw_hparams_read_config(first, n_a, "a.json", &a, NULL)) return 0;
    if (!rw_hparams_read_config(second, cut ? size - n_a - 1 : size, "b.json", &b,
                                NULL)) {
        rw_model_diff_init(&d);
        write_out(&d, rw_diff_descriptions(&a, &b, &use, &d, NULL));
        if (!rw_model_convert(&b, &converted, NULL)) {
            rw_model_diff_init(&d);
            write_out(&d, rw_diff_descriptions(&a, &converted, &use, &d, NULL));
            rw_hparams_clear(&converted);
        }
        rw_hparams_clear(&b);
    }
    size_t n = 0;
    while (rw_engine_table[n])
        n++;
    rw_model_diff_init(&d);
    write_out(&d, rw_diff_engines(&a, rw_engine_table, n, &use, &d, NULL));
    rw_hparams_clear(&a);
    return 0;
}
