// SPDX-License-Identifier: MIT
#include "base/descriptor.h"
#include "store/sql/driver.h"
#include "store/sql/transaction_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mf::sql {
namespace {

using Kind = DatabaseError::Kind;

struct FinalizeStatement {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
struct CloseDatabase {
    void operator()(sqlite3* d) const { sqlite3_close_v2(d); }
};
using SqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Kind kind_of_errno(int error) {
    if (error == ENOSPC || error == EDQUOT) return Kind::full;
    if (is_shortage(error)) return Kind::busy;
    if (error == EACCES || error == EPERM || error == EROFS || error == ENOENT || error == ENOTDIR || error == EISDIR)
        return Kind::refused;
    return Kind::other;
}

Kind kind_of(int code, std::string_view message, int system_error) {
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: return Kind::unique_violation;
        case SQLITE_CONSTRAINT_FOREIGNKEY: return Kind::foreign_key;
        // ON DELETE RESTRICT is carried out by an inner trigger; one of ours would say something else.
        case SQLITE_CONSTRAINT_TRIGGER:
            return message == "FOREIGN KEY constraint failed" ? Kind::foreign_key : Kind::other;
        default: break;
    }
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Kind::busy;
        case SQLITE_FULL: return Kind::full;
        case SQLITE_IOERR:
            if (kind_of_errno(system_error) == Kind::full) return Kind::full;
            return Kind::other;
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
            // A side file that cannot be made for want of space, or not opened for want of descriptors.
            if (const auto kind = kind_of_errno(system_error); kind == Kind::full || kind == Kind::busy) return kind;
            return Kind::refused;
        case SQLITE_NOTADB:
        case SQLITE_AUTH:
        case SQLITE_PERM: return Kind::refused;
        default: return Kind::other;
    }
}

DatabaseError::Cause cause_of(Kind kind) {
    return kind == Kind::refused ? DatabaseError::Cause::file : DatabaseError::Cause::unknown;
}

constexpr std::string_view advice_about_shortage =
    " The system is short of descriptors or memory: try again, or raise the limit (LimitNOFILE= of the service, ulimit "
    "-n).";

/// What the administrator can do about it, as a sentence; empty when there is nothing to say.
std::string_view advice_for(int code, Kind kind) {
    if (kind == Kind::full) return " There is no space left for it: free some space on that file system.";
    const int family = code & 0xff;
    if (kind == Kind::busy && (family == SQLITE_BUSY || family == SQLITE_LOCKED))
        return " Another program keeps it locked: try again, or end that program.";
    if (kind == Kind::busy) return advice_about_shortage;
    switch (family) {
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM: return " Give this user the right to write to the file and to the directory it is in.";
        case SQLITE_NOTADB:
            return " It is not an SQLite database, or it is damaged: name another file, or restore it from a backup.";
        case SQLITE_CORRUPT: return " It is damaged: stop the server and restore it from a backup.";
        default: return "";
    }
}

class SqliteConnection final : public Connection {
public:
    SqliteConnection(const Address& address, VisitLimit visit)
        : address_(address), is_visit_(visit.has_value()), name_(description_of(address)) {
        if (address.read_only || is_visit_)
            require_existing(address.database);
        else if (!is_in_memory())
            create_private_file(address.database);
        if (address.read_only) unused_since_ = state_of_unused_file();
        open_file();
    }

    Dialect dialect() const override { return Dialect::sqlite; }

    void begin() override {
        transaction_.begin([&] { run("BEGIN IMMEDIATE", {}, [](sqlite3_stmt*) {}); });
    }
    void begin_snapshot() override {
        // Without locks a file is read as it is at each moment.
        if (address_.read_only) throw std::logic_error("a read-only SQLite session has no snapshots");
        transaction_.begin([&] {
            run("BEGIN DEFERRED", {}, [](sqlite3_stmt*) {});
            try {
                // The snapshot is taken by the first statement that reads.
                run("SELECT COUNT(*) FROM sqlite_master", {}, [](sqlite3_stmt*) {});
            } catch (...) {
                sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
                throw;
            }
        });
    }
    void commit() override {
        transaction_.commit([&] { run("COMMIT", {}, [](sqlite3_stmt*) {}); });
    }
    void rollback() noexcept override {
        if (!transaction_.take_back()) return;
        // SQLite may have ended the transaction itself, for instance when the disk was full.
        if (sqlite3_get_autocommit(database_.get()) == 0 &&
            sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK)
            transaction_.rollback_failed();
    }
    std::int64_t change_counter() override {
        const auto version = std::get<std::int64_t>(query("PRAGMA data_version", {})[0][0]);
        return version + (reopened_ << 32);  // SQLite counts for each opening
    }

    Rows query(std::string_view sql, std::span<const Value> parameters = {}) override {
        while (unused_since_) {
            if (state_of_unused_file() == unused_since_) {
                try {
                    Rows rows = rows_of(sql, parameters);
                    if (state_of_unused_file() == unused_since_) return rows;
                } catch (const DatabaseError&) {
                    if (state_of_unused_file() == unused_since_) throw;
                }
            }
            // Somebody began to write: what was read may be half of it. While he works read with locks, as everybody
            // else; if he has gone, look at what he left.
            unused_since_ = state_of_unused_file();
            open_file();
            ++reopened_;
        }
        return rows_of(sql, parameters);
    }
    std::int64_t execute(std::string_view sql, std::span<const Value> parameters = {}) override {
        transaction_.statement([&] { run(sql, parameters, [](sqlite3_stmt*) {}); });
        return sqlite3_changes64(database_.get());
    }

private:
    bool is_in_memory() const { return address_.database == ":memory:"; }

    /// Looks of the file; nothing while its side files say that somebody works with it.
    struct FileState {
        dev_t device;
        ino_t inode;
        off_t size;
        std::int64_t changed_s, changed_ns;
        bool operator==(const FileState&) const = default;
    };
    std::optional<FileState> state_of_unused_file() const {
        for (const char* suffix : {"-wal", "-journal"})
            if (struct stat side{}; stat((address_.database + suffix).c_str(), &side) == 0) return {};
        struct stat file {};
        if (stat(address_.database.c_str(), &file) != 0) return {};
        return FileState{file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
    }
    /// Two programs that open a new file at the same moment both want to change its journal mode; SQLite tells one of
    /// them at once that it is locked, without waiting as it does elsewhere (sqlite3_busy_timeout: "not invoked if it
    /// determines that invoking the busy handler could result in a deadlock"). So this waits in its place.
    void open_file() {
        const auto deadline = std::chrono::steady_clock::now() + address_.lock_wait;
        for (;;) {
            try {
                return try_open_file();
            } catch (const DatabaseError& error) {
                if (error.kind != Kind::busy || std::chrono::steady_clock::now() >= deadline) throw;
            }
            sqlite3_sleep(5);  // milliseconds; there is no event for a lock that becomes free
        }
    }
    void try_open_file() {
        statements_.clear();
        database_.reset();
        std::string name = address_.database;
        int flags = SQLITE_OPEN_NOMUTEX | (address_.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
        if (unused_since_) {
            // Even a reader would make the side files, and leave them behind, unless it is told that nobody writes.
            flags |= SQLITE_OPEN_URI;
            name = "file:";
            for (const char c : std::filesystem::absolute(address_.database).string())
                if (c == '%' || c == '?' || c == '#')
                    name += fmt::format("%{:02x}", c);
                else
                    name += c;
            name += "?immutable=1";
        }
        sqlite3* handle = nullptr;
        const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
        database_.reset(handle);
        if (!handle) throw DatabaseError(Kind::other, name_ + " cannot be opened: there is no memory left.");
        sqlite3_extended_result_codes(handle, 1);
        if (code != SQLITE_OK) raise(sqlite3_extended_errcode(handle));
        set_up(address_);
    }

    Rows rows_of(std::string_view sql, std::span<const Value> parameters) {
        return transaction_.statement([&] {
            Rows rows;
            run(sql, parameters, [&](sqlite3_stmt* s) { rows.push_back(row(s)); });
            return rows;
        });
    }
    [[noreturn]] void raise_system(int error, std::string_view what_to_do) const {
        const Kind kind = kind_of_errno(error);
        throw DatabaseError(kind, fmt::format("{} cannot be opened: {}. {}", name_, std::strerror(error), what_to_do),
                            cause_of(kind));
    }
    void require_existing(const std::string& path) const {
        struct stat status {};
        if (stat(path.c_str(), &status) != 0)
            raise_system(errno, errno == ENOENT ? "Check the name, or let the server create it first."
                                                : "Check the name and the permissions.");
        if (S_ISDIR(status.st_mode)) raise_system(EISDIR, "Name a file.");
    }
    /// SQLite would create the file readable for everybody; it holds what is nobody else's business. Its side files
    /// (-wal, -shm) copy the permissions of the file, and its owner when root makes them.
    ///
    /// Never opens a file that exists: closing it again would drop the locks of every other connection of this process
    /// (man 2 fcntl), and another program would take the database for unused and remove its log.
    void create_private_file(const std::string& path) const {
        const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        std::error_code ignored;
        const int error = errno == EEXIST && std::filesystem::is_directory(path, ignored) ? EISDIR : errno;
        if (file) return give_to_owner_of_directory(file, path);
        if (error == EEXIST) return;
        if (error == ENOENT || error == ENOTDIR)
            raise_system(error, "Create its directory first, owned by the user of the server.");
        if (error == EISDIR) raise_system(error, "Name a file.");
        if (kind_of_errno(error) == Kind::full) raise_system(error, "Free some space on that file system.");
        if (is_shortage(error)) raise_system(error, advice_about_shortage.substr(1));
        raise_system(error, "Give this user the right to write to the file and to the directory it is in.");
    }

    /// Root often makes the first call on a new installation; the service, which runs as the owner of the directory,
    /// would be locked out by a file that belongs to root.
    void give_to_owner_of_directory(const Descriptor& file, const std::string& path) const {
        const auto directory = std::filesystem::absolute(path).parent_path();
        struct stat home {};
        if (::geteuid() != 0 || ::stat(directory.c_str(), &home) != 0 || home.st_uid == 0) return;
        if (::fchown(file.get(), home.st_uid, home.st_gid) == 0) return;
        const int error = errno;
        ::unlink(path.c_str());
        raise_system(error, "It could not be given to the owner of its directory: create it as that user.");
    }

    void set_up(const Address& address) {
        sqlite3* d = database_.get();
        sqlite3_busy_timeout(d, static_cast<int>(address.lock_wait.count()));
        sqlite3_db_config(d, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(d, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        sqlite3_db_config(d, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
        // A misspelt "name" is an error, not a text.
        sqlite3_db_config(d, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
        sqlite3_db_config(d, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
        pragma("cache_size=-1024");  // KiB for each session: the server stays small, the kernel caches the file anyway
        pragma("mmap_size=0");
        pragma("temp_store=MEMORY");
        if (address.read_only) {
            pragma("query_only=ON");
            pragma("schema_version");  // reads the file: says now if it is no database
            return;
        }
        if (is_in_memory() || is_visit_) return;
        pragma("journal_mode=WAL");
        // SQLite keeps the old mode without a word where there is no shared memory, as on network file systems.
        if (rows_of("PRAGMA journal_mode", {})[0][0] != Value{std::string("wal")})
            throw DatabaseError(Kind::refused,
                                name_ +
                                    " lies on a file system without shared memory, as network file systems are: "
                                    "readers and writers would stop each other. Put it on a local disk.",
                                DatabaseError::Cause::file);
        pragma(address.durable ? "synchronous=FULL" : "synchronous=NORMAL");
        // A queue commits a few pages at a time: a checkpoint each 4 MiB costs one fsync of the file in some hundred
        // commits and keeps the search through the log short. After a burst the log is cut back.
        pragma("wal_autocheckpoint=1000");
        pragma("journal_size_limit=16777216");
    }
    void pragma(const char* setting) {
        const int code =
            sqlite3_exec(database_.get(), ("PRAGMA " + std::string(setting)).c_str(), nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) raise(code);
    }

    template <class OnRow>
    void run(std::string_view sql, std::span<const Value> parameters, OnRow on_row) {
        check_parameters(parameters);
        sqlite3_stmt* s = statements_.get(sql, [&](std::string_view text) { return prepare(text); }).get();
        if (sqlite3_bind_parameter_count(s) != static_cast<int>(parameters.size()))
            throw std::logic_error(fmt::format("{} values for: {}", parameters.size(), sql));
        struct Reset {
            sqlite3_stmt* s;
            ~Reset() {
                sqlite3_reset(s);
                sqlite3_clear_bindings(s);
            }
        } reset{s};
        for (std::size_t i = 0; i < parameters.size(); ++i) bind(s, static_cast<int>(i) + 1, parameters[i]);
        for (;;) {
            const int code = sqlite3_step(s);
            if (code == SQLITE_DONE) return;
            if (code != SQLITE_ROW) raise(code);
            on_row(s);
        }
    }
    SqliteStatement prepare(std::string_view sql) const {
        sqlite3_stmt* raw = nullptr;
        const char* rest = nullptr;
        const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &raw, &rest);
        if (code != SQLITE_OK) raise(code);
        SqliteStatement statement(raw);
        const std::string_view left(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
        if (!statement || left.find_first_not_of(" \t\r\n;") != std::string_view::npos)
            throw std::logic_error(fmt::format("not exactly one statement: {}", sql));
        return statement;
    }
    void bind(sqlite3_stmt* s, int at, const Value& value) const {
        struct Binder {
            sqlite3_stmt* s;
            int at;
            int operator()(std::monostate) const { return sqlite3_bind_null(s, at); }
            int operator()(bool v) const { return sqlite3_bind_int(s, at, v); }
            int operator()(std::int64_t v) const { return sqlite3_bind_int64(s, at, v); }
            int operator()(double v) const { return sqlite3_bind_double(s, at, v); }
            // The values outlive the statement's run, which ends in sqlite3_clear_bindings.
            int operator()(const Bytes& v) const {
                return sqlite3_bind_blob64(s, at, v.data.data(), v.data.size(), SQLITE_STATIC);
            }
            int operator()(const std::string& v) const {
                return sqlite3_bind_text64(s, at, v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
            }
        };
        if (const int code = std::visit(Binder{s, at}, value); code != SQLITE_OK) raise(code);
    }
    static Row row(sqlite3_stmt* s) {
        Row out(static_cast<std::size_t>(sqlite3_column_count(s)));
        for (std::size_t i = 0; i < out.size(); ++i) {
            const int column = static_cast<int>(i);
            const auto octets = [&] {
                const auto* data = static_cast<const char*>(sqlite3_column_blob(s, column));
                return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(s, column)))
                            : std::string();
            };
            switch (sqlite3_column_type(s, column)) {
                case SQLITE_NULL: break;
                case SQLITE_INTEGER: out[i] = std::int64_t{sqlite3_column_int64(s, column)}; break;
                case SQLITE_FLOAT: out[i] = sqlite3_column_double(s, column); break;
                case SQLITE_BLOB: out[i] = Bytes{octets()}; break;
                default: out[i] = octets();
            }
        }
        return out;
    }
    [[noreturn]] void raise(int code) const {
        const char* message = sqlite3_errmsg(database_.get());
        const Kind kind = kind_of(code, message, sqlite3_system_errno(database_.get()));
        throw DatabaseError(kind, fmt::format("{} has failed: {}.{}", name_, message, advice_for(code, kind)),
                            cause_of(kind));
    }

    const Address address_;
    const bool is_visit_;
    const std::string name_;
    std::optional<FileState> unused_since_;  // reading a file that nobody else uses
    std::unique_ptr<sqlite3, CloseDatabase> database_;
    StatementCache<SqliteStatement> statements_;  // before the database is closed
    std::int64_t reopened_ = 0;
    TransactionState transaction_{name_};
};

}  // namespace

std::unique_ptr<Connection> open_sqlite(const Address& address, VisitLimit visit) {
    // Nobody asks how much memory SQLite uses; counting it takes one lock for all sessions at each allocation.
    [[maybe_unused]] static const int code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return std::make_unique<SqliteConnection>(address, visit);
}

}  // namespace mf::sql
