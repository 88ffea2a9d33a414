#include "app/cli/doctor.h"

#include <charconv>
#include <csignal>
#include <filesystem>

#include "flow/pipeline/graph.h"
#include "flow/pipeline/recovery.h"
#include "io/store/key.h"
#include "lake/delta/log_path.h"
#include "lake/delta/table.h"

namespace centavo::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kTempAge = std::chrono::hours(1);
constexpr int kRunsExamined = 100;

class Doctor {
 public:
  Doctor(Context& context, OpenLake& open, bool repair) : context_(context), open_(open), repair_(repair) {}

  Result<std::vector<Finding>> run() {
    for (const pack::Mistake& mistake : pack::Library::lint(open_.lake.pack_folders())) {
      found("", mistake.place.text(), mistake.message, mistake.hint);
    }
    for (const Tenant& tenant : TRY(open_.lake.tenants())) {
      tenant_ = tenant.id;
      const auto lock = TenantLock::take(open_.lake, tenant.id);
      if (!lock && lock.error().kind != ErrorKind::busy) return fail(lock.error());
      if (!lock) {
        context_.output().note("tenant {}: a run is at work, it is left alone", tenant.id);
        continue;
      }
      TRY(examine_runs());
      TRY(examine_staging());
      TRY(examine_landings(tenant));
      TRY(examine_states(tenant));
      TRY(examine_release());
    }
    examine_temporary_files();
    return std::move(findings_);
  }

 private:
  Finding& found(std::string tenant, std::string where, std::string what, std::string advice = {}) {
    return findings_.emplace_back(
        Finding{std::move(tenant), std::move(where), std::move(what), std::move(advice), false});
  }

  Status examine_runs() {
    for (RunRecord& run : TRY(open_.catalog->runs(tenant_, kRunsExamined))) {
      if (run.state != "running") continue;
      Finding& finding = found(tenant_, "run " + run.id, "it never ended; the program stopped before it did");
      if (!repair_) continue;
      run.state = "failed";
      run.ended_ms = context_.clock().now_ms();
      run.summary["error"] = "the program ended before the run did";
      TRY(open_.catalog->end_run(run));
      finding.mended = true;
    }
    return {};
  }

  Status examine_staging() {
    for (const ObjectInfo& object : TRY(open_.lake.store().list(Lake::staging_root(tenant_)))) {
      Finding& finding = found(tenant_, object.key,
                               fmt::format("left by a run that was cut short ({})", bytes_text(object.size_bytes)));
      if (!repair_) continue;
      TRY(open_.lake.store().remove(object.key));
      finding.mended = true;
    }
    return {};
  }

  Status examine_landings(const Tenant& tenant) {
    for (const TenantSource& source : tenant.sources) {
      const auto landings = read_landings(open_.lake.store(), tenant.id, source.name);
      if (!landings) {
        found(tenant_, "source " + source.name, landings.error().message, landings.error().hint);
        continue;
      }
      std::set<std::string> seen;
      for (const Landing& landing : *landings) {
        for (const LandedFile& file : landing.files) {
          if (!seen.insert(file.raw_key).second) continue;
          const auto info = open_.lake.store().info(file.raw_key);
          if (!info && info.error().kind != ErrorKind::not_found) return fail(info.error());
          if (!info) {
            found(tenant_, file.raw_key, fmt::format("the raw file of {} is gone", file.source_path),
                  "bring it back from a backup");
          } else if (info->size_bytes != file.size_bytes) {
            found(tenant_, file.raw_key, fmt::format("{} bytes, {} were landed", info->size_bytes, file.size_bytes),
                  "bring it back from a backup");
          }
        }
      }
    }
    return {};
  }

  Status examine_states(const Tenant& tenant) {
    Workshop workshop = open_.workshop(context_.clock());
    const auto graph = Graph::of(open_.library, tenant);
    if (!graph) {
      found(tenant_, "tenant.yaml", graph.error().message, graph.error().hint);
      return {};
    }
    const auto in_logs = states_in_logs(workshop, tenant, *graph);
    if (!in_logs) {
      found(tenant_, "tables", in_logs.error().message, in_logs.error().hint);
      return {};
    }
    std::map<std::pair<std::string, std::string>, const TableState*> logs;
    for (const TableState& state : *in_logs) logs[{state.table, state.period}] = &state;
    const std::vector<TableState> recorded = TRY(open_.catalog->states(tenant.id));
    std::set<std::string> wrong;
    for (const TableState& state : recorded) {
      const auto log = logs.find({state.table, state.period});
      if (log != logs.end() && log->second->fingerprint == state.fingerprint) continue;
      found(tenant_, where_of(state), "the catalog says something else than the table's log");
      wrong.insert(state.table);
    }
    std::set<std::pair<std::string, std::string>> known;
    for (const TableState& state : recorded) known.insert({state.table, state.period});
    for (const TableState& state : *in_logs) {
      if (known.contains({state.table, state.period})) continue;
      found(tenant_, where_of(state), "committed, but the catalog does not know it");
      wrong.insert(state.table);
    }
    if (!repair_ || wrong.empty()) return {};
    for (const std::string& table : wrong) TRY(open_.catalog->drop_states(tenant.id, table));
    for (const TableState& state : *in_logs) {
      if (wrong.contains(state.table)) TRY(open_.catalog->save_state(tenant.id, state));
    }
    for (Finding& finding : findings_) {
      if (finding.tenant == tenant_ && wrong.contains(finding.where.substr(0, finding.where.find(' '))))
        finding.mended = true;
    }
    return {};
  }

  /// All files of the newest release are there.
  Status examine_release() {
    const auto newest = release(open_.lake.store(), tenant_);
    if (!newest) {
      if (newest.error().kind != ErrorKind::not_found)
        found(tenant_, "releases", newest.error().message, newest.error().hint);
      return {};
    }
    for (const auto& [name, version] : newest->versions) {
      const Status whole = examine_table(name, version);
      if (!whole)
        found(tenant_, name, fmt::format("release {}: {}", newest->number, whole.error().message),
              "centavo run --full makes it again from raw");
    }
    return {};
  }

  Status examine_table(const std::string& name, std::int64_t version) {
    const pack::TableName table = TRY(pack::parse_table_name(name));
    const std::string root = Lake::table_root(tenant_, pack::name_of(table.layer), table.table);
    delta::Table open = TRY(delta::Table::open(open_.lake.store(), open_.engine, root));
    const delta::Snapshot snapshot = TRY(open.snapshot_at(version));
    for (const delta::DataFile& file : TRY(snapshot.files())) {
      const ObjectInfo info = TRY(open_.lake.store().info(root + "/" + delta::decode_path(file.path)));
      if (info.size_bytes != file.size_bytes) {
        return fail(ErrorKind::corrupt_data, "{}: {} bytes, {} were written", file.path, info.size_bytes,
                    file.size_bytes);
      }
    }
    return {};
  }

  void examine_temporary_files() {
    std::error_code code;
    std::vector<fs::path> left;
    for (auto it =
             fs::recursive_directory_iterator(open_.lake.dir(), fs::directory_options::skip_permission_denied, code);
         !code && it != fs::recursive_directory_iterator(); it.increment(code)) {
      const std::string name = it->path().filename().string();
      if (!name.starts_with(kTempPrefix)) continue;
      if (it->is_directory(code)) it.disable_recursion_pending();
      if (is_abandoned(*it)) left.push_back(it->path());
    }
    for (const fs::path& path : left) {
      Finding& finding =
          found("", path.lexically_relative(open_.lake.dir()).string(), "a temporary file nobody uses any more");
      if (!repair_) continue;
      fs::remove_all(path, code);
      finding.mended = !code;
      if (code) finding.advice = code.message();
    }
  }

  static bool is_abandoned(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const std::string spill = fmt::format("{}spill-", kTempPrefix);
    if (name.starts_with(spill)) {
      pid_t process = 0;
      const auto [end, fault] = std::from_chars(name.data() + spill.size(), name.data() + name.size(), process);
      return fault == std::errc() && process > 0 && kill(process, 0) != 0 && errno == ESRCH;
    }
    std::error_code code;
    const auto written = entry.last_write_time(code);
    return !code && fs::file_time_type::clock::now() - written > kTempAge;
  }

  static std::string where_of(const TableState& state) {
    return state.period.empty() ? state.table : fmt::format("{} {}", state.table, state.period);
  }

  Context& context_;
  OpenLake& open_;
  const bool repair_;
  std::string tenant_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> examine(Context& context, OpenLake& open, bool repair) {
  return Doctor(context, open, repair).run();
}

}  // namespace centavo::cli
