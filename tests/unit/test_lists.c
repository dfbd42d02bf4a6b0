/* test_lists.c - what holds for every task: the answer stands where it is said to, options differ,
 * answers are evenly spread, and not a byte changes unless the version does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "task/task.h"

static uint64_t fnv(uint64_t hash, const char *s)
{
    for (; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

/* Each combination of factors once. */
static bool next_factors(const rw_task *task, rw_task_request *r)
{
    for (int f = 0; f < RW_MAX_TASK_FACTOR && task->factor[f].name; f++) {
        if (task->factor[f].value[++r->factor[f]]) return true;
        r->factor[f] = 0;
    }
    return false;
}

static void check_question(const rw_task *task, const rw_task_list *list,
                           const rw_task_question *q)
{
    const char *answer = q->option[q->answer];
    assert_in_range(q->n_option, 2, RW_MAX_TASK_OPTION);
    assert_true(q->answer < q->n_option);
    for (uint32_t a = 0; a < q->n_option; a++)
        for (uint32_t b = 0; b < a; b++)
            assert_string_not_equal(q->option[a], q->option[b]);
    assert_true(q->end_byte <= strlen(list->text) && q->first_byte < q->end_byte);
    /* asked for a place, the answer is no part of the list */
    if (task->factor[2].name && strstr(q->text, "number:")) return;
    if (task->factor[2].name && strstr(q->text, " by:")) return;
    answer += *answer == ' ';
    assert_int_equal(strlen(answer), q->end_byte - q->first_byte);
    assert_memory_equal(list->text + q->first_byte, answer, strlen(answer));
}

static void every_task(void **state)
{
    (void)state;
    for (size_t t = 0; rw_task_table[t]; t++) {
        const rw_task *task = rw_task_table[t];
        int n_made = 0;
        for (int64_t n = 2; n < 200; n = n * 2 + 1)
            for (int indexed = 0; indexed < 2; indexed++) {
                rw_task_request r = {.seed = 11,
                                     .list = (uint32_t)n,
                                     .n_item = n,
                                     .n_question = task->one_question ? 1 : 8,
                                     .depth = (double)NAN,
                                     .indexed = indexed};
                do {
                    rw_task_list list, again;
                    ropewalk_error err = {0};
                    if (task->make(&r, &list, &err)) {
                        assert_int_equal(err.status, ROPEWALK_E_ARGUMENT);
                        assert_null(list.text);
                        continue;
                    }
                    n_made++;
                    assert_int_equal(task->make(&r, &again, NULL), ROPEWALK_OK);
                    assert_string_equal(list.text, again.text);
                    unsigned asked[RW_MAX_TASK_OPTION] = {0};
                    for (uint32_t i = 0; i < list.n_question; i++) {
                        check_question(task, &list, &list.question[i]);
                        assert_string_equal(list.question[i].text,
                                            again.question[i].text);
                        asked[list.question[i].answer]++;
                    }
                    for (uint32_t j = 0;
                         n > 60 && !task->one_question && j < list.question[0].n_option;
                         j++)
                        assert_int_equal(asked[j], 8 / list.question[0].n_option);
                    rw_task_list_clear(&list);
                    rw_task_list_clear(&again);
                } while (next_factors(task, &r));
            }
        assert_true(n_made > 8);
    }
}

/* Where an index into the list is asked for, the words of the question lead there. */
static void places(void **state)
{
    (void)state;
    const rw_task *task = rw_task_find("curse");
    rw_task_request r = {.seed = 1,
                         .n_item = 12,
                         .n_question = 12,
                         .depth = (double)NAN,
                         .factor = {1, 1, 0, 1}}; /* backward, from the end, words */
    rw_task_list list;
    assert_int_equal(task->make(&r, &list, NULL), ROPEWALK_OK);
    for (uint32_t i = 0; i < list.n_question; i++) {
        const rw_task_question *q = &list.question[i];
        const int ordinal = (int)strtol(strstr(q->text, "the ") + 4, NULL, 10);
        int line_breaks = 0;
        for (const char *s = list.text + q->end_byte; *s; s++)
            line_breaks += *s == '\n';
        assert_int_equal(ordinal, line_breaks);
    }
    rw_task_list_clear(&list);
    r.factor[0] = 0;
    r.factor[1] = 2; /* forward, from an item */
    assert_int_equal(task->make(&r, &list, NULL), ROPEWALK_OK);
    for (uint32_t i = 0; i < list.n_question; i++) {
        const rw_task_question *q = &list.question[i];
        const int reach = (int)strtol(strstr(q->text, "the item ") + 9, NULL, 10);
        const char *name = strchr(q->text, '"') + 1;
        char anchor[32] = "\n";
        strncat(anchor, name, (size_t)(strchr(name, '"') - name));
        strcat(anchor, "\n");
        char whole[4096] = "\n";
        strcat(whole, list.text);
        const char *from = strstr(whole, anchor);
        int line_breaks = 0;
        for (const char *s = from + 1; s < whole + 1 + q->first_byte; s++)
            line_breaks += *s == '\n';
        assert_int_equal(reach, line_breaks);
    }
    rw_task_list_clear(&list);
}

static void fixed_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t version;
        uint64_t hash;
    } known[] = {
        {"curse", 1, 0x7c6ec2d3453512e4u},  {"kth", 1, 0xe88afb8b8effebcau},
        {"lookup", 2, 0x6d41b07ec96b636bu}, {"needle", 1, 0xad2cd86e984c6ce6u},
        {"next", 1, 0x19851b5b2e791b86u},   {"order", 1, 0xb11186cd2f8559b2u},
    };
    for (size_t t = 0; rw_task_table[t]; t++) {
        const rw_task *task = rw_task_table[t];
        uint64_t hash = 0xcbf29ce484222325u;
        for (uint32_t list = 0; list < 4; list++) {
            rw_task_request r = {.seed = 20260515,
                                 .list = list,
                                 .n_item = 9 + 11 * list,
                                 .n_question = task->one_question ? 1 : 5,
                                 .depth = list == 3 ? 0.5 : (double)NAN,
                                 .factor = {0, 2, 0, 1}};
            rw_task_list made;
            assert_int_equal(task->make(&r, &made, NULL), ROPEWALK_OK);
            hash = fnv(hash, made.text);
            for (uint32_t i = 0; i < made.n_question; i++) {
                hash =
                    fnv(fnv(hash, made.question[i].text), made.question[i].instruction);
                for (uint32_t j = 0; j < made.question[i].n_option; j++)
                    hash = fnv(hash, made.question[i].option[j]);
            }
            rw_task_list_clear(&made);
        }
        assert_non_null(rw_task_table[t]->source);
        assert_string_equal(task->name, known[t].name);
        assert_int_equal(task->version, known[t].version);
        if (hash != known[t].hash)
            fail_msg("%s: 0x%016llxu", task->name, (unsigned long long)hash);
    }
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    for (size_t t = 0; rw_task_table[t]; t++) {
        const rw_task_request r = {.n_item = 9,
                                   .n_question = rw_task_table[t]->one_question ? 1 : 3,
                                   .depth = (double)NAN};
        ropewalk_status status = ROPEWALK_E_MEMORY;
        for (int64_t n = 0; status; n++) {
            rw_task_list list;
            rw_alloc_fail_at(n, 0);
            status = rw_task_table[t]->make(&r, &list, NULL);
            rw_alloc_fail_at(-1, 0);
            if (status) assert_int_equal(status, ROPEWALK_E_MEMORY);
            if (status) assert_null(list.text);
            rw_task_list_clear(&list);
            assert_int_equal(rw_alloc_live(), live);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task),
        cmocka_unit_test(places),
        cmocka_unit_test(fixed_bytes),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
