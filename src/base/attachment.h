// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <shared_mutex>
#include <utility>

namespace mf {

/// How callbacks reach an object that may be gone when they come. They share this; the object detaches itself first of
/// all in its destructor:
///     work([link = link_] { link->reach([](Owner& owner) { owner.done(); }); });
template <class T>
class Attachment {
public:
    explicit Attachment(T& target) : target_(&target) {}
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

    /// Calls f(target), which stays for as long as that takes. False: it is gone, f was not called. From every thread,
    /// several at a time; f must not come back here.
    template <class F>
    bool reach(F&& f) {
        const std::shared_lock lock(mutex_);
        if (target_) std::forward<F>(f)(*target_);
        return target_ != nullptr;
    }
    /// Returns when nobody is in reach() any more. Never call it from there.
    void detach() {
        const std::unique_lock lock(mutex_);
        target_ = nullptr;
    }

private:
    std::shared_mutex mutex_;
    T* target_;
};

}  // namespace mf
