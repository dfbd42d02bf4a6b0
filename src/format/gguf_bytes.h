/* gguf_bytes.h - shared by gguf.c and gguf_value.c only: the checked bytes of the first file. */
#ifndef RW_FORMAT_GGUF_BYTES_H
#define RW_FORMAT_GGUF_BYTES_H
#include "format/gguf.h"

const unsigned char *rw_gguf_bytes(const rw_gguf *g);
#endif
