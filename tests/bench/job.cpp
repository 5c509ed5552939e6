// SPDX-License-Identifier: MIT
// The programs that measured jobs are:
//   bench-job stamp FILE           appends the nanoseconds of CLOCK_REALTIME at which it started
//   bench-job print KIND MIB       prints lines of a log (KIND text) or bytes that cannot be compressed (KIND noise)
#include <fcntl.h>
#include <unistd.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

bool put(int out, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(out, bytes.data(), bytes.size());
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

int stamp(const char* file) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const int out = ::open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const auto text = std::to_string(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec) + "\n";
    return out >= 0 && put(out, text) ? 0 : 1;
}

std::string text_block(std::size_t size) {
    std::string out;
    for (unsigned number = 0; out.size() < size; ++number)
        out +=
            "2026-01-01 02:00:00 info invoice " + std::to_string(number * 2654435761U) + " imported without change\n";
    out.resize(size);
    return out;
}

void fill_with_noise(std::string& block, std::uint64_t& state) {
    for (std::size_t i = 0; i + 8 <= block.size(); i += 8) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;  // xorshift64
        for (unsigned byte = 0; byte < 8; ++byte) block[i + byte] = static_cast<char>(state >> (8 * byte));
    }
}

int print(std::string_view kind, long mebibytes) {
    constexpr std::size_t mebibyte = 1 << 20;
    std::string block = text_block(mebibyte);
    std::uint64_t state = 88172645463325252U;
    for (long i = 0; i < mebibytes; ++i) {
        if (kind == "noise") fill_with_noise(block, state);
        if (!put(1, block)) return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view task = argc > 1 ? argv[1] : "";
    if (task == "stamp" && argc == 3) return stamp(argv[2]);
    if (task == "print" && argc == 4) return print(argv[2], std::atol(argv[3]));
    std::fputs("usage: bench-job stamp FILE | print text|noise MIB\n", stderr);
    return 2;
}
