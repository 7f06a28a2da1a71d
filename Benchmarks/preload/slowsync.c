// Preloaded into a program: every fsync and fdatasync takes longer, as on a slower disk. SLOWSYNC_US says by how much, in
// microseconds; 1,000 unless told.
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void pause_now(void) {
    const char *text = getenv("SLOWSYNC_US");
    long us = text ? atol(text) : 1000;
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

int fsync(int fd) {
    pause_now();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
    pause_now();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
