// SPDX-License-Identifier: MIT
#include "chaos/job_script.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf::chaos {
namespace {

std::string noise(Dice dice, std::int64_t size) {
    std::string out(static_cast<std::size_t>(size), '\0');
    for (char& byte : out) byte = static_cast<char>(dice.roll());
    return out;
}

}  // namespace

std::optional<Conduct> conduct_named(std::string_view name) {
    const auto found = std::ranges::find(conducts, name);
    if (found == conducts.end()) return std::nullopt;
    return static_cast<Conduct>(found - conducts.begin());
}

std::string_view name_of(Conduct conduct) { return conducts.at(static_cast<std::size_t>(conduct)); }

JobScript::JobScript(std::uint64_t seed, std::int64_t job, Conduct conduct)
    : seed_(mixed(seed)), job_(job), conduct_(conduct), dice_(mixed(seed_ ^ static_cast<std::uint64_t>(job))) {
    switch (conduct) {
        case Conduct::brief:
        case Conduct::artist: steps_ = dice_.below(6); break;
        case Conduct::steady:
        case Conduct::parent: steps_ = dice_.between(20, 150); break;
        case Conduct::bulky: steps_ = dice_.between(200, 3000); break;
        case Conduct::idle: steps_ = 3; break;
        case Conduct::stubborn: steps_ = 100'000; break;
        case Conduct::flaky:
            steps_ = dice_.below(6);
            constexpr std::array codes{0, 0, 0, unnamed_code, unnamed_code, repeatable_code, vetoed_code};
            exit_code_ = codes.at(static_cast<std::size_t>(dice_.below(std::ssize(codes))));
            break;
    }
}

std::string JobScript::line(int stream, std::int64_t filler) {
    const auto number = ++lines_.at(static_cast<std::size_t>(stream));
    const auto mark = mixed(seed_ ^ mixed(static_cast<std::uint64_t>(job_ * 4 + stream)) ^
                            mixed(static_cast<std::uint64_t>(number) << 20));
    auto out = fmt::format("{} {} {} {:016x} ", job_, stream, number, mark);
    // Output is bytes, not text.
    Dice bytes(mark);
    for (std::int64_t i = 0; i < filler; i += 8) {
        const auto eight = bytes.roll();
        for (unsigned bit = 0; bit < 64; bit += 8) out += static_cast<char>(eight >> bit);
    }
    std::ranges::replace(out, '\n', '.');
    return out + '\n';
}

std::optional<JobScript::Step> JobScript::next() {
    if (done_ == steps_) return std::nullopt;
    ++done_;
    Step step{.stream = dice_.one_in(4) ? 2 : 1};
    std::int64_t filler = dice_.below(80);
    switch (conduct_) {
        case Conduct::brief:
        case Conduct::artist:
        case Conduct::flaky: break;
        case Conduct::steady:
        case Conduct::parent: step.rest_ms = static_cast<int>(dice_.below(40)); break;
        case Conduct::bulky:
            filler = dice_.between(200, 1800);
            if (done_ % 100 == 0) step.rest_ms = static_cast<int>(dice_.below(40));
            break;
        case Conduct::idle: step.rest_ms = static_cast<int>(dice_.between(300, 2000)); break;
        case Conduct::stubborn: step.rest_ms = 200; break;
    }
    step.text = line(step.stream, filler);
    // The last line of some has no end.
    if (done_ == steps_ && dice_.one_in(3)) step.text.pop_back();
    return step;
}

std::vector<JobScript::File> JobScript::files() const {
    std::vector<File> out;
    if (conduct_ != Conduct::artist) return out;
    Dice dice(mixed(seed_ ^ 0x0a27157) ^ static_cast<std::uint64_t>(job_));
    for (auto number = dice.below(4); number > 0; --number)
        out.push_back({fmt::format("result-{}.bin", number), noise(Dice(dice.roll()), dice.below(300'000))});
    // Of the same content for many jobs, and so kept once.
    if (dice.one_in(2)) out.push_back({"shared.bin", noise(Dice(seed_ + dice.roll() % 3), 70'000)});
    return out;
}

}  // namespace mf::chaos
