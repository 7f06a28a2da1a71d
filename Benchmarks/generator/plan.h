// What is sent: one request for each row of a file, made from templates, and the repeats among them.
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_options {
    const char *method, *path, *body_file, *rows_file, *secret;
    const char *headers[8];
    int headers_count, port;
    long first, count;
    // Of all requests, in per cent: repeats at the same moment as the first, and repeats later.
    int twins_percent, later_percent;
};

// One sending of a row's request.
struct sending {
    uint32_t row;
    bool is_repeat;
    // The next sending is its twin: both go out together.
    bool has_twin;
    bool is_twin;
};

struct plan {
    struct plan_options options;
    char *rows_text, *body_template;
    char **rows; // each a line of fields between tabs, NUL at the end
    long rows_count;
    struct sending *sendings;
    long sendings_count;
};

// Reads the files and makes the order of sending. Ends the process, with words, on what cannot be used.
void plan_make(struct plan *plan, const struct plan_options *options);

// Writes the request of a row, signed now; returns its length, or 0 when it does not fit.
size_t plan_render(const struct plan *plan, uint32_t row, char *into, size_t room);

void plan_free(struct plan *plan);

#endif
