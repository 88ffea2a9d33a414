#include "flow/pipeline/making.h"

#include <set>

#include "lake/catalog/billing_period.h"

namespace centavo {
namespace {

// Commits that leave the rows as they are.
bool is_upkeep(const std::string& operation) {
  static const std::set<std::string, std::less<>> names = {"OPTIMIZE", "VACUUM START", "VACUUM END", "ADD COLUMNS",
                                                           "CREATE TABLE"};
  return names.contains(operation);
}

std::optional<delta::Version> restored_version(const delta::HistoryEntry& entry) {
  if (entry.operation != "RESTORE") return std::nullopt;
  const auto to = entry.parameters.find("version");
  return to == entry.parameters.end() ? -1 : std::atoll(to->second.c_str());
}

std::vector<HeldLanding> landings_in(const Json& metadata) {
  std::vector<HeldLanding> out;
  if (!metadata.contains("landings") || !metadata["landings"].is_array()) return out;
  for (const auto& entry : metadata["landings"]) {
    HeldLanding held;
    held.source = text_or(entry, "source");
    held.number = int_or(entry, "number");
    held.stamp.run = text_or(entry, "run", text_or(metadata, "run"));
    held.stamp.started_ms =
        parse_iso_time(text_or(entry, "started_at", text_or(metadata, "started_at"))).value_or(TimeMs{0});
    out.push_back(std::move(held));
  }
  return out;
}

// What our own commit says it made.
void follow(const Json& metadata, const pack::TableName& table, const delta::HistoryEntry& entry, Makings& now) {
  const std::string period = text_or(metadata, "period");
  Making made;
  made.state.table = table.text();
  made.state.period = period;
  made.state.fingerprint = text_or(metadata, "fingerprint");
  made.state.run = text_or(metadata, "run");
  made.state.rows = int_or(metadata, "rows");
  made.state.version = entry.version;
  made.state.committed_ms = entry.time_ms;
  made.definition = text_or(metadata, "definition");
  made.landings = landings_in(metadata);
  if (metadata.value("appends", Json(false)) == Json(true)) {
    auto& before = now[period];
    made.state.rows += before.state.rows;
    made.landings.insert(made.landings.begin(), before.landings.begin(), before.landings.end());
  }
  now[period] = std::move(made);
}

}  // namespace

Result<Makings> makings_of(Workshop& workshop, const Tenant& tenant, const pack::TableName& name,
                           std::optional<delta::Version> version) {
  auto table = delta::Table::open(workshop.lake.store(), workshop.engine,
                                  Lake::table_root(tenant.id, pack::name_of(name.layer), name.table), workshop.clock);
  if (!table) {
    if (table.error().kind == ErrorKind::not_found && !version) return Makings{};
    return fail_within(name.text(), table.error());
  }
  auto history = TRY_IN(name.text(), table->history());
  std::sort(history.begin(), history.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  if (version && (history.empty() || history.back().version < *version))
    return fail(ErrorKind::not_found, "{} has no version {}", name.text(), *version);
  std::map<delta::Version, Makings> at;   // versions that a restore went back to
  for (const auto& entry : history) {
    if (const auto to = restored_version(entry)) at[*to];
  }
  Makings now;
  for (const auto& entry : history) {
    if (version && entry.version > *version) break;
    const auto metadata = parse_json(entry.user_metadata);
    if (const auto to = restored_version(entry)) {
      now = at[*to];
      for (auto& [period, making] : now) making.state.version = entry.version;
    } else if (metadata && metadata->is_object() && metadata->contains("fingerprint")) {
      follow(*metadata, name, entry, now);
    } else if (!is_upkeep(entry.operation)) {
      for (auto& [period, making] : now) making.changed_by = fmt::format("{} by {}", entry.operation, entry.engine);
    }
    if (const auto it = at.find(entry.version); it != at.end()) it->second = now;
  }
  return now;
}

Result<std::map<pack::TableName, Makings>> makings_of(Workshop& workshop, const Tenant& tenant,
                                                      const Release& release) {
  std::map<pack::TableName, Makings> out;
  for (const auto& [name, version] : release.versions) {
    const auto table = TRY(pack::parse_table_name(name));
    out[table] = TRY_IN(fmt::format("release {}", release.number), makings_of(workshop, tenant, table, version));
  }
  return out;
}

Status keep_closed_periods(Workshop& workshop, const Tenant& tenant, const pack::TableName& table,
                           std::optional<delta::Version> before, std::optional<delta::Version> after) {
  const auto closed = TRY(closed_periods(workshop.lake.store(), tenant.id));
  if (closed.empty()) return {};
  Makings was, would_be;
  if (before) was = TRY(makings_of(workshop, tenant, table, before));
  if (after) would_be = TRY(makings_of(workshop, tenant, table, after));
  const auto fingerprint = [](const Makings& makings, const std::string& period) {
    const auto it = makings.find(period);
    return it == makings.end() ? std::string() : it->second.state.fingerprint + it->second.changed_by;
  };
  std::string changed;
  for (const auto& [period, event] : closed) {
    if (fingerprint(was, period) != fingerprint(would_be, period))
      changed += fmt::format("{}{}", changed.empty() ? "" : ", ", period);
  }
  if (changed.empty()) return {};
  return fail_hint("`centavo period reopen` opens a month", ErrorKind::conflict,
                   "that would change {} in closed months of {}: {}", table.text(), tenant.id, changed);
}

}  // namespace centavo
