/* base64.h - bytes as base64 text. */
#ifndef RW_BASE_BASE64_H
#define RW_BASE_BASE64_H
#include "base/text.h"

/** Append n bytes in base64 with padding (RFC 4648, section 4). */
void rw_text_base64(rw_text *t, const void *bytes, size_t n);
#endif
