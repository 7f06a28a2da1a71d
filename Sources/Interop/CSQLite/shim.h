#include <sqlite3.h>

#include "log_writes.h"

// sqlite3_db_config is variadic, which Swift does not import.
static inline int kessai_sqlite3_config_flag(sqlite3 *database, int option, int on) {
    return sqlite3_db_config(database, option, on, (int *)0);
}

// So is sqlite3_config. Without counts of its memory SQLite takes no lock that all threads share for every allocation; nothing
// reads them. Works only before SQLite's first use.
static inline int kessai_sqlite3_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// SQLITE_TRANSIENT is a cast that Swift does not import; it makes SQLite copy the bytes before it returns.
static inline int kessai_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int kessai_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    if (count == 0) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}
