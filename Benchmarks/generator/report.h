// What came of a run, as one line of JSON.
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct sample {
    // When it should have gone, when it went, and when the whole answer was there; nanoseconds of one clock.
    uint64_t intended_ns, sent_ns, done_ns;
    int status; // 0: the connection broke
};

struct report {
    struct sample *samples;
    long count;
    double rate;
    int connections;
    uint64_t begin_ns, end_ns, own_cpu_ns;
    long twins_together, twins, repeats;
    char first_failure[400];
};

// Prints it; returns whether every answer was a 2xx.
bool report_print(const struct report *report);

#endif
