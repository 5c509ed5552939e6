// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mf {

/// Finds known secret values in the output of a job and puts eight bullets (UTF-8) in their place; all other bytes stay
/// exactly as they are. Secrets that overlap or touch become one mask. Immutable, cheap to copy, safe from any thread.
///
/// Secrets shorter than 4 bytes are ignored: they would tear ordinary text apart. A secret is also found without the
/// white space at its ends, which programs like to trim, and in the encoded forms of domain/secret_forms.h. Each line
/// of a secret with several counts as one by itself, but for "-----BEGIN …" and "-----END …"; of a secret of more than
/// longest_in_text bytes lines are found only as they are.
/// Time is linear in the text whatever it contains; memory is about 24 bytes for each byte of the secrets and their
/// forms.
class SecretMask {
public:
    static constexpr std::size_t shortest = 4;

    /// Masks nothing.
    SecretMask();
    explicit SecretMask(std::span<const std::string> secrets);

    /// Is there anything to look for?
    bool active() const;

    /// Masks a whole text.
    std::string apply(std::string_view text) const;

    struct Automaton;

private:
    friend class SecretMaskStream;
    std::shared_ptr<const Automaton> automaton_;
};

/// Masks one stream that comes in chunks; a secret may lie across any number of them. Holds back only bytes that may be
/// the beginning of a secret, never more than the longest form of a secret has. One object for each stream, one thread
/// at a time.
class SecretMaskStream {
public:
    explicit SecretMaskStream(const SecretMask& mask);

    /// Appends to out what of the stream is settled.
    void feed(std::string_view chunk, std::string& out);
    /// Appends what was held back: the stream has ended, or the reader wants to see it now (a secret that is cut there
    /// is not masked). The object is ready for another stream.
    void finish(std::string& out);

    /// Bytes held back at the moment.
    std::size_t held() const { return static_cast<std::size_t>(-emitted_); }

private:
    struct Range {
        std::ptrdiff_t begin;
        std::ptrdiff_t end;
    };
    void settle(std::ptrdiff_t limit, std::string_view chunk, std::string& out);
    void emit(std::ptrdiff_t begin, std::ptrdiff_t end, std::string_view chunk, std::string& out) const;
    void found(Range range);

    std::shared_ptr<const SecretMask::Automaton> automaton_;
    std::uint32_t state_ = 0;
    // Positions count from the start of the current chunk; what is held back lies before it.
    std::string held_;            // ends at position 0; its settled front is dropped now and then
    std::ptrdiff_t emitted_ = 0;  // everything before it is settled
    bool masked_before_ = false;  // a mask was the last thing that went out
    std::deque<Range> ranges_;    // secrets found behind emitted_, apart from each other, in order
};

}  // namespace mf
