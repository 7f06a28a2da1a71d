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

// Counts warnings; their words may hold values, and are not kept.
static inline void kessai_pq_count_warning(void *warnings, const PGresult *result) {
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity && severity[0] == 'W') ++*(int *)warnings;
}

// Without a receiver libpq prints notices to the standard error. `warnings` must outlive the connection.
static inline void kessai_pq_hear_warnings(PGconn *connection, int *warnings) {
    PQsetNoticeReceiver(connection, kessai_pq_count_warning, warnings);
}

// A file that wakes a thread which polls it beside a connection's socket.
static inline int kessai_pq_make_bell(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}
