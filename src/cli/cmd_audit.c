/* cmd_audit.c - `ropewalk audit`: the verdict on standard output, the page and the JSON in files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* A capture has its text behind it: what steers the run of a model has nothing to steer. */
static int refuse_beside_captures(const ropewalk_audit_params *p, ropewalk_error *err)
{
    const struct {
        const char *name;
        int given;
    } options[] = {{"--text", p->n_text > 0},
                   {"--tokens", p->n_token > 0},
                   {"--captures", p->capture_dir != NULL},
                   {"--text-dir", p->text_dir != NULL},
                   {"--runner", p->runner != NULL}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given) {
            err->status = ROPEWALK_E_ARGUMENT;
            (void)snprintf(err->message, sizeof err->message,
                           "%s is about running a model: --qk audits captures, which are "
                           "made already",
                           options[i].name);
            return -1;
        }
    return 0;
}

int cmd_audit(const command *self, int argc, char **argv)
{
    static int_list contexts;
    static text_list captures, texts;
    score_scale scale = {(double)NAN, 0};
    common c;
    ropewalk_audit_params p;
    common_init(&c);
    ropewalk_audit_params_init(&p);
    const option table[] = {
        {"--qk", NULL, "CAPTURE",
         "audit this capture instead of a model (repeat for more texts)", OPTION_TEXTS,
         &captures, 0, 0},
        {"--text", NULL, "FILE",
         "a text of your own instead of the shipped four (repeatable)", OPTION_TEXTS,
         &texts, 0, 0},
        {"--text-dir", NULL, "DIR", "folder with prose.txt, code.txt and list.txt",
         OPTION_TEXT, &p.text_dir, 0, 0},
        {"--captures", NULL, "DIR",
         "keep captures here and reuse them, and finished heads until the "
         "audit is done: an interrupted one goes on where it was",
         OPTION_TEXT, &p.capture_dir, 0, 0},
        {"--checkpoint", NULL, "FILE",
         "keep finished heads here: a killed audit goes on where it was", OPTION_TEXT,
         &p.checkpoint, 0, 0},
        {"--tokens", NULL, "N", "tokens of each text (default 2048)", OPTION_INT64,
         &p.n_token, 16, 1 << 24},
        {"--queries", NULL, "N", "queries a head, shared out over the texts (default 8)",
         OPTION_INT, &p.n_query, 1, 256},
        {"--attended", NULL, "N", "attended keys a query (default 3)", OPTION_INT,
         &p.n_attended, 1, 128},
        {"--random", NULL, "N", "random keys a head and text (default 5)", OPTION_INT,
         &p.n_random, 1, 128},
        {"--context", "-c", "LIST",
         "contexts (default: 1024, 2048, ... to the larger of the "
         "advertised one and 131072)",
         OPTION_INTS, &contexts, 0, 0},
        DTYPE_OPTION(p),
        {"--score-scale", NULL, "S", "a number, or model (default)", OPTION_SCALE, &scale,
         0, 0},
        ZETA_OPTION(p),
        {"--near-alias", NULL, "X",
         "score distance of near aliasing in nats (default 0.1)", OPTION_REAL,
         &p.near_alias, 0, 0},
        {"--query", NULL, "WORD",
         "the probe's query, one token (default \" pet\"; \"\" for none)", OPTION_TEXT,
         &p.probe_query, 0, 0},
        {"--keys", NULL, "WORDS", "the probe's keys (default \" cat, dog, number\")",
         OPTION_TEXT, &p.probe_keys, 0, 0},
        {"--layer", NULL, "L", "the probe's layer (default 0)", OPTION_INT,
         &p.probe_layer, 0, 65535},
        {"--head", NULL, "H", "the probe's head (default 0)", OPTION_INT, &p.probe_head,
         0, 65535},
        {"--runner", NULL, "PROGRAM",
         "ropewalk-llama, when not beside ropewalk or in PATH", OPTION_TEXT, &p.runner, 0,
         0},
        COMMON_OPTIONS(c)};
    const char *words[1];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    p.model = n_words ? words[0] : NULL;
    p.capture = captures.value;
    p.n_capture = captures.n;
    p.text = texts.value;
    p.n_text = texts.n;
    p.context = contexts.value;
    p.n_context = contexts.n;
    p.score_scale = scale.value;
    p.program_dir = program_dir();
    ropewalk_error err = {0};
    if (captures.n && refuse_beside_captures(&p, &err)) return fail(&err);
    if (outputs_check(&c, &p.model, 1, &err) ||
        outputs_check(&c, captures.value, captures.n, &err) ||
        outputs_check(&c, texts.value, texts.n, &err) ||
        outputs_check(&c, &p.checkpoint, 1, &err))
        return fail(&err);
    ropewalk_result *result;
    if (ropewalk_audit(&p, &c.run, &result, &err)) return fail(&err);
    return deliver_page(&c, result);
}
