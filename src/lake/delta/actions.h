#pragma once
/// \file lake/delta/actions.h
/// The actions of a commit as plain structs, and their JSON lines.
/// Source: delta-io/delta PROTOCOL.md, "Actions".

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "lake/delta/table.h"

namespace centavo::delta {

struct Protocol {
  int reader_version = 1;
  int writer_version = 2;
  std::set<std::string> reader_features;
  std::set<std::string> writer_features;
  bool has_feature_lists = false;  ///< the action named features, even none
};

struct Metadata {
  std::string id;
  std::string schema_text;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  Json raw;  ///< the whole action: what we do not know is kept when it is written again
};

struct Add {
  DataFile file;
  bool data_change = true;
};

struct Remove {
  std::string path;  ///< byte for byte as the add had it
  TimeMs deleted_ms = 0;
  bool data_change = true;
  PartitionValues partition_values;
  bool has_partition_values = false;
  std::int64_t size_bytes = 0;
  Json deletion_vector;
};

struct Transaction {
  std::string app;
  std::int64_t version = 0;
  std::optional<TimeMs> updated_ms;
};

struct Sidecar {
  std::string path;
};

struct Actions {
  Json commit_info;  ///< null when there is none
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Transaction> transactions;
  std::vector<Add> adds;
  std::vector<Remove> removes;
  std::vector<Json> domains;      ///< domainMetadata, as they are
  std::vector<Sidecar> sidecars;  ///< of a V2 checkpoint
};

/// What makes a logical file: the file's path and its deletion vector. Two spellings of one path give one key.
std::string file_key(std::string_view path, const Json& deletion_vector);

/// Adds one action, {"add": {...}}, to `out`. Unknown actions and fields are ignored. `corrupt_data` says what is
/// missing.
Status parse_action(const Json& action, Actions& out);

/// All lines of a commit (or a JSON checkpoint). `corrupt_data` for anything that is not complete: a cut line, no line
/// at all, and fewer actions than our own commitInfo announces.
Result<Actions> parse_actions(std::string_view text);

Json to_json(const Protocol& protocol);
Json to_json(const Transaction& transaction);
Json to_json(const Add& add);
Json to_json(const Remove& remove);

/// The lines of a commit: commitInfo, protocol, metaData, txn, remove, add.
std::string to_lines(const Actions& actions);

/// Reads what JSON and partition maps hold. Used for checkpoint rows too.
PartitionValues partition_values_of(const Json& json);
std::map<std::string, std::string> text_map_of(const Json& json);

}  // namespace centavo::delta
