// SPDX-License-Identifier: MIT
#include "domain/short_code.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("a code is the name in small letters, with one '_' for each run of other characters") {
    CHECK(code_from_name("Beta") == "beta");
    CHECK(code_from_name("Acme & Sons, Ltd.") == "acme_sons_ltd_");
    CHECK(code_from_name("  2nd Office") == "_2nd_office");
    CHECK(code_from_name("Žluťoučký kůň") == "_lu_ou_k_k_");
    CHECK(code_from_name("Компания") == "");
    CHECK(code_from_name("") == "");
}

TEST_CASE("a code that is too long ends with a whole word, unless that leaves less than half") {
    CHECK(code_from_name("alpha beta gamma", 10) == "alpha_beta");
    CHECK(code_from_name("alpha beta gamma", 9) == "alpha");
    CHECK(code_from_name("alpha betagamma", 12) == "alpha_betaga");
    CHECK(code_from_name("abcdefghijklmnop", 10) == "abcdefghij");
    CHECK(code_from_name("Příliš dlouhé jméno účetní kanceláře, která vede knihy sta dalších firem").size() <= 64);
    CHECK(code_from_name(std::string(500, 'x')).size() == 64);
}

TEST_CASE("a number behind a code fits as well") {
    CHECK(numbered_code("acme", 2) == "acme_2");
    CHECK(numbered_code("acme_", 3) == "acme_3");
    CHECK(numbered_code("alpha_beta", 12, 10) == "alpha_12");
    CHECK(numbered_code("abcdefghij", 2, 10) == "abcdefgh_2");
    CHECK(numbered_code(std::string(64, 'x'), 100).size() == 64);
}
