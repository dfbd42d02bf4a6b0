/* shape.c - how wide heads are and how much of them rotates. */
#include <math.h>
#include <string.h>

#include "model/layer.h"

uint32_t rw_shape_n_head(const rw_hparams *hp)
{
    for (uint32_t layer = 0; hp->n_head_q && layer < hp->n_layer; layer++)
        if (hp->n_head_q[layer]) return hp->n_head_q[layer];
    return 0;
}

uint32_t rw_shape_head_dim(const rw_builder *b, rw_layer_class class, uint32_t layer)
{
    const uint32_t *own = b->hp->head_dim_of;
    return own && own[layer] ? own[layer] : b->head_dim[class];
}

static uint32_t first_head_dim(const rw_hparams *hp)
{
    for (uint32_t layer = 0; hp->head_dim_of && layer < hp->n_layer; layer++)
        if (hp->head_dim_of[layer]) return hp->head_dim_of[layer];
    return 0;
}

/* embedding_length over heads, as every reader does when no key says the head dimension. */
static ropewalk_status share_embedding(rw_builder *b, const rw_hvalue *own)
{
    const rw_hparams *hp = b->hp;
    const rw_hvalue *embedding = &hp->v[RW_HP_EMBEDDING_LENGTH];
    if (!embedding->known)
        return rw_fail(b->err, ROPEWALK_E_FORMAT, 0,
                       "keys %s and %s are both absent: the head dimension is unknown",
                       own->key, embedding->key);
    const uint32_t n_head = rw_shape_n_head(hp);
    const uint32_t total = (uint32_t)embedding->num;
    if (!n_head || total % n_head != 0 || total / n_head % 2 != 0 ||
        total / n_head > RW_MAX_HEAD_DIM)
        return rw_fail(
            b->err, ROPEWALK_E_FORMAT, 0,
            "key %s is %u, which %u heads (key %s) do not share in even parts of at "
            "most %d",
            embedding->key, (unsigned)total, (unsigned)n_head, hp->key_head_q,
            (int)RW_MAX_HEAD_DIM);
    b->head_dim[RW_LAYERS_FULL] = total / n_head;
    return rw_note_key(b, "head_dim", embedding->key,
                       hp->kind == RW_FILE_GGUF
                           ? "embedding_length / attention.head_count; "
                             "attention.key_length is absent"
                           : "hidden_size / num_attention_heads; head_dim is absent");
}

static ropewalk_status find_head_dim(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    const rw_hvalue *nope = &hp->v[RW_HP_NOPE_DIM_MLA],
                    *rope = &hp->v[RW_HP_ROPE_DIM_MLA];
    const rw_hvalue *own = hp->v[RW_HP_HEAD_DIM_MLA].known ? &hp->v[RW_HP_HEAD_DIM_MLA]
                                                           : &hp->v[RW_HP_HEAD_DIM];
    ropewalk_status status;
    if (nope->known && rope->known) {
        b->head_dim[RW_LAYERS_FULL] = (uint32_t)(nope->num + rope->num);
        status = rw_note_key(b, "head_dim", nope->key,
                             "qk_nope_head_dim + qk_rope_head_dim, of latent attention");
    } else if (own->known) {
        b->head_dim[RW_LAYERS_FULL] = (uint32_t)own->num;
        status = rw_note_key(b, "head_dim", own->key, NULL);
    } else if (first_head_dim(hp)) {
        b->head_dim[RW_LAYERS_FULL] = first_head_dim(hp);
        status = rw_note_key(b, "head_dim", own->key, "one a layer");
    } else if (b->arch->head_dim_default) {
        b->head_dim[RW_LAYERS_FULL] = b->arch->head_dim_default;
        status = rw_note_assumed(b, "head_dim",
                                 "the class's default in transformers: no key says it");
    } else {
        status = share_embedding(b, own);
    }
    const uint32_t full = b->head_dim[RW_LAYERS_FULL];
    b->head_dim[RW_LAYERS_SLIDING] =
        (uint32_t)rw_value_or(hp, RW_HP_HEAD_DIM_SLIDING, full);
    if (!status && b->window)
        status = rw_note_known(b, RW_HP_HEAD_DIM_SLIDING, "head_dim_sliding", NULL);
    if (!status && !full)
        status = rw_note_problem(b, RW_PROBLEM_HEAD_DIM, "head_dim", own->key,
                                 "the head dimension is 0");
    return status;
}

/* The projections of layer 0 in a safetensors file say it too. */
static ropewalk_status check_rows(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    if (!hp->rows_k || !hp->n_head_kv || !hp->n_head_kv[0] || b->arch->mla)
        return ROPEWALK_OK;
    const uint64_t rows = hp->rows_k, n = hp->n_head_kv[0];
    if (rows == n * b->head_dim[RW_LAYERS_FULL] ||
        rows == n * b->head_dim[RW_LAYERS_SLIDING])
        return ROPEWALK_OK;
    return rw_note_problem(
        b, RW_PROBLEM_HEAD_DIM, "head_dim", hp->v[RW_HP_HEAD_DIM].key,
        "the key projection of layer 0 has %llu rows for %llu heads, which is not the "
        "head dimension of %u",
        (unsigned long long)rows, (unsigned long long)n,
        (unsigned)b->head_dim[RW_LAYERS_FULL]);
}

/* --- GGUF ------------------------------------------------------------------------------- */

static ropewalk_status rotary_of_gguf(rw_builder *b)
{
    const rw_hparams *hp = b->hp;
    uint32_t *rotary = b->rotary_dim;
    rotary[RW_LAYERS_FULL] =
        (uint32_t)rw_value_or(hp, RW_HP_ROTARY_DIM, b->head_dim[RW_LAYERS_FULL]);
    /* llama.cpp gives sliding layers the count of the full ones, unless told otherwise */
    rotary[RW_LAYERS_SLIDING] =
        (uint32_t)rw_value_or(hp, RW_HP_ROTARY_DIM_SLIDING, rotary[RW_LAYERS_FULL]);
    for (int c = RW_LAYERS_FULL; c < (b->window ? RW_N_LAYER_CLASS : RW_LAYERS_SLIDING);
         c++) {
        if (rotary[c] <= b->head_dim[c]) continue;
        const rw_hparam which =
            c == RW_LAYERS_SLIDING && hp->v[RW_HP_ROTARY_DIM_SLIDING].known
                ? RW_HP_ROTARY_DIM_SLIDING
                : RW_HP_ROTARY_DIM;
        return rw_fail(b->err, ROPEWALK_E_FORMAT, 0,
                       "key %s is %u, more than the %u dimensions of a head",
                       hp->v[which].key, (unsigned)rotary[c], (unsigned)b->head_dim[c]);
    }
    ropewalk_status status =
        hp->v[RW_HP_ROTARY_DIM].known
            ? rw_note_known(b, RW_HP_ROTARY_DIM, "rotary_dim", NULL)
            : rw_note_assumed(b, "rotary_dim",
                              "rope.dimension_count is absent: the whole head");
    if (!status && b->window)
        status = rw_note_known(b, RW_HP_ROTARY_DIM_SLIDING, "rotary_dim_sliding", NULL);
    return status;
}

/* --- config.json ------------------------------------------------------------------------ */

/* What does not come out even is told, and leaves the frequencies unknown. */
static ropewalk_status take_rotary(rw_builder *b, int class, double dim, const char *key)
{
    const uint32_t head_dim = b->head_dim[class];
    const uint32_t n = dim >= 0 && dim <= head_dim ? (uint32_t)dim : head_dim;
    b->rotary_dim[class] = n - n % 2;
    if (dim >= 0 && dim <= head_dim && n % 2 == 0) return ROPEWALK_OK;
    b->dim_unknown = true;
    return rw_note_problem(
        b, RW_PROBLEM_HEAD_DIM, "rotary_dim", key,
        "key %s makes %.10g of the %u dimensions of a head rotate: it must be an even "
        "number of them",
        key, dim, (unsigned)head_dim);
}

/* proportional counts its share in frequencies: all dimensions turn, some at frequency 0. */
static bool counts_own_share(const rw_builder *b, int class)
{
    return strcmp(b->hp->block[class].type, "proportional") == 0;
}

static ropewalk_status rotary_of_class(rw_builder *b, int class)
{
    const rw_hparams *hp = b->hp;
    const bool sliding = class == RW_LAYERS_SLIDING;
    const rw_hvalue *rope = &hp->v[RW_HP_ROPE_DIM_MLA];
    const rw_hvalue *dim = &hp->v[RW_HP_ROTARY_DIM], *part = &hp->v[RW_HP_PARTIAL_FACTOR];
    const char *value = sliding ? "rotary_dim_sliding" : "rotary_dim";
    if (sliding && hp->v[RW_HP_ROTARY_DIM_SLIDING].known)
        dim = &hp->v[RW_HP_ROTARY_DIM_SLIDING];
    if (sliding && (hp->nested_blocks || hp->v[RW_HP_PARTIAL_FACTOR_SLIDING].known))
        part = &hp->v[RW_HP_PARTIAL_FACTOR_SLIDING];
    const uint32_t head_dim = b->head_dim[class];
    ropewalk_status status;
    if (rope->known &&
        (b->arch->mla || b->arch->tail || hp->v[RW_HP_NOPE_DIM_MLA].known)) {
        status = take_rotary(b, class, rope->num, rope->key);
        return status ? status : rw_note_key(b, value, rope->key, NULL);
    }
    if (b->arch->whole_head) {
        b->rotary_dim[class] = head_dim;
        return rw_note_assumed(b, value,
                               "the whole head: the class reads no key that says less");
    }
    if (counts_own_share(b, class)) {
        b->rotary_dim[class] = head_dim;
        return rw_note_assumed(b, value,
                               "the whole head: proportional scaling stops the pairs "
                               "beyond its share instead");
    }
    if (dim->known && (b->arch->by_rotary_dim || !part->known)) {
        status = take_rotary(b, class, dim->num, dim->key);
        return status ? status : rw_note_key(b, value, dim->key, NULL);
    }
    if (part->known) {
        const double share = floor(part->num * head_dim);
        status = take_rotary(b, class, share, part->key);
        if (!status && dim->known && !sliding && (dim->num < share || dim->num > share))
            status = rw_note_problem(
                b, RW_PROBLEM_HEAD_DIM, "rotary_dim", dim->key,
                "key %s is %.10g, but key %s makes %.10g of %u dimensions rotate",
                dim->key, dim->num, part->key, share, (unsigned)head_dim);
        return status ? status : rw_note_key(b, value, part->key, "its part of head_dim");
    }
    if (b->arch->partial_default > 0.0) {
        b->rotary_dim[class] = (uint32_t)(b->arch->partial_default * head_dim) / 2 * 2;
        return rw_note_assumed(b, value,
                               "absent: the share that the architecture's class fixes");
    }
    b->rotary_dim[class] = head_dim;
    return sliding ? ROPEWALK_OK
                   : rw_note_assumed(b, value, "no key says less: the whole head");
}

static ropewalk_status rotary_of_config(rw_builder *b)
{
    ropewalk_status status = rotary_of_class(b, RW_LAYERS_FULL);
    if (!status) status = rotary_of_class(b, RW_LAYERS_SLIDING);
    return status;
}

/* --- both ------------------------------------------------------------------------------- */

ropewalk_status rw_shape_find(rw_builder *b)
{
    ropewalk_status status = find_head_dim(b);
    if (!status) status = check_rows(b);
    if (!status)
        status = b->hp->kind == RW_FILE_GGUF ? rotary_of_gguf(b) : rotary_of_config(b);
    if (status) return status;
    const uint32_t rotary_dim = b->rotary_dim[RW_LAYERS_FULL];
    if (!rotary_dim && b->arch->kind == RW_ARCH_ROPE && b->hp->v[RW_HP_ROTARY_DIM].known)
        status = rw_note_warn(b, "key %s is 0: no dimension is rotated",
                              b->hp->v[RW_HP_ROTARY_DIM].key);
    if (!status && b->arch->mla && rotary_dim && b->info->positions == RW_POSITIONS_ROPE)
        status = rw_note_warn(
            b, "latent attention rotates the last %u dimensions of a head, not the first",
            (unsigned)rotary_dim);
    return status;
}
