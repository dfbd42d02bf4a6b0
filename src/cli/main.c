/* main.c - the command table, interrupts and progress. */
#define _GNU_SOURCE
#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cluster/cluster.h"

static const command commands[] = {
    {"audit", "MODEL.gguf | --qk CAPTURE", "audit every layer and head of a model",
     cmd_audit},
    {"bench", "", "how fast this machine is, and each step of a measurement on it",
     cmd_bench},
    {"capture", "MODEL.gguf -o FILE",
     "run a text through a model, keep its queries and keys", cmd_capture},
    {"compare", "A.json B.json", "two audits: what moved beyond noise", cmd_compare},
    {"diff", "A B | A --engine LIST",
     "two descriptions, or several engines, side by side", cmd_diff},
    {"explore", "[-o EXPLORE.html]",
     "how rotary positions fail, as a page that counts: no model is needed", cmd_explore},
    {"inspect", "PATH", "the effective RoPE of every layer and where it came from",
     cmd_inspect},
    {"lint", "PATH...", "findings about what models declare", cmd_lint},
    {"list", "mechanisms|models|rules|events|tasks|engines|isa", "what this build knows",
     cmd_list},
    {"measure", "--qk FILE", "exact counts and predictions for given vectors",
     cmd_measure},
    {"report", "RESULT.json... -o REPORT.html",
     "the JSON of audit, bench, compare, sweep, task or theory as a page; several beside "
     "an audit",
     cmd_report},
    {"reproduce", "[-o DIR]", "the papers' claims, checked one by one", cmd_reproduce},
    {"selftest", "", "known answers, and every instruction set against the reference",
     cmd_selftest},
    {"sweep", "--rope-theta LIST [...]",
     "events over base, context, head_dim and more: the trade-off", cmd_sweep},
    {"task", "NAME[,NAME...] MODEL.gguf",
     "what a model can do with lists, and at which length", cmd_task},
    {"theory", "--head-dim D --rope-theta B | PATH | --qk FILE | --models",
     "moments, predictions and bounds; counts beside them with --count", cmd_theory},
};
enum { N_COMMAND = sizeof commands / sizeof *commands };

static volatile sig_atomic_t interrupted;

/* Other processes started with this one; only rank 0 speaks. */
static const ropewalk_team *team;

static int silent(void)
{
    return team && team->rank != 0;
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* A bar with rate and time left, redrawn at most five times a second, on a terminal only. */
typedef struct bar {
    int shown, terminal, open;
    char stage[48];
    double start, last;
} bar;

static bar progress_bar;

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void bar_close(bar *b)
{
    if (b->open) (void)fputc('\n', stderr);
    b->open = 0;
}

static int on_progress(void *ctx, const char *stage, int64_t done, int64_t total)
{
    bar *b = ctx;
    if (interrupted) {
        bar_close(b);
        return 1;
    }
    if (!b->shown || !b->terminal || total <= 0) return 0;
    const double now = seconds();
    if (strcmp(stage, b->stage) != 0) {
        bar_close(b);
        (void)snprintf(b->stage, sizeof b->stage, "%s", stage);
        b->start = now;
        b->last = 0.0;
    }
    if (now - b->last < 0.2 && done < total) return 0;
    b->last = now;
    char cells[25];
    const int full = (int)(24 * done / total);
    for (int i = 0; i < 24; i++)
        cells[i] = i < full ? '#' : '.';
    cells[24] = '\0';
    const double used = now - b->start;
    fprintf(stderr, "\r%-28s [%s] %" PRId64 "/%" PRId64, stage, cells, done, total);
    if (done > 0 && used > 0.5)
        fprintf(stderr, "  %.1f/s, %.0f s left   ", (double)done / used,
                used * (double)(total - done) / (double)done);
    (void)fflush(stderr);
    b->open = 1;
    if (done >= total) bar_close(b);
    return 0;
}

void common_init(common *c)
{
    *c = (common){0};
    ropewalk_run_init(&c->run);
    c->run.progress = on_progress;
    c->run.progress_ctx = &progress_bar;
    c->run.team = team;
}

/* Standard output as a file like any other; a full disk behind it is an error. */
static int print(const char *text, ropewalk_error *err)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0) return 0;
    err->status = ROPEWALK_E_IO;
    (void)snprintf(err->message, sizeof err->message,
                   "writing to standard output failed");
    return -1;
}

/* What was printed piece by piece has arrived. */
static int printed(void)
{
    ropewalk_error err = {0};
    return print("", &err) ? fail(&err) : EXIT_CLEAN;
}

int common_parse(const command *self, const option *table, common *c, int argc,
                 char **argv, const char **words, size_t max_words, size_t *n_words)
{
    ropewalk_error err = {0};
    if (options_parse(table, argc, argv, words, max_words, n_words, &err))
        return fail(&err);
    if (c->help && silent()) return EXIT_CLEAN;
    if (c->help) {
        printf("usage: ropewalk %s %s\n%s\n\n", self->name, self->usage, self->summary);
        options_help(table);
        return printed();
    }
    progress_bar.shown = !c->quiet && !silent();
    progress_bar.terminal = isatty(STDERR_FILENO);
    return -1;
}

int fail(const ropewalk_error *err)
{
    if (silent()) return EXIT_ERROR;
    bar_close(&progress_bar);
    if (err->status == ROPEWALK_E_INTERRUPTED) {
        fprintf(stderr, "ropewalk: interrupted\n");
        return EXIT_INTERRUPTED;
    }
    char message[sizeof err->message], byte[40] = "";
    memcpy(message, err->message, sizeof message);
    for (char *s = message; *s; s++) /* which may repeat an argument */
        if (iscntrl((unsigned char)*s)) *s = '?';
    if (err->offset && !strstr(message, "byte"))
        (void)snprintf(byte, sizeof byte, " (byte %" PRIu64 ")", err->offset);
    /* at once: other processes write to the same terminal */
    fprintf(stderr, "ropewalk: %s%s\n", message, byte);
    return EXIT_ERROR;
}

static int is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

int deliver(common *c, ropewalk_result *result)
{
    ropewalk_error err = {0};
    const char *document = ropewalk_result_document(result);
    const char *text = ropewalk_result_text(result);
    const char *rows = ropewalk_result_csv(result);
    int bad = 0;
    const int json_out = is_stdout(c->json), csv_out = is_stdout(c->csv);
    if (silent()) { /* rank 0 has it */
        ropewalk_result_free(result);
        return EXIT_CLEAN;
    }
    if (c->csv && !csv_out)
        bad = ropewalk_file_write(c->csv, rows, strlen(rows), &err) != ROPEWALK_OK;
    if (!bad && c->json && !json_out)
        bad =
            ropewalk_file_write(c->json, document, strlen(document), &err) != ROPEWALK_OK;
    if (!bad && c->output)
        bad = ropewalk_file_write(c->output, text, strlen(text), &err) != ROPEWALK_OK;
    if (!bad && json_out)
        bad = print(document, &err);
    else if (!bad && csv_out)
        bad = print(rows, &err);
    else if (!bad && !c->output)
        bad = print(text, &err);
    ropewalk_result_free(result);
    return bad ? fail(&err) : EXIT_CLEAN;
}

int fail_on(const char *word, ropewalk_error *err)
{
    static const char *const words[] = {"info", "warn", "error", "never"};
    for (int i = 0; i < 4; i++)
        if (strcmp(word, words[i]) == 0) return i;
    err->status = ROPEWALK_E_ARGUMENT;
    err->offset = 0;
    (void)snprintf(err->message, sizeof err->message,
                   "--fail-on: \"%.40s\" is not error, warn, info or never", word);
    return -1;
}

const char *program_dir(void)
{
    static char path[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return "";
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash) *slash = '\0';
    return path;
}

static void help(FILE *to)
{
    fprintf(to, "ropewalk %s: how far rotary positions hold, measured\n\n",
            ropewalk_version());
    for (int i = 0; i < N_COMMAND; i++)
        fprintf(to, "  ropewalk %-9s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\n`ropewalk COMMAND --help` lists a command's options.\n");
}

/* Any other command is rank 0's alone. */
static int shares_work(const char *name)
{
    static const char *const words[] = {"audit", "measure", "sweep"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0) return 1;
    return 0;
}

static int command_line(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (silent() && (argc < 2 || !shares_work(argv[1]))) return EXIT_CLEAN;
    if (argc < 2) {
        help(stderr);
        return EXIT_ERROR;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ropewalk %s\n", ropewalk_version());
        return printed();
    }
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
        help(stdout);
        return printed();
    }
    for (int i = 0; i < N_COMMAND; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(&commands[i], argc - 1, argv + 1);
    fprintf(stderr, "ropewalk: command \"%s\" is unknown: see `ropewalk --help`\n",
            argv[1]);
    return EXIT_ERROR;
}

int main(int argc, char **argv)
{
    ropewalk_error err = {0};
    if (rw_cluster_join(argv, &team, &err)) return fail(&err);
    const int code = command_line(argc, argv), is_silent = silent();
    rw_cluster_leave(team, code);
    return is_silent ? EXIT_CLEAN : code;
}
