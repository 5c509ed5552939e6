// SPDX-License-Identifier: MIT
#include "domain/search_words.h"

#include "domain/folded_text.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("Search: case and accents do not matter, in any alphabet") {
    CHECK(folded("Účetní POHODA") == "ucetni pohoda");
    CHECK(folded("Straße ﬁn") == "strasse fin");
    CHECK(folded("ŻÓŁĆ") == folded("żółć"));
    CHECK(folded("ПЛАТЁЖ") == folded("платеж"));
    CHECK(folded("bad \xff") == "bad \xff");
    CHECK(folded("").empty());
    CHECK(SearchWords("ucet").rank({"Účetní závěrka"}) == 1);
    CHECK(SearchWords("ÚČET").rank({"ucetni"}) == 1);
}

TEST_CASE("Search: every word must be found, and the better match comes first") {
    const SearchWords bank("bank");
    CHECK(bank.rank({"Bank", ""}) == 0);
    CHECK(bank.rank({"Bank import", ""}) == 1);
    CHECK(bank.rank({"Import from the bank", ""}) == 2);
    CHECK(bank.rank({"Interbanking", ""}) == 3);
    CHECK(bank.rank({"Import", "bank"}) == 4);
    CHECK(bank.rank({"Import", "interbank"}) == 7);
    CHECK_FALSE(bank.rank({"Import", "invoices"}));

    const SearchWords two("  statement   Acme ");
    CHECK(two.rank({"Statements", "Acme Ltd"}));
    CHECK_FALSE(two.rank({"Statements", "Bravo"}));
    CHECK(SearchWords("   ").empty());
    CHECK_FALSE(SearchWords("").rank({"anything"}));
}
