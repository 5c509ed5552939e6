// SPDX-License-Identifier: MIT
#include "service/content_reader.h"

#include "base/digest.h"
#include "store/queries/content.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::must;

TEST_CASE("an artifact is read from whole pieces before the wanted place on") {
    testing::Desk desk;
    const std::string whole = "0123456789";
    const auto digest = sha256_hex(whole);
    const auto job = desk.in_state(JobState::running);
    desk.database.write([&](Session& session) {
        const auto content = begin_content(session, job.id);
        std::int64_t seq = 0;
        for (const auto* piece : {"0123", "45", "6789"}) add_content_piece(session, content, seq++, piece);
        REQUIRE(finish_content(session, content, job.id, digest, std::ssize(whole), seq));
    });
    const auto file = desk.add(Artifact{.job_id = job.id,
                                        .company_id = job.company_id,
                                        .filename = "digits.txt",
                                        .size = std::ssize(whole),
                                        .sha256 = digest,
                                        .created_at = desk.moment});
    const auto open = [&] { return must(open_artifact(desk.database, Scope::everything(), file.id)).content; };
    for (std::uint64_t bytes = 0; bytes <= whole.size() + 2; ++bytes) {
        CAPTURE(bytes);
        const auto reader = open();
        const auto skipped = must(reader->skip(bytes));
        CHECK(skipped == (bytes < 4 ? 0 : bytes < 6 ? 4 : bytes < 10 ? 6 : 10));
        std::string rest;
        for (auto piece = must(reader->next()); !piece.empty(); piece = must(reader->next())) rest += piece;
        CHECK(rest == whole.substr(skipped));
    }
    // What is missing at the end is noticed all the same; whether what was read is right, only of the whole.
    desk.database.write([](Session& session) {
        session.sql.execute(R"(UPDATE "content_piece" SET "bytes" = ? WHERE "seq" = 1)", {Bytes{"54"}});
    });
    auto reader = open();
    CHECK(must(reader->skip(5)) == 4);
    CHECK(must(reader->next()) == "54");
    CHECK(must(reader->next()) == "6789");
    CHECK(must(reader->next()).empty());
    reader = open();
    for (const auto* piece : {"0123", "54", "6789"}) CHECK(must(reader->next()) == piece);
    CHECK(reader->next().error().code == ErrorCode::unavailable);
    desk.database.write(
        [](Session& session) { session.sql.execute(R"(DELETE FROM "content_piece" WHERE "seq" = 2)"); });
    reader = open();
    CHECK(must(reader->skip(9)) == 6);
    CHECK(reader->next().error().code == ErrorCode::unavailable);
}
