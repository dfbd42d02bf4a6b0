/* page.h - the sections of the report, in the order of the page, and their shared phrases. */
#ifndef RW_REPORT_PAGE_H
#define RW_REPORT_PAGE_H
#include <stdbool.h>

#include "base/text.h"
#include "report/audit_view.h"

#define RW_ABSENT "<p class=absent>Not in this file.</p>\n"
/* Stands under everything that shows attended keys. */
#define RW_ATTENDED_CAVEAT                                                               \
    "Attended keys were chosen for a high score at a short distance, which favours "     \
    "near."
/* Stands above tables of cells. */
#define RW_CELL_KEY                                                                      \
    "<p class=cellkey>In a cell: counted <i>[95\xc2\xa0% interval]</i> <u>predicted, "   \
    "normal "                                                                            \
    "approximation</u></p>\n"

/* The page's style and script and their SHA-256, embedded by cmake/embed.cmake. */
extern const unsigned char rw_report_css[], rw_report_js[];
extern const size_t rw_report_css_size, rw_report_js_size;
extern const char rw_report_css_sha256[], rw_report_js_sha256[];

/* The script of all other pages: curves tell their values, tables sort. */
extern const unsigned char rw_page_js[];
extern const size_t rw_page_js_size;
extern const char rw_page_js_sha256[];

/* The explanation: its words, and its script. */
extern const unsigned char rw_explore_body[], rw_explore_js[];
extern const size_t rw_explore_body_size, rw_explore_js_size;
extern const char rw_explore_js_sha256[];

/* Above so many heads the page leaves single heads to its script: their tables, tooltips and the
 * folded maps would outweigh all else. */
enum { RW_MANY_HEADS = 400 };

/** Everything of a page up to its title: what it may run and load, and its style. */
void rw_page_head(rw_text *t, const char *script_sha256, bool counts);
/** The script, and the page is handed over, or cleared when memory was short. */
ropewalk_status rw_page_finish(rw_text *page, const unsigned char *script, size_t size,
                               rw_text *out, ropewalk_error *err);
/** A document as sections of a page: of its own (`view` NULL, `number` 0), or of the audit `view`;
 *  `number` keeps ids apart. The document is untrusted. */
typedef ropewalk_status rw_page_section(rw_text *t, const json_t *doc,
                                        const rw_view *view, size_t number,
                                        ropewalk_error *err);
rw_page_section rw_page_bench, rw_page_diff, rw_page_inspect, rw_page_lint, rw_page_sweep,
    rw_page_task;

/** The page of one document that is no audit. Words are our own markup. */
typedef struct rw_page_frame {
    const char *verb;    /* that wrote the document */
    const char *heading; /* without markup: it is the title too */
    const char
        *limits; /* for the foot: what it does not say, beginning with a space, or "" */
    rw_page_section *body;
} rw_page_frame;
ropewalk_status rw_page_of(const json_t *document, const rw_page_frame *frame,
                           rw_text *out, ropewalk_error *err);
/** obj[key] is a list of objects, not longer than RW_REPORT_MAX_ROWS; E_FORMAT names the key and
 *  `what`, the document. What is inside is read with "not a number" as an answer. */
ropewalk_status rw_page_check_list(const json_t *obj, const char *what, const char *key,
                                   ropewalk_error *err);
/** Open <section> with a heading and an optional lead paragraph (our own markup). */
void rw_section_open(rw_text *t, const char *id, const char *heading, const char *lead);
void rw_section_close(rw_text *t);
/** "What you see" and "How it is counted", with its source: "P", "F", "B" or "ours". */
void rw_caption(rw_text *t, const char *see, const char *how, const char *source);

#define RW_TRAINED_ASSUMED "Trained context (not stated: the advertised one is assumed)"
/** The file states no trained length, and the audit took the advertised one. */
bool rw_trained_assumed(const rw_view *view);

void rw_page_header(rw_text *t, const rw_view *view);
void rw_page_verdict(rw_text *t, const rw_view *view);
void rw_page_advice(rw_text *t, const rw_view *view);
void rw_page_findings(rw_text *t, const rw_view *view);
/** The findings of a document, or that there are none, and the rules that were not evaluated. */
void rw_page_finding_list(rw_text *t, const json_t *document);
/** beside.c: the documents beside the audit that are evidence, or those that are findings. */
ropewalk_status rw_page_beside(rw_text *t, const rw_view *view, bool evidence,
                               ropewalk_error *err);
/** A comparison (rw_compare_json) within the page of an audit. */
void rw_page_compare_section(rw_text *t, const json_t *body, size_t number);
/** page_frontier.c: the frontiers of one table of a document of theory. */
void rw_page_frontier(rw_text *t, const json_t *document, size_t table);
/** page_models.c: all audits of the page, where there are several. */
void rw_page_models(rw_text *t, const rw_view *view);
void rw_page_maps(rw_text *t, const rw_view *view);
void rw_page_curves(rw_text *t, const rw_view *view);
void rw_page_scores(rw_text *t, const rw_view *view);
void rw_page_probe(rw_text *t, const rw_view *view);
void rw_page_tables(rw_text *t, const rw_view *view);
void rw_page_heads(rw_text *t, const rw_view *view);     /* within the tables */
void rw_page_rotations(rw_text *t, const rw_view *view); /* within the tables */
/** One rotation of an audit or a description; contexts that are not stated are NaN. */
void rw_page_rotation(rw_text *t, const json_t *rotation, size_t index, double advertised,
                      double original);
void rw_page_layers(rw_text *t, const json_t *document);
void rw_page_settings(rw_text *t, const rw_view *view); /* within the tables */
void rw_page_limits(rw_text *t, const rw_view *view);
void rw_page_glossary(rw_text *t);
/** The element the script reads. */
void rw_page_data(rw_text *t, const rw_view *view);
#endif
