/* status.c - statuses to text, and errors that carry one sentence. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#undef rw_fail
#undef rw_fail_context
#undef rw_fail_memory

/* What fits of s before `end`, where the terminator goes; returns the new end of the text. */
static char *append(char *to, const char *end, const char *s)
{
    while (to < end && *s)
        *to++ = *s++;
    *to = '\0';
    return to;
}

ropewalk_status rw_fail(ropewalk_error *err, ropewalk_status status, uint64_t offset,
                        const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->status = status;
        err->offset = offset;
        (void)vsnprintf(err->message, sizeof err->message, fmt, args);
        va_end(args);
        rw_plain(err->message); /* one line, whatever a hostile file put into it */
    }
    return status;
}

ropewalk_status rw_fail_context(ropewalk_error *err, ropewalk_status status,
                                const char *fmt, ...)
{
    if (err) {
        char old[sizeof err->message];
        memcpy(old, err->message, sizeof old);
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(err->message, sizeof err->message, fmt, args);
        va_end(args);
        if (n < 0) n = 0;
        char *end = err->message + sizeof err->message - 1;
        char *to = (size_t)n < sizeof err->message ? err->message + n : end;
        to = append(to, end, ": ");
        (void)append(to, end, old);
        err->status = status;
        rw_plain(err->message);
    }
    return status;
}

ropewalk_status rw_fail_memory(ropewalk_error *err, const char *what)
{
    return rw_fail(err, ROPEWALK_E_MEMORY, 0, "no memory for %s", what);
}

const char *rw_status_text(ropewalk_status status)
{
    switch (status) {
    case ROPEWALK_OK: return "ok";
    case ROPEWALK_E_ARGUMENT: return "argument out of range";
    case ROPEWALK_E_MEMORY: return "out of memory";
    case ROPEWALK_E_IO: return "input or output failed";
    case ROPEWALK_E_FORMAT: return "malformed file";
    case ROPEWALK_E_UNSUPPORTED: return "unsupported feature";
    case ROPEWALK_E_INTERRUPTED: return "interrupted";
    }
    return "unknown status";
}
