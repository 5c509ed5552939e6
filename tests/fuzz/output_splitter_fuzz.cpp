// SPDX-License-Identifier: MIT
// Output of jobs: masked in any pieces, it is what masking the whole would give; without secrets every byte stays.
#include "domain/secret_forms.h"
#include "domain/secret_mask.h"
#include "fuzz/fuzz.h"

#include <vector>

using namespace mf;
using mf::fuzz::require;

// A byte: how many secrets; a line for each; a line whose bytes are sizes of pieces; the output.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    std::vector<std::string> secrets(input.byte() % 5);
    std::size_t longest = 0;
    for (std::string& secret : secrets) {
        secret = input.line();
        for (const auto& form : forms_of(secret)) longest = std::max(longest, form.size());
    }
    const auto cuts = input.line();
    const auto text = input.rest();

    const SecretMask mask(secrets);
    SecretMaskStream stream(mask);
    const auto whole = mask.apply(text);
    for (int round = 0; round < 2; ++round) {  // the second one shows that finish() makes the stream new
        fuzz::Input pieces(data + size - text.size(), text.size());
        std::string out;
        for (std::size_t i = 0; !pieces.empty(); ++i) {
            const std::size_t step = cuts.empty() ? 1 : static_cast<std::uint8_t>(cuts[i % cuts.size()]) % 17u;
            stream.feed(pieces.take(i % 64 == 63 ? step + 1 : step), out);
            require(stream.held() <= longest, "no more is held back than the longest form of a secret");
        }
        stream.finish(out);
        require(out == whole, "masking in pieces is masking the whole");
    }
    if (!mask.active()) require(whole == text, "without secrets every byte stays");
    for (const std::string& secret : secrets)
        if (secret.size() >= SecretMask::shortest && secret.find("\xe2\x80\xa2") == std::string::npos &&
            secret.find_first_of("\xe2\x80\xa2") == std::string::npos)
            for (const auto& form : forms_of(secret))
                require(whole.find(form) == std::string::npos, "no form of a secret is left");
    return 0;
}
