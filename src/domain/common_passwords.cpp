// SPDX-License-Identifier: MIT
#include "domain/common_passwords.h"

#include <array>

namespace mf {
namespace {

// From what is known of leaks of many years, and the same words in the languages of those who use this program most.
constexpr auto common_words = std::to_array<std::string_view>({
    "000000",    "00000000",     "010203",       "101010",      "102030",     "111111",        "11111111",
    "112233",    "11223344",     "121212",       "123123",      "123321",     "1234",          "12345",
    "123456",    "1234567",      "12345678",     "123456789",   "1234567890", "123654",        "131313",
    "147258",    "147258369",    "159753",       "1q2w3e",      "1q2w3e4r",   "1q2w3e4r5t",    "1qaz2wsx",
    "222222",    "654321",       "666666",       "696969",      "777777",     "7777777",       "789456",
    "789456123", "87654321",     "888888",       "88888888",    "987654321",  "999999",        "a1b2c3d4",
    "aaaaaa",    "aaaaaaaa",     "abc",          "abcd",        "abcdef",     "abcdefg",       "abcdefgh",
    "abraflexi", "access",       "adam",         "adm1n",       "admin",      "administrator", "ahoj",
    "alexander", "amanda",       "andreas",      "andrew",      "apple",      "arsenal",       "asdf",
    "asdfgh",    "asdfghjkl",    "ashley",       "asshole",     "autumn",     "banana",        "banik",
    "baseball",  "basketball",   "batman",       "berlin",      "blink",      "bohemians",     "brno",
    "buster",    "cesko",        "change",       "changeme",    "charlie",    "cheese",        "chelsea",
    "chocolate", "cisco",        "coffee",       "cokolada",    "computer",   "contrasena",    "cookie",
    "corvette",  "cowboy",       "daniel",       "database",    "david",      "debian",        "december",
    "default",   "demo",         "drache",       "dragon",      "drak",       "eagles",        "eva",
    "facebook",  "ferrari",      "filip",        "flexibee",    "flower",     "football",      "fotbal",
    "freedom",   "friday",       "fuckyou",      "fussball",    "geheim",     "ginger",        "google",
    "guest",     "hallo",        "harley",       "hasło",       "hello",      "heslo",         "hockey",
    "honza",     "hovno",        "hunter",       "iloveyou",    "internet",   "jakub",         "jana",
    "january",   "jaro",         "jennifer",     "jessica",     "jordan",     "joshua",        "karel",
    "killer",    "kurva",        "letmein",      "leto",        "linux",      "liverpool",     "login",
    "london",    "love",         "lovely",       "loveyou",     "lozinka",    "lucie",         "mariadb",
    "marketa",   "martin",       "martina",      "master",      "matrix",     "matthew",       "maverick",
    "mercedes",  "merlin",       "michael",      "michelle",    "microsoft",  "miluju",        "milujute",
    "minecraft", "monday",       "monkey",       "motdepasse",  "multiflexi", "mustang",       "mypassword",
    "mysql",     "nazdar",       "new",          "newpassword", "nicole",     "nopassword",    "nothing",
    "octavia",   "ondrej",       "oracle",       "orange",      "ostrava",    "p@ssw0rd",      "p@ssword",
    "pa$$w0rd",  "pa$$word",     "parola",       "pass",        "pass@word",  "passw0rd",      "passwd",
    "password",  "passwort",     "pavel",        "pepper",      "petra",      "phoenix",       "pocitac",
    "podzim",    "pohoda",       "pokemon",      "pondeli",     "porsche",    "postgres",      "prague",
    "praha",     "prdel",        "princess",     "princezna",   "prinzessin", "q1w2e3r4",      "qazwsx",
    "qweasd",    "qweasdzxc",    "qwert",        "qwerty",      "qwertyuiop", "qwertz",        "qwertzuiop",
    "rangers",   "robert",       "root",         "s3cret",      "samsung",    "secret",        "senha",
    "server",    "shadow",       "skoda",        "slavia",      "slunicko",   "snoopy",        "soccer",
    "solo",      "sommer",       "sonnenschein", "sparta",      "spiderman",  "spring",        "starwars",
    "summer",    "sunshine",     "superman",     "tajne",       "temp",       "temporary",     "tereza",
    "test",      "tester",       "testing",      "thomas",      "thunder",    "tigger",        "tomas",
    "toor",      "trustno",      "ubuntu",       "user",        "veronika",   "vitejte",       "wachtwoord",
    "welc0me",   "welcome",      "whatever",     "willkommen",  "windows",    "winter",        "yamaha",
    "yankees",   "yourpassword", "yxcv",         "yxcvbnm",     "zaq12wsx",   "zaqwsx",        "zima",
    "zxcvbn",    "zxcvbnm",
});
static_assert(std::ranges::is_sorted(common_words));

}  // namespace

std::span<const std::string_view> common_passwords() { return common_words; }

}  // namespace mf
