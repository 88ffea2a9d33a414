#include <chrono>
#include <thread>

#include <spdlog/spdlog.h>

#include "base/digest.h"
#include "flow/pipeline/certify.h"
#include "flow/pipeline/definition.h"
#include "flow/pipeline/planning.h"
#include "flow/pipeline/recovery.h"
#include "flow/pipeline/work.h"
#include "lake/catalog/billing_period.h"

namespace centavo {
namespace {

using Seconds = std::chrono::duration<double>;

struct Site {
  Graph graph;
  std::vector<Landing> landings;
  std::map<std::pair<std::string, std::string>, TableState> states;
  Fingerprints recorded;
  std::string mask_key;
  std::set<std::pair<pack::TableName, std::string>> left;
  std::set<std::string> left_periods;
  std::set<std::string> closed;   // periods that this run leaves as they are

  PlanInput plan_input(const pack::Library& library) const {
    return {graph, library, landings, recorded, mask_key, left, left_periods, closed};
  }
};

Result<std::vector<Landing>> all_landings(Workshop& workshop, const Tenant& tenant) {
  std::vector<Landing> out;
  for (const auto& source : tenant.sources) {
    auto landings = TRY(read_landings(workshop.lake.store(), tenant.id, source.name));
    out.insert(out.end(), std::make_move_iterator(landings.begin()), std::make_move_iterator(landings.end()));
  }
  return out;
}

Status read_states(Workshop& workshop, const Tenant& tenant, Site& site) {
  site.states.clear();
  site.recorded.clear();
  for (auto& state : TRY(workshop.catalog.states(tenant.id))) {
    const auto table = pack::parse_table_name(state.table);
    if (!table) continue;
    site.recorded[*table][state.period] = state.fingerprint;
    site.states[{state.table, state.period}] = std::move(state);
  }
  return {};
}

// What sources that the tenant had once brought to `site`'s tables. Looked up only when a table holds rows that none of
// its sources brings, or that no source fills any more.
Status find_left(Workshop& workshop, const Tenant& tenant, Site& site) {
  std::set<std::pair<std::string, std::string>> brought;
  for (const auto& landing : site.landings) brought.insert({landing.table, landing.period});
  const bool look = std::any_of(site.states.begin(), site.states.end(), [&](const auto& item) {
    const auto table = pack::parse_table_name(item.first.first);
    if (!table || table->layer != pack::Layer::bronze || item.second.rows == 0) return false;
    const auto* node = site.graph.find(*table);
    return node == nullptr || !brought.contains(item.first);
  });
  if (!look) return {};
  std::set<std::string> sources;
  const std::string raw = Lake::tenant_root(tenant.id) + "/raw";
  for (const auto& object : TRY(workshop.lake.store().list(raw)))
    sources.insert(object.key.substr(raw.size() + 1, object.key.find('/', raw.size() + 1) - raw.size() - 1));
  for (const auto& source : tenant.sources) sources.erase(source.name);
  for (const auto& source : sources) {
    for (const auto& landing : TRY(read_landings(workshop.lake.store(), tenant.id, source))) {
      const auto table = pack::parse_table_name(landing.table);
      if (!table) continue;
      site.left_periods.insert(landing.period);
      if (site.graph.find(*table) != nullptr) site.left.insert({*table, landing.period});
    }
  }
  return {};
}

Result<Site> survey(Workshop& workshop, const Tenant& tenant, const RunOptions& options) {
  Site site;
  site.graph = TRY(Graph::of(workshop.library, tenant));
  site.landings = TRY(all_landings(workshop, tenant));
  site.mask_key = TRY(mask_key_digest(workshop.lake, tenant.id));
  const auto closed = TRY(closed_periods(workshop.lake.store(), tenant.id));
  for (const auto& [period, event] : closed) {
    if (!options.restate.contains(period)) site.closed.insert(period);
  }
  for (const auto& period : options.restate) {
    if (!closed.contains(period)) {
      return fail_hint("an open period is restated by every run", ErrorKind::invalid_argument,
                       "--restate {}: the period is not closed", period);
    }
  }
  TRY(read_states(workshop, tenant, site));
  TRY(find_left(workshop, tenant, site));
  return site;
}

// A tenant whose tables mask has a key before its tables are planned.
Status make_mask_key(Workshop& workshop, const Tenant& tenant) {
  const Graph graph = TRY(Graph::of(workshop.library, tenant));
  for (const Node& node : graph.nodes()) {
    if (!node.masks()) continue;
    TRY(workshop.lake.mask_key(tenant.id));
    return {};
  }
  return {};
}

// A run that is still "running" while we hold the lock has died.
Result<bool> bury_dead_runs(Workshop& workshop, const Tenant& tenant) {
  bool found = false;
  for (auto& run : TRY(workshop.catalog.runs(tenant.id, 20))) {
    if (run.state != "running") continue;
    found = true;
    run.state = "failed";
    run.ended_ms = workshop.clock.now_ms();
    run.summary["error"] = "the program ended before the run did";
    TRY(workshop.catalog.end_run(run));
  }
  return found;
}

// Every model that will run fits its contract before any row moves.
Status check_models(Workshop& workshop, const Graph& graph, const Plan& plan) {
  std::set<pack::TableName> seen;
  std::string mistakes;
  for (const auto& task : plan.tasks) {
    const auto* node = graph.find(task.table);
    if (!node->feeds.empty() || (!seen.insert(task.table).second && node->rules == nullptr)) continue;
    const auto done = check_columns(workshop.engine, workshop.library, node->model_in(task.period),
                                    sql_values(*node, task.period.empty() ? "2000-01" : task.period));
    if (!done && done.error().kind != ErrorKind::invalid_argument) return done;
    if (!done) mistakes += (mistakes.empty() ? "" : "\n") + done.error().message;
  }
  if (mistakes.empty()) return {};
  return fail_hint("mend the pack; nothing was changed", ErrorKind::invalid_argument, "{}", mistakes);
}

std::size_t worker_count(const Workshop& workshop) {
  const int configured = workshop.lake.config().threads;
  return static_cast<std::size_t>(configured > 0 ? configured : std::max(1u, std::thread::hardware_concurrency()));
}

// Runs tasks as their inputs become ready, several at a time.
class Floor {
 public:
  Floor(Work& work, const OnEvent& on_event)
      : work_(work), on_event_(on_event), outcomes_(work.plan.tasks.size()), waiting_(outcomes_.size()) {}

  std::vector<TaskOutcome> run(std::size_t workers) {
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      outcomes_[i].task = i;
      waiting_[i] = work_.plan.tasks[i].after.size();
      for (std::size_t input : work_.plan.tasks[i].after) readers_[input].push_back(i);
      if (waiting_[i] == 0) ready_.insert(i);
    }
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(workers, outcomes_.size()); ++i)
      threads.emplace_back([this] { take_tasks(); });
    for (auto& thread : threads) thread.join();
    return std::move(outcomes_);
  }

 private:
  void take_tasks() {
    std::unique_lock lock(mutex_);
    while (ended_ < outcomes_.size()) {
      if (ready_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const std::size_t index = *ready_.begin();
      ready_.erase(ready_.begin());
      const bool stopped = work_.cancel != nullptr && work_.cancel->requested();
      if (stopped || doomed_.contains(index)) {
        outcomes_[index].state = stopped ? "cancelled" : "skipped";
        end(index);
        continue;
      }
      tell(RunEvent::Kind::task_started, index);
      lock.unlock();
      auto outcome = execute(work_, index);
      lock.lock();
      if (outcome) {
        outcomes_[index] = std::move(*outcome);
      } else {
        outcomes_[index].state = "failed";
        outcomes_[index].error = outcome.error();
      }
      record(outcomes_[index]);
      end(index);
    }
  }

  // A task that ended frees those that wait for it; one that failed dooms them.
  void end(std::size_t index) {
    ++ended_;
    for (std::size_t reader : readers_[index]) {
      if (outcomes_[index].state != "done") doomed_.insert(reader);
      if (--waiting_[reader] == 0) ready_.insert(reader);
    }
    tell(RunEvent::Kind::task_ended, index);
    changed_.notify_all();
  }

  void tell(RunEvent::Kind kind, std::size_t index) {
    if (!on_event_) return;
    const auto& task = work_.plan.tasks[index];
    RunEvent event{kind,   task.table.text() + (task.period.empty() ? "" : " " + task.period),
                   ended_, outcomes_.size(),
                   {},     nullptr};
    if (kind == RunEvent::Kind::task_ended) event.outcome = &outcomes_[index];
    on_event_(event);
  }

  void record(const TaskOutcome& outcome) {
    const auto& task = work_.plan.tasks[outcome.task];
    TaskRecord record;
    record.run = work_.run;
    record.table = task.table.text();
    record.period = task.period;
    record.state = outcome.state;
    record.reason = task.reason;
    record.error = outcome.error ? outcome.error->message : "";
    record.ended_ms = work_.workshop.clock.now_ms();
    record.started_ms = record.ended_ms - static_cast<TimeMs>(outcome.seconds * 1000);
    record.rows_in = outcome.rows_in;
    record.rows_out = outcome.rows_out;
    record.rows_quarantined = outcome.rows_quarantined;
    record.bytes_out = outcome.bytes_out;
    record.version = outcome.version;
    auto written = work_.workshop.catalog.record(record);
    if (written && !outcome.checks.empty()) written = work_.workshop.catalog.record(outcome.checks);
    if (!written && !outcomes_[outcome.task].error) {
      outcomes_[outcome.task].state = "failed";
      outcomes_[outcome.task].error = within("record what was done", written.error());
    }
  }

  Work& work_;
  const OnEvent& on_event_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<TaskOutcome> outcomes_;
  std::vector<std::size_t> waiting_;
  std::map<std::size_t, std::vector<std::size_t>> readers_;
  std::set<std::size_t> ready_;
  std::set<std::size_t> doomed_;
  std::size_t ended_ = 0;
};

Json certificate_of(const std::vector<Reconciliation::Line>& lines) {
  Json out = Json::object();
  std::int64_t holds = 0;
  Json differences = Json::array();
  for (const auto& line : lines) {
    if (line.holds) {
      ++holds;
    } else {
      differences.push_back({{"period", line.period},
                             {"measure", line.measure},
                             {"currency", line.currency},
                             {"category", line.category},
                             {"from", line.from},
                             {"to", line.to},
                             {"difference", line.difference}});
    }
  }
  out["comparisons"] = lines.size();
  out["hold"] = holds;
  out["differences"] = differences;
  out["program"] = CENTAVO_VERSION;
  return out;
}

// Table versions that readers should see now.
std::map<std::string, std::int64_t> versions_now(const Site& site, const std::optional<Release>& newest) {
  std::map<std::string, std::int64_t> out;
  for (const auto& [key, state] : site.states) {
    const auto table = pack::parse_table_name(state.table);
    if (!table || site.graph.find(*table) == nullptr) continue;
    auto& version = out.try_emplace(state.table, state.version).first->second;
    version = std::max(version, state.version);
    if (newest) {
      if (const auto it = newest->versions.find(state.table); it != newest->versions.end())
        version = std::max(version, it->second);
    }
  }
  return out;
}

class Runner {
 public:
  Runner(Workshop& workshop, const Tenant& tenant, const RunOptions& options, const OnEvent& on_event,
         const Cancel* cancel)
      : workshop_(workshop), tenant_(tenant), options_(options), on_event_(on_event), cancel_(cancel) {}

  Result<RunReport> run() {
    const auto started = std::chrono::steady_clock::now();
    const auto lock = TRY(TenantLock::take(workshop_.lake, tenant_.id));
    report_.run = new_uuid();
    report_.tenant = tenant_.id;
    record_.id = report_.run;
    record_.tenant = tenant_.id;
    record_.state = "running";
    record_.started_ms = workshop_.clock.now_ms();
    record_.user = options_.user;
    record_.version = CENTAVO_VERSION;
    const bool died = TRY(bury_dead_runs(workshop_, tenant_));
    Status done = prepare(died);
    if (done) done = make_tables();
    if (done) done = release();
    if (done) done = certify_corrections();
    write_checkpoints();
    if (!done && !report_.error) report_.error = done.error();
    report_.seconds = Seconds(std::chrono::steady_clock::now() - started).count();
    if (started_record_) TRY(end_record());
    return std::move(report_);
  }

 private:
  void tell(RunEvent::Kind kind, std::string text) {
    if (on_event_) on_event_(RunEvent{kind, std::move(text), 0, report_.plan.tasks.size(), {}, nullptr});
  }

  Status prepare(bool died) {
    if (options_.land && options_.repetition == nullptr) {
      for (const auto& source : tenant_.sources) {
        const auto progress = [&](const std::string& file, std::int64_t bytes, std::int64_t total) {
          if (on_event_)
            on_event_(RunEvent{RunEvent::Kind::landing,
                               file,
                               static_cast<std::size_t>(bytes),
                               static_cast<std::size_t>(total),
                               {},
                               nullptr});
        };
        auto landed = TRY_IN(fmt::format("land {}", source.name),
                             centavo::land(workshop_.lake, workshop_.engine, workshop_.library, tenant_, source,
                                           options_.periods, progress, cancel_, workshop_.clock));
        if (!landed.problems.empty() && !report_.error) {
          report_.error = within(fmt::format("land {}", source.name), landed.problems.front().error);
        }
        report_.landings.push_back(std::move(landed));
      }
    }
    if (options_.repetition == nullptr) TRY(make_mask_key(workshop_, tenant_));
    site_ = TRY(survey(workshop_, tenant_, options_));
    if (options_.repetition != nullptr) {
      site_->landings = options_.repetition->landings;
      site_->mask_key = TRY(mask_key_digest(*options_.repetition->origin, tenant_.id));
    }
    // An empty catalog over a lake with tables was lost or belongs to a copied lake: read it back like after a crash.
    const bool forgotten = site_->states.empty() && !site_->landings.empty();
    if (died || forgotten) {
      TRY(recover(workshop_, tenant_, site_->graph));
      TRY(read_states(workshop_, tenant_, *site_));
      TRY(find_left(workshop_, tenant_, *site_));
    }
    report_.plan = TRY(make_plan(site_->plan_input(workshop_.library), options_));
    report_.plan.tenant = tenant_.id;
    TRY(check_models(workshop_, site_->graph, report_.plan));
    tell(RunEvent::Kind::planned, fmt::format("{} tasks", report_.plan.tasks.size()));
    return {};
  }

  Status make_tables() {
    if (report_.plan.tasks.empty()) return {};
    TRY(workshop_.catalog.start_run(record_));
    started_record_ = true;
    const std::string definition =
        options_.repetition != nullptr ? std::string() : TRY(keep_definition(workshop_, tenant_));
    Work work{workshop_,     tenant_,     site_->graph,  site_->landings,     report_.plan,
              site_->states, report_.run, options_.user, record_.started_ms,  worker_count(workshop_),
              options_.full, cancel_,     definition,    options_.repetition, {}};
    report_.outcomes = Floor(work, on_event_).run(work.workers);
    touched_ = work.touched.take();
    const std::string staging = Lake::staging_root(tenant_.id);
    for (const auto& object : TRY(workshop_.lake.store().list(staging)))
      (void)workshop_.lake.store().remove(object.key);
    for (const auto& outcome : report_.outcomes) {
      if (outcome.error) return fail(*outcome.error);
    }
    if (cancel_ != nullptr && cancel_->requested())
      return fail(ErrorKind::cancelled, "interrupted; `centavo run` goes on where it stopped");
    return read_states(workshop_, tenant_, *site_);
  }

  Status release() {
    if (options_.repetition != nullptr) return {};
    if (options_.periods || !options_.select.empty()) {
      // A part of the tables may not agree with the rest: then the release waits until nothing is left to do. With
      // --period every layer of a month is made, unless an earlier run stopped half way through another month.
      RunOptions all;
      const auto rest = TRY(make_plan(site_->plan_input(workshop_.library), all));
      if (!rest.tasks.empty() && (!options_.select.empty() || !tables_agree(site_->graph, site_->recorded))) return {};
    }
    const auto newest_result = centavo::release(workshop_.lake.store(), tenant_.id);
    std::optional<Release> newest;
    if (newest_result) newest = *newest_result;
    if (!newest_result && newest_result.error().kind != ErrorKind::not_found) return fail(newest_result.error());
    Release next;
    next.versions = versions_now(*site_, newest);
    if (next.versions.empty()) return {};
    // Somebody went back from what this would show: that holds until a table changes.
    if (newest && (newest->versions == next.versions || holds_back(*newest)))
      return newest->is_proven() ? Status{} : prove_shown(*newest);
    tell(RunEvent::Kind::proving, "");
    TRY(complete_proofs());
    const auto proofs = TRY(workshop_.catalog.proofs(tenant_.id));
    return publish_proven(std::move(next), compare(site_->graph, proofs, {}));
  }

  // Whether nothing was made since somebody went back to `shown`.
  bool holds_back(const Release& shown) const {
    if (shown.withheld.empty()) return false;
    return std::all_of(site_->states.begin(), site_->states.end(), [&](const auto& item) {
      const auto table = pack::parse_table_name(item.first.first);
      if (!table || site_->graph.find(*table) == nullptr) return true;
      const auto known = shown.withheld.find(item.first.first);
      return known != shown.withheld.end() && item.second.version <= known->second;
    });
  }

  // What readers see already, now with its proof.
  Status prove_shown(Release shown) {
    tell(RunEvent::Kind::proving, "");
    const auto proof = TRY(reconcile(workshop_, tenant_, {}));
    return publish_proven(std::move(shown), proof.lines);
  }

  Status publish_proven(Release next, const std::vector<Reconciliation::Line>& lines) {
    next.certificate = certificate_of(lines);
    for (const auto& line : lines) {
      if (line.holds) continue;
      return fail_hint("`centavo reconcile` shows every comparison; readers keep the release before",
                       ErrorKind::check_failed,
                       "reconciliation does not hold: {} {} {}{}{}: {} has {}, {} has {}, difference {}", line.measure,
                       line.period, line.currency, line.category.empty() ? "" : " ", line.category, line.from,
                       line.from_amount, line.to, line.to_amount, line.difference);
    }
    next.run = report_.run;
    next.published_ms = workshop_.clock.now_ms();
    next.reason = "run";
    report_.release = TRY(publish(workshop_.lake.store(), tenant_.id, std::move(next)));
    tell(RunEvent::Kind::released, fmt::format("release {}", report_.release->number));
    return {};
  }

  // A closed period that was restated stays closed, with a certificate of what changed.
  Status certify_corrections() {
    CertifyOptions options;
    options.user = options_.user;
    options.cancel = cancel_;
    for (const auto& period : options_.restate) {
      auto certificate = TRY(certify_restated(workshop_, tenant_, period, options));
      if (certificate) report_.restated.push_back(std::move(*certificate));
    }
    return {};
  }

  // Readers have what they wanted; a checkpoint that cannot be written now is due again after the next commit.
  void write_checkpoints() {
    for (delta::Table& table : touched_) {
      if (const Status done = table.checkpoint_if_due(); !done)
        spdlog::warn("{}: no checkpoint: {}", table.root(), done.error().message);
    }
  }

  // Tables whose sums the catalog does not know (it was lost) are measured now, with what they set aside.
  Status complete_proofs() {
    std::set<std::tuple<std::string, std::string, std::string>> known;
    const auto recorded = TRY(workshop_.catalog.proofs(tenant_.id));
    for (const auto& proof : recorded) known.insert({proof.table, proof.period, proof.run});
    for (const auto& [key, state] : site_->states) {
      const auto table = pack::parse_table_name(state.table);
      const auto* node = table ? site_->graph.find(*table) : nullptr;
      if (node == nullptr || known.contains({state.table, state.period, state.run})) continue;
      const auto layer = pack::name_of(table->layer);
      TRY(measure_again(*node, state, Lake::table_root(tenant_.id, layer, table->table), state.table));
      TRY(measure_again(*node, state, Lake::quarantine_root(tenant_.id, layer, table->table),
                        "quarantine:" + state.table));
    }
    return {};
  }

  Status measure_again(const Node& node, const TableState& state, const std::string& root,
                       const std::string& proof_table) {
    auto table = delta::Table::open(workshop_.lake.store(), workshop_.engine, root, workshop_.clock);
    if (!table) return table.error().kind == ErrorKind::not_found ? Status{} : fail(table.error());
    const auto snapshot = TRY(table->snapshot());
    const auto files = TRY(snapshot.files_in(partition_of(node.model->contract, state.period)));
    auto desk = TRY(Desk::open(workshop_.engine, cancel_));
    std::string select = empty_select(all_columns(node.model->contract));
    if (!files.empty()) select = "select * from " + TRY(snapshot.select_sql(files));
    TRY(desk.define_this(select));
    Task task;
    task.table = node.model->contract.table;
    task.period = state.period;
    auto proofs =
        TRY(measure(desk, workshop_.library, node.model->contract, sql_values(node, state.period), task, tenant_.id));
    for (auto& proof : proofs) {
      proof.run = state.run;
      proof.version = state.version;
      proof.table = proof_table;
    }
    return workshop_.catalog.save_proofs(tenant_.id, proof_table, state.period, proofs);
  }

  Status end_record() {
    record_.ended_ms = workshop_.clock.now_ms();
    record_.state = !report_.error ? "done" : report_.error->kind == ErrorKind::cancelled ? "cancelled" : "failed";
    std::map<std::string, int> by_state;
    std::int64_t rows = 0, bytes = 0;
    for (const auto& outcome : report_.outcomes) {
      ++by_state[outcome.state];
      rows += outcome.rows_out;
      bytes += outcome.bytes_out;
    }
    record_.summary = {{"tasks", by_state},
                       {"rows", rows},
                       {"bytes", bytes},
                       {"release", report_.release ? report_.release->number : 0}};
    if (report_.error) record_.summary["error"] = report_.error->message;
    return workshop_.catalog.end_run(record_);
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  const RunOptions& options_;
  const OnEvent& on_event_;
  const Cancel* cancel_;
  RunReport report_;
  RunRecord record_;
  bool started_record_ = false;
  std::vector<delta::Table> touched_;
  std::optional<Site> site_;
};

}  // namespace

Result<Plan> plan(Workshop& workshop, const Tenant& tenant, const RunOptions& options) {
  const auto site = TRY(survey(workshop, tenant, options));
  auto out = TRY(make_plan(site.plan_input(workshop.library), options));
  out.tenant = tenant.id;
  return out;
}

Result<RunReport> run(Workshop& workshop, const Tenant& tenant, const RunOptions& options, const OnEvent& on_event,
                      const Cancel* cancel) {
  return Runner(workshop, tenant, options, on_event, cancel).run();
}

}  // namespace centavo
