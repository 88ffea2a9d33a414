#include "app/cli/text_table.h"

#include <array>
#include <cmath>

namespace centavo::cli {
namespace {

/// One code point of valid UTF-8; a broken byte is itself.
std::pair<char32_t, std::size_t> code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (size == 1 || text.size() < size) return {first, 1};
  char32_t point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {first, 1};
    point = point << 6U | (byte(i) & 0x3FU);
  }
  return {point, size};
}

struct Range {
  char32_t first, last;
};
constexpr std::array kZeroWidth = {Range{0x300, 0x36F}, Range{0x200B, 0x200F}, Range{0xFE00, 0xFE0F},
                                   Range{0xFEFF, 0xFEFF}};
constexpr std::array kWide = {Range{0x1100, 0x115F},  Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
                              Range{0xF900, 0xFAFF},  Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
                              Range{0xFFE0, 0xFFE6},  Range{0x1F300, 0x1F64F}, Range{0x1F900, 0x1F9FF},
                              Range{0x20000, 0x3FFFD}};

std::size_t width_of_point(char32_t point) {
  const auto holds = [&](const Range& range) { return range.first <= point && point <= range.last; };
  if (std::any_of(kZeroWidth.begin(), kZeroWidth.end(), holds)) return 0;
  return std::any_of(kWide.begin(), kWide.end(), holds) ? 2 : 1;
}

std::size_t behind_point(std::string_view text) {
  const std::size_t point = text.find('.');
  return point == std::string_view::npos ? 0 : text.size() - point;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [point, size] = code_point(text);
    width += width_of_point(point);
    text.remove_prefix(size);
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [point, size] = code_point(text);
    if (point == '\n') {
      out += "\\n";
    } else if (point == '\r') {
      out += "\\r";
    } else if (point == '\t') {
      out += "\\t";
    } else if (point < 0x20 || (point >= 0x7F && point <= 0x9F)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(point));
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (width == 0 || width_of(text) <= width) return std::string(text);
  std::size_t taken = 0, columns = 0;
  while (taken < text.size()) {
    const auto [point, size] = code_point(text.substr(taken));
    const std::size_t more = width_of_point(point);
    if (columns + more + 1 > width) break;
    columns += more;
    taken += size;
  }
  return std::string(text.substr(0, taken)) + "…";
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  auto size = static_cast<double>(bytes);
  while (size >= 999.5 && unit + 1 < kUnits.size()) {
    size /= 1000;
    ++unit;
  }
  if (unit == 0) return fmt::format("{} B", bytes);
  return size < 9.95 ? fmt::format("{:.1f} {}", size, kUnits[unit]) : fmt::format("{:.0f} {}", size, kUnits[unit]);
}

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string toned(std::string_view text, Tone tone, bool color) {
  if (!color || text.empty()) return std::string(text);
  switch (tone) {
    case Tone::plain: return std::string(text);
    case Tone::strong: return fmt::format("\x1b[1m{}\x1b[0m", text);
    case Tone::faint: return fmt::format("\x1b[2m{}\x1b[0m", text);
    case Tone::good: return fmt::format("\x1b[32m{}\x1b[0m", text);
    case Tone::warning: return fmt::format("\x1b[33m{}\x1b[0m", text);
    case Tone::bad: return fmt::format("\x1b[31m{}\x1b[0m", text);
  }
  return std::string(text);
}

TextTable::TextTable(std::vector<TextColumn> columns, bool color) : columns_(std::move(columns)), color_(color) {
  for (const TextColumn& column : columns_) widths_.push_back({width_of(column.title), 0});
}

void TextTable::fit(const std::vector<std::vector<TextCell>>& rows) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t before = 0;
    for (const auto& row : rows) {
      const std::string text = shortened(row[i].text, columns_[i].width_max);
      if (columns_[i].align == Align::point) {
        widths_[i].behind_point = std::max(widths_[i].behind_point, behind_point(text));
        before = std::max(before, width_of(text) - behind_point(text));
      } else {
        before = std::max(before, width_of(text));
      }
    }
    widths_[i].all = std::max(widths_[i].all, before + widths_[i].behind_point);
  }
}

std::string TextTable::head() const {
  std::vector<TextCell> titles;
  for (const TextColumn& column : columns_) titles.push_back({column.title, Tone::strong});
  // A title over numbers stands at their right end.
  TextTable straight = *this;
  for (TextColumn& column : straight.columns_) {
    column.width_max = 0;
    if (column.align == Align::point) column.align = Align::right;
  }
  return straight.row(titles);
}

std::string TextTable::row(const std::vector<TextCell>& cells) const {
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string text = shortened(cells[i].text, columns_[i].width_max);
    const std::size_t own = width_of(text);
    std::size_t after = 0;
    if (columns_[i].align == Align::point)
      after = widths_[i].behind_point - std::min(widths_[i].behind_point, behind_point(text));
    const std::size_t room = widths_[i].all;
    std::size_t before = room > own + after ? room - own - after : 0;
    if (columns_[i].align == Align::left) std::swap(before, after);
    line += std::string(before, ' ') + toned(text, cells[i].tone, color_);
    line += std::string(after, ' ');
    if (i + 1 < columns_.size()) line += "  ";
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace centavo::cli
