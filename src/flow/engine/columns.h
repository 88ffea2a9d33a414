#pragma once
/// \file flow/engine/columns.h
/// From the columns a source delivers to the columns of its bronze table.

#include <string>
#include <vector>

#include "base/result.h"
#include "io/duck/duck.h"
#include "lake/delta/schema.h"
#include "lake/pack/pack.h"

namespace centavo {

/// One column as a file delivers it.
struct DeliveredColumn {
  std::string name;
  std::string type;         ///< DuckDB's spelling
  std::string sql;          ///< how SQL over the file names it
};

/// One bronze column and the SQL that fills it from the delivered ones.
struct BronzeColumn {
  std::string name;
  std::string type;         ///< DuckDB's spelling
  std::string expression;   ///< over the delivered columns
  std::string delivered;    ///< delivered name; "" for a gathered map or a declared column that was not delivered
};

/// All columns of the bronze table for a file with these delivered columns: the declared ones in order (NULL when not
/// delivered), then the others when the contract keeps them. `table` is the table's schema so far (null: new): a column
/// it has keeps its type. `invalid_argument` when two delivered columns become one, or a column's type cannot become
/// the table's.
Result<std::vector<BronzeColumn>> bronze_columns(const pack::SourceKind& source, const pack::Contract& contract,
                                                 const std::vector<DeliveredColumn>& delivered,
                                                 const delta::Schema* table);

}  // namespace centavo
