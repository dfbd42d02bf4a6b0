/* mech_none.c - plain RoPE: theta^(-2n/d), nothing scaled. */
#include "position/mechanism.h"

/* mrope adds sections of axes, all equal for text: what is left is plain. */
static const char *const aliases[] = {"default", "original", "mrope", NULL};

const rw_mech rw_mech_none = {
    .name = "none",
    .source = "Su et al., RoFormer, arXiv 2104.09864",
    .aliases = aliases,
};
