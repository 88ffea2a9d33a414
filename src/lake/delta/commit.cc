#include "lake/delta/commit.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "base/digest.h"

namespace centavo::delta {
namespace {

constexpr int kCommitAttemptsMax = 200;
constexpr int kJitterAfter = 3;
constexpr int kJitterMsMax = 40;

std::string property_or(const SnapshotState& state, const std::string& key, std::string_view otherwise) {
  const auto it = state.metadata->configuration.find(key);
  return it == state.metadata->configuration.end() ? std::string(otherwise) : it->second;
}

Status check_partition_value(const Field& field, const std::string& value) {
  const std::string type = field.type.is_string() ? field.type.get<std::string>() : "";
  const auto bad = [&] {
    return fail(ErrorKind::invalid_argument, "partition column {}: \"{}\" is not of type {}", field.name, value, type);
  };
  if (value.empty()) {
    return fail_hint("use null", ErrorKind::invalid_argument,
                     "partition column {}: an empty value would be read as null", field.name);
  }
  const auto all_digits = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::string_view text = value;
  if (type == "date" && !(text.size() == 10 && text[4] == '-' && text[7] == '-' && all_digits(text.substr(0, 4)) &&
                          all_digits(text.substr(5, 2)) && all_digits(text.substr(8)))) {
    return bad();
  }
  if (type == "boolean" && text != "true" && text != "false") return bad();
  if ((type == "byte" || type == "short" || type == "integer" || type == "long") &&
      !all_digits(text.substr(text.front() == '-' ? 1 : 0))) {
    return bad();
  }
  return {};
}

/// Null counts of the statistics against columns that must not be null.
Status check_required(const Schema& schema, const NewFile& file) {
  const auto stats = parse_json(file.stats_json);
  if (!stats || !stats->is_object() || !stats->contains("nullCount")) return {};
  for (const Field& field : schema.fields) {
    if (!field.nullable && int_or((*stats)["nullCount"], field.name.c_str()) > 0) {
      return fail(ErrorKind::invalid_argument, "column {} must not be null, but {} has nulls in it", field.name,
                  file.path);
    }
  }
  return {};
}

Status check_new_file(const SnapshotState& base, const Schema& schema, const NewFile& file) {
  const auto& columns = base.metadata->partition_columns;
  if (file.partition_values.size() != columns.size()) {
    return fail(ErrorKind::invalid_argument, "file {} has {} partition values, the table {} partition columns",
                file.path, file.partition_values.size(), columns.size());
  }
  for (const std::string& column : columns) {
    const auto it = file.partition_values.find(column);
    const Field* field = schema.find(column);
    if (it == file.partition_values.end() || !field) {
      return fail(ErrorKind::invalid_argument, "file {} has no value for partition column {}", file.path, column);
    }
    if (it->second) TRY(check_partition_value(*field, *it->second));
    if (!it->second && !field->nullable) {
      return fail(ErrorKind::invalid_argument, "partition column {} must not be null", column);
    }
  }
  if (file.path.empty() || file.path.starts_with('/') || file.path.starts_with("_delta_log")) {
    return fail(ErrorKind::invalid_argument, "\"{}\" is not a path for a data file", file.path);
  }
  return check_required(schema, file);
}

/// The data must be where the log will say, whole and durable, before the log says so.
Status settle_files(const SnapshotState& base, const Actions& actions) {
  Store& store = *base.place.store;
  for (const Add& add : actions.adds) {
    const std::string path = decode_path(add.file.path);
    if (is_absolute(path)) continue;
    const std::string key = base.place.key(path);
    TRY(store.settle(key));
    const ObjectInfo info = TRY(store.info(key));
    if (info.size_bytes != add.file.size_bytes) {
      return fail(ErrorKind::corrupt_data, "file {} has {} bytes, {} were written", path, info.size_bytes,
                  add.file.size_bytes);
    }
  }
  return {};
}

std::string operation_of(const Actions& actions) {
  return fmt::format("{} by {}", text_or(actions.commit_info, "operation", "a commit"),
                     text_or(actions.commit_info, "engineInfo", "an unknown writer"));
}

enum class Seen { ours, theirs, nothing };

/// Who wrote `version`: after a lost race, or a reply that got lost.
Result<Seen> look_at(const Place& place, Version version, const std::string& transaction_id, Actions& winner) {
  auto actions = read_commit(place, version);
  if (!actions) {
    if (actions.error().kind == ErrorKind::not_found) return Seen::nothing;
    return fail(actions.error());
  }
  winner = std::move(*actions);
  return text_or(winner.commit_info, "txnId") == transaction_id ? Seen::ours : Seen::theirs;
}

void wait_a_little(int attempt) {
  if (attempt < kJitterAfter) return;
  static thread_local std::minstd_rand random(std::random_device{}());
  std::this_thread::sleep_for(std::chrono::milliseconds(random() % kJitterMsMax));
}

class Writer {
 public:
  Writer(TableState& table, const SnapshotState& base, const Prepared& prepared)
      : place_(table.place), base_(base), prepared_(prepared), transaction_id_(new_uuid()) {}

  Result<CommitResult> write() {
    TRY(check_base());
    Version version = base_.version + 1;
    for (int attempt = 0; attempt < kCommitAttemptsMax; ++attempt) {
      const Status written = place_.store->write_if_absent(commit_key(place_.root, version), text());
      if (written) return CommitResult{version, false};
      if (written.error().kind == ErrorKind::outcome_unknown) {
        return fail_hint("look at the table's history for this change before you repeat it", ErrorKind::outcome_unknown,
                         "version {} was written but may not survive a power failure: {}", version,
                         written.error().message);
      }
      Actions winner;
      const Seen seen = TRY_IN(fmt::format("version {}", version), look_at(place_, version, transaction_id_, winner));
      if (seen == Seen::ours) return CommitResult{version, false};
      if (written.error().kind != ErrorKind::already_exists) return fail(written.error());
      if (seen == Seen::nothing) return fail(ErrorKind::conflict, "version {} came and went", version);
      if (const auto done = TRY(rebase(version, winner))) return *done;
      version = next_;
      wait_a_little(attempt);
    }
    return fail_hint("try again when fewer writers commit to this table", ErrorKind::conflict,
                     "other writers were faster {} times", kCommitAttemptsMax);
  }

 private:
  /// A commit above a base that the log has forgotten would be one that no reader sees.
  Status check_base() {
    if (place_.store->info(commit_key(place_.root, base_.version))) return {};
    const LogListing listing = TRY(list_log(*place_.store, place_.root, base_.version));
    if (listing.newest() == base_.version) return {};
    return fail_hint("take a new snapshot", ErrorKind::conflict, "version {} was cleaned up", base_.version);
  }

  std::string text() const {
    Actions actions = prepared_.actions;
    actions.commit_info = commit_info_json(
        prepared_.info, place_.clock->now_ms(), base_.version, prepared_.blind_append,
        prepared_.footprint.write_serializable ? "WriteSerializable" : "Serializable", transaction_id_);
    return to_lines(actions);
  }

  /// Checks the winner and all commits above it; sets the next version to try. A result when our transaction is there.
  Result<std::optional<CommitResult>> rebase(Version version, Actions& winner) {
    const LogListing listing = TRY(list_log(*place_.store, place_.root, version));
    const Version newest = std::max(version, listing.newest());
    for (Version at = version; at <= newest; ++at) {
      if (at > version) winner = TRY(read_commit(place_, at));
      for (const Transaction& theirs : winner.transactions) {
        const auto& ours = prepared_.footprint.transaction;
        if (ours && theirs.app == ours->app && theirs.version >= ours->version) return CommitResult{at, true};
      }
      if (const auto reason = conflict_with(prepared_.footprint, winner)) {
        return fail_hint("take a new snapshot and do the change again", ErrorKind::conflict,
                         "version {} ({}) was first: {}", at, operation_of(winner), *reason);
      }
    }
    next_ = newest + 1;
    return std::nullopt;
  }

  const Place& place_;
  const SnapshotState& base_;
  const Prepared& prepared_;
  const std::string transaction_id_;
  Version next_ = 0;
};

}  // namespace

TimeMs interval_ms(const std::map<std::string, std::string>& properties, const std::string& key, TimeMs otherwise) {
  const auto it = properties.find(key);
  if (it == properties.end()) return otherwise;
  long long count = 0;
  std::array<char, 16> unit{};
  if (std::sscanf(it->second.c_str(), "interval %lld %15s", &count, unit.data()) != 2 || count < 0) return otherwise;
  std::string name(unit.data());
  if (name.ends_with('s')) name.pop_back();
  const std::map<std::string, TimeMs> units{{"millisecond", 1}, {"second", 1000}, {"minute", 60'000},
                                            {"hour", kHourMs},  {"day", kDayMs},  {"week", 7 * kDayMs}};
  const auto found = units.find(name);
  return found == units.end() ? otherwise : count * found->second;
}

Json commit_info_json(const CommitInfo& info, TimeMs now_ms, std::optional<Version> read_version, bool blind_append,
                      std::string_view isolation, const std::string& transaction_id) {
  Json json{{"timestamp", now_ms},
            {"operation", info.operation},
            {"operationParameters", info.parameters},
            {"isolationLevel", isolation},
            {"isBlindAppend", blind_append},
            {"operationMetrics", info.metrics},
            {"engineInfo", "centavo/" CENTAVO_VERSION},
            {"txnId", transaction_id}};
  if (read_version) json["readVersion"] = *read_version;
  if (!info.user_metadata.empty()) json["userMetadata"] = info.user_metadata;
  if (!info.user.empty()) json["userName"] = info.user;
  return json;
}

Remove remove_of(const DataFile& file, TimeMs now_ms, bool data_change) {
  return Remove{file.path, now_ms, data_change, file.partition_values, true, file.size_bytes, file.deletion_vector};
}

Metadata changed_metadata(const Metadata& metadata, const std::optional<Schema>& schema,
                          const std::map<std::string, std::string>& properties) {
  Metadata out = metadata;
  if (schema) {
    out.schema_text = to_json(*schema);
    out.raw["schemaString"] = out.schema_text;
  }
  for (const auto& [key, value] : properties) out.configuration[key] = value;
  out.raw["configuration"] = out.configuration;
  return out;
}

Result<Prepared> prepare(const SnapshotState& base, Change change) {
  TRY(check_writable(*base.protocol, *base.metadata, base.schema));
  TRY(check_new_properties(change.set_properties));
  const Schema& schema = change.schema ? *change.schema : base.schema;
  if (change.schema) TRY(check_new_schema(schema, base.metadata->partition_columns));
  const TimeMs now = base.place.clock->now_ms();
  Prepared out;
  out.info = std::move(change.info);
  out.blind_append = change.blind_append();
  out.footprint.reads_all = change.reads_all;
  out.footprint.reads = std::move(change.reads);
  out.footprint.transaction = change.transaction;
  out.footprint.data_change = change.data_change;
  out.footprint.write_serializable = property_or(base, "delta.isolationLevel", "Serializable") == "WriteSerializable";

  if (change.schema || !change.set_properties.empty()) {
    out.actions.metadata = changed_metadata(*base.metadata, change.schema, change.set_properties);
  }
  if (change.transaction) {
    out.actions.transactions.push_back({change.transaction->app, change.transaction->version, now});
  }
  if (!change.remove.empty() && change.data_change && property_or(base, "delta.appendOnly", "false") == "true") {
    return fail(ErrorKind::invalid_argument, "the table is append-only (delta.appendOnly)");
  }
  for (const DataFile& file : change.remove) {
    const std::string key = file_key(file.path, file.deletion_vector);
    const auto it = base.files.find(key);
    if (it == base.files.end())
      return fail(ErrorKind::invalid_argument, "file {} is not in version {}", file.path, base.version);
    if (!out.footprint.removes.insert(key).second)
      return fail(ErrorKind::invalid_argument, "file {} is removed twice", file.path);
    out.actions.removes.push_back(remove_of(*it->second, now, change.data_change));
  }
  std::int64_t rows = 0, bytes = 0;
  std::set<std::string> added;
  for (const NewFile& file : change.add) {
    TRY(check_new_file(base, schema, file));
    Add add;
    add.file.path = encode_path(file.path);
    add.file.partition_values = file.partition_values;
    add.file.size_bytes = file.size_bytes;
    add.file.modified_ms = now;
    add.file.stats_json = file.stats_json;
    add.data_change = change.data_change;
    if (!added.insert(file.path).second || base.files.contains(file_key(add.file.path, Json()))) {
      return fail(ErrorKind::invalid_argument, "file {} is in the table already", file.path);
    }
    rows += std::max<std::int64_t>(add.file.rows(), 0);
    bytes += add.file.size_bytes;
    out.actions.adds.push_back(std::move(add));
  }
  out.info.metrics.emplace("numAddedFiles", std::to_string(out.actions.adds.size()));
  out.info.metrics.emplace("numRemovedFiles", std::to_string(out.actions.removes.size()));
  out.info.metrics.emplace("numOutputRows", std::to_string(rows));
  out.info.metrics.emplace("numOutputBytes", std::to_string(bytes));
  return out;
}

Result<CommitResult> write_commit(TableState& table, const SnapshotState& base, const Prepared& prepared) {
  if (const auto& ours = prepared.footprint.transaction) {
    for (const SnapshotState* state : {&base, table.newest.get()}) {
      const auto it = state->transactions.find(ours->app);
      if (it != state->transactions.end() && it->second.version >= ours->version)
        return CommitResult{state->version, true};
    }
  }
  TRY(settle_files(base, prepared.actions));
  return Writer(table, base, prepared).write();
}

Result<CommitResult> Table::commit(const Snapshot& base, Change change) {
  const std::string doing = fmt::format("commit {}", state_->place.root);
  const Prepared prepared = TRY_IN(doing, prepare(base.state(), std::move(change)));
  return TRY_IN(doing, write_commit(*state_, base.state(), prepared));
}

Result<CommitResult> Table::append(const Snapshot& base, std::vector<NewFile> files, CommitInfo info,
                                   std::optional<AppTransaction> transaction) {
  Change change;
  change.info = std::move(info);
  if (change.info.operation.empty()) change.info.operation = "WRITE";
  change.info.parameters.emplace("mode", "Append");
  change.transaction = std::move(transaction);
  change.add = std::move(files);
  return commit(base, std::move(change));
}

Result<CommitResult> Table::replace(const Snapshot& base, const PartitionValues& values, std::vector<NewFile> files,
                                    CommitInfo info, std::optional<AppTransaction> transaction) {
  Change change;
  change.info = std::move(info);
  if (change.info.operation.empty()) change.info.operation = "WRITE";
  change.info.parameters.emplace("mode", "Overwrite");
  std::string predicate;
  for (const auto& [column, value] : values) {
    predicate += fmt::format("{}{} {}", predicate.empty() ? "" : " AND ", column,
                             value ? fmt::format("= '{}'", *value) : std::string("IS NULL"));
  }
  if (!predicate.empty()) change.info.parameters.emplace("predicate", predicate);
  for (const NewFile& file : files) {
    for (const auto& [column, value] : values) {
      const auto it = file.partition_values.find(column);
      if (it == file.partition_values.end() || it->second != value) {
        return fail(ErrorKind::invalid_argument, "commit {}: file {} is not of {}", root(), file.path, predicate);
      }
    }
  }
  change.transaction = std::move(transaction);
  change.remove = TRY(base.files_in(values));
  change.add = std::move(files);
  change.reads_all = values.empty();
  if (!values.empty()) change.reads.push_back(values);
  return commit(base, std::move(change));
}

Result<Table> Table::create(Store& store, duck::Database& engine, std::string root, const Schema& schema,
                            std::vector<std::string> partition_columns, CommitInfo info,
                            std::map<std::string, std::string> properties, const Clock& clock) {
  const std::string doing = fmt::format("create {}", root);
  TRY_IN(doing, check_new_schema(schema, partition_columns));
  TRY_IN(doing, check_new_properties(properties));
  const Place place{&store, &engine, &clock, root};
  const LogListing listing = TRY_IN(doing, list_log(store, root, 0));
  if (!listing.empty()) return fail(ErrorKind::already_exists, "{}: there is a table", doing);

  Actions actions;
  const std::string transaction_id = new_uuid();
  if (info.operation.empty()) info.operation = "CREATE TABLE";
  actions.commit_info = commit_info_json(info, clock.now_ms(), std::nullopt, true, "Serializable", transaction_id);
  actions.protocol = Protocol{};
  Metadata metadata;
  metadata.raw = Json{{"id", new_uuid()},
                      {"format", {{"provider", "parquet"}, {"options", Json::object()}}},
                      {"schemaString", to_json(schema)},
                      {"partitionColumns", partition_columns},
                      {"configuration", properties},
                      {"createdTime", clock.now_ms()}};
  actions.metadata = std::move(metadata);
  const Status written = store.write_if_absent(commit_key(root, 0), to_lines(actions));
  if (!written) {
    if (written.error().kind == ErrorKind::outcome_unknown) return fail_within(doing, written.error());
    Actions winner;
    const auto seen = look_at(place, 0, transaction_id, winner);
    if (!seen || *seen != Seen::ours) {
      if (written.error().kind == ErrorKind::already_exists)
        return fail(ErrorKind::already_exists, "{}: there is a table", doing);
      return fail_within(doing, written.error());
    }
  }
  return open(store, engine, std::move(root), clock);
}

}  // namespace centavo::delta
