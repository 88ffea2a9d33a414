#include <cctype>

#include "flow/engine/desk.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/pipeline.h"
#include "lake/delta/log_path.h"
#include "lake/delta/table.h"

namespace centavo {
namespace {

constexpr std::int64_t kReaderMemoryBytes = std::int64_t{2} << 30;

// Table functions that make rows out of their arguments alone.
const std::set<std::string, std::less<>>& harmless_table_functions() {
  static const std::set<std::string, std::less<>> names = {"range", "generate_series", "unnest", "json_each",
                                                           "json_tree"};
  return names;
}

// Names mean the same in capitals.
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The engine's own views show how the tenant's are made, with the paths of the lake's files.
bool tells_paths(std::string_view schema, std::string_view table) {
  if (schema == "information_schema") return table == "views";
  if (!schema.empty() && schema != "main") return false;
  return table.starts_with("duckdb_") || table.starts_with("sqlite_") || table.starts_with("pragma_");
}

// The pack of an interface: it has its name in front.
const pack::Pack& library_pack(const pack::Library& library, const std::string& interface) {
  return library.packs().at(interface.substr(0, interface.find('.')));
}

// Walks DuckDB's parse tree and refuses what reaches beyond the tenant's tables.
Status vet_node(const Json& node) {
  if (node.is_array()) {
    for (const auto& child : node) TRY(vet_node(child));
    return {};
  }
  if (!node.is_object()) return {};
  const std::string type = text_or(node, "type");
  if (type == "TABLE_FUNCTION") {
    const std::string name = node.contains("function") ? text_or(node["function"], "function_name") : "";
    if (!harmless_table_functions().contains(name)) {
      return fail_hint("read the tables bronze.x, silver.y, gold.z", ErrorKind::permission_denied,
                       "{}() is not allowed in a query", name);
    }
  }
  if (type == "BASE_TABLE") {
    const std::string schema = lower(text_or(node, "schema_name"));
    const std::string table = lower(text_or(node, "table_name"));
    static const std::set<std::string, std::less<>> schemas = {"",    "bronze", "silver", "gold", "information_schema",
                                                               "main"};
    if (!schemas.contains(schema) || !text_or(node, "catalog_name").empty() ||
        table.find_first_of("/\\.:*?") != std::string::npos || tells_paths(schema, table)) {
      return fail_hint("read the tables bronze.x, silver.y, gold.z", ErrorKind::permission_denied,
                       "{}{}{} is not a table of this tenant", schema, schema.empty() ? "" : ".", table);
    }
  }
  for (const auto& [key, child] : node.items()) TRY(vet_node(child));
  return {};
}

}  // namespace

Result<Reader> Reader::open(Workshop& workshop, const Tenant& tenant, std::int64_t release_number,
                            const std::string& output_file) {
  auto found = centavo::release(workshop.lake.store(), tenant.id, release_number);
  if (!found) {
    if (found.error().kind != ErrorKind::not_found || release_number != 0) return fail(found.error());
    return fail_hint(fmt::format("make one with `centavo run --tenant {}`", tenant.id), ErrorKind::not_found,
                     "tenant {} has no release yet", tenant.id);
  }
  duck::Options options;
  options.memory_limit_bytes =
      workshop.lake.config().memory_limit_bytes > 0 ? workshop.lake.config().memory_limit_bytes : kReaderMemoryBytes;
  options.threads = workshop.lake.config().threads;
  auto database = TRY(duck::Database::open(options));
  auto connection = TRY(database.connect());
  TRY(connection.run("create schema bronze; create schema silver; create schema gold"));

  std::map<std::string, std::vector<InterfacePart>> parts;
  std::vector<ShownView> views;
  std::vector<std::string> paths;
  if (!output_file.empty()) paths.push_back(output_file);
  for (const auto& [name, version] : found->versions) {
    const auto table_name = TRY(pack::parse_table_name(name));
    auto table =
        TRY_IN(name, delta::Table::open(workshop.lake.store(), workshop.engine,
                                        Lake::table_root(tenant.id, pack::name_of(table_name.layer), table_name.table),
                                        workshop.clock));
    const auto snapshot = TRY_IN(name, table.snapshot_at(version));
    const auto files = TRY_IN(name, snapshot.files());
    const auto* model = workshop.library.model(table_name);
    std::string select;
    if (files.empty()) {
      if (model == nullptr) continue;
      select = empty_select(all_columns(model->contract));
    } else {
      select = fmt::format("select * from {}", TRY_IN(name, snapshot.select_sql(files)));
    }
    for (const auto& file : files) {
      paths.push_back(
          TRY_IN(name, workshop.lake.store().engine_path(table.root() + "/" + delta::decode_path(file.path))));
    }
    TRY_IN(name, connection.run(fmt::format("create view {}.{} as {}", pack::name_of(table_name.layer),
                                            duck::name(table_name.table), select)));
    if (model != nullptr && !model->contract.implements.empty()) {
      parts[model->contract.implements].push_back({model, "select * from " + name});
    }
  }
  for (const auto& [name, implementers] : parts) {
    if (const auto* interface = workshop.library.interface(name)) {
      const auto& join = interface->shown.join;
      const std::string joined =
          join && found->versions.contains(join->text()) ? "select * from " + join->text() : std::string();
      const auto& pack = library_pack(workshop.library, interface->name);
      const std::string plain = interface_select(*interface, implementers);
      const std::string shown =
          TRY(shown_select(workshop.library, *interface, plain, joined, parameters_of(pack, tenant)));
      TRY(connection.run(fmt::format("create view {} as {}", interface->view().text(), shown)));
      if (joined.empty()) continue;
      ShownView view{interface->view().text(), plain, shown, {}};
      for (const auto& column : interface->shown.columns) view.columns.push_back(lower(column.name));
      views.push_back(std::move(view));
    }
  }
  std::string list;
  for (const auto& path : paths) list += (list.empty() ? "" : ", ") + duck::literal(path);
  // The engine also asks for the path as the views spell it, where [, * and ? of a folder's name are in brackets.
  if (list.find_first_of("[*?") != std::string::npos) {
    const std::string spelled = duck::path_list(paths);
    list += ", " + spelled.substr(1, spelled.size() - 2);
  }
  TRY(connection.run(fmt::format(
      "set allowed_paths = [{}]; set enable_external_access = false; set lock_configuration = true", list)));
  return Reader(std::move(database), std::move(connection), std::move(*found), std::move(views));
}

Status Reader::vet(std::string_view sql) {
  const auto found = TRY(connection_.value(fmt::format("select json_serialize_sql({})", duck::literal(sql))));
  const std::string tree = found.value_or("{}");
  const auto json = TRY(parse_json(tree));
  if (json.value("error", false)) {
    const std::string kind = text_or(json, "error_type");
    const std::string message = text_or(json, "error_message", "not a select");
    if (kind == "not implemented") {
      return fail_hint("write one select", ErrorKind::permission_denied, "only a select may be run: {}", message);
    }
    return fail(ErrorKind::invalid_argument, "{}", message);
  }
  if (!json.contains("statements") || json["statements"].size() != 1) {
    return fail_hint("write one select", ErrorKind::invalid_argument, "a query is one statement, this is {}",
                     json.contains("statements") ? json["statements"].size() : 0);
  }
  TRY(vet_node(json["statements"]));
  return show_what(tree);
}

// A join costs every query over the view: one that names none of its columns goes without.
Status Reader::show_what(std::string_view tree) {
  const std::string text = lower(std::string(tree));
  for (auto& view : views_) {
    const bool wanted = text.find("\"star\"") != std::string::npos ||
                        std::any_of(view.columns.begin(), view.columns.end(),
                                    [&](const auto& column) { return text.find(column) != std::string::npos; });
    if (wanted == view.is_shown) continue;
    TRY(connection_.run(fmt::format("create or replace view {} as {}", view.name, wanted ? view.shown : view.plain)));
    view.is_shown = wanted;
  }
  return {};
}

Result<duck::Rows> Reader::query(std::string_view sql) {
  TRY(vet(sql));
  return connection_.query(sql);
}

}  // namespace centavo
