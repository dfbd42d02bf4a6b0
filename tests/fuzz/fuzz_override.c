/* fuzz_override.c - a config.json and what is merged over it, from one input split at its first
 * line end; what comes out is a config.json again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "format/hfconfig.h"
#include "model/override.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    if (!end) return 0;
    const size_t n = (size_t)(end - data);
    char *patch = rw_strndup((const char *)end + 1, size - n - 1);
    if (!patch) return 0;
    rw_text out;
    rw_text_init(&out);
    ropewalk_error err = {0};
    if (rw_config_merge((const char *)data, n, "config.json", patch, &out, &err)) {
        if (!err.message[0] || out.data) __builtin_trap();
    } else {
        json_t *again;
        if (rw_hfconfig_parse(out.data, out.len, "config.json", &again, NULL))
            __builtin_trap();
        json_decref(again);
        rw_model_info info;
        rw_model_info_init(&info);
        if (rw_model_info_note(&info, "v", "f", "rope_scaling.factor", "", NULL) ||
            rw_note_overrides(&info, patch, NULL))
            __builtin_trap();
        rw_model_info_clear(&info);
    }
    rw_text_clear(&out);
    rw_free(patch);
    return 0;
}
