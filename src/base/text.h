/* text.h - a growing byte buffer for messages and documents, and number formatting. */
#ifndef RW_BASE_TEXT_H
#define RW_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Always terminated once something was appended. A failed append latches `failed`, so
 * that a writer may append a whole document and test once. */
typedef struct rw_text {
    char *data;
    size_t len, cap;
    bool failed;
} rw_text;

void rw_text_init(rw_text *t);
void rw_text_clear(rw_text *t);
void rw_text_append_n(rw_text *t, const char *s, size_t n);
void rw_text_append(rw_text *t, const char *s);
void rw_text_printf(rw_text *t, const char *fmt, ...) RW_PRINTF(2, 3);
/** The words of `s` in lines of at most `width` columns, ended by a newline. The first line has
 *  begun at column `indent`; the others are indented as far. A longer word stands alone. What is not plain is shown as in rw_text_plain. */
void rw_text_wrap(rw_text *t, const char *s, size_t indent, size_t width);
/** The length of the UTF-8 character at `s`, and its code; 0 when these bytes are none. */
size_t rw_utf8(const char *s, uint32_t *code);
/** Whether a character stays where it is printed: no control character of either kind, no line
 *  separator, nothing that turns the direction of writing. */
bool rw_is_plain(uint32_t code);
/** `s` with a question mark for all else: what a terminal may see of a file's strings. */
void rw_text_plain(rw_text *t, const char *s);
/** The same in place; it never gets longer. */
void rw_plain(char *s);

/** Ascending numbers, short: "0-4, 6-10, ..., 24-28" where runs of one length are in step, else at
 *  most 32 pieces and how many numbers there are. */
void rw_text_runs(rw_text *t, const uint32_t *list, size_t n);

/** A cell of CSV in quotes. What a spreadsheet would take for a formula has an apostrophe before it. */
void rw_text_csv(rw_text *t, const char *s);

/** A letter of ASCII in lower case, anything else as it is, whatever the locale. */
char rw_lower(char c);

/** The shortest decimal that reads back as `value`; needs 32 bytes. */
void rw_format_double(char out[32], double value);

/** Parse a whole string as one finite double, no locale, no leftovers. */
bool rw_parse_double(const char *s, double *value);
/** Parse digits (optional k, m suffix meaning 1024, 1048576 when `suffix`) as int64. */
bool rw_parse_int(const char *s, bool suffix, long long *value);
#endif
