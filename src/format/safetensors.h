/* safetensors.h - reader of one safetensors file: header, tensor table, element ranges.
 *
 * The file is untrusted; everything in its header is checked when it is opened: dtypes, shapes,
 * and that the tensors tile the data exactly, as the format demands. */
#ifndef RW_FORMAT_SAFETENSORS_H
#define RW_FORMAT_SAFETENSORS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "format/limits.h"

/* clang-format off */
typedef enum rw_st_dtype {
    RW_DTYPE_F64, RW_DTYPE_F32, RW_DTYPE_F16, RW_DTYPE_BF16,
    RW_DTYPE_I64, RW_DTYPE_I32, RW_DTYPE_I16, RW_DTYPE_I8,
    RW_DTYPE_U64, RW_DTYPE_U32, RW_DTYPE_U16, RW_DTYPE_U8, RW_DTYPE_BOOL,
    /* below: known sizes, values not read here */
    RW_DTYPE_C64, RW_DTYPE_F8_E4M3, RW_DTYPE_F8_E5M2, RW_DTYPE_F8_E8M0,
    RW_DTYPE_F6_E2M3, RW_DTYPE_F6_E3M2, RW_DTYPE_F4,
} rw_st_dtype;
/* clang-format on */

const char *rw_st_dtype_name(rw_st_dtype dtype); /* "BF16" */
bool rw_st_dtype_is_float(rw_st_dtype dtype);    /* F64, F32, F16 or BF16 */

typedef struct rw_st_tensor {
    const char *name;
    rw_st_dtype dtype;
    uint32_t n_dim;
    uint64_t shape[RW_MAX_DIM]; /* as written: the last varies fastest; 1 beyond n_dim */
    uint64_t n_element;
    uint64_t offset, size_bytes; /* of the data, in the file */
} rw_st_tensor;

typedef struct rw_safetensors rw_safetensors;

/** Map a file and check it.
 *  @return OK, E_IO, E_FORMAT (err->offset is the byte where one is known), E_MEMORY. */
ropewalk_status rw_safetensors_open(const char *path, rw_safetensors **out,
                                    ropewalk_error *err);
/** The same from memory, which must outlive the result. `bytes` may be only the head of a file
 *  of `file_size` bytes (0: exactly n): then data beyond n cannot be read. */
ropewalk_status rw_safetensors_open_memory(const void *bytes, uint64_t n,
                                           uint64_t file_size, const char *name,
                                           rw_safetensors **out, ropewalk_error *err);
void rw_safetensors_close(rw_safetensors *st); /* NULL is a no-op */

const char *rw_safetensors_path(const rw_safetensors *st);
uint32_t rw_safetensors_n_tensor(const rw_safetensors *st);
const rw_st_tensor *rw_safetensors_tensor_at(const rw_safetensors *st,
                                             uint32_t index); /* header order */
const rw_st_tensor *rw_safetensors_find(const rw_safetensors *st,
                                        const char *name); /* NULL: absent */
const char *rw_safetensors_meta(const rw_safetensors *st,
                                const char *key); /* NULL: absent */

/** Elements [first, first + n) as double, exactly. Integers beyond 2^53 are E_FORMAT, dtypes
 *  without a reader E_UNSUPPORTED, a bad range E_ARGUMENT. NaN and infinities are passed on. */
ropewalk_status rw_safetensors_read_f64(const rw_safetensors *st, const rw_st_tensor *t,
                                        uint64_t first, uint64_t n, double *out,
                                        ropewalk_error *err);
/** The same for the integer dtypes and BOOL. */
ropewalk_status rw_safetensors_read_i64(const rw_safetensors *st, const rw_st_tensor *t,
                                        uint64_t first, uint64_t n, int64_t *out,
                                        ropewalk_error *err);
#endif
