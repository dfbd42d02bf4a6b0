/* contrast.h - how two descriptions of one layer differ: plain data. */
#ifndef RW_RESULT_CONTRAST_H
#define RW_RESULT_CONTRAST_H
#include <stdbool.h>
#include <stdint.h>

/* What may differ; bits of rw_contrast.differs. */
typedef enum rw_differs {
    RW_DIFFERS_LAYER,     /* one of the two has no such layer */
    RW_DIFFERS_ATTENTION, /* full, sliding, linear, none */
    RW_DIFFERS_WINDOW,
    RW_DIFFERS_HEADS, /* head_dim, or the number of heads */
    RW_DIFFERS_NOPE,  /* one rotates, the other does not */
    RW_DIFFERS_ROTARY_DIM,
    RW_DIFFERS_FREQUENCY,     /* beyond what rounding explains */
    RW_DIFFERS_UNKNOWN,       /* only one of the two has frequencies */
    RW_DIFFERS_PAIRS,         /* half or interleaved */
    RW_DIFFERS_OFFSET,        /* first rotated dimension */
    RW_DIFFERS_SECTION,       /* axes of M-RoPE */
    RW_DIFFERS_ATTN_FACTOR,   /* a: multiplies cos and sin */
    RW_DIFFERS_SOFTMAX_SCALE, /* s */
    RW_DIFFERS_SCORE_FACTOR,  /* a^2 s: what a rotated score is multiplied by */
    RW_N_DIFFERS
} rw_differs;

typedef struct rw_contrast {
    uint32_t differs; /* 1 << rw_differs */
    bool frequencies; /* both have as many: the rest is set */
    bool rounded;     /* they differ, by no more than rounding explains */
    uint32_t n_pair;  /* that differ beyond rounding */
    double
        frequency_error; /* largest |b - a| / a over the pairs; infinite where a is 0 */
    uint32_t worst_pair; /* where */
    double tolerance;    /* what rounding explains at that pair, relative */
    double phase_rate;   /* largest |b - a|, radian a position */
    uint32_t phase_pair; /* where */
} rw_contrast;

static inline bool rw_contrast_has(const rw_contrast *c, rw_differs what)
{
    return (c->differs >> what & 1u) != 0;
}
#endif
