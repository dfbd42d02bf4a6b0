/* status.h - how a failure is reported: a status, and one sentence with its byte. */
#ifndef RW_BASE_STATUS_H
#define RW_BASE_STATUS_H
#include "ropewalk.h"

#if defined(__GNUC__)
#define RW_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define RW_PRINTF(fmt, first)
#endif

/** Fill *err (may be NULL) and return `status`, so that a caller writes `return rw_fail(...)`.
 *  @param offset  byte position in the file at fault, 0 when there is none. */
ropewalk_status rw_fail(ropewalk_error *err, ropewalk_status status, uint64_t offset,
                        const char *fmt, ...) RW_PRINTF(4, 5);

/** Put "context: " before the sentence already in *err; returns err's status unchanged.
 *  Used where the caller knows a file name or a layer that the callee did not. */
ropewalk_status rw_fail_context(ropewalk_error *err, ropewalk_status status,
                                const char *fmt, ...) RW_PRINTF(3, 4);

/** "no memory for <what>": the one wording of E_MEMORY. */
ropewalk_status rw_fail_memory(ropewalk_error *err, const char *what);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: tell it that what they return is what they were given. */
#define rw_fail(err, status, ...) ((void)rw_fail(err, status, __VA_ARGS__), (status))
#define rw_fail_context(err, status, ...)                                                \
    ((void)rw_fail_context(err, status, __VA_ARGS__), (status))
#define rw_fail_memory(err, what) ((void)rw_fail_memory(err, what), ROPEWALK_E_MEMORY)
#endif

/** A status as one lower-case English phrase; never NULL. */
const char *rw_status_text(ropewalk_status status);
#endif
