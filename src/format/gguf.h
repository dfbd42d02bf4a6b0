/* gguf.h - reader of GGUF files, versions 2 and 3, little endian: keys and tensor directory.
 *
 * The file is untrusted. Everything is checked when it is opened: after that, keys, names and
 * array elements can be read without surprises, and only a value of the wrong type or a number
 * out of range is an error. Nothing but the directory is copied; strings point into the file. */
#ifndef RW_FORMAT_GGUF_H
#define RW_FORMAT_GGUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"
#include "base/status.h"
#include "format/limits.h"

/* Numbers are those of the file. */
typedef enum rw_gguf_type {
    RW_GGUF_U8 = 0,
    RW_GGUF_I8 = 1,
    RW_GGUF_U16 = 2,
    RW_GGUF_I16 = 3,
    RW_GGUF_U32 = 4,
    RW_GGUF_I32 = 5,
    RW_GGUF_F32 = 6,
    RW_GGUF_BOOL = 7,
    RW_GGUF_STRING = 8,
    RW_GGUF_ARRAY = 9,
    RW_GGUF_U64 = 10,
    RW_GGUF_I64 = 11,
    RW_GGUF_F64 = 12,
} rw_gguf_type;

typedef struct rw_gguf_kv {
    const char *name; /* terminated, no NUL inside */
    bool is_array;
    rw_gguf_type type; /* of the value, or of the array's elements (ARRAY: nested) */
    uint64_t count;    /* elements of an array; 1 for a scalar */
    uint64_t offset;   /* byte of the value, or of an array's first element */
} rw_gguf_kv;

typedef struct rw_gguf_tensor {
    const char *name;          /* terminated */
    uint32_t type;             /* ggml's number; see rw_ggml_type_name */
    uint32_t n_dim;            /* 0..RW_MAX_DIM */
    uint64_t dims[RW_MAX_DIM]; /* dims[0] varies fastest; 1 beyond n_dim */
    uint64_t n_element;
    bool size_known; /* false: a type newer than this reader; its data cannot be read */
    uint64_t size_bytes;   /* 0 when unknown */
    uint32_t file;         /* member of a split set, see rw_gguf_path */
    uint64_t offset;       /* byte of the data in that file */
    uint64_t entry_offset; /* byte of the directory entry in that file, for messages */
} rw_gguf_tensor;

typedef struct rw_gguf rw_gguf;

/** Map a GGUF file and check it; given the first of a split set, open every member.
 *  @return OK, E_IO, E_FORMAT (err->offset is the byte), E_UNSUPPORTED (version 1, big endian,
 *          not the first member of a split set), E_MEMORY. *out is NULL on failure. */
ropewalk_status rw_gguf_open(const char *path, rw_gguf **out, ropewalk_error *err);
/** The same from memory, which must outlive the result. `bytes` may be only the head of a file
 *  of `file_size` bytes (0: exactly n): then tensor data beyond n cannot be read, and a directory
 *  that goes on beyond n is E_IO. A member of a
 *  split set is taken by itself. `name` stands for the path in messages. */
ropewalk_status rw_gguf_open_memory(const void *bytes, uint64_t n, uint64_t file_size,
                                    const char *name, rw_gguf **out, ropewalk_error *err);
/** The same from a source, which must outlive the result: only the head with the keys and the
 *  tensor directory is read, at most RW_MAX_REMOTE_HEAD bytes, and later the tensors asked for
 *  (at most RW_MAX_FETCH bytes each). A split set's first member is taken by itself: key
 *  split.count tells; a later one is E_UNSUPPORTED. Failures of the source are passed on. */
ropewalk_status rw_gguf_open_source(const rw_source *source, rw_gguf **out,
                                    ropewalk_error *err);
/** Bytes read of the source so far; 0 for a reader without one. */
uint64_t rw_gguf_n_read(const rw_gguf *g);
void rw_gguf_close(rw_gguf *g); /* NULL is a no-op */

uint32_t rw_gguf_version(const rw_gguf *g);
uint32_t rw_gguf_n_file(const rw_gguf *g); /* members of the split set, or 1 */
const char *rw_gguf_path(const rw_gguf *g, uint32_t file); /* as opened */

/* --- keys: those of the first file, in file order --------------------------------------- */
uint32_t rw_gguf_n_key(const rw_gguf *g);
const rw_gguf_kv *rw_gguf_key(const rw_gguf *g, uint32_t index);
const rw_gguf_kv *rw_gguf_find_key(const rw_gguf *g, const char *name); /* NULL: absent */
const char *rw_gguf_type_name(rw_gguf_type type); /* "u32", "string" */

/* Scalars by name. E_FORMAT naming key and byte when the key is absent, of another kind, or
 * out of range; *out is then 0 (NaN, NULL). For optional keys test rw_gguf_find_key first. */
ropewalk_status rw_gguf_get_u64(const rw_gguf *g, const char *name, uint64_t *out,
                                ropewalk_error *err); /* any integer type, value >= 0 */
ropewalk_status rw_gguf_get_i64(const rw_gguf *g, const char *name, int64_t *out,
                                ropewalk_error *err); /* any integer type */
ropewalk_status
rw_gguf_get_f64(const rw_gguf *g, const char *name, double *out,
                ropewalk_error *err); /* any number; NaN and Inf are refused */
ropewalk_status rw_gguf_get_bool(const rw_gguf *g, const char *name, bool *out,
                                 ropewalk_error *err); /* bool only, byte 0 or 1 */
/** A view of the bytes, NOT terminated, any bytes. */
ropewalk_status rw_gguf_get_str(const rw_gguf *g, const char *name, const char **s,
                                size_t *n, ropewalk_error *err);
/** A terminated copy; E_FORMAT when it needs more than `cap` bytes or holds a NUL. */
ropewalk_status rw_gguf_get_text(const rw_gguf *g, const char *name, char *out,
                                 size_t cap, ropewalk_error *err);

/* Elements of an array by name; the same rules. E_ARGUMENT when index >= count. Strings are
 * found by walking from the first: for all of them use rw_gguf_strings. */
ropewalk_status rw_gguf_array_u64(const rw_gguf *g, const char *name, uint64_t index,
                                  uint64_t *out, ropewalk_error *err);
ropewalk_status rw_gguf_array_i64(const rw_gguf *g, const char *name, uint64_t index,
                                  int64_t *out, ropewalk_error *err);
ropewalk_status rw_gguf_array_f64(const rw_gguf *g, const char *name, uint64_t index,
                                  double *out, ropewalk_error *err);
ropewalk_status rw_gguf_array_bool(const rw_gguf *g, const char *name, uint64_t index,
                                   bool *out, ropewalk_error *err);
ropewalk_status rw_gguf_array_str(const rw_gguf *g, const char *name, uint64_t index,
                                  const char **s, size_t *n, ropewalk_error *err);

typedef struct rw_gguf_strings {
    const unsigned char *next;
    uint64_t left;
} rw_gguf_strings;
/** Walk an array of strings in order: while (rw_gguf_strings_next(&it, &s, &n)) ... */
ropewalk_status rw_gguf_strings_init(rw_gguf_strings *it, const rw_gguf *g,
                                     const char *name, ropewalk_error *err);
bool rw_gguf_strings_next(rw_gguf_strings *it, const char **s, size_t *n);

/* --- tensors: of all files of a split set, first file first ------------------------------- */
uint32_t rw_gguf_n_tensor(const rw_gguf *g);
const rw_gguf_tensor *rw_gguf_tensor_at(const rw_gguf *g, uint32_t index);
const rw_gguf_tensor *rw_gguf_find_tensor(const rw_gguf *g,
                                          const char *name); /* NULL: absent */
/** Elements [first, first + n) as double, exactly. F32, F16, BF16, F64 only (E_UNSUPPORTED
 *  otherwise). NaN and infinities are passed on: the caller knows what they mean. */
ropewalk_status rw_gguf_tensor_read(const rw_gguf *g, const rw_gguf_tensor *t,
                                    uint64_t first, uint64_t n, double *out,
                                    ropewalk_error *err);

/* --- ggml's tensor types ------------------------------------------------------------------ */
const char *rw_ggml_type_name(uint32_t type); /* "Q4_K"; "unknown" beyond the table */
/** Elements and bytes of one block; false for a removed or unknown type. */
bool rw_ggml_type_block(uint32_t type, uint32_t *n_element, uint32_t *n_byte);
#endif
