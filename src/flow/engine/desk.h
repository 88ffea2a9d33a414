#pragma once
/// \file flow/engine/desk.h
/// A task's own corner of the engine: schemas bronze, silver and gold with views of just what the task may read.

#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "io/duck/duck.h"
#include "lake/pack/library.h"

namespace centavo {

/// Values of $names for Library::expand: SQL literals.
using SqlValues = std::map<std::string, std::string>;

/// Owns an attached in-memory database, which goes with it. Not thread-safe.
class Desk {
 public:
  static Result<Desk> open(duck::Database& engine, const Cancel* cancel);
  Desk(Desk&&) noexcept = default;
  Desk& operator=(Desk&&) noexcept = default;
  ~Desk();

  duck::Connection& connection() { return *connection_; }

  /// Creates or replaces the view <layer>.<table> over a select.
  Status define(const pack::TableName& table, std::string_view select);
  /// The view `this`, which checks read.
  Status define_this(std::string_view select);
  /// Makes the tenant's key known to keyed hashes on this connection. Never logged.
  Status set_mask_key(std::string_view key);

 private:
  Desk(duck::Connection connection, std::string name);
  std::unique_ptr<duck::Connection> connection_;
  std::string name_;
};

/// "select cast(null as T) as c, … where false": a table with these columns and no rows.
std::string empty_select(const std::vector<pack::ColumnSpec>& columns);

/// The union of the implementers of an interface; columns they lack are NULL. `parts` are selects over each
/// implementer, with the columns it has. Without parts: no rows.
struct InterfacePart {
  const pack::Model* model = nullptr;
  std::string select;
};
std::string interface_select(const pack::Interface& interface, const std::vector<InterfacePart>& parts);

/// The union as people read it: with the columns that the interface shows beside its own. `joined` is a select over the
/// table that they come from; empty when the tenant has none, then nothing is joined and what it gives is NULL.
Result<std::string> shown_select(const pack::Library& library, const pack::Interface& interface,
                                 const std::string& union_select, const std::string& joined, const SqlValues& values);

/// The columns a bronze table has beside its declared ones, in order.
const std::vector<pack::ColumnSpec>& bronze_metadata_columns();

/// All columns of a table as its contract promises them: declared, then for bronze the metadata ones and the period.
std::vector<pack::ColumnSpec> all_columns(const pack::Contract& contract);

/// Whether a column of DuckDB type `from` may fill one of type `to` without losing anything.
bool is_assignable(std::string_view from, std::string_view to);

/// Checks a model's columns against its contract without moving a row: binds its SQL over empty inputs.
/// `invalid_argument` names the file, the column and both types; every difference is listed.
Status check_columns(duck::Database& engine, const pack::Library& library, const pack::Model& model,
                     const SqlValues& values);

}  // namespace centavo
