/* rule_page.h - a rule's page in Markdown: as plain text, its first paragraph, its links. */
#ifndef RW_REPORT_RULE_PAGE_H
#define RW_REPORT_RULE_PAGE_H
#include "base/text.h"

/** The page for a terminal: headings underlined or in capitals, marks of emphasis and code left
 *  out, addresses bare. Only what our pages use is understood. */
void rw_rule_page_plain(const char *page, rw_text *t);
/** The first paragraph below "## What it checks", on one line. */
void rw_rule_page_about(const char *page, rw_text *t);
/** Where the next http(s) address of "## Recorded bugs" begins after `from` (the page itself at
 *  first) and its length; NULL when there is no further one. */
const char *rw_rule_page_link(const char *from, size_t *len);
#endif
