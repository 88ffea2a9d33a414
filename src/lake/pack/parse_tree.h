#pragma once
/// \file lake/pack/parse_tree.h
/// What a select reads and calls, from DuckDB's own parser (json_serialize_sql): nothing is bound or run.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace centavo::pack {

struct ParseTree {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  struct Table {
    std::string catalog, schema, table;
    std::size_t offset = kNowhere;   ///< bytes from the start of the text
  };
  struct Call {
    std::string name;                ///< as the parser has it: "sum", "~~" for like
    std::size_t offset = kNowhere;
    int arguments = 0;
    bool is_operator = false;
    bool makes_rows = false;         ///< stands in a from clause
  };

  std::string error;                 ///< the parser's words; empty: it is a select
  std::size_t error_offset = 0;
  int statements = 0;
  std::vector<Table> tables;         ///< names of common table expressions left out
  std::vector<Call> calls;
  std::vector<std::string> columns;  ///< last part of every column named
  std::vector<std::size_t> orders_without_nulls;   ///< offsets of their expressions
};

/// One tree for each text, in order; all texts in one query. An error is the engine's, never a text's.
Result<std::vector<ParseTree>> parse_sql(const std::vector<std::string>& texts);

/// For each regular expression DuckDB's words against it, or "". In the same engine as parse_sql.
Result<std::vector<std::string>> regex_faults(const std::vector<std::string>& patterns);

}  // namespace centavo::pack
