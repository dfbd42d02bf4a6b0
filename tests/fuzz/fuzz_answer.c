/* fuzz_answer.c - addresses and header lines from a stranger: every line of the input is both. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "net/address.h"
#include "net/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_address(const char *line)
{
    rw_address address;
    ropewalk_error err = {0};
    if (rw_address_split(line, &address, &err)) {
        if (!err.message[0]) __builtin_trap();
        return;
    }
    rw_text out;
    rw_text_init(&out);
    rw_address_of_file(line, &address, &out);
    rw_address again; /* what is fetched is an address too, on the same host */
    if (out.failed || rw_address_split(out.data, &again, NULL) ||
        strcmp(again.host, address.host) != 0)
        __builtin_trap();
    rw_text_clear(&out);
    rw_address_shown(line, &out);
    if (out.data && strpbrk(out.data, "?#@") && !strchr(address.path, '@'))
        __builtin_trap();
    rw_text_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rw_answer answer;
    rw_answer_init(&answer);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        const size_t n = end ? (size_t)(end - (data + at)) + 1 : size - at;
        if (!rw_answer_line(&answer, (const char *)data + at, n)) break;
        char *line = rw_strndup((const char *)data + at, end ? n - 1 : n);
        if (line) as_address(line);
        rw_free(line);
        at += n;
    }
    if (answer.range_given && !answer.range_bad && !answer.range_none &&
        (answer.last < answer.first ||
         (answer.total_known && answer.last >= answer.total)))
        __builtin_trap();
    return 0;
}
