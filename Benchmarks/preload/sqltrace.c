// Preloaded into a program that links SQLite: writes down every statement that it runs, with the values bound.
//
// A statement is a line "S connection sql", followed by a line for each value: "N place", "I place integer", "T place text"
// or "B place bytes"; sql, text and bytes in hexadecimal. SQLTRACE_FILE names the file. For a program that runs a few
// statements: it is slow, and remembers at most 4,096 of them.
#include <dlfcn.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS_MAX = 4096, VALUES_MAX = 64 };

struct seen {
    sqlite3_stmt *statement;
    bool runs;
    char *values[VALUES_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct seen all[STATEMENTS_MAX];
static FILE *file;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// The entry of a statement, made when there is none; NULL when too many are known.
static struct seen *entry(sqlite3_stmt *statement) {
    struct seen *empty = NULL;
    for (int i = 0; i < STATEMENTS_MAX; i++) {
        if (all[i].statement == statement) return &all[i];
        if (!all[i].statement && !empty) empty = &all[i];
    }
    if (empty) *empty = (struct seen){.statement = statement};
    return empty;
}

static char *hex(const void *bytes, size_t count) {
    char *text = malloc(2 * count + 1);
    if (!text) abort();
    for (size_t i = 0; i < count; i++) sprintf(text + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
    text[2 * count] = 0;
    return text;
}

static void note(sqlite3_stmt *statement, int place, char letter, char *text) {
    pthread_mutex_lock(&lock);
    struct seen *seen = entry(statement);
    if (seen && place < VALUES_MAX) {
        free(seen->values[place]);
        if (asprintf(&seen->values[place], "%c %d %s", letter, place, text) < 0) abort();
    }
    pthread_mutex_unlock(&lock);
    free(text);
}

int sqlite3_bind_null(sqlite3_stmt *s, int place) {
    note(s, place, 'N', strdup(""));
    return NEXT(sqlite3_bind_null)(s, place);
}

int sqlite3_bind_int64(sqlite3_stmt *s, int place, sqlite3_int64 value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", value);
    note(s, place, 'I', strdup(text));
    return NEXT(sqlite3_bind_int64)(s, place, value);
}

int sqlite3_bind_text64(sqlite3_stmt *s, int place, const char *t, sqlite3_uint64 n, void (*d)(void *), unsigned char e) {
    note(s, place, 'T', hex(t, n));
    return NEXT(sqlite3_bind_text64)(s, place, t, n, d, e);
}

int sqlite3_bind_text(sqlite3_stmt *s, int place, const char *t, int n, void (*d)(void *)) {
    note(s, place, 'T', hex(t, n < 0 ? strlen(t) : (size_t)n));
    return NEXT(sqlite3_bind_text)(s, place, t, n, d);
}

int sqlite3_bind_blob64(sqlite3_stmt *s, int place, const void *b, sqlite3_uint64 n, void (*d)(void *)) {
    note(s, place, 'B', hex(b, n));
    return NEXT(sqlite3_bind_blob64)(s, place, b, n, d);
}

int sqlite3_bind_blob(sqlite3_stmt *s, int place, const void *b, int n, void (*d)(void *)) {
    note(s, place, 'B', hex(b, (size_t)n));
    return NEXT(sqlite3_bind_blob)(s, place, b, n, d);
}

int sqlite3_bind_zeroblob(sqlite3_stmt *s, int place, int n) {
    note(s, place, 'B', strdup(""));
    return NEXT(sqlite3_bind_zeroblob)(s, place, n);
}

int sqlite3_step(sqlite3_stmt *s) {
    pthread_mutex_lock(&lock);
    struct seen *seen = entry(s);
    if (!file && getenv("SQLTRACE_FILE")) file = fopen(getenv("SQLTRACE_FILE"), "w");
    const char *text = sqlite3_sql(s); // the library's own statements have none
    if (seen && !seen->runs && file && text) {
        seen->runs = true;
        char *sql = hex(text, strlen(text));
        fprintf(file, "S %p %s\n", (void *)sqlite3_db_handle(s), sql);
        for (int i = 0; i < VALUES_MAX; i++)
            if (seen->values[i]) fprintf(file, "%s\n", seen->values[i]);
        fflush(file);
        free(sql);
    }
    pthread_mutex_unlock(&lock);
    return NEXT(sqlite3_step)(s);
}

static void forget(sqlite3_stmt *s, bool values) {
    pthread_mutex_lock(&lock);
    struct seen *seen = entry(s);
    if (seen) seen->runs = false;
    for (int i = 0; seen && values && i < VALUES_MAX; i++) free(seen->values[i]), seen->values[i] = NULL;
    pthread_mutex_unlock(&lock);
}

int sqlite3_reset(sqlite3_stmt *s) {
    forget(s, false);
    return NEXT(sqlite3_reset)(s);
}

int sqlite3_clear_bindings(sqlite3_stmt *s) {
    forget(s, true);
    return NEXT(sqlite3_clear_bindings)(s);
}

int sqlite3_finalize(sqlite3_stmt *s) {
    forget(s, true);
    pthread_mutex_lock(&lock);
    struct seen *seen = entry(s);
    if (seen) seen->statement = NULL;
    pthread_mutex_unlock(&lock);
    return NEXT(sqlite3_finalize)(s);
}
