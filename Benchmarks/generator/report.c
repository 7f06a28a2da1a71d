#include "report.h"

#include <stdio.h>
#include <stdlib.h>

static int rising(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// The smallest value that a share of all does not exceed, in milliseconds.
static double at_share(const uint64_t *sorted, long count, double share) {
    long place = (long)(share * (double)count + 0.999999) - 1;
    if (place < 0) place = 0;
    if (place >= count) place = count - 1;
    return (double)sorted[place] / 1e6;
}

static void print_spread(const char *name, uint64_t *values, long count) {
    double sum = 0;
    qsort(values, (size_t)count, sizeof *values, rising);
    for (long i = 0; i < count; i++) sum += (double)values[i];
    printf("\"%s\":{\"mean\":%.4f,\"p50\":%.4f,\"p90\":%.4f,\"p99\":%.4f,\"p999\":%.4f,\"max\":%.4f},", name,
        sum / (double)count / 1e6, at_share(values, count, 0.5), at_share(values, count, 0.9),
        at_share(values, count, 0.99), at_share(values, count, 0.999), at_share(values, count, 1));
}

static void print_text(const char *text) {
    putchar('"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\') printf("\\%c", *text);
        else if ((unsigned char)*text < 0x20) printf("\\u%04x", *text);
        else putchar(*text);
    putchar('"');
}

bool report_print(const struct report *report) {
    long by_status[1000] = {0}, good = 0;
    uint64_t *values = calloc((size_t)report->count, sizeof *values);
    if (!values) return false;
    for (long i = 0; i < report->count; i++) {
        int status = report->samples[i].status;
        if (status >= 0 && status < 1000) by_status[status]++;
        good += status >= 200 && status < 300;
    }
    double seconds = (double)(report->end_ns - report->begin_ns) / 1e9;
    printf("{\"requests\":%ld,\"good\":%ld,\"connections\":%d,\"rate\":%.1f,\"seconds\":%.4f,\"per_second\":%.1f,",
        report->count, good, report->connections, report->rate, seconds, (double)good / seconds);
    printf("\"repeats\":%ld,\"twins\":%ld,\"twins_together\":%ld,\"statuses\":{", report->repeats, report->twins,
        report->twins_together);
    const char *comma = "";
    for (int status = 0; status < 1000; status++)
        if (by_status[status]) printf("%s\"%d\":%ld", comma, status, by_status[status]), comma = ",";
    printf("},");
    // From the moment at which it should have gone: a server that stands still does not stop the clock.
    for (long i = 0; i < report->count; i++) values[i] = report->samples[i].done_ns - report->samples[i].intended_ns;
    print_spread("latency_ms", values, report->count);
    long kept = 0;
    for (long i = 0; i < report->count; i++)
        if (report->samples[i].status >= 200 && report->samples[i].status < 300)
            values[kept++] = report->samples[i].done_ns - report->samples[i].intended_ns;
    if (kept > 0) print_spread("good_latency_ms", values, kept);
    for (long i = 0; i < report->count; i++) values[i] = report->samples[i].sent_ns - report->samples[i].intended_ns;
    print_spread("sent_late_ms", values, report->count);
    printf("\"own_cpu_us\":%.2f,\"first_failure\":", (double)report->own_cpu_ns / 1e3 / (double)report->count);
    print_text(report->first_failure);
    printf("}\n");
    free(values);
    return good == report->count;
}
