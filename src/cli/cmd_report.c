/* cmd_report.c - `ropewalk report`. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int cmd_report(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {OUTPUT_OPTION(c), RUN_OPTIONS(c)};
    const char *words[1];
    size_t n_words, n_byte;
    const int done = common_parse(self, table, &c, argc, argv, words, 1, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT,
                          .message = "report needs the JSON file of an audit"};
    if (n_words == 0) return fail(&err);
    if (outputs_check(&c, words, n_words, &err)) return fail(&err);
    char *bytes;
    if (ropewalk_file_read(words[0], &bytes, &n_byte, &err)) return fail(&err);
    ropewalk_result *result;
    const ropewalk_status status = ropewalk_report(bytes, n_byte, &result, &err);
    ropewalk_bytes_free(bytes);
    if (status) return fail(&err);
    const char *page = ropewalk_result_document(result);
    int bad;
    if (c.output) {
        bad = ropewalk_file_write(c.output, page, strlen(page), &err) != ROPEWALK_OK;
    } else {
        bad = fputs(page, stdout) < 0 || fflush(stdout) != 0;
        if (bad) {
            err.status = ROPEWALK_E_IO;
            (void)snprintf(err.message, sizeof err.message,
                           "writing to standard output failed");
        }
    }
    ropewalk_result_free(result);
    return bad ? fail(&err) : EXIT_CLEAN;
}
