#include "flow/engine/desk.h"
#include "flow/pipeline/pipeline.h"

namespace centavo {
namespace {

using Row = pack::PackTest::Row;

const char kTestKey[] = "0000000000000000000000000000000000000000000000000000000000000000";

std::string value_sql(const std::optional<std::string>& value, const std::string& type) {
  if (!value) return fmt::format("cast(null as {})", type);
  const bool nested = type.starts_with("MAP(") || type.starts_with("STRUCT(") || type.ends_with("[]");
  return nested ? fmt::format("cast(cast({} as json) as {})", duck::literal(*value), type)
                : fmt::format("cast({} as {})", duck::literal(*value), type);
}

const pack::ColumnSpec* find(const std::vector<pack::ColumnSpec>& columns, std::string_view name) {
  for (const auto& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

// Rows as a select with all of a table's columns; what a row does not name is NULL.
Result<std::string> rows_select(const std::vector<pack::ColumnSpec>& columns, const std::vector<Row>& rows,
                                const std::string& table) {
  std::string out = empty_select(columns);
  for (const auto& row : rows) {
    std::map<std::string, std::optional<std::string>> values;
    for (const auto& [name, value] : row) {
      if (find(columns, name) == nullptr) return fail(ErrorKind::invalid_argument, "{} has no column {}", table, name);
      values[name] = value;
    }
    out += "\nunion all\nselect ";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto it = values.find(columns[i].name);
      out += fmt::format("{}{}", i ? ", " : "",
                         value_sql(it == values.end() ? std::nullopt : it->second, columns[i].type));
    }
  }
  return out;
}

Status define_given(Desk& desk, const pack::Library& library, const pack::Model& model, const pack::PackTest& test) {
  std::set<std::string> given;
  for (const auto& [name, rows] : test.given) {
    const auto table = TRY(pack::parse_table_name(name));
    std::vector<pack::ColumnSpec> columns;
    if (const auto* interface = library.interface_of_view(table)) {
      columns = interface->columns;
    } else if (const auto* input = library.model(table)) {
      columns = all_columns(input->contract);
    } else {
      return fail(ErrorKind::invalid_argument, "given: no pack has {}", name);
    }
    const std::string select = TRY(rows_select(columns, rows, name));
    TRY(desk.define(table, select));
    given.insert(name);
  }
  for (const auto& input : model.inputs) {
    if (!given.contains(input.text()))
      TRY(desk.define(input, empty_select(all_columns(library.model(input)->contract))));
  }
  for (const auto& name : model.interface_inputs) {
    const auto* interface = library.interface(name);
    if (!given.contains(interface->view().text()))
      TRY(desk.define(interface->view(), empty_select(interface->columns)));
  }
  return {};
}

SqlValues values_of(const pack::Pack& pack, const pack::PackTest& test) {
  SqlValues values;
  for (const auto& parameter : pack.parameters) {
    const auto own = test.parameters.find(parameter.name);
    values[parameter.name] = fmt::format(
        "cast({} as {})", duck::literal(own == test.parameters.end() ? parameter.default_value : own->second),
        parameter.type);
  }
  if (const auto period = Period::parse(test.period)) {
    values["period_first"] = fmt::format("cast('{}' as date)", period->first());
    values["period_end"] = fmt::format("cast('{}' as date)", period->end());
  }
  return values;
}

// Rows of `left` that `right` lacks, as text.
Result<std::string> missing(Desk& desk, const std::string& left, const std::string& right, std::string_view words) {
  auto rows =
      TRY(desk.connection().query(fmt::format("select * from ({}) except all select * from ({})", left, right)));
  std::string out;
  while (TRY(rows.next())) {
    Json row = Json::object();
    for (std::size_t i = 0; i < rows.columns().size(); ++i) row[rows.columns()[i].name] = rows.json(i);
    out += fmt::format("{}{} {}", out.empty() ? "" : "\n", words, row.dump());
  }
  return out;
}

// "" when the test passes.
Result<std::string> run_one(const pack::Library& library, duck::Database& engine, const pack::Pack& pack,
                            const pack::PackTest& test) {
  const auto* model = library.model(test.model);
  if (model == nullptr || model->sql.empty())
    return fail(ErrorKind::invalid_argument, "no model makes {}", test.model.text());
  auto desk = TRY(Desk::open(engine, nullptr));
  TRY(desk.set_mask_key(kTestKey));
  TRY(define_given(desk, library, *model, test));
  const std::string sql = TRY(library.expand(model->sql, "duckdb", values_of(pack, test)));

  std::set<std::string> named;
  for (const auto& row : test.expect) {
    for (const auto& [name, value] : row) named.insert(name);
  }
  std::vector<pack::ColumnSpec> columns;
  for (const auto& column : model->contract.columns) {
    if (named.contains(column.name)) columns.push_back(column);
    named.erase(column.name);
  }
  if (!named.empty())
    return fail(ErrorKind::invalid_argument, "expect: {} has no column {}", test.model.text(), *named.begin());
  if (columns.empty()) columns = model->contract.columns;
  std::string list;
  for (const auto& column : columns)
    list += fmt::format("{}cast({} as {}) as {}", list.empty() ? "" : ", ", duck::name(column.name), column.type,
                        duck::name(column.name));
  const std::string actual = fmt::format("select {} from (\n{}\n)", list, sql);
  const std::string expected = TRY(rows_select(columns, test.expect, "expect"));
  std::string difference = TRY(missing(desk, expected, actual, "missing:"));
  const std::string extra = TRY(missing(desk, actual, expected, "not expected:"));
  if (!extra.empty()) difference += (difference.empty() ? "" : "\n") + extra;
  return difference;
}

}  // namespace

Result<std::vector<TestOutcome>> run_pack_tests(const pack::Library& library, duck::Database& engine,
                                                const std::vector<std::string>& names) {
  std::vector<TestOutcome> out;
  for (const auto& name : names) {
    if (!library.packs().contains(name)) return fail(ErrorKind::not_found, "there is no pack {}", name);
  }
  for (const auto& [name, pack] : library.packs()) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    for (const auto& test : pack.tests) {
      TestOutcome outcome{name, test.title, test.place.text(), false, {}};
      auto difference = run_one(library, engine, pack, test);
      outcome.difference = difference ? *difference : difference.error().message;
      outcome.passed = difference && difference->empty();
      out.push_back(std::move(outcome));
    }
  }
  return out;
}

}  // namespace centavo
