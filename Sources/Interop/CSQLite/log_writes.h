// A layer over SQLite's own file system that puts the many small writes of a commit together.
//
// A commit appends its pages to the write-ahead log, a head of 24 bytes and a page in turn, each by a system call. They follow
// each other, so while COMMIT runs they are kept until SQLite asks for the sync that makes the commit durable, or for anything
// else. That is safe exactly where every commit is synced before anybody is told of it, which `PRAGMA synchronous = FULL` means:
// what is still kept here is no commit yet. Outside of COMMIT nothing is kept: what a transaction that was given up had kept
// must never be written later, over what another connection has committed at the same place. Only the log of a connection that
// writes is treated so; everything else is SQLite's own.
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define KESSAI_LOG_WRITES_VFS "kessai-log-writes"

// SQLite's own writes end at 64 KiB, and its unix file system cuts the length of a write to 17 bits.
enum { kessai_log_writes_max = 120 * 1024 };

typedef struct kessai_log_file {
    sqlite3_file base;
    sqlite3_file *real;
    int isCommitting;
    char *kept;
    int count;
    sqlite3_int64 offset;
} kessai_log_file;

static inline sqlite3_file *kessai_log_real(sqlite3_file *file) { return ((kessai_log_file *)file)->real; }

// What was kept goes to the file. When that fails it is forgotten: SQLite gives the transaction up, and writes there again.
static inline int kessai_log_flush(sqlite3_file *file) {
    kessai_log_file *log = (kessai_log_file *)file;
    int count = log->count;
    log->count = 0;
    return count == 0 ? SQLITE_OK : log->real->pMethods->xWrite(log->real, log->kept, count, log->offset);
}

static inline int kessai_log_close(sqlite3_file *file) {
    kessai_log_file *log = (kessai_log_file *)file;
    int flushed = kessai_log_flush(file);
    int closed = log->real->pMethods->xClose(log->real);
    free(log->kept);
    log->kept = 0;
    return flushed == SQLITE_OK ? closed : flushed;
}

static inline int kessai_log_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    int flushed = kessai_log_flush(file);
    sqlite3_file *real = kessai_log_real(file);
    return flushed == SQLITE_OK ? real->pMethods->xRead(real, bytes, count, offset) : flushed;
}

static inline int kessai_log_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    kessai_log_file *log = (kessai_log_file *)file;
    if (log->count > 0 && (offset != log->offset + log->count || log->count + count > kessai_log_writes_max)) {
        int flushed = kessai_log_flush(file);
        if (flushed != SQLITE_OK) return flushed;
    }
    if (log->isCommitting && log->kept == 0) log->kept = malloc(kessai_log_writes_max);
    if (!log->isCommitting || log->kept == 0 || count > kessai_log_writes_max) {
        return log->real->pMethods->xWrite(log->real, bytes, count, offset);
    }
    if (log->count == 0) log->offset = offset;
    memcpy(log->kept + log->count, bytes, (size_t)count);
    log->count += count;
    return SQLITE_OK;
}

static inline int kessai_log_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int flushed = kessai_log_flush(file);
    sqlite3_file *real = kessai_log_real(file);
    return flushed == SQLITE_OK ? real->pMethods->xTruncate(real, size) : flushed;
}

static inline int kessai_log_sync(sqlite3_file *file, int flags) {
    int flushed = kessai_log_flush(file);
    sqlite3_file *real = kessai_log_real(file);
    return flushed == SQLITE_OK ? real->pMethods->xSync(real, flags) : flushed;
}

static inline int kessai_log_size(sqlite3_file *file, sqlite3_int64 *size) {
    int flushed = kessai_log_flush(file);
    sqlite3_file *real = kessai_log_real(file);
    return flushed == SQLITE_OK ? real->pMethods->xFileSize(real, size) : flushed;
}

static inline int kessai_log_lock(sqlite3_file *file, int kind) {
    sqlite3_file *real = kessai_log_real(file);
    return real->pMethods->xLock(real, kind);
}

static inline int kessai_log_unlock(sqlite3_file *file, int kind) {
    sqlite3_file *real = kessai_log_real(file);
    return real->pMethods->xUnlock(real, kind);
}

static inline int kessai_log_check_lock(sqlite3_file *file, int *isReserved) {
    sqlite3_file *real = kessai_log_real(file);
    return real->pMethods->xCheckReservedLock(real, isReserved);
}

static inline int kessai_log_control(sqlite3_file *file, int operation, void *argument) {
    int flushed = kessai_log_flush(file);
    sqlite3_file *real = kessai_log_real(file);
    return flushed == SQLITE_OK ? real->pMethods->xFileControl(real, operation, argument) : flushed;
}

static inline int kessai_log_sector(sqlite3_file *file) {
    sqlite3_file *real = kessai_log_real(file);
    return real->pMethods->xSectorSize(real);
}

static inline int kessai_log_device(sqlite3_file *file) {
    sqlite3_file *real = kessai_log_real(file);
    return real->pMethods->xDeviceCharacteristics(real);
}

static const sqlite3_io_methods kessai_log_methods = {
    1, kessai_log_close, kessai_log_read, kessai_log_write, kessai_log_truncate, kessai_log_sync, kessai_log_size,
    kessai_log_lock, kessai_log_unlock, kessai_log_check_lock, kessai_log_control, kessai_log_sector, kessai_log_device,
};

static inline int kessai_log_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *outFlags) {
    sqlite3_vfs *system = (sqlite3_vfs *)vfs->pAppData;
    if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, outFlags);
    kessai_log_file *log = (kessai_log_file *)file;
    memset(log, 0, sizeof *log);
    log->real = (sqlite3_file *)(log + 1);
    int code = system->xOpen(system, name, log->real, flags, outFlags);
    // A file without methods is not closed by SQLite; one that failed to open may have some.
    if (log->real->pMethods) log->base.pMethods = &kessai_log_methods;
    return code;
}

static inline kessai_log_file *kessai_log_of(sqlite3 *database) {
    sqlite3_file *file = 0;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK) return 0;
    return file != 0 && file->pMethods == &kessai_log_methods ? (kessai_log_file *)file : 0;
}

// Right before COMMIT: its writes are put together.
static inline void kessai_log_commit_begins(sqlite3 *database) {
    kessai_log_file *log = kessai_log_of(database);
    if (log == 0) return;
    log->isCommitting = 1;
    log->count = 0;
}

// Right after COMMIT. What one that failed had kept is forgotten. One that succeeded has synced everything; should anything be
// left all the same, it is written and synced now, and an error means that the commit may not be durable.
static inline int kessai_log_commit_ends(sqlite3 *database, int succeeded) {
    kessai_log_file *log = kessai_log_of(database);
    if (log == 0) return SQLITE_OK;
    log->isCommitting = 0;
    if (!succeeded || log->count == 0) {
        log->count = 0;
        return SQLITE_OK;
    }
    return kessai_log_sync((sqlite3_file *)log, SQLITE_SYNC_NORMAL);
}

// Makes the layer known under its name. Call once. All of this is to be called from one file, whose own copy of the methods tells
// its files from others.
static inline int kessai_log_writes_register(void) {
    static sqlite3_vfs layer;
    sqlite3_vfs *system = sqlite3_vfs_find(0);
    if (system == 0) return SQLITE_ERROR;
    layer = *system;
    layer.pNext = 0;
    layer.zName = KESSAI_LOG_WRITES_VFS;
    layer.pAppData = system;
    layer.szOsFile = (int)sizeof(kessai_log_file) + system->szOsFile;
    layer.xOpen = kessai_log_open;
    return sqlite3_vfs_register(&layer, 0);
}
