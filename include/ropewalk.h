/* ropewalk.h - numerical audit of positional embeddings: the whole public interface.
 *
 * What is not declared here is internal and may change without notice.
 * Threads: different calls are independent; a result is read-only once made and may be
 * read from several threads. No function here prints, exits, or changes the
 * floating-point environment. Documents are passed as JSON text: their keys are in
 * docs/formats.md and carry a schema_version. */
#ifndef ROPEWALK_H
#define ROPEWALK_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ROPEWALK_API __attribute__((visibility("default")))
#define ROPEWALK_CHECKED __attribute__((warn_unused_result))
#else
#define ROPEWALK_API
#define ROPEWALK_CHECKED
#endif

/* Values are part of the ABI: append, never renumber. */
typedef enum ropewalk_status {
    ROPEWALK_OK = 0,
    ROPEWALK_E_ARGUMENT = 1,    /* an argument is outside its documented range */
    ROPEWALK_E_MEMORY = 2,      /* allocation failed, or a size does not fit size_t */
    ROPEWALK_E_IO = 3,          /* the operating system refused a read or a write */
    ROPEWALK_E_FORMAT = 4,      /* the file contradicts its own format */
    ROPEWALK_E_UNSUPPORTED = 5, /* well formed, but a feature that is not modelled */
    ROPEWALK_E_INTERRUPTED = 6, /* the caller's progress function asked to stop */
} ropewalk_status;

/* The details of a failure. */
typedef struct ropewalk_error {
    ropewalk_status status;
    uint64_t offset;   /* byte in the file at fault, or 0 */
    char message[480]; /* one English sentence, no newline, always terminated */
} ropewalk_error;

/* BODY */

#ifdef __cplusplus
}
#endif
#endif
