#include "flow/pipeline/certify.h"

#include "flow/pipeline/account.h"

#include "base/digest.h"
#include "flow/pipeline/causes.h"
#include "flow/pipeline/making.h"
#include "flow/pipeline/planning.h"
#include "flow/pipeline/work.h"
#include "lake/catalog/billing_period.h"
#include "lake/delta/log_path.h"

namespace centavo {
namespace {

using pack::TableName;

// What a certificate is made from, before anything is measured.
struct Basis {
  Graph graph;
  std::int64_t release = 0;
  std::vector<Landing> landings;   // AccountOf points into it
  AccountOf of;
  std::vector<Invoice> invoices;
  bool closed = false;
};

Result<std::vector<Landing>> landings_of_tenant(Workshop& workshop, const Tenant& tenant) {
  std::vector<Landing> out;
  for (const auto& source : tenant.sources) {
    auto landings = TRY(read_landings(workshop.lake.store(), tenant.id, source.name));
    out.insert(out.end(), std::make_move_iterator(landings.begin()), std::make_move_iterator(landings.end()));
  }
  return out;
}

// The landings that a version of a bronze table was made of.
Result<std::vector<const Landing*>> landings_shown(Workshop& workshop, const Tenant& tenant, const Node& node,
                                                   const std::vector<Landing>& landings, const std::string& period,
                                                   std::int64_t version) {
  const auto& contract = node.model->contract;
  const auto makings = TRY(makings_of(workshop, tenant, contract.table, version));
  const auto making = makings.find(period);
  std::vector<const Landing*> out;
  if (making == makings.end()) return out;
  for (const auto& held : making->second.landings) {
    const auto found = std::find_if(landings.begin(), landings.end(), [&](const Landing& landing) {
      return landing.source == held.source && landing.number == held.number;
    });
    if (found != landings.end()) out.push_back(&*found);
  }
  if (!making->second.landings.empty()) return out;
  // Made before commits named their landings.
  return period.empty() ? landings_without_period(landings, contract)
                        : current_landings(landings, contract.table, period);
}

Result<std::optional<std::int64_t>> quarantine_version(Workshop& workshop, const Tenant& tenant,
                                                       const TableName& table) {
  auto opened =
      delta::Table::open(workshop.lake.store(), workshop.engine,
                         Lake::quarantine_root(tenant.id, pack::name_of(table.layer), table.table), workshop.clock);
  if (!opened) {
    if (opened.error().kind == ErrorKind::not_found) return std::nullopt;
    return fail(opened.error());
  }
  const auto snapshot = TRY(opened->snapshot());
  return snapshot.version();
}

Result<Release> newest_release(Workshop& workshop, const Tenant& tenant) {
  return centavo::release(workshop.lake.store(), tenant.id);
}

Result<std::vector<Invoice>> invoices_of(Workshop& workshop, const Tenant& tenant, const std::string& period) {
  auto all = TRY(invoices(workshop.lake.store(), tenant.id));
  std::erase_if(all, [&](const Invoice& invoice) { return invoice.period != period; });
  return all;
}

// What readers see now.
Result<Basis> basis_of_now(Workshop& workshop, const Tenant& tenant, const std::string& period) {
  const auto shown = TRY(newest_release(workshop, tenant));
  Basis out{TRY(Graph::of(workshop.library, tenant)), shown.number, TRY(landings_of_tenant(workshop, tenant)), {}, {}};
  out.of.period = period;
  std::set<std::string> newer;   // tables whose newest rows of the period are not the ones shown
  for (const auto& state : TRY(workshop.catalog.states(tenant.id))) {
    const auto version = shown.versions.find(state.table);
    if (state.period == period && version != shown.versions.end() && state.version > version->second)
      newer.insert(state.table);
  }
  for (const auto& [name, version] : shown.versions) {
    const auto table = TRY(pack::parse_table_name(name));
    const auto* node = out.graph.find(table);
    if (node == nullptr) continue;
    out.of.versions[name] = version;
    const auto aside = TRY(quarantine_version(workshop, tenant, table));
    if (aside && !newer.contains(name)) out.of.versions["quarantine:" + name] = *aside;
    if (!node->feeds.empty() && node->is_periodic() != period.empty())
      out.of.landings[name] = TRY(landings_shown(workshop, tenant, *node, out.landings, period, version));
  }
  out.invoices = TRY(invoices_of(workshop, tenant, period));
  out.closed = TRY(closed_periods(workshop.lake.store(), tenant.id)).contains(period);
  return out;
}

// What a certificate says it was made from.
Result<Basis> basis_of(Workshop& workshop, const Tenant& tenant, const Certificate& certificate,
                       std::vector<Finding>& findings) {
  const Json& evidence = certificate.evidence;
  Basis out{TRY(Graph::of(workshop.library, tenant)),
            int_or(evidence, "release"),
            TRY(landings_of_tenant(workshop, tenant)),
            {},
            {}};
  out.of.period = certificate.period;
  out.closed = text_or(certificate.statement, "state") == "closed";
  for (const auto& [table, version] : member(evidence, "versions").items())
    out.of.versions[table] = version.is_number_integer() ? version.get<std::int64_t>() : -1;
  for (const Json& each : member(evidence, "landings")) {
    const std::string source = text_or(each, "source");
    const std::int64_t number = int_or(each, "number");
    const auto found = std::find_if(out.landings.begin(), out.landings.end(), [&](const Landing& landing) {
      return landing.source == source && landing.number == number;
    });
    if (found == out.landings.end()) {
      findings.push_back(
          {"missing_landing", source, "", "", fmt::format("landing {} of source {} is gone", number, source), true});
      continue;
    }
    if (found->content_digest() != text_or(each, "content")) {
      findings.push_back({"changed_landing", source, "", "",
                          fmt::format("landing {} of source {} names other files than it did", number, source), true});
    }
    out.of.landings[text_or(each, "table")].push_back(&*found);
  }
  for (const Json& each : member(certificate.statement, "invoices")) {
    Invoice invoice;
    invoice.period = certificate.period;
    invoice.id = text_or(each, "invoice");
    invoice.issuer = text_or(each, "issuer");
    invoice.currency = text_or(each, "currency");
    invoice.amount = TRY(parse_decimal(text_or(each, "amount")));
    out.invoices.push_back(std::move(invoice));
  }
  return out;
}

// What the newest certificate of the period knew that is gone now.
Earlier earlier_of(const std::optional<Certificate>& before, const Account& account) {
  Earlier out;
  if (!before) return out;
  std::set<std::string> digests;
  for (const auto& file : account.files) digests.insert(file.digest);
  for (const Json& file : member(before->evidence, "files")) {
    if (digests.contains(text_or(file, "sha256"))) continue;
    for (const auto& [currency, amount] : member(file, "amounts").items()) {
      if (const auto parsed = parse_decimal(text_of(amount))) out.files.emplace_back(text_or(file, "path"), *parsed);
    }
  }
  for (const Json& sum : member(before->statement, "sums")) {
    if (text_or(sum, "measure") != kPayable || !member(sum, "invoice").is_null()) continue;
    for (const auto& [category, amount] : member(sum, "categories").items()) {
      if (const auto parsed = parse_decimal(text_of(amount)))
        out.categories[{category, text_or(sum, "currency")}] = *parsed;
    }
  }
  return out;
}

// ---------- the statement

Json packs_of(const Workshop& workshop, const Graph& graph) {
  std::set<std::string> names = {"core"};
  for (const auto& node : graph.nodes()) {
    names.insert(node.model->contract.pack);
    for (const auto& feed : node.feeds) names.insert(feed.kind->pack);
  }
  Json out = Json::array();
  for (const auto& name : names) {
    const auto pack = workshop.library.packs().find(name);
    if (pack == workshop.library.packs().end()) continue;
    std::string text;
    for (const auto& [path, bytes] : pack->second.files) text += fmt::format("{} {}\n", path, sha256_hex(bytes));
    out.push_back({{"pack", name}, {"version", pack->second.version}, {"sha256", sha256_hex(text)}});
  }
  return out;
}

struct GroupKey {
  std::string measure, currency, issuer, invoice;
  bool by_invoice = false;
  auto operator<=>(const GroupKey&) const = default;
};

// A sum's stages: raw, bronze, silver, quarantine, gold, each with rows and amount.
Json stages_of(const Account& account, const GroupKey& group) {
  Json out = Json::array();
  for (const auto& stage : account.stages) {
    if (stage.whole || !stage.readable || !stage.measures.contains(group.measure)) continue;
    if (group.by_invoice && !stage.invoiced.contains(group.measure)) continue;
    Sum sum;
    for (const auto& [key, part] : stage.sums) {
      if (key.measure != group.measure || key.currency != group.currency) continue;
      if (group.by_invoice && (key.issuer != group.issuer || key.invoice != group.invoice)) continue;
      (void)sum.add(part.rows, part.amount);
    }
    if (stage.stage == "quarantine" && sum.rows == 0) continue;
    out.push_back(
        {{"stage", stage.stage}, {"table", stage.table}, {"rows", sum.rows}, {"amount", sum.amount.shortest()}});
  }
  return out;
}

Json categories_of(const Sums& bill, const GroupKey& group) {
  std::map<std::string, Sum> sums;
  for (const auto& [key, sum] : bill) {
    if (key.measure != group.measure || key.currency != group.currency) continue;
    if (group.by_invoice && (key.issuer != group.issuer || key.invoice != group.invoice)) continue;
    (void)sums[key.category].add(sum.rows, sum.amount);
  }
  Json out = Json::object();
  for (const auto& [category, sum] : sums) {
    if (!category.empty()) out[category] = sum.amount.shortest();
  }
  return out;
}

Json sums_of(const Graph& graph, const Account& account) {
  std::set<GroupKey> groups;
  for (const auto& stage : account.stages) {
    if (stage.whole || !stage.readable) continue;
    for (const auto& [key, sum] : stage.sums) {
      groups.insert({key.measure, key.currency, "", "", false});
      if (stage.invoiced.contains(key.measure))
        groups.insert({key.measure, key.currency, key.issuer, key.invoice, true});
    }
  }
  const Sums bill = payable_sums(graph, account);
  Json out = Json::array();
  for (const auto& group : groups) {
    Json one = {{"measure", group.measure}, {"currency", group.currency}, {"stages", stages_of(account, group)}};
    one["issuer"] = group.by_invoice ? Json(group.issuer) : Json();
    one["invoice"] = group.by_invoice ? Json(group.invoice) : Json();
    if (group.by_invoice) one["final"] = !group.invoice.empty();
    if (Json categories = categories_of(bill, group); !categories.empty()) one["categories"] = std::move(categories);
    out.push_back(std::move(one));
  }
  return out;
}

Json compared_json(const Compared& line) {
  Json out = {{"measure", line.measure},
              {"currency", line.currency},
              {"category", line.category},
              {"from", line.from},
              {"to", line.to},
              {"from_amount", line.from_amount.shortest()},
              {"to_amount", line.to_amount.shortest()},
              {"difference", line.difference.shortest()},
              {"strict", line.strict()},
              {"focus", line.focus}};
  out["issuer"] = line.by_invoice ? Json(line.issuer) : Json();
  out["invoice"] = line.by_invoice ? Json(line.invoice) : Json();
  if (!line.aside.is_zero()) out["in_quarantine"] = line.aside.shortest();
  if (!line.cause.empty()) out["cause"] = line.cause;
  if (!line.text.empty()) out["text"] = line.text;
  return out;
}

Finding finding_of(const Compared& line) {
  Finding out;
  out.cause = line.cause;
  out.currency = line.currency;
  out.amount = line.difference.shortest();
  out.alarm = !line.focus;
  std::string what = line.measure;
  if (!line.category.empty()) what += " of " + line.category;
  if (line.to == "invoice") {
    out.where = line.invoice;
    out.text = fmt::format("invoice {}{} says {} {}, the bill {}: {}", line.invoice,
                           line.issuer.empty() ? "" : " of " + line.issuer, line.to_amount.shortest(), line.currency,
                           line.from_amount.shortest(), line.text);
    return out;
  }
  if (line.by_invoice) what += fmt::format(" of invoice {}", line.invoice.empty() ? "(none yet)" : line.invoice);
  out.where = line.to;
  out.text = fmt::format("{}{}{}: {} has {}, {} has {}{}{}", what, line.currency.empty() ? "" : " in ", line.currency,
                         line.from, line.from_amount.shortest(), line.to, line.to_amount.shortest(),
                         line.text.empty() ? "" : "; ", line.text);
  return out;
}

// One finding for each link that differs, at its total where that differs too; and one for each invoice.
std::vector<Finding> findings_of(const std::vector<Compared>& lines) {
  std::vector<Finding> out;
  std::set<std::tuple<std::string, std::string, std::string>> told;
  for (const bool totals : {true, false}) {
    for (const auto& line : lines) {
      if (line.strict() || (line.category.empty() && !line.by_invoice) != totals) continue;
      const bool invoice = line.to == "invoice";
      if (!invoice && told.contains({line.from, line.to, line.measure})) continue;
      if (totals) told.insert({line.from, line.to, line.measure});
      out.push_back(finding_of(line));
    }
  }
  return out;
}

// Currencies of which every invoice of the bill is known, and agrees.
std::set<std::string> settled_currencies(const Sums& bill, const std::vector<Compared>& compared) {
  std::set<std::string> out;
  for (const auto& [key, sum] : bill) out.insert(key.currency);
  for (const auto& [key, sum] : bill) {
    const bool agrees = std::any_of(compared.begin(), compared.end(), [&](const Compared& line) {
      return line.invoice == key.invoice && line.currency == key.currency &&
             (line.strict() || line.cause == "rounding");
    });
    if (!agrees) out.erase(key.currency);
  }
  return out;
}

struct Made {
  Certificate certificate;   // without number, hash and seal
  Account account;
};

Json statement_of(const Workshop& workshop, const Tenant& tenant, const Basis& basis, const Account& account,
                  const std::vector<Compared>& stages, const std::vector<Compared>& invoices) {
  std::vector<Finding> findings = account.findings;
  for (auto* lines : {&stages, &invoices}) {
    for (auto& finding : findings_of(*lines)) findings.push_back(std::move(finding));
  }
  const Sums bill = payable_sums(basis.graph, account);
  for (auto& finding : look_for_repeats(basis.graph, account, settled_currencies(bill, invoices)))
    findings.push_back(std::move(finding));

  Json out = {{"format", 1},
              {"tenant", tenant.id},
              {"period", basis.of.period},
              {"state", basis.of.period.empty() ? ""
                        : basis.closed          ? "closed"
                                                : "open"},
              {"program", fmt::format("centavo {}", CENTAVO_VERSION)},
              {"packs", packs_of(workshop, basis.graph)},
              {"sums", sums_of(basis.graph, account)}};
  out["rows"] = Json::array();
  for (const auto& stage : account.stages) {
    if (!stage.whole) out["rows"].push_back({{"stage", stage.stage}, {"table", stage.table}, {"rows", stage.rows}});
  }
  out["comparisons"] = Json::array();
  for (auto* lines : {&stages, &invoices}) {
    for (const auto& line : *lines) out["comparisons"].push_back(compared_json(line));
  }
  out["invoices"] = Json::array();
  for (const auto& invoice : basis.invoices) {
    out["invoices"].push_back({{"invoice", invoice.id},
                               {"issuer", invoice.issuer},
                               {"currency", invoice.currency},
                               {"amount", invoice.amount.shortest()}});
  }
  std::set<Json> sorted;
  for (const auto& finding : findings) sorted.insert(to_json(finding));
  out["findings"] = Json(std::vector<Json>(sorted.begin(), sorted.end()));
  const bool alarms = std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.alarm; });
  const auto strict = [](const Compared& line) { return line.strict(); };
  out["holds"] = {{"focus", !alarms},
                  {"strict", !alarms && std::all_of(stages.begin(), stages.end(), strict) &&
                                 std::all_of(invoices.begin(), invoices.end(), strict)}};
  return out;
}

Json evidence_of(const Basis& basis, const Account& account) {
  Json out = {{"release", basis.release}, {"versions", basis.of.versions}};
  out["landings"] = Json::array();
  for (const auto& [table, landings] : basis.of.landings) {
    for (const auto* landing : landings) {
      out["landings"].push_back({{"table", table},
                                 {"source", landing->source},
                                 {"number", landing->number},
                                 {"delivery", landing->delivery},
                                 {"content", landing->content_digest()}});
    }
  }
  out["files"] = Json::array();
  for (const auto& file : account.files) {
    Json amounts = Json::object();
    for (const auto& [currency, amount] : file.amounts) amounts[currency] = amount.shortest();
    out["files"].push_back({{"table", file.table},
                            {"source", file.source},
                            {"landing", file.landing},
                            {"path", file.path},
                            {"key", file.raw_key},
                            {"bytes", file.size_bytes},
                            {"sha256", file.digest},
                            {"rows", file.rows},
                            {"amounts", std::move(amounts)}});
  }
  out["tables"] = Json::array();
  for (const auto& file : account.table_files) {
    out["tables"].push_back({{"table", file.table},
                             {"version", file.version},
                             {"path", file.path},
                             {"bytes", file.size_bytes},
                             {"sha256", file.digest}});
  }
  return out;
}

Result<Made> make(Workshop& workshop, const Tenant& tenant, const Basis& basis,
                  const std::optional<Certificate>& before, const Cancel* cancel) {
  Made out;
  out.account = TRY(measure_account(workshop, tenant, basis.graph, basis.of, cancel));
  const auto stages = compare_stages(basis.graph, out.account);
  const auto invoices =
      TRY(compare_invoices(basis.graph, out.account, basis.invoices, earlier_of(before, out.account)));
  out.certificate.period = basis.of.period;
  out.certificate.statement = statement_of(workshop, tenant, basis, out.account, stages, invoices);
  out.certificate.evidence = evidence_of(basis, out.account);
  return out;
}

std::optional<Certificate> newest_of(const std::vector<Certificate>& all, const std::string& period) {
  std::optional<Certificate> out;
  for (const auto& each : all) {
    if (each.period == period) out = each;
  }
  return out;
}

// What changed since the certificate before, per measure, currency and stage.
Json changes_since(const Certificate& before, const Json& statement) {
  const auto totals = [](const Json& of) {
    std::map<std::tuple<std::string, std::string, std::string>, std::string> out;
    for (const Json& sum : member(of, "sums")) {
      if (!member(sum, "invoice").is_null()) continue;
      for (const Json& stage : member(sum, "stages"))
        out[{text_or(sum, "measure"), text_or(sum, "currency"),
             text_or(stage, "table") + " " + text_or(stage, "stage")}] = text_or(stage, "amount");
    }
    return out;
  };
  const auto old = totals(before.statement);
  const auto now = totals(statement);
  Json out = Json::array();
  std::set<std::tuple<std::string, std::string, std::string>> keys;
  for (const auto* side : {&old, &now}) {
    for (const auto& [key, amount] : *side) keys.insert(key);
  }
  for (const auto& key : keys) {
    const auto [measure, currency, place] = key;
    const auto a = old.find(key);
    const auto b = now.find(key);
    const std::string from = a == old.end() ? "0" : a->second;
    const std::string to = b == now.end() ? "0" : b->second;
    if (from == to) continue;
    const auto x = parse_decimal(from);
    const auto y = parse_decimal(to);
    const auto difference = x && y ? subtract(*y, *x) : x;
    out.push_back({{"measure", measure},
                   {"currency", currency},
                   {"table", place.substr(0, place.rfind(' '))},
                   {"stage", place.substr(place.rfind(' ') + 1)},
                   {"before", from},
                   {"after", to},
                   {"difference", difference ? difference->shortest() : ""}});
  }
  return out;
}

// ---------- verification

// Amounts and rows of a statement by where they stand, for naming what changed.
std::map<std::string, std::string> amounts_in(const Json& statement) {
  std::map<std::string, std::string> out;
  for (const Json& row : member(statement, "rows"))
    out[fmt::format("{} {}\trows", text_or(row, "stage"), text_or(row, "table"))] = std::to_string(int_or(row, "rows"));
  for (const Json& sum : member(statement, "sums")) {
    const std::string of = member(sum, "invoice").is_null()
                               ? ""
                               : fmt::format(" of {} invoice {}", text_or(sum, "issuer"), text_or(sum, "invoice"));
    for (const Json& stage : member(sum, "stages")) {
      out[fmt::format("{} {}\t{} {}{}", text_or(stage, "stage"), text_or(stage, "table"), text_or(sum, "measure"),
                      text_or(sum, "currency"), of)] = text_or(stage, "amount");
    }
  }
  return out;
}

void name_changes(const Certificate& certified, const Json& now, std::vector<Finding>& findings) {
  const auto before = amounts_in(certified.statement);
  const auto after = amounts_in(now);
  std::set<std::string> keys;
  for (const auto* side : {&before, &after}) {
    for (const auto& [key, amount] : *side) keys.insert(key);
  }
  for (const auto& key : keys) {
    const auto a = before.find(key);
    const auto b = after.find(key);
    if (a != before.end() && b != after.end() && a->second == b->second) continue;
    const auto tab = key.find('\t');
    findings.push_back({"changed_sum", key.substr(0, tab), "", "",
                        fmt::format("{}: {} was certified as {}, and is {} now", key.substr(0, tab),
                                    key.substr(tab + 1), a == before.end() ? "nothing" : a->second,
                                    b == after.end() ? "not there or not readable" : b->second),
                        true});
  }
}

// Data files whose bytes are not those that were certified.
void name_changed_files(const Certificate& certified, const Account& account, std::vector<Finding>& findings) {
  std::map<std::pair<std::string, std::string>, std::string> digests;
  for (const auto& file : account.table_files) digests[{file.table, file.path}] = file.digest;
  for (const Json& file : member(certified.evidence, "tables")) {
    const std::string table = text_or(file, "table");
    const std::string path = text_or(file, "path");
    const auto now = digests.find({table, path});
    if (now != digests.end() && now->second.empty()) continue;  // gone: named already
    if (now != digests.end() && now->second == text_or(file, "sha256")) continue;
    findings.push_back(
        {"changed_table", table, "", "",
         now == digests.end()
             ? fmt::format("{}: version {} names other files than it did", table, int_or(file, "version"))
             : fmt::format("{}: the bytes of {} are not those that were certified", table, path),
         true});
  }
}

std::vector<Finding> findings_in(const Json& statement) {
  std::vector<Finding> out;
  for (const Json& each : member(statement, "findings")) {
    out.push_back({text_or(each, "cause"), text_or(each, "where"), text_or(each, "currency"), text_or(each, "amount"),
                   text_or(each, "text"), bool_or(each, "alarm", true)});
  }
  return out;
}

void add_new(std::vector<Finding>& findings, Finding finding) {
  const bool told = std::any_of(findings.begin(), findings.end(),
                                [&](const Finding& f) { return f.cause == finding.cause && f.text == finding.text; });
  if (!told) findings.push_back(std::move(finding));
}

Result<Verified> verify(Workshop& workshop, const Tenant& tenant, const Certificate& certificate,
                        const std::string& mode, const Cancel* cancel) {
  Verified out;
  out.certificate = certificate;
  const Basis basis = TRY(basis_of(workshop, tenant, certificate, out.findings));
  // Nothing is named by what an earlier certificate knew: the statement is to come out the same.
  auto made = TRY(make(workshop, tenant, basis, {}, cancel));
  Json& now = made.certificate.statement;
  for (const char* key : {"program", "packs"}) {
    if (now[key] != certificate.statement.value(key, Json()))
      out.notes.push_back(fmt::format("the {} are not those that it was issued with", key));
    now[key] = certificate.statement.value(key, Json());
  }
  std::vector<Finding> changes = made.account.findings;
  name_changed_files(certificate, made.account, changes);
  name_changes(certificate, now, changes);
  // What was found when it was issued still stands, in its words, as long as nothing changed.
  const bool same = changes.empty() && out.findings.empty();
  for (auto& finding : findings_in(same ? certificate.statement : now)) add_new(out.findings, std::move(finding));
  for (auto& finding : changes) add_new(out.findings, std::move(finding));
  const bool changed = std::any_of(out.findings.begin(), out.findings.end(), [](const Finding& f) { return f.alarm; });
  out.holds = !changed && now["holds"].value(mode, false);
  if (!TRY(is_current(workshop, tenant, certificate)))
    out.notes.push_back(
        "readers see newer rows or invoices of this period; `centavo certificate issue` certifies them");
  return out;
}

Status note_event(Workshop& workshop, const Tenant& tenant, std::string action, const std::string& why,
                  const Certificate& certificate, const CertifyOptions& options) {
  PeriodEvent event;
  event.period = certificate.period;
  event.action = std::move(action);
  event.at_ms = workshop.clock.now_ms();
  event.user = options.user;
  event.reason = why;
  event.certificate = certificate.number;
  event.seal = certificate.seal;
  TRY(record_period_event(workshop.lake.store(), tenant.id, std::move(event)));
  return {};
}

}  // namespace

Json to_json(const Finding& finding) {
  return {{"cause", finding.cause},   {"where", finding.where}, {"currency", finding.currency},
          {"amount", finding.amount}, {"text", finding.text},   {"alarm", finding.alarm}};
}

Result<std::vector<std::string>> certifiable_periods(Workshop& workshop, const Tenant& tenant) {
  const auto shown = TRY(newest_release(workshop, tenant));
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  std::set<std::string> periods;
  for (const auto& [name, version] : shown.versions) {
    const auto table = TRY(pack::parse_table_name(name));
    const auto* node = graph.find(table);
    if (node == nullptr || node->model->contract.proofs.empty()) continue;
    if (!node->is_periodic()) {
      periods.insert("");
      continue;
    }
    auto opened = TRY_IN(
        name, delta::Table::open(workshop.lake.store(), workshop.engine,
                                 Lake::table_root(tenant.id, pack::name_of(table.layer), table.table), workshop.clock));
    const auto snapshot = TRY_IN(name, opened.snapshot_at(version));
    for (const auto& file : TRY_IN(name, snapshot.files())) {
      const auto it = file.partition_values.find(node->model->contract.period_column);
      if (it != file.partition_values.end() && it->second) periods.insert(it->second->substr(0, 7));
    }
  }
  return std::vector<std::string>(periods.begin(), periods.end());
}

Result<Certified> certify(Workshop& workshop, const Tenant& tenant, const std::string& period,
                          const CertifyOptions& options) {
  const auto periods = TRY(certifiable_periods(workshop, tenant));
  if (std::find(periods.begin(), periods.end(), period) == periods.end()) {
    return fail_hint(periods.empty() ? "no table of it with rows declares a `proof` of amounts"
                                     : fmt::format("there are {}", fmt::join(periods, ", ")),
                     ErrorKind::not_found, "tenant {} has no rows for the period {}", tenant.id, period);
  }
  const auto all = TRY(certificates(workshop.lake.store(), tenant.id));
  const auto before = newest_of(all, period);
  if (before && options.reason == "issued" && TRY(is_current(workshop, tenant, *before)))
    return Certified{*before, false};
  Basis basis = TRY(basis_of_now(workshop, tenant, period));
  if (options.reason == "closed") basis.closed = true;
  if (options.reason == "reopened") basis.closed = false;
  auto made = TRY(make(workshop, tenant, basis, before, options.cancel));
  Certificate& next = made.certificate;
  if (!options.must_hold.empty() && !next.holds(options.must_hold)) {
    return fail_hint(fmt::format("`centavo certificate show --tenant {} --period {}` says why", tenant.id, period),
                     ErrorKind::check_failed, "the account of {} {} does not hold ({}); nothing was certified",
                     tenant.id, period, options.must_hold);
  }
  if (before) {
    next.evidence["before"] = {
        {"certificate", before->number}, {"hash", before->hash}, {"changes", changes_since(*before, next.statement)}};
  }
  next.reason = options.reason;
  next.user = options.user;
  next.issued_ms = workshop.clock.now_ms();
  return Certified{TRY(write_certificate(workshop.lake.store(), tenant.id, std::move(next))), true};
}

Result<bool> is_current(Workshop& workshop, const Tenant& tenant, const Certificate& certificate) {
  const Basis now = TRY(basis_of_now(workshop, tenant, certificate.period));
  Json wanted = evidence_of(now, {});
  if (wanted["landings"] != certificate.evidence.value("landings", Json())) return false;
  if ((text_or(certificate.statement, "state") == "closed") != now.closed) return false;
  // The files of the period decide: a version may have changed other periods only.
  for (const auto& [name, version] : now.of.versions) {
    const bool aside = name.starts_with("quarantine:");
    const auto table = TRY(pack::parse_table_name(aside ? name.substr(11) : name));
    const auto* node = now.graph.find(table);
    if (node == nullptr || node->is_periodic() == certificate.period.empty()) continue;
    const std::string layer(pack::name_of(table.layer));
    auto opened = TRY(delta::Table::open(
        workshop.lake.store(), workshop.engine,
        aside ? Lake::quarantine_root(tenant.id, layer, table.table) : Lake::table_root(tenant.id, layer, table.table),
        workshop.clock));
    const auto snapshot = TRY(opened.snapshot_at(version));
    std::set<std::string> files, certified;
    for (const auto& file : TRY(snapshot.files_in(partition_of(node->model->contract, certificate.period))))
      files.insert(file.path);
    for (const Json& file : member(certificate.evidence, "tables")) {
      if (text_or(file, "table") == name) certified.insert(text_or(file, "path"));
    }
    std::set<std::string> decoded;
    for (const auto& path : files) decoded.insert(delta::decode_path(path));
    if (decoded != certified) return false;
  }
  Json known = Json::array();
  for (const auto& invoice : now.invoices) {
    known.push_back({{"invoice", invoice.id},
                     {"issuer", invoice.issuer},
                     {"currency", invoice.currency},
                     {"amount", invoice.amount.shortest()}});
  }
  return known == member(certificate.statement, "invoices");
}

Result<Verification> verify_certificates(Workshop& workshop, const Tenant& tenant,
                                         const std::optional<std::string>& period, const std::string& mode,
                                         const Cancel* cancel) {
  Verification out;
  out.tenant = tenant.id;
  out.mode = mode;
  out.chain = TRY(check_chain(workshop.lake.store(), tenant.id));
  const auto all = certificates(workshop.lake.store(), tenant.id);
  if (!all && out.chain.empty()) return fail(all.error());
  out.links = all ? static_cast<std::int64_t>(all->size()) : 0;
  std::map<std::string, Certificate> newest;
  if (all) {
    for (const auto& each : *all) {
      if (!period || each.period == *period) newest[each.period] = each;
    }
  }
  if (newest.empty() && out.chain.empty()) {
    return fail_hint(fmt::format("centavo certificate issue --tenant {}", tenant.id), ErrorKind::not_found,
                     "tenant {} has no certificate{}{} yet", tenant.id, period ? " of " : "", period.value_or(""));
  }
  // A closed period names the certificate that it was closed with: one that is gone from the end of the chain shows.
  for (const auto& [closed, event] : TRY(closed_periods(workshop.lake.store(), tenant.id))) {
    const bool there = all && std::any_of(all->begin(), all->end(), [&](const Certificate& c) {
                         return c.number == event.certificate && c.seal == event.seal;
                       });
    if (event.certificate > 0 && !there)
      out.chain.push_back(
          fmt::format("certificate {}, with which {} was closed, is gone or another", event.certificate, closed));
  }
  out.holds = out.chain.empty();
  for (const auto& [name, certificate] : newest) {
    out.certificates.push_back(TRY_IN(fmt::format("verify certificate {}", certificate.number),
                                      verify(workshop, tenant, certificate, mode, cancel)));
    out.holds = out.holds && out.certificates.back().holds;
  }
  return out;
}

Result<std::vector<PendingCorrection>> pending_corrections(Workshop& workshop, const Tenant& tenant) {
  const auto made = TRY(plan(workshop, tenant, {}));
  std::vector<PendingCorrection> out;
  for (const auto& task : made.withheld) out.push_back({task.period, task.table.text(), task.reason});
  return out;
}

Result<Certified> close_period(Workshop& workshop, const Tenant& tenant, const std::string& period,
                               const std::string& mode, bool force, const std::string& why,
                               const CertifyOptions& options) {
  auto& store = workshop.lake.store();
  if (TRY(closed_periods(store, tenant.id)).contains(period))
    return fail(ErrorKind::conflict, "{} of {} is closed already", period, tenant.id);
  const auto made = TRY(plan(workshop, tenant, {}));
  for (const auto& task : made.tasks) {
    if (task.period != period) continue;
    return fail_hint(fmt::format("centavo run --tenant {} --period {}", tenant.id, period), ErrorKind::conflict,
                     "{} of {} is not finished: {} is to be made ({})", period, tenant.id, task.table.text(),
                     task.reason);
  }
  CertifyOptions closing = options;
  closing.reason = "closed";
  if (!force) closing.must_hold = mode;
  auto certified = TRY_IN(fmt::format("close {}", period), certify(workshop, tenant, period, closing));
  TRY(note_event(workshop, tenant, "close", why, certified.certificate, options));
  return certified;
}

Result<Certified> reopen_period(Workshop& workshop, const Tenant& tenant, const std::string& period,
                                const std::string& why, const CertifyOptions& options) {
  if (!TRY(closed_periods(workshop.lake.store(), tenant.id)).contains(period))
    return fail(ErrorKind::conflict, "{} of {} is not closed", period, tenant.id);
  CertifyOptions opening = options;
  opening.reason = "reopened";
  auto certified = TRY_IN(fmt::format("reopen {}", period), certify(workshop, tenant, period, opening));
  TRY(note_event(workshop, tenant, "reopen", why, certified.certificate, options));
  return certified;
}

Result<std::optional<Certificate>> certify_restated(Workshop& workshop, const Tenant& tenant, const std::string& period,
                                                    const CertifyOptions& options) {
  const auto all = TRY(certificates(workshop.lake.store(), tenant.id));
  const auto newest = newest_of(all, period);
  if (newest && TRY(is_current(workshop, tenant, *newest))) return std::nullopt;
  CertifyOptions restating = options;
  restating.reason = "restated";
  auto certified = TRY_IN(fmt::format("restate {}", period), certify(workshop, tenant, period, restating));
  TRY(note_event(workshop, tenant, "restate", "", certified.certificate, options));
  return std::move(certified.certificate);
}

Result<std::vector<PeriodStanding>> period_standings(Workshop& workshop, const Tenant& tenant) {
  const auto closed = TRY(closed_periods(workshop.lake.store(), tenant.id));
  std::map<std::string, PeriodStanding> standings;
  for (const auto& period : TRY(certifiable_periods(workshop, tenant))) {
    if (!period.empty()) standings[period].period = period;
  }
  for (auto& [period, standing] : standings) {
    if (const auto event = closed.find(period); event != closed.end()) standing.closed = event->second;
  }
  for (auto& each : TRY(certificates(workshop.lake.store(), tenant.id))) {   // oldest first
    if (const auto it = standings.find(each.period); it != standings.end()) it->second.certificate = std::move(each);
  }
  for (auto& each : TRY(pending_corrections(workshop, tenant))) {
    if (const auto it = standings.find(each.period); it != standings.end())
      it->second.pending.push_back(std::move(each));
  }
  std::vector<PeriodStanding> out;
  for (auto& [period, standing] : standings) out.push_back(std::move(standing));
  return out;
}

}  // namespace centavo
