#include "lake/delta/deletion_vector.h"
#include "lake/delta/scan.h"
#include "lake/delta/skipping.h"
#include "lake/delta/snapshot_state.h"

namespace centavo::delta {
namespace {

bool matches(const DataFile& file, const PartitionValues& values) {
  for (const auto& [column, value] : values) {
    const auto it = file.partition_values.find(column);
    if ((it == file.partition_values.end() ? std::nullopt : it->second) != value) return false;
  }
  return true;
}

}  // namespace

std::int64_t DataFile::rows() const {
  const auto stats = parse_json(stats_json);
  const std::int64_t rows = stats ? int_or(*stats, "numRecords", -1) : -1;
  return rows < 0 ? -1 : rows - int_or(deletion_vector, "cardinality", 0);
}

Snapshot::Snapshot(std::shared_ptr<const SnapshotState> state) : state_(std::move(state)) {}

Version Snapshot::version() const { return state_->version; }
TimeMs Snapshot::time_ms() const { return state_->time_ms; }
const Schema& Snapshot::schema() const { return state_->schema; }
const std::vector<std::string>& Snapshot::partition_columns() const { return state_->metadata->partition_columns; }
const std::map<std::string, std::string>& Snapshot::properties() const { return state_->metadata->configuration; }
const std::string& Snapshot::table_id() const { return state_->metadata->id; }

Result<std::vector<DataFile>> Snapshot::files() const {
  std::vector<DataFile> out;
  out.reserve(state_->files.size());
  for (const auto& [key, file] : state_->files) out.push_back(state_->file_for_callers(*file));
  return out;
}

Result<std::vector<DataFile>> Snapshot::files_in(const PartitionValues& values) const {
  for (const auto& [column, value] : values) {
    const auto& columns = partition_columns();
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      return fail(ErrorKind::invalid_argument, "{} is not a partition column of {}", column, state_->place.root);
    }
  }
  std::vector<DataFile> out;
  for (const auto& [key, file] : state_->files) {
    DataFile candidate = state_->file_for_callers(*file);
    if (matches(candidate, values)) out.push_back(std::move(candidate));
  }
  return out;
}

Result<std::vector<DataFile>> Snapshot::files_for(std::string_view predicate) const {
  std::vector<DataFile> all = TRY(files());
  duck::Connection connection = TRY(state_->place.engine->connect());
  return skip_files(connection, *state_, std::move(all), predicate);
}

Result<std::string> Snapshot::select_sql(const std::vector<DataFile>& files) const { return scan_sql(*state_, files); }

Result<std::string> Snapshot::select_sql() const { return scan_sql(*state_, TRY(files())); }

std::optional<std::int64_t> Snapshot::app_version(const std::string& app) const {
  const auto it = state_->transactions.find(app);
  return it == state_->transactions.end() ? std::nullopt : std::optional(it->second.version);
}

std::int64_t Snapshot::total_rows() const {
  std::int64_t total = 0;
  for (const auto& [key, file] : state_->files) {
    const std::int64_t rows = file->rows();
    if (rows < 0) return -1;
    total += rows;
  }
  return total;
}

std::int64_t Snapshot::total_bytes() const {
  std::int64_t total = 0;
  for (const auto& [key, file] : state_->files) total += file->size_bytes;
  return total;
}

}  // namespace centavo::delta
