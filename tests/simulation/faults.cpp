// SPDX-License-Identifier: MIT
#include "simulation/faults.h"

namespace mf::simulation {
namespace {

using sql::DatabaseError;
using Fault = Faults::Fault;

[[noreturn]] void lose(DatabaseError::Kind kind) { throw DatabaseError(kind, "the simulation has cut the connection"); }

/// As the driver of a server behaves: after a loss nothing works any more, and nothing stays of an open transaction.
class FaultySession final : public sql::Connection {
public:
    FaultySession(sql::Connection& shared, Faults& faults, const Timestamp& now, const Sabotage* sabotage)
        : shared_(shared), faults_(faults), now_(now), sabotage_(sabotage) {}
    ~FaultySession() override { rollback(); }

    sql::Dialect dialect() const override { return shared_.dialect(); }
    sql::Rows query(std::string_view sql, std::span<const Value> parameters) override {
        before_statement();
        // The words of sql::current_time().
        if (sql.starts_with("SELECT CAST(strftime(")) return {{std::int64_t{now_.time_since_epoch().count()}}};
        if (sabotage_)
            if (const auto wrong = sabotage_->applied_to(sql); !wrong.empty()) return shared_.query(wrong, parameters);
        return shared_.query(sql, parameters);
    }
    std::int64_t execute(std::string_view sql, std::span<const Value> parameters) override {
        before_statement();
        if (sabotage_)
            if (const auto wrong = sabotage_->applied_to(sql); !wrong.empty())
                return shared_.execute(wrong, parameters);
        return shared_.execute(sql, parameters);
    }
    void begin() override {
        require_connection();
        shared_.begin();
        open_ = true;
    }
    void begin_snapshot() override {
        require_connection();
        shared_.begin_snapshot();
        open_ = true;
    }
    void commit() override {
        require_connection();
        switch (faults_.at_commit()) {
            case Fault::none: break;
            case Fault::die_before: rollback(); throw Died{};
            case Fault::die_after: commit_shared(); throw Died{};
            case Fault::uncertain_kept:
                commit_shared();
                is_lost_ = true;
                lose(DatabaseError::Kind::uncertain);
            case Fault::lost:
            case Fault::uncertain_dropped:
                rollback();
                is_lost_ = true;
                lose(DatabaseError::Kind::uncertain);
            case Fault::busy: rollback(); throw DatabaseError(DatabaseError::Kind::busy, "the simulation is busy");
        }
        commit_shared();
    }
    void rollback() noexcept override {
        if (std::exchange(open_, false)) shared_.rollback();
    }
    std::int64_t change_counter() override { return 0; }

private:
    void require_connection() const {
        // What Database tells when it has lost its patience, without the time that this would take.
        if (faults_.is_cut()) lose(DatabaseError::Kind::full);
        if (is_lost_) lose(DatabaseError::Kind::lost);
    }
    void before_statement() {
        require_connection();
        switch (faults_.at_statement()) {
            case Fault::none:
            case Fault::uncertain_dropped:
            case Fault::uncertain_kept:
            case Fault::die_after: return;
            case Fault::die_before: rollback(); throw Died{};
            case Fault::lost:
                rollback();
                is_lost_ = true;
                lose(DatabaseError::Kind::lost);
            case Fault::busy: rollback(); throw DatabaseError(DatabaseError::Kind::busy, "the simulation is busy");
        }
    }
    void commit_shared() {
        open_ = false;
        shared_.commit();
    }

    sql::Connection& shared_;
    Faults& faults_;
    const Timestamp& now_;
    const Sabotage* const sabotage_;
    bool open_ = false;
    bool is_lost_ = false;
};

}  // namespace

Faults::Fault Faults::at_commit() {
    // Two in a row would only make Database wait between its attempts, in real time.
    if (in_a_row_ > 0) {
        --in_a_row_;
        return Fault::none;
    }
    if (!random_.one_in(one_in_)) return Fault::none;
    static constexpr std::pair<Fault, std::string_view> kinds[]{{Fault::die_before, "dies before a commit"},
                                                                {Fault::die_after, "dies after a commit"},
                                                                {Fault::lost, "loses a commit"},
                                                                {Fault::uncertain_kept, "does not hear of its commit"},
                                                                {Fault::busy, "finds the database busy"},
                                                                {Fault::die_after, "dies after a commit"},
                                                                {Fault::uncertain_kept, "does not hear of its commit"}};
    const auto& [fault, words] = random_.among(kinds);
    in_a_row_ = 3;
    told_(words);
    return fault;
}

Faults::Fault Faults::at_statement() {
    if (one_in_ == 0 || in_a_row_ > 0 || !random_.one_in(one_in_ * 10)) return Fault::none;
    static constexpr std::pair<Fault, std::string_view> kinds[]{{Fault::die_before, "dies in a transaction"},
                                                                {Fault::lost, "loses the connection"},
                                                                {Fault::busy, "finds the database busy"}};
    const auto& [fault, words] = random_.among(kinds);
    in_a_row_ = 3;
    told_(words);
    return fault;
}

void Faults::between_steps() {
    if (one_in_ == 0 || !random_.one_in(one_in_ * 2)) return;
    told_("dies between two steps");
    throw Died{};
}

bool Faults::freezes(int as_often) {
    return one_in_ != 0 && random_.one_in(std::max<std::int64_t>(one_in_ * 2 / as_often, 1));
}

std::function<std::unique_ptr<sql::Connection>(const sql::Address&)> faulty_sessions(sql::Connection& shared,
                                                                                     Faults& faults,
                                                                                     const Timestamp& now,
                                                                                     const Sabotage* sabotage) {
    return
        [&, sabotage](const sql::Address&) { return std::make_unique<FaultySession>(shared, faults, now, sabotage); };
}

}  // namespace mf::simulation
