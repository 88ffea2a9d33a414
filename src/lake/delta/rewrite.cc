#include "lake/delta/rewrite.h"

#include "base/digest.h"
#include "lake/delta/log_path.h"
#include "lake/delta/scan.h"
#include "lake/delta/stats.h"

namespace centavo::delta {
namespace {

Result<std::string> fingerprint(duck::Connection& connection, const std::string& table_sql) {
  const auto value = TRY(connection.value(fmt::format(
      "select count(*)::varchar || ' rows, hash ' || coalesce(sum(hash(t)::hugeint), 0)::varchar from {} as t",
      table_sql)));
  return value.value_or("");
}

}  // namespace

Result<NewFile> rewrite_files(const SnapshotState& state, const std::vector<DataFile>& files) {
  const std::vector<std::string>& partitions = state.metadata->partition_columns;
  Schema data;
  for (const Field& field : state.schema.fields) {
    if (std::find(partitions.begin(), partitions.end(), field.name) == partitions.end()) data.fields.push_back(field);
  }
  NewFile file;
  file.partition_values = files.front().partition_values;
  const std::string folder = partition_folder(partitions, file.partition_values);
  file.path = fmt::format("{}{}part-00000-{}.c000.zstd.parquet", folder, folder.empty() ? "" : "/", new_uuid());

  duck::Connection connection = TRY(state.place.engine->connect());
  const std::string before_sql = TRY(scan_data_sql(state, files));
  const std::string path = TRY(state.place.store->engine_path(state.place.key(file.path)));
  const auto copied = TRY(copy_to_parquet(connection, "from " + before_sql, path, data));
  if (copied.size() != 1) return fail(ErrorKind::internal, "one file was wanted, {} were written", copied.size());
  file.size_bytes = copied[0].size_bytes;
  file.stats_json = copied[0].stats_json;

  const auto check = [&]() -> Status {
    DataFile written;
    written.path = encode_path(file.path);
    written.partition_values = file.partition_values;
    const std::string after_sql = TRY(scan_data_sql(state, {written}));
    const std::string before = TRY(fingerprint(connection, before_sql));
    const std::string after = TRY(fingerprint(connection, after_sql));
    if (before != after) {
      return fail(ErrorKind::corrupt_data, "rewriting {} files gave {}, not {}", files.size(), after, before);
    }
    return {};
  };
  if (const Status same = check(); !same) {
    drop_files(state.place, {file});
    return fail(same.error());
  }
  return file;
}

void drop_files(const Place& place, const std::vector<NewFile>& files) {
  for (const NewFile& file : files) (void)place.store->remove(place.key(file.path));
}

}  // namespace centavo::delta
