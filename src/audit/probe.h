/* probe.h - the papers' probe: one query word, a few key words, one head, score scale 1. */
#ifndef RW_AUDIT_PROBE_H
#define RW_AUDIT_PROBE_H
#include "format/qkfile.h"
#include "kernel/kernel.h"
#include "result/audit_result.h"

enum { RW_MAX_PROBE_KEY = 8 };

typedef struct rw_probe_words {
    char query[64], key[RW_MAX_PROBE_KEY][64];
    uint32_t n_key;
} rw_probe_words;

/** " pet" and " cat, dog, number" as words; leading spaces are kept, they are part of a token. */
ropewalk_status rw_probe_parse(const char *query, const char *keys, rw_probe_words *out,
                               ropewalk_error *err);

/** Find the words among the capture's tokens and count. A word that is not one token, or a layer
 *  that is not there, leaves out->present 0 with a reason: the audit goes on. */
ropewalk_status rw_probe_run(const rw_qkfile *file, const rw_probe_words *words,
                             uint32_t layer, uint32_t head, const int64_t *context,
                             uint32_t n_context, rw_dtype dtype,
                             const rw_kernels *kernels, int n_thread, rw_probe *out,
                             ropewalk_error *err);
#endif
