/* cmd_task.c - `ropewalk task`. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

/* A GGUF file or a name at an address, never both; the key comes from the environment alone. */
static int choose_backend(ropewalk_task_params *p, size_t n_words, const char *served,
                          const char *key_name, ropewalk_error *err)
{
    const char *wrong = NULL;
    if (p->endpoint && n_words > 1)
        wrong = "with --endpoint the model is --model NAME, not a file";
    if (p->endpoint && !served)
        wrong = "--endpoint needs --model, the name of the model there";
    if (!p->endpoint && served) wrong = "--model is the name of a model at --endpoint";
    if (!p->endpoint && key_name) wrong = "--api-key-env is for --endpoint";
    if (p->endpoint && key_name && !getenv(key_name))
        wrong = "the environment variable that --api-key-env names is not set";
    if (wrong) {
        err->status = ROPEWALK_E_ARGUMENT;
        (void)snprintf(err->message, sizeof err->message, "%s", wrong);
        return -1;
    }
    if (!p->endpoint) return 0;
    p->model = served;
    p->key = getenv(key_name ? key_name : "OPENAI_API_KEY");
    if (p->key && !*p->key) p->key = NULL;
    return 0;
}

int cmd_task(const command *self, int argc, char **argv)
{
    static int_list lengths, items, gaps;
    static real_list depths;
    static const char *rope[8], *served, *key_name, *audit;
    static const char *const rope_name[8] = {"--rope-theta",      "--rope-scaling",
                                             "--rope-scale",      "--yarn-orig-ctx",
                                             "--yarn-ext-factor", "--yarn-attn-factor",
                                             "--yarn-beta-fast",  "--yarn-beta-slow"};
    common c;
    ropewalk_task_params p;
    common_init(&c);
    ropewalk_task_params_init(&p);
    const option table[] = {
        {"--length", NULL, "LIST",
         "tokens of a prompt; lists are as long as fits (default 512,1024,2048,4096)",
         OPTION_INTS, &lengths, 0, 0},
        {"--items", NULL, "LIST", "items of a list, beside or instead of lengths",
         OPTION_INTS, &items, 0, 0},
        {"--depth", NULL, "LIST",
         "where the item asked for stands, 0 to 1 (default: anywhere)", OPTION_REALS,
         &depths, 0, 0},
        {"--strategy", NULL, "LIST", "direct,indexed,chunked,recite (default direct)",
         OPTION_TEXT, &p.strategies, 0, 0},
        {"--window", NULL, "N", "items of a window of chunked (default 64)", OPTION_INT64,
         &p.window, 1, 1 << 20},
        {"--gap", NULL, "LIST",
         "tokens to move a short list away by: near, distance, dilution and both, "
         "e.g. 256,1k,4k",
         OPTION_INTS, &gaps, 0, 0},
        {"--gap-items", NULL, "N", "items of a moved list (default 16)", OPTION_INT64,
         &p.gap_item, 2, 1 << 16},
        {"--lists", NULL, "N", "lists a condition (default 10)", OPTION_INT, &p.n_list, 2,
         10000},
        {"--questions", NULL, "N", "questions a list (default 10)", OPTION_INT,
         &p.n_question, 1, 1000},
        {"--chat", NULL, NULL, "ask through the model's own chat template", OPTION_FLAG,
         &p.chat, 0, 0},
        {"--generate", NULL, NULL, "let it write answers too", OPTION_FLAG, &p.generate,
         0, 0},
        {"--attention", NULL, NULL,
         "tell how much each head attends to the answer in the list", OPTION_FLAG,
         &p.attention, 0, 0},
        {"--audit", NULL, "FILE",
         "of this model (audit --json): whether S(m) of its heads foretells what "
         "distance costs, on held-out lists (with --gap)",
         OPTION_TEXT, &audit, 0, 0},
        {"--no-gate", NULL, NULL,
         "ask for longer lists even where short ones fail, without a gate", OPTION_FLAG,
         &p.no_gate, 0, 0},
        {"--dry-run", NULL, NULL,
         "conditions, their tokens and about how long; ask nothing", OPTION_FLAG,
         &p.dry_run, 0, 0},
        {"--context", "-c", "N", "tokens the model is given (default: what is needed)",
         OPTION_INT64, &p.context, 8, 1 << 24},
        {"--endpoint", NULL, "URL",
         "ask an OpenAI-compatible server instead, e.g. http://127.0.0.1:8000/v1",
         OPTION_TEXT, &p.endpoint, 0, 0},
        {"--model", NULL, "NAME", "the model's name there", OPTION_TEXT, &served, 0, 0},
        {"--api-key-env", NULL, "NAME",
         "environment variable that holds the API key (default OPENAI_API_KEY)",
         OPTION_TEXT, &key_name, 0, 0},
        {"--requests", NULL, "N", "requests under way at a time (default 4)", OPTION_INT,
         &p.n_request, 1, 256},
        {"--attempts", NULL, "N",
         "of a request that fails for a reason that may pass (default 6)", OPTION_INT,
         &p.n_attempt, 1, 100},
        {"--timeout", NULL, "S", "seconds to wait for an answer (default 300)",
         OPTION_INT64, &p.answer_s, 1, 86400},
        {"--checkpoint", NULL, "FILE",
         "keep answered questions here: an interrupted run goes on where it was",
         OPTION_TEXT, &p.checkpoint, 0, 0},
        {"--samples", NULL, "FILE", "write one line of JSON a question here", OPTION_TEXT,
         &c.csv, 0, 0},
        {"--runner", NULL, "PROGRAM",
         "ropewalk-llama, when not beside ropewalk or in PATH", OPTION_TEXT, &p.runner, 0,
         0},
        {rope_name[0], "--rope-freq-base", "B",
         "another base on unchanged weights: a perturbation of this model, no evidence "
         "about bases",
         OPTION_TEXT, &rope[0], 0, 0},
        {rope_name[1], NULL, "NAME", "none, linear, yarn", OPTION_TEXT, &rope[1], 0, 0},
        {rope_name[2], NULL, "X", "factor of the scaling", OPTION_TEXT, &rope[2], 0, 0},
        {rope_name[3], NULL, "N", "original context", OPTION_TEXT, &rope[3], 0, 0},
        {rope_name[4], NULL, "X", "YaRN's", OPTION_TEXT, &rope[4], 0, 0},
        {rope_name[5], NULL, "X", "YaRN's", OPTION_TEXT, &rope[5], 0, 0},
        {rope_name[6], NULL, "X", "YaRN's", OPTION_TEXT, &rope[6], 0, 0},
        {rope_name[7], NULL, "X", "YaRN's", OPTION_TEXT, &rope[7], 0, 0},
        COMMON_OPTIONS(c)};
    const char *words[2], *extra[16];
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, words, 2, &n_words);
    if (done >= 0) return done;
    p.tasks = n_words > 0 ? words[0] : NULL;
    p.model = n_words > 1 ? words[1] : NULL;
    p.length = lengths.value;
    p.n_length = lengths.n;
    p.item = items.value;
    p.n_item = items.n;
    p.depth = depths.value;
    p.n_depth = depths.n;
    p.gap = gaps.value;
    p.n_gap = gaps.n;
    p.program_dir = program_dir();
    ropewalk_error err = {0};
    if (choose_backend(&p, n_words, served, key_name, &err)) return fail(&err);
    for (int i = 0; i < 8; i++)
        if (rope[i]) {
            extra[p.n_extra++] = rope_name[i];
            extra[p.n_extra++] = rope[i];
        }
    p.extra = extra;
    const char *const files[] = {p.endpoint ? NULL : p.model, p.checkpoint, audit};
    if (outputs_check(&c, files, 3, &err)) return fail(&err);
    char *bytes = NULL;
    if (audit && ropewalk_file_read(audit, &bytes, &p.n_audit, &err)) return fail(&err);
    p.audit = bytes;
    ropewalk_result *result;
    const ropewalk_status status = ropewalk_task(&p, &c.run, &result, &err);
    ropewalk_bytes_free(bytes);
    return status ? fail(&err) : deliver(&c, result);
}
