#include "flow/connect/json_lines.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "flow/connect/inflate.h"
#include "flow/connect/json_numbers.h"
#include "flow/connect/part_writer.h"
#include "io/duck/duck.h"
#include "lake/pack/naming.h"

namespace centavo {
namespace {

constexpr std::int64_t kObjectBytesMin = 1 << 20;  // the engine's buffers are twice the longest object allowed
constexpr std::size_t kLineBytesMax = 64 << 20;   // a list of all records may be one line
constexpr std::size_t kNamesMax = 2000;
constexpr std::size_t kTextsMax = 100'000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
// Whether a byte of the eight is a quote, a backslash, a control character or none of ASCII. Exact, whatever the order
// of bytes.
bool has_special(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHigh = kOnes << 7;
  const std::uint64_t quotes = word ^ (kOnes * '"');
  const std::uint64_t slashes = word ^ (kOnes * '\\');
  const std::uint64_t found =
      ((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes) | ((word - kOnes * 0x20) & ~word) | word;
  return (found & kHigh) != 0;
}

// One line with one object. Views are into the line.
class Line {
 public:
  std::vector<std::string_view> names;
  std::vector<std::string_view> long_numbers;
  std::string_view inside;           // what is behind the first brace
  std::string_view told;             // the text of the member asked for
  bool is_told = false;

  // Whether it is valid and plain. `outer`, `inner`: the member asked for; "" when none is, or it is no member of a
  // member.
  bool parse(const char* begin, const char* end, std::string_view outer, std::string_view inner) {
    names.clear();
    long_numbers.clear();
    is_told = false;
    told = {};
    p_ = begin;
    end_ = end;
    if (!take('{')) return false;
    inside = {p_, static_cast<std::size_t>(end_ - p_)};
    const auto member = [&](std::string_view name) {
      names.push_back(name);
      if (outer.empty() || name != outer) return value(1);
      return inner.empty() ? tell() : tell_inner(inner);
    };
    return members(member) && at_end();
  }

 private:
  static constexpr int kDepthMax = 100;

  void skip_spaces() {
    while (p_ < end_ && is_space(*p_)) ++p_;
  }
  bool take(char c) {
    skip_spaces();
    if (p_ >= end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool at_end() {
    skip_spaces();
    return p_ == end_;
  }
  std::string_view since(const char* from) const { return {from, static_cast<std::size_t>(p_ - from)}; }

  // Behind the brace; `take_value` gets each name, and reads the value.
  template <class TakeValue>
  bool members(TakeValue take_value) {
    if (take('}')) return true;
    do {
      std::string_view name;
      if (!plain_text(name) || !take(':') || !take_value(name)) return false;
    } while (take(','));
    return take('}');
  }

  bool object(int depth) {
    if (take('}')) return true;
    do {
      bool escaped = false;
      if (!take('"') || !rest_of_text(escaped) || !take(':') || !value(depth)) return false;
    } while (take(','));
    return take('}');
  }

  bool list(int depth) {
    if (take(']')) return true;
    do {
      if (!value(depth)) return false;
    } while (take(','));
    return take(']');
  }

  bool value(int depth) {
    skip_spaces();
    if (p_ >= end_ || depth > kDepthMax) return false;
    bool escaped = false;
    switch (*p_) {
      case '"': ++p_; return rest_of_text(escaped);
      case '{': ++p_; return object(depth + 1);
      case '[': ++p_; return list(depth + 1);
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool word(std::string_view wanted) {
    if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(wanted)) return false;
    p_ += wanted.size();
    return true;
  }

  bool digits(std::int64_t& count) {
    const char* const from = p_;
    while (p_ < end_ && is_digit(*p_)) ++p_;
    count += p_ - from;
    return p_ != from;
  }

  bool number() {
    const char* const from = p_;
    std::int64_t count = 0, exponent = 0;
    if (*p_ == '-') ++p_;
    if (p_ < end_ && *p_ == '0') {
      ++p_;
      ++count;
    } else if (!digits(count)) {
      return false;
    }
    if (p_ < end_ && *p_ == '.' && (++p_, !digits(count))) return false;
    if (p_ < end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (p_ < end_ && (*p_ == '-' || *p_ == '+')) ++p_;
      if (!digits(exponent) || exponent > 2) return false;
    }
    if (count + exponent > kDigitsOfDouble) long_numbers.push_back(since(from));
    return true;
  }

  // Behind the quote that opens it.
  bool rest_of_text(bool& escaped) {
    while (true) {
      for (std::uint64_t next = 0; end_ - p_ >= 8; p_ += 8) {
        std::memcpy(&next, p_, sizeof next);
        if (has_special(next)) break;
      }
      while (p_ < end_ && *p_ != '"' && *p_ != '\\' && *p_ >= 0x20) ++p_;  // a byte that is none of ASCII is below 0
      if (p_ >= end_) return false;
      if (*p_ == '"') break;
      if (*p_ == '\\') {
        escaped = true;
        if (!escape()) return false;
      } else if (!letter()) {
        return false;
      }
    }
    ++p_;
    return true;
  }

  bool escape() {
    if (end_ - p_ < 2) return false;
    p_ += 2;
    if (p_[-1] != 'u') return std::string_view("\"\\/bfnrt").find(p_[-1]) != std::string_view::npos;
    unsigned first = 0, second = 0;
    if (!hex(first)) return false;
    if (first < 0xd800 || first > 0xdfff) return true;
    if (first > 0xdbff || end_ - p_ < 6 || p_[0] != '\\' || p_[1] != 'u') return false;
    p_ += 2;
    return hex(second) && second >= 0xdc00 && second <= 0xdfff;
  }

  bool hex(unsigned& out) {
    if (end_ - p_ < 4) return false;
    const auto [end, fault] = std::from_chars(p_, p_ + 4, out, 16);
    p_ += 4;
    return fault == std::errc() && end == p_;
  }

  // A letter of UTF-8 in two to four bytes.
  bool letter() {
    const auto byte = [&](std::ptrdiff_t i) { return static_cast<unsigned char>(p_[i]); };
    const std::ptrdiff_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    if (byte(0) < 0xc2 || byte(0) > 0xf4 || end_ - p_ < size) return false;
    for (std::ptrdiff_t i = 1; i < size; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return false;
    }
    const unsigned char low = byte(0) == 0xe0 ? 0xa0 : byte(0) == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = byte(0) == 0xed ? 0x9f : byte(0) == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return false;
    p_ += size;
    return true;
  }

  // A text without escapes: what it means is what stands there.
  bool plain_text(std::string_view& text) {
    if (!take('"')) return false;
    const char* const from = p_;
    bool escaped = false;
    if (!rest_of_text(escaped) || escaped) return false;
    text = {from, static_cast<std::size_t>(p_ - 1 - from)};
    return true;
  }

  bool tell() {
    skip_spaces();
    if (is_told || p_ >= end_) return false;
    is_told = true;
    if (*p_ == '"') return plain_text(told);
    if (*p_ == 'n') {
      is_told = false;
      return word("null");
    }
    const char* const from = p_;
    const std::size_t before = long_numbers.size();
    if (*p_ == '{' || *p_ == '[' || !value(1) || long_numbers.size() != before) return false;
    told = since(from);
    return true;
  }

  bool tell_inner(std::string_view inner) {
    skip_spaces();
    if (p_ < end_ && *p_ == 'n') return word("null");
    return take('{') && members([&](std::string_view name) { return name == inner ? tell() : value(2); });
  }

  const char* p_ = nullptr;
  const char* end_ = nullptr;
};

// Names of members with the earliest place of each.
class Names {
 public:
  // One record's. False when a name comes twice, or there are more than a table can have.
  bool add(const std::vector<std::string_view>& names) {
    ++records_;
    for (std::size_t place = 0; place < names.size(); ++place) {
      if (place >= usual_.size()) usual_.resize(place + 1, nullptr);
      if (usual_[place] == nullptr || usual_[place]->first != names[place]) {
        auto it = seen_.find(names[place]);
        if (it == seen_.end()) it = seen_.emplace(std::string(names[place]), Seen{place, 0}).first;
        it->second.place = std::min(it->second.place, place);
        usual_[place] = &*it;
      }
      if (std::exchange(usual_[place]->second.record, records_) == records_) return false;
    }
    return seen_.size() <= kNamesMax;
  }

  std::vector<std::string> in_order() const {
    std::vector<std::pair<std::size_t, std::string>> sorted;
    for (const auto& [name, seen] : seen_) sorted.emplace_back(seen.place, name);
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> out;
    for (auto& [place, name] : sorted) out.push_back(std::move(name));
    return out;
  }

  // The engine reads names as columns, where capitals make no difference.
  bool are_columns() const {
    std::set<std::string> lower;
    return std::all_of(seen_.begin(), seen_.end(), [&](const auto& entry) {
      return !entry.first.empty() && entry.first != kJsonRowMember && lower.insert(lower_case(entry.first)).second;
    });
  }

 private:
  struct Seen {
    std::size_t place = 0;
    std::int64_t record = 0;  // the last that has it
  };
  std::map<std::string, Seen, std::less<>> seen_;
  std::vector<std::pair<const std::string, Seen>*> usual_;  // by place: the name seen there last
  std::int64_t records_ = 0;
};

class Reading {
 public:
  explicit Reading(const JsonCut& cut) : cut_(&cut) { tell(cut.member); }
  explicit Reading(const std::vector<std::string>& members) : members_(&members) {}
  ~Reading() {
    writers_.clear();
    for (const auto& part : lines_.parts) ::unlink(part.path.c_str());
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  Status push(std::string_view piece) {
    while (plain_) {
      const auto end = piece.find('\n');
      if (end == std::string_view::npos) {
        rest_ += piece;
        const auto first = rest_.find_first_not_of(" \t\r");
        plain_ = rest_.size() <= kLineBytesMax && (first == std::string::npos || rest_[first] == '{');
        return {};
      }
      if (rest_.empty()) {
        TRY(take(piece.substr(0, end)));
      } else {
        rest_ += piece.substr(0, end);
        TRY(take(rest_));
        rest_.clear();
      }
      piece.remove_prefix(end + 1);
    }
    return {};
  }

  Result<std::optional<JsonLines>> finish() {
    if (plain_ && !rest_.empty()) TRY(take(rest_));
    if (!plain_ || !names_.are_columns()) return std::nullopt;
    for (auto& [period, writer] : writers_) TRY(end_part(writer));
    lines_.names = names_.in_order();
    writers_.clear();
    return std::exchange(lines_, {});
  }

  bool is_plain() const { return plain_; }

 private:
  struct Writer {
    std::unique_ptr<PartWriter> file;
    std::function<Status(CsvPart)> on_part;
    std::int64_t rows = 0;
  };

  Status take(std::string_view text) {
    const char* begin = text.data();
    const char* const end = begin + text.size();
    while (begin < end && is_space(*begin)) ++begin;
    if (begin == end) return {};
    plain_ = line_.parse(begin, end, outer_, inner_);
    if (plain_ && lines_.rows == 0 && members_ != nullptr) plain_ = choose_member(begin, end);
    plain_ = plain_ && names_.add(line_.names);
    if (!plain_) return {};
    ++lines_.rows;
    lines_.longest_bytes = std::max(lines_.longest_bytes, static_cast<std::int64_t>(end - begin));
    if (cut_ == nullptr) {
      plain_ = count_text();
      return {};
    }
    if (outer_.empty()) return write(writer_of(""));
    const auto period = line_.is_told ? cut_->period_of(line_.told) : std::nullopt;
    return period ? write(writer_of(*period)) : Status();
  }

  void tell(const std::string& member) {
    const auto dot = member.find('.');
    lines_.member = member;
    outer_ = member.substr(0, dot);
    inner_ = dot == std::string::npos ? "" : member.substr(dot + 1);
  }

  bool choose_member(const char* begin, const char* end) {
    for (const auto& member : *members_) {
      tell(member);
      if (std::find(line_.names.begin(), line_.names.end(), outer_) != line_.names.end())
        return line_.parse(begin, end, outer_, inner_);
    }
    tell("");
    return true;
  }

  // False when there are more texts than months are worth.
  bool count_text() {
    if (!line_.is_told) {
      ++lines_.without;
      return true;
    }
    auto it = lines_.texts.find(line_.told);
    if (it == lines_.texts.end()) it = lines_.texts.emplace(std::string(line_.told), 0).first;
    ++it->second;
    return lines_.texts.size() <= kTextsMax;
  }

  Writer& writer_of(const std::string& period) {
    const auto it = writers_.find(period);
    if (it != writers_.end()) return it->second;
    Writer& out = writers_[period];
    out.on_part = [this, period](const CsvPart& part) -> Status {
      lines_.parts.push_back({part.path, period, part.rows});
      return {};
    };
    out.file = std::make_unique<PartWriter>(cut_->folder, out.on_part);
    return out;
  }

  Status write(Writer& to) {
    text_ = fmt::format("{{\"{}\":{}", kJsonRowMember, lines_.rows);
    if (!line_.names.empty()) text_ += ',';
    const char* from = line_.inside.data();
    for (const auto number : line_.long_numbers) {
      text_.append(from, number.data());
      text_ += '"';
      text_ += number;
      text_ += '"';
      from = number.data() + number.size();
    }
    text_.append(from, line_.inside.data() + line_.inside.size());
    text_ += '\n';
    ++to.rows;
    TRY(to.file->write(text_));
    return to.file->part_bytes() < cut_->part_bytes ? Status() : end_part(to);
  }

  Status end_part(Writer& writer) { return writer.file->cut(1, std::exchange(writer.rows, 0)); }

  const JsonCut* cut_ = nullptr;
  const std::vector<std::string>* members_ = nullptr;
  std::string outer_, inner_;
  Line line_;
  Names names_;
  std::string rest_, text_;
  std::map<std::string, Writer> writers_;  // by period
  JsonLines lines_;
  bool plain_ = true;
};

// Ends the reading from inside a sink without it being a failure.
constexpr const char* kEnough = "enough";

Result<std::optional<JsonLines>> read_lines(const std::string& path, const LandedFile& file, Reading& reading,
                                            const Cancel* cancel) {
  InflateSinks sinks;
  sinks.bytes = [&](std::string_view bytes) -> Status {
    TRY(reading.push(bytes));
    if (!reading.is_plain()) return fail(ErrorKind::cancelled, "{}", kEnough);
    return {};
  };
  const Status read = inflate_file(path, file.compression, sinks, cancel);
  if (!reading.is_plain()) return std::nullopt;
  if (!read) return fail(read.error());
  return reading.finish();
}

}  // namespace

bool may_be_json_lines(const pack::SourceKind& kind, const LandedFile& file) {
  const bool lines = file.format == "jsonl" || (file.format == "json" && kind.record_path.empty());
  return lines && kind.map_entries.empty() && file.compression != "zip";
}

Result<std::optional<JsonLines>> look_at_json_lines(const std::string& path, const LandedFile& file,
                                                    const std::vector<std::string>& members, const Cancel* cancel) {
  Reading reading(members);
  return read_lines(path, file, reading, cancel);
}

Result<std::optional<JsonLines>> cut_json_lines(const std::string& path, const LandedFile& file, const JsonCut& cut,
                                                const Cancel* cancel) {
  Reading reading(cut);
  return read_lines(path, file, reading, cancel);
}

std::string json_part_table(const JsonLines& lines, const JsonPart& part) {
  std::string columns = fmt::format("{}: 'BIGINT'", duck::literal(kJsonRowMember));
  for (const auto& name : lines.names) columns += fmt::format(", {}: 'VARCHAR'", duck::literal(name));
  return fmt::format(
      "read_json({}, format = 'newline_delimited', compression = 'uncompressed', hive_partitioning = false, columns = "
      "{{{}}}, maximum_object_size = {})",
      duck::path_list({part.path}), columns,
      std::max(kObjectBytesMin,
               std::min<std::int64_t>(2 * lines.longest_bytes, std::numeric_limits<std::int32_t>::max())));
}

}  // namespace centavo
