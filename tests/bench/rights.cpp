// SPDX-License-Identifier: MIT
#include "store/queries/rights.h"
#include "bench/stand.h"

#include <fmt/format.h>

namespace mf::bench {
namespace {

constexpr int memberships = 200;
constexpr int checks = 1'000'000;
constexpr int readings = 2'000;

}  // namespace

Figures measure_rights(const Places& places) {
    Stand stand(places);
    const Id<User> user{stand.user()};
    stand.database().write([&](Session& session) {
        session.sql.execute(R"(UPDATE "user" SET "enabled" = ? WHERE "id" = ?)", {true, user.value});
        for (int i = 0; i < memberships; ++i) {
            Company company{.name = fmt::format("Company {}", i), .code = fmt::format("c{}", i)};
            if (!Repository<Company>(session, Scope::everything()).insert(company))
                throw std::runtime_error("no company could be made");
            session.sql.execute(
                R"(INSERT INTO "company_user" ("company_id", "user_id", "role", "created_at") VALUES (?, ?, 'operator', 0))",
                {company.id.value, user.value});
        }
    });
    Rights rights;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < readings; ++i)
        rights = stand.database().read([&](Session& session) { return rights_of(session, user, now()); });
    const auto read = std::chrono::steady_clock::now();
    std::int64_t allowed = 0;
    for (int i = 0; i < checks; ++i)
        allowed += rights.may(Permission::run, Id<Company>{stand.company() + i % (2 * memberships)}) ? 1 : 0;
    const auto end = std::chrono::steady_clock::now();
    if (allowed == 0 || allowed == checks) throw std::runtime_error("the rights are not those that were granted");
    const auto microseconds = [](auto length, int number) {
        return std::chrono::duration<double, std::micro>(length).count() / number;
    };
    return {
        at_most("one check of a permission, of somebody with 200 companies", 2, microseconds(end - read, checks), "us"),
        told("reading the rights of somebody with 200 companies", microseconds(read - begin, readings), "us")};
}

}  // namespace mf::bench
