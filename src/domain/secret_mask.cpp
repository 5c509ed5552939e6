// SPDX-License-Identifier: MIT
#include "domain/secret_mask.h"

#include "base/text.h"
#include "domain/secret_forms.h"
#include "domain/secret_text.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace mf {

// Aho and Corasick (1975): a tree of all secrets, in which every node knows the longest other node that is a suffix of
// its text. In front of it a filter by the first four bytes, which skips the text that cannot begin a secret.
struct SecretMask::Automaton {
    using State = std::uint32_t;
    static constexpr State root = 0;
    static constexpr State no_state = 0xFFFFFFFF;

    struct Node {
        State child = no_state;
        State sibling = no_state;
        State suffix = root;
        std::uint32_t depth = 0;
        std::uint32_t found = 0;  // length of the longest secret that ends here, 0: none
        unsigned char byte = 0;
    };

    explicit Automaton(const std::vector<std::string>& secrets) : nodes(1) {
        first.fill(no_state);
        for (const std::string& secret : secrets) {
            add(secret);
            pairs.set(pair_of(secret.data()));
            quads.set(quad_of(secret.data()));
        }
        link();
    }

    State child(State state, unsigned char byte) const {
        if (state == root) return first[byte];
        auto next = nodes[state].child;
        while (next != no_state && nodes[next].byte != byte) next = nodes[next].sibling;
        return next;
    }

    State step(State state, unsigned char byte) const {
        for (;;) {
            const auto next = child(state, byte);
            if (next != no_state) return next;
            if (state == root) return root;
            state = nodes[state].suffix;
        }
    }

    /// The first position at or behind from where a secret may begin; the size when there is none.
    std::size_t skip(std::string_view text, std::size_t from) const {
        const char* const data = text.data();
        const auto size = text.size();
        const auto last = size >= shortest ? size - shortest + 1 : 0;
        for (; from + 4 <= last; from += 4) {
            // Four independent look-ups at a time: the loads overlap, and the branch is nearly never taken.
            const bool any = pairs.test(pair_of(data + from)) | pairs.test(pair_of(data + from + 1)) |
                             pairs.test(pair_of(data + from + 2)) | pairs.test(pair_of(data + from + 3));
            if (!any) continue;
            for (std::size_t i = from; i < from + 4; ++i)
                if (pairs.test(pair_of(data + i)) && quads.test(quad_of(data + i))) return i;
        }
        for (; from < last; ++from)
            if (quads.test(quad_of(data + from))) return from;
        for (; from < size; ++from)
            if (first[static_cast<unsigned char>(data[from])] != no_state) return from;
        return size;
    }

    std::vector<Node> nodes;
    std::array<State, 256> first{};  // children of the root

private:
    template <std::size_t Bits>
    struct Filter {
        std::array<std::uint8_t, Bits> bytes{};
        void set(std::size_t i) { bytes[i] = 1; }
        bool test(std::size_t i) const { return bytes[i] != 0; }
    };

    static std::size_t pair_of(const char* at) {
        std::uint16_t pair = 0;
        std::memcpy(&pair, at, sizeof pair);
        return static_cast<std::size_t>(pair * 40'503u >> 4) % pair_slots;
    }
    static std::size_t quad_of(const char* at) {
        std::uint32_t quad = 0;
        std::memcpy(&quad, at, sizeof quad);
        return quad * 2'654'435'761u >> 18;  // 14 bits
    }

    void add(std::string_view secret) {
        State state = root;
        for (const char c : secret) {
            const auto byte = static_cast<unsigned char>(c);
            auto next = child(state, byte);
            if (next == no_state) {
                next = static_cast<State>(nodes.size());
                nodes.push_back({no_state, nodes[state].child, root, nodes[state].depth + 1, 0, byte});
                nodes[state].child = next;
                if (state == root) first[byte] = next;
            }
            state = next;
        }
        nodes[state].found = nodes[state].depth;
    }

    // Breadth first, so that the suffix of a node is complete before the node needs it.
    void link() {
        std::vector<State> queue;
        for (auto state = nodes[root].child; state != no_state; state = nodes[state].sibling) queue.push_back(state);
        for (std::size_t head = 0; head < queue.size(); ++head) {
            const auto state = queue[head];
            for (auto next = nodes[state].child; next != no_state; next = nodes[next].sibling) {
                nodes[next].suffix = step(nodes[state].suffix, nodes[next].byte);
                if (nodes[next].found == 0) nodes[next].found = nodes[nodes[next].suffix].found;
                queue.push_back(next);
            }
        }
    }

    static constexpr std::size_t pair_slots = 4096;
    Filter<pair_slots> pairs;
    Filter<16'384> quads;
};

SecretMask::SecretMask() = default;

namespace {

/// Other programs show a secret line by line: behind marks, or the last one alone. The first and last line of a PEM
/// file (RFC 7468) stand in public ones as well.
void add_lines(std::string_view secret, std::vector<std::string>& wanted) {
    if (secret.find('\n') == std::string_view::npos) return;
    for (const auto line : split(secret, '\n')) {
        const auto text = trim(line);
        if (text.size() < SecretMask::shortest || text.starts_with("-----")) continue;
        if (secret.size() > longest_in_text)
            wanted.emplace_back(text);
        else
            std::ranges::move(forms_of(text), std::back_inserter(wanted));
    }
}

}  // namespace

SecretMask::SecretMask(std::span<const std::string> secrets) {
    std::vector<std::string> wanted;
    for (const std::string& secret : secrets) {
        const auto trimmed = trim(secret);
        if (secret.size() >= shortest) std::ranges::move(forms_of(secret), std::back_inserter(wanted));
        if (trimmed.size() >= shortest && trimmed.size() < secret.size())
            std::ranges::move(forms_of(trimmed), std::back_inserter(wanted));
        add_lines(secret, wanted);
    }
    if (!wanted.empty()) automaton_ = std::make_shared<const Automaton>(wanted);
}

bool SecretMask::active() const { return automaton_ != nullptr; }

std::string SecretMask::apply(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    SecretMaskStream stream(*this);
    stream.feed(text, out);
    stream.finish(out);
    return out;
}

SecretMaskStream::SecretMaskStream(const SecretMask& mask) : automaton_(mask.automaton_) {}

void SecretMaskStream::feed(std::string_view chunk, std::string& out) {
    if (!automaton_) {
        out += chunk;
        return;
    }
    const auto& automaton = *automaton_;
    auto state = state_;
    for (std::size_t at = 0; at < chunk.size();) {
        if (state == SecretMask::Automaton::root) {
            at = automaton.skip(chunk, at);
            if (at == chunk.size()) break;
        }
        state = automaton.step(state, static_cast<unsigned char>(chunk[at++]));
        const auto& node = automaton.nodes[state];
        const auto position = static_cast<std::ptrdiff_t>(at);
        if (node.found > 0) found({position - node.found, position});
        // What lies before the text of the node can be part of no other secret.
        if (!ranges_.empty() && ranges_.front().begin < position - node.depth)
            settle(position - node.depth, chunk, out);
    }
    state_ = state;
    const auto size = static_cast<std::ptrdiff_t>(chunk.size());
    const auto limit = size - automaton.nodes[state].depth;
    settle(limit, chunk, out);
    // Kept: what is neither settled nor behind a mask that has gone out already.
    const auto keep_from = std::max(limit, emitted_);
    if (keep_from >= 0) {
        held_.assign(chunk.substr(static_cast<std::size_t>(keep_from)));
    } else {
        // Many small chunks may pass while much is held: the settled front goes only when it is worth the copy.
        held_ += chunk;
        const auto live = static_cast<std::size_t>(size - keep_from);
        if (held_.size() > 2 * live + 64) held_.erase(0, held_.size() - live);
    }
    emitted_ = keep_from - size;
    for (auto& range : ranges_) range = {range.begin - size, range.end - size};
}

void SecretMaskStream::finish(std::string& out) {
    settle(0, {}, out);
    state_ = 0;
    held_.clear();
    ranges_.clear();
    emitted_ = 0;
    masked_before_ = false;
}

// Adds a secret that has just ended, and swallows those that it overlaps or touches.
void SecretMaskStream::found(Range range) {
    while (!ranges_.empty() && ranges_.back().end >= range.begin) {
        range.begin = std::min(range.begin, ranges_.back().begin);
        ranges_.pop_back();
    }
    ranges_.push_back(range);
}

// Puts out everything before the limit, masks included; a mask that begins there is put out as a whole.
void SecretMaskStream::settle(std::ptrdiff_t limit, std::string_view chunk, std::string& out) {
    std::size_t used = 0;
    for (; used < ranges_.size() && ranges_[used].begin < limit; ++used) {
        const auto& range = ranges_[used];
        if (range.begin > emitted_) {
            emit(emitted_, range.begin, chunk, out);
            masked_before_ = false;
        }
        if (!masked_before_) out += secret_mask_text;
        masked_before_ = true;
        emitted_ = std::max(emitted_, range.end);
    }
    ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(used));
    const auto end = ranges_.empty() ? limit : std::min(limit, ranges_.front().begin);
    if (end > emitted_) {
        emit(emitted_, end, chunk, out);
        emitted_ = end;
        masked_before_ = false;
    }
}

void SecretMaskStream::emit(std::ptrdiff_t begin, std::ptrdiff_t end, std::string_view chunk, std::string& out) const {
    const auto held = static_cast<std::ptrdiff_t>(held_.size());
    if (begin < 0) {
        const auto stop = std::min<std::ptrdiff_t>(end, 0);
        out.append(held_, static_cast<std::size_t>(begin + held), static_cast<std::size_t>(stop - begin));
        begin = stop;
    }
    if (begin < end) out.append(chunk, static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

}  // namespace mf
