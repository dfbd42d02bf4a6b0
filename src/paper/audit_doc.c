/* audit_doc.c - reading an audit's JSON. */
#include "paper/audit_doc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const json_t *at(const json_t *object, const char *path)
{
    char key[64];
    while (object && *path) {
        const size_t n = strcspn(path, ".");
        if (n >= sizeof key) return NULL;
        memcpy(key, path, n);
        key[n] = '\0';
        object = json_object_get(object, key);
        path += n + (path[n] == '.');
    }
    return object;
}

double rw_doc_number(const json_t *object, const char *path)
{
    const json_t *value = at(object, path);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *rw_doc_string(const json_t *object, const char *path)
{
    const char *s = json_string_value(at(object, path));
    return s ? s : "";
}

double rw_doc_head(const json_t *head, int64_t context, const char *path)
{
    size_t i;
    const json_t *row;
    json_array_foreach (json_object_get(head, "contexts"), i, row)
        if (json_integer_value(json_object_get(row, "context")) == context)
            return rw_doc_number(row, path);
    return (double)NAN;
}

int64_t rw_doc_advertised(const json_t *audit)
{
    return json_integer_value(at(audit, "settings.advertised_context"));
}

int64_t rw_doc_largest(const json_t *audit)
{
    int64_t largest = 0;
    size_t i;
    const json_t *value;
    json_array_foreach (at(audit, "settings.contexts"), i, value)
        if (json_integer_value(value) > largest) largest = json_integer_value(value);
    return largest;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double rw_doc_median(const json_t *audit, int64_t context, const char *path, size_t *n)
{
    const json_t *heads = json_object_get(audit, "heads"), *head;
    double *value = rw_array(json_array_size(heads) + 1, sizeof *value);
    size_t i, count = 0;
    json_array_foreach (heads, i, head) {
        if (!value) break;
        const double x = rw_doc_head(head, context, path);
        if (!isnan(x)) value[count++] = x;
    }
    double median = (double)NAN;
    if (count) {
        qsort(value, count, sizeof *value, ascending);
        median =
            count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
    }
    rw_free(value);
    if (n) *n = count;
    return median;
}
