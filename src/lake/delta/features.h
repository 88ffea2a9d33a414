#pragma once
/// \file lake/delta/features.h
/// Which tables we read and which we write: every refusal names the feature.
/// Source: delta-io/delta PROTOCOL.md, "Table Features"; facts and choices: docs/formats/delta.md.

#include "base/result.h"
#include "lake/delta/actions.h"
#include "lake/delta/schema.h"

namespace centavo::delta {

enum class ColumnMapping { none, name, id };

/// `corrupt_data` when the metadata has another word.
Result<ColumnMapping> column_mapping_of(const Metadata& metadata);

/// `unsupported` names the reader version, the feature or the column's type that we do not read.
/// Without the schema only the protocol and the data format are looked at.
Status check_readable(const Protocol& protocol, const Metadata& metadata, const Schema* schema);

/// `unsupported` names the writer version, the feature, the constraint or the column that we cannot honour.
/// Holds for data commits, vacuum, log clean-up and checkpoints alike.
Status check_writable(const Protocol& protocol, const Metadata& metadata, const Schema& schema);

/// May a table that we create or alter have these columns and properties under protocol (1,2)?
Status check_new_schema(const Schema& schema, const std::vector<std::string>& partition_columns);
Status check_new_properties(const std::map<std::string, std::string>& properties);

}  // namespace centavo::delta
