#pragma once
// The system's allocator, glibc's; no package but its own headers is needed.
#include <malloc.h>
