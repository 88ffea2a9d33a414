#pragma once
/// \file lake/delta/scan.h
/// SQL that reads data files as rows of the table.

#include <string>
#include <vector>

#include "lake/delta/snapshot_state.h"

namespace centavo::delta {

/// A table expression, "(select …)", with the table's column names and types in the order of the schema. Files of one
/// partition become one read_parquet with constants for the partition columns, so that filters reach the Parquet
/// reader.
Result<std::string> scan_sql(const SnapshotState& state, const std::vector<DataFile>& files);

/// The same over the columns of the files only: partition columns are left out. For rewriting files.
Result<std::string> scan_data_sql(const SnapshotState& state, const std::vector<DataFile>& files);

/// The SQL literal of a partition value, typed. Source: PROTOCOL.md, "Partition Value Serialization".
Result<std::string> partition_literal(const Field& field, const std::optional<std::string>& value);

}  // namespace centavo::delta
