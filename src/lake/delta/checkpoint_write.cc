#include "base/digest.h"
#include "lake/delta/commit.h"

namespace centavo::delta {
namespace {

constexpr std::size_t kChunkBytes = 4 << 20;
constexpr TimeMs kTombstoneMs = 7 * kDayMs;  // delta.deletedFileRetentionDuration

bool is_on(const SnapshotState& state, const std::string& key, bool otherwise) {
  const auto it = state.metadata->configuration.find(key);
  return it == state.metadata->configuration.end() ? otherwise : it->second == "true";
}

/// Columns of a checkpoint as from_json wants them. Feature lists exist exactly when the versions are 3 and 7.
OrderedJson shape_of(const Protocol& protocol) {
  const char* map = "MAP(VARCHAR, VARCHAR)";
  OrderedJson protocol_shape{{"minReaderVersion", "INTEGER"}, {"minWriterVersion", "INTEGER"}};
  if (protocol.reader_version >= 3) protocol_shape["readerFeatures"] = OrderedJson::array({"VARCHAR"});
  if (protocol.writer_version >= 7) protocol_shape["writerFeatures"] = OrderedJson::array({"VARCHAR"});
  return OrderedJson{{"txn", {{"appId", "VARCHAR"}, {"version", "BIGINT"}, {"lastUpdated", "BIGINT"}}},
                     {"add",
                      {{"path", "VARCHAR"},
                       {"partitionValues", map},
                       {"size", "BIGINT"},
                       {"modificationTime", "BIGINT"},
                       {"dataChange", "BOOLEAN"},
                       {"stats", "VARCHAR"},
                       {"tags", map}}},
                     {"remove",
                      {{"path", "VARCHAR"},
                       {"deletionTimestamp", "BIGINT"},
                       {"dataChange", "BOOLEAN"},
                       {"extendedFileMetadata", "BOOLEAN"},
                       {"partitionValues", map},
                       {"size", "BIGINT"}}},
                     {"metaData",
                      {{"id", "VARCHAR"},
                       {"name", "VARCHAR"},
                       {"description", "VARCHAR"},
                       {"format", {{"provider", "VARCHAR"}, {"options", map}}},
                       {"schemaString", "VARCHAR"},
                       {"partitionColumns", OrderedJson::array({"VARCHAR"})},
                       {"configuration", map},
                       {"createdTime", "BIGINT"}}},
                     {"protocol", protocol_shape},
                     {"domainMetadata", {{"domain", "VARCHAR"}, {"configuration", "VARCHAR"}, {"removed", "BOOLEAN"}}}};
}

/// Collects actions into a temporary table, some megabytes of JSON at a time.
class ActionTable {
 public:
  ActionTable(duck::Connection& connection, const OrderedJson& shape)
      : connection_(connection), shape_(duck::literal(OrderedJson::array({shape}).dump())) {}

  Status add(const Json& action) {
    chunk_ += chunk_.empty() ? "[" : ",";
    chunk_ += action.dump(-1, ' ', false, Json::error_handler_t::replace);
    ++count_;
    return chunk_.size() >= kChunkBytes ? flush() : Status();
  }

  Status flush() {
    if (chunk_.empty()) return {};
    const std::string rows =
        fmt::format("select unnest(from_json({}, {}), max_depth := 2)", duck::literal(chunk_ + "]"), shape_);
    chunk_.clear();
    const bool first = std::exchange(exists_, true) == false;
    return connection_.run(first ? fmt::format("create or replace temp table checkpoint_actions as {}", rows)
                                 : fmt::format("insert into checkpoint_actions {}", rows));
  }

  std::int64_t count() const { return count_; }

 private:
  duck::Connection& connection_;
  const std::string shape_;
  std::string chunk_;
  bool exists_ = false;
  std::int64_t count_ = 0;
};

Status put_actions(const SnapshotState& state, ActionTable& table) {
  const bool with_stats = is_on(state, "delta.checkpoint.writeStatsAsJson", true);
  const TimeMs oldest = state.place.clock->now_ms() -
                        interval_ms(state.metadata->configuration, "delta.deletedFileRetentionDuration", kTombstoneMs);
  TRY(table.add({{"protocol", to_json(*state.protocol)}}));
  TRY(table.add({{"metaData", state.metadata->raw}}));
  for (const auto& [app, transaction] : state.transactions) TRY(table.add({{"txn", to_json(transaction)}}));
  for (const auto& [name, domain] : state.domains) TRY(table.add({{"domainMetadata", domain}}));
  for (const auto& [key, tombstone] : state.tombstones) {
    if (tombstone->deleted_ms < oldest) continue;
    Json json = to_json(*tombstone);
    json["dataChange"] = false;
    TRY(table.add({{"remove", std::move(json)}}));
  }
  for (const auto& [key, file] : state.files) {
    Json json = to_json(Add{*file, false});
    if (!with_stats) json.erase("stats");
    TRY(table.add({{"add", std::move(json)}}));
  }
  return table.flush();
}

constexpr Version kCheckpointIntervalDefault = 10;

Version checkpoint_interval(const SnapshotState& state) {
  const auto it = state.metadata->configuration.find("delta.checkpointInterval");
  if (it == state.metadata->configuration.end()) return kCheckpointIntervalDefault;
  const Version interval = std::atoll(it->second.c_str());
  return interval > 0 ? interval : kCheckpointIntervalDefault;
}

}  // namespace

Status write_checkpoint(const SnapshotState& state) {
  TRY(check_writable(*state.protocol, *state.metadata, state.schema));
  if (is_on(state, "delta.checkpoint.writeStatsAsStruct", false)) {
    return fail(ErrorKind::unsupported, "delta.checkpoint.writeStatsAsStruct is not supported");
  }
  const Place& place = state.place;
  duck::Connection connection = TRY(place.engine->connect());
  ActionTable table(connection, shape_of(*state.protocol));
  TRY(put_actions(state, table));
  const std::string temporary = fmt::format("{}/.{}.checkpoint.tmp", log_folder(place.root), new_uuid());
  const std::string path = TRY(place.store->engine_path(temporary));
  Status copied = connection.run(fmt::format("copy checkpoint_actions to {} (format parquet)", duck::literal(path)));
  if (!copied) {
    (void)place.store->remove(temporary);
    return copied;
  }
  const std::string key = checkpoint_key(place.root, state.version);
  if (const Status moved = place.store->move(temporary, key); !moved) {
    (void)place.store->remove(temporary);
    return moved;
  }
  const ObjectInfo info = TRY(place.store->info(key));
  const Json hint{{"version", state.version},
                  {"size", table.count()},
                  {"sizeInBytes", info.size_bytes},
                  {"numOfAddFiles", state.files.size()}};
  return place.store->write(last_checkpoint_key(place.root), hint.dump());
}

Status Table::checkpoint() {
  const Snapshot newest = TRY(snapshot());
  return TRY_IN(fmt::format("checkpoint {}", root()), write_checkpoint(newest.state())), Status();
}

Status Table::checkpoint_if_due() {
  const Snapshot newest = TRY(snapshot());
  const SnapshotState& state = newest.state();
  if (state.version - state.checkpoint_version < checkpoint_interval(state)) return {};
  TRY_IN(fmt::format("checkpoint {}", root()), write_checkpoint(state));
  auto next = std::make_shared<SnapshotState>(state);
  next->checkpoint_version = state.version;
  state_->newest = std::move(next);
  return {};
}

}  // namespace centavo::delta
