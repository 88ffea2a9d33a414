#pragma once
/// \file app/cli/text_table.h
/// Aligned text for people: columns of the width of what they hold.

#include <string>
#include <string_view>
#include <vector>

#include "app/document/text.h"

namespace centavo::cli {

enum class Align {
  left,
  right,
  point,  ///< numbers under each other by their decimal point
};

enum class Tone { plain, strong, faint, good, warning, bad };

/// Columns a terminal needs for UTF-8 text: wide characters count two, combining marks none.
std::size_t width_of(std::string_view text);

/// `text` with control characters (line ends, escape sequences out of somebody's data) spelled out: "\n", "\x1b".
std::string printable(std::string_view text);

/// The first `width` columns of `text`, ending in "…" when something was left out. 0: all.
std::string shortened(std::string_view text, std::size_t width);

using document::grouped;

/// "1.5 GB", decimal units.
std::string bytes_text(std::int64_t bytes);
/// "0.4 s", "2 min 5 s", "3 h 20 min"
std::string duration_text(double seconds);

struct TextColumn {
  std::string title;
  Align align = Align::left;
  std::size_t width_max = 0;  ///< longer cells are cut with "…"; 0: never
};

struct TextCell {
  std::string text;
  Tone tone = Tone::plain;
};

/// Text around `text` that a terminal shows in this tone.
std::string toned(std::string_view text, Tone tone, bool color);

/// Lays rows out. Widths come from the titles and the rows given to `fit`; later rows that are wider just stick out.
class TextTable {
 public:
  TextTable(std::vector<TextColumn> columns, bool color);
  void fit(const std::vector<std::vector<TextCell>>& rows);
  std::string head() const;
  std::string row(const std::vector<TextCell>& cells) const;

 private:
  struct Width {
    std::size_t all = 0;
    std::size_t behind_point = 0;  ///< characters from the point on
  };
  std::vector<TextColumn> columns_;
  std::vector<Width> widths_;
  bool color_;
};

}  // namespace centavo::cli
