// SPDX-License-Identifier: MIT
#include "execute/shim/spool.h"

#include "base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>

namespace mf {
namespace {

constexpr std::uint64_t worth_freeing = 1 << 20;
constexpr std::size_t read_at_once = 2 * most_of_a_frame;
constexpr std::uint32_t phase_bits = 4;

constexpr std::uint32_t turn_of(std::uint32_t ticket, SpoolPhase phase) {
    return ticket << phase_bits | static_cast<std::uint32_t>(phase);
}
SpoolPhase phase_in(std::uint32_t turn) { return static_cast<SpoolPhase>(turn & ((1U << phase_bits) - 1)); }

/// std::atomic::wait does not reach other processes.
void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* longest) {
    static_assert(sizeof word == sizeof value);
    ::syscall(SYS_futex, &word, operation, value, longest, nullptr, 0);
}

Error failure(const std::filesystem::path& file, int error) {
    const bool later = is_shortage(error) || error == ENOSPC || error == EDQUOT;
    return {later ? ErrorCode::unavailable : ErrorCode::forbidden,
            fmt::format("The file {} for the output of a job cannot be made: {}. The server needs it to hear of the "
                        "job; make room, or let its user write there.",
                        file.string(), std::strerror(error))};
}

/// All of it, or errno.
bool write_all(int file, std::string_view bytes, std::uint64_t position) {
    while (!bytes.empty()) {
        const auto size = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(position));
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
        position += static_cast<std::uint64_t>(size);
    }
    return true;
}

/// Whole pages between two positions; where the last one ended.
std::uint64_t free_pages(int file, std::uint64_t from, std::uint64_t to) {
    from = (from + spool_page - 1) / spool_page * spool_page;
    to = to / spool_page * spool_page;
    // A file system that cannot do this keeps the output until the job has ended.
    if (to > from)
        ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                    static_cast<off_t>(to - from));
    return std::max(from, to);
}

}  // namespace

Result<Spool> Spool::open(const std::filesystem::path& file) {
    Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!descriptor) return failure(file, errno);
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode)) return failure(file, EINVAL);
    // A page that is not there would end this program when it is written to and the disk is full.
    if (const int error = ::posix_fallocate(descriptor.get(), 0, spool_page); error != 0) return failure(file, error);
    auto spool = map(std::move(descriptor));
    if (!spool) return failure(file, errno);
    SpoolHeader& header = spool->header();
    if (header.magic == 0) {
        header.version = SpoolHeader::current_version;
        header.magic = SpoolHeader::magic_number;
    }
    if (header.magic != SpoolHeader::magic_number)
        return Error{ErrorCode::conflict,
                     fmt::format("{} is not a file of this program. Move it away.", file.string())};
    return *std::move(spool);
}

std::optional<Spool> Spool::attach(const std::filesystem::path& file) {
    Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!descriptor) return std::nullopt;
    return map(std::move(descriptor));
}

std::optional<Spool> Spool::map(Descriptor file) {
    void* page = ::mmap(nullptr, spool_page, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (page == MAP_FAILED) return std::nullopt;
    return Spool(std::move(file), static_cast<SpoolHeader*>(page));
}

Spool::Spool(Spool&& other) noexcept : file_(std::move(other.file_)), header_(std::exchange(other.header_, nullptr)) {}

Spool& Spool::operator=(Spool&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(header_, other.header_);
    return *this;
}

Spool::~Spool() {
    if (header_) ::munmap(header_, spool_page);
}

SpoolPhase Spool::phase() const { return phase_in(header_->turn.load()); }
std::uint32_t Spool::ticket() const { return header_->turn.load() >> phase_bits; }

bool Spool::step(std::uint32_t ticket, SpoolPhase from, SpoolPhase to) const {
    auto expected = turn_of(ticket, from);
    if (!header_->turn.compare_exchange_strong(expected, turn_of(ticket, to))) return false;
    futex(header_->turn, FUTEX_WAKE, INT_MAX, nullptr);
    return true;
}

bool Spool::lock() const {
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    wanted.l_len = 1;
    return ::fcntl(file_.get(), F_SETLK, &wanted) == 0;
}

std::optional<pid_t> Spool::locked_by() const {
    struct flock found {};
    found.l_type = F_WRLCK;
    found.l_whence = SEEK_SET;
    found.l_len = 1;
    if (::fcntl(file_.get(), F_GETLK, &found) != 0 || found.l_type == F_UNLCK) return std::nullopt;
    return found.l_pid;
}

bool Spool::lives_by_lock() const { return locked_by() == header_->shim_pid; }
bool Spool::is_locked() const { return locked_by().has_value(); }

bool Spool::release(std::uint32_t ticket) const {
    const auto turn = header_->turn.load();
    return turn >> phase_bits == ticket && step(ticket, phase_in(turn), SpoolPhase::free);
}

void Spool::wait_while(SpoolPhase phase, std::chrono::milliseconds longest) const {
    const auto turn = header_->turn.load();
    if (phase_in(turn) != phase) return;
    const timespec patience{.tv_sec = longest.count() / 1000, .tv_nsec = longest.count() % 1000 * 1'000'000};
    futex(header_->turn, FUTEX_WAIT, turn, &patience);
}

Result<std::uint32_t> Spool::prepare(std::int64_t job, std::string_view boot, const std::filesystem::path& directory,
                                     std::string_view memo) const {
    SpoolHeader& header = *header_;
    assert(phase() == SpoolPhase::free);
    if (directory.string().size() >= header.directory.size())
        return Error{ErrorCode::invalid, "The path of the work directory is too long."};
    // What a talkative job left; a little more is faster to write over than to free.
    if (header.written > worth_freeing && ::ftruncate(file_.get(), spool_page) != 0)
        return Error{ErrorCode::unavailable, std::strerror(errno)};
    if (!write_all(file_.get(), memo, spool_page))
        return Error{ErrorCode::unavailable,
                     fmt::format("What the server has to know of the job cannot be kept: {}.", std::strerror(errno))};
    // Numbers begin again after 268 million jobs in one file.
    const auto ticket = (this->ticket() + 1) & (~std::uint32_t{0} >> phase_bits);
    header.job = job;
    header.shim_pid = 0;
    header.shim_start_time = 0;
    put_text(header.boot, boot);
    header.memo_size = memo.size();
    put_text(header.directory, directory.string());
    header.process_pid = 0;
    header.process_start_time = 0;
    header.begin = header.end = 0;
    header.complaint[0] = '\0';
    header.payload = 0;
    header.durable = header.written = first_frame();
    header.held = 0;
    header.armed = 1;
    header.turn.store(turn_of(ticket, SpoolPhase::requested));
    return ticket;
}

std::string Spool::memo() const {
    std::string out;
    struct stat status {};
    const auto size = header_->memo_size;
    if (::fstat(file_.get(), &status) != 0 || size > static_cast<std::uint64_t>(status.st_size)) return out;
    out.resize(size);
    const auto got = ::pread(file_.get(), out.data(), out.size(), spool_page);
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return out;
}

std::uint64_t Spool::first_frame() const { return spool_page + header_->memo_size; }

bool Spool::append(OutputStream stream, Timestamp read_at, std::string_view bytes) const {
    assert(bytes.size() <= most_of_a_frame);
    SpoolFrame frame{.size = static_cast<std::uint32_t>(bytes.size()),
                     .stream = static_cast<std::uint32_t>(stream),
                     .read_at = read_at.time_since_epoch().count(),
                     .offset = header_->payload.load()};
    const std::uint64_t at = header_->written.load();
    const iovec parts[] = {{&frame, sizeof frame}, {const_cast<char*>(bytes.data()), bytes.size()}};
    ssize_t size = 0;
    do {
        size = ::pwritev(file_.get(), parts, 2, static_cast<off_t>(at));
    } while (size < 0 && errno == EINTR);
    if (size < 0) return false;
    if (static_cast<std::size_t>(size) != sizeof frame + bytes.size()) {
        errno = ENOSPC;
        return false;
    }
    header_->payload.store(frame.offset + bytes.size());
    header_->written.store(at + static_cast<std::uint64_t>(size));
    return true;
}

void Spool::advance(std::uint64_t position, std::uint64_t& freed) const {
    header_->durable.store(position);
    if (position < freed + worth_freeing) return;
    freed = free_pages(file_.get(), freed, position);
}

void Spool::reclaim() const { free_pages(file_.get(), first_frame(), header_->durable.load()); }

void Spool::tell_end(const ProcessEnd& end) const {
    SpoolHeader& header = *header_;
    header.end = end.ended_at.time_since_epoch().count();
    header.exit_code = end.exit_code;
    header.signal = end.signal;
    header.stopped = static_cast<std::int32_t>(end.stopped);
    header.has_peak_memory = end.peak_memory.has_value();
    header.peak_memory = end.peak_memory.value_or(0);
    header.user_time = end.user_time.count();
    header.system_time = end.system_time.count();
    header.left_behind = end.left_behind;
    put_text(header.complaint, end.start_error);
}

ProcessEnd Spool::end() const {
    const SpoolHeader& header = *header_;
    ProcessEnd end{.exit_code = header.exit_code,
                   .signal = header.signal,
                   .stopped = static_cast<StopReason>(header.stopped),
                   .user_time = std::chrono::microseconds(header.user_time),
                   .system_time = std::chrono::microseconds(header.system_time),
                   .left_behind = header.left_behind,
                   .start_error = get_text(header.complaint),
                   .ended_at = Timestamp(std::chrono::milliseconds(header.end))};
    if (header.has_peak_memory != 0) end.peak_memory = header.peak_memory;
    return end;
}

SpoolReader::SpoolReader(const Spool& spool, std::uint64_t offset)
    : spool_(spool), offset_(offset), position_(std::max(spool.header().durable.load(), spool.first_frame())) {}

/// Makes the buffer hold so many bytes from position_ on.
bool SpoolReader::fill(std::size_t wanted) {
    if (position_ >= buffer_at_ && position_ + wanted <= buffer_at_ + buffer_.size()) return true;
    const auto there = spool_.header().written.load() - position_;
    buffer_.resize(std::min<std::uint64_t>(there, read_at_once));
    buffer_at_ = position_;
    std::size_t got = 0;
    while (got < buffer_.size()) {
        const auto size = ::pread(spool_.descriptor(), buffer_.data() + got, buffer_.size() - got,
                                  static_cast<off_t>(position_ + got));
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        got += static_cast<std::size_t>(size);
    }
    buffer_.resize(got);
    return got >= wanted;
}

void SpoolReader::give_up(std::string_view why) {
    complaint_ = fmt::format("A part of its output could not be read: {}.", why);
    position_ = spool_.header().written.load();
}

std::optional<SpoolReader::Piece> SpoolReader::next() {
    while (position_ < spool_.header().written.load()) {
        SpoolFrame frame{};
        if (!fill(sizeof frame)) {
            give_up(std::strerror(errno));
            return std::nullopt;
        }
        std::memcpy(&frame, buffer_.data() + (position_ - buffer_at_), sizeof frame);
        if (frame.size == 0 || frame.size > most_of_a_frame || frame.stream > 1) {
            give_up("the file in which it was kept is damaged");
            return std::nullopt;
        }
        if (!fill(sizeof frame + frame.size)) {
            give_up(std::strerror(errno));
            return std::nullopt;
        }
        std::string_view bytes(buffer_.data() + (position_ - buffer_at_) + sizeof frame, frame.size);
        position_ += sizeof frame + frame.size;
        if (frame.offset > offset_ && complaint_.empty()) complaint_ = "A part of its output is missing.";
        const auto behind = frame.offset + frame.size;
        if (behind <= offset_) continue;
        if (frame.offset < offset_) bytes.remove_prefix(offset_ - frame.offset);
        offset_ = behind;
        return Piece{.chunk = {static_cast<OutputStream>(frame.stream), bytes,
                               Timestamp(std::chrono::milliseconds(frame.read_at))},
                     .offset = behind,
                     .position = position_};
    }
    return std::nullopt;
}

void SpoolReader::rest() {
    if (buffer_.capacity() > 64 * 1024) buffer_ = {};
}

}  // namespace mf
