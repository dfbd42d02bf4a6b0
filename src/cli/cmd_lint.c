/* cmd_lint.c - `ropewalk lint`. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int say(const char *message)
{
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT};
    (void)snprintf(err.message, sizeof err.message, "%s", message);
    return fail(&err);
}

static int explain(const char *rule, common *c)
{
    ropewalk_error err = {0};
    ropewalk_result *result;
    if (ropewalk_lint_explain(rule, &result, &err)) return fail(&err);
    return deliver(c, result);
}

/* --format chooses the document in the place of the text. */
static int save_document(const char *path, ropewalk_result *result)
{
    ropewalk_error err = {0};
    const char *document = ropewalk_result_document(result);
    const ropewalk_status status =
        ropewalk_file_write(path, document, strlen(document), &err);
    ropewalk_result_free(result);
    return status ? fail(&err) : EXIT_CLEAN;
}

int cmd_lint(const command *self, int argc, char **argv)
{
    enum { MAX_PATH = 4096 };
    static const char *paths[MAX_PATH];
    const char *format = "text", *threshold = "error", *rule = NULL;
    common c;
    ropewalk_lint_params p;
    common_init(&c);
    ropewalk_lint_params_init(&p);
    const option table[] = {
        {"--format", NULL, "NAME", "text (default), json or sarif", OPTION_TEXT, &format,
         0, 0},
        {"--fail-on", NULL, "NAME",
         "exit code 1 from error (default), warn, info, or never", OPTION_TEXT,
         &threshold, 0, 0},
        {"--engine", NULL, "LIST", "engines to judge by (default all)", OPTION_TEXT,
         &p.engines, 0, 0},
        {"--target-context", "--context", "N", "what if it is served at N tokens",
         OPTION_INT64, &p.target_context, 1, INT64_C(1) << 31},
        {"--ignore", NULL, "FILE", "lines `RW008 PATTERN # reason` to pass over",
         OPTION_TEXT, &p.ignore_file, 0, 0},
        {"--hf-overrides", NULL, "JSON", "merged over every config.json", OPTION_TEXT,
         &p.hf_overrides, 0, 0},
        {"--explain", NULL, "RULE", "what a rule checks, why, and how to fix it",
         OPTION_TEXT, &rule, 0, 0},
        ROPE_OPTIONS(p.rope),
        COMMON_OPTIONS(c)};
    size_t n_words;
    const int done = common_parse(self, table, &c, argc, argv, paths, MAX_PATH, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {0};
    const int least = fail_on(threshold, &err);
    const int json = strcmp(format, "json") == 0, sarif = strcmp(format, "sarif") == 0;
    if (least < 0) return fail(&err);
    if (!json && !sarif && strcmp(format, "text") != 0)
        return say("--format takes text, json or sarif");
    if (c.json && (json || sarif))
        return say("--format and --json both choose the document: use one of them");
    if (outputs_check(&c, paths, n_words, &err)) return fail(&err);
    if (p.ignore_file && outputs_check(&c, &p.ignore_file, 1, &err)) return fail(&err);
    if (rule) return explain(rule, &c);
    if (n_words == 0) return say("lint needs at least one PATH, or --explain RULE");
    if (json || sarif) c.json = "-";
    p.path = paths;
    p.n_path = n_words;
    p.sarif = sarif;
    ropewalk_result *result;
    if (ropewalk_lint(&p, &c.run, &result, &err)) return fail(&err);
    const int found = ropewalk_result_findings(result, least),
              failed = ropewalk_result_failures(result);
    const int code = (json || sarif) && c.output ? save_document(c.output, result)
                                                 : deliver(&c, result);
    if (code != EXIT_CLEAN) return code;
    if (failed) {
        char message[96];
        (void)snprintf(message, sizeof message,
                       "%d of %zu paths could not be read: the output says why", failed,
                       n_words);
        return say(message);
    }
    return found > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}
