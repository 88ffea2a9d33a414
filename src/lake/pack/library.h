#pragma once
/// \file lake/pack/library.h
/// All packs a lake knows, loaded and validated together. Every mistake is reported, each with file and line.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lake/pack/pack.h"

namespace centavo::pack {

/// Portable functions: packs/core/functions.yaml.
struct Function {
  std::string name;                  ///< "cv_decimal"
  int arity_min = 0;
  int arity_max = 0;                 ///< -1: any number
  std::map<std::string, std::string> body;   ///< engine ("duckdb", "spark") -> text with {0}, {1}, {*}
  std::string description;
  Place place;
};

struct FunctionsFile;

/// An expression of SQL that stands outside the packs, in a tenant's rules: over one row of known columns.
struct Expression {
  std::string text;
  std::string what;                  ///< for messages: "rule support: where"
  Place place;
  const std::vector<std::string>* columns = nullptr;   ///< that it may name
};

using FunctionMap = std::map<std::string, Function, std::less<>>;

struct Mistake {
  Place place;
  std::string message;
  std::string hint;
  /// "aws/silver/x.sql:3:14: unknown function \"cv_sum\"; did you mean ..."
  std::string text() const;
};

/// A pack's files: path in the pack ("silver/x.sql") -> text.
using PackFiles = std::map<std::string, std::string>;

class Library {
 public:
  /// The packs inside the program, and those in the sub-folders of each of `folders` (a later one with the same name
  /// replaces an earlier one). On mistakes: `invalid_argument`, whose message lists all of them, a line each.
  /// `trees_file`: where to keep what the parsers said, for the next time (known_trees.h); empty: nowhere.
  static Result<Library> load(const std::vector<std::string>& folders, const std::string& trees_file = {});
  /// The same from files in memory; for tests. `core` of the program is added unless given.
  static Result<Library> from_files(const std::map<std::string, PackFiles>& packs);
  /// All mistakes instead of an error, for an editor or `check`.
  static std::vector<Mistake> lint(const std::vector<std::string>& folders);
  static std::vector<Mistake> lint_files(const std::map<std::string, PackFiles>& packs);

  const std::map<std::string, Pack>& packs() const { return packs_; }
  const Model* model(const TableName& table) const;
  const SourceKind* source(std::string_view name) const;
  const Interface* interface(std::string_view name) const;
  /// The interface whose view this is, or null.
  const Interface* interface_of_view(const TableName& table) const;
  /// The declared parameter, or null.
  const Parameter* parameter(std::string_view pack, std::string_view name) const;
  const FunctionMap& functions() const { return functions_; }
  std::vector<const Model*> implementers(std::string_view interface_name) const;

  /// `sql` with portable functions expanded for `engine` and $parameters replaced by `values` (SQL literals).
  /// `invalid_argument` names an unknown function or a parameter without a value, with line and column.
  Result<std::string> expand(std::string_view sql, std::string_view engine,
                             const std::map<std::string, std::string>& values) const;

  /// What is wrong with expressions by the rules for the packs' own SQL.
  Result<std::vector<Mistake>> judge(const std::vector<Expression>& expressions) const;

  /// SHA-256 of what decides a table's rows: its SQL as expanded, columns, checks, the functions used.
  std::string digest(const Model& model) const;
  /// Likewise of a source kind.
  std::string digest(const SourceKind& source) const;

 private:
  std::map<std::string, Pack> packs_;
  FunctionMap functions_;
  std::shared_ptr<const FunctionsFile> dialect_;   ///< what the lint knows of functions
};

/// The packs inside the program.
const std::map<std::string, PackFiles>& embedded_packs();

}  // namespace centavo::pack
