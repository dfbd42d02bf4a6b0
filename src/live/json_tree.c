/* json_tree.c - the part of jansson that writing a document needs, where there is no jansson to link.
 *
 * jansson.h is the interface. Objects keep the order of insertion and are not searched for
 * repeated keys: our writers set each key once. */
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"

typedef struct member {
    struct member *next;
    json_t *value;
    char key[]; /* of an object; "" in an array */
} member;

typedef struct node {
    json_t head; /* first: a json_t * is a node * */
    union {
        json_int_t integer;
        double real;
        char *string;
        struct {
            member *first, *last;
            size_t n;
        } list;
    } is;
} node;

static const node *node_of(const json_t *v)
{
    return (const node *)(const void *)v;
}

static node *new_node(json_type type)
{
    node *n = rw_calloc(1, sizeof *n);
    if (n) n->head = (json_t){type, 1};
    return n;
}

static json_t *value_of(node *n)
{
    return n ? &n->head : NULL;
}

json_t *json_object(void)
{
    return value_of(new_node(JSON_OBJECT));
}

json_t *json_array(void)
{
    return value_of(new_node(JSON_ARRAY));
}

json_t *json_integer(json_int_t value)
{
    node *n = new_node(JSON_INTEGER);
    if (n) n->is.integer = value;
    return value_of(n);
}

json_t *json_real(double value)
{
    node *n = new_node(JSON_REAL);
    if (n) n->is.real = value;
    return value_of(n);
}

json_t *json_string(const char *value)
{
    node *n = new_node(JSON_STRING);
    if (n && !(n->is.string = rw_strdup(value))) {
        rw_free(n);
        return NULL;
    }
    return value_of(n);
}

json_t *json_true(void)
{
    return value_of(new_node(JSON_TRUE));
}

json_t *json_false(void)
{
    return value_of(new_node(JSON_FALSE));
}

json_t *json_null(void)
{
    return value_of(new_node(JSON_NULL));
}

void json_delete(json_t *json)
{
    node *n = (node *)(void *)json;
    if (json_is_string(json)) rw_free(n->is.string);
    if (json_is_object(json) || json_is_array(json))
        for (member *m = n->is.list.first, *next; m; m = next) {
            next = m->next;
            json_decref(m->value);
            rw_free(m);
        }
    rw_free(n);
}

static int append(json_t *to, const char *key, json_t *value)
{
    const size_t length = strlen(key);
    member *m = to && value ? rw_malloc(sizeof *m + length + 1) : NULL;
    if (!m) {
        json_decref(value);
        return -1;
    }
    m->next = NULL;
    m->value = value;
    memcpy(m->key, key, length + 1);
    node *n = (node *)(void *)to;
    if (n->is.list.last)
        n->is.list.last->next = m;
    else
        n->is.list.first = m;
    n->is.list.last = m;
    n->is.list.n++;
    return 0;
}

int json_object_set_new(json_t *object, const char *key, json_t *value)
{
    return append(object, key, value);
}

int json_array_append_new(json_t *array, json_t *value)
{
    return append(array, "", value);
}

json_t *json_object_get(const json_t *object, const char *key)
{
    if (!json_is_object(object)) return NULL;
    for (const member *m = node_of(object)->is.list.first; m; m = m->next)
        if (strcmp(m->key, key) == 0) return m->value;
    return NULL;
}

size_t json_object_size(const json_t *object)
{
    return json_is_object(object) ? node_of(object)->is.list.n : 0;
}

size_t json_array_size(const json_t *array)
{
    return json_is_array(array) ? node_of(array)->is.list.n : 0;
}

json_t *json_array_get(const json_t *array, size_t index)
{
    if (!json_is_array(array)) return NULL;
    const member *m = node_of(array)->is.list.first;
    while (m && index--)
        m = m->next;
    return m ? m->value : NULL;
}

void *json_object_iter(json_t *object)
{
    return json_is_object(object) ? node_of(object)->is.list.first : NULL;
}

void *json_object_iter_next(json_t *object, void *iter)
{
    (void)object;
    return iter ? ((member *)iter)->next : NULL;
}

const char *json_object_iter_key(void *iter)
{
    return iter ? ((member *)iter)->key : NULL;
}

json_t *json_object_iter_value(void *iter)
{
    return iter ? ((member *)iter)->value : NULL;
}

void *json_object_key_to_iter(const char *key)
{
    return key ? (void *)(uintptr_t)(key - offsetof(member, key)) : NULL;
}

const char *json_string_value(const json_t *string)
{
    return json_is_string(string) ? node_of(string)->is.string : NULL;
}

size_t json_string_length(const json_t *string)
{
    return json_is_string(string) ? strlen(node_of(string)->is.string) : 0;
}

json_int_t json_integer_value(const json_t *integer)
{
    return json_is_integer(integer) ? node_of(integer)->is.integer : 0;
}

double json_real_value(const json_t *real)
{
    return json_is_real(real) ? node_of(real)->is.real : 0.0;
}

/* One value of json_pack()'s arguments; NULL for a letter that none of our writers uses. */
static json_t *packed(char letter, va_list *args)
{
    switch (letter) {
    case 's': return json_string(va_arg(*args, const char *));
    case 'o': return va_arg(*args, json_t *);
    case 'i': return json_integer(va_arg(*args, int));
    case 'I': return json_integer(va_arg(*args, json_int_t));
    case 'f': return json_real(va_arg(*args, double));
    case 'b': return va_arg(*args, int) ? json_true() : json_false();
    default: return NULL;
    }
}

/* "{s:o, s:I}": one flat object. Every argument is taken, so that none is lost where one fails. */
json_t *json_pack(const char *fmt, ...)
{
    json_t *object = json_object();
    bool failed = false;
    const char *key = NULL;
    va_list args;
    va_start(args, fmt);
    for (const char *c = fmt; *c; c++) {
        if (strchr("{}:, ", *c)) continue;
        if (!key) {
            key = va_arg(args, const char *);
            continue;
        }
        failed |= append(object, key, packed(*c, &args)) != 0;
        key = NULL;
    }
    va_end(args);
    if (!failed) return object;
    json_decref(object);
    return NULL;
}
