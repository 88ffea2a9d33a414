#include <cctype>

#include "flow/engine/desk.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/pipeline.h"
#include "lake/delta/table.h"

namespace centavo {
namespace {

struct Question {
  std::string measure;
  std::string where;
};

// "BilledCost where ServiceName = 'x'": the measure is one column's name.
Result<Question> read_question(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto at = lower.find(" where ");
  Question out{std::string(text.substr(0, at)), at == std::string::npos ? "" : std::string(text.substr(at + 7))};
  const auto first = out.measure.find_first_not_of(" \t\n");
  const auto last = out.measure.find_last_not_of(" \t\n");
  if (first == std::string::npos) {
    return fail_hint("write a measure and a condition: \"BilledCost where ServiceName = 'Virtual Machines'\"",
                     ErrorKind::invalid_argument, "nothing to explain");
  }
  out.measure = out.measure.substr(first, last - first + 1);
  return out;
}

// A table whose rows say where they came from, and the names of those columns.
struct Traced {
  std::string table;
  std::string measure;   // as the table spells it
  std::string file, row;
  std::vector<const pack::Model*> implementers;
};

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

template <class Columns>
bool trace(const Columns& columns, std::string_view measure, Traced& out) {
  for (const auto& column : columns) {
    if (same_name(column.name, measure)) out.measure = column.name;
    if (column.name == "x_SourceFile" || column.name == "source_file_name") out.file = column.name;
    if (column.name == "x_SourceRow" || column.name == "source_row_number") out.row = column.name;
  }
  return !out.measure.empty() && !out.file.empty() && !out.row.empty();
}

Result<Traced> find_table(const Workshop& workshop, const Graph& graph, const Release& release,
                          std::string_view measure) {
  std::set<std::string> interfaces;
  for (const auto& node : graph.nodes()) {
    if (!node.model->contract.implements.empty() && release.versions.contains(node.model->contract.table.text())) {
      interfaces.insert(node.model->contract.implements);
    }
  }
  for (const auto& name : interfaces) {
    const auto* interface = workshop.library.interface(name);
    Traced out;
    if (interface == nullptr || !trace(interface->columns, measure, out)) continue;
    out.table = interface->view().text();
    out.implementers = workshop.library.implementers(name);
    return out;
  }
  for (const auto& node : graph.nodes()) {
    const auto& contract = node.model->contract;
    Traced out;
    if (contract.table.layer != pack::Layer::silver || !release.versions.contains(contract.table.text()) ||
        !trace(contract.columns, measure, out))
      continue;
    out.table = contract.table.text();
    out.implementers = {node.model};
    return out;
  }
  return fail_hint("name a money column of a silver table, such as BilledCost or EffectiveCost", ErrorKind::not_found,
                   "no silver table of this tenant has a column {} whose rows say where they came from", measure);
}

// The bronze table that `model` reads and its exact amount for the measure, when its contract proves one.
struct RawSide {
  std::string table, amount, where;
};
std::optional<RawSide> raw_side(const Workshop& workshop, const Traced& traced, const Release& release) {
  std::optional<RawSide> out;
  for (const auto* model : traced.implementers) {
    if (!release.versions.contains(model->contract.table.text())) continue;
    for (const auto& input : model->inputs) {
      const auto* bronze = workshop.library.model(input);
      if (bronze == nullptr || input.layer != pack::Layer::bronze || !release.versions.contains(input.text())) continue;
      for (const auto& proof : bronze->contract.proofs) {
        if (!same_name(proof.measure, traced.measure)) continue;
        if (out) return std::nullopt;   // several providers: their raw amounts are not one expression
        out = RawSide{input.text(), proof.amount, proof.where};
      }
    }
  }
  return out;
}

}  // namespace

Result<Explanation> explain(Workshop& workshop, const Tenant& tenant, std::string_view question,
                            std::int64_t release_number, int lines_max) {
  const Question asked = TRY(read_question(question));
  auto reader = TRY(Reader::open(workshop, tenant, release_number));
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  const Traced traced = TRY(find_table(workshop, graph, reader.release(), asked.measure));

  Explanation out;
  out.measure = traced.measure;
  out.where = asked.where;
  out.table = traced.table;
  const std::string rows_sql =
      fmt::format("select {} as centavo_file, {} as centavo_row, {} as centavo_amount from {}{}",
                  duck::name(traced.file), duck::name(traced.row), duck::name(traced.measure), traced.table,
                  asked.where.empty() ? "" : fmt::format(" where ({})", asked.where));
  TRY(reader.vet(rows_sql));
  auto& connection = reader.connection();
  const std::string lines_sql =
      fmt::format("select centavo_file, centavo_row, sum(centavo_amount) as amount from ({}) group by 1, 2", rows_sql);
  const auto totals =
      TRY(connection.all(fmt::format("select coalesce(sum(centavo_amount), 0), count(*) from ({})", rows_sql)));
  out.total = totals.front()[0].value_or("0");

  for (const auto& row : TRY(connection.all(
           fmt::format("select centavo_file, sum(amount), count(*) from ({}) group by 1 order by 1", lines_sql)))) {
    out.files.emplace_back(row[0].value_or(""), row[1].value_or("0"));
    out.rows += std::stoll(row[2].value_or("0"));
  }
  std::map<std::string, std::string> raw_keys;
  for (const auto& source : tenant.sources) {
    for (const auto& landing : TRY(read_landings(workshop.lake.store(), tenant.id, source.name))) {
      for (const auto& file : landing.files) raw_keys[file.source_path] = file.raw_key;
    }
  }
  const auto lines = TRY(connection.all(
      fmt::format("select * from ({}) order by abs(amount) desc nulls last, 1, 2 limit {}", lines_sql, lines_max)));
  for (const auto& row : lines) {
    Explanation::Line line;
    line.file = row[0].value_or("");
    line.row = std::stoll(row[1].value_or("0"));
    line.amount = row[2].value_or("0");
    if (const auto it = raw_keys.find(line.file); it != raw_keys.end()) line.raw_key = it->second;
    out.lines.push_back(std::move(line));
  }

  // The same sum once more, from the rows as they came in when the bronze contract says what they are worth.
  std::string again = fmt::format("select coalesce(sum(amount), 0) from ({})", lines_sql);
  if (const auto raw = raw_side(workshop, traced, reader.release())) {
    again = TRY(workshop.library.expand(
        fmt::format("select coalesce(sum({}), 0) from {} b where {}(source_file_name, source_row_number) in (select "
                    "centavo_file, centavo_row from ({}))",
                    raw->amount, raw->table, raw->where.empty() ? "" : fmt::format("({}) and ", raw->where), rows_sql),
        "duckdb", {}));
    for (auto& line : out.lines) {
      auto rows = TRY(connection.query(
          fmt::format("select * from {} where source_file_name = {} and source_row_number = {} limit 1", raw->table,
                      duck::literal(line.file), line.row)));
      const auto raw_table = TRY(pack::parse_table_name(raw->table));
      const auto* bronze = workshop.library.model(raw_table);
      Json record = Json::object();
      while (TRY(rows.next())) {
        for (std::size_t i = 0; i < rows.columns().size(); ++i) {
          const auto* column = bronze->contract.find(rows.columns()[i].name);
          const bool hidden =
              column != nullptr && !column->classification.empty() && column->classification != "financial";
          if (!rows.is_null(i) && !hidden) record[rows.columns()[i].name] = rows.json(i);
        }
      }
      line.raw_text = record.dump();
    }
  }
  out.total_of_lines = TRY(connection.value(again)).value_or("0");
  const auto a = parse_decimal(out.total);
  const auto b = parse_decimal(out.total_of_lines);
  out.holds = a && b && equal(*a, *b);
  return out;
}

}  // namespace centavo
