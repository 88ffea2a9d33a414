#pragma once
/// \file flow/pipeline/measured.h
/// Which table and column a person means by a measure: "BilledCost", "gold.cost_by_month.EffectiveCost".

#include <string>
#include <string_view>
#include <vector>

#include "lake/catalog/catalog.h"
#include "lake/pack/library.h"

namespace centavo {

/// Whether two columns are one: names mean the same in capitals.
bool same_name(std::string_view a, std::string_view b);

/// A number of a table, or of the union of an interface's tables. Points into the library.
struct Measured {
  pack::TableName table;                        ///< the table, or the interface's view
  const pack::Interface* interface = nullptr;
  std::vector<const pack::Model*> models;       ///< the table's; of an interface all that implement it
  std::vector<pack::ColumnSpec> columns;
  std::string measure;                          ///< as the table spells it
  std::string currency;                         ///< SQL expression; "''" when the table says none
  std::vector<std::string> identity;            ///< columns that say what a row is about

  const pack::ColumnSpec* find(std::string_view column) const;   ///< ignoring case
};

/// A measure alone is looked for in interfaces, then in silver, then in gold tables that the release shows.
/// `not_found` says what there is; `invalid_argument` when the column is no number.
Result<Measured> find_measured(const pack::Library& library, const Release& release, std::string_view text);

/// A table or an interface's view, without a measure. `not_found` when the release does not show it.
Result<Measured> table_of(const pack::Library& library, const Release& release, const pack::TableName& table);

/// Columns that say by which file, row and run a row came: another delivery of the same bill has others.
bool is_delivery_column(std::string_view name);

}  // namespace centavo
