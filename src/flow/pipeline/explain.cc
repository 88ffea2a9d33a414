#include <cctype>
#include <set>

#include "flow/engine/desk.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/measured.h"
#include "flow/pipeline/pipeline.h"

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

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

// Where rows say from which raw row they came, and how much of the measure each carries.
struct Traced {
  std::string rows_sql;                             // centavo_file, centavo_row, centavo_amount
  std::string measure;                              // in the table whose rows these are
  std::vector<const pack::Model*> implementers;
  bool once = true;                                 // a row counts once: it is in one cell at most
};

template <class Columns>
const std::string* named(const Columns& columns, std::string_view one, std::string_view other) {
  for (const auto& column : columns) {
    if (column.name == one || column.name == other) return &column.name;
  }
  return nullptr;
}

const std::string* file_column(const Measured& measured) {
  return named(measured.columns, "x_SourceFile", "source_file_name");
}
const std::string* row_column(const Measured& measured) {
  return named(measured.columns, "x_SourceRow", "source_row_number");
}

// The table or interface that a gold table's rows add up: as its contract says, else what it reads, near or far.
Result<Measured> charges_of(const Workshop& workshop, const Release& release, const pack::Model& model) {
  std::vector<std::string> interfaces;
  std::set<pack::TableName> seen;
  std::vector<const pack::Model*> open = {&model};
  while (!open.empty()) {
    const auto* next = open.back();
    open.pop_back();
    interfaces.insert(interfaces.end(), next->interface_inputs.begin(), next->interface_inputs.end());
    for (const auto& input : next->inputs) {
      const auto* other = workshop.library.model(input);
      if (other != nullptr && input.layer != pack::Layer::bronze && seen.insert(input).second) open.push_back(other);
    }
  }
  std::vector<pack::TableName> candidates;
  if (model.contract.explain.from) candidates.push_back(*model.contract.explain.from);
  for (const auto& name : interfaces) {
    if (const auto* interface = workshop.library.interface(name)) candidates.push_back(interface->view());
  }
  for (const auto& table : seen) {
    if (table.layer == pack::Layer::silver) candidates.push_back(table);
  }
  for (const auto& table : candidates) {
    auto measured = table_of(workshop.library, release, table);
    if (measured && file_column(*measured) != nullptr && row_column(*measured) != nullptr) return measured;
  }
  return fail_hint("ask for a measure of a silver table", ErrorKind::not_found,
                   "{} is made of no table of this release whose rows say where they came from",
                   model.contract.table.text());
}

constexpr std::int64_t kCellsToPruneBy = 1000;

// Rows behind the cells of a gold table: equal in the columns of its grain, and what its contract adds.
class CellTrace {
 public:
  CellTrace(duck::Connection& connection, const pack::Model& model, const Measured& charges)
      : connection_(connection), contract_(model.contract), charges_(charges) {}

  /// Over the table `cells`, which holds the cells asked for.
  Result<Traced> trace(const std::string& measure) {
    Traced out;
    out.implementers = charges_.models;
    const auto amount = contract_.explain.amounts.find(measure);
    const auto* column = charges_.find(measure);
    if (amount == contract_.explain.amounts.end() && column == nullptr) {
      return fail_hint(fmt::format("add it to explain: {{amounts: …}} of {}", contract_.place.text()),
                       ErrorKind::not_found, "nothing says how {} of {} is added up from {}", measure,
                       contract_.table.text(), charges_.table.text());
    }
    if (amount == contract_.explain.amounts.end()) out.measure = column->name;
    std::string on = "true", prune = "true";
    bool derived = false;
    for (const auto& name : contract_.grain) {
      const auto* there = charges_.find(name);
      derived = derived || there == nullptr;
      if (there == nullptr && contract_.explain.where.empty()) {
        return fail_hint(fmt::format("say in explain: {{where: …}} of {} what it is made of", contract_.place.text()),
                         ErrorKind::not_found, "{} has no column {}, which {} is by", charges_.table.text(), name,
                         contract_.table.text());
      }
      if (there == nullptr) continue;
      on += fmt::format(" and charge.{0} is not distinct from cell.{0}", duck::name(there->name));
      prune += TRY(values_of(*there));
    }
    out.once = !derived;
    if (!contract_.explain.where.empty()) on += fmt::format(" and ({})", contract_.explain.where);
    out.rows_sql = fmt::format(
        "select charge.{} as centavo_file, charge.{} as centavo_row, {} as centavo_amount from (select * from {} where "
        "{}) as charge join cells as cell on {}",
        duck::name(*file_column(charges_)), duck::name(*row_column(charges_)),
        amount == contract_.explain.amounts.end() ? "charge." + duck::name(out.measure) : amount->second,
        charges_.table.text(), prune, on);
    return out;
  }

 private:
  // " and X in (…)" of the cells' values, so that files and row groups without them are not read.
  Result<std::string> values_of(const pack::ColumnSpec& column) {
    const std::string name = duck::name(column.name);
    const auto values = TRY(connection_.all(
        fmt::format("select distinct cast({} as varchar) from cells limit {}", name, kCellsToPruneBy + 1)));
    if (static_cast<std::int64_t>(values.size()) > kCellsToPruneBy) return std::string();
    std::string list, null;
    for (const auto& row : values) {
      if (!row[0]) null = fmt::format(" or {} is null", name);
      if (row[0])
        list += fmt::format("{}cast({} as {})", list.empty() ? "" : ", ", duck::literal(*row[0]), column.type);
    }
    if (list.empty()) return null.empty() ? std::string(" and false") : fmt::format(" and {} is null", name);
    return fmt::format(" and ({} in ({}){})", name, list, null);
  }

  duck::Connection& connection_;
  const pack::Contract& contract_;
  const Measured& charges_;
};

// A bronze table that an implementer reads, and its exact amount for the measure, when its contract proves one.
struct RawSide {
  std::string table, amount, where;
};
std::vector<RawSide> raw_sides(const Workshop& workshop, const Traced& traced, const Release& release) {
  std::vector<RawSide> out;
  if (traced.measure.empty() || !traced.once) return out;
  for (const auto* model : traced.implementers) {
    if (!release.versions.contains(model->contract.table.text())) continue;
    bool found = false;
    for (const auto& input : model->inputs) {
      const auto* bronze = workshop.library.model(input);
      if (bronze == nullptr || input.layer != pack::Layer::bronze || !release.versions.contains(input.text())) continue;
      for (const auto& proof : bronze->contract.proofs) {
        if (!same_name(proof.measure, traced.measure)) continue;
        out.push_back({input.text(), proof.amount, proof.where});
        found = true;
      }
    }
    if (!found) return {};   // then the raw amounts of all are not known
  }
  return out;
}

class Explainer {
 public:
  Explainer(Workshop& workshop, const Tenant& tenant, Reader reader, const Graph& graph, int lines_max)
      : workshop_(workshop), tenant_(tenant), reader_(std::move(reader)), graph_(graph), lines_max_(lines_max) {}

  Result<Explanation> run(const Question& asked) {
    const Measured measured = TRY(find_measured(workshop_.library, reader_.release(), asked.measure));
    out_.measure = measured.measure;
    out_.where = asked.where;
    out_.table = measured.table.text();
    const Traced traced = TRY(trace(measured, asked));
    auto& connection = reader_.connection();
    TRY(
        connection.run(fmt::format("create temp table explained as select centavo_file, centavo_row, "
                                   "sum(centavo_amount) as amount from ({}) group by 1, 2",
                                   traced.rows_sql)));
    if (out_.total.empty())
      out_.total = TRY(connection.value("select coalesce(sum(amount), 0) from explained")).value_or("0");
    TRY(list_files());
    TRY(list_lines());
    TRY(add_up_again(traced));
    const auto a = parse_decimal(out_.total);
    const auto b = parse_decimal(out_.total_of_lines);
    out_.holds = a && b && equal(*a, *b);
    return std::move(out_);
  }

 private:
  Result<Traced> trace(const Measured& measured, const Question& asked) {
    const std::string where = asked.where.empty() ? "" : fmt::format(" where ({})", asked.where);
    const auto* file = file_column(measured);
    const auto* row = row_column(measured);
    if (file != nullptr && row != nullptr) {
      Traced out;
      out.measure = measured.measure;
      out.implementers = measured.models;
      out.rows_sql =
          fmt::format("select {} as centavo_file, {} as centavo_row, {} as centavo_amount from {}{}", duck::name(*file),
                      duck::name(*row), duck::name(measured.measure), measured.table.text(), where);
      TRY(reader_.vet(out.rows_sql));
      return out;
    }
    const auto& model = *measured.models.front();
    const std::string cells = fmt::format("select * from {}{}", measured.table.text(), where);
    TRY(reader_.vet(cells));
    auto& connection = reader_.connection();
    TRY(connection.run("create temp table cells as " + cells));
    const auto total = TRY(
        connection.all(fmt::format("select coalesce(sum({}), 0), count(*) from cells", duck::name(measured.measure))));
    out_.total = total.front()[0].value_or("0");
    out_.cells = std::stoll(total.front()[1].value_or("0"));
    const auto charges = TRY(charges_of(workshop_, reader_.release(), model));
    auto out = TRY(CellTrace(connection, model, charges).trace(measured.measure));
    const auto* node = graph_.find(measured.table);
    out.rows_sql =
        TRY(workshop_.library.expand(out.rows_sql, "duckdb", node == nullptr ? SqlValues() : node->parameters));
    return out;
  }

  Status list_files() {
    for (const auto& row : TRY(reader_.connection().all(
             "select centavo_file, sum(amount), count(*) from explained group by 1 order by 1"))) {
      out_.files.emplace_back(row[0].value_or(""), row[1].value_or("0"));
      out_.rows += std::stoll(row[2].value_or("0"));
    }
    for (const auto& source : tenant_.sources) {
      for (const auto& landing : TRY(read_landings(workshop_.lake.store(), tenant_.id, source.name))) {
        for (const auto& file : landing.files) {
          raw_keys_[file.source_path] = file.raw_key;
          tables_[file.source_path].insert(landing.table);
        }
      }
    }
    return {};
  }

  Status list_lines() {
    const auto lines = TRY(reader_.connection().all(
        fmt::format("select * from explained order by abs(amount) desc nulls last, 1, 2 limit {}", lines_max_)));
    for (const auto& row : lines) {
      Explanation::Line line;
      line.file = row[0].value_or("");
      line.row = std::stoll(row[1].value_or("0"));
      line.amount = row[2].value_or("0");
      if (const auto it = raw_keys_.find(line.file); it != raw_keys_.end()) line.raw_key = it->second;
      out_.lines.push_back(std::move(line));
    }
    return {};
  }

  // The same sum once more, from the rows as they came in when the bronze contracts say what they are worth.
  Status add_up_again(const Traced& traced) {
    auto& connection = reader_.connection();
    const auto sides = raw_sides(workshop_, traced, reader_.release());
    // A name that files of two tables share does not say which of them a row came from.
    const bool told_apart = std::all_of(out_.files.begin(), out_.files.end(),
                                        [&](const auto& file) { return tables_[file.first].size() <= 1; });
    if (sides.empty() || !told_apart) {
      out_.total_of_lines = TRY(connection.value("select coalesce(sum(amount), 0) from explained")).value_or("0");
      return {};
    }
    Decimal sum;
    for (const auto& side : sides) {
      // Bounds say which row groups need not be read.
      const auto bounds =
          TRY(connection.all("select coalesce(min(centavo_row), 0), coalesce(max(centavo_row), 0) from explained"));
      const std::string sql = fmt::format(
          "select coalesce(sum({}), 0) from {} b where {}source_row_number between {} and {} and (source_file_name, "
          "source_row_number) in (select (centavo_file, centavo_row) from explained)",
          side.amount, side.table, side.where.empty() ? "" : fmt::format("({}) and ", side.where),
          bounds.front()[0].value_or("0"), bounds.front()[1].value_or("0"));
      const std::string expanded = TRY(workshop_.library.expand(sql, "duckdb", {}));
      const auto value = TRY(connection.value(expanded));
      const Decimal part = TRY(parse_decimal(value.value_or("0")));
      sum = TRY(add(sum, part));
      TRY(read_raw_rows(side.table));
    }
    out_.total_of_lines = sum.text();
    return {};
  }

  // The raw records of the lines shown, personal columns left out.
  Status read_raw_rows(const std::string& table) {
    std::string places;
    for (const auto& line : out_.lines)
      places += fmt::format("{}({}, {})", places.empty() ? "" : ", ", duck::literal(line.file), line.row);
    if (places.empty()) return {};
    const auto name = TRY(pack::parse_table_name(table));
    const auto* bronze = workshop_.library.model(name);
    auto rows = TRY(reader_.connection().query(
        fmt::format("select * from {} where (source_file_name, source_row_number) in ({})", table, places)));
    std::map<std::pair<std::string, std::int64_t>, std::string> records;
    while (TRY(rows.next())) {
      Json record = Json::object();
      std::pair<std::string, std::int64_t> place;
      for (std::size_t i = 0; i < rows.columns().size(); ++i) {
        const auto& delivered = rows.columns()[i].name;
        if (delivered == "source_file_name") place.first = rows.text(i);
        if (delivered == "source_row_number") place.second = rows.integer(i);
        const auto* column = bronze->contract.find(delivered);
        const bool hidden =
            column != nullptr && !column->classification.empty() && column->classification != "financial";
        if (!rows.is_null(i) && !hidden) record[delivered] = rows.json(i);
      }
      records[place] = record.dump();
    }
    for (auto& line : out_.lines) {
      if (const auto it = records.find({line.file, line.row}); it != records.end()) line.raw_text = it->second;
    }
    return {};
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  Reader reader_;
  const Graph& graph_;
  const int lines_max_;
  std::map<std::string, std::string> raw_keys_;
  std::map<std::string, std::set<std::string>> tables_;   // by file name: bronze tables it filled
  Explanation out_;
};

}  // namespace

Result<Explanation> explain(Workshop& workshop, const Tenant& tenant, std::string_view question,
                            std::int64_t release_number, int lines_max) {
  const Question asked = TRY(read_question(question));
  auto reader = TRY(Reader::open(workshop, tenant, release_number));
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  return Explainer(workshop, tenant, std::move(reader), graph, lines_max).run(asked);
}

}  // namespace centavo
