// What Stripe would answer, without remembering anything: the same key gives the same object.
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

// Writes a whole HTTP answer to a whole request, whose head and body end with NUL; returns its length.
size_t answer_to(const char *head, const char *form, char *into, size_t room);

#endif
