// A vendor that answers Stripe's calls at once, or after a fixed delay: `vendor PORT DELAY-MS`. One thread, 127.0.0.1 alone.
#include "answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, REQUEST_MAX = 16384, ANSWER_MAX = 16384 };

struct connection {
    int fd;
    uint32_t turn; // rises when the place is used anew
    size_t length;
    char in[REQUEST_MAX + 1];
};

// An answer that waits for its time. All wait equally long, so the first to come is the first to go.
struct waiting {
    uint64_t due_ns;
    struct connection *connection;
    uint32_t turn;
    size_t length;
    char bytes[ANSWER_MAX];
};

static struct connection *connections;
static struct waiting *line;
static size_t line_first, line_count;
static uint64_t delay_ns;
static int epoll;

static void fail(const char *what) {
    fprintf(stderr, "vendor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void leave(struct connection *connection) {
    close(connection->fd);
    connection->fd = -1;
    connection->turn++;
}

// An answer fits into the socket's buffer, as a connection has one at a time.
static void answer(struct connection *connection, const char *bytes, size_t length) {
    if (send(connection->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) leave(connection);
}

// The length of the whole request that has come; 0 while it has not.
static size_t whole_request(struct connection *connection, char **body) {
    connection->in[connection->length] = 0;
    char *end = strstr(connection->in, "\r\n\r\n");
    if (!end) return 0;
    char *length = strcasestr(connection->in, "\r\nContent-Length:");
    size_t body_length = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    *body = end + 4;
    size_t whole = (size_t)(*body - connection->in) + body_length;
    return whole <= connection->length ? whole : 0;
}

static void hear(struct connection *connection) {
    static char bytes[ANSWER_MAX];
    ssize_t got = recv(connection->fd, connection->in + connection->length, REQUEST_MAX - connection->length, 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) leave(connection);
        return;
    }
    connection->length += (size_t)got;
    char *body;
    size_t whole = whole_request(connection, &body);
    if (whole == 0) {
        if (connection->length == REQUEST_MAX) leave(connection);
        return;
    }
    connection->in[whole] = 0;
    body[-2] = 0;
    connection->length = 0;
    if (delay_ns == 0) {
        size_t length = answer_to(connection->in, body, bytes, sizeof bytes);
        return answer(connection, bytes, length);
    }
    if (line_count == CONNECTIONS_MAX) return leave(connection);
    struct waiting *last = &line[(line_first + line_count++) % CONNECTIONS_MAX];
    last->length = answer_to(connection->in, body, last->bytes, ANSWER_MAX);
    last->due_ns = now_ns() + delay_ns;
    last->connection = connection;
    last->turn = connection->turn;
}

static void welcome(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0) return;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *free_one = &connections[i];
        if (free_one->fd >= 0) continue;
        free_one->fd = fd;
        free_one->length = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = free_one};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) leave(free_one);
        return;
    }
    close(fd);
}

int main(int count, char **words) {
    if (count != 3) return fprintf(stderr, "usage: vendor PORT DELAY-MS\n"), 2;
    delay_ns = strtoul(words[2], NULL, 10) * 1000000u;
    connections = calloc(CONNECTIONS_MAX, sizeof *connections);
    line = calloc(CONNECTIONS_MAX, sizeof *line);
    if (!connections || !line) fail("memory");
    for (int i = 0; i < CONNECTIONS_MAX; i++) connections[i].fd = -1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1024) != 0) fail("listen");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[256], event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        uint64_t now = now_ns();
        for (; line_count > 0 && line[line_first].due_ns <= now; line_count--) {
            struct waiting *first = &line[line_first];
            if (first->connection->turn == first->turn) answer(first->connection, first->bytes, first->length);
            line_first = (line_first + 1) % CONNECTIONS_MAX;
        }
        uint64_t wait = line_count > 0 ? line[line_first].due_ns - now : 3600000000000u;
        struct timespec timeout = {(time_t)(wait / 1000000000), (long)(wait % 1000000000)};
        int ready = epoll_pwait2(epoll, events, 256, &timeout, NULL);
        for (int i = 0; i < ready; i++)
            if (events[i].data.ptr) hear(events[i].data.ptr);
            else welcome(listener);
    }
}
