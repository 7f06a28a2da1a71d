// What SQLite itself can do in a time: runs a file of prepared statements with their values in a bare loop, a commit for every 64
// events, with the write-ahead log and synchronous=FULL.
//
// The file: a count of statements, and each as length and text; then a count of events, and for each its statements in
// order: the statement's number, a count of values, and the values, each a letter ('n', 'i', 't', 'b') and what it is: an
// integer of 8 bytes, or length and bytes. Counts, numbers and lengths have 4 bytes, all little-endian.
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static sqlite3 *database;
static const unsigned char *at, *end;

static void fail(const char *what) {
    fprintf(stderr, "sqlite-limit: %s: %s\n", what, database ? sqlite3_errmsg(database) : "");
    exit(1);
}

static const void *take(size_t count) {
    if ((size_t)(end - at) < count) fail("the file ends early");
    const void *taken = at;
    at += count;
    return taken;
}

static uint32_t take_count(void) {
    uint32_t value;
    memcpy(&value, take(4), 4);
    return value;
}

static void run(const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql);
}

static void bind(sqlite3_stmt *statement, int place) {
    char letter = *(const char *)take(1);
    int64_t integer;
    uint32_t length;
    switch (letter) {
    case 'n': sqlite3_bind_null(statement, place); return;
    case 'i':
        memcpy(&integer, take(8), 8);
        sqlite3_bind_int64(statement, place, integer);
        return;
    default:
        length = take_count();
        if (letter == 't') sqlite3_bind_text64(statement, place, take(length), length, SQLITE_STATIC, SQLITE_UTF8);
        else sqlite3_bind_blob64(statement, place, take(length), length, SQLITE_STATIC);
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **words) {
    if (count != 5) fail("usage: sqlite-limit DATABASE STATEMENTS EVENTS-A-COMMIT SECONDS");
    int file = open(words[2], O_RDONLY), batch = atoi(words[3]);
    struct stat size;
    if (file < 0 || fstat(file, &size) != 0 || batch < 1) fail("cannot read");
    at = mmap(NULL, (size_t)size.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (at == MAP_FAILED) fail("cannot map");
    end = at + size.st_size;
    if (sqlite3_open_v2(words[1], &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) fail("open");
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON");

    uint32_t statements_count = take_count();
    sqlite3_stmt **statements = calloc(statements_count, sizeof *statements);
    if (!statements) fail("no memory");
    for (uint32_t i = 0; i < statements_count; i++) {
        uint32_t length = take_count();
        if (sqlite3_prepare_v3(database, take(length), (int)length, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL) != SQLITE_OK)
            fail("prepare");
    }
    uint32_t events = take_count();
    double seconds_max = atof(words[4]);
    double begin = seconds();
    for (uint32_t event = 0; event < events; event++) {
        if (event % (uint32_t)batch == 0) run("BEGIN IMMEDIATE");
        for (uint32_t left = take_count(); left > 0; left--) {
            sqlite3_stmt *statement = statements[take_count()];
            int values = (int)take_count(), code;
            for (int place = 1; place <= values; place++) bind(statement, place);
            while ((code = sqlite3_step(statement)) == SQLITE_ROW)
                for (int column = sqlite3_column_count(statement) - 1; column >= 0; column--) sqlite3_column_text(statement, column);
            if (code != SQLITE_DONE) fail(sqlite3_sql(statement));
            sqlite3_reset(statement);
        }
        if ((event + 1) % (uint32_t)batch != 0 && event + 1 != events) continue;
        run("COMMIT");
        if (seconds() - begin >= seconds_max) events = event + 1;
    }
    double took = seconds() - begin;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"events\":%u,\"batch\":%d,\"seconds\":%.4f,\"per_second\":%.1f,\"cpu_us\":%.2f}\n", events, batch, took,
        events / took, cpu * 1e6 / events);
    for (uint32_t i = 0; i < statements_count; i++) sqlite3_finalize(statements[i]);
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
