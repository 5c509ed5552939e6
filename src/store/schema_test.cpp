// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include <doctest/doctest.h>

using namespace mf;
using sql::Dialect;

namespace {

std::vector<SchemaTable> read(std::vector<std::string_view> migrations, Dialect dialect = Dialect::sqlite) {
    return tables_of(migrations, dialect);
}

}  // namespace

TEST_CASE("tables, types, keys and references are read from a migration") {
    const auto tables = read({R"(-- A comment; with a semicolon.
CREATE TABLE IF NOT EXISTS "child" (
    "parent_id" {int} NOT NULL,
    "part" {text 64} NOT NULL,
    "note" {text 65535} DEFAULT 'a, (b',
    "done" {bool} NOT NULL DEFAULT FALSE,
    "at" {time} DEFAULT -1,
    "ratio" {real},
    "bytes" {blob} NOT NULL,
    PRIMARY KEY ("parent_id", "part"),
    CONSTRAINT "child_parent" FOREIGN KEY ("parent_id") REFERENCES "parent" ("id") ON DELETE CASCADE
){options};
CREATE INDEX IF NOT EXISTS "child_at" ON "child" ("at");
CREATE TABLE "parent" ("id" {key}, "name" {text 255} NOT NULL, CONSTRAINT "parent_name" UNIQUE ("name")){options};
)"});
    REQUIRE(tables.size() == 2);
    CHECK(tables[0] ==
          SchemaTable{.name = "parent",
                      .columns = {{"id", ColumnType::key, 0, false}, {"name", ColumnType::text, 255, false}},
                      .primary_key = {"id"}});
    CHECK(tables[1] == SchemaTable{.name = "child",
                                   .columns = {{"parent_id", ColumnType::integer, 0, false},
                                               {"part", ColumnType::text, 64, false},
                                               {"note", ColumnType::text, 65535, true},
                                               {"done", ColumnType::boolean, 0, false},
                                               {"at", ColumnType::time, 0, true},
                                               {"ratio", ColumnType::real, 0, true},
                                               {"bytes", ColumnType::blob, 0, false}},
                                   .primary_key = {"parent_id", "part"},
                                   .references = {{{"parent_id"}, "parent", {"id"}}}});
    CHECK(tables[0].numbered()->name == "id");
    CHECK(tables[1].numbered() == nullptr);
    CHECK(tables[1].find("none") == nullptr);
}

TEST_CASE("later migrations change the tables of earlier ones") {
    const auto tables = read({R"(CREATE TABLE "a" ("id" {key}, "gone" {int});
CREATE TABLE "b" ("id" {key}, "a_id" {int} NOT NULL, CONSTRAINT "x" FOREIGN KEY ("a_id") REFERENCES "a" ("id"));
CREATE TABLE "c" ("id" {key});
)",
                              R"(ALTER TABLE "a" ADD COLUMN "more" {text 32} NOT NULL DEFAULT '';
ALTER TABLE "a" ADD "less" {int};
ALTER TABLE "a" DROP COLUMN "gone";
ALTER TABLE "b" RENAME COLUMN "a_id" TO "alpha_id";
ALTER TABLE "a" RENAME TO "alpha";
UPDATE "alpha" SET "more" = 'x';
DROP TABLE IF EXISTS "c";
)"});
    REQUIRE(tables.size() == 2);
    CHECK(tables[0] == SchemaTable{.name = "alpha",
                                   .columns = {{"id", ColumnType::key, 0, false},
                                               {"more", ColumnType::text, 32, false},
                                               {"less", ColumnType::integer, 0, true}},
                                   .primary_key = {"id"}});
    CHECK(tables[1].references == std::vector<SchemaReference>{{{"alpha_id"}, "alpha", {"id"}}});
}

TEST_CASE("a statement for one kind of database counts there only") {
    constexpr std::string_view text = R"(CREATE TABLE "a" ("id" {key});
-- only: mariadb
ALTER TABLE "a" ADD COLUMN "b" {int};
)";
    CHECK(read({text}, Dialect::sqlite)[0].columns.size() == 1);
    CHECK(read({text}, Dialect::mariadb)[0].columns.size() == 2);
}

TEST_CASE("what is not understood is not passed over") {
    for (const std::string_view text :
         {R"(CREATE VIEW "v" AS SELECT 1;)", R"(ALTER TABLE "unknown" ADD COLUMN "b" {int};)",
          R"(CREATE TABLE "a" ("id" {money});)", R"(CREATE TABLE "a" ("id" {key} SOMETHING);)",
          R"(CREATE TABLE "a" ("id" {key}, FOREIGN KEY ("id") REFERENCES "unknown" ("id"));)",
          R"(CREATE TABLE "a" ("id" {key});)"
          "\n"
          R"(ALTER TABLE "a" ALTER COLUMN "id" SET DEFAULT 1;)"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)read({text}), std::logic_error);
    }
}

TEST_CASE("the migrations of this program make the same tables on every kind of database") {
    std::vector<std::string_view> texts;
    for (const auto& step : migrations()) texts.push_back(step.sql);
    const auto tables = schema_tables();
    CHECK(tables.size() >= 20);
    for (const auto dialect : {Dialect::sqlite, Dialect::postgres, Dialect::mariadb})
        CHECK(tables_of(texts, dialect) == tables);
    for (const auto& table : tables) CHECK_MESSAGE(!table.primary_key.empty(), table.name);
    CHECK(schema_tables(1).size() < tables.size());
}
