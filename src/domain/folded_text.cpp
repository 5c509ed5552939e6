// SPDX-License-Identifier: MIT
#include "domain/folded_text.h"

#include "base/shared_library.h"
#include "base/text.h"
#include "domain/visible_text.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace mf {
namespace {

struct Unistring {
    const SharedLibrary library{"libunistring.so.2"};
    decltype(&::u8_casefold) casefold = library["u8_casefold"];
    decltype(&::uc_combining_class) combining_class = library["uc_combining_class"];
    // A symbol of data, whose address the normalization functions take.
    const unicode_normalization_form* decomposed = library["uninorm_nfkd"];
    bool is_there() const { return casefold && combining_class && decomposed; }
};

const Unistring& unistring() {
    static const Unistring loaded;
    return loaded;
}

}  // namespace

std::string folded(std::string_view text) {
    const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    const auto& library = unistring();
    if (is_ascii || !library.is_there() || !is_utf8(text)) return lower(text);
    std::size_t size = 0;
    const std::unique_ptr<std::uint8_t, decltype(&std::free)> whole(
        library.casefold(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), nullptr, library.decomposed,
                         nullptr, &size),
        &std::free);
    if (!whole) return lower(text);
    std::string out;
    for (std::string_view rest(reinterpret_cast<const char*>(whole.get()), size); !rest.empty();) {
        const auto character = rest.substr(0, std::max<std::size_t>(utf8_length(rest), 1));
        if (library.combining_class(code_point(character)) == 0) out += character;
        rest.remove_prefix(character.size());
    }
    return out;
}

}  // namespace mf
