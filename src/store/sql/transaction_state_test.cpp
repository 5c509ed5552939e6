// SPDX-License-Identifier: MIT
#include "store/sql/transaction_state.h"

#include <doctest/doctest.h>

using namespace mf::sql;
using Kind = DatabaseError::Kind;

namespace {

void nothing() {}

Kind kind_of(auto&& action) {
    try {
        action();
    } catch (const DatabaseError& error) {
        CHECK(std::string(error.what()).starts_with("The database x "));
        return error.kind;
    }
    FAIL("no error");
    return Kind::other;
}

}  // namespace

TEST_CASE("a failure outside a transaction changes nothing") {
    TransactionState state("The database x");
    CHECK_THROWS_AS(state.statement([] { throw std::logic_error("mistake"); }), std::logic_error);
    CHECK(state.statement([] { return 5; }) == 5);
    CHECK(!state.take_back());
    state.begin(nothing);
    CHECK(state.open());
    state.commit(nothing);
    CHECK(!state.open());
}

TEST_CASE("a failure in a transaction ends it, whatever kind it was of") {
    TransactionState state("The database x");
    state.begin(nothing);
    CHECK_THROWS_AS(state.statement([] { throw std::logic_error("mistake"); }), std::logic_error);
    CHECK(kind_of([&] { state.statement(nothing); }) == Kind::other);
    CHECK(kind_of([&] { state.commit(nothing); }) == Kind::other);
    CHECK(kind_of([&] { state.begin(nothing); }) == Kind::other);
    CHECK(state.take_back());
    state.begin(nothing);
    state.commit(nothing);
}

TEST_CASE("a commit that fails can only be rolled back") {
    TransactionState state("The database x");
    CHECK(kind_of([&] { state.commit(nothing); }) == Kind::other);
    state.begin(nothing);
    CHECK_THROWS(state.commit([] { throw std::runtime_error("disk"); }));
    CHECK(kind_of([&] { state.commit(nothing); }) == Kind::other);
    CHECK(state.take_back());
    CHECK(!state.take_back());
}

TEST_CASE("a transaction that has not begun is none") {
    TransactionState state("The database x");
    CHECK_THROWS(state.begin([] { throw std::runtime_error("busy"); }));
    CHECK(!state.take_back());
}

TEST_CASE("a session that was lost stays lost, with and without a transaction") {
    const auto lose = [] { throw DatabaseError(Kind::lost, "The database x has gone."); };
    for (const bool in_transaction : {false, true}) {
        TransactionState state("The database x");
        if (in_transaction) state.begin(nothing);
        CHECK(kind_of([&] { state.statement(lose); }) == Kind::lost);
        CHECK(kind_of([&] { state.statement(nothing); }) == Kind::lost);
        CHECK(!state.take_back());
        CHECK(kind_of([&] { state.begin(nothing); }) == Kind::lost);
    }
}

TEST_CASE("a session that was lost during the commit leaves it open whether the commit was made") {
    const auto lose = [] { throw DatabaseError(Kind::lost, "The database x has gone."); };
    TransactionState state("The database x");
    state.begin(nothing);
    CHECK(kind_of([&] { state.commit(lose); }) == Kind::uncertain);
    CHECK(kind_of([&] { state.begin(nothing); }) == Kind::lost);
    // Lost before: the commit never went on its way.
    TransactionState other("The database x");
    other.begin(nothing);
    CHECK(kind_of([&] { other.statement(lose); }) == Kind::lost);
    CHECK(kind_of([&] { other.commit(nothing); }) == Kind::lost);
}

TEST_CASE("a session that did not roll back is not used again") {
    TransactionState state("The database x");
    state.begin(nothing);
    CHECK(state.take_back());
    state.rollback_failed();
    CHECK(kind_of([&] { state.statement(nothing); }) == Kind::lost);
    CHECK(kind_of([&] { state.begin(nothing); }) == Kind::lost);
    CHECK(!state.take_back());
}
