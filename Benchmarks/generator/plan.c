#include "plan.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const char *name) {
    fprintf(stderr, "generator: %s: %s\n", what, name);
    exit(2);
}

static char *read_file(const char *name) {
    FILE *file = fopen(name, "rb");
    if (!file) fail("cannot read", name);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size) fail("cannot read", name);
    text[size] = 0;
    fclose(file);
    return text;
}

// Copies a template, with the row's nth field (from 1) where it says {n}. Returns the end, or NULL when it does not fit.
static char *expand(const char *template, const char *row, char *into, char *end) {
    for (const char *at = template; *at;) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}') {
            const char *field = row;
            for (int skip = at[1] - '1'; skip > 0 && field; skip--) {
                field = strchr(field, '\t');
                if (field) field++;
            }
            for (; field && *field && *field != '\t'; field++) {
                if (into >= end) return NULL;
                *into++ = *field;
            }
            at += 3;
        } else {
            if (into >= end) return NULL;
            *into++ = *at++;
        }
    }
    return into;
}

// Stripe's header: the HMAC of "time.body" by the endpoint's secret. The body has STAMP_MAX bytes of room before it.
enum { STAMP_MAX = 24 };

static int signature(const char *secret, char *body, size_t length, char *into, size_t room) {
    char stamp[STAMP_MAX], hex[65];
    int stamp_length = snprintf(stamp, sizeof stamp, "%ld.", (long)time(NULL));
    memcpy(body - stamp_length, stamp, (size_t)stamp_length);
    unsigned char mac[32];
    if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)body - stamp_length,
            length + (size_t)stamp_length, mac, NULL))
        fail("cannot sign", "HMAC");
    for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    return snprintf(into, room, "Stripe-Signature: t=%.*s,v1=%s\r\n", stamp_length - 1, stamp, hex);
}

size_t plan_render(const struct plan *plan, uint32_t row, char *into, size_t room) {
    const struct plan_options *options = &plan->options;
    char text[STAMP_MAX + 16384], *body = text + STAMP_MAX, head[1024], *end = into + room;
    size_t length = 0;
    if (plan->body_template) {
        char *body_end = expand(plan->body_template, plan->rows[row], body, text + sizeof text);
        if (!body_end) return 0;
        length = (size_t)(body_end - body);
    }
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", options->method, options->path, options->port);
    char *at = expand(head, plan->rows[row], into, end);
    for (int i = 0; at && i < options->headers_count; i++) {
        at = expand(options->headers[i], plan->rows[row], at, end);
        if (at && at + 2 <= end) at = (char *)memcpy(at, "\r\n", 2) + 2;
    }
    if (!at || end - at < 256) return 0;
    if (options->secret) at += signature(options->secret, body, length, at, (size_t)(end - at));
    if (plan->body_template)
        at += snprintf(at, (size_t)(end - at), "Content-Type: application/json\r\nContent-Length: %zu\r\n", length);
    if ((size_t)(end - at) < 2 + length) return 0;
    memcpy(at, "\r\n", 2);
    memcpy(at + 2, body, length);
    return (size_t)(at + 2 + (long)length - into);
}

// The same numbers in every run.
static uint64_t chance(void) {
    static uint64_t state = 0x9E3779B97F4A7C15;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

struct place {
    double key;
    struct sending sending;
};

static int by_key(const void *a, const void *b) {
    double x = ((const struct place *)a)->key, y = ((const struct place *)b)->key;
    return x < y ? -1 : x > y;
}

// The firsts in their order; beside some a twin, and somewhere after some a repeat.
static void order(struct plan *plan) {
    long firsts = plan->rows_count, count = 0;
    double repeated = 100.0 - plan->options.twins_percent - plan->options.later_percent;
    double twins = plan->options.twins_percent / repeated, later = plan->options.later_percent / repeated;
    struct place *places = calloc((size_t)firsts * 3, sizeof *places);
    if (!places) fail("no memory", "sendings");
    double twins_due = 0, later_due = 0.5; // other rows than those with twins
    for (long row = 0; row < firsts; row++) {
        twins_due += twins, later_due += later;
        bool has_twin = twins_due >= 1;
        places[count++] = (struct place){(double)row, {.row = (uint32_t)row, .has_twin = has_twin}};
        if (has_twin) {
            twins_due -= 1;
            places[count++] = (struct place){row + 0.25, {.row = (uint32_t)row, .is_repeat = true, .is_twin = true}};
        }
        if (later_due >= 1) {
            later_due -= 1;
            double wait = 300 + (double)(chance() % 2000);
            places[count++] = (struct place){row + wait + 0.5, {.row = (uint32_t)row, .is_repeat = true}};
        }
    }
    qsort(places, (size_t)count, sizeof *places, by_key);
    plan->sendings = calloc((size_t)count, sizeof *plan->sendings);
    if (!plan->sendings) fail("no memory", "sendings");
    for (long i = 0; i < count; i++) plan->sendings[i] = places[i].sending;
    plan->sendings_count = count;
    free(places);
}

void plan_make(struct plan *plan, const struct plan_options *options) {
    *plan = (struct plan){.options = *options};
    plan->rows_text = read_file(options->rows_file);
    if (options->body_file) plan->body_template = read_file(options->body_file);
    long room = 1;
    for (char *at = plan->rows_text; *at; at++) room += *at == '\n';
    plan->rows = calloc((size_t)room, sizeof *plan->rows);
    if (!plan->rows) fail("no memory", options->rows_file);
    long line = 0;
    for (char *at = strtok(plan->rows_text, "\n"); at; at = strtok(NULL, "\n"), line++)
        if (line >= options->first && (options->count < 0 || plan->rows_count < options->count))
            plan->rows[plan->rows_count++] = at;
    if (plan->rows_count == 0 || (options->count >= 0 && plan->rows_count < options->count))
        fail("too few rows", options->rows_file);
    order(plan);
}

void plan_free(struct plan *plan) {
    free(plan->rows);
    free(plan->rows_text);
    free(plan->body_template);
    free(plan->sendings);
}
