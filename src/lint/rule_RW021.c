/* rule_RW021.c - members of a scaling block that nobody reads: most are misspelt. */
#include <string.h>

#include "lint/look.h"
#include "position/mechanism.h"

enum { LONGEST = 47, CLOSE = 3 };

static unsigned char plain(char c)
{
    if (c == '-') return '_';
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Letters to change, add or leave out; cut off at names longer than any of ours. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[LONGEST + 1];
    const size_t n = strlen(b);
    if (n > LONGEST) return LONGEST;
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 0; a[i]; i++) {
        unsigned corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            const unsigned above = row[j + 1];
            unsigned best = corner + (plain(a[i]) != plain(b[j]));
            if (above + 1 < best) best = above + 1;
            if (row[j] + 1 < best) best = row[j] + 1;
            row[j + 1] = best;
            corner = above;
        }
    }
    return row[n];
}

/* Whether one name ends the other: orig_max_position_embeddings. */
static bool contains(const char *a, const char *b)
{
    return strlen(b) > 12 && strlen(a) > 12 && (strstr(a, b) || strstr(b, a));
}

/* What was probably meant: the name of a parameter of any mechanism. */
static const char *meant(const char *word)
{
    const char *best = NULL;
    unsigned least = CLOSE + 1;
    for (size_t i = 0; rw_mech_table[i]; i++)
        for (size_t k = 0; k < rw_mech_table[i]->n_param; k++) {
            const char *name = rw_mech_table[i]->params[k].hf_key;
            if (!name || strcmp(name, word) == 0) continue;
            unsigned d = distance(word, name);
            if (d > CLOSE && contains(word, name)) d = CLOSE;
            if (d < least && d < strlen(name) / 2) {
                least = d;
                best = name;
            }
        }
    return best;
}

static bool seen(const rw_model_info *info, uint32_t before, const rw_problem *p)
{
    for (uint32_t i = 0; i < before; i++)
        if (info->problems[i].code == p->code && info->problems[i].key && p->key &&
            strcmp(info->problems[i].key, p->key) == 0)
            return true;
    return false;
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    if (in->hp->kind != RW_FILE_CONFIG) return status;
    for (uint32_t i = 0; i < in->info->n_problem && !status; i++) {
        const rw_problem *p = &in->info->problems[i];
        rw_finding *f;
        if (p->code != RW_PROBLEM_PARAMETER_UNUSED || seen(in->info, i, p)) continue;
        const char *name = meant(p->what);
        status = rw_finding_add(out, "RW021", name ? RW_WARN : RW_INFO, in->hp->file,
                                p->key, &f, err, "\"%s\" is read by nobody%s%s%s",
                                p->what, name ? ": is \"" : "", name ? name : "",
                                name ? "\" meant?" : "");
        if (!status) status = rw_finding_text(f, "member", p->what, err);
        if (!status && name) status = rw_finding_text(f, "meant", name, err);
        if (!status && name) status = rw_finding_fix(f, err, "\"%s\": ...", name);
    }
    return status;
}

const rw_rule rw_rule_RW021 = {
    .id = "RW021",
    .severity = RW_WARN,
    .title = "a member of the scaling block that nobody reads",
    .check = check,
};
