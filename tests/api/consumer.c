/* consumer.c - a program that knows the installed header and library and nothing else. */
#include <ropewalk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int n_fault;

static void expect(int condition, const char *what)
{
    if (condition) return;
    n_fault++;
    printf("FAIL: %s\n", what);
}

static int stop(void *ctx, const char *stage, int64_t done, int64_t total)
{
    int *n_call = ctx;
    ++*n_call;
    return !stage || done > total + 1;
}

int main(void)
{
    ropewalk_error err;
    ropewalk_result *result = NULL;
    ropewalk_run run;
    int n_call = 0;
    ropewalk_run_init(&run);
    expect(run.struct_size == sizeof run, "run: size");
    run.progress = stop;
    run.progress_ctx = &n_call;
    run.reproducible = 1;
    expect(strlen(ropewalk_version()) >= 5, "version");

    static const char *const what[] = {"mechanisms", "models",  "events",
                                       "tasks",      "engines", "isa"};
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        expect(ropewalk_list(what[i], &result, &err) == ROPEWALK_OK, what[i]);
        if (result) expect(ropewalk_result_document(result)[0] != '\0', "list: document");
        ropewalk_result_free(result);
        result = NULL;
    }
    expect(ropewalk_list("ships", &result, &err) == ROPEWALK_E_ARGUMENT, "list: unknown");
    expect(!result && err.status == ROPEWALK_E_ARGUMENT && err.message[0], "list: error");

    ropewalk_measure_params measure;
    ropewalk_measure_params_init(&measure);
    expect(measure.struct_size == sizeof measure, "measure: size");
    expect(ropewalk_measure(&measure, &run, &result, &err) == ROPEWALK_E_ARGUMENT &&
               !result,
           "measure: no vectors");
    measure.qk = "there is no such file";
    measure.rope.rope_theta = 10000.0;
    expect(ropewalk_measure(&measure, &run, &result, &err) == ROPEWALK_E_IO && !result,
           "measure: no file");
    expect(strchr(err.message, '\n') == NULL, "measure: one sentence");
    expect(ropewalk_measure(&measure, &run, &result, NULL) == ROPEWALK_E_IO,
           "no error wanted");

    ropewalk_capture_params capture;
    ropewalk_capture_params_init(&capture);
    expect(capture.struct_size == sizeof capture, "capture: size");
    ropewalk_audit_params audit;
    ropewalk_audit_params_init(&audit);
    expect(audit.struct_size == sizeof audit, "audit: size");

    ropewalk_inspect_params inspect;
    ropewalk_inspect_params_init(&inspect);
    inspect.path = "there is no such file";
    expect(ropewalk_inspect(&inspect, &run, &result, &err) == ROPEWALK_E_IO,
           "inspect: no file");
    expect(ropewalk_report("{}", 2, &result, &err) == ROPEWALK_E_FORMAT && !result,
           "report: not a report");

    expect(ropewalk_explore(&result, &err) == ROPEWALK_OK && result &&
               strstr(ropewalk_result_document(result), "</html>"),
           "explore");
    ropewalk_result_free(result);

    expect(ropewalk_file_write("consumer.txt", "rope", 4, &err) == ROPEWALK_OK, "write");
    char *bytes = NULL;
    size_t n_byte = 0;
    expect(ropewalk_file_read("consumer.txt", &bytes, &n_byte, &err) == ROPEWALK_OK &&
               n_byte == 4 && strcmp(bytes, "rope") == 0,
           "read");
    ropewalk_bytes_free(bytes);
    ropewalk_bytes_free(NULL);
    (void)remove("consumer.txt");

    expect(ropewalk_selftest(&run, &result, &err) == ROPEWALK_OK && result, "selftest");
    if (result) expect(ropewalk_result_failures(result) == 0, "selftest: failures");
    ropewalk_result_free(result);
    ropewalk_result_free(NULL);
    printf("consumer: %d faults\n", n_fault);
    return n_fault ? EXIT_FAILURE : EXIT_SUCCESS;
}
