/* base64.h - bytes as base64 text. */
#ifndef RW_BASE_BASE64_H
#define RW_BASE_BASE64_H
#include <stdbool.h>

#include "base/text.h"

/** Append n bytes in base64 with padding (RFC 4648, section 4). */
void rw_text_base64(rw_text *t, const void *bytes, size_t n);
/** False unless `text` is the base64 of exactly n bytes, as rw_text_base64() writes it. */
bool rw_base64_read(const char *text, void *bytes, size_t n);
#endif
