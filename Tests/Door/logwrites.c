// Preloaded into a server: writes down what SQLite's log gets, and refuses its large writes while a file says so.
//
// LOGWRITES_TRACE names the file of the lines: `W BYTES` for a write, `R BYTES` for a refused one, `S` for a sync.
// While the file LOGWRITES_TRACE.refuse is there, writes of more than a page are refused as by a full disk.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

static void note(const char *kind, long bytes) {
    static int trace = -1;
    if (trace < 0) trace = open(getenv("LOGWRITES_TRACE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char line[64];
    int length = snprintf(line, sizeof line, bytes < 0 ? "%s\n" : "%s %ld\n", kind, bytes);
    syscall(SYS_write, trace, line, (size_t)length);
}

static ssize_t noted(const char *name, int fd, const void *bytes, size_t count, off_t offset) {
    if (is_log(fd)) {
        char refuse[4096];
        snprintf(refuse, sizeof refuse, "%s.refuse", getenv("LOGWRITES_TRACE"));
        if (count > 4096 && access(refuse, F_OK) == 0) {
            note("R", (long)count);
            errno = ENOSPC;
            return -1;
        }
        note("W", (long)count);
    }
    return ((ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, name))(fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return noted("pwrite", fd, bytes, count, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return noted("pwrite64", fd, bytes, count, offset); }

static int synced(const char *name, int fd) {
    int result = ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
    if (result == 0 && is_log(fd)) note("S", -1);
    return result;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }
