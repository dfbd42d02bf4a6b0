/* section.h - one claim's part of the document: verdicts, text and pictures. */
#ifndef RW_PAPER_SECTION_H
#define RW_PAPER_SECTION_H
#include "base/text.h"

typedef enum rw_outcome {
    RW_OUTCOME_EXACTLY,
    RW_OUTCOME_APPROXIMATELY,
    RW_OUTCOME_LIMIT, /* only in a limit: beyond a turning point, or as something grows */
    RW_OUTCOME_NOT_REPRODUCED,
    RW_OUTCOME_NOT_RUN,
    RW_N_OUTCOME
} rw_outcome;

/** "holds exactly", "holds approximately", ... */
const char *rw_outcome_text(rw_outcome outcome);
/** The same as a word for documents: "exactly", "approximately", "limit", "not_reproduced",
 *  "not_run". */
const char *rw_outcome_name(rw_outcome outcome);

/* A row of the summary. Each text is one line of Markdown without |. */
typedef struct rw_judgement {
    rw_outcome outcome;
    rw_text what, published, ours, reason;
} rw_judgement;

typedef struct rw_picture {
    char name[64]; /* file name without folder and ending */
    rw_text svg;
} rw_picture;

enum { RW_MAX_JUDGEMENT = 12, RW_MAX_PICTURE = 6 };

typedef struct rw_section {
    rw_text body; /* Markdown */
    rw_judgement judgement[RW_MAX_JUDGEMENT];
    uint32_t n_judgement;
    rw_picture picture[RW_MAX_PICTURE];
    uint32_t n_picture;
} rw_section;

void rw_section_init(rw_section *s);
void rw_section_clear(rw_section *s);
/** Whether a text is incomplete for want of memory. */
bool rw_section_failed(const rw_section *s);

/** A new verdict, its texts to be filled by the caller. */
rw_judgement *rw_section_judge(rw_section *s, rw_outcome outcome);
/** A new picture, referred to at this place of the body as reproduction/<name>.svg; `alt` says in
 *  words what it shows. Its svg is filled by the caller. */
rw_text *rw_section_picture(rw_section *s, const char *name, const char *alt);
/** Head of a Markdown table: cells separated by |, and how many. The first column is aligned
 *  left, the others right. */
void rw_section_table(rw_section *s, const char *cells, uint32_t n);

/** A base as papers write it: 1e4, 5e5, 2.09e6. */
void rw_text_base(rw_text *t, double base);
#endif
