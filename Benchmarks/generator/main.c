// Sends every request exactly once over kept-alive connections, and measures every answer. One thread.
//
// Closed loop: a connection sends its next request when the last one is answered. Open loop (--rate): requests are due at
// fixed times, and latencies count from then, also while all connections are busy.
#include "line.h"
#include "plan.h"
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

struct run {
    struct plan plan;
    struct report report;
    struct line *lines, **idle;
    char **requests; // rendered before the clock starts; none when late
    size_t *lengths;
    long next, done, idle_count;
    double rate;
    int epoll, connections;
    bool late;
};

static uint64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "generator: %s\n", what);
    exit(2);
}

static void open_line(struct run *run, struct line *line) {
    if (!line_open(line, run->plan.options.port)) fail("cannot connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, line->fd, &event) != 0) fail("epoll_ctl");
    run->idle[run->idle_count++] = line;
}

static void watch_writing(struct run *run, struct line *line, bool on) {
    struct epoll_event event = {.events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = line};
    epoll_ctl(run->epoll, EPOLL_CTL_MOD, line->fd, &event);
}

static void finish(struct run *run, struct line *line, int status, const char *body, size_t length) {
    struct sample *sample = &run->report.samples[line->sending];
    sample->done_ns = now_ns(CLOCK_MONOTONIC);
    sample->status = status;
    run->report.end_ns = sample->done_ns;
    if ((status < 200 || status > 299) && !run->report.first_failure[0])
        snprintf(run->report.first_failure, sizeof run->report.first_failure, "%d %.*s", status, (int)length, body);
    line->sending = -1;
    run->done++;
}

// The connection is gone: what was under way has failed, and a fresh one takes its place.
static void renew(struct run *run, struct line *line) {
    if (line->sending >= 0) finish(run, line, 0, "the connection broke", 20);
    line_close(line);
    open_line(run, line);
}

static void send_next(struct run *run) {
    // The one that has been idle longest, as servers close those that are idle for long.
    struct line *line = run->idle[0];
    memmove(run->idle, run->idle + 1, (size_t)--run->idle_count * sizeof *run->idle);
    uint32_t row = run->plan.sendings[run->next].row;
    struct sample *sample = &run->report.samples[run->next];
    line->sending = run->next++;
    line->out_sent = 0;
    if (run->late) {
        line->out = line->room;
        line->out_length = plan_render(&run->plan, row, line->room, sizeof line->room);
        if (!line->out_length) fail("a request is too long");
    } else {
        line->out = run->requests[row];
        line->out_length = run->lengths[row];
    }
    sample->sent_ns = now_ns(CLOCK_MONOTONIC);
    if (run->rate <= 0) sample->intended_ns = sample->sent_ns;
    if (!line_push(line)) renew(run, line);
    else if (line->out_sent < line->out_length) watch_writing(run, line, true);
}

// Sends what is due on what is idle. Returns when the next is due, 0 when that is when a connection is idle again.
static uint64_t send_due(struct run *run) {
    while (run->next < run->plan.sendings_count && run->idle_count > 0) {
        const struct sending *sending = &run->plan.sendings[run->next];
        struct sample *sample = &run->report.samples[run->next];
        if (run->rate > 0) {
            sample->intended_ns = run->report.begin_ns + (uint64_t)((double)run->next * 1e9 / run->rate);
            if (sample->intended_ns > now_ns(CLOCK_MONOTONIC)) return sample->intended_ns;
        }
        bool both = sending->has_twin && run->connections > 1;
        if (both && run->idle_count < 2) return 0;
        send_next(run);
        if (!both) continue;
        run->report.samples[run->next].intended_ns = now_ns(CLOCK_MONOTONIC);
        send_next(run);
    }
    return 0;
}

static void hear(struct run *run, struct line *line, uint32_t events) {
    if (events & EPOLLOUT) {
        if (!line_push(line)) return renew(run, line);
        if (line->out_sent == line->out_length) watch_writing(run, line, false);
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    struct answer answer;
    switch (line_pull(line, &answer)) {
    case LINE_WAITS: return;
    case LINE_BROKEN: break;
    case LINE_ANSWERED:
        if (line->sending < 0) break;
        finish(run, line, answer.status, answer.body, answer.body_length);
        if (answer.closes) break;
        run->idle[run->idle_count++] = line;
        return;
    }
    // An idle connection that the server closed stands in the list of idle ones.
    for (long i = 0; line->sending < 0 && i < run->idle_count; i++)
        if (run->idle[i] == line) run->idle[i--] = run->idle[--run->idle_count];
    renew(run, line);
}

static void loop(struct run *run, double seconds_max) {
    struct epoll_event events[256];
    run->report.begin_ns = now_ns(CLOCK_MONOTONIC);
    uint64_t end_ns = run->report.begin_ns + (uint64_t)(seconds_max * 1e9);
    uint64_t cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    while (run->done < run->plan.sendings_count) {
        uint64_t due = send_due(run), now = now_ns(CLOCK_MONOTONIC);
        if (now > end_ns) fail("the run takes too long");
        uint64_t wait = due == 0 ? 1000000000 : due > now ? due - now : 0;
        struct timespec timeout = {(time_t)(wait / 1000000000), (long)(wait % 1000000000)};
        int count = epoll_pwait2(run->epoll, events, 256, &timeout, NULL);
        if (count < 0 && errno != EINTR) fail("epoll_pwait2");
        for (int i = 0; i < count; i++) hear(run, events[i].data.ptr, events[i].events);
    }
    run->report.own_cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
}

static void render_all(struct run *run) {
    char *room = malloc(LINE_REQUEST_MAX);
    run->requests = calloc((size_t)run->plan.rows_count, sizeof *run->requests);
    run->lengths = calloc((size_t)run->plan.rows_count, sizeof *run->lengths);
    if (!room || !run->requests || !run->lengths) fail("no memory");
    for (long row = 0; row < run->plan.rows_count; row++) {
        run->lengths[row] = plan_render(&run->plan, (uint32_t)row, room, LINE_REQUEST_MAX);
        run->requests[row] = run->lengths[row] ? malloc(run->lengths[row]) : NULL;
        if (!run->requests[row]) fail("a request is too long, or there is no memory");
        memcpy(run->requests[row], room, run->lengths[row]);
    }
    free(room);
}

static void count_twins(struct run *run) {
    for (long i = 0; i < run->plan.sendings_count; i++) {
        run->report.repeats += run->plan.sendings[i].is_repeat;
        if (!run->plan.sendings[i].is_twin) continue;
        run->report.twins++;
        run->report.twins_together += run->report.samples[i].sent_ns < run->report.samples[i - 1].done_ns;
    }
}

static const struct option names[] = {{"port", 1, 0, 'p'}, {"connections", 1, 0, 'c'}, {"method", 1, 0, 'm'},
    {"path", 1, 0, 'u'}, {"body", 1, 0, 'b'}, {"rows", 1, 0, 'r'}, {"header", 1, 0, 'H'}, {"sign", 1, 0, 's'},
    {"first", 1, 0, 'f'}, {"count", 1, 0, 'n'}, {"rate", 1, 0, 'R'}, {"twins", 1, 0, 't'}, {"later", 1, 0, 'l'},
    {"seconds-max", 1, 0, 'x'}, {"late", 0, 0, 'L'}, {0, 0, 0, 0}};

int main(int count, char **words) {
    struct plan_options options = {.method = "GET", .path = "/", .count = -1};
    struct run run = {.connections = 32};
    double seconds_max = 120;
    for (int letter; (letter = getopt_long(count, words, "", names, NULL)) != -1;) switch (letter) {
        case 'p': options.port = atoi(optarg); break;
        case 'c': run.connections = atoi(optarg); break;
        case 'm': options.method = optarg; break;
        case 'u': options.path = optarg; break;
        case 'b': options.body_file = optarg; break;
        case 'r': options.rows_file = optarg; break;
        case 's': options.secret = optarg; break;
        case 'f': options.first = atol(optarg); break;
        case 'n': options.count = atol(optarg); break;
        case 'R': run.rate = atof(optarg); break;
        case 't': options.twins_percent = atoi(optarg); break;
        case 'l': options.later_percent = atoi(optarg); break;
        case 'x': seconds_max = atof(optarg); break;
        case 'L': run.late = true; break;
        case 'H':
            if (options.headers_count == 8) fail("too many headers");
            options.headers[options.headers_count++] = optarg;
            break;
        default: return 2;
        }
    if (!options.rows_file || options.port <= 0 || run.connections < 1 || run.connections > 1000)
        fail("--port, --rows and 1 to 1000 --connections are needed");
    plan_make(&run.plan, &options);
    if (!run.late) render_all(&run);
    run.report.count = run.plan.sendings_count;
    run.report.samples = calloc((size_t)run.report.count, sizeof *run.report.samples);
    run.lines = calloc((size_t)run.connections, sizeof *run.lines);
    run.idle = calloc((size_t)run.connections, sizeof *run.idle);
    run.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!run.report.samples || !run.lines || !run.idle || run.epoll < 0) fail("no memory");
    // With a pause after each: of several workers on one socket, the first that wakes would take them all.
    for (int i = 0; i < run.connections; i++) {
        open_line(&run, &run.lines[i]);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    loop(&run, seconds_max);
    count_twins(&run);
    run.report.rate = run.rate;
    run.report.connections = run.connections;
    return report_print(&run.report) ? 0 : 1;
}
