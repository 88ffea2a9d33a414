#include "flow/engine/desk.h"

#include <atomic>
#include <regex>

namespace centavo {
namespace {

pack::ColumnSpec column(std::string name, std::string type) {
  pack::ColumnSpec out;
  out.name = std::move(name);
  out.type = std::move(type);
  return out;
}

bool is_integer(std::string_view type) {
  return type == "TINYINT" || type == "SMALLINT" || type == "INTEGER" || type == "BIGINT";
}

int integer_digits(std::string_view type) {
  if (type == "TINYINT") return 3;
  if (type == "SMALLINT") return 5;
  if (type == "INTEGER") return 10;
  return 19;
}

// Precision and scale of "DECIMAL(p,s)".
std::optional<std::pair<int, int>> decimal_of(std::string_view type) {
  static const std::regex pattern(R"(DECIMAL\((\d+),\s*(\d+)\))");
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_match(type.begin(), type.end(), match, pattern)) return std::nullopt;
  return std::pair{std::stoi(match[1]), std::stoi(match[2])};
}

}  // namespace

Desk::Desk(duck::Connection connection, std::string name)
    : connection_(std::make_unique<duck::Connection>(std::move(connection))), name_(std::move(name)) {}

Desk::~Desk() {
  if (!connection_) return;
  connection_->watch(nullptr);
  (void)connection_->run(fmt::format("use memory; detach {}", duck::name(name_)));
}

Result<Desk> Desk::open(duck::Database& engine, const Cancel* cancel) {
  static std::atomic<std::int64_t> count{0};
  duck::Connection connection = TRY(engine.connect());
  const std::string name = fmt::format("desk_{}", ++count);
  TRY(connection.run(
      fmt::format("attach ':memory:' as {0}; use {0}; create schema bronze; create schema silver; create schema gold",
                  duck::name(name))));
  // No table says anything by the order of its rows, and keeping it makes a COPY hold back whole batches: half more
  // wall time and twice the memory on a bill's hundred columns.
  TRY(connection.run("set preserve_insertion_order = false"));
  connection.watch(cancel);
  return Desk(std::move(connection), name);
}

Status Desk::define(const pack::TableName& table, std::string_view select) {
  return connection_->run(
      fmt::format("create or replace view {}.{} as {}", pack::name_of(table.layer), duck::name(table.table), select));
}

Status Desk::define_this(std::string_view select) {
  return connection_->run(fmt::format("create or replace view main.this as {}", select));
}

Status Desk::set_mask_key(std::string_view key) {
  const auto done = connection_->run(fmt::format("set variable centavo_mask_key = {}", duck::literal(key)));
  if (!done) return fail(ErrorKind::internal, "the tenant's key could not be given to the engine");
  return done;
}

std::string empty_select(const std::vector<pack::ColumnSpec>& columns) {
  std::string out = "select ";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += fmt::format("{}cast(null as {}) as {}", i ? ", " : "", columns[i].type, duck::name(columns[i].name));
  }
  return out + " where false";
}

std::string interface_select(const pack::Interface& interface, const std::vector<InterfacePart>& parts) {
  if (parts.empty()) return empty_select(interface.columns);
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += "\nunion all\n";
    out += "select ";
    for (std::size_t i = 0; i < interface.columns.size(); ++i) {
      const auto& wanted = interface.columns[i];
      const auto* has = part.model->contract.find(wanted.name);
      const std::string value = has == nullptr ? "null" : duck::name(has->name);
      const bool same = has != nullptr && has->type == wanted.type;
      out += i ? ", " : "";
      out += same ? fmt::format("{} as {}", value, duck::name(wanted.name))
                  : fmt::format("cast({} as {}) as {}", value, wanted.type, duck::name(wanted.name));
    }
    out += fmt::format(" from ({})", part.select);
  }
  return out;
}

Result<std::string> shown_select(const pack::Library& library, const pack::Interface& interface,
                                 const std::string& union_select, const std::string& joined, const SqlValues& values) {
  const auto& shown = interface.shown;
  if (!shown.join) return union_select;
  std::string list;
  for (const auto& column : interface.columns) list += fmt::format("this.{}, ", duck::name(column.name));
  for (std::size_t i = 0; i < shown.columns.size(); ++i) {
    const auto& column = shown.columns[i];
    const std::string value = TRY_IN(column.name, library.expand(shown.values[i], "duckdb", values));
    list += fmt::format("{}cast({} as {}) as {}", i ? ", " : "", value, column.type, duck::name(column.name));
  }
  if (!joined.empty()) {
    const std::string on = TRY_IN(interface.name, library.expand(shown.on, "duckdb", values));
    return fmt::format("select {} from ({}) as this left join ({}) as joined on {}", list, union_select, joined, on);
  }
  // A row of nulls beside each row, of which the engine computes only what is asked for.
  const auto* model = library.model(*shown.join);
  if (model == nullptr) return fail(ErrorKind::internal, "no model makes {}", shown.join->text());
  std::string nulls;
  for (const auto& column : all_columns(model->contract)) {
    nulls += fmt::format("{}{} := cast(null as {})", nulls.empty() ? "" : ", ", duck::name(column.name), column.type);
  }
  return fmt::format("select {} from (select *, struct_pack({}) as joined from ({})) as this", list, nulls,
                     union_select);
}

const std::vector<pack::ColumnSpec>& bronze_metadata_columns() {
  static const std::vector<pack::ColumnSpec> columns = {
      column("source_file_name", "VARCHAR"), column("source_row_number", "BIGINT"),
      column("ingestion_timestamp", "TIMESTAMP WITH TIME ZONE"), column("raw_ingestion_id", "VARCHAR")};
  return columns;
}

std::vector<pack::ColumnSpec> all_columns(const pack::Contract& contract) {
  std::vector<pack::ColumnSpec> out = contract.columns;
  if (contract.table.layer != pack::Layer::bronze) return out;
  const auto& metadata = bronze_metadata_columns();
  out.insert(out.end(), metadata.begin(), metadata.end());
  if (!contract.period_column.empty() && contract.find(contract.period_column) == nullptr) {
    out.push_back(column(contract.period_column, "DATE"));
  }
  return out;
}

bool is_assignable(std::string_view from, std::string_view to) {
  if (from == to || from == "\"NULL\"" || from == "NULL") return true;
  if (is_integer(from) && is_integer(to)) return integer_digits(from) <= integer_digits(to);
  const auto wide = decimal_of(to);
  if (wide && is_integer(from)) return integer_digits(from) <= wide->first - wide->second;
  if (const auto narrow = decimal_of(from); narrow && wide) {
    return narrow->second <= wide->second && narrow->first - narrow->second <= wide->first - wide->second;
  }
  if (to == "DOUBLE") return from == "FLOAT";
  // A map or list whose parts are NULL literals binds to INTEGER inside; DuckDB casts the empty value.
  return false;
}

Status check_columns(duck::Database& engine, const pack::Library& library, const pack::Model& model,
                     const SqlValues& values) {
  const std::string where = model.sql_place.file;
  Desk desk = TRY(Desk::open(engine, nullptr));
  for (const auto& input : model.inputs) {
    const auto* read = library.model(input);
    if (read == nullptr)
      return fail(ErrorKind::invalid_argument, "{}: reads {}, which no pack has", where, input.text());
    TRY(desk.define(input, empty_select(all_columns(read->contract))));
  }
  for (const auto& name : model.interface_inputs) {
    const auto* interface = library.interface(name);
    if (interface == nullptr) return fail(ErrorKind::invalid_argument, "{}: reads {}, which no pack has", where, name);
    TRY(desk.define(interface->view(), empty_select(interface->columns)));
  }
  const std::string sql = TRY(library.expand(model.sql, "duckdb", values));
  const auto columns = TRY_IN(where, desk.connection().describe(sql));
  std::string differences;
  const auto differs = [&](std::string text) { differences += (differences.empty() ? "" : "; ") + text; };
  std::set<std::string> seen;
  for (const auto& has : columns) {
    seen.insert(has.name);
    const auto* wanted = model.contract.find(has.name);
    if (wanted == nullptr || wanted->name != has.name) {
      differs(fmt::format("column \"{}\" is not in the contract", has.name));
    } else if (!is_assignable(has.type, wanted->type)) {
      differs(fmt::format("column \"{}\" is {}, the contract says {}", has.name, has.type, wanted->type));
    }
  }
  for (const auto& wanted : model.contract.columns) {
    if (!seen.contains(wanted.name)) differs(fmt::format("column \"{}\" of the contract is missing", wanted.name));
  }
  if (differences.empty()) return {};
  return fail_hint(fmt::format("make the select of {} give what {} promises", where, model.contract.place.file),
                   ErrorKind::invalid_argument, "{}: {}", where, differences);
}

}  // namespace centavo
