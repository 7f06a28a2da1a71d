#include <jansson.h>

// json_decref is an inline function over atomics that Swift does not import.
static inline void kessai_json_decref(json_t *value) { json_decref(value); }
