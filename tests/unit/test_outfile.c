/* test_outfile.c - complete or not at all; refusals say why. The suite may run as root, whom
 * modes do not stop: refusals are provoked through paths. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/outfile.h"

static char folder[] = "/tmp/rw_outfile_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *p = path[turn++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static int n_entries(void)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        n++;
    (void)closedir(d);
    return n - 2;
}

static void holds(const char *path, const char *text)
{
    char bytes[256] = "";
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, sizeof bytes - 1, f);
    (void)fclose(f);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(bytes, text, n);
}

static void appears_on_commit(void **state)
{
    (void)state;
    const char *path = in_folder("a.json");
    rw_outfile f;
    ropewalk_error err = {0};
    assert_int_equal(rw_outfile_open(&f, path, &err), ROPEWALK_OK);
    assert_int_equal(rw_outfile_write(&f, "half ", 5, &err), ROPEWALK_OK);
    assert_int_equal(rw_outfile_write(&f, "", 0, &err), ROPEWALK_OK);
    assert_int_equal(access(path, F_OK), -1); /* not yet */
    assert_int_equal(n_entries(), 1);         /* the temporary file is a sibling */
    assert_int_equal(rw_outfile_write(&f, "whole", 5, &err), ROPEWALK_OK);
    assert_int_equal(rw_outfile_commit(&f, &err), ROPEWALK_OK);
    assert_int_equal(n_entries(), 1);
    holds(path, "half whole");
    rw_outfile_abort(&f); /* safe after commit */
    holds(path, "half whole");
    assert_int_equal(unlink(path), 0);
}

static void abort_keeps_the_old(void **state)
{
    (void)state;
    const char *path = in_folder("b.txt");
    ropewalk_error err = {0};
    assert_int_equal(rw_outfile_save(path, "old", 3, &err), ROPEWALK_OK);
    rw_outfile f;
    assert_int_equal(rw_outfile_open(&f, path, &err), ROPEWALK_OK);
    assert_int_equal(rw_outfile_write(&f, "new", 3, &err), ROPEWALK_OK);
    rw_outfile_abort(&f);
    holds(path, "old");
    assert_int_equal(n_entries(), 1);
    assert_int_equal(rw_outfile_save(path, "newer", 5, &err), ROPEWALK_OK); /* replaces */
    holds(path, "newer");
    assert_int_equal(rw_outfile_save(path, "", 0, &err), ROPEWALK_OK);
    holds(path, "");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(n_entries(), 0);
}

static void refusals(void **state)
{
    (void)state;
    const char *file = in_folder("file");
    assert_int_equal(rw_outfile_save(file, "x", 1, NULL), ROPEWALK_OK);
    char name[400], under[512];
    memset(name, 'n', 300);
    name[300] = '\0';
    (void)snprintf(under, sizeof under, "%s/file/below", folder);
    const struct {
        const char *path;
        int code;
    } bad[] = {{in_folder("none/deep.txt"), ENOENT},
               {under, ENOTDIR},
               {in_folder(name), ENAMETOOLONG},
               {folder, EISDIR}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rw_outfile f;
        ropewalk_error err = {0};
        assert_int_equal(rw_outfile_open(&f, bad[i].path, &err), ROPEWALK_E_IO);
        assert_int_equal(err.status, ROPEWALK_E_IO);
        assert_memory_equal(err.message, "cannot write ", 13);
        assert_non_null(strstr(err.message,
                               bad[i].code == EISDIR ? "folder" : strerror(bad[i].code)));
        assert_null(f.stream);
        assert_null(f.path);
        rw_outfile_abort(&f); /* safe after a failed open */
        assert_int_equal(rw_outfile_save(bad[i].path, "x", 1, NULL), ROPEWALK_E_IO);
    }
    assert_int_equal(unlink(file), 0);
    assert_int_equal(n_entries(), 0);
}

static void folder_without_write_permission(void **state)
{
    (void)state;
    if (geteuid() == 0) skip(); /* modes do not stop root */
    assert_int_equal(chmod(folder, 0555), 0);
    ropewalk_error err = {0};
    const ropewalk_status status = rw_outfile_save(in_folder("no"), "x", 1, &err);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(status, ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, strerror(EACCES)));
}

/* Finished, it is on the disk and not in its place: it can still be taken back. */
static void finished_and_taken_back(void **state)
{
    (void)state;
    const char *path = in_folder("f");
    rw_outfile f;
    ropewalk_error err = {0};
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(rw_outfile_open(&f, path, &err), ROPEWALK_OK);
        assert_int_equal(rw_outfile_write(&f, "x", 1, &err), ROPEWALK_OK);
        assert_int_equal(rw_outfile_finish(&f, &err), ROPEWALK_OK);
        assert_int_equal(n_entries(), 1);
        assert_int_not_equal(access(path, F_OK), 0);
        if (turn) assert_int_equal(rw_outfile_commit(&f, &err), ROPEWALK_OK);
        rw_outfile_abort(&f);
        assert_int_equal(n_entries(), turn);
    }
    assert_int_equal(remove(path), 0);
}

/* The target turns into a folder between open and commit: the rename fails, nothing is left. */
static void failed_rename(void **state)
{
    (void)state;
    const char *path = in_folder("c");
    rw_outfile f;
    ropewalk_error err = {0};
    assert_int_equal(rw_outfile_open(&f, path, &err), ROPEWALK_OK);
    assert_int_equal(rw_outfile_write(&f, "x", 1, &err), ROPEWALK_OK);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(rw_outfile_commit(&f, &err), ROPEWALK_E_IO);
    assert_memory_equal(err.message, "writing ", 8);
    assert_int_equal(n_entries(), 1);
    assert_int_equal(rmdir(path), 0);
}

static void full_device(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) skip();
    ropewalk_error err = {0};
    assert_int_equal(rw_outfile_save("/dev/full", "x", 1, &err),
                     ROPEWALK_E_IO); /* at commit */
    assert_non_null(strstr(err.message, strerror(ENOSPC)));
    char *large = rw_calloc(1, 1 << 20);
    assert_int_equal(rw_outfile_save("/dev/full", large, 1 << 20, &err), ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, "/dev/full"));
    rw_free(large);
    struct stat st;
    assert_int_equal(stat("/dev/full", &st), 0);
    assert_true(S_ISCHR(st.st_mode)); /* written to, not replaced */
    assert_int_equal(rw_outfile_save("/dev/null", "x", 1, &err), ROPEWALK_OK);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    for (int at = 0; at < 2; at++) {
        rw_outfile f;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_outfile_open(&f, in_folder("m"), &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_null(f.stream);
        assert_int_equal(rw_alloc_live(), live);
        assert_int_equal(n_entries(), 0);
    }
    assert_int_equal(rw_outfile_save(in_folder("m"), "x", 1, NULL), ROPEWALK_OK);
    assert_int_equal(rw_alloc_live(), live);
    assert_int_equal(unlink(in_folder("m")), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appears_on_commit),
        cmocka_unit_test(finished_and_taken_back),
        cmocka_unit_test(abort_keeps_the_old),
        cmocka_unit_test(refusals),
        cmocka_unit_test(folder_without_write_permission),
        cmocka_unit_test(failed_rename),
        cmocka_unit_test(full_device),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
