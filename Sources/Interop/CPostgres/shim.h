#include <libpq-fe.h>
#include <sys/eventfd.h>

// The names of an error's fields are character literals, which Swift does not import as the integers they are.
static inline const char *kessai_pq_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

static inline const char *kessai_pq_primary_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

static inline const char *kessai_pq_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

static inline const char *kessai_pq_column(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
}

static inline void kessai_pq_hear_nothing(void *argument, const PGresult *result) {
    (void)argument;
    (void)result;
}

// Without a receiver libpq prints notices, which may hold values, to the standard error.
static inline void kessai_pq_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, kessai_pq_hear_nothing, (void *)0);
}

// A file that wakes a thread which polls it beside a connection's socket.
static inline int kessai_pq_make_bell(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}
