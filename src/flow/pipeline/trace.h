#pragma once
/// \file flow/pipeline/trace.h
/// From the rows of a gold table to the rows of the table that they add up, which say from which raw row they came.

#include <string>
#include <string_view>
#include <vector>

#include "flow/pipeline/measured.h"
#include "io/duck/duck.h"
#include "lake/pack/library.h"

namespace centavo {

/// Where rows say from which raw row they came, and how much of the measure each carries.
struct Traced {
  std::string rows_sql;   ///< centavo_file, centavo_row, centavo_part, centavo_period, centavo_amount
  std::vector<const pack::Model*> implementers;
};

/// Adds one more select of the same columns to `all`.
void unite(std::string& all, const std::string& select);

/// What the measure adds up to in `made`, a select of the rows of a table made once more, where `where` ("":
/// everywhere) holds.
Result<std::string> sum_of(duck::Connection& connection, const std::string& measure, const std::string& made,
                           const pack::TableName& table, const std::string& where);

/// The columns by which rows say where they came from; null when they do not.
const std::string* file_column(const Measured& measured);
const std::string* row_column(const Measured& measured);

/// SQL for what tells rows made from one raw row apart; "''" when each gives one.
std::string part_sql(const Measured& measured, std::string_view prefix);

/// SQL for the month of a row, as its tables call it; null when they have none.
std::string period_sql(const Measured& measured, std::string_view prefix);

/// What a contract says of how `measure` comes about, beside that it is added up; null: nothing.
const pack::DrillSpec::Way* way_of(const pack::Contract& contract, const std::string& measure);

/// The table or interface that a gold table's rows add up: as its contract says, else what it reads, near or far.
/// `not_found` when no table of the release is one.
Result<Measured> charges_of(const pack::Library& library, const Release& release, const pack::Model& model,
                            const std::string& measure);

/// Rows of `charges` behind rows of the model's table, which stand in a table `cells`: equal in the columns of its
/// grain, and what its contract adds. `not_found` when nothing says how the measure is added up.
Result<Traced> trace_cells(duck::Connection& connection, const pack::Model& model, const Measured& charges,
                           const std::string& measure);

}  // namespace centavo
