/* cppcheck.h - what cppcheck must know of jansson, whose headers it does not read. */
#define json_array_foreach(array, i, v)                                                  \
    for (i = 0; (v = json_array_get(array, i)) != 0; i++)
#define json_object_foreach(object, key, v)                                              \
    for (key = first_key(object); (v = json_object_get(object, key)) != 0;               \
         key = next_key(key))
