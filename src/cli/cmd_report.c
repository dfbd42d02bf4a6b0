/* cmd_report.c - `ropewalk report`. */
#include "cli/cli.h"

int cmd_report(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {OUTPUT_OPTION(c), RUN_OPTIONS(c)};
    enum { MOST = 16 };
    const char *words[MOST];
    size_t n_words, n_byte[MOST] = {0};
    const int done = common_parse(self, table, &c, argc, argv, words, MOST, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT,
                          .message = "report needs a JSON file that audit, bench, "
                                     "compare, diff, inspect, lint, sweep, task or "
                                     "theory wrote"};
    if (n_words == 0) return fail(&err);
    if (outputs_check(&c, words, n_words, &err)) return fail(&err);
    char *bytes[MOST] = {0};
    ropewalk_result *result = NULL;
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < n_words && !status; i++)
        status = ropewalk_file_read(words[i], &bytes[i], &n_byte[i], &err);
    if (!status)
        status = ropewalk_report_several((const char *const *)bytes, n_byte, words,
                                         n_words, &result, &err);
    for (size_t i = 0; i < n_words; i++)
        ropewalk_bytes_free(bytes[i]);
    if (status) return fail(&err);
    return deliver_document(&c, result);
}
