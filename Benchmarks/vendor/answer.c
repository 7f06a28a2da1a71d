#include "answer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static uint64_t hash(const char *text, size_t length, uint64_t state) {
    for (size_t i = 0; i < length; i++) state = (state ^ (unsigned char)text[i]) * 1099511628211u;
    return state ^ state >> 29;
}

static const char *header(const char *head, const char *name, size_t *length) {
    size_t name_length = strlen(name);
    for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
        if (strncasecmp(at + 2, name, name_length) == 0 && at[2 + name_length] == ':') {
            at += 3 + name_length;
            at += strspn(at, " ");
            *length = strcspn(at, "\r\n");
            return at;
        }
    return NULL;
}

static int digit(char letter) { return letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10; }

// Decodes a part of a form, up to & or =, as text inside JSON. Returns where it ended.
static const char *decode(const char *at, char *into, size_t room) {
    size_t length = 0;
    for (; *at && *at != '&' && *at != '='; at++) {
        char letter = *at;
        if (letter == '+') letter = ' ';
        if (letter == '%' && at[1] && at[2]) letter = (char)(digit(at[1]) << 4 | digit(at[2])), at += 2;
        if (length + 3 >= room) break;
        if (letter == '"' || letter == '\\') into[length++] = '\\';
        into[length++] = letter;
    }
    into[length] = 0;
    return at + strcspn(at, "&=");
}

// What of a form goes into the object.
struct asked {
    char amount[32], currency[16], customer[64], email[256], metadata[2048];
};

static void read_form(const char *form, struct asked *asked) {
    char name[256], value[1024];
    size_t metadata = 0;
    while (*form) {
        form = decode(form, name, sizeof name);
        value[0] = 0;
        if (*form == '=') form = decode(form + 1, value, sizeof value);
        if (*form == '&') form++;
        if (strcmp(name, "amount") == 0) snprintf(asked->amount, sizeof asked->amount, "%ld", atol(value));
        if (strcmp(name, "currency") == 0) snprintf(asked->currency, sizeof asked->currency, "%.15s", value);
        if (strcmp(name, "customer") == 0) snprintf(asked->customer, sizeof asked->customer, "\"%.60s\"", value);
        if (strcmp(name, "email") == 0) snprintf(asked->email, sizeof asked->email, "\"%.250s\"", value);
        size_t length = strlen(name);
        if (strncmp(name, "metadata[", 9) == 0 && name[length - 1] == ']') {
            int added = snprintf(asked->metadata + metadata, sizeof asked->metadata - metadata, "%s\"%.*s\": \"%s\"",
                metadata ? ", " : "", (int)length - 10, name + 9, value);
            if (added > 0 && metadata + (size_t)added < sizeof asked->metadata) metadata += (size_t)added;
        }
    }
    asked->metadata[metadata] = 0;
}

static const char intent[] =
    "{\n  \"id\": \"%s\",\n  \"object\": \"payment_intent\",\n  \"amount\": %s,\n  \"amount_capturable\": 0,\n"
    "  \"amount_details\": {\n    \"tip\": {}\n  },\n  \"amount_received\": 0,\n  \"application\": null,\n"
    "  \"application_fee_amount\": null,\n  \"automatic_payment_methods\": {\n    \"allow_redirects\": \"always\",\n"
    "    \"enabled\": true\n  },\n  \"canceled_at\": null,\n  \"cancellation_reason\": null,\n"
    "  \"capture_method\": \"automatic_async\",\n  \"client_secret\": \"%s_secret_k1GxN0mWqYv8ZtRb4LcPd7Hs2\",\n"
    "  \"confirmation_method\": \"automatic\",\n  \"created\": %ld,\n  \"currency\": \"%s\",\n  \"customer\": %s,\n"
    "  \"description\": null,\n  \"invoice\": null,\n  \"last_payment_error\": null,\n  \"latest_charge\": null,\n"
    "  \"livemode\": false,\n  \"metadata\": {%s},\n  \"next_action\": null,\n  \"on_behalf_of\": null,\n"
    "  \"payment_method\": null,\n  \"payment_method_options\": {\n    \"card\": {\n      \"installments\": null,\n"
    "      \"mandate_options\": null,\n      \"network\": null,\n      \"request_three_d_secure\": \"automatic\"\n    },\n"
    "    \"link\": {\n      \"persistent_token\": null\n    }\n  },\n  \"payment_method_types\": [\n    \"card\",\n"
    "    \"link\"\n  ],\n  \"processing\": null,\n  \"receipt_email\": null,\n  \"review\": null,\n"
    "  \"setup_future_usage\": null,\n  \"shipping\": null,\n  \"source\": null,\n  \"statement_descriptor\": null,\n"
    "  \"statement_descriptor_suffix\": null,\n  \"status\": \"requires_payment_method\",\n"
    "  \"transfer_data\": null,\n  \"transfer_group\": null\n}\n";

static const char customer[] =
    "{\n  \"id\": \"%s\",\n  \"object\": \"customer\",\n  \"created\": %ld,\n  \"email\": %s,\n  \"livemode\": false,\n"
    "  \"metadata\": {%s}\n}\n";

static const char refusal[] = "{\n  \"error\": {\n    \"code\": \"resource_missing\",\n    \"message\": \"the benchmark's "
                              "vendor only makes intents and customers\",\n    \"type\": \"invalid_request_error\"\n  }\n}\n";

size_t answer_to(const char *head, const char *form, char *into, size_t room) {
    struct asked asked = {.amount = "0", .currency = "jpy", .customer = "null", .email = "null"};
    char body[8192], id[64];
    size_t key_length = 0;
    const char *key = header(head, "Idempotency-Key", &key_length);
    if (!key) key = form, key_length = strlen(form);
    uint64_t one = hash(key, key_length, 14695981039346656037u), other = hash(key, key_length, one);
    int status = 200, length;
    read_form(form, &asked);
    if (strncmp(head, "POST /v1/payment_intents HTTP", 29) == 0) {
        snprintf(id, sizeof id, "pi_3%016lx%08x", one, (unsigned)other);
        length = snprintf(body, sizeof body, intent, id, asked.amount, id, (long)time(NULL), asked.currency,
            asked.customer, asked.metadata);
    } else if (strncmp(head, "POST /v1/customers HTTP", 23) == 0) {
        snprintf(id, sizeof id, "cus_%016lx", one);
        length = snprintf(body, sizeof body, customer, id, (long)time(NULL), asked.email, asked.metadata);
    } else {
        status = strncmp(head, "GET /ready HTTP", 15) == 0 ? 200 : 404;
        length = snprintf(body, sizeof body, "%s", status == 200 ? "{}\n" : refusal);
    }
    if (length < 0 || (size_t)length >= sizeof body) return 0;
    int whole = snprintf(into, room,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nRequest-Id: req_%016lx\r\nStripe-Version: 2024-06-20\r\n"
        "Content-Length: %d\r\n\r\n%s",
        status == 200 ? "200 OK" : "404 Not Found", other, length, body);
    return whole < 0 || (size_t)whole >= room ? 0 : (size_t)whole;
}
