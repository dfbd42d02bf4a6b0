/* task_curse.c - items by place and places by item, counted from either end or from another item:
 * the grid of "The Position Curse" (arXiv 2605.07127), in texts of our own. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "task/words.h"

enum { DIRECTION, ANCHOR, ASK, KIND };
enum { FORWARD, BACKWARD };
enum { ANCHOR_START, ANCHOR_END, ANCHOR_ITEM };
enum { POS2ITEM, ITEM2POS };
enum { LETTERS, WORDS, CODE };
enum { MAX_OPTION = 4, MAX_ITEM_BYTES = 48 };

static const char *const directions[] = {"forward", "backward", NULL};
static const char *const anchors[] = {"start", "end", "item", NULL};
static const char *const asks[] = {"pos2item", "item2pos", NULL};
static const char *const kinds[] = {"letters", "words", "code", NULL};

static int64_t most_items(uint32_t kind)
{
    return kind == LETTERS ? 26 : kind == WORDS ? RW_N_NOUN : RW_N_NAME;
}

/* What item number i of the list says. */
static void write_item(const rw_task_request *request, const uint32_t *order, int64_t i,
                       char out[MAX_ITEM_BYTES])
{
    char name[8];
    switch (request->factor[KIND]) {
    case LETTERS: (void)snprintf(out, MAX_ITEM_BYTES, "%c", (int)('A' + order[i])); break;
    case WORDS: (void)snprintf(out, MAX_ITEM_BYTES, "%s", rw_task_noun(order[i])); break;
    default:
        rw_task_name(request, (uint32_t)i, name);
        (void)snprintf(out, MAX_ITEM_BYTES, "%s = %s(%u)", name,
                       rw_task_noun((uint32_t)i),
                       (unsigned)rw_task_random(request, RW_DRAW_ITEM, (uint64_t)i, 100));
    }
}

/* Where items may stand that the question is about: `reach` more stand on the side counted to. */
static rw_task_span askable(const rw_task_request *request, int64_t reach)
{
    const int64_t n = request->n_item;
    if (request->factor[ANCHOR] != ANCHOR_ITEM) return (rw_task_span){0, n - 1};
    return request->factor[DIRECTION] == FORWARD ? (rw_task_span){reach, n - 1}
                                                 : (rw_task_span){0, n - 1 - reach};
}

/* "the 3rd item from the end", or "the item 3 places before X". */
static void describe(const rw_task_request *request, int64_t item, int64_t reach,
                     const char *anchor, char *out, size_t room)
{
    char ordinal[32];
    const int64_t n = request->n_item;
    if (request->factor[ANCHOR] == ANCHOR_ITEM) {
        (void)snprintf(out, room, "the item %lld place%s %s \"%s\"", (long long)reach,
                       reach == 1 ? "" : "s",
                       request->factor[DIRECTION] == FORWARD ? "after" : "before",
                       anchor);
        return;
    }
    const int from_end = request->factor[ANCHOR] == ANCHOR_END;
    rw_task_ordinal(from_end ? n - item : item + 1, ordinal);
    (void)snprintf(out, room, "the %s item%s", ordinal, from_end ? " from the end" : "");
}

/* The answer to an item2pos question. */
static int64_t place_of(const rw_task_request *request, int64_t item, int64_t reach)
{
    if (request->factor[ANCHOR] == ANCHOR_ITEM) return reach;
    return request->factor[ANCHOR] == ANCHOR_END ? request->n_item - item : item + 1;
}

static void ask(const rw_task_request *request, uint32_t question, const uint32_t *order,
                const size_t *at, rw_task_question *q)
{
    char item[MAX_ITEM_BYTES], anchor[MAX_ITEM_BYTES] = "", what[128];
    rw_text text, instruction, choice;
    rw_text_init(&text);
    rw_text_init(&instruction);
    rw_text_init(&choice);
    const int64_t n = request->n_item;
    /* counted from an item: one to three places, as far as the list allows */
    const int64_t most = n - 1 < 3 ? n - 1 : 3;
    const int64_t reach =
        1 + (int64_t)rw_task_random(request, RW_DRAW_ORDER, 1000 + (uint64_t)question,
                                    (uint64_t)most);
    const rw_task_span inside = askable(request, reach);
    q->item = rw_task_place(request, question, n, rw_task_span_holds, &inside);
    const int64_t from =
        request->factor[DIRECTION] == FORWARD ? q->item - reach : q->item + reach;
    if (request->factor[ANCHOR] == ANCHOR_ITEM) write_item(request, order, from, anchor);
    write_item(request, order, q->item, item);
    q->first_byte = at[q->item];
    q->end_byte = q->first_byte + strlen(item);
    q->answer = rw_task_wanted(request, question, q->n_option);
    int64_t used[MAX_OPTION];
    if (request->factor[ASK] == POS2ITEM) {
        describe(request, q->item, reach, anchor, what, sizeof what);
        rw_text_printf(&text, "In this list, %s is:", what);
        rw_text_printf(&instruction, "What is %s? Answer with that item alone.", what);
        used[0] = q->item;
    } else {
        const int64_t place = place_of(request, q->item, reach);
        if (request->factor[ANCHOR] == ANCHOR_ITEM) {
            const char *side = request->factor[DIRECTION] == FORWARD ? "after" : "before";
            rw_text_printf(&text, "Counting places, \"%s\" stands %s \"%s\" by:", item,
                           side, anchor);
            rw_text_printf(&instruction,
                           "How many places %s \"%s\" does \"%s\" stand? Answer with a "
                           "number.",
                           side, anchor, item);
        } else {
            const char *end =
                request->factor[ANCHOR] == ANCHOR_END ? " from the end" : "";
            rw_text_printf(&text, "Counting from 1%s, \"%s\" is item number:", end, item);
            rw_text_printf(&instruction,
                           "Counting from 1%s, which number has \"%s\"? Answer with that "
                           "number.",
                           end, item);
        }
        used[0] = place - 1; /* as if it were an item: another is another number */
    }
    for (uint32_t j = 0; j < q->n_option; j++) {
        if (j > 0)
            used[j] =
                rw_task_other(request, (uint64_t)question * MAX_OPTION + j, used, j);
        if (request->factor[ASK] == POS2ITEM)
            write_item(request, order, used[j], what);
        else
            (void)snprintf(what, sizeof what, "%lld", (long long)used[j] + 1);
        const uint32_t place = j == 0 ? q->answer : j <= q->answer ? j - 1 : j;
        rw_text_printf(&choice, " %s", what); /* the space belongs to a word's token */
        q->option[place] = rw_task_take(&choice);
    }
    q->text = rw_task_take(&text);
    q->instruction = rw_task_take(&instruction);
}

static ropewalk_status check(const rw_task_request *request, ropewalk_error *err)
{
    const uint32_t *f = request->factor;
    if ((f[ANCHOR] == ANCHOR_START && f[DIRECTION] == BACKWARD) ||
        (f[ANCHOR] == ANCHOR_END && f[DIRECTION] == FORWARD))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "counting %s from the %s leaves the list",
                       directions[f[DIRECTION]], anchors[f[ANCHOR]]);
    if (request->n_item > most_items(f[KIND]))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "there are only %lld different %s for a list, not %lld",
                       (long long)most_items(f[KIND]), kinds[f[KIND]],
                       (long long)request->n_item);
    return ROPEWALK_OK;
}

static ropewalk_status make(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err)
{
    const int64_t n = request->n_item;
    const uint32_t kind = request->factor[KIND],
                   n_option = n < MAX_OPTION ? (uint32_t)n : MAX_OPTION;
    char item[MAX_ITEM_BYTES];
    rw_text text;
    *out = (rw_task_list){0};
    ropewalk_status status = check(request, err);
    if (!status) status = rw_task_list_alloc(out, request->n_question, n_option, err);
    if (status) return status;
    rw_text_init(&text);
    const uint32_t n_thing = kind == CODE ? 1 : (uint32_t)most_items(kind);
    uint32_t *order = rw_array(n_thing, sizeof *order);
    size_t *at = rw_array((size_t)n, sizeof *at);
    if (order && at) {
        rw_task_shuffle(request, RW_DRAW_ITEM, order, n_thing);
        for (int64_t i = 0; i < n; i++) {
            if (request->indexed) rw_text_printf(&text, "%lld. ", (long long)i + 1);
            at[i] = text.len;
            write_item(request, order, i, item);
            rw_text_printf(&text, "%s\n", item);
        }
        out->text = rw_task_take(&text);
        for (uint32_t i = 0; i < out->n_question; i++)
            ask(request, i, order, at, &out->question[i]);
    }
    rw_text_clear(&text);
    rw_free(order);
    rw_free(at);
    return rw_task_list_check(out, err);
}

const rw_task rw_task_curse = {
    .name = "curse",
    .source = "arXiv 2605.07127, in texts of our own",
    .what =
        "A list is given; an item is asked for by its place, or its place by the item, "
        "counted from an end or from another item.",
    .version = 1,
    .chance = 0.25, /* of lists with four items and more; one over their number below */
    .factor = {[DIRECTION] = {"direction", directions},
               [ANCHOR] = {"anchor", anchors},
               [ASK] = {"ask", asks},
               [KIND] = {"kind", kinds}},
    .make = make,
};
