#pragma once
/// \file flow/connect/json_lines.h
/// A landed file of JSON lines, read once: how many records, which members they have, their months, and plain parts.
///
/// DuckDB numbers rows in one thread only, keeps 16 digits of a number with a fraction (json_numbers.h), and reads all
/// of a file for each month in it. So the file is inflated here and its lines go to parts, each with its row number as
/// a member more, long numbers in quotes, and those of a month together. Only lines that are one valid JSON object are
/// taken, in which no name comes twice and those that matter have no escapes; any other file is left to the engine.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "flow/connect/landing.h"

namespace centavo {

/// The member that holds a line's row number in the file, from 1.
inline constexpr std::string_view kJsonRowMember = "centavo_row";

/// Plain JSON lines, each of them a record of the month.
struct JsonPart {
  std::string path;                 ///< the receiver removes it
  std::string period;               ///< "" where months do not matter
  std::int64_t rows = 0;
};

struct JsonLines {
  std::vector<std::string> names;  ///< of the records' members, by the earliest place they have in one, then by name
  std::int64_t rows = 0;
  std::int64_t longest_bytes = 0;  ///< of a line
  std::vector<JsonPart> parts;
  std::string member;  ///< "a", or "b" of a nested one as "a.b": the one that was looked at
  std::map<std::string, std::int64_t, std::less<>> texts = {};  ///< its texts, with how many records have each
  std::int64_t without = 0;  ///< records that do not have it
};

/// How a file is cut.
struct JsonCut {
  std::string folder;  ///< where parts go
  std::int64_t part_bytes = 0;  ///< about so many each
  std::string member;  ///< tells the month; "": all records are of the period ""
  /// The period of a member's text; nullopt for a record that is in no part.
  std::function<std::optional<std::string>(std::string_view)> period_of;
};

/// Whether the source's files of this format are lists of lines, so that the functions below may try.
bool may_be_json_lines(const pack::SourceKind& kind, const LandedFile& file);

/// Everything but parts, and of the first of `members` that the first record has, its texts. Nothing when the engine
/// must look. Errors as those of inflate_file.
Result<std::optional<JsonLines>> look_at_json_lines(const std::string& path, const LandedFile& file,
                                                    const std::vector<std::string>& members, const Cancel* cancel);

/// Names, rows and parts. After an error, or nothing, there are no parts.
Result<std::optional<JsonLines>> cut_json_lines(const std::string& path, const LandedFile& file, const JsonCut& cut,
                                                const Cancel* cancel);

/// "read_json(…)" of a part: the members as text, nested ones as JSON, and the row number.
std::string json_part_table(const JsonLines& lines, const JsonPart& part);

}  // namespace centavo
