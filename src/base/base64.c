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

/* Of a digit; 64 for any other character. */
static uint32_t digit_of(char c)
{
    if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9') return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool rw_base64_read(const char *text, void *bytes, size_t n)
{
    unsigned char *const b = bytes;
    size_t i = 0;
    for (; i < n; i += 3, text += 4) {
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            const bool is_digit = k == 0 || i + k - 1 < n;
            const uint32_t d = is_digit ? digit_of(text[k]) : text[k] == '=' ? 0 : 64;
            if (d == 64) return false; /* the end of the text among them */
            v = v << 6 | d;
        }
        for (size_t k = 0; k < 3; k++) {
            const unsigned char byte = (unsigned char)(v >> (16 - 8 * k));
            if (i + k < n)
                b[i + k] = byte;
            else if (byte)
                return false;
        }
    }
    return *text == '\0';
}
