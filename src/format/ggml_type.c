/* ggml_type.c - block layouts of ggml's tensor types.
 *
 * Sizes are written as the sum of a block's fields, as the format defines them, and each sum is
 * held against the published number: a table nobody checks drifts. */
#include "format/gguf.h"

enum { QK = 256 }; /* elements of a "K" super-block */

/* clang-format off */
#define BLOCK_LIST(X)                                                                              \
    X(0, "F32", 1, 4, 4)                                                                           \
    X(1, "F16", 1, 2, 2)                                                                           \
    X(2, "Q4_0", 32, 2 + 16, 18)                                                                   \
    X(3, "Q4_1", 32, 2 + 2 + 16, 20)                                                               \
    X(6, "Q5_0", 32, 2 + 4 + 16, 22)                                                               \
    X(7, "Q5_1", 32, 2 + 2 + 4 + 16, 24)                                                           \
    X(8, "Q8_0", 32, 2 + 32, 34)                                                                   \
    X(9, "Q8_1", 32, 2 + 2 + 32, 36)                                                               \
    X(10, "Q2_K", QK, QK / 16 + QK / 4 + 2 + 2, 84)                                                \
    X(11, "Q3_K", QK, QK / 8 + QK / 4 + 12 + 2, 110)                                               \
    X(12, "Q4_K", QK, 2 + 2 + 12 + QK / 2, 144)                                                    \
    X(13, "Q5_K", QK, 2 + 2 + 12 + QK / 8 + QK / 2, 176)                                           \
    X(14, "Q6_K", QK, QK / 2 + QK / 4 + QK / 16 + 2, 210)                                          \
    X(15, "Q8_K", QK, 4 + QK + 2 * (QK / 16), 292)                                                 \
    X(16, "IQ2_XXS", QK, 2 + 2 * (QK / 8), 66)                                                     \
    X(17, "IQ2_XS", QK, 2 + 2 * (QK / 8) + QK / 32, 74)                                            \
    X(18, "IQ3_XXS", QK, 2 + 3 * (QK / 8), 98)                                                     \
    X(19, "IQ1_S", QK, 2 + QK / 8 + QK / 16, 50)                                                   \
    X(20, "IQ4_NL", 32, 2 + 16, 18)                                                                \
    X(21, "IQ3_S", QK, 2 + QK / 4 + QK / 32 + QK / 8 + QK / 64, 110)                               \
    X(22, "IQ2_S", QK, 2 + QK / 4 + QK / 32 + QK / 32, 82)                                         \
    X(23, "IQ4_XS", QK, 2 + 2 + QK / 64 + QK / 2, 136)                                             \
    X(24, "I8", 1, 1, 1)                                                                           \
    X(25, "I16", 1, 2, 2)                                                                          \
    X(26, "I32", 1, 4, 4)                                                                          \
    X(27, "I64", 1, 8, 8)                                                                          \
    X(28, "F64", 1, 8, 8)                                                                          \
    X(29, "IQ1_M", QK, QK / 8 + QK / 16 + QK / 32, 56)                                             \
    X(30, "BF16", 1, 2, 2)                                                                         \
    X(34, "TQ1_0", QK, (QK - 4 * QK / 64) / 5 + QK / 64 + 2, 54)                                   \
    X(35, "TQ2_0", QK, QK / 4 + 2, 66)                                                             \
    X(39, "MXFP4", 32, 1 + 16, 17)                                                                 \
    X(40, "NVFP4", 64, 4 + 32, 36)                                                                 \
    X(41, "Q1_0", 128, 2 + 16, 18)                                                                 \
    X(42, "Q2_0", 64, 2 + 16, 18)
/* clang-format on */

#define CHECK_BLOCK(id, name, n_element, n_byte, published)                              \
    _Static_assert((n_byte) == (published), "block layout of " name);
BLOCK_LIST(CHECK_BLOCK)
#undef CHECK_BLOCK

typedef struct block_layout {
    const char *name; /* NULL: removed, or never used */
    uint32_t n_element, n_byte;
} block_layout;

static const block_layout blocks[] = {
#define ROW(id, name, n_element, n_byte, published) [id] = {name, n_element, n_byte},
    BLOCK_LIST(ROW)
#undef ROW
};

static const block_layout *find_block(uint32_t type)
{
    if (type >= sizeof blocks / sizeof *blocks || !blocks[type].name) return NULL;
    return &blocks[type];
}

const char *rw_ggml_type_name(uint32_t type)
{
    const block_layout *b = find_block(type);
    return b ? b->name : "unknown";
}

bool rw_ggml_type_block(uint32_t type, uint32_t *n_element, uint32_t *n_byte)
{
    const block_layout *b = find_block(type);
    *n_element = b ? b->n_element : 0;
    *n_byte = b ? b->n_byte : 0;
    return b != NULL;
}
