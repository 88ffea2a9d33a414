/// How long a commit takes, beside the durable put-if-absent of the same bytes that it rests on.
/// Usage: bench_lake_delta FOLDER COMMITS. Prints one JSON object, times in microseconds.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/digest.h"
#include "lake/delta/table.h"

namespace centavo::delta {
namespace {

using Microseconds = std::vector<double>;

template <typename Work>
Status timed(Microseconds& times, const Work& work) {
  const auto started = std::chrono::steady_clock::now();
  TRY(work());
  times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - started).count());
  return {};
}

Json percentiles(Microseconds times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  return Json{{"p50", at(0.5)}, {"p99", at(0.99)}};
}

NewFile some_file(std::int64_t number) {
  NewFile file;
  file.path = fmt::format("part-{:05}-{}.c000.zstd.parquet", number, new_uuid());
  file.size_bytes = 4;
  file.stats_json = fmt::format(
      R"({{"numRecords":65536,"minValues":{{"id":{0},"cost":0.000000001}},"maxValues":{{"id":{0},"cost":12.5}},"nullCount":{{"id":0,"cost":0}}}})",
      number);
  return file;
}

Status measure(const std::string& folder, int commits) {
  auto store = TRY(open_local_store(folder));
  auto engine = TRY(duck::Database::open({.threads = 1}));
  Schema schema;
  schema.fields = {TRY(field_of_duck("id", "bigint")), TRY(field_of_duck("cost", "decimal(38,21)"))};
  auto table =
      TRY(Table::create(*store, engine, "silver/costs", schema, {}, CommitInfo{"CREATE TABLE", {}, {}, "", ""}));
  const CommitInfo info{"WRITE", {{"mode", "Append"}}, {}, R"({"run":"r","period":"2026-09","rows":65536})", "bench"};
  Microseconds commit, put;
  std::string bytes;
  for (int i = 0; i < commits; ++i) {
    const Snapshot base = TRY(table.snapshot());
    const NewFile file = some_file(i);
    TRY(store->write("silver/costs/" + file.path, "PAR1"));
    TRY(timed(commit, [&] { return table.append(base, {file}, info).map([](const auto&) {}); }));
    if (bytes.empty()) bytes = TRY(store->read("silver/costs/_delta_log/00000000000000000001.json"));
    TRY(timed(put, [&] { return store->write_if_absent(fmt::format("plain/{:020}.json", i), bytes); }));
  }
  fmt::print("{}\n", Json{{"commit", percentiles(commit)}, {"put", percentiles(put)}, {"commits", commits}}.dump());
  return {};
}

}  // namespace
}  // namespace centavo::delta

int main(int argc, char** argv) {
  if (argc != 3) return fmt::print(stderr, "usage: bench_lake_delta FOLDER COMMITS\n"), 2;
  const auto done = centavo::delta::measure(argv[1], std::atoi(argv[2]));
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().message);
  return 1;
}
