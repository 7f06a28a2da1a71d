#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// GNU's own function, which the C library declares only for programs that ask for it before anything else.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

// What a body's maker says instead of a count; macros with a cast, which Swift does not see.
static const ssize_t kessai_mhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t kessai_mhd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

// Whether libmicrohttpd can be told to refuse what is in doubt: from 1.0 on (MHD_OPTION_CLIENT_DISCIPLINE_LVL, which the
// headers before do not know). Older ones take bare line feeds and joined lines; see HeadLayout.swift.
static inline int kessai_mhd_is_strict(void)
{
    return MHD_get_version()[0] != '0';
}

// What the daemons of a loop are told.
struct kessai_mhd_options {
    void *cls;
    MHD_AccessHandlerCallback handler;
    MHD_NotifyConnectionCallback connection;
    MHD_RequestCompletedCallback completed;
    void *(*target)(void *, const char *, struct MHD_Connection *);
    size_t (*unescape)(void *, struct MHD_Connection *, char *);
    size_t memory_bytes;
    unsigned int connections;
    unsigned int timeout_seconds;
    // Of TLS: GnuTLS's words for what is spoken, and who gives the certificate (gnutls_certificate_retrieve_function2).
    const char *priorities;
    void *certificate;
};

// The functions below are inline because Swift cannot call C functions with variable arguments.

// A daemon without threads and without a listening socket: the caller waits on its epoll descriptor, calls MHD_run,
// and hands it accepted sockets. Nothing is unescaped. With a certificate it speaks TLS, and then says good-bye before it
// closes a connection, which MHD_USE_TURBO would leave out.
static inline struct MHD_Daemon *kessai_mhd_start(struct kessai_mhd_options options)
{
    const int strict = kessai_mhd_is_strict();
    struct MHD_OptionItem more[] = {
        { strict ? (enum MHD_OPTION) 38 : MHD_OPTION_STRICT_FOR_CLIENT, strict ? 2 : 0, NULL },
        { options.certificate ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, (void *) options.priorities },
        { options.certificate ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END, 0, options.certificate },
        { MHD_OPTION_END, 0, NULL },
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME
            | (options.certificate ? MHD_USE_TLS : MHD_USE_TURBO),
        0, NULL, NULL, options.handler, options.cls,
        MHD_OPTION_NOTIFY_CONNECTION, options.connection, options.cls,
        MHD_OPTION_NOTIFY_COMPLETED, options.completed, options.cls,
        MHD_OPTION_URI_LOG_CALLBACK, options.target, options.cls,
        MHD_OPTION_UNESCAPE_CALLBACK, options.unescape, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options.memory_bytes,
        MHD_OPTION_CONNECTION_LIMIT, options.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, options.timeout_seconds,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_ARRAY, more,
        MHD_OPTION_END);
}

// Ends the connection with the answer, instead of sending chunks: libmicrohttpd 0.9.75 ends the chunks of an answer to HEAD,
// which has none.
static inline void kessai_mhd_set_without_chunks(struct MHD_Response *response)
{
    (void) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

static inline int kessai_mhd_epoll_fd(struct MHD_Daemon *daemon)
{
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

static inline void *kessai_mhd_socket_context(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static inline size_t kessai_mhd_head_bytes(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
}
