#include "flow/pipeline/scratch.h"

#include <unistd.h>

#include <filesystem>

#include "base/digest.h"
#include "flow/pipeline/work.h"
#include "io/store/key.h"
#include "lake/delta/log_path.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;

Status fail_code(std::string_view doing, const std::error_code& code) {
  const bool full = code == std::errc::no_space_on_device;
  return fail(full ? ErrorKind::out_of_space : ErrorKind::io, "{}: {}", doing, code.message());
}

// Named like a spill folder, so that doctor knows whose it is.
std::string folder_in(const Lake& lake) {
  return fmt::format("{}/{}spill-{}-{}", lake.dir(), kTempPrefix, ::getpid(), new_uuid());
}

}  // namespace

Scratch::Scratch(Workshop& workshop, std::string tenant, std::string dir)
    : workshop_(&workshop), tenant_(std::move(tenant)), dir_(std::move(dir)) {}

Result<Scratch> Scratch::open(Workshop& workshop, const std::string& tenant) {
  Scratch out(workshop, tenant, folder_in(workshop.lake));
  out.lake_ = std::make_unique<Lake>(TRY_IN("make a scratch lake", Lake::create(out.dir_)));
  out.catalog_ = TRY_IN("make a scratch lake", Catalog::open(out.dir_));
  return out;
}

Scratch::~Scratch() {
  if (lake_ == nullptr) return;  // moved from
  catalog_.reset();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

Status Scratch::adopt(const pack::Model& model, const TableState& state, const delta::Snapshot& snapshot) {
  const auto& contract = model.contract;
  const std::string doing = fmt::format("take over {} {}", contract.table.text(), state.period);
  const std::string root = Lake::table_root(tenant_, pack::name_of(contract.table.layer), contract.table.table);
  const auto partition = partition_of(contract, state.period);
  std::vector<delta::NewFile> files;
  for (const auto& file : TRY_IN(doing, snapshot.files_in(partition))) {
    if (!file.deletion_vector.is_null())
      return fail(ErrorKind::unsupported, "{}: {} has a deletion vector", doing, file.path);
    const std::string path = delta::decode_path(file.path);
    const std::string key = fmt::format("{}/{}", root, path);
    const std::string from = TRY_IN(doing, workshop_->lake.store().engine_path(key));
    const std::string to = TRY_IN(doing, lake_->store().engine_path(key));
    std::error_code code;
    fs::create_hard_link(from, to, code);
    if (code) fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
    if (code) return fail_code(doing, code);
    files.push_back({path, file.partition_values, file.size_bytes, file.stats_json});
  }
  delta::CommitInfo info;
  info.operation = "WRITE";
  auto table = delta::Table::open(lake_->store(), workshop_->engine, root, workshop_->clock);
  if (!table && table.error().kind == ErrorKind::not_found) {
    table = delta::Table::create(lake_->store(), workshop_->engine, root, snapshot.schema(),
                                 snapshot.partition_columns(), info, {}, workshop_->clock);
  }
  if (!table) return fail_within(doing, table.error());
  const auto base = TRY_IN(doing, table->snapshot());
  const auto now = TRY_IN(doing, table->evolve(base, snapshot.schema(), info));
  TRY_IN(doing, table->replace(now, partition, std::move(files), info));
  TableState taken = state;
  taken.version = TRY_IN(doing, table->snapshot()).version();
  return catalog_->save_state(tenant_, taken);
}

Result<RunReport> Scratch::make(const pack::Library& library, const Tenant& tenant, const RunOptions& options,
                                const OnEvent& on_event, const Cancel* cancel) {
  const Status added = lake_->add(tenant);
  if (!added && added.error().kind == ErrorKind::already_exists) TRY(lake_->save(tenant));
  if (!added && added.error().kind != ErrorKind::already_exists) return fail(added.error());
  Workshop here{*lake_, *catalog_, library, workshop_->engine, workshop_->clock};
  auto report = TRY(run(here, tenant, options, on_event, cancel));
  if (report.error) return fail(*report.error);
  return report;
}

Result<std::string> Scratch::select(const pack::TableName& name, const delta::PartitionValues& partition) {
  auto table = delta::Table::open(lake_->store(), workshop_->engine,
                                  Lake::table_root(tenant_, pack::name_of(name.layer), name.table));
  if (!table && table.error().kind == ErrorKind::not_found) return std::string();
  if (!table) return fail(table.error());
  const auto snapshot = TRY(table->snapshot());
  const auto files = TRY(snapshot.files_in(partition));
  if (files.empty()) return std::string();
  return "select * from " + TRY(snapshot.select_sql(files));
}

Result<const Landing*> LandingShelf::find(const std::string& source, std::int64_t number) {
  auto it = read_.find(source);
  if (it == read_.end()) {
    it = read_.try_emplace(source).first;
    for (auto& landing : TRY(read_landings(store_, tenant_, source))) {
      const auto position = landing.number;
      it->second.emplace(position, std::move(landing));
    }
  }
  const auto found = it->second.find(number);
  if (found == it->second.end()) return fail(ErrorKind::not_found, "landing {} of {} is gone", number, source);
  return &found->second;
}

}  // namespace centavo
