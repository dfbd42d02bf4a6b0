/* reproduction.c - running the claims, and the document they make. */
#include "paper/reproduction.h"

#include <string.h>

int64_t rw_paper_context(const rw_paper *paper, int64_t wanted)
{
    return paper->quick && wanted > 4096 ? 4096 : wanted;
}

uint32_t rw_paper_draws(const rw_paper *paper, uint32_t wanted)
{
    return paper->quick && wanted > 3 ? 3 : wanted;
}

/* Whether `name` is one of the words of a list separated by commas. */
static bool listed(const char *list, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = list; at;) {
        const char *end = strchr(at, ',');
        const size_t length = end ? (size_t)(end - at) : strlen(at);
        if (length == n && memcmp(at, name, n) == 0) return true;
        at = end ? end + 1 : NULL;
    }
    return false;
}

static ropewalk_status check_names(const char *only, ropewalk_error *err)
{
    for (const char *at = only; at;) {
        const char *end = strchr(at, ',');
        const size_t length = end ? (size_t)(end - at) : strlen(at);
        bool known = false;
        for (size_t i = 0; rw_claim_table[i]; i++) {
            const char *name = rw_claim_table[i]->name;
            known = known || (strlen(name) == length && memcmp(name, at, length) == 0);
        }
        if (!known)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "there is no claim \"%.*s\"",
                           (int)(length < 64 ? length : 64), at);
        at = end ? end + 1 : NULL;
    }
    return ROPEWALK_OK;
}

static void choose(const char *only, rw_reproduction *out)
{
    out->whole = true;
    for (size_t i = 0; rw_claim_table[i]; i++) {
        const rw_claim *claim = rw_claim_table[i];
        if (only && !listed(only, claim->name)) {
            out->whole = false;
            continue;
        }
        if (out->n_claim == RW_MAX_CLAIM) break;
        uint32_t at = out->n_claim++;
        for (; at > 0 && out->claim[at - 1]->order > claim->order; at--)
            out->claim[at] = out->claim[at - 1];
        out->claim[at] = claim;
    }
}

ropewalk_status rw_reproduce(rw_paper *paper, const char *only,
                             void (*stage)(void *ctx, const char *name),
                             rw_reproduction *out, ropewalk_error *err)
{
    *out = (rw_reproduction){.n_claim = 0};
    ropewalk_status status = check_names(only, err);
    if (status) return status;
    choose(only, out);
    out->has_audit = paper->audit != NULL;
    out->quick = paper->quick != 0;
    for (uint32_t i = 0; i < out->n_claim; i++)
        rw_section_init(&out->section[i]);
    for (uint32_t i = 0; i < out->n_claim && !status; i++) {
        const rw_claim *claim = out->claim[i];
        rw_section *s = &out->section[i];
        if (stage) stage(paper->progress_ctx, claim->name);
        if (claim->needs_audit && !paper->audit) {
            rw_judgement *j = rw_section_judge(s, RW_OUTCOME_NOT_RUN);
            rw_text_append(&j->what, claim->title);
            rw_text_append(&j->published, "see the section");
            rw_text_append(&j->ours, "no audit was given");
            rw_text_append(&j->reason, "`make reproduce` audits the small model first");
            continue;
        }
        status = claim->check(paper, s, err);
        if (status)
            status = rw_fail_context(err, status, "claim %s", claim->name);
        else if (rw_section_failed(s))
            status = rw_fail_memory(err, "a claim's text");
    }
    if (status) rw_reproduction_clear(out);
    return status;
}

void rw_reproduction_clear(rw_reproduction *r)
{
    for (uint32_t i = 0; i < r->n_claim; i++)
        rw_section_clear(&r->section[i]);
    *r = (rw_reproduction){.n_claim = 0};
}

static const char *plain(const rw_text *t)
{
    return t->data ? t->data : "";
}

static void count_outcomes(const rw_reproduction *r, uint32_t count[RW_N_OUTCOME])
{
    memset(count, 0, RW_N_OUTCOME * sizeof *count);
    for (uint32_t i = 0; i < r->n_claim; i++)
        for (uint32_t k = 0; k < r->section[i].n_judgement; k++)
            count[r->section[i].judgement[k].outcome]++;
}

static void outcomes_line(const rw_reproduction *r, rw_text *out)
{
    uint32_t count[RW_N_OUTCOME], total = 0;
    count_outcomes(r, count);
    for (int o = 0; o < RW_N_OUTCOME; o++)
        total += count[o];
    rw_text_printf(out, "%u statements:", total);
    for (int o = 0; o < RW_N_OUTCOME; o++)
        rw_text_printf(out, "%s %s %u", o ? "," : "", rw_outcome_text((rw_outcome)o),
                       count[o]);
    rw_text_append(out, ".\n");
}

static const char intro[] =
    "# The papers, claim by claim\n\n"
    "This page is made by `make reproduce` (`ropewalk reproduce -o docs`): every number "
    "and "
    "every verdict on it is computed when it is made, by the counting and predicting "
    "that all "
    "commands use, and comes out the same on every machine. Nothing on it is edited by "
    "hand.\n\n"
    "**P** is arXiv 2605.15514, **F** its follow-up arXiv 2609.39929, **B** arXiv "
    "2405.14591. P "
    "was read through its abstract, its authors' follow-up and notes on it, not through "
    "its full "
    "text ([theory.md](theory.md)); published figures are quoted as they stand there.\n\n"
    "What the verdicts mean. *Holds exactly*: exact counts, or an identity within its "
    "proven "
    "error, agree everywhere we looked. *Holds approximately*: the direction or the size "
    "is "
    "right, with exceptions or an error that the section states. *Holds only in a "
    "limit*: true "
    "beyond a turning point, or as something grows, and false before. *Not reproduced*: "
    "our "
    "numbers say otherwise. *Not run here*: needs a model or an input that this run did "
    "not "
    "have. Counts (E1 to E9) and predictions (T1 ff.) are those of "
    "[theory.md](theory.md). "
    "Vectors without a model come from its families D2, score scale 1, unscaled RoPE; "
    "draws are "
    "numbered, with a fixed seed. A count is about fixed vectors moved about, not about "
    "what a "
    "model answers.\n\n";

static void summary_table(const rw_reproduction *r, rw_text *out)
{
    rw_text_append(out, "| Claim | Source | Published | Here | Verdict | Because |\n"
                        "|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < r->n_claim; i++)
        for (uint32_t k = 0; k < r->section[i].n_judgement; k++) {
            const rw_judgement *j = &r->section[i].judgement[k];
            rw_text_printf(out, "| [%s](#%s) | %s | %s | %s | **%s** | %s |\n",
                           plain(&j->what), r->claim[i]->name, r->claim[i]->source,
                           plain(&j->published), plain(&j->ours),
                           rw_outcome_text(j->outcome), plain(&j->reason));
        }
    rw_text_append(out, "\n");
}

void rw_reproduction_markdown(const rw_reproduction *r, rw_text *out)
{
    rw_text_append(out, intro);
    if (r->quick)
        rw_text_append(out,
                       "**This is a quick run: short contexts and few draws, for tests. "
                       "Its verdicts mean nothing.**\n\n");
    rw_text_append(out, "## Summary\n\n");
    outcomes_line(r, out);
    rw_text_append(out, "\n");
    summary_table(r, out);
    for (uint32_t i = 0; i < r->n_claim; i++) {
        const rw_claim *c = r->claim[i];
        const rw_section *s = &r->section[i];
        rw_text_printf(out, "<a id=\"%s\"></a>\n## %u. %s\n\n**Published** (%s). %s\n\n",
                       c->name, i + 1, c->title, c->source, c->statement);
        if (c->needs_audit && !r->has_audit)
            rw_text_append(out,
                           "This section is made from the audit of a real model: `make "
                           "reproduce` makes one first, or `ropewalk reproduce --audit "
                           "report.json` takes one that is there.\n\n");
        for (uint32_t k = 0; k < s->n_judgement; k++) {
            const rw_judgement *j = &s->judgement[k];
            rw_text_printf(out, "- *%s*: published %s; here %s. **%s**: %s.\n",
                           plain(&j->what), plain(&j->published), plain(&j->ours),
                           rw_outcome_text(j->outcome), plain(&j->reason));
        }
        rw_text_append(out, "\n");
        rw_text_append(out, plain(&s->body));
        rw_text_append(out, "\n");
    }
}

void rw_reproduction_text(const rw_reproduction *r, rw_text *out)
{
    for (uint32_t i = 0; i < r->n_claim; i++)
        for (uint32_t k = 0; k < r->section[i].n_judgement; k++) {
            const rw_judgement *j = &r->section[i].judgement[k];
            rw_text_printf(out, "%-22s %s: %s\n", rw_outcome_text(j->outcome),
                           plain(&j->what), plain(&j->ours));
        }
    outcomes_line(r, out);
}

static json_t *judgement_json(const rw_judgement *j)
{
    json_t *row = json_object();
    rw_json_set(&row, "what", rw_json_str(plain(&j->what)));
    rw_json_set(&row, "published", rw_json_str(plain(&j->published)));
    rw_json_set(&row, "ours", rw_json_str(plain(&j->ours)));
    rw_json_set(&row, "verdict", rw_json_str(rw_outcome_name(j->outcome)));
    rw_json_set(&row, "because", rw_json_str(plain(&j->reason)));
    return row;
}

json_t *rw_reproduction_json(const rw_reproduction *r)
{
    json_t *claims = json_array(), *body = json_object();
    for (uint32_t i = 0; i < r->n_claim; i++) {
        const rw_section *s = &r->section[i];
        json_t *claim = json_object(), *rows = json_array(), *pictures = json_array();
        for (uint32_t k = 0; k < s->n_judgement; k++)
            rw_json_add(&rows, judgement_json(&s->judgement[k]));
        for (uint32_t k = 0; k < s->n_picture; k++)
            rw_json_add(&pictures, rw_json_str(s->picture[k].name));
        rw_json_set(&claim, "name", rw_json_str(r->claim[i]->name));
        rw_json_set(&claim, "title", rw_json_str(r->claim[i]->title));
        rw_json_set(&claim, "source", rw_json_str(r->claim[i]->source));
        rw_json_set(&claim, "needs_audit", json_boolean(r->claim[i]->needs_audit));
        rw_json_set(&claim, "verdicts", rows);
        rw_json_set(&claim, "pictures", pictures);
        rw_json_add(&claims, claim);
    }
    rw_json_set(&body, "quick", json_boolean(r->quick));
    rw_json_set(&body, "audit", json_boolean(r->has_audit));
    rw_json_set(&body, "claims", claims);
    return body;
}
