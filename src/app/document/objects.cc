#include "app/document/objects.h"

#include "app/document/text.h"

namespace centavo::document {
namespace {

OrderedJson parts_object(const Parts& parts) {
  OrderedJson out = OrderedJson::object();
  for (const auto& [cause, amount] : parts) out[std::string(name_of(cause))] = amount;
  return out;
}

OrderedJson side_object(const Release& release) {
  return {{"release", release.number}, {"published_at", iso_time(release.published_ms)}, {"reason", release.reason}};
}

// Whether every payable row of a certified month names its invoice: "final", "not yet final", or "" when unknown.
std::string finality(const Certificate& certificate) {
  bool any = false, open = false;
  for (const Json& sum : member(certificate.statement, "sums")) {
    if (text_or(sum, "measure") != "BilledCost" || member(sum, "invoice").is_null()) continue;
    any = true;
    open = open || text_or(sum, "invoice").empty();
  }
  return !any ? "" : open ? "not yet final" : "final";
}

}  // namespace

std::string proof_word(const Release& release) {
  if (!release.is_proven()) return "not proven";
  return release.certificate["differences"].empty() ? "holds" : "DIFFERS";
}

bool certificate_holds(const Release& release) { return proof_word(release) == "holds"; }

OrderedJson task_object(const std::string& tenant, const Task& task) {
  OrderedJson after = OrderedJson::array();
  for (const std::size_t index : task.after) after.push_back(index);
  return {{"tenant", tenant},
          {"table", task.table.text()},
          {"period", task.period},
          {"reason", task.reason},
          {"after", after}};
}

OrderedJson land_object(const std::string& tenant, const std::string& source, const LandReport& report) {
  OrderedJson object = {{"tenant", tenant},
                        {"source", source},
                        {"files_seen", report.files_seen},
                        {"files_read", report.files_read},
                        {"bytes_read", report.bytes_read}};
  object["landed"] = OrderedJson::array();
  for (const Landing& landing : report.landed) {
    object["landed"].push_back({{"number", landing.number},
                                {"table", landing.table},
                                {"period", landing.period},
                                {"delivery", landing.delivery},
                                {"files", landing.files.size()}});
  }
  object["problems"] = OrderedJson::array();
  for (const LandProblem& problem : report.problems) {
    object["problems"].push_back({{"where", problem.where},
                                  {"kind", name_of(problem.error.kind)},
                                  {"message", problem.error.message},
                                  {"hint", problem.error.hint}});
  }
  object["notes"] = report.notes;
  return object;
}

OrderedJson run_object(const Tenant& tenant, const RunReport& report) {
  OrderedJson object = {{"tenant", report.tenant},
                        {"run", report.run},
                        {"seconds", report.seconds},
                        {"up_to_date", report.plan.up_to_date}};
  object["release"] = report.release ? OrderedJson(report.release->number) : OrderedJson();
  object["holds"] = report.release ? OrderedJson(certificate_holds(*report.release)) : OrderedJson();
  object["landings"] = OrderedJson::array();
  for (std::size_t i = 0; i < report.landings.size(); ++i) {  // one a source, in the tenant's order
    object["landings"].push_back(
        land_object(report.tenant, i < tenant.sources.size() ? tenant.sources[i].name : "", report.landings[i]));
  }
  object["tasks"] = OrderedJson::array();
  for (const TaskOutcome& outcome : report.outcomes) {
    const Task& task = report.plan.tasks[outcome.task];
    OrderedJson one = {{"table", task.table.text()},
                       {"period", task.period},
                       {"reason", task.reason},
                       {"state", outcome.state},
                       {"rows_in", outcome.rows_in},
                       {"rows_out", outcome.rows_out},
                       {"rows_quarantined", outcome.rows_quarantined},
                       {"bytes_out", outcome.bytes_out},
                       {"version", outcome.version},
                       {"seconds", outcome.seconds}};
    one["checks"] = OrderedJson::array();
    for (const CheckRecord& check : outcome.checks) {
      one["checks"].push_back({{"check", check.check},
                               {"kind", check.kind},
                               {"severity", check.severity},
                               {"state", check.state},
                               {"bad_rows", check.bad_rows}});
    }
    one["error"] = outcome.error ? OrderedJson(outcome.error->message) : OrderedJson();
    object["tasks"].push_back(std::move(one));
  }
  object["withheld"] = OrderedJson::array();
  for (const Task& task : report.plan.withheld)
    object["withheld"].push_back({{"table", task.table.text()}, {"period", task.period}, {"reason", task.reason}});
  object["restated"] = OrderedJson::array();
  for (const Certificate& each : report.restated)
    object["restated"].push_back({{"period", each.period}, {"certificate", each.number}});
  object["error"] = report.error ? OrderedJson(report.error->message) : OrderedJson();
  return object;
}

OrderedJson proof_object(const Reconciliation& proof) {
  OrderedJson object = {{"tenant", proof.tenant}, {"release", proof.release}, {"holds", proof.holds}};
  object["lines"] = OrderedJson::array();
  for (const Reconciliation::Line& line : proof.lines) {
    object["lines"].push_back({{"period", line.period},
                               {"currency", line.currency},
                               {"measure", line.measure},
                               {"category", line.category},
                               {"from", line.from},
                               {"to", line.to},
                               {"from_amount", line.from_amount},
                               {"to_amount", line.to_amount},
                               {"difference", line.difference},
                               {"holds", line.holds},
                               {"note", line.note}});
  }
  return object;
}

OrderedJson explanation_object(const Explanation& found) {
  OrderedJson object = {{"measure", found.measure},
                        {"where", found.where},
                        {"table", found.table},
                        {"total", found.total},
                        {"total_of_lines", found.total_of_lines},
                        {"rows", found.rows},
                        {"cells", found.cells},
                        {"holds", found.holds}};
  if (!found.holds) object["differs"] = found.differs;
  if (!found.behind.empty()) {
    object["charges_behind"] = found.behind;
    object["charges_behind_again"] = found.behind_again;
    object["splits"] = OrderedJson::array();
    for (const Explanation::Split& split : found.splits) {
      object["splits"].push_back({{"period", split.period},
                                  {"currency", split.currency},
                                  {"rule", split.rule},
                                  {"cost_centre", split.cost_centre},
                                  {"origin", split.origin},
                                  {"whole", split.whole},
                                  {"weight", split.weight},
                                  {"weights", split.weights},
                                  {"share", split.share},
                                  {"part", split.part},
                                  {"rounding", split.rounding}});
    }
  }
  for (const Explanation::Used& used : found.used) {
    OrderedJson rows = OrderedJson::array();
    for (const auto& row : used.rows) {
      OrderedJson each = OrderedJson::object();
      for (std::size_t k = 0; k < used.columns.size(); ++k) each[used.columns[k]] = row[k];
      rows.push_back(std::move(each));
    }
    object[used.name] = std::move(rows);
  }
  object["files"] = OrderedJson::array();
  for (const auto& [file, amount] : found.files) object["files"].push_back({{"file", file}, {"amount", amount}});
  object["lines"] = OrderedJson::array();
  for (const Explanation::Line& line : found.lines) {
    object["lines"].push_back({{"file", line.file},
                               {"raw_key", line.raw_key},
                               {"row", line.row},
                               {"amount", line.amount},
                               {"raw", line.raw_text}});
  }
  return object;
}

std::string verdict_word(const Certificate& certificate) {
  return certificate.holds("strict") ? "holds" : certificate.holds("focus") ? "within tolerance" : "DIFFERS";
}

OrderedJson certificate_object(const Certificate& each) {
  return {{"certificate", each.number},
          {"period", each.period},
          {"state", text_or(each.statement, "state")},
          {"reason", each.reason},
          {"issued_at", iso_time(each.issued_ms)},
          {"issued_by", each.user},
          {"verdict", verdict_word(each)},
          {"hash", each.hash},
          {"seal", each.seal}};
}

OrderedJson verification_object(const Verification& found) {
  OrderedJson object = {{"tenant", found.tenant},
                        {"mode", found.mode},
                        {"holds", found.holds},
                        {"links", found.links},
                        {"chain", found.chain}};
  object["certificates"] = OrderedJson::array();
  for (const Verified& each : found.certificates) {
    OrderedJson one = certificate_object(each.certificate);
    one["holds"] = each.holds;
    one["findings"] = OrderedJson::array();
    for (const Finding& finding : each.findings) one["findings"].push_back(OrderedJson(to_json(finding)));
    one["notes"] = each.notes;
    object["certificates"].push_back(std::move(one));
  }
  return object;
}

OrderedJson release_object(const Release& release) {
  return {{"release", release.number},         {"published_at", iso_time(release.published_ms)},
          {"reason", release.reason},          {"run", release.run},
          {"tables", release.versions.size()}, {"proof", proof_word(release)}};
}

OrderedJson group_object(const Difference& found, const Difference::Group& group) {
  OrderedJson out = OrderedJson::object();
  for (std::size_t i = 0; i < group.by.size(); ++i) out[found.by[i]] = group.by[i];
  out["currency"] = group.currency;
  out["before"] = group.before;
  out["after"] = group.after;
  out["change"] = group.change;
  out["causes"] = parts_object(group.parts);
  return out;
}

OrderedJson difference_object(const Difference& found) {
  OrderedJson out = {{"tenant", found.tenant},    {"from", side_object(found.from)}, {"to", side_object(found.to)},
                     {"table", found.table},      {"measure", found.measure},        {"by", found.by},
                     {"identity", found.identity}};
  for (const char* list : {"totals", "groups", "rows", "moves"}) out[list] = OrderedJson::array();
  for (const auto& group : found.totals) out["totals"].push_back(group_object(found, group));
  for (const auto& group : found.groups) out["groups"].push_back(group_object(found, group));
  out["groups_moved"] = found.groups_moved;
  for (const auto& rows : found.rows) {
    out["rows"].push_back({{"period", rows.period},
                           {"currency", rows.currency},
                           {"added", rows.added},
                           {"removed", rows.removed},
                           {"changed", rows.changed},
                           {"added_amount", rows.added_amount},
                           {"removed_amount", rows.removed_amount},
                           {"changed_amount", rows.changed_amount}});
  }
  for (const auto& move : found.moves) {
    OrderedJson causes = OrderedJson::array();
    for (const Cause cause : move.causes) causes.push_back(name_of(cause));
    out["moves"].push_back({{"table", move.table}, {"period", move.period}, {"causes", causes}, {"note", move.note}});
  }
  out["reasons"] = OrderedJson::object();
  for (const auto& [cause, reasons] : found.reasons) out["reasons"][std::string(name_of(cause))] = reasons;
  out["holds"] = found.holds;
  return out;
}

OrderedJson period_object(const PeriodStanding& standing) {
  const auto& [period, closed, certificate, pending] = standing;
  OrderedJson object = {{"period", period}, {"state", closed ? "closed" : "open"}};
  object["closed_at"] = closed ? OrderedJson(iso_time(closed->at_ms)) : OrderedJson();
  object["closed_by"] = closed ? closed->user : "";
  object["certificate"] = certificate ? OrderedJson(certificate->number) : OrderedJson();
  object["invoices"] = certificate ? finality(*certificate) : "";
  object["pending"] = OrderedJson::array();
  std::string words;
  for (const PendingCorrection& each : pending) {
    object["pending"].push_back({{"table", each.table}, {"reason", each.reason}});
    words += fmt::format("{}{}: {}", words.empty() ? "" : "; ", each.table, each.reason);
  }
  object["waits"] = words;
  return object;
}

}  // namespace centavo::document
