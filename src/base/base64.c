/* base64.c - bytes as base64 text (RFC 4648, section 4). */
#include "base/base64.h"

void rw_text_base64(rw_text *t, const void *bytes, size_t n)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *const b = bytes;
    for (size_t i = 0; i < n; i += 3) {
        const uint32_t v = (uint32_t)b[i] << 16 |
                           (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) |
                           (i + 2 < n ? b[i + 2] : 0u);
        char four[4] = {digit[v >> 18], digit[v >> 12 & 63], '=', '='};
        if (i + 1 < n) four[2] = digit[v >> 6 & 63];
        if (i + 2 < n) four[3] = digit[v & 63];
        rw_text_append_n(t, four, 4);
    }
}
