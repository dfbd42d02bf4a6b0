/* section.c - one claim's part of the document. */
#include "paper/section.h"

#include <math.h>
#include <stdio.h>

const char *rw_outcome_text(rw_outcome outcome)
{
    static const char *const text[RW_N_OUTCOME] = {
        [RW_OUTCOME_EXACTLY] = "holds exactly",
        [RW_OUTCOME_APPROXIMATELY] = "holds approximately",
        [RW_OUTCOME_LIMIT] = "holds only in a limit",
        [RW_OUTCOME_NOT_REPRODUCED] = "not reproduced",
        [RW_OUTCOME_NOT_RUN] = "not run here"};
    return text[outcome];
}

const char *rw_outcome_name(rw_outcome outcome)
{
    static const char *const name[RW_N_OUTCOME] = {
        [RW_OUTCOME_EXACTLY] = "exactly",
        [RW_OUTCOME_APPROXIMATELY] = "approximately",
        [RW_OUTCOME_LIMIT] = "limit",
        [RW_OUTCOME_NOT_REPRODUCED] = "not_reproduced",
        [RW_OUTCOME_NOT_RUN] = "not_run"};
    return name[outcome];
}

void rw_section_init(rw_section *s)
{
    *s = (rw_section){.n_judgement = 0};
    rw_text_init(&s->body);
}

void rw_section_clear(rw_section *s)
{
    rw_text_clear(&s->body);
    for (uint32_t i = 0; i < s->n_judgement; i++) {
        rw_text_clear(&s->judgement[i].what);
        rw_text_clear(&s->judgement[i].published);
        rw_text_clear(&s->judgement[i].ours);
        rw_text_clear(&s->judgement[i].reason);
    }
    for (uint32_t i = 0; i < s->n_picture; i++)
        rw_text_clear(&s->picture[i].svg);
    rw_section_init(s);
}

bool rw_section_failed(const rw_section *s)
{
    bool failed = s->body.failed;
    for (uint32_t i = 0; i < s->n_judgement; i++) {
        const rw_judgement *j = &s->judgement[i];
        failed = failed || j->what.failed || j->published.failed || j->ours.failed ||
                 j->reason.failed;
    }
    for (uint32_t i = 0; i < s->n_picture; i++)
        failed = failed || s->picture[i].svg.failed;
    return failed;
}

rw_judgement *rw_section_judge(rw_section *s, rw_outcome outcome)
{
    if (s->n_judgement == RW_MAX_JUDGEMENT) { /* one too many is a fault, not a silence */
        s->body.failed = true;
        return &s->judgement[RW_MAX_JUDGEMENT - 1];
    }
    rw_judgement *j = &s->judgement[s->n_judgement++];
    j->outcome = outcome;
    rw_text_init(&j->what);
    rw_text_init(&j->published);
    rw_text_init(&j->ours);
    rw_text_init(&j->reason);
    return j;
}

rw_text *rw_section_picture(rw_section *s, const char *name, const char *alt)
{
    if (s->n_picture == RW_MAX_PICTURE) {
        s->body.failed = true;
        return &s->picture[RW_MAX_PICTURE - 1].svg;
    }
    rw_picture *p = &s->picture[s->n_picture++];
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    rw_text_init(&p->svg);
    rw_text_printf(&s->body, "\n![%s](reproduction/%s.svg)\n\n", alt, p->name);
    return &p->svg;
}

void rw_section_table(rw_section *s, const char *cells, uint32_t n)
{
    rw_text_printf(&s->body, "\n| %s |\n|---|", cells);
    for (uint32_t i = 1; i < n; i++)
        rw_text_append(&s->body, "---:|");
    rw_text_append(&s->body, "\n");
}

void rw_text_base(rw_text *t, double base)
{
    const double exponent = floor(log10(base) + 1e-9);
    rw_text_printf(t, "%.3ge%.0f", base / pow(10, exponent), exponent);
}
