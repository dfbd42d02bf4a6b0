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
    RW_DYNAMIC_UNSCALED, /* one table, made for max_position_embeddings: factor has no effect */
    RW_DYNAMIC_NOT_RUN,
} rw_dynamic_choice;

/* What stands in for the original context of yarn, llama3 and longrope where no key gives it. */
typedef enum rw_original_choice {
    RW_ORIGINAL_ADVERTISED, /* the advertised one */
    RW_ORIGINAL_FIXED,      /* a number in the code of the mechanism; none for longrope */
} rw_original_choice;

/* One sentence about one point, and how it is known. */
typedef struct rw_engine_note {
    const char *point; /* "yarn truncate" */
    const char *does;
    const char *source; /* file read, or a link; NULL: believed, not read */
} rw_engine_note;

/* A word of a scaling block that an engine does not act on. */
typedef struct rw_engine_deaf {
    const char *mech, *word; /* "yarn", "truncate" */
    bool latent;             /* in latent attention alone */
} rw_engine_deaf;

typedef struct rw_engine {
    const char *name;    /* "transformers" */
    const char *version; /* the source its rules were read from */
    bool reads_gguf;     /* llama.cpp: a config.json is converted first */
    bool truncate;       /* honours truncate: false of yarn */
    bool mscale_alone;   /* one of mscale and mscale_all_dim counts without the other */
    bool mscale_alone_latent; /* in latent attention alone */
    bool truncate_nested;     /* also where blocks stand under types of layers */
    bool
        original_outside; /* the original context outside the block wins over the block's */
    rw_original_choice original_missing;
    bool telechat3_as_yarn; /* with yarn's magnitude, not 0.07 ln s + 1 */
    bool class_defaults;    /* takes what transformers' configuration classes assume */
    bool attention_factor;  /* honours an explicit attention_factor of yarn */
    rw_longrope_choice longrope;
    rw_dynamic_choice dynamic;
    rw_profile profile; /* how it evaluates angles */
    /* Mechanisms it runs, and model types in which it reads rope_parameters, the keys of
     * transformers 5; both of config.json alone and NULL-terminated. NULL: all. */
    const char *const *runs, *const *parameters_in;
    /* Model types whose softmax scale it does not multiply by mscale^2; NULL: none. */
    const char *const *no_mscale_in;
    const rw_engine_deaf *deaf; /* more words than the two above; config.json alone */
    size_t n_deaf;
    const rw_engine_note *notes;
    size_t n_note;
} rw_engine;

/* transformers, llama.cpp, vllm, mlx-lm; NULL-terminated. */
extern const rw_engine *const rw_engine_table[];
/** Does the engine act on a word of a config's scaling block? `latent`: in latent attention;
 *  `nested`: the block stands under a type of layers. */
bool rw_engine_reads(const rw_engine *engine, const char *mech, const char *word,
                     bool latent, bool nested);
/** Does it run a mechanism, or refuse files that ask for it? */
bool rw_engine_runs(const rw_engine *engine, const char *mech);
/** Does it read rope_parameters of this model type? */
bool rw_engine_reads_parameters(const rw_engine *engine, const char *model_type);
/** Does it multiply the softmax scale of this model type by yarn's magnitude, squared? */
bool rw_engine_scales_softmax(const rw_engine *engine, const char *model_type);
/** By name; NULL when there is none. */
const rw_engine *rw_engine_find(const char *name);
#endif
