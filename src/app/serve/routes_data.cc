/// \file app/serve/routes_data.cc
/// Catalogue, samples, checks, quarantine, lineage.

#include "app/document/lineage.h"
#include "app/serve/service.h"
#include "flow/pipeline/graph.h"
#include "lake/delta/table.h"

namespace centavo::serve {
namespace {

using pack::TableName;

Result<delta::Table> table_at(OpenTenant& open, const TableName& name) {
  return delta::Table::open(open.lake.store(), open.engine,
                            Lake::table_root(open.tenant.id, pack::name_of(name.layer), name.table), open.clock);
}

// What is known of the rows of each table.
struct Counts {
  std::int64_t rows = 0, periods = 0;
};
Result<std::map<std::string, Counts>> counts_of(OpenTenant& open) {
  std::map<std::string, Counts> out;
  for (const TableState& state : TRY(open.catalog.states(open.tenant.id))) {
    out[state.table].rows += state.rows;
    ++out[state.table].periods;
  }
  return out;
}

// The newest result of each check of tables in those layers.
Result<std::vector<CheckRecord>> checks_of(OpenTenant& open, const std::set<std::string>& layers) {
  auto out = TRY(open.catalog.newest_checks(open.tenant.id));
  std::erase_if(
      out, [&](const CheckRecord& check) { return !layers.contains(check.table.substr(0, check.table.find('.'))); });
  return out;
}

std::vector<std::string> classifications(const pack::Model* model) {
  std::set<std::string> out;
  if (model != nullptr) {
    for (const auto& column : model->contract.columns) {
      if (!column.classification.empty()) out.insert(column.classification);
    }
  }
  return {out.begin(), out.end()};
}

struct Newest {
  OpenTenant open;
  Release release;
  std::set<std::string> layers;
};
Result<Newest> newest(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto found = release(open.lake.store(), open.tenant.id);
  if (!found && found.error().kind != ErrorKind::not_found) return fail(found.error());
  return Newest{std::move(open), found ? *found : Release{}, access::layers_in(call.who, call.part("tenant"))};
}

// The table in the path, when it is in sight and in the newest release.
Result<TableName> table_named(Call& call, const Newest& now) {
  const auto name = pack::parse_table_name(call.part("table"));
  const bool there = name && now.layers.contains(std::string(pack::name_of(name->layer))) &&
                     now.release.versions.contains(name->text());
  if (!there) return fail(ErrorKind::not_found, "there is no table {}", call.part("table"));
  return *name;
}

OrderedJson table_object(const Newest& now, const std::string& name, const pack::Model* model,
                         const delta::Snapshot& snapshot, const Counts* counts) {
  const std::size_t dot = name.find('.');
  const std::int64_t rows = snapshot.total_rows();
  return {{"table", name.substr(dot + 1)},
          {"layer", name.substr(0, dot)},
          {"description", model == nullptr ? "" : model->contract.description},
          {"rows", rows < 0 ? OrderedJson() : OrderedJson(rows)},
          {"bytes", snapshot.total_bytes()},
          {"version", now.release.versions.at(name)},
          {"periods", counts == nullptr ? 0 : counts->periods},
          {"classification", classifications(model)}};
}

Result<http::Response> list_tables(Call& call) {
  Newest now = TRY(newest(call));
  const auto counts = TRY(counts_of(now.open));
  std::map<std::string, std::pair<int, int>> checks;
  for (const CheckRecord& check : TRY(checks_of(now.open, now.layers))) {
    if (check.state == "failed") ++checks[check.table].first;
    if (check.state == "warned" || check.state == "quarantined") ++checks[check.table].second;
  }
  OrderedJson out = OrderedJson::array();
  for (const auto& [text, version] : now.release.versions) {
    const TableName name = TRY(pack::parse_table_name(text));
    if (!now.layers.contains(std::string(pack::name_of(name.layer)))) continue;
    auto table = TRY(table_at(now.open, name));
    const auto snapshot = TRY(table.snapshot_at(version));
    const auto found = counts.find(text);
    OrderedJson object = table_object(now, text, now.open.library->model(name), snapshot,
                                      found == counts.end() ? nullptr : &found->second);
    object["checks"] = {{"failed", checks[text].first}, {"warned", checks[text].second}};
    out.push_back(std::move(object));
  }
  return json_response(out);
}

OrderedJson column_object(const access::Sight& sight, const std::string& table, const std::string& name,
                          const std::string& type, const pack::ColumnSpec* spec) {
  OrderedJson out = {{"name", name}, {"type", type}};
  out["description"] = spec == nullptr ? "" : spec->description;
  out["unit"] = spec == nullptr || spec->unit.empty() ? OrderedJson() : OrderedJson(spec->unit);
  out["required"] = spec != nullptr && spec->required;
  out["classification"] =
      spec == nullptr || spec->classification.empty() ? OrderedJson() : OrderedJson(spec->classification);
  out["masked"] = spec != nullptr && !spec->mask.empty() && sight.masks && !sight.sees_clear(table, name);
  return out;
}

Result<OrderedJson> history_of(OpenTenant& open, delta::Table& table) {
  std::map<std::string, std::string> users;
  for (const RunRecord& run : TRY(open.catalog.runs(open.tenant.id, 10'000))) users[run.id] = run.user;
  OrderedJson out = OrderedJson::array();
  for (const auto& entry : TRY(table.history(200))) {
    const auto ours = parse_json(entry.user_metadata);
    const std::string run = ours ? text_or(*ours, "run") : "";
    const auto user = users.find(run);
    const auto rows = entry.metrics.find("numOutputRows");
    OrderedJson count;
    if (rows != entry.metrics.end()) count = std::atoll(rows->second.c_str());
    out.push_back({{"version", entry.version},
                   {"at", iso_time(entry.time_ms)},
                   {"user", !entry.user.empty()   ? entry.user
                            : user == users.end() ? ""
                                                  : user->second},
                   {"run", run.empty() ? OrderedJson() : OrderedJson(run)},
                   {"period", ours ? text_or(*ours, "period") : ""},
                   {"operation", entry.operation},
                   {"rows", count}});
  }
  return out;
}

Result<http::Response> show_table(Call& call) {
  Newest now = TRY(newest(call));
  const TableName name = TRY(table_named(call, now));
  const std::string text = name.text();
  const access::Sight sight = call.sight();
  auto table = TRY(table_at(now.open, name));
  const auto snapshot = TRY(table.snapshot_at(now.release.versions.at(text)));
  const auto counts = TRY(counts_of(now.open));
  const auto found = counts.find(text);
  const pack::Model* model = now.open.library->model(name);
  OrderedJson out = table_object(now, text, model, snapshot, found == counts.end() ? nullptr : &found->second);
  Reader reader = TRY(call.service.readers().open(now.open, now.release.number, sight, &call.cancel));
  out["columns"] = OrderedJson::array();
  for (const auto& column : TRY(reader.connection().describe("select * from " + text))) {
    const pack::ColumnSpec* spec = nullptr;
    if (model != nullptr) {
      for (const auto& each : model->contract.columns) {
        if (each.name == column.name) spec = &each;
      }
    }
    out["columns"].push_back(column_object(sight, text, column.name, column.type, spec));
  }
  out["grain"] = model == nullptr ? std::vector<std::string>() : model->contract.grain;
  out["inputs"] = OrderedJson::array();
  out["readers"] = OrderedJson::array();
  const Graph graph = TRY(Graph::of(*now.open.library, now.open.tenant));
  const auto in_sight = [&](const TableName& other) {
    return now.layers.contains(std::string(pack::name_of(other.layer)));
  };
  if (const Node* node = graph.find(name)) {
    for (const auto& input : node->inputs) {
      if (in_sight(input)) out["inputs"].push_back(input.text());
    }
  }
  for (const Node& node : graph.nodes()) {
    const bool reads = std::find(node.inputs.begin(), node.inputs.end(), name) != node.inputs.end();
    if (reads && in_sight(node.model->contract.table)) out["readers"].push_back(node.model->contract.table.text());
  }
  out["check_results"] = OrderedJson::array();
  for (const CheckRecord& check : TRY(checks_of(now.open, now.layers))) {
    if (check.table != text) continue;
    out["check_results"].push_back({{"check", check.check},
                                    {"period", check.period},
                                    {"severity", check.severity},
                                    {"state", check.state},
                                    {"rows", check.bad_rows},
                                    {"sample", check.sample}});
  }
  out["history"] = TRY(history_of(now.open, table));
  out["sql"] = model == nullptr || model->sql.empty() ? OrderedJson() : OrderedJson(model->sql);
  return json_response(out);
}

Result<http::Response> sample(Call& call) {
  const std::int64_t limit = TRY(call.number("limit", 20, 1, 500));
  Newest now = TRY(newest(call));
  const TableName name = TRY(table_named(call, now));
  const std::string key = fmt::format("{} {}", name.text(), limit);
  return call.service.answer(call, now.release.number, key, [&]() -> Result<OrderedJson> {
    Reader reader = TRY(call.service.readers().open(now.open, now.release.number, call.sight(), &call.cancel));
    reader.connection().watch(&call.cancel);
    duck::Rows rows = TRY(reader.connection().query(fmt::format("select * from {} limit {}", name.text(), limit)));
    return grid_of(rows, limit);
  });
}

// ---------- quality

double ratio(std::int64_t good, std::int64_t all) {
  return all == 0 ? 1 : static_cast<double>(good) / static_cast<double>(all);
}

Result<http::Response> quality(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto layers = access::layers_in(call.who, open.tenant.id);
  std::map<std::string, TimeMs> at;
  for (const RunRecord& run : TRY(open.catalog.runs(open.tenant.id, 10'000))) at[run.id] = run.started_ms;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> by_layer;
  OrderedJson out = {
      {"score", OrderedJson::object()}, {"checks", OrderedJson::array()}, {"trend", OrderedJson::array()}};
  for (const CheckRecord& check : TRY(checks_of(open, layers))) {
    auto& [good, all] = by_layer[check.table.substr(0, check.table.find('.'))];
    good += check.state == "passed" ? 1 : 0;
    ++all;
    out["checks"].push_back({{"table", check.table},
                             {"check", check.check},
                             {"severity", check.severity},
                             {"failed_rows", check.bad_rows},
                             {"period", check.period},
                             {"run", check.run},
                             {"at", at.contains(check.run) ? OrderedJson(iso_time(at[check.run])) : OrderedJson()},
                             {"state", check.state}});
  }
  for (const auto& [layer, counts] : by_layer)
    out["score"][layer] = fmt::format("{:.4f}", ratio(counts.first, counts.second));
  for (const CheckCounts& run : TRY(open.catalog.check_counts(open.tenant.id, 30))) {
    const OrderedJson line = {{"run", run.run},
                              {"at", iso_time(run.started_ms)},
                              {"failed", run.failed},
                              {"warned", run.warned},
                              {"quarantined", run.quarantined_rows}};
    out["trend"].insert(out["trend"].begin(), line);
  }
  return json_response(out);
}

// Rows that checks set aside. Their personal and secret columns are hidden whoever asks: they are what was wrong.
Result<http::Response> quarantine(Call& call) {
  const std::int64_t limit = TRY(call.number("limit", 100, 1, 1000));
  Newest now = TRY(newest(call));
  const auto name = pack::parse_table_name(call.part("table"));
  if (!name || !now.layers.contains(std::string(pack::name_of(name->layer))))
    return fail(ErrorKind::not_found, "there is no table {}", call.part("table"));
  auto table = delta::Table::open(now.open.lake.store(), now.open.engine,
                                  Lake::quarantine_root(now.open.tenant.id, pack::name_of(name->layer), name->table),
                                  now.open.clock);
  const OrderedJson nothing = {
      {"columns", OrderedJson::array()}, {"rows", OrderedJson::array()}, {"reasons", OrderedJson::array()}};
  if (!table) {
    if (table.error().kind != ErrorKind::not_found) return fail(table.error());
    return json_response(nothing);
  }
  const auto snapshot = TRY(table->snapshot());
  const auto files = TRY(snapshot.files());
  if (files.empty()) return json_response(nothing);
  const std::string from = TRY(snapshot.select_sql(files));
  auto connection = TRY(now.open.engine.connect());
  connection.watch(&call.cancel);
  const pack::Model* model = now.open.library->model(*name);
  std::string columns, reason;
  for (const auto& column : TRY(connection.describe("select * from " + from))) {
    bool hidden = false;
    if (model != nullptr) {
      for (const auto& each : model->contract.columns) {
        if (each.name == column.name)
          hidden = each.classification == "personal" || each.classification == "secret" || !each.mask.empty();
      }
    }
    if (column.name == "quarantine_reason") reason = column.name;
    columns += fmt::format("{}{}", columns.empty() ? "" : ", ",
                           hidden ? "'***' as " + duck::name(column.name) : duck::name(column.name));
  }
  OrderedJson out;
  {
    duck::Rows rows = TRY(connection.query(fmt::format("select {} from {} limit {}", columns, from, limit)));
    out = TRY(grid_of(rows, limit));
  }
  out["reasons"] = OrderedJson::array();
  if (!reason.empty()) {
    const auto counted = TRY(connection.all(
        fmt::format("select {0}, count(*) from {1} group by 1 order by 2 desc limit 50", duck::name(reason), from)));
    for (const auto& row : counted)
      out["reasons"].push_back({{"reason", row[0].value_or("")}, {"rows", std::atoll(row[1].value_or("0").c_str())}});
  }
  return json_response(out);
}

// ---------- lineage

// Only what this tenant has, in the layers in sight; columns of a table by what they are made from.
Result<http::Response> lineage(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto layers = access::layers_in(call.who, open.tenant.id);
  const document::Lineage all = document::lineage_of(*open.library);
  const Graph graph = TRY(Graph::of(*open.library, open.tenant));
  std::set<std::string> mine;
  for (const Node& node : graph.nodes()) {
    mine.insert(node.model->contract.table.text());
    for (const auto& interface : node.interfaces) {
      if (const auto* found = open.library->interface(interface)) mine.insert(found->view().text());
    }
  }
  for (const TenantSource& source : open.tenant.sources) mine.insert("source " + source.kind);
  OrderedJson nodes = OrderedJson::array(), edges = OrderedJson::array();
  std::set<std::string> shown;
  for (const auto& node : all.nodes) {
    const std::string layer = node.kind == "source"      ? "raw"
                              : node.kind == "interface" ? std::string("silver")
                                                         : node.kind;
    if (!mine.contains(node.name) || !layers.contains(layer)) continue;
    shown.insert(node.name);
    nodes.push_back({{"name", node.name}, {"kind", node.kind}, {"pack", node.pack}});
  }
  for (const auto& [from, to] : all.edges) {
    if (shown.contains(from) && shown.contains(to)) edges.push_back({{"from", from}, {"to", to}});
  }
  return json_response({{"nodes", nodes}, {"edges", edges}});
}

}  // namespace

std::vector<Route> data_routes() {
  return {
      {.method = "GET",
       .pattern = "/t/{tenant}/tables",
       .summary = "Tables of the newest release in the layers one sees",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = list_tables},
      {.method = "GET",
       .pattern = "/t/{tenant}/tables/{table}",
       .summary = "A table: columns, grain, inputs, checks, history, SQL",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = show_table},
      {.method = "GET",
       .pattern = "/t/{tenant}/tables/{table}/sample",
       .summary = "Some of its rows, masked as one sees them",
       .needs = Needs::tenant,
       .parameters = {{"limit", "1 to 500"}},
       .any_layer = true,
       .act = sample},
      {.method = "GET",
       .pattern = "/t/{tenant}/quality",
       .summary = "Newest results of all checks, score by layer, trend by run",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = quality},
      {.method = "GET",
       .pattern = "/t/{tenant}/quarantine/{table}",
       .summary = "Rows that checks set aside, with the reasons",
       .needs = Needs::tenant,
       .parameters = {{"limit", "1 to 1000"}},
       .any_layer = true,
       .act = quarantine},
      {.method = "GET",
       .pattern = "/t/{tenant}/lineage",
       .summary = "What is made from what",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = lineage},
  };
}

}  // namespace centavo::serve
