// One kept-alive connection, with at most one request under way.
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_REQUEST_MAX = 24 * 1024, LINE_ANSWER_MAX = 512 * 1024 };

struct line {
    int fd;
    long sending; // what is under way; -1 while idle
    const char *out;
    size_t out_length, out_sent;
    char *in;
    size_t in_length;
    char room[LINE_REQUEST_MAX]; // for a request that is rendered when it is sent
};

enum line_state { LINE_WAITS, LINE_ANSWERED, LINE_BROKEN };

struct answer {
    int status;
    bool closes;
    const char *body;
    size_t body_length;
};

// Connects, without blocking from then on. Returns false when nobody listens.
bool line_open(struct line *line, int port);
void line_close(struct line *line);

// Sends what it can of the request under way. Returns false when the connection is broken.
bool line_push(struct line *line);

// Reads what has come. `answer` is filled, and points into the line, when a whole answer is there.
enum line_state line_pull(struct line *line, struct answer *answer);

#endif
