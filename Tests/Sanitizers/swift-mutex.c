// Tells ThreadSanitizer of Swift's Mutex (`Synchronization`, Linux).
//
// Its quick paths are compiled into the program and are seen: they are atomic operations. When a lock is contended,
// `_lockSlow` and `_unlockSlow` of libswiftSynchronization.so take over, which is not instrumented and lets the kernel
// change the word (FUTEX_LOCK_PI). Then ThreadSanitizer misses that one thread came after the other, and calls every
// access under the lock a race. This library, loaded before all others, hands the calls on and says what they do. It hides
// no race: it adds just the order that the lock makes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void (*lock_slow)(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void (*unlock_slow)(__attribute__((swift_context)) void *);

__attribute__((swiftcall)) void kessai_lock(uint32_t thread, __attribute__((swift_context)) void *self) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void kessai_lock(uint32_t thread, __attribute__((swift_context)) void *self)
{
    ((lock_slow) dlsym(RTLD_NEXT, LOCK_SLOW))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

__attribute__((swiftcall)) void kessai_unlock(__attribute__((swift_context)) void *self) __asm__(UNLOCK_SLOW);
__attribute__((swiftcall)) void kessai_unlock(__attribute__((swift_context)) void *self)
{
    if (__tsan_release) __tsan_release(self);
    ((unlock_slow) dlsym(RTLD_NEXT, UNLOCK_SLOW))(self);
}
