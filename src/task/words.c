/* words.c - made-up names, common nouns, ordinals and sentences that say nothing. */
#include "task/words.h"

#include <stdio.h>
#include <string.h>

static const char *const noun[RW_N_NOUN] = {
    "apple",  "anchor", "basket", "bell",     "bird",   "blanket", "boat",   "book",
    "bottle", "bowl",   "branch", "bread",    "brick",  "bridge",  "brush",  "bucket",
    "button", "cabin",  "candle", "carpet",   "castle", "chain",   "chair",  "chalk",
    "cheese", "cherry", "circle", "clock",    "cloud",  "coat",    "coin",   "corn",
    "cotton", "crown",  "cup",    "curtain",  "desk",   "dish",    "door",   "drum",
    "eagle",  "egg",    "engine", "feather",  "fence",  "field",   "fire",   "flag",
    "flower", "flute",  "forest", "fork",     "fox",    "frog",    "garden", "gate",
    "glass",  "glove",  "goat",   "grape",    "hammer", "hat",     "hill",   "honey",
    "horse",  "house",  "island", "jacket",   "jar",    "key",     "kite",   "knife",
    "ladder", "lake",   "lamp",   "leaf",     "lemon",  "letter",  "lion",   "map",
    "melon",  "mirror", "moon",   "mountain", "nail",   "needle",  "nest",   "net",
    "ocean",  "onion",  "orange", "oven",     "paint",  "paper",   "pearl",  "pencil",
    "pepper", "piano",  "pillow", "plate",    "pocket", "pond",    "potato", "rabbit",
    "rain",   "ribbon", "ring",   "river",    "road",   "rock",    "roof",   "rope",
    "salt",   "sand",   "shell",  "ship",     "shoe",   "silver",  "spoon",  "star",
    "stone",  "table",  "tent",   "tiger",    "tower",  "train",   "window", "wool",
};

const char *rw_task_noun(uint32_t i)
{
    return noun[i % RW_N_NOUN];
}

void rw_task_name(const rw_task_request *request, uint32_t i, char out[8])
{
    static const char consonant[] = "bdfgklmnprstvzjh", vowel[] = "aeiou";
    /* odd and no multiple of 5: a permutation of the 80^3 = 2^12 5^3 numbers */
    const uint64_t factor = 316957,
                   first = rw_task_random(request, RW_DRAW_ORDER, UINT64_MAX, RW_N_NAME);
    uint64_t k = (first + i * factor) % RW_N_NAME;
    for (size_t at = 0; at < 6; at += 2) {
        out[at] = consonant[k % 16];
        out[at + 1] = vowel[k / 16 % 5];
        k /= 80;
    }
    out[6] = '\0';
}

void rw_task_ordinal(int64_t n, char out[32])
{
    const int64_t tens = n / 10 % 10, ones = n % 10;
    const char *ending = tens == 1   ? "th"
                         : ones == 1 ? "st"
                         : ones == 2 ? "nd"
                         : ones == 3 ? "rd"
                                     : "th";
    (void)snprintf(out, 32, "%lld%s", (long long)n, ending);
}

void rw_task_filler(const rw_task_request *request, uint32_t i, rw_text *out)
{
    static const char *const shape[] = {
        "The %s stood near the %s for most of the day. ",
        "Nobody had moved the %s since the %s was painted. ",
        "One %s can be older than another %s and look new. ",
        "Behind the %s there was room for another %s. ",
        "They spoke about the %s, and then about the %s. ",
        "In spring the %s is brighter than the %s. ",
    };
    enum { N_SHAPE = sizeof shape / sizeof *shape };
    uint64_t draw[3];
    for (uint64_t j = 0; j < 3; j++)
        draw[j] = rw_task_random(request, RW_DRAW_FILLER, 3 * (uint64_t)i + j,
                                 j ? RW_N_NOUN : N_SHAPE);
    const char *text = shape[draw[0]];
    for (size_t j = 1; j < 3; j++) { /* each shape has two gaps */
        const char *gap = strstr(text, "%s");
        rw_text_append_n(out, text, (size_t)(gap - text));
        rw_text_append(out, noun[draw[j]]);
        text = gap + 2;
    }
    rw_text_append(out, text);
}
