/* test_inquiry.c - prompts of every strategy and cell as a model gets them, and answers judged. */
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
#include "task/inquiry.h"

/* A model that writes prompts down and prefers the option that stands last in what it sees; texts
 * longer than `room` bytes do not fit. */
typedef struct parrot {
    char seen[1 << 16];
    size_t room;
    const char *words;
} parrot;

static void note(parrot *p, const rw_lm_prompt *prompt, char *whole, size_t room)
{
    char line[64];
    whole[0] = '\0';
    for (uint32_t i = 0; i < prompt->n_segment; i++) {
        const rw_lm_segment *s = &prompt->segment[i];
        if (s->n_token >= 0) {
            (void)snprintf(line, sizeof line, "[%d tokens%s]", (int)s->n_token,
                           s->drop ? ", dropped" : "");
            strncat(whole, line, room - strlen(whole) - 1);
        } else {
            strncat(whole, s->text, room - strlen(whole) - 1);
        }
    }
    strncat(p->seen, prompt->chat ? "CHAT " : "", sizeof p->seen - strlen(p->seen) - 1);
    strncat(p->seen, whole, sizeof p->seen - strlen(p->seen) - 1);
    strncat(p->seen, "|", sizeof p->seen - strlen(p->seen) - 1);
}

static ropewalk_status weigh(void *ctx, const rw_lm_prompt *prompt,
                             const char *const *option, uint32_t n_option, double *out,
                             double *attention, rw_lm_usage *usage, ropewalk_error *err)
{
    parrot *p = ctx;
    char whole[8192];
    note(p, prompt, whole, sizeof whole);
    if (strlen(whole) > p->room)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "%zu bytes do not fit",
                       strlen(whole));
    for (uint32_t i = 0; i < n_option; i++) {
        const char *last = NULL;
        for (const char *at = whole; (at = strstr(at, option[i])) != NULL; at++)
            last = at;
        out[i] = last ? -1.0 - (double)(strlen(whole) - (size_t)(last - whole)) / 1000.0
                      : -50.0;
    }
    if (attention) attention[0] = (double)(prompt->attend_end - prompt->attend_first);
    *usage = (rw_lm_usage){(int64_t)strlen(whole), (int64_t)strlen(whole), 0, false, 7};
    return ROPEWALK_OK;
}

static ropewalk_status generate(void *ctx, const rw_lm_prompt *prompt, int64_t max_token,
                                const char *const *stop, rw_text *out, rw_lm_usage *usage,
                                ropewalk_error *err)
{
    parrot *p = ctx;
    char whole[8192];
    (void)max_token;
    (void)stop;
    (void)err;
    note(p, prompt, whole, sizeof whole);
    rw_text_append(out, p->words);
    *usage = (rw_lm_usage){(int64_t)strlen(whole), -1, 3, false, -1};
    return ROPEWALK_OK;
}

static rw_lm model(parrot *p, uint32_t can)
{
    *p = (parrot){.room = 100000, .words = " 3"};
    return (rw_lm){.ctx = p,
                   .can = can,
                   .n_layer = 1,
                   .n_head = 1,
                   .weigh = weigh,
                   .generate = generate};
}

static rw_condition condition(const char *task)
{
    return (rw_condition){
        .task = rw_task_find(task),
        .request = {.seed = 3, .n_item = 8, .n_question = 1, .depth = (double)NAN},
        .gap = -1};
}

static void prompts(void **state)
{
    (void)state;
    static const struct {
        rw_strategy strategy;
        rw_cell_kind cell;
        int64_t gap;
        const char *seen;
    } row[] = {
        {RW_STRATEGY_DIRECT, RW_CELL_NEAR, -1, "Q|LQ|"},
        {RW_STRATEGY_DIRECT, RW_CELL_NEAR, 0, "Q|L\nQ|"},
        {RW_STRATEGY_DIRECT, RW_CELL_DISTANCE, 0, "Q|L\nQ|"},
        {RW_STRATEGY_DIRECT, RW_CELL_DISTANCE, 40, "Q|L[40 tokens, dropped]\nQ|"},
        {RW_STRATEGY_DIRECT, RW_CELL_BOTH, 40, "Q|L[40 tokens]\nQ|"},
        {RW_STRATEGY_DIRECT, RW_CELL_DILUTION, 40, "Q|[40 tokens]\nL\nQ|"},
    };
    parrot p;
    rw_lm lm = model(&p, RW_LM_WEIGHS | RW_LM_DROPS);
    rw_task_list list;
    rw_condition c = condition("kth");
    assert_int_equal(c.task->make(&c.request, &list, NULL), ROPEWALK_OK);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        rw_inquiry t;
        char want[4096] = "";
        for (const char *s = row[i].seen; *s; s++) {
            const char one[2] = {*s, '\0'};
            strcat(want, *s == 'L' ? list.text : *s == 'Q' ? list.question[0].text : one);
        }
        c.strategy = row[i].strategy;
        c.cell = row[i].cell;
        c.gap = row[i].gap;
        p.seen[0] = '\0';
        assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
        assert_string_equal(p.seen, want);
        assert_string_equal(t.refused, "");
        assert_int_equal(t.answer, list.question[0].answer);
        assert_int_equal(t.item, list.question[0].item);
        rw_inquiry_clear(&t);
    }
    rw_task_list_clear(&list);
}

static void windows_and_recital(void **state)
{
    (void)state;
    parrot p;
    rw_lm lm = model(&p, RW_LM_WEIGHS);
    rw_condition c = condition("kth");
    rw_inquiry t;
    c.strategy = RW_STRATEGY_CHUNKED;
    c.window = 3;
    p.seen[0] = '\0';
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(p.seen, "|arr[0:3] = ["));
    assert_non_null(strstr(p.seen, "|arr[3:6] = ["));
    assert_non_null(strstr(p.seen, "|arr[6:8] = ["));
    assert_null(strstr(p.seen, "arr = ["));
    /* three windows were read */
    assert_true(t.n_all_token > 2 * t.n_token && t.n_all_token <= 3 * t.n_token);
    rw_inquiry_clear(&t);
    c = condition("next");
    c.strategy = RW_STRATEGY_CHUNKED;
    c.window = 3;
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(t.refused, "chunked is for kth and lookup"));
    rw_inquiry_clear(&t);
    c = condition("lookup");
    c.strategy = RW_STRATEGY_RECITE;
    p.words = "tapopo: 3";
    p.seen[0] = '\0';
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(p.seen, "copied:\n|tapopo: 3\n"));
    rw_inquiry_clear(&t);
    c.strategy = RW_STRATEGY_INDEXED;
    p.seen[0] = '\0';
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(p.seen, "\n7. "));
    rw_inquiry_clear(&t);
}

/* The parrot prefers the option seen last: its margin is to be recomputed by hand. */
static void margins(void **state)
{
    (void)state;
    parrot p;
    rw_lm lm = model(&p, RW_LM_WEIGHS | RW_LM_ATTENDS);
    rw_condition c = condition("lookup");
    c.attend = true;
    for (uint32_t question = 0; question < 1; question++) {
        rw_inquiry t;
        assert_int_equal(rw_inquiry_run(&lm, &c, 2, question, &t, NULL), ROPEWALK_OK);
        double best = -INFINITY;
        for (uint32_t i = 0; i < t.n_option; i++)
            if (i != t.answer) best = fmax(best, t.log_likelihood[i] - t.prior[i]);
        assert_true(fabs(t.margin - (t.log_likelihood[t.answer] - t.prior[t.answer] -
                                     best)) < 1e-12);
        assert_int_equal(t.n_attention, 1);
        assert_true(fabs(t.attention[0] - 1.0) < 1e-300);
        assert_false(t.generated);
        rw_packer out = {0};
        rw_inquiry_pack(&t, &out);
        for (size_t n = 0; n <= out.n; n++) {
            rw_unpacker in = {.bytes = out.bytes, .n = n};
            rw_inquiry back;
            const ropewalk_status status = rw_inquiry_unpack(&in, &back, NULL);
            assert_int_equal(status, n == out.n ? ROPEWALK_OK : ROPEWALK_E_FORMAT);
            if (status) continue;
            rw_packer again = {0};
            rw_inquiry_pack(&back, &again);
            assert_int_equal(again.n, out.n);
            assert_memory_equal(again.bytes, out.bytes, out.n);
            rw_packer_clear(&again);
            rw_inquiry_clear(&back);
        }
        rw_packer_clear(&out);
        rw_inquiry_clear(&t);
    }
}

static void written_and_refused(void **state)
{
    (void)state;
    parrot p;
    rw_lm lm = model(&p, RW_LM_CHATS);
    rw_condition c = condition("kth");
    rw_inquiry t;
    c.generate = c.chat = true;
    p.words = " 2.";
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_true(t.generated && isnan(t.margin));
    assert_true(strncmp(p.seen, "CHAT arr = [", 12) == 0);
    assert_int_equal(t.strict, t.answer == 2);
    assert_int_equal(t.n_all_token, t.n_token + 3);
    rw_inquiry_clear(&t);
    c.generate = false;
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(t.refused, "it has to write"));
    rw_inquiry_clear(&t);
    lm = model(&p, RW_LM_WEIGHS);
    p.room = 60;
    c = condition("kth");
    c.request.n_item = 50;
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(t.refused, "do not fit"));
    rw_inquiry_clear(&t);
    c.cell = RW_CELL_DISTANCE;
    c.gap = 5;
    assert_int_equal(rw_inquiry_run(&lm, &c, 0, 0, &t, NULL), ROPEWALK_OK);
    assert_non_null(strstr(t.refused, "served model"));
    rw_inquiry_clear(&t);
}

static void judged(void **state)
{
    (void)state;
    char apple[] = " apple", pineapple[] = " pineapple", three[] = " 3",
         thirteen[] = " 13";
    char *option[] = {apple, pineapple, three, thirteen};
    static const struct {
        const char *words;
        uint32_t answer;
        bool strict, lenient;
    } row[] = {
        {"apple", 0, true, true},
        {" \"apple\".\n", 0, true, true},
        {"The apple, of course", 0, false, true},
        {"pineapple", 0, false, false},
        {"pineapple", 1, true, true},
        {"apple or pineapple", 0, false, false},
        {"13", 2, false, false},
        {"It is 3.", 2, false, true},
        {"3x", 2, false, false},
        {"", 0, false, false},
        {"...", 0, false, false},
        {"\xc3\xa9"
         "3",
         2, false, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        bool strict, lenient;
        rw_inquiry_judge(row[i].words, option, 4, row[i].answer, &strict, &lenient);
        if (strict != row[i].strict || lenient != row[i].lenient)
            fail_msg("%s: %d %d", row[i].words, strict, lenient);
    }
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    static parrot p;
    for (int strategy = 0; strategy < RW_N_STRATEGY; strategy++) {
        ropewalk_status status = ROPEWALK_E_MEMORY;
        for (int64_t n = 0; status; n++) {
            rw_lm lm = model(&p, RW_LM_WEIGHS | RW_LM_DROPS);
            rw_condition c = condition("kth");
            rw_inquiry t;
            c.strategy = (rw_strategy)strategy;
            c.window = 5;
            c.gap = 9;
            c.attend = c.generate = true;
            rw_alloc_fail_at(n, 0);
            status = rw_inquiry_run(&lm, &c, 0, 0, &t, NULL);
            rw_alloc_fail_at(-1, 0);
            if (status) assert_int_equal(status, ROPEWALK_E_MEMORY);
            rw_inquiry_clear(&t);
            assert_int_equal(rw_alloc_live(), live);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts), cmocka_unit_test(windows_and_recital),
        cmocka_unit_test(margins), cmocka_unit_test(written_and_refused),
        cmocka_unit_test(judged),  cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
