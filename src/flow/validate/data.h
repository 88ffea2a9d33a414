#pragma once
/// \file flow/validate/data.h
/// What rules are held against, as the view `this` of a connection: each column of the specification with its type,
/// and for what arrived as text the text itself beside it.

#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "flow/validate/rules.h"
#include "io/duck/duck.h"

namespace centavo::rules {

/// Rows as they were delivered. `from` is what stands behind "from" in SQL.
struct Delivered {
  std::string label;   ///< for messages: the file's name, "tenant acme, release 3"
  std::string from;
  std::string file;    ///< SQL of the file a row came from
  std::string row;     ///< SQL of its number there, from 1
  std::vector<duck::Column> columns;
};

/// Opens a file by its name's ending: CSV, JSON lines (both with .gz, .zst, .zip), JSON, Parquet. CSV is read as text,
/// so that an id of digits stays an id; an empty field and a bare NULL are null. `not_found`, `unsupported` for another
/// ending, `corrupt_data` for a file that is not what its name says. `temp_dir` takes the inflated parts, which are
/// gone at the end.
Result<Delivered> open_file(duck::Connection& connection, const std::string& path, const std::string& temp_dir,
                            const Cancel* cancel);

/// Whether a type of the engine holds numbers, or times.
bool is_number_type(std::string_view type);
bool is_time_type(std::string_view type);

/// What `this` has.
struct Data {
  struct Column {
    std::string name;
    std::string delivered;  ///< type of the engine: "VARCHAR", "DECIMAL(38,9)"
    std::string type;  ///< string, decimal, datetime; empty: not one of the rules' columns
    bool as_text = false;  ///< delivered as text, though its type is another: the text is `<name>__text`
  };
  std::string label;
  std::vector<Column> columns;
  std::int64_t rows = 0;
  int scale = 0;  ///< digits behind the point of the decimals that came as text: 21, or what their sums leave

  const Column* find(std::string_view name) const;
};

/// Makes `this` over the rows, with source_file and source_row. `corrupt_data` when hardly a column is one of the
/// rules', or when there are no rows.
Result<Data> prepare(duck::Connection& connection, const Delivered& delivered, const RuleSet& rules);

}  // namespace centavo::rules
