/* test_task_kth.c - lists and questions read back as a person would, and bytes that never change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "task/task.h"

static const rw_task_request one = {
    .seed = 3, .list = 5, .n_item = 37, .n_question = 10, .depth = (double)NAN};

/* The digit at index k, counted by commas. */
static int digit_at(const char *text, long long k)
{
    const char *s = strchr(text, '[') + 1;
    while (k-- > 0)
        s = strchr(s, ',') + 2;
    return *s - '0';
}

static void read_back(void **state)
{
    (void)state;
    const rw_task *task = rw_task_find("kth");
    assert_non_null(task);
    assert_true(fabs(task->chance - 0.25) < 1e-300);
    for (uint32_t n = 2; n < 600; n = n * 3 / 2 + 1) {
        rw_task_request r = one;
        rw_task_list list;
        unsigned asked[4] = {0};
        r.n_item = n;
        assert_int_equal(task->make(&r, &list, NULL), ROPEWALK_OK);
        size_t commas = 0;
        for (const char *s = list.text; *s; s++)
            commas += *s == ',';
        assert_int_equal(commas, n - 1);
        assert_true(list.text[strlen(list.text) - 1] == '\n');
        for (uint32_t i = 0; i < list.n_question; i++) {
            const rw_task_question *q = &list.question[i];
            const long long k = strtoll(strchr(q->text, '[') + 1, NULL, 10);
            assert_int_equal(k, q->item);
            assert_in_range(k, 0, n - 1);
            assert_int_equal(digit_at(list.text, k), q->answer);
            assert_int_equal(list.text[q->first_byte] - '0', q->answer);
            assert_int_equal(q->end_byte, q->first_byte + 1);
            assert_int_equal(q->n_option, 4);
            char digit[2] = {(char)('0' + (int)q->answer), '\0'};
            assert_string_equal(q->option[q->answer], digit);
            assert_non_null(strstr(q->instruction, "arr["));
            asked[q->answer]++;
        }
        for (int d = 0; d < 4 && n > 30; d++)
            assert_in_range(asked[d], 2, 3); /* ten questions, four digits */
        rw_task_list_clear(&list);
    }
}

static void depth(void **state)
{
    (void)state;
    for (int step = 0; step <= 4; step++) {
        rw_task_request r = one;
        rw_task_list list;
        r.n_item = 1000;
        r.depth = step / 4.0;
        assert_int_equal(rw_task_find("kth")->make(&r, &list, NULL), ROPEWALK_OK);
        for (uint32_t i = 0; i < list.n_question; i++)
            assert_true(fabs((double)list.question[i].item / 999.0 - r.depth) < 0.03);
        rw_task_list_clear(&list);
    }
}

static void fixed_bytes(void **state)
{
    (void)state;
    rw_task_list list;
    rw_task_request r = one;
    r.n_item = 8;
    r.n_question = 1;
    assert_int_equal(rw_task_find("kth")->make(&r, &list, NULL), ROPEWALK_OK);
    assert_string_equal(list.text, "arr = [2, 3, 3, 2, 2, 2, 0, 0]\n");
    rw_task_list_clear(&list);
    r.indexed = true;
    assert_int_equal(rw_task_find("kth")->make(&r, &list, NULL), ROPEWALK_OK);
    assert_string_equal(list.text,
                        "arr = [0: 2, 1: 3, 2: 3, 3: 2, 4: 2, 5: 2, 6: 0, 7: 0]\n");
    rw_task_list_clear(&list);
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status; n++) {
        rw_task_list list;
        rw_alloc_fail_at(n, 0);
        status = rw_task_find("kth")->make(&one, &list, NULL);
        rw_alloc_fail_at(-1, 0);
        if (status) {
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_null(list.text);
        }
        rw_task_list_clear(&list);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_back),
        cmocka_unit_test(depth),
        cmocka_unit_test(fixed_bytes),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
