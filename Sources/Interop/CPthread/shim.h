#pragma once
// What glibc's own header declares only for who asks for GNU's extensions; no package is needed.
#include <pthread.h>
extern int pthread_setname_np(pthread_t thread, const char *name);
