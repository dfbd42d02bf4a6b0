/* engine.h - what a runtime does with a description: the points at which engines differ. */
#ifndef RW_MODEL_ENGINE_H
#define RW_MODEL_ENGINE_H
#include <stdbool.h>
#include <stddef.h>

#include "position/precision.h"

/* Which of LongRoPE's two tables is used. */
typedef enum rw_longrope_choice {
    RW_LONGROPE_BY_LENGTH,  /* long once the tokens so far exceed the original context */
    RW_LONGROPE_BY_CONTEXT, /* long when the context that was allocated exceeds it */
    RW_LONGROPE_ALWAYS_LONG,
} rw_longrope_choice;

/* What becomes of NTK scaling that grows with the length. */
typedef enum rw_dynamic_choice {
    RW_DYNAMIC_BY_LENGTH, /* recomputed as the tokens grow */
    RW_DYNAMIC_BY_FACTOR, /* one table, made for factor times max_position_embeddings */
    RW_DYNAMIC_NOT_RUN,
} rw_dynamic_choice;

/* One sentence about one point, and how it is known. */
typedef struct rw_engine_note {
    const char *point; /* "yarn truncate" */
    const char *does;
    const char *source; /* file read, or a link; NULL: believed, not read */
} rw_engine_note;

typedef struct rw_engine {
    const char *name;      /* "transformers" */
    const char *version;   /* the source its rules were read from */
    bool reads_gguf;       /* llama.cpp: a config.json is converted first */
    bool truncate;         /* honours truncate: false of yarn */
    bool attention_factor; /* honours an explicit attention_factor of yarn */
    rw_longrope_choice longrope;
    rw_dynamic_choice dynamic;
    rw_profile profile; /* how it evaluates angles */
    const rw_engine_note *notes;
    size_t n_note;
} rw_engine;

/* transformers, llama.cpp, vllm, mlx-lm; NULL-terminated. */
extern const rw_engine *const rw_engine_table[];
/** By name; NULL when there is none. */
const rw_engine *rw_engine_find(const char *name);
#endif
