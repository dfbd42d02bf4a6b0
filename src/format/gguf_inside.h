/* gguf_inside.h - what the files gguf*.c share: the reader's tables and the bytes they rest on. */
#ifndef RW_FORMAT_GGUF_INSIDE_H
#define RW_FORMAT_GGUF_INSIDE_H
#include "base/source.h"
#include "format/filemap.h"
#include "format/gguf.h"

typedef struct rw_gguf_member {
    rw_filemap map; /* zero when the bytes are not a mapped file */
    const unsigned char *bytes;
    uint64_t n_byte, file_size; /* at hand, and in the whole file */
    char *path;
    uint32_t n_key, n_tensor;
    uint64_t alignment;
} rw_gguf_member;

/* Where further bytes come from, when a reader holds the head of something remote. */
typedef struct rw_gguf_remote {
    rw_source source;
    unsigned char *head; /* owned */
    uint64_t n_read;     /* bytes asked of the source so far */
} rw_gguf_remote;

struct rw_gguf {
    uint32_t version;
    rw_gguf_member *files;
    uint32_t n_file;
    rw_gguf_remote *remote; /* NULL: everything there is is at hand */
    rw_gguf_kv *keys;
    const rw_gguf_kv **keys_by_name;
    uint32_t n_key;
    rw_gguf_tensor *tensors;
    const rw_gguf_tensor **tensors_by_name;
    uint32_t n_tensor;
    char *names; /* all names, terminated, one after another */
    uint64_t names_len, names_used;
};

/** Check every member and fill the tables. On failure *need is the number of bytes of the first
 *  member with which reading would go on, 0 when the file is at fault; `need` may be NULL. */
ropewalk_status rw_gguf_read_directory(rw_gguf *g, uint64_t *need, ropewalk_error *err);
/** Back to what it was before rw_gguf_read_directory. */
void rw_gguf_drop_directory(rw_gguf *g);

/** A reader of one member without bytes. */
ropewalk_status rw_gguf_new(const char *path, rw_gguf **out, ropewalk_error *err);
/** What the first member says about its set: count 0 or 1 is none. E_UNSUPPORTED, with the
 *  first member's name, when this is a later one. */
ropewalk_status rw_gguf_check_first(const rw_gguf *g, uint64_t *count,
                                    ropewalk_error *err);

/** Bytes [offset, offset + n) of the source into a new block. */
ropewalk_status rw_gguf_fetch(const rw_gguf *g, uint64_t offset, uint64_t n,
                              unsigned char **out, ropewalk_error *err);
#endif
