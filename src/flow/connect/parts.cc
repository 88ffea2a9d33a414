#include "flow/connect/parts.h"

#include <bit>
#include <charconv>

#include "flow/connect/csv_record.h"
#include "flow/connect/inflate.h"
#include "flow/connect/part_writer.h"
#include "flow/connect/quote_scanner.h"
#include "flow/connect/text_encoding.h"

namespace centavo {
namespace {

// Cuts UTF-8 CSV text that arrives in pieces. Record ends become '\n', blank lines go where DuckDB skips them.
class Cutter {
 public:
  Cutter(const CsvDialect& dialect, PartWriter& out, std::int64_t part_bytes, std::int64_t record_bytes_max)
      : dialect_(dialect),
        out_(out),
        part_bytes_(part_bytes),
        record_bytes_max_(std::max<std::int64_t>(record_bytes_max, 64)),
        scanner_(dialect.delimiter, dialect.quote) {
    begin();
  }

  Status push(std::string_view text) {
    unsent_ = text.data();
    const char* const end = text.data() + text.size();
    for (const char* p = text.data(); p < end;) {
      const auto size = static_cast<unsigned>(std::min<std::ptrdiff_t>(end - p, 64));
      TRY(block(p, size, scanner_.scan(p, size)));
      position_ += size;
      p += size;
    }
    if (header_done_) TRY(send(end));
    return {};
  }

  // The end of a file (or of a file in a zip, behind which another may follow).
  Status finish() {
    if (scanner_.in_quotes()) {
      return fail_hint("look for a lone quote there, or for a file that was cut", ErrorKind::corrupt_data,
                       "{}: a quote opens and never closes", row());
    }
    if (return_pending_) return lone_return(row());
    if (!header_done_) {
      if (header_.empty())
        return fail_hint("deliver it with its first line", ErrorKind::corrupt_data, "there is no header row");
      TRY(end_header());
    } else if (position_ > record_start_) {
      ++rows_;
      TRY(out_.write("\n"));
    }
    TRY(cut());
    // What follows starts like a new file, with rows numbered on.
    scanner_ = QuoteScanner(dialect_.delimiter, dialect_.quote);
    first_header_ = std::move(header_);
    header_.clear();
    header_done_ = false;
    after_end_ = true;
    blank_return_ = false;
    record_start_ = position_;
    begin();
    return {};
  }

  std::int64_t rows() const { return rows_; }
  const std::string& header() const { return first_header_; }
  bool header_done() const { return header_done_; }
  const std::string& current_header() const { return header_; }

 private:
  std::string row() const { return header_done_ ? fmt::format("row {}", rows_ + 1) : "the header row"; }

  // Without a header row the names come from the dialect, and the first line is a row.
  void begin() {
    if (dialect_.columns.empty()) return;
    header_ = fmt::format("{}", fmt::join(dialect_.columns, std::string(1, dialect_.delimiter)));
    header_done_ = true;
    count_blanks_ = dialect_.columns.size() == 1;
    out_.set_header(header_ + "\n");
  }

  static tl::unexpected<Error> lone_return(std::string_view where) {
    return fail_hint("end lines with a line feed, or quote the field", ErrorKind::corrupt_data,
                     "{}: a carriage return stands alone, outside quotes", where);
  }

  Status block(const char* p, unsigned size, RecordMasks masks) {
    const std::uint64_t last = 1ULL << (size - 1);
    const std::uint64_t stray = masks.returns & ~last & ~(masks.ends >> 1);
    if (return_pending_ && (masks.ends & 1) == 0) return lone_return(row());
    return_pending_ = (masks.returns & last) != 0;

    // Blank: the end, or a return and the end, right at a record's start.
    const std::uint64_t starts = (masks.ends << 1) | (after_end_ ? 1U : 0U);
    const std::uint64_t blank_returns = masks.returns & starts;
    std::uint64_t blanks = masks.ends & (starts | (blank_returns << 1) | (blank_return_ ? 1U : 0U));
    after_end_ = (masks.ends & last) != 0;
    blank_return_ = (blank_returns & last) != 0;

    if (!header_done_) TRY(take_header(p, size, masks, blanks));
    if (stray != 0) {
      // Rows before it count, so that the message names its own.
      if ((stray & masks.returns) == 0) return lone_return("the header row");
      rows_ += std::popcount(masks.ends & ~blanks & ((stray & -stray) - 1));
      return lone_return(row());
    }
    if (!header_done_) return {};
    if (count_blanks_) blanks = 0;
    if (masks.ends != 0) {
      TRY(limit(position_ + std::countr_zero(masks.ends) - record_start_));
    } else {
      TRY(limit(position_ + size - record_start_));
    }
    const bool cut_possible = out_.part_bytes() + (p + size - unsent_) >= part_bytes_;
    if (masks.returns == 0 && blanks == 0 && !cut_possible) {
      rows_ += std::popcount(masks.ends);
      if (masks.ends != 0) record_start_ = position_ + 64 - std::countl_zero(masks.ends);
      return {};
    }
    return walk(p, masks, blanks);
  }

  // Event by event: drops returns and blank lines and cuts where the part is full.
  Status walk(const char* p, RecordMasks masks, std::uint64_t blanks) {
    for (std::uint64_t events = masks.ends | masks.returns; events != 0; events &= events - 1) {
      const std::uint64_t bit = events & -events;
      const char* const at = p + std::countr_zero(bit);
      if ((masks.returns & bit) != 0) {
        TRY(send(at));
        unsent_ = at + 1;
        continue;
      }
      record_start_ = position_ + (at - p) + 1;
      if ((blanks & bit) != 0) {  // left out: DuckDB skips them, but takes many in a row for one long line
        TRY(send(at));
        unsent_ = at + 1;
        continue;
      }
      ++rows_;
      if (out_.part_bytes() + (at + 1 - unsent_) < part_bytes_) continue;
      TRY(send(at + 1));
      TRY(cut());
    }
    return {};
  }

  // Moves bytes to header_ until its end; what lies behind it stays in the masks.
  Status take_header(const char* p, unsigned size, RecordMasks& masks, std::uint64_t& blanks) {
    unsigned from = 0;
    while (true) {
      const unsigned end = masks.ends == 0 ? size : static_cast<unsigned>(std::countr_zero(masks.ends));
      header_.append(p + from, end - from);
      TRY(limit(static_cast<std::int64_t>(header_.size())));
      if (masks.ends == 0) return {};
      const std::uint64_t done = masks.ends ^ (masks.ends - 1);  // up to and with the end
      masks.ends &= ~done;
      masks.returns &= ~done;
      blanks &= ~done;
      from = end + 1;
      if (header_.ends_with('\r')) header_.pop_back();
      if (header_.empty()) continue;  // blank lines in front
      TRY(end_header());
      unsent_ = p + from;
      record_start_ = position_ + from;
      return {};
    }
  }

  Status end_header() {
    header_done_ = true;
    if (!first_header_.empty() && first_header_ != header_) {
      return fail_hint("deliver files with other columns on their own", ErrorKind::corrupt_data,
                       "its columns differ from those of the file before it in the zip");
    }
    count_blanks_ = csv_fields(header_, dialect_).size() == 1;
    out_.set_header(header_ + "\n");
    return {};
  }

  Status limit(std::int64_t record_bytes) const {
    if (record_bytes <= record_bytes_max_) return {};
    return fail_hint("look for a lone quote there, or for lines without an end", ErrorKind::corrupt_data,
                     "{} is longer than {} bytes", row(), record_bytes_max_);
  }

  Status send(const char* to) {
    TRY(out_.write(std::string_view(unsent_, static_cast<std::size_t>(to - unsent_))));
    unsent_ = to;
    return {};
  }

  Status cut() {
    const std::int64_t first = cut_rows_ + 1;
    const std::int64_t rows = rows_ - cut_rows_;
    cut_rows_ = rows_;
    return out_.cut(first, rows);
  }

  CsvDialect dialect_;
  PartWriter& out_;
  std::int64_t part_bytes_;
  std::int64_t record_bytes_max_;
  QuoteScanner scanner_;
  std::string header_, first_header_;
  bool header_done_ = false;
  bool count_blanks_ = false;     // DuckDB reads a blank line as a row when there is one column
  bool after_end_ = true;         // the byte before was a record's end, or there was none
  bool blank_return_ = false;     // the byte before was a return at a record's start
  bool return_pending_ = false;   // the byte before was a return: an end must follow
  const char* unsent_ = nullptr;  // in the piece being pushed
  std::int64_t position_ = 0, record_start_ = 0;
  std::int64_t rows_ = 0, cut_rows_ = 0;
};

// Ends the reading from inside a sink without it being a failure.
constexpr const char* kEnough = "enough";

}  // namespace

Result<std::int64_t> split_csv(const std::string& path, const LandedFile& file, const CsvDialect& dialect,
                               const std::string& temp_dir, std::int64_t part_bytes,
                               const std::function<Status(CsvPart)>& on_part, const Cancel* cancel,
                               std::int64_t record_bytes_max) {
  PartWriter out(temp_dir, on_part);
  Cutter cutter(dialect, out, part_bytes, record_bytes_max);
  const ByteSink text = [&](std::string_view piece) { return cutter.push(piece); };
  auto converter = std::make_unique<Utf8Converter>(dialect.encoding, text);
  bool first_entry = true;
  InflateSinks sinks;
  sinks.bytes = [&](std::string_view bytes) { return converter->push(bytes); };
  const auto end = [&]() -> Status {
    TRY(converter->finish());
    return cutter.finish();
  };
  sinks.entry = [&](const std::string&) -> Status {
    if (!first_entry) TRY(end());
    first_entry = false;
    converter = std::make_unique<Utf8Converter>(dialect.encoding, text);
    return {};
  };
  TRY(inflate_file(path, file.compression, sinks, cancel));
  TRY(end());
  return cutter.rows();
}

Error with_row_of_file(Error error, const CsvPart& part) {
  // DuckDB counts records, the header as the first one.
  constexpr std::string_view kMark = "CSV error on line ";
  const auto at = error.message.find(kMark);
  if (at == std::string::npos) return error;
  const char* const from = error.message.data() + at + kMark.size();
  std::int64_t line = 0;
  const auto [end, code] = std::from_chars(from, error.message.data() + error.message.size(), line);
  if (code != std::errc() || line < 2) return error;
  const std::string rest(end, static_cast<std::size_t>(error.message.data() + error.message.size() - end));
  error.message = fmt::format("{}CSV error in row {}{}", error.message.substr(0, at), part.first_row + line - 2, rest);
  return error;
}

Result<std::vector<std::string>> read_csv_header(const std::string& path, const LandedFile& file,
                                                 const CsvDialect& dialect) {
  std::string header;
  std::string text;
  QuoteScanner scanner(dialect.delimiter, dialect.quote);
  bool done = false;
  constexpr std::size_t kHeaderBytesMax = 64 << 20;
  const auto look = [&](std::string_view piece) -> Status {
    for (std::size_t at = 0; at < piece.size(); at += 64) {
      const auto size = static_cast<unsigned>(std::min<std::size_t>(piece.size() - at, 64));
      std::uint64_t ends = scanner.scan(piece.data() + at, size).ends;
      unsigned from = 0;
      while (true) {
        const unsigned to = ends == 0 ? size : static_cast<unsigned>(std::countr_zero(ends));
        header.append(piece.substr(at + from, to - from));
        if (ends == 0) break;
        ends &= ends - 1;
        from = to + 1;
        if (header.ends_with('\r')) header.pop_back();
        if (header.empty()) continue;
        done = true;
        return fail(ErrorKind::cancelled, "{}", kEnough);
      }
      if (header.size() > kHeaderBytesMax)
        return fail(ErrorKind::corrupt_data, "the header row is longer than {} bytes", kHeaderBytesMax);
    }
    return {};
  };
  Utf8Converter converter(dialect.encoding, look);
  InflateSinks sinks;
  sinks.bytes = [&](std::string_view bytes) { return converter.push(bytes); };
  sinks.entry = [&](const std::string&) -> Status {
    if (header.empty()) return {};
    done = true;
    return fail(ErrorKind::cancelled, "{}", kEnough);
  };
  Status read = inflate_file(path, file.compression, sinks, nullptr);
  if (read && !done) read = converter.finish();
  if (!read && !done) return fail_within(file.source_path, read.error());
  if (header.ends_with('\r')) header.pop_back();
  if (header.empty()) {
    return fail_hint("deliver it with its first line", ErrorKind::corrupt_data, "{}: there is no header row",
                     file.source_path);
  }
  auto fields = csv_fields(header, dialect);
  if (dialect.columns.empty()) return fields;
  if (fields.size() == dialect.columns.size()) return dialect.columns;
  return fail_hint("check that the source is of this kind", ErrorKind::corrupt_data,
                   "{}: its first row has {} fields, a file of this kind has {}", file.source_path, fields.size(),
                   dialect.columns.size());
}

std::vector<std::string> csv_fields(std::string_view record, const CsvDialect& dialect) {
  std::vector<std::string> out(1);
  bool quoted = false;
  bool was_quoted = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    const bool is_quote = dialect.quote != '\0' && c == dialect.quote;
    if (quoted && is_quote && i + 1 < record.size() && record[i + 1] == dialect.quote) {
      out.back() += c;
      ++i;
    } else if (quoted && is_quote) {
      quoted = false;
    } else if (!quoted && is_quote && !was_quoted && (out.back().empty() || out.back() == " ")) {
      out.back().clear();
      quoted = was_quoted = true;
    } else if (!quoted && c == dialect.delimiter) {
      out.emplace_back();
      was_quoted = false;
    } else if (quoted || !was_quoted) {
      out.back() += c;
    }
  }
  return out;
}

}  // namespace centavo
