#pragma once
/// \file lake/pack/lint.h
/// SQL that both engines read the same way, or a mistake that says what to write instead.

#include <string>
#include <string_view>
#include <vector>

#include "lake/pack/parse_tree.h"
#include "lake/pack/reading.h"

namespace centavo::pack {

/// A piece of SQL in a pack.
struct SqlPiece {
  enum class Kind { model, query, expression };
  Kind kind = Kind::model;
  std::string text;          ///< as written
  std::string what;          ///< for messages, when not a model: "proof amount"
  Place place;               ///< of a model: its file; otherwise where the YAML has it
  bool portable = true;      ///< false: the model has a .spark.sql, so DuckDB's own functions are fine
  bool reads_this = false;   ///< may name the table `this`

  /// The whole statement: an expression becomes a select over `this`.
  std::string statement() const;
  /// Bytes that statement() puts in front of the text.
  std::size_t shift() const;
  /// A mistake at a byte of the text.
  Mistake mistake(std::size_t offset, std::string message, std::string hint = {}) const;
};

/// Adds what is wrong with the text as DuckDB's parser sees it and as the other engine would read it.
/// Tables and parameters are not judged here.
void lint_sql(const SqlPiece& piece, const ParseTree& tree, const FunctionsFile& functions,
              std::vector<Mistake>& mistakes);

}  // namespace centavo::pack
