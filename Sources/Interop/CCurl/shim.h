#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// The functions below are inline because Swift cannot call C functions with variable arguments. Each stands for one
// kind of argument.

typedef size_t (*kessai_curl_sink)(char *bytes, size_t size, size_t count, void *context);
typedef int (*kessai_curl_prerequest)(
    void *context, char *peer, char *local, int peer_port, int local_port);

static inline CURLcode kessai_curl_set_number(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kessai_curl_set_size(CURL *easy, CURLoption option, curl_off_t value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kessai_curl_set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kessai_curl_set_bytes(CURL *easy, CURLoption option, const void *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kessai_curl_set_pointer(CURL *easy, CURLoption option, void *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kessai_curl_set_sink(CURL *easy, CURLoption option, kessai_curl_sink sink)
{
    return curl_easy_setopt(easy, option, sink);
}

static inline CURLcode kessai_curl_set_prerequest(CURL *easy, kessai_curl_prerequest called)
{
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, called);
}

static inline long kessai_curl_status(CURL *easy)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static inline curl_off_t kessai_curl_total_microseconds(CURL *easy)
{
    curl_off_t total = 0;
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
    return total;
}

static inline void *kessai_curl_private(CURL *easy)
{
    char *pointer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &pointer);
    return pointer;
}

static inline CURLMcode kessai_curl_multi_set_number(CURLM *multi, CURLMoption option, long value)
{
    return curl_multi_setopt(multi, option, value);
}

// The result of a finished transfer lies in a union, which Swift reads only by its bytes.
static inline CURLcode kessai_curl_result(const CURLMsg *message) { return message->data.result; }
