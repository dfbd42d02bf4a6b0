/* markup.h - text that is safe inside HTML, and numbers as a reader wants them. */
#ifndef RW_REPORT_MARKUP_H
#define RW_REPORT_MARKUP_H
#include <stdint.h>

#include "base/json.h"
#include "base/text.h"

/** Append foreign text for element content or a quoted attribute: markup characters are
 *  escaped, control and direction-changing characters shown as U+FFFD, more than 2,000 bytes cut. */
void rw_markup_escape(rw_text *t, const char *s);
/** The string at obj[key] escaped, or `absent` (our own markup) when it is not a string. */
void rw_markup_str(rw_text *t, const json_t *obj, const char *key, const char *absent);
/** Any JSON value as escaped text, "key: value; key: value"; deep or long ones are cut. */
void rw_markup_value(rw_text *t, const json_t *value);

/** NaN when obj[key] is not a number. */
double rw_markup_f64(const json_t *obj, const char *key);

/* Each prints an en dash for what is not finite: "no answer" is never 0. */
void rw_markup_count(rw_text *t, double n);      /* 131,072 */
void rw_markup_tokens(rw_text *t, double n);     /* 128K, 1M, 1,000: axis labels */
void rw_markup_rate(rw_text *t, double rate);    /* 0.412, 2.3e-05 */
void rw_markup_number(rw_text *t, double value); /* four significant digits */
/** Coordinate with at most one decimal, without trailing zero. */
void rw_markup_px(rw_text *t, double px);
#endif
