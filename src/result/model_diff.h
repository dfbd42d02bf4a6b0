/* model_diff.h - descriptions of one model side by side: plain data, written by report/. */
#ifndef RW_RESULT_MODEL_DIFF_H
#define RW_RESULT_MODEL_DIFF_H
#include "result/contrast.h"
#include "result/finding.h"
#include "result/model_info.h"

enum { RW_MAX_DIFF_SIDE = 8, RW_MAX_DIFF_POSITION = 16, RW_MAX_DIFF_TABLE = 8 };

typedef enum rw_diff_kind {
    RW_DIFF_DESCRIPTIONS, /* two files */
    RW_DIFF_CONVERTED, /* what the converter would have written against what stands there */
    RW_DIFF_ENGINES,   /* one file, several engines */
    RW_DIFF_EXECUTED, /* declared against captured */
} rw_diff_kind;
const char *rw_diff_kind_name(rw_diff_kind kind); /* "descriptions", ... */

/* How an engine treats a point at which engines differ; strings are static. */
typedef struct rw_diff_note {
    const char *point, *does;
    const char *source; /* NULL: believed, not read */
} rw_diff_note;

/* One description. */
typedef struct rw_diff_side {
    char label[32]; /* "A", "B", or the engine's name */
    char what[96];  /* "config.json", "GGUF", "GGUF as llama.cpp's converter writes it" */
    const char *engine, *version; /* whose rules; static, NULL for a capture */
    bool gguf;                    /* its numbers went through float32 */
    char *absent; /* why there is no description; NULL: info is filled. Owned */
    rw_model_info info;
    rw_diff_note *note; /* owned */
    uint32_t n_note;
    const char *profile; /* how its angles are evaluated: name, NULL when unknown */
} rw_diff_side;

/* What one side does on a class of layers. */
typedef struct rw_diff_cell {
    int32_t layer; /* index into info.layers of the class's first layer; -1: none */
    rw_contrast contrast; /* with side 0; all zero for side 0 */
    uint32_t expected;    /* of contrast.differs: what the kinds of file explain */
    double phase_rad[RW_MAX_DIFF_POSITION];          /* NaN unless contrast.frequencies */
    uint32_t beyond_half_turn[RW_MAX_DIFF_POSITION]; /* pairs */
    /* Farthest two positions a window lets meet, times phase_rate; NaN without a window that limits. */
    double window_phase_rad;
    double
        angle_error_rad[RW_MAX_DIFF_POSITION]; /* by the engine's arithmetic alone; NaN */
} rw_diff_cell;

/* Layers on which no side changes its mind. */
typedef struct rw_diff_class {
    uint32_t *layer; /* ascending; owned */
    uint32_t n_layer;
    rw_diff_cell cell[RW_MAX_DIFF_SIDE];
} rw_diff_class;

/* Sides under one set of conditions; side 0 is the reference. */
typedef struct rw_diff_table {
    rw_diff_kind kind;
    int64_t context, length; /* served, and tokens so far; 0: each side's own */
    bool short_prompt;       /* length is that of a short prompt */
    bool told;               /* what differs in it is what differs in the first table */
    rw_diff_side side[RW_MAX_DIFF_SIDE];
    uint32_t n_side;
    rw_diff_class *list; /* classes of layers, by their first layer; owned */
    uint32_t n_class;
} rw_diff_table;

typedef struct rw_model_diff {
    rw_diff_table table[RW_MAX_DIFF_TABLE];
    uint32_t n_table;
    int64_t position[RW_MAX_DIFF_POSITION]; /* ascending */
    uint32_t n_position;
    rw_findings findings;
    char verdict[1024]; /* the answer in a sentence or two */
} rw_model_diff;

void rw_model_diff_init(rw_model_diff *diff);
void rw_model_diff_clear(rw_model_diff *diff);

void rw_diff_table_clear(rw_diff_table *table);

/** Whether a side differs from side 0 in something that nothing explains. */
bool rw_diff_has(const rw_diff_cell *cell, rw_differs what);
/** Whether scores come out scaled differently: a^2 s, or s alone where part of a head is not
 *  rotated. */
bool rw_diff_scores(const rw_diff_table *table, uint32_t side,
                    const rw_diff_class *class_of);
/** The layer and the rotation behind a cell; NULL when there is none. */
const rw_layer_info *rw_diff_layer(const rw_diff_side *side, const rw_diff_cell *cell);
const rw_rotation_info *rw_diff_rotation(const rw_diff_side *side,
                                         const rw_diff_cell *cell);
#endif
