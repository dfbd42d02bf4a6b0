/* fact_match.c - which shipped model a file says to be. */
#include "lint/fact_match.h"

#include <ctype.h>
#include <string.h>

enum { MAX_WORD = 24, N_FOLDER = 5 };

/* A name cut into words: letters, digits and points between anything else. */
typedef struct words {
    const char *at[MAX_WORD];
    size_t len[MAX_WORD];
    size_t n;
} words;

/* Words that say nothing about positions. Quantizations (q4, iq2, k, m) are told by their form. */
static const char *const harmless[] = {
    "instruct",  "it",       "chat",      "hf",        "base",       "gguf",
    "json",      "config",   "model",     "of",        "fp8",        "awq",
    "gptq",      "mxfp4",    "nvfp4",     "bf16",      "f16",        "fp16",
    "f32",       "fp32",     "imat",      "i1",        "ud",         "dynamic",
    "qat",       "4bit",     "8bit",      "mlx",       "k",          "m",
    "s",         "l",        "xl",        "xs",        "xxs",        "nl",
    "meta",      "google",   "microsoft", "mistralai", "nvidia",     "openai",
    "allenai",   "zai",      "org",       "ai",        "moonshotai", "unsloth",
    "bartowski", "thebloke", "lmstudio",  "community", NULL};

static void cut(const char *s, size_t n, words *w)
{
    w->n = 0;
    for (size_t i = 0; i < n && w->n < MAX_WORD;) {
        size_t end = i;
        while (end < n && (isalnum((unsigned char)s[end]) ||
                           (s[end] == '.' && end > i && end + 1 < n &&
                            isdigit((unsigned char)s[end - 1]) &&
                            isdigit((unsigned char)s[end + 1]))))
            end++;
        if (end == i) {
            i++;
            continue;
        }
        w->at[w->n] = s + i;
        w->len[w->n++] = end - i;
        i = end;
    }
}

static bool same_word(const char *a, size_t n_a, const char *b, size_t n_b)
{
    if (n_a != n_b) return false;
    for (size_t i = 0; i < n_a; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i])) return false;
    return true;
}

static bool is_harmless(const char *word, size_t n)
{
    for (size_t i = 0; harmless[i]; i++)
        if (same_word(word, n, harmless[i], strlen(harmless[i]))) return true;
    size_t i = 0;
    if (i < n && tolower((unsigned char)word[i]) == 'i') i++;
    if (i + 1 < n && tolower((unsigned char)word[i]) == 'q') i++;
    size_t digits = 0;
    for (; i < n && isdigit((unsigned char)word[i]); i++)
        digits++;
    /* q4, iq2, the 0 of q8_0, the 00001 of a split */
    return i == n && digits > 0 && (digits <= 2 || digits == 5);
}

/* Words matched when `fact` stands in `w` and the rest is harmless, else 0. */
static size_t matched(const words *fact, const words *w)
{
    for (size_t start = 0; start + fact->n <= w->n; start++) {
        size_t k = 0;
        while (k < fact->n &&
               same_word(w->at[start + k], w->len[start + k], fact->at[k], fact->len[k]))
            k++;
        if (k < fact->n) continue;
        size_t other = 0;
        for (; other < w->n; other++)
            if ((other < start || other >= start + k) &&
                !is_harmless(w->at[other], w->len[other]))
                break;
        if (other == w->n) return fact->n;
    }
    return 0;
}

static const rw_fact *best(const char *s, size_t n)
{
    words w, own;
    const rw_fact *found = NULL;
    size_t most = 0;
    cut(s, n, &w);
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++) {
        cut(fact->name, strlen(fact->name), &own);
        const size_t k = own.n ? matched(&own, &w) : 0;
        if (k <= most) continue;
        most = k;
        found = fact;
    }
    return found;
}

/* A maker stands before "/", "__" or "--": what follows the last of them. */
static const rw_fact *last_name(const char *s, size_t n)
{
    for (size_t i = n; i > 2; i--)
        if ((s[i - 1] == '_' && s[i - 2] == '_') || (s[i - 1] == '-' && s[i - 2] == '-'))
            return best(s + i, n - i);
    return best(s, n);
}

const rw_fact *rw_fact_match(const char *name, const char *file)
{
    if (name) {
        const char *slash = strrchr(name, '/');
        const char *own = slash ? slash + 1 : name;
        const rw_fact *fact = last_name(own, strlen(own));
        if (fact) return fact;
    }
    size_t end = file ? strlen(file) : 0;
    for (int folder = 0; folder < N_FOLDER && end > 0; folder++) {
        size_t start = end;
        while (start > 0 && file[start - 1] != '/')
            start--;
        const rw_fact *fact = last_name(file + start, end - start);
        if (fact) return fact;
        end = start;
        while (end > 0 && file[end - 1] == '/')
            end--;
    }
    return NULL;
}

static bool agree(const rw_hparams *a, const rw_hparams *b, rw_hparam which)
{
    return !a->v[which].known || !b->v[which].known ||
           !(a->v[which].num < b->v[which].num || a->v[which].num > b->v[which].num);
}

bool rw_fact_fits(const rw_hparams *fact, const rw_hparams *hp)
{
    if (fact->n_layer != hp->n_layer || !agree(fact, hp, RW_HP_HEAD_DIM)) return false;
    for (uint32_t i = 0; fact->n_head_q && hp->n_head_q && i < hp->n_layer; i++)
        if (fact->n_head_q[i] != hp->n_head_q[i]) return false;
    return true;
}
