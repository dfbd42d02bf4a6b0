/* journal.h - a checkpoint file: finished items of a job, appended one by one (docs/formats.md).
 *
 * A killed process leaves whole records and at most one that is cut off, which is dropped when the
 * file is opened again. Anything else that does not fit is refused, and the file left as it is. */
#ifndef RW_BASE_JOURNAL_H
#define RW_BASE_JOURNAL_H
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"
#include "base/status.h"

typedef struct rw_journal rw_journal;

/** Open or begin the file of the job `key`. E_FORMAT for anything but such a file and for another
 *  job's, E_IO when it cannot be written or another process has it open. */
ropewalk_status rw_journal_open(const char *path, uint64_t key, rw_journal **out,
                                ropewalk_error *err);
void rw_journal_close(rw_journal *j); /* NULL is a no-op */
const char *rw_journal_path(const rw_journal *j);

/** The record of an item as the file was opened with; *bytes NULL when there is none. Release
 *  *bytes with rw_free(). */
ropewalk_status rw_journal_read(const rw_journal *j, uint32_t stage, uint32_t item,
                                uint8_t **bytes, size_t *n, ropewalk_error *err);
/** Not for two threads at once. */
ropewalk_status rw_journal_append(rw_journal *j, uint32_t stage, uint32_t item,
                                  const void *bytes, size_t n, ropewalk_error *err);
/** A record that must be the same in every run of the job: kept the first time, compared later.
 *  E_FORMAT with the sentence `otherwise` when it differs. */
ropewalk_status rw_journal_agree(rw_journal *j, uint32_t stage, uint32_t item,
                                 uint64_t value, const char *otherwise,
                                 ropewalk_error *err);

/* --- for the file's readers ------------------------------------------------------------------- */
typedef struct rw_journal_record {
    uint32_t stage, item;
    uint64_t offset; /* of the payload */
    uint64_t n;
} rw_journal_record;

/** Every whole record, in order of stage and item, and where the last one ends (0: not even the
 *  header is whole). Release *record with rw_free(). */
ropewalk_status rw_journal_scan(const rw_source *source, uint64_t key,
                                rw_journal_record **record, size_t *n_record,
                                uint64_t *end, ropewalk_error *err);
#endif
