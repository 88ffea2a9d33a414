#include <cctype>
#include <future>
#include <set>

#include "flow/engine/desk.h"
#include "flow/pipeline/masking.h"
#include "flow/pipeline/rule_trace.h"
#include "flow/pipeline/vetting.h"
#include "flow/pipeline/work.h"

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
  for (char& c : lower) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  auto at = lower.find(" where ");
  if (at == std::string::npos && lower.ends_with(" where")) at = lower.size() - 6;
  Question out{std::string(text.substr(0, at)),
               at == std::string::npos || at + 7 > text.size() ? "" : std::string(text.substr(at + 7))};
  if (at != std::string::npos && out.where.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(ErrorKind::invalid_argument, "nothing is said behind \"where\"");
  const auto first = out.measure.find_first_not_of(" \t\n");
  const auto last = out.measure.find_last_not_of(" \t\n");
  if (first == std::string::npos) {
    return fail_hint("write a measure and a condition: \"BilledCost where ServiceName = 'Virtual Machines'\"",
                     ErrorKind::invalid_argument, "nothing to explain");
  }
  out.measure = out.measure.substr(first, last - first + 1);
  return out;
}

constexpr std::int64_t kRowsHeldMax = 500'000;   // more rows than this are added up as they stream by

class Explainer {
 public:
  Explainer(Workshop& workshop, const Tenant& tenant, Reader reader, const Graph& graph, int lines_max,
            const access::Sight& sight, bool with_raw, const Cancel* cancel)
      : workshop_(workshop),
        tenant_(tenant),
        reader_(std::move(reader)),
        made_by_(workshop, tenant, graph, reader_.release()),
        lines_max_(lines_max),
        sight_(sight),
        with_raw_(with_raw && sight.sees_layer("bronze")),
        cancel_(cancel) {}

  Result<Explanation> run(const Question& asked) {
    reader_.connection().watch(cancel_);
    const Measured measured = TRY(find_measured(workshop_.library, released_in_sight(), asked.measure));
    TRY(vet_question(measured, asked));
    out_.measure = measured.measure;
    out_.where = asked.where;
    out_.table = measured.table.text();
    const Traced traced = TRY(trace(measured, asked));
    TRY(hold_rows(traced));
    found_ = TRY(reader_.connection().value(fmt::format("select coalesce(sum(centavo_amount), 0) from {}", rows_)))
                 .value_or("0");
    if (out_.total.empty()) out_.total = found_;
    TRY(list_files());
    TRY(list_lines());
    TRY(add_up_again(traced));
    compare();
    return std::move(out_);
  }

 private:
  // The release as if it had only the layers in sight.
  Release released_in_sight() const {
    Release release = reader_.release();
    std::erase_if(release.versions,
                  [&](const auto& entry) { return !sight_.sees_layer(entry.first.substr(0, entry.first.find('.'))); });
    return release;
  }

  // The number is made of whole rows; so the question may not ask of masked values, nor of tables out of sight.
  Status vet_question(const Measured& measured, const Question& asked) {
    if (sight_.sees_all() || asked.where.empty()) return {};
    Masks masks = masks_of(measured.table, measured.columns, sight_);
    for (const auto* model : measured.models) {
      std::vector<pack::ColumnSpec> its = measured.columns;
      std::erase_if(its, [&](const auto& column) { return model->contract.find(column.name) == nullptr; });
      masks.merge(masks_of(model->contract, its, sight_));
    }
    const auto found = TRY(reader_.connection().value(
        fmt::format("select json_serialize_sql({})",
                    duck::literal(fmt::format("select 1 from {} where ({})", measured.table.text(), asked.where)))));
    const auto tree = TRY(parse_json(found.value_or("{}")));
    TRY(vet_tree(tree, sight_));
    const auto spelled = [&](std::string_view name) {
      const auto* column = measured.find(name);
      return column == nullptr ? std::string() : column->name;
    };
    return vet_condition(
        tree, [&](std::string_view name) { return measured.find(name) != nullptr; },
        [&](std::string_view name) { return masks.contains(spelled(name)); });
  }

  // From the number to the raw rows, step by step: what does not hold is named.
  void compare() {
    const std::string from_raw = out_.total_of_lines;
    const auto step = [&](const std::string& one, const std::string& other, const std::string& words) {
      if (!agree(one, other)) out_.differs += fmt::format("{}{}", out_.differs.empty() ? "" : "; ", words);
    };
    if (!again_.empty()) {
      out_.behind = found_;
      out_.behind_again = std::exchange(out_.total_of_lines, again_);
      step(out_.total, again_, fmt::format("{} says {}, made again it is {}", out_.table, out_.total, again_));
    } else if (!charges_.empty()) {
      step(out_.total, found_,
           fmt::format("{} says {}, the rows of {} that it adds up {}", out_.table, out_.total, charges_, found_));
    }
    step(found_, from_raw,
         fmt::format("the rows of {} say {}, made again of their raw rows {}", charges_.empty() ? out_.table : charges_,
                     found_, from_raw));
    out_.holds = out_.differs.empty();
  }

  static bool agree(const std::string& one, const std::string& other) {
    if (one == other) return true;
    const auto a = parse_decimal(one);
    const auto b = parse_decimal(other);
    return a && b && equal(*a, *b);
  }

  Result<Traced> trace(const Measured& measured, const Question& asked) {
    const std::string where = asked.where.empty() ? "" : fmt::format(" where ({})", asked.where);
    const auto* file = file_column(measured);
    const auto* row = row_column(measured);
    if (file != nullptr && row != nullptr) {
      Traced out;
      out.implementers = measured.models;
      out.rows_sql = fmt::format(
          "select {} as centavo_file, {} as centavo_row, {} as centavo_part, {} as centavo_period, {} as "
          "centavo_amount from {}{}",
          duck::name(*file), duck::name(*row), part_sql(measured, ""), period_sql(measured, ""),
          duck::name(measured.measure), measured.table.text(), where);
      TRY(reader_.vet(out.rows_sql));
      return out;
    }
    const auto& model = *measured.models.front();
    const auto no_sum = model.contract.explain.no_sum.find(measured.measure);
    if (no_sum != model.contract.explain.no_sum.end()) {
      return fail(ErrorKind::invalid_argument, "no rows add up to {} of {}: {}", measured.measure,
                  measured.table.text(), no_sum->second);
    }
    const std::string cells = fmt::format("select * from {}{}", measured.table.text(), where);
    TRY(reader_.vet(cells));
    auto& connection = reader_.connection();
    TRY(connection.run("create temp table cells as " + cells));
    const auto total = TRY(
        connection.all(fmt::format("select coalesce(sum({}), 0), count(*) from cells", duck::name(measured.measure))));
    out_.total = total.front()[0].value_or("0");
    out_.cells = std::stoll(total.front()[1].value_or("0"));
    TRY(list_used(model));
    const auto charges = TRY(charges_of(workshop_.library, reader_.release(), model, measured.measure));
    charges_ = charges.table.text();
    RuleTrace rules(reader_, made_by_, measured.table, measured.measure, asked.where);
    if (auto split = TRY(rules.trace(charges))) {
      again_ = TRY(rules.total_again());
      out_.splits = TRY(rules.splits(lines_max_));
      return std::move(*split);
    }
    auto out = TRY(trace_cells(connection, model, charges, measured.measure));
    const auto made_by = TRY(made_by_.of(measured.table, ""));
    const SqlValues values = made_by.node == nullptr ? SqlValues() : made_by.node->parameters;
    out.rows_sql = TRY(workshop_.library.expand(out.rows_sql, "duckdb", values));
    const auto* way = way_of(model.contract, measured.measure);
    if (way != nullptr && way->made_again) TRY(run_model_again(model, asked.where));
    return out;
  }

  // A number that is no sum: what the model makes of the release's tables once more.
  Status run_model_again(const pack::Model& model, const std::string& where) {
    auto& connection = reader_.connection();
    const auto& contract = model.contract;
    std::vector<std::string> periods = {""};
    if (!contract.period_column.empty()) {
      periods.clear();
      for (const auto& row : TRY(connection.all(
               fmt::format("select distinct strftime({}, '%Y-%m') from cells", duck::name(contract.period_column)))))
        periods.push_back(row[0].value_or(""));
    }
    std::string made;
    for (const auto& period : periods) {
      const auto made_by = TRY(made_by_.of(contract.table, period));
      if (made_by.node == nullptr) continue;
      const std::string sql =
          TRY(made_by.library->expand(made_by.node->sql_in(period), "duckdb", sql_values(*made_by.node, period)));
      unite(made, fmt::format("select * from (\n{}\n)", sql));
    }
    if (!made.empty()) again_ = TRY(sum_of(connection, out_.measure, made, contract.table, where));
    return {};
  }

  // What else went into the cells, as the contract says: over the table `cells`.
  Status list_used(const pack::Model& model) {
    for (const auto& used : model.contract.explain.used) {
      const bool went_in = std::find(used.measures.begin(), used.measures.end(), out_.measure) != used.measures.end();
      if (!went_in || !reader_.release().versions.contains(used.from.text())) continue;
      Explanation::Used& out = out_.used.emplace_back();
      out.name = used.name;
      std::string list;
      for (const auto& [name, expression] : used.columns) {
        out.columns.push_back(name);
        list += fmt::format("{}cast({} as varchar) as {}", list.empty() ? "" : ", ", expression, duck::name(name));
      }
      const auto made_by = TRY(made_by_.of(model.contract.table, ""));
      const SqlValues values = made_by.node == nullptr ? SqlValues() : made_by.node->parameters;
      const std::string sql = TRY(workshop_.library.expand(
          fmt::format("select distinct {} from cells as cell join {} as used on {} order by all limit {}", list,
                      used.from.text(), used.where, lines_max_),
          "duckdb", values));
      for (const auto& row : TRY(reader_.connection().all(sql))) {
        auto& texts = out.rows.emplace_back();
        for (const auto& value : row) texts.push_back(value.value_or(""));
      }
    }
    return {};
  }

  // The rows behind the number, as a table while they are few, because they are looked at several times; else as they
  // stream by.
  Status hold_rows(const Traced& traced) {
    auto& connection = reader_.connection();
    TRY(connection.run(
        fmt::format("create table explained as select * from ({}) limit {}", traced.rows_sql, kRowsHeldMax + 1)));
    const auto count = TRY(connection.value("select count(*) from explained")).value_or("0");
    holds_rows_ = std::stoll(count) <= kRowsHeldMax;
    rows_ = holds_rows_ ? "explained" : fmt::format("({})", traced.rows_sql);
    return holds_rows_ ? Status() : connection.run("drop table explained");
  }

  Status list_files() {
    for (const auto& row : TRY(reader_.connection().all(fmt::format(
             "select centavo_file, sum(centavo_amount), count(distinct centavo_row) from {} group by 1 order by 1",
             rows_)))) {
      out_.files.emplace_back(row[0].value_or(""), row[1].value_or("0"));
      out_.rows += std::stoll(row[2].value_or("0"));
    }
    for (const auto& row : TRY(reader_.connection().all(
             fmt::format("select distinct centavo_period from {} where centavo_period is not null order by 1", rows_))))
      periods_.push_back(row[0].value_or(""));
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
    const auto lines = TRY(reader_.connection().all(fmt::format(
        "select centavo_file, centavo_row, sum(centavo_amount) as amount from {} group by 1, 2 order by abs(amount) "
        "desc nulls last, 1, 2 limit {}",
        holds_rows_ ? rows_
                    : fmt::format("(select * from {} order by abs(centavo_amount) desc nulls last limit {})", rows_,
                                  lines_max_),
        lines_max_)));
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

  // The models that make `model`'s rows of the rows of a bronze table, that table's first: each reads the one before.
  // Empty when they are made of more than that.
  std::vector<const pack::Model*> way_from_raw(const pack::Model& model) const {
    std::vector<const pack::Model*> out;
    for (const auto* next = &model; next != nullptr && !next->sql.empty() && next->contract.rows.in;
         next = workshop_.library.model(*next->contract.rows.in)) {
      if (!reader_.release().versions.contains(next->contract.rows.in->text())) return {};
      out.insert(out.begin(), next);
      if (next->contract.rows.in->layer == pack::Layer::bronze) return out;
    }
    return {};
  }

  // The same sum once more: the models make their rows again from the raw rows behind the number, and those are added
  // up in their place. Rows that only come out because others were left out do not count. A model that looks at other
  // rows too gets its whole month.
  Status add_up_again(const Traced& traced) {
    auto& connection = reader_.connection();
    std::set<pack::TableName> raw_tables;
    for (const auto* implementer : traced.implementers) {
      const auto models = way_from_raw(*implementer);
      if (models.empty() || !reader_.release().versions.contains(implementer->contract.table.text())) continue;
      const auto& raw = *models.front()->contract.rows.in;
      const bool concerned = std::any_of(out_.files.begin(), out_.files.end(),
                                         [&](const auto& file) { return tables_[file.first].contains(raw.text()); });
      if (!concerned) continue;
      TRY(set_aside(raw));
      raw_tables.insert(raw);
      const bool hashes = std::any_of(models.begin(), models.end(), [](const auto* each) {
        return each->sql.find("cv_keyed_hash") != std::string::npos;  // nobody who reads has the key
      });
      if (!hashes) remade_.push_back(models);
    }
    // The records are looked up while the sum is made.
    auto beside = TRY(reader_.share());
    beside.connection().watch(cancel_);
    auto records = std::async(std::launch::async, [&]() -> Status {
      for (const auto& table : raw_tables) TRY(read_raw_rows(beside.connection(), table));
      return {};
    });
    const std::string sum =
        holds_rows_ ? fmt::format(
                          "select coalesce(sum(made.centavo_amount), 0) from ({}) as made semi join explained "
                          "as known on known.centavo_file = made.centavo_file and known.centavo_row = "
                          "made.centavo_row and known.centavo_part = made.centavo_part",
                          traced.rows_sql)
                    : fmt::format("select coalesce(sum(centavo_amount), 0) from ({})", traced.rows_sql);
    for (const bool only_these : {true, false}) {
      if (only_these && !holds_rows_) continue;
      for (const auto& models : remade_) {
        TRY(show_raw(*models.front(), only_these));
        for (const auto* model : models) TRY(remake(*model));
      }
      out_.total_of_lines = TRY(connection.value(sum)).value_or("0");
      if (agree(out_.total_of_lines, found_)) break;
    }
    return records.get();
  }

  // Puts what a model makes of its raw rows in the place of its table.
  Status remake(const pack::Model& model) {
    auto& connection = reader_.connection();
    const auto& contract = model.contract;
    std::string list, all;
    for (const auto& column : contract.columns)
      list += fmt::format("{}cast({} as {}) as {}", list.empty() ? "" : ", ", duck::name(column.name), column.type,
                          duck::name(column.name));
    for (const auto& period : contract.period_column.empty() ? std::vector<std::string>{""} : periods_) {
      const auto made_by = TRY(made_by_.of(contract.table, period));
      if (made_by.node == nullptr) continue;
      const std::string sql = TRY_IN(contract.table.text(), made_by.library->expand(made_by.node->model->sql, "duckdb",
                                                                                    sql_values(*made_by.node, period)));
      unite(all, fmt::format("select {} from (\n{}\n)", list, sql));
    }
    if (all.empty()) return {};
    // Its own rows may be an input of its interface's view: the view then reads these.
    return connection.run(fmt::format("create or replace view memory.{} as {}", contract.table.text(), all));
  }

  // The raw rows that the models see: of the months of the rows behind the number, those rows; or all. The engine reads
  // the columns that the sum needs, and skips groups of rows that have none of them.
  Status show_raw(const pack::Model& reader, bool only_these) {
    const auto& table = *reader.contract.rows.in;
    std::string which;
    if (only_these) {
      which =
          " semi join main.explained as known on known.centavo_file = raw.source_file_name and known.centavo_row = "
          "raw.source_row_number";
    }
    if (!reader.contract.reads_month_before) which += months_sql(table, " where ");
    return reader_.connection().run(
        fmt::format("create or replace view {} as select * from {} as raw{}", table.text(), aside(table), which));
  }

  // "<before> period in (…)": the months of the rows behind the number; "" for a table without.
  std::string months_sql(const pack::TableName& table, std::string_view before) const {
    const auto* bronze = workshop_.library.model(table);
    if (bronze == nullptr || bronze->contract.period_column.empty() || periods_.empty()) return {};
    std::string list;
    for (const auto& period : periods_)
      list += fmt::format("{}cast('{}-01' as date)", list.empty() ? "" : ", ", period);
    return fmt::format("{}{} in ({})", before, duck::name(bronze->contract.period_column), list);
  }

  static std::string aside(const pack::TableName& table) {
    return fmt::format("{}.centavo_whole_{}", pack::name_of(table.layer), table.table);
  }

  Status set_aside(const pack::TableName& table) {
    if (!set_aside_.insert(table).second) return {};
    return reader_.connection().run(fmt::format("alter view {} rename to centavo_whole_{}", table.text(), table.table));
  }

  // The raw records of the lines shown, personal columns left out.
  Status read_raw_rows(duck::Connection& connection, const pack::TableName& table) {
    if (!with_raw_) return {};
    // Written out, so that the engine looks for each where it can stand and reads the other columns there only.
    std::string places;
    for (const auto& line : out_.lines) {
      places += fmt::format("{}(source_row_number = {} and source_file_name = {})", places.empty() ? "" : " or ",
                            line.row, duck::literal(line.file));
    }
    if (places.empty()) return {};
    const auto* bronze = workshop_.library.model(table);
    auto rows = TRY(connection.query(
        fmt::format("select * from {} where ({}){}", aside(table), places, months_sql(table, " and "))));
    std::map<std::pair<std::string, std::int64_t>, std::string> records;
    std::vector<pack::ColumnSpec> columns;
    for (const auto& each : rows.columns()) columns.emplace_back().name = each.name;
    const Masks masks = masks_of(bronze->contract, columns, sight_);
    while (TRY(rows.next())) {
      Json record = Json::object();
      std::pair<std::string, std::int64_t> place;
      for (std::size_t i = 0; i < rows.columns().size(); ++i) {
        const auto& delivered = rows.columns()[i].name;
        if (delivered == "source_file_name") place.first = rows.text(i);
        if (delivered == "source_row_number") place.second = rows.integer(i);
        const auto* column = bronze->contract.find(delivered);
        const bool is_personal =
            column != nullptr && !column->classification.empty() && column->classification != "financial";
        const bool hidden = is_personal || (column != nullptr && !column->mask.empty()) || masks.contains(delivered);
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
  MadeBy made_by_;
  const int lines_max_;
  const access::Sight& sight_;
  const bool with_raw_;
  const Cancel* const cancel_;
  std::map<std::string, std::string> raw_keys_;
  std::map<std::string, std::set<std::string>> tables_;  // by file name: bronze tables it filled
  std::set<pack::TableName> set_aside_;
  bool holds_rows_ = true;  // the rows behind the number stand in the table `explained`
  std::string rows_;  // them, as SQL to select from
  std::vector<std::string> periods_;  // their months
  std::vector<std::vector<const pack::Model*>> remade_;  // by implementer: from bronze on
  std::string found_;  // what the rows behind the number add up to in their table
  std::string charges_;  // that table, behind cells of gold
  std::string again_;  // the number itself, made again by rules; "" when its rows just add up to it
  Explanation out_;
};

}  // namespace

Result<Explanation> explain(Workshop& workshop, const Tenant& tenant, std::string_view question,
                            std::int64_t release_number, int lines_max, const access::Sight& sight, bool with_raw,
                            const Cancel* cancel) {
  const Question asked = TRY(read_question(question));
  auto reader = TRY(Reader::open(workshop, tenant, release_number));
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  return Explainer(workshop, tenant, std::move(reader), graph, lines_max, sight, with_raw, cancel).run(asked);
}

}  // namespace centavo
