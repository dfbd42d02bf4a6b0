/* fuzz_ignore.c - any bytes as an ignore file, applied to one finding. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lint/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ropewalk_error err = {0};
    rw_ignore ignore;
    rw_findings findings;
    rw_finding *finding;
    if (rw_ignore_parse((const char *)data, size, "fuzz", &ignore, &err)) {
        if (ignore.n || err.status != ROPEWALK_E_FORMAT) abort();
        return 0;
    }
    rw_findings_init(&findings);
    if (rw_finding_add(&findings, "RW009", RW_ERROR, "models/phi.json", NULL, &finding,
                       &err, "x") ||
        rw_ignore_apply(&ignore, "models/phi.json", &findings, &err))
        abort();
    if (findings.list[0].ignored && !findings.list[0].ignored[0]) abort();
    rw_findings_clear(&findings);
    rw_ignore_clear(&ignore);
    return 0;
}
