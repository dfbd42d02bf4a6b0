/* deliver_page.c - results that are pages, or whose -o is one: to files and to standard output. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

int deliver_page(common *c, ropewalk_result *result)
{
    if (c->run.team && c->run.team->rank != 0) { /* rank 0 has it */
        ropewalk_result_free(result);
        return EXIT_CLEAN;
    }
    ropewalk_error err = {0};
    const char *document = ropewalk_result_document(result);
    const char *text = ropewalk_result_text(result);
    const char *terminal = ropewalk_result_terminal(result);
    const int json_out = c->json && strcmp(c->json, "-") == 0;
    int bad = 0;
    if (c->json && !json_out)
        bad =
            ropewalk_file_write(c->json, document, strlen(document), &err) != ROPEWALK_OK;
    if (!bad && c->output) {
        ropewalk_result *page;
        bad = ropewalk_report(document, strlen(document), &page, &err) != ROPEWALK_OK;
        if (!bad) {
            const char *html = ropewalk_result_document(page);
            bad = ropewalk_file_write(c->output, html, strlen(html), &err) != ROPEWALK_OK;
            ropewalk_result_free(page);
        }
    }
    /* what mpirun shows a rank as a terminal may be a pipe on its other side */
    const int styled = *terminal && !c->run.team && on_terminal();
    const int shown = bad        ? 0
                      : json_out ? fputs(document, stdout)
                      : styled   ? print_coloured(terminal)
                                 : fputs(text, stdout);
    if (!bad && (shown < 0 || fflush(stdout) != 0)) {
        bad = 1;
        err.status = ROPEWALK_E_IO;
        (void)snprintf(err.message, sizeof err.message,
                       "writing to standard output failed");
    }
    ropewalk_result_free(result);
    if (bad) return fail(&err);
    if (c->output && !c->quiet) fprintf(stderr, "report: %s\n", c->output);
    return EXIT_CLEAN;
}

int deliver_document(const common *c, ropewalk_result *result)
{
    ropewalk_error err = {0};
    const char *page = ropewalk_result_document(result);
    int bad;
    if (c->output) {
        bad = ropewalk_file_write(c->output, page, strlen(page), &err) != ROPEWALK_OK;
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
