// SPDX-License-Identifier: MIT
#include "store/sql/driver.h"
#include "store/sql/library.h"
#include "store/sql/transaction_state.h"

#include <mysql.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace mf::sql {
namespace {

using Kind = DatabaseError::Kind;

struct Libmariadb {
    const Library library{"libmariadb.so.3", "libmariadb3"};
    decltype(&mysql_server_init) server_init = library["mysql_server_init"];
    decltype(&mysql_init) init = library["mysql_init"];
    decltype(&mysql_close) close = library["mysql_close"];
    decltype(&mysql_options) options = library["mysql_options"];
    decltype(&mysql_options4) options4 = library["mysql_options4"];
    decltype(&mysql_get_socket) get_socket = library["mysql_get_socket"];
    decltype(&mysql_real_connect) real_connect = library["mysql_real_connect"];
    decltype(&mysql_real_query) real_query = library["mysql_real_query"];
    decltype(&mysql_error) error = library["mysql_error"];
    decltype(&mysql_errno) error_number = library["mysql_errno"];
    decltype(&mysql_num_fields) num_fields = library["mysql_num_fields"];
    decltype(&mysql_fetch_fields) fetch_fields = library["mysql_fetch_fields"];
    decltype(&mysql_free_result) free_result = library["mysql_free_result"];
    decltype(&mysql_stmt_init) stmt_init = library["mysql_stmt_init"];
    decltype(&mysql_stmt_close) stmt_close = library["mysql_stmt_close"];
    decltype(&mysql_stmt_prepare) stmt_prepare = library["mysql_stmt_prepare"];
    decltype(&mysql_stmt_param_count) stmt_param_count = library["mysql_stmt_param_count"];
    decltype(&mysql_stmt_bind_param) stmt_bind_param = library["mysql_stmt_bind_param"];
    decltype(&mysql_stmt_bind_result) stmt_bind_result = library["mysql_stmt_bind_result"];
    decltype(&mysql_stmt_execute) stmt_execute = library["mysql_stmt_execute"];
    decltype(&mysql_stmt_store_result) stmt_store_result = library["mysql_stmt_store_result"];
    decltype(&mysql_stmt_result_metadata) stmt_result_metadata = library["mysql_stmt_result_metadata"];
    decltype(&mysql_stmt_fetch) stmt_fetch = library["mysql_stmt_fetch"];
    decltype(&mysql_stmt_fetch_column) stmt_fetch_column = library["mysql_stmt_fetch_column"];
    decltype(&mysql_stmt_free_result) stmt_free_result = library["mysql_stmt_free_result"];
    decltype(&mysql_stmt_affected_rows) stmt_affected_rows = library["mysql_stmt_affected_rows"];
    decltype(&mysql_stmt_error) stmt_error = library["mysql_stmt_error"];
    decltype(&mysql_stmt_errno) stmt_error_number = library["mysql_stmt_errno"];

    // mysql_init would do this too, but not safely from two threads at once.
    Libmariadb() { server_init(0, nullptr, nullptr); }
};
const Libmariadb& my() {
    static const Libmariadb functions;
    return functions;
}

struct CloseConnection {
    void operator()(MYSQL* m) const { my().close(m); }
};
struct CloseStatement {
    void operator()(MYSQL_STMT* s) const { my().stmt_close(s); }
};
struct FreeMetadata {
    void operator()(MYSQL_RES* r) const { my().free_result(r); }
};
using MariadbStatement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

constexpr unsigned binary_charset = 63;

class MariadbConnection final : public Connection {
public:
    MariadbConnection(const Address& address, VisitLimit visit)
        : name_(description_of(address)), connection_(my().init(nullptr)) {
        if (!connection_) throw DatabaseError(Kind::other, name_ + " cannot be reached: there is no memory left.");
        connect(address, visit);
        detect_lost_peers();
        if (visit)
            set_up_visit(address);
        else
            set_up(address);
    }
    ~MariadbConnection() override {
        // Statements that outlive their session are freed without a message to the server each.
        connection_.reset();
    }

    Dialect dialect() const override { return Dialect::mariadb; }

    void begin() override {
        transaction_.begin([&] { command("START TRANSACTION"); });
    }
    void begin_snapshot() override {
        transaction_.begin([&] {
            command("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");  // of the next one only
            command("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        });
    }
    void commit() override {
        transaction_.commit([&] { command("COMMIT"); });
    }
    void rollback() noexcept override {
        if (!transaction_.take_back()) return;
        constexpr std::string_view sql = "ROLLBACK";
        if (my().real_query(connection_.get(), sql.data(), sql.size()) != 0) transaction_.rollback_failed();
    }
    std::int64_t change_counter() override { return 0; }

    Rows query(std::string_view sql, std::span<const Value> parameters) override {
        return transaction_.statement(
            [&] { return with_statement(sql, parameters, [&](MYSQL_STMT* s) { return fetch(s); }); });
    }
    std::int64_t execute(std::string_view sql, std::span<const Value> parameters = {}) override {
        const auto count = [](MYSQL_STMT* s) {
            const auto rows = my().stmt_affected_rows(s);
            return rows == ~std::uint64_t{0} ? 0 : static_cast<std::int64_t>(rows);
        };
        return transaction_.statement([&] { return with_statement(sql, parameters, count); });
    }

private:
    void connect(const Address& address, VisitLimit visit) {
        MYSQL* const m = connection_.get();
        unsigned connect_time = 10, write_time = 60, read_time = 3600;  // seconds
        if (visit)
            connect_time = write_time = read_time = static_cast<unsigned>(
                std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(*visit).count()));
        my().options(m, MYSQL_OPT_CONNECT_TIMEOUT, &connect_time);
        my().options(m, MYSQL_OPT_WRITE_TIMEOUT, &write_time);
        // The longest statement there may be, a change of a large table; a dead network is noticed much earlier.
        my().options(m, MYSQL_OPT_READ_TIMEOUT, &read_time);
        constexpr unsigned no = 0;
        my().options(m, MYSQL_OPT_LOCAL_INFILE, &no);  // the server may not ask for our files
        my().options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
        my().options4(m, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "multiflexi");
        const bool is_socket = address.host.starts_with('/');
        if (!is_socket && !address.host.empty()) {
            constexpr unsigned tcp = MYSQL_PROTOCOL_TCP;
            my().options(m, MYSQL_OPT_PROTOCOL, &tcp);
        }
        const auto or_default = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
        // CLIENT_FOUND_ROWS: rows that an UPDATE met count, not only those it changed.
        if (!my().real_connect(m, is_socket ? nullptr : or_default(address.host), or_default(address.user),
                               or_default(address.password), or_default(address.database),
                               static_cast<unsigned>(address.port), is_socket ? address.host.c_str() : nullptr,
                               CLIENT_FOUND_ROWS))
            raise(my().error_number(m), my().error(m), "cannot be opened");
    }
    /// libmariadb waits for hours for a machine that was switched off. No effect on Unix sockets.
    void detect_lost_peers() const {
        const int socket = static_cast<int>(my().get_socket(connection_.get()));
        const auto set = [&](int level, int option, int value) {
            setsockopt(socket, level, option, &value, sizeof value);
        };
        set(SOL_SOCKET, SO_KEEPALIVE, 1);
        set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
        set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
        set(IPPROTO_TCP, TCP_KEEPCNT, 3);
        set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
    }
    void set_up(const Address& address) {
        const auto lock_seconds =
            std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(address.lock_wait).count());
        // The SQL of the other two: "x" is a name, \ a character, || joins texts, a value that does not fit is an
        // error, a key of 0 is 0, a table may be emptied. An idle session is not closed after eight hours.
        command(
            fmt::format("SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,"
                        "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', autocommit = 1, innodb_lock_wait_timeout = {0},"
                        " lock_wait_timeout = {0}, wait_timeout = 2147483, sql_safe_updates = 0",
                        lock_seconds));
        command("SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin");
        // As in PostgreSQL. REPEATABLE READ would lock the gaps between rows: two workers that take jobs from the queue
        // would wait for each other and meet in deadlocks.
        command("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        const auto facts = Connection::query("SELECT CAST(@@max_allowed_packet AS SIGNED), VERSION()", {});
        largest_packet_ = static_cast<std::size_t>(std::get<std::int64_t>(facts[0][0]));
        require_version(Dialect::mariadb, name_, std::get<std::string>(facts[0][1]));
    }
    /// Of any server, MySQL too: what it may not know is left as it is.
    void set_up_visit(const Address& address) {
        command("SET SESSION sql_mode = 'ANSI_QUOTES', autocommit = 1");
        if (address.read_only) command("SET SESSION TRANSACTION READ ONLY");
    }
    void command(std::string_view sql) {
        if (my().real_query(connection_.get(), sql.data(), sql.size()) != 0)
            raise(my().error_number(connection_.get()), my().error(connection_.get()));
    }

    template <class Work>
    std::invoke_result_t<Work, MYSQL_STMT*> with_statement(std::string_view sql, std::span<const Value> parameters,
                                                           Work work) {
        try {
            const Run run(*this, sql, parameters);
            return work(run.statement());
        } catch (const TableChanged& change) {
            statements_.forget(sql);
            if (transaction_.open()) throw;
            // Only what had no effect may happen again.
            if (change.was_executed && !sql.starts_with("SELECT")) throw DatabaseError(Kind::other, change.what());
        }
        const Run run(*this, sql, parameters);
        return work(run.statement());
    }

    /// The statement was prepared for a table that has other columns now. Busy: the whole transaction can be repeated.
    struct TableChanged : DatabaseError {
        TableChanged(const std::string& message, bool executed)
            : DatabaseError(Kind::busy, message), was_executed(executed) {}
        const bool was_executed;  // by the server; what came back was not what the library expected
    };

    /// One execution of a statement, with its result until destroyed.
    class Run {
    public:
        Run(MariadbConnection& connection, std::string_view sql, std::span<const Value> parameters) {
            check_parameters(parameters);
            statement_ =
                connection.statements_.get(sql, [&](std::string_view text) { return connection.prepare(text); }).get();
            if (my().stmt_param_count(statement_) != parameters.size())
                throw std::logic_error(fmt::format("{} values for: {}", parameters.size(), sql));
            connection.check_size(parameters);
            std::vector<std::int64_t> integers(parameters.size());
            std::vector<MYSQL_BIND> binds(parameters.size());
            for (std::size_t i = 0; i < parameters.size(); ++i) bind(binds[i], parameters[i], integers[i]);
            if ((!binds.empty() && my().stmt_bind_param(statement_, binds.data())) || my().stmt_execute(statement_) ||
                my().stmt_store_result(statement_))
                connection.raise_for(statement_);
        }
        ~Run() { my().stmt_free_result(statement_); }
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;
        MYSQL_STMT* statement() const { return statement_; }

    private:
        static void bind(MYSQL_BIND& out, const Value& value, std::int64_t& integer) {
            const auto octets = [&](enum_field_types type, const std::string& data) {
                out.buffer_type = type;
                out.buffer = const_cast<char*>(data.data());
                out.buffer_length = data.size();
            };
            if (is_null(value)) {
                out.buffer_type = MYSQL_TYPE_NULL;
            } else if (const auto* text = std::get_if<std::string>(&value)) {
                octets(MYSQL_TYPE_STRING, *text);
            } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
                octets(MYSQL_TYPE_LONG_BLOB, bytes->data);
            } else if (const auto* real = std::get_if<double>(&value)) {
                out.buffer_type = MYSQL_TYPE_DOUBLE;
                out.buffer = const_cast<double*>(real);
            } else {
                const auto* flag = std::get_if<bool>(&value);
                integer = flag ? *flag : std::get<std::int64_t>(value);
                out.buffer_type = MYSQL_TYPE_LONGLONG;
                out.buffer = &integer;
            }
        }
        MYSQL_STMT* statement_ = nullptr;
    };

    /// A packet that is too large ends the session, often before the reason arrives.
    void check_size(std::span<const Value> parameters) const {
        std::size_t size = 1024;
        for (const Value& value : parameters) {
            size += 16;
            if (const auto* text = std::get_if<std::string>(&value)) size += text->size();
            if (const auto* bytes = std::get_if<Bytes>(&value)) size += bytes->data.size();
        }
        if (size > largest_packet_)
            throw DatabaseError(
                Kind::other,
                fmt::format("{} accepts {} bytes at a time, {} were to be stored. Raise max_allowed_packet in the "
                            "settings of the MariaDB server.",
                            name_, largest_packet_, size));
    }
    MariadbStatement prepare(std::string_view sql) {
        MariadbStatement statement(my().stmt_init(connection_.get()));
        if (!statement) throw DatabaseError(Kind::other, name_ + " has failed: there is no memory left.");
        if (my().stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) raise_for(statement.get());
        return statement;
    }

    struct Cell {
        enum class Type { integer, unsigned_integer, real, decimal, text, bytes } type = Type::text;
        std::int64_t integer = 0;
        double real = 0;
        unsigned long length = 0;
        my_bool null = 0;
    };
    static Cell::Type type_of(const MYSQL_FIELD& field) {
        switch (field.type) {
            case MYSQL_TYPE_TINY:
            case MYSQL_TYPE_SHORT:
            case MYSQL_TYPE_INT24:
            case MYSQL_TYPE_LONG:
            case MYSQL_TYPE_LONGLONG:
            case MYSQL_TYPE_YEAR:
                return field.flags & UNSIGNED_FLAG ? Cell::Type::unsigned_integer : Cell::Type::integer;
            case MYSQL_TYPE_FLOAT:
            case MYSQL_TYPE_DOUBLE: return Cell::Type::real;
            case MYSQL_TYPE_DECIMAL:
            case MYSQL_TYPE_NEWDECIMAL: return Cell::Type::decimal;
            case MYSQL_TYPE_DATE:
            case MYSQL_TYPE_TIME:
            case MYSQL_TYPE_DATETIME:
            case MYSQL_TYPE_TIMESTAMP: return Cell::Type::text;  // their charset says "binary" all the same
            default: return field.charsetnr == binary_charset ? Cell::Type::bytes : Cell::Type::text;
        }
    }
    Rows fetch(MYSQL_STMT* s) {
        const std::unique_ptr<MYSQL_RES, FreeMetadata> meta(my().stmt_result_metadata(s));
        if (!meta) return {};
        const unsigned count = my().num_fields(meta.get());
        const MYSQL_FIELD* fields = my().fetch_fields(meta.get());
        std::vector<Cell> cells(count);
        std::vector<MYSQL_BIND> binds(count);
        for (unsigned i = 0; i < count; ++i) {
            Cell& cell = cells[i];
            cell.type = type_of(fields[i]);
            binds[i].is_null = &cell.null;
            binds[i].length = &cell.length;
            if (cell.type == Cell::Type::integer || cell.type == Cell::Type::unsigned_integer) {
                binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
                binds[i].buffer = &cell.integer;
                binds[i].is_unsigned = cell.type == Cell::Type::unsigned_integer;
            } else if (cell.type == Cell::Type::real) {
                binds[i].buffer_type = MYSQL_TYPE_DOUBLE;
                binds[i].buffer = &cell.real;
            } else {
                // Without a buffer the first look gives the length only; octets() fetches them to their place.
                binds[i].buffer_type = cell.type == Cell::Type::bytes ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
            }
        }
        if (my().stmt_bind_result(s, binds.data())) raise_for(s);
        Rows rows;
        for (;;) {
            const int outcome = my().stmt_fetch(s);
            if (outcome == MYSQL_NO_DATA) return rows;
            if (outcome != 0 && outcome != MYSQL_DATA_TRUNCATED) raise_for(s);
            Row& row = rows.emplace_back(count);
            for (unsigned i = 0; i < count; ++i) {
                if (!cells[i].null) row[i] = value(s, i, cells[i], binds[i].buffer_type);
            }
        }
    }
    Value value(MYSQL_STMT* s, unsigned column, const Cell& cell, enum_field_types type) {
        switch (cell.type) {
            case Cell::Type::integer: return cell.integer;
            case Cell::Type::unsigned_integer:
                if (cell.integer < 0) return static_cast<double>(static_cast<std::uint64_t>(cell.integer));
                return cell.integer;
            case Cell::Type::real: return cell.real;
            case Cell::Type::decimal: return number_from_decimal(octets(s, column, cell, type));
            case Cell::Type::text: return octets(s, column, cell, type);
            case Cell::Type::bytes: return Bytes{octets(s, column, cell, type)};
        }
        return {};
    }
    std::string octets(MYSQL_STMT* s, unsigned column, const Cell& cell, enum_field_types type) {
        std::string out(cell.length, '\0');
        if (out.empty()) return out;
        unsigned long length = 0;
        my_bool null = 0, truncated = 0;
        MYSQL_BIND bind{};
        bind.buffer_type = type;
        bind.buffer = out.data();
        bind.buffer_length = out.size();
        bind.length = &length;
        bind.is_null = &null;
        bind.error = &truncated;
        if (my().stmt_fetch_column(s, &bind, column, 0) != 0) raise_for(s);
        return out;
    }

    /// What goes wrong while rows arrive (a duplicate key of INSERT … RETURNING) may be told to the connection only.
    [[noreturn]] void raise_for(MYSQL_STMT* s) {
        if (my().stmt_error_number(s) != 0) raise(my().stmt_error_number(s), my().stmt_error(s));
        raise(my().error_number(connection_.get()), my().error(connection_.get()));
    }
    [[noreturn]] void raise(unsigned number, std::string_view error, std::string_view what = "has failed") {
        const Kind kind = kind_of_mariadb_error(number, error);
        const auto cause = cause_of_mariadb_error(number);
        const auto message = failure_sentence(fmt::format("{} {}", name_, what), fmt::format("{} ({})", error, number),
                                              advice_about_server(kind, cause));
        constexpr unsigned must_be_prepared_again = 1615, other_columns = 2057;
        if (number == must_be_prepared_again || number == other_columns)
            throw TableChanged(message, number == other_columns);
        throw DatabaseError(kind, message, cause);
    }

    const std::string name_;
    std::unique_ptr<MYSQL, CloseConnection> connection_;
    StatementCache<MariadbStatement> statements_;
    TransactionState transaction_{name_};
    std::size_t largest_packet_ = 1 << 20;
};

}  // namespace

std::unique_ptr<Connection> open_mariadb(const Address& address, VisitLimit visit) {
    return std::make_unique<MariadbConnection>(address, visit);
}

}  // namespace mf::sql
