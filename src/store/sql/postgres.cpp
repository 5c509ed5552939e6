// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "store/sql/driver.h"
#include "store/sql/library.h"
#include "store/sql/transaction_state.h"

#include <libpq-fe.h>
#include <poll.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace mf::sql {
namespace {

using Cause = DatabaseError::Cause;
using Kind = DatabaseError::Kind;

struct Libpq {
    const Library library{"libpq.so.5", "libpq5"};
    decltype(&PQconnectStartParams) connect_start = library["PQconnectStartParams"];
    decltype(&PQconnectPoll) connect_poll = library["PQconnectPoll"];
    decltype(&PQsocket) socket = library["PQsocket"];
    decltype(&PQstatus) status = library["PQstatus"];
    decltype(&PQtransactionStatus) transaction_status = library["PQtransactionStatus"];
    decltype(&PQparameterStatus) parameter_status = library["PQparameterStatus"];
    decltype(&PQerrorMessage) error_message = library["PQerrorMessage"];
    decltype(&PQsetErrorVerbosity) set_error_verbosity = library["PQsetErrorVerbosity"];
    decltype(&PQsetNoticeProcessor) set_notice_processor = library["PQsetNoticeProcessor"];
    decltype(&PQfinish) finish = library["PQfinish"];
    decltype(&PQexec) exec = library["PQexec"];
    decltype(&PQprepare) prepare = library["PQprepare"];
    decltype(&PQexecPrepared) exec_prepared = library["PQexecPrepared"];
    decltype(&PQresultStatus) result_status = library["PQresultStatus"];
    decltype(&PQresultErrorField) result_error_field = library["PQresultErrorField"];
    decltype(&PQclear) clear = library["PQclear"];
    decltype(&PQntuples) ntuples = library["PQntuples"];
    decltype(&PQnfields) nfields = library["PQnfields"];
    decltype(&PQftype) ftype = library["PQftype"];
    decltype(&PQgetisnull) getisnull = library["PQgetisnull"];
    decltype(&PQgetvalue) getvalue = library["PQgetvalue"];
    decltype(&PQgetlength) getlength = library["PQgetlength"];
    decltype(&PQcmdTuples) cmd_tuples = library["PQcmdTuples"];
    decltype(&PQconnectionNeedsPassword) needs_password = library["PQconnectionNeedsPassword"];
    decltype(&PQcmdStatus) cmd_status = library["PQcmdStatus"];
    decltype(&PQsendQuery) send_query = library["PQsendQuery"];
    decltype(&PQsendPrepare) send_prepare = library["PQsendPrepare"];
    decltype(&PQsendQueryPrepared) send_prepared = library["PQsendQueryPrepared"];
    decltype(&PQisBusy) is_busy = library["PQisBusy"];
    decltype(&PQgetResult) get_result = library["PQgetResult"];
    decltype(&PQconsumeInput) consume_input = library["PQconsumeInput"];
    decltype(&PQnotifies) notifies = library["PQnotifies"];
    decltype(&PQfreemem) freemem = library["PQfreemem"];
};
const Libpq& pq() {
    static const Libpq functions;
    return functions;
}

struct ClearResult {
    void operator()(PGresult* r) const { pq().clear(r); }
};
struct FinishConnection {
    void operator()(PGconn* c) const { pq().finish(c); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;
using ConnectionPtr = std::unique_ptr<PGconn, FinishConnection>;

// Types of pg_type.dat that are more than a text.
constexpr Oid bool_oid = 16, bytea_oid = 17, int8_oid = 20, int2_oid = 21, int4_oid = 23, oid_oid = 26,
              float4_oid = 700, float8_oid = 701, numeric_oid = 1700;

constexpr std::chrono::seconds connect_time{10};

std::string octets_from_hex(std::string_view text) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 2; i + 1 < text.size(); i += 2)  // behind "\x"
        out.push_back(static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1])));
    return out;
}

class PostgresConnection final : public Connection {
public:
    PostgresConnection(const Address& address, VisitLimit visit) : name_(description_of(address)), visit_(visit) {
        connect(address, visit);
        const auto settings = fmt::format(
            "SET default_transaction_isolation = 'read committed'; SET lock_timeout = {}; SET bytea_output = 'hex';"
            "SET standard_conforming_strings = on; SET extra_float_digits = 1; SET client_min_messages = warning",
            address.lock_wait.count());
        check(command(settings));
        if (!visit) return;
        check(command(fmt::format("SET statement_timeout = {}; SET default_transaction_read_only = {}",
                                  std::max<std::int64_t>(1, visit->count()), address.read_only ? "on" : "off")));
    }
    ~PostgresConnection() override {
        // The session takes its statements along; freeing each of them would be a round trip.
        connection_.reset();
    }

    Dialect dialect() const override { return Dialect::postgres; }

    void begin() override {
        transaction_.begin([&] { run("BEGIN", {}); });
    }
    void begin_snapshot() override {
        transaction_.begin([&] {
            run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {});
            run("SELECT 1", {});  // the snapshot is taken by the first statement
        });
    }
    void commit() override {
        transaction_.commit([&] {
            const ResultPtr result = run("COMMIT", {});
            // The answer to COMMIT after a failed statement is a success called ROLLBACK.
            if (std::string_view(pq().cmd_status(result.get())) != "COMMIT")
                throw DatabaseError(
                    Kind::other,
                    name_ + " has ended the transaction after an error. Nothing of it was kept: repeat it.");
        });
    }
    void rollback() noexcept override {
        if (!transaction_.take_back()) return;
        if (pq().transaction_status(connection_.get()) == PQTRANS_IDLE) return;
        const ResultPtr result(pq().exec(connection_.get(), "ROLLBACK"));
        if (pq().result_status(result.get()) != PGRES_COMMAND_OK) transaction_.rollback_failed();
    }
    std::int64_t change_counter() override { return 0; }
    int descriptor() const override { return pq().socket(connection_.get()); }
    std::vector<std::string> notifications() override {
        if (pq().consume_input(connection_.get()) != 1)
            throw DatabaseError(Kind::lost,
                                failure_sentence(name_ + " has failed", pq().error_message(connection_.get()),
                                                 advice_about_server(Kind::lost, Cause::server)),
                                Cause::server);
        const auto free = [](PGnotify* told) { pq().freemem(told); };
        std::vector<std::string> out;
        while (const std::unique_ptr<PGnotify, decltype(free)> told{pq().notifies(connection_.get()), free})
            out.emplace_back(told->extra);
        return out;
    }

    Rows query(std::string_view sql, std::span<const Value> parameters) override {
        const ResultPtr result = transaction_.statement([&] { return run(sql, parameters); });
        const int columns = pq().nfields(result.get());
        Rows rows(static_cast<std::size_t>(pq().ntuples(result.get())));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            rows[r].reserve(static_cast<std::size_t>(columns));
            for (int c = 0; c < columns; ++c) rows[r].push_back(cell(result.get(), static_cast<int>(r), c));
        }
        return rows;
    }
    std::int64_t execute(std::string_view sql, std::span<const Value> parameters = {}) override {
        const ResultPtr result = transaction_.statement([&] { return run(sql, parameters); });
        return to_integer(pq().cmd_tuples(result.get())).value_or(0);
    }

private:
    /// A prepared statement of this session.
    class Statement {
    public:
        Statement(const ConnectionPtr& connection, std::string name, int parameters)
            : connection_(&connection), name_(std::move(name)), parameters_(parameters) {}
        Statement(Statement&& other) noexcept
            : connection_(std::exchange(other.connection_, nullptr)),
              name_(std::move(other.name_)),
              parameters_(other.parameters_) {}
        Statement& operator=(Statement&&) = delete;
        ~Statement() {
            if (connection_ && *connection_) pq().clear(pq().exec(connection_->get(), ("DEALLOCATE " + name_).c_str()));
        }
        const char* name() const { return name_.c_str(); }
        int parameters() const { return parameters_; }

    private:
        const ConnectionPtr* connection_;
        std::string name_;
        int parameters_;
    };

    void connect(const Address& address, VisitLimit visit) {
        const auto port = address.port == 0 ? std::string() : std::to_string(address.port);
        // Empty values stand for libpq's own defaults.
        const std::array<std::pair<const char*, const char*>, 12> settings{
            {{"host", address.host.c_str()},
             {"port", port.c_str()},
             {"dbname", address.database.c_str()},
             {"user", address.user.c_str()},
             {"password", address.password.c_str()},
             {"application_name", "multiflexi"},
             {"client_encoding", "UTF8"},
             // A peer that vanished is noticed within a minute.
             {"keepalives_idle", "30"},
             {"keepalives_interval", "10"},
             {"keepalives_count", "3"},
             {"tcp_user_timeout", "60000"},
             {nullptr, nullptr}}};
        std::array<const char*, 12> names{}, values{};
        for (std::size_t i = 0; i < settings.size(); ++i) std::tie(names[i], values[i]) = settings[i];
        connection_.reset(pq().connect_start(names.data(), values.data(), 0));
        if (!connection_) throw DatabaseError(Kind::other, name_ + " cannot be reached: there is no memory left.");
        // A notice is about the server, not about what we ask of it, and libpq prints it. They come from here on: while
        // the session is opened, too, as one about a collation that has another version.
        pq().set_notice_processor(
            connection_.get(), [](void*, const char*) {}, nullptr);
        // Only a verbose message holds the code of the failure; its words depend on the language of the server.
        pq().set_error_verbosity(connection_.get(), PQERRORS_VERBOSE);
        if (pq().status(connection_.get()) == CONNECTION_BAD) raise_unconnected();
        const auto limit = visit.value_or(connect_time);
        const auto deadline = std::chrono::steady_clock::now() + limit;
        for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;
             state = pq().connect_poll(connection_.get())) {
            if (state == PGRES_POLLING_FAILED) raise_unconnected();
            wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, limit);
        }
        pq().set_error_verbosity(connection_.get(), PQERRORS_DEFAULT);
        if (visit) return;
        const char* version = pq().parameter_status(connection_.get(), "server_version");
        require_version(Dialect::postgres, name_, version ? version : "");
    }
    void wait(short event, std::chrono::steady_clock::time_point deadline, std::chrono::milliseconds limit) const {
        pollfd socket{.fd = pq().socket(connection_.get()), .events = event, .revents = 0};
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
            const int ready = left.count() > 0 ? poll(&socket, 1, static_cast<int>(left.count())) : 0;
            if (ready > 0) return;
            if (ready == 0)
                throw DatabaseError(Kind::lost,
                                    fmt::format("{} did not answer within {} seconds.{}", name_,
                                                std::chrono::ceil<std::chrono::seconds>(limit).count(),
                                                advice_about_server(Kind::lost, Cause::server)),
                                    Cause::server);
            if (errno != EINTR)
                throw DatabaseError(Kind::lost, fmt::format("{} cannot be reached: {}.", name_, std::strerror(errno)));
        }
    }
    [[noreturn]] void raise_unconnected() const {
        const std::string_view message = pq().error_message(connection_.get());
        Kind kind = Kind::lost;
        auto cause = Cause::server;
        if (const auto state = state_in_postgres_message(message); !state.empty()) {
            kind = kind_of_postgres_error(state);
            cause = cause_of_postgres_error(state);
        } else if (pq().needs_password(connection_.get()) == 1) {
            // That there is no password for it libpq finds out itself, without a code.
            kind = Kind::refused;
            cause = Cause::account;
        } else if (message.find("SSL") != std::string_view::npos) {
            kind = Kind::refused;
            cause = Cause::encryption;
        }
        // It may have tried with and without encryption, and tells a line of each.
        const auto told = message.substr(0, message.find("\nLOCATION"));
        throw DatabaseError(kind, failure_sentence(name_ + " cannot be opened", told, advice_about_server(kind, cause)),
                            cause);
    }

    ResultPtr command(const std::string& sql) {
        return visit_ ? answer(pq().send_query(connection_.get(), sql.c_str()))
                      : ResultPtr(pq().exec(connection_.get(), sql.c_str()));
    }
    /// To what was sent to a server of others: it may stand still, and libpq by itself would wait for ever.
    ResultPtr answer(int sent) {
        const auto deadline = std::chrono::steady_clock::now() + *visit_;
        ResultPtr last;
        while (sent == 1) {
            while (pq().is_busy(connection_.get())) {
                wait(POLLIN, deadline, *visit_);
                if (pq().consume_input(connection_.get()) != 1) return {};
            }
            ResultPtr next(pq().get_result(connection_.get()));
            if (!next) break;
            last = std::move(next);
        }
        return last;
    }

    ResultPtr run(std::string_view sql, std::span<const Value> parameters) {
        check_parameters(parameters);
        const Statement& statement = statements_.get(sql, [&](std::string_view text) { return prepare(text); });
        if (statement.parameters() != static_cast<int>(parameters.size()))
            throw std::logic_error(fmt::format("{} values for: {}", parameters.size(), sql));
        // Numbers travel as text: the server reads them as the type it expects at that place.
        std::vector<std::array<char, 32>> numbers(parameters.size());
        std::vector<const char*> values(parameters.size());
        std::vector<int> lengths(parameters.size()), formats(parameters.size());
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            values[i] = numbers[i].data();  // ends in zeros
            if (is_null(parameters[i])) {
                values[i] = nullptr;
            } else if (const auto* text = std::get_if<std::string>(&parameters[i])) {
                values[i] = text->c_str();
            } else if (const auto* bytes = std::get_if<Bytes>(&parameters[i])) {
                values[i] = bytes->data.data();
                lengths[i] = static_cast<int>(bytes->data.size());
                formats[i] = 1;
            } else if (const auto* real = std::get_if<double>(&parameters[i])) {
                std::to_chars(numbers[i].begin(), numbers[i].end() - 1, *real);
            } else if (const auto* flag = std::get_if<bool>(&parameters[i])) {
                numbers[i][0] = *flag ? '1' : '0';  // is both a number and a boolean
            } else {
                std::to_chars(numbers[i].begin(), numbers[i].end() - 1, std::get<std::int64_t>(parameters[i]));
            }
        }
        const auto execute_prepared = [&](const char* name) {
            const auto count = static_cast<int>(parameters.size());
            return visit_ ? answer(pq().send_prepared(connection_.get(), name, count, values.data(), lengths.data(),
                                                      formats.data(), 0))
                          : ResultPtr(pq().exec_prepared(connection_.get(), name, count, values.data(), lengths.data(),
                                                         formats.data(), 0));
        };
        ResultPtr result = execute_prepared(statement.name());
        if (is_stale(result.get())) {
            // Refused before anything of it was done.
            statements_.forget(sql);
            if (transaction_.open())
                throw DatabaseError(Kind::busy, name_ + " has changed under a transaction: repeat the transaction.");
            result =
                execute_prepared(statements_.get(sql, [&](std::string_view text) { return prepare(text); }).name());
        }
        return check(std::move(result));
    }
    /// The table has changed under the statement ("cached plan must not change result type"; other refusals have this
    /// code too), or a pooler between us and the server has dropped it.
    static bool is_stale(const PGresult* result) {
        const std::string_view state = error_field(result, PG_DIAG_SQLSTATE);
        return state == "26000" ||
               (state == "0A000" && error_field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery");
    }
    static std::string_view error_field(const PGresult* result, int code) {
        const char* text = result ? pq().result_error_field(result, code) : nullptr;
        return text ? text : "";
    }
    Statement prepare(std::string_view sql) {
        const NumberedSql numbered = with_numbered_parameters(sql);
        std::string name = fmt::format("s{}", ++last_statement_);
        const char* text = numbered.sql.c_str();
        check(visit_ ? answer(pq().send_prepare(connection_.get(), name.c_str(), text, 0, nullptr))
                     : ResultPtr(pq().prepare(connection_.get(), name.c_str(), text, 0, nullptr)));
        return Statement(connection_, std::move(name), numbered.parameters);
    }
    static Value cell(const PGresult* result, int row, int column) {
        if (pq().getisnull(result, row, column)) return {};
        const std::string_view text(pq().getvalue(result, row, column),
                                    static_cast<std::size_t>(pq().getlength(result, row, column)));
        switch (pq().ftype(result, column)) {
            case bool_oid: return text == "t";
            case int2_oid:
            case int4_oid:
            case oid_oid:
            case int8_oid: {
                std::int64_t value = 0;
                std::from_chars(text.data(), text.data() + text.size(), value);
                return value;
            }
            case float4_oid:
            case float8_oid: {
                double value = 0;
                std::from_chars(text.data(), text.data() + text.size(), value);
                return value;
            }
            case numeric_oid: return number_from_decimal(text);
            case bytea_oid: return Bytes{octets_from_hex(text)};
            default: return std::string(text);
        }
    }

    ResultPtr check(ResultPtr result) const {
        const auto status = pq().result_status(result.get());
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
        const auto state = error_field(result.get(), PG_DIAG_SQLSTATE);
        // Without a code it is libpq that speaks. When it could write nothing but there was something left to read, as
        // the farewell of a server that shut down, it says so and still takes the session for a good one.
        const bool lost = state.empty() || pq().status(connection_.get()) != CONNECTION_OK;
        const Kind kind = lost ? Kind::lost : kind_of_postgres_error(state);
        const auto cause = lost ? Cause::server : cause_of_postgres_error(state);
        // Without the details: they repeat values of the row.
        auto message = error_field(result.get(), PG_DIAG_MESSAGE_PRIMARY);
        if (message.empty()) message = pq().error_message(connection_.get());
        throw DatabaseError(kind, failure_sentence(name_ + " has failed", message, advice_about_server(kind, cause)),
                            cause);
    }

    const std::string name_;
    const VisitLimit visit_;
    ConnectionPtr connection_;
    StatementCache<Statement> statements_;
    std::uint64_t last_statement_ = 0;
    TransactionState transaction_{name_};
};

}  // namespace

std::unique_ptr<Connection> open_postgres(const Address& address, VisitLimit visit) {
    return std::make_unique<PostgresConnection>(address, visit);
}

}  // namespace mf::sql
