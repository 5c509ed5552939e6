// SPDX-License-Identifier: MIT
#include "store/queries/job_output.h"

#include "store/rows_of.h"

#include <zstd.h>

namespace mf {
namespace {

constexpr std::size_t worth_compressing = 512;
constexpr int fast_level = 1;  // output arrives at the speed of a process; a slower level would hold it up
enum Encoding : std::int64_t { plain = 0, zstd = 1 };

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::string compressed(std::string_view bytes) {
    // A context owns about a megabyte of tables: one for the thread that records.
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const auto size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), fast_level);
    if (ZSTD_isError(size)) return {};
    out.resize(size);
    return out;
}

std::string decompressed(std::string_view packed, std::size_t size) {
    std::string out(size, '\0');
    const auto written = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(written) || written != size)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other, "a piece of job output is damaged");
    return out;
}

}  // namespace

PackedPiece pack(Id<Job> job, std::int64_t fence, OutputPiece&& piece) {
    PackedPiece out{.job = job,
                    .fence = fence,
                    .seq = piece.seq,
                    .at = piece.at,
                    .source = piece.source,
                    .size = static_cast<std::int64_t>(piece.bytes.size())};
    if (piece.bytes.size() >= worth_compressing) {
        out.content.data = compressed(piece.bytes);
        out.encoding = zstd;
    }
    if (out.encoding == plain || out.content.data.empty() || out.content.data.size() >= piece.bytes.size()) {
        out.content.data = std::move(piece.bytes);
        out.encoding = plain;
    }
    return out;
}

std::size_t append_output(Session& session, std::span<const PackedPiece> pieces) {
    // Locked, so that nobody ends a job between the look and the writing.
    std::string unfinished =
        R"(SELECT "id", "fence" FROM "job" WHERE "id" IN ({}) AND "state" IN ('claimed', 'running') ORDER BY "id")";
    if (session.sql.dialect() != sql::Dialect::sqlite) unfinished += " FOR UPDATE";
    std::vector<std::int64_t> jobs;
    for (const PackedPiece& piece : pieces)
        if (jobs.empty() || jobs.back() != piece.job.value) jobs.push_back(piece.job.value);
    std::unordered_map<std::int64_t, std::int64_t> fences;
    rows_of(session, unfinished, std::move(jobs), [&](const sql::Row& row) {
        fences.emplace(std::get<std::int64_t>(row[0]), std::get<std::int64_t>(row[1]));
    });
    std::size_t refused = 0;
    for (const PackedPiece& piece : pieces) {
        if (const auto found = fences.find(piece.job.value); found == fences.end() || found->second != piece.fence) {
            ++refused;
            continue;
        }
        session.sql.execute(
            R"(INSERT INTO "job_output" ("job_id", "seq", "at", "stream", "size", "encoding", "content") VALUES (?, ?, ?, ?, ?, ?, ?))",
            {piece.job.value, piece.seq, std::int64_t{piece.at.time_since_epoch().count()},
             static_cast<std::int64_t>(piece.source), piece.size, piece.encoding, piece.content});
    }
    return refused;
}

std::vector<OutputPiece> read_output(Session& session, Id<Job> job, std::int64_t after_seq,
                                     std::optional<OutputSource> source, std::size_t about_bytes) {
    constexpr std::int64_t rows_at_once = 16;
    std::vector<OutputPiece> out;
    std::size_t together = 0;
    for (;;) {
        std::vector<Value> parameters{job.value, after_seq};
        std::string text =
            R"(SELECT "seq", "at", "stream", "size", "encoding", "content" FROM "job_output" WHERE "job_id" = ? AND "seq" > ?)";
        if (source) {
            text += R"( AND "stream" = ?)";
            parameters.emplace_back(static_cast<std::int64_t>(*source));
        }
        parameters.emplace_back(rows_at_once);
        const auto rows = session.sql.query(text + R"( ORDER BY "seq" LIMIT ?)", parameters);
        for (const auto& row : rows) {
            OutputPiece piece{.seq = std::get<std::int64_t>(row[0]),
                              .at = Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(row[1])}},
                              .source = static_cast<OutputSource>(std::get<std::int64_t>(row[2]))};
            const auto& content = std::get<Bytes>(row[5]).data;
            piece.bytes = std::get<std::int64_t>(row[4]) == zstd
                              ? decompressed(content, static_cast<std::size_t>(std::get<std::int64_t>(row[3])))
                              : content;
            together += piece.bytes.size();
            after_seq = piece.seq;
            out.push_back(std::move(piece));
            if (together >= about_bytes) return out;
        }
        if (rows.size() < rows_at_once) return out;
    }
}

WholePieces whole_pieces_within(Session& session, Id<Job> job, std::int64_t after_seq, OutputSource source,
                                std::int64_t bytes) {
    constexpr std::int64_t sizes_at_once = 1'000;
    WholePieces out{.last_seq = after_seq};
    for (;;) {
        const auto rows = session.sql.query(
            R"(SELECT "seq", "size" FROM "job_output" WHERE "job_id" = ? AND "seq" > ? AND "stream" = ? ORDER BY "seq" LIMIT ?)",
            {job.value, out.last_seq, static_cast<std::int64_t>(source), sizes_at_once});
        for (const auto& row : rows) {
            const auto size = std::get<std::int64_t>(row[1]);
            if (size > bytes - out.bytes) return out;
            out.bytes += size;
            out.last_seq = std::get<std::int64_t>(row[0]);
        }
        if (std::ssize(rows) < sizes_at_once) return out;
    }
}

RecordedSizes recorded_sizes(Session& session, Id<Job> job) {
    RecordedSizes out;
    for (const auto& row :
         session.sql.query(R"(SELECT "stream", "size" FROM "job_output" WHERE "job_id" = ?)", {job.value})) {
        const auto source = static_cast<OutputSource>(std::get<std::int64_t>(row[0]));
        if (source == OutputSource::standard_output) out.standard_output += std::get<std::int64_t>(row[1]);
        if (source == OutputSource::standard_error) out.standard_error += std::get<std::int64_t>(row[1]);
    }
    return out;
}

OutputTail read_tail(Session& session, Id<Job> job, std::size_t most) {
    const auto size = integer_or_zero(
        session.sql.query(R"(SELECT SUM("size") FROM "job_output" WHERE "job_id" = ?)", {job.value})[0][0]);
    // Where to begin: before so many pieces that they hold what is wanted.
    constexpr std::int64_t rows_at_once = 64;
    std::optional<std::int64_t> first;
    for (std::size_t together = 0; together < most;) {
        std::vector<Value> parameters{job.value};
        std::string text = R"(SELECT "seq", "size" FROM "job_output" WHERE "job_id" = ?)";
        if (first) {
            text += R"( AND "seq" < ?)";
            parameters.emplace_back(*first);
        }
        parameters.emplace_back(rows_at_once);
        const auto rows = session.sql.query(text + R"( ORDER BY "seq" DESC LIMIT ?)", parameters);
        for (const auto& row : rows) {
            if (together >= most) break;
            first = integer_of(row[0]);
            together += static_cast<std::size_t>(integer_of(row[1]));
        }
        if (std::ssize(rows) < rows_at_once) break;
    }
    OutputTail out;
    if (!first) return {{}, size};
    for (auto after = *first - 1;;) {
        const auto pieces = read_output(session, job, after, std::nullopt);
        if (pieces.empty()) break;
        for (const auto& piece : pieces) out.bytes += piece.bytes;
        after = pieces.back().seq;
    }
    if (out.bytes.size() > most) {
        auto from = out.bytes.size() - most;
        const auto is_inside_character = [&](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; };
        for (int step = 0; step < 3 && from < out.bytes.size() && is_inside_character(out.bytes[from]); ++step) ++from;
        out.bytes.erase(0, from);
    }
    out.skipped = std::max(std::int64_t{0}, size - std::ssize(out.bytes));
    return out;
}

std::string read_stream(Session& session, Id<Job> job, OutputSource source, std::size_t most) {
    std::string out;
    std::int64_t after = -1;
    while (out.size() < most) {
        const auto pieces = read_output(session, job, after, source, most - out.size());
        if (pieces.empty()) break;
        for (const auto& piece : pieces) out += piece.bytes;
        after = pieces.back().seq;
    }
    if (out.size() > most) out.resize(most);
    return out;
}

}  // namespace mf
