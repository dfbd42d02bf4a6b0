/* limits.h - what a file may ask of the readers. A limit that is hit is an error, never a
 * silent stop; each is far above any model known and far below what would hurt. */
#ifndef RW_FORMAT_LIMITS_H
#define RW_FORMAT_LIMITS_H

#define RW_MAX_STRING (16u << 20)       /* bytes of one string value */
#define RW_MAX_KEY_NAME 65535u          /* bytes of a key's name, GGUF's own rule */
#define RW_MAX_TENSOR_NAME 1023u        /* bytes of a tensor's name */
#define RW_MAX_KEY 1000000u             /* key-value pairs of a GGUF file */
#define RW_MAX_TENSOR 1000000u          /* tensors of a file, or of a split set */
#define RW_MAX_DIM 8u                   /* dimensions of a tensor */
#define RW_MAX_ARRAY_DEPTH 4u           /* arrays within arrays in a GGUF value */
#define RW_MAX_ALIGNMENT (1u << 20)     /* bytes, general.alignment of GGUF */
#define RW_MAX_SPLIT 9999u              /* files of a split GGUF set */
#define RW_MAX_JSON_HEADER (100u << 20) /* bytes of a safetensors header, its own rule */
#define RW_MAX_REMOTE_HEAD (256u << 20) /* bytes of keys and directory behind a network */
#define RW_MAX_FETCH (1u << 20)         /* bytes of one tensor behind a network */
#define RW_MAX_CONFIG (16u << 20)       /* bytes of a config.json */
#define RW_MAX_CONFIG_VALUE 400000u     /* values in it */
#define RW_MAX_CONFIG_CONTAINER 100000u /* lists and objects in it */
#define RW_MAX_SHARD 4096u              /* safetensors files of a folder */
#define RW_LIMIT_HEAD_DIM 4096u         /* of captured or given vectors */
#define RW_MAX_HEAD 65536u              /* heads of a layer */
#define RW_MAX_LAYER 65536u             /* layers of a model */
#define RW_MAX_INV_FREQ 1024.0 /* radians a position: the range of the sine evaluation */
#define RW_MAX_POSITION 2147483647 /* captured positions are below 2^31 */
#endif
