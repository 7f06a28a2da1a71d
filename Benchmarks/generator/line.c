#include "line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

bool line_open(struct line *line, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line->fd < 0 || connect(line->fd, (struct sockaddr *)&to, sizeof to) != 0) return false;
    int on = 1;
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(line->fd, F_SETFL, O_NONBLOCK);
    if (!line->in) line->in = malloc(LINE_ANSWER_MAX + 1);
    line->in_length = 0;
    line->sending = -1;
    return line->in != NULL;
}

void line_close(struct line *line) {
    if (line->fd >= 0) close(line->fd);
    line->fd = -1;
}

bool line_push(struct line *line) {
    while (line->out_sent < line->out_length) {
        ssize_t sent = send(line->fd, line->out + line->out_sent, line->out_length - line->out_sent, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        line->out_sent += (size_t)sent;
    }
    return true;
}

// The value of a header in a head that ends with an empty line; NULL when there is none.
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
        if (strncasecmp(at + 2, name, length) == 0 && at[2 + length] == ':') {
            at += 3 + length;
            return at + strspn(at, " ");
        }
    return NULL;
}

enum line_state line_pull(struct line *line, struct answer *answer) {
    bool ended = false;
    while (line->in_length < LINE_ANSWER_MAX) {
        ssize_t got = recv(line->fd, line->in + line->in_length, LINE_ANSWER_MAX - line->in_length, 0);
        if (got > 0) {
            size_t room = LINE_ANSWER_MAX - line->in_length;
            line->in_length += (size_t)got;
            if ((size_t)got < room && line->in_length < 4096) break; // most answers come whole, in one read
            continue;
        }
        ended = got == 0 || (errno != EAGAIN && errno != EINTR);
        if (ended || errno == EAGAIN) break;
    }
    line->in[line->in_length] = 0;
    char *end = strstr(line->in, "\r\n\r\n");
    if (!end) return ended || line->in_length == LINE_ANSWER_MAX ? LINE_BROKEN : LINE_WAITS;
    if (strncmp(line->in, "HTTP/1.1 ", 9) != 0) return LINE_BROKEN;
    end[2] = 0; // the last header's line stays whole
    const char *length = header(line->in, "Content-Length"), *connection = header(line->in, "Connection");
    answer->status = atoi(line->in + 9);
    answer->closes = ended || (connection && strncasecmp(connection, "close", 5) == 0);
    answer->body_length = length ? strtoul(length, NULL, 10) : 0;
    answer->body = end + 4;
    bool chunked = header(line->in, "Transfer-Encoding") != NULL;
    end[2] = '\r';
    size_t whole = (size_t)(end + 4 - line->in) + answer->body_length;
    if (chunked || whole > LINE_ANSWER_MAX || line->in_length > whole) return LINE_BROKEN;
    if (line->in_length < whole) return ended ? LINE_BROKEN : LINE_WAITS;
    line->in_length = 0;
    return LINE_ANSWERED;
}
