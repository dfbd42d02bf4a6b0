/* convert.h - a conversion in the making: what its parts share. */
#ifndef RW_MODEL_CONVERT_H
#define RW_MODEL_CONVERT_H
#include "model/convert_family.h"

typedef struct rw_conversion {
    const rw_hparams *from;
    rw_hparams *to;
    const rw_family *family;
    const rw_rope_block *block; /* that of full layers */
    uint64_t used;              /* settings of the block that were taken, a bit each */
    ropewalk_error *err;
} rw_conversion;

bool rw_convert_does(const rw_conversion *c, rw_family_deed deed);
static inline bool rw_convert_equal(double a, double b)
{
    return a >= b && a <= b;
}

/** What the config says; with a key when it says nothing, too. */
const rw_hvalue *rw_convert_value(const rw_conversion *c, rw_hparam which);
/** hidden_size / num_attention_heads as Python divides whole numbers; 0 when unknown. */
double rw_convert_width(const rw_conversion *c);
/** The width of a head as the family's class takes it; 0 when unknown. */
double rw_convert_head_dim(const rw_conversion *c);

/** Give GGUF a value. `key` is the config's; the note says where the value stands in GGUF. */
void rw_convert_put(rw_conversion *c, rw_hparam which, double num, const char *key);
/** The same in single precision, which is what GGUF's reals are. */
void rw_convert_put_float(rw_conversion *c, rw_hparam which, double num, const char *key);
/** Note that a key of the config does not reach llama.cpp. */
ropewalk_status rw_convert_lose(rw_conversion *c, const char *key, const char *why);
ropewalk_status rw_convert_lose_value(rw_conversion *c, rw_hparam which, const char *why);
/** E_UNSUPPORTED: where the converter itself gives up. */
ropewalk_status rw_convert_stop(rw_conversion *c, const char *key, const char *why);

/** The keys and tensors of a scaling (convert_scaling.c). */
ropewalk_status rw_convert_scaling(rw_conversion *c);
/** Settings of the scaling that nobody took. */
ropewalk_status rw_convert_lose_rest(rw_conversion *c);
#endif
