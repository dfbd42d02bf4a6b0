/* folder_build.h - a folder with small files in it, made and removed by a test. */
#ifndef RW_TEST_FOLDER_BUILD_H
#define RW_TEST_FOLDER_BUILD_H
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void put_file(const char *folder, const char *name, const void *bytes,
                            size_t n)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    (void)fclose(f);
}

static inline void put_text(const char *folder, const char *name, const char *text)
{
    put_file(folder, name, text, strlen(text));
}

/* A safetensors file with this header and so many zero bytes of data. */
static inline void put_weights(const char *folder, const char *name, const char *header,
                               size_t n_data)
{
    const size_t n = strlen(header);
    unsigned char *bytes = calloc(1, 8 + n + n_data);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)n >> (8 * i));
    memcpy(bytes + 8, header, n);
    put_file(folder, name, bytes, 8 + n + n_data);
    free(bytes);
}

/* An empty folder; what an earlier run left is removed. */
static inline void start_folder(const char *folder)
{
    (void)mkdir(folder, 0777);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    const struct dirent *e;
    while ((e = readdir(dir)) != NULL) {
        char path[800];
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        (void)unlink(path);
    }
    (void)closedir(dir);
}

static inline void end_folder(const char *folder)
{
    start_folder(folder);
    (void)rmdir(folder);
}
#endif
