/* replay.c - runs a fuzz target without a fuzzer: every file of the folders and files given, and
 * of small files every prefix and, for each byte, xor 1, xor 0x80 and 0xFF. What a fuzzer once
 * found stays in the corpus, so that each past crash is a test. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMALL = 4096, LARGEST = 16 << 20 };

static unsigned long n_file, n_input;

static void run_one(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* a sanitizer sees one byte too far */
    if (!exact) exit(2);
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    n_input++;
}

static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(LARGEST);
    if (!f || !data) {
        (void)fprintf(stderr, "replay: cannot read %s\n", path);
        exit(2);
    }
    const size_t size = fread(data, 1, LARGEST, f);
    (void)fclose(f);
    n_file++;
    run_one(data, size);
    if (size <= SMALL) {
        for (size_t n = 0; n < size; n++)
            run_one(data, n);
        for (size_t at = 0; at < size; at++) {
            const uint8_t was = data[at];
            const uint8_t now[3] = {was ^ 1, was ^ 0x80, 0xff};
            for (int i = 0; i < 3; i++) {
                data[at] = now[i];
                run_one(data, size);
            }
            data[at] = was;
        }
    }
    free(data);
}

static void run_path(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        (void)fprintf(stderr, "replay: there is no %s\n", path);
        exit(2);
    }
    if (!S_ISDIR(st.st_mode)) {
        run_file(path);
        return;
    }
    struct dirent **entries;
    const int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char inner[4096];
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') run_path(inner);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    (void)printf("replay: %lu files, %lu inputs\n", n_file, n_input);
    return n_file ? 0 : 1;
}
