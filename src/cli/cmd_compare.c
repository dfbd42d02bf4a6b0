/* cmd_compare.c - `ropewalk compare`. */
#include "cli/cli.h"

int cmd_compare(const command *self, int argc, char **argv)
{
    common c;
    common_init(&c);
    const option table[] = {COMMON_OPTIONS(c)};
    const char *words[2];
    size_t n_words, n[2] = {0};
    const int done = common_parse(self, table, &c, argc, argv, words, 2, &n_words);
    if (done >= 0) return done;
    ropewalk_error err = {.status = ROPEWALK_E_ARGUMENT,
                          .message = "compare needs the JSON files of two audits"};
    if (n_words < 2) return fail(&err);
    if (outputs_check(&c, words, n_words, &err)) return fail(&err);
    char *bytes[2] = {0};
    ropewalk_result *result = NULL;
    ropewalk_status status = ROPEWALK_OK;
    for (int i = 0; i < 2 && !status; i++)
        status = ropewalk_file_read(words[i], &bytes[i], &n[i], &err);
    if (!status)
        status = ropewalk_compare(bytes[0], n[0], bytes[1], n[1], words, &c.run, &result,
                                  &err);
    for (int i = 0; i < 2; i++)
        ropewalk_bytes_free(bytes[i]);
    return status ? fail(&err) : deliver_page(&c, result);
}
