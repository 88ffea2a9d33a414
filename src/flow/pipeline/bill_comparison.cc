#include "flow/pipeline/bill_comparison.h"

#include <set>

#include "flow/engine/desk.h"
#include "flow/pipeline/measured.h"
#include "flow/pipeline/released.h"
#include "flow/pipeline/scratch.h"
#include "flow/pipeline/work.h"
#include "io/duck/wide_sum.h"

namespace centavo {
namespace {

// Of a column of a pairing key, this part of our rows must have a value that theirs have too.
constexpr std::string_view kKeyAgreementMin = "0.5";
constexpr std::string_view kScratchTenant = "theirs";

bool is_decimal(const std::string& type) { return type.starts_with("DECIMAL"); }

// The union of an interface's tables as selects, and the month column that they share.
struct Bill {
  std::string select;
  std::string period_column;
};

Bill joined(const BillQuestion& question, const std::vector<InterfacePart>& parts) {
  Bill out;
  out.select = interface_select(*question.interface, parts);
  for (const auto& part : parts) out.period_column = part.model->contract.period_column;
  return out;
}

Result<Bill> bill_of(Workshop& workshop, const Tenant& tenant, const BillQuestion& question, const Release& release) {
  ReleasedTables tables(workshop, tenant, release);
  auto connection = TRY(workshop.engine.connect());
  std::vector<InterfacePart> parts;
  for (const auto* model : workshop.library.implementers(question.interface->name)) {
    if (!tables.has(model->contract.table)) continue;
    const std::string select = TRY(tables.select(model->contract.table, ""));
    if (select.empty()) continue;
    auto whole = TRY(with_columns(connection, select, model->contract.columns));
    parts.push_back({model, std::move(whole)});
  }
  if (parts.empty())
    return fail(ErrorKind::not_found, "release {} of tenant {} has no rows of {}", release.number, tenant.id,
                question.interface->view().text());
  return joined(question, parts);
}

// Files are landed and made into silver like a tenant's, in a lake that goes away.
Result<Bill> bill_of_file(Workshop& workshop, Scratch& scratch, const BillQuestion& question, const OnEvent& on_event,
                          const Cancel* cancel) {
  Tenant tenant;
  tenant.id = kScratchTenant;
  tenant.name = question.file;
  tenant.sources = {{question.file_source, question.file_source, question.file, 0}};
  RunOptions options;
  options.periods = question.periods;
  for (const auto* model : workshop.library.implementers(question.interface->name))
    options.select.push_back(model->contract.table.text());
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  std::erase_if(options.select, [&](const auto& name) {
    const auto table = pack::parse_table_name(name);
    return !table || graph.find(*table) == nullptr;
  });
  TRY_IN(question.file, scratch.make(workshop.library, tenant, options, on_event, cancel));
  std::vector<InterfacePart> parts;
  for (const auto* model : workshop.library.implementers(question.interface->name)) {
    const std::string select = TRY(scratch.select(model->contract.table, {}));
    if (!select.empty()) parts.push_back({model, select});
  }
  if (parts.empty()) return fail(ErrorKind::not_found, "{}: no rows came out of it", question.file);
  return joined(question, parts);
}

class BillComparer {
 public:
  BillComparer(duck::Connection& connection, const BillQuestion& question, BillComparison& out)
      : connection_(connection), question_(question), out_(out) {}

  Status run(const Bill& ours, const Bill& theirs) {
    // Columns of the specification; those that we added say nothing about a bill of others.
    const auto& all = question_.interface->columns;
    const bool of_specification =
        std::any_of(all.begin(), all.end(), [](const auto& each) { return !each.since.empty(); });
    for (const auto& column : all) {
      if (of_specification ? !column.since.empty() : !is_delivery_column(column.name)) columns_.push_back(&column);
    }
    TRY(choose_periods(ours, theirs));
    TRY(connection_.run("create temp view ours as " + in_periods(ours)));
    TRY(connection_.run("create temp view theirs as " + in_periods(theirs)));
    TRY(choose_key());
    return compare();
  }

 private:
  static Result<std::set<std::string>> months(duck::Connection& connection, const Bill& bill) {
    std::set<std::string> out;
    for (const auto& row : TRY(connection.all(fmt::format("select distinct strftime({}, '%Y-%m') from ({})",
                                                          duck::name(bill.period_column), bill.select))))
      out.insert(row[0].value_or(""));
    return out;
  }

  Status choose_periods(const Bill& ours, const Bill& theirs) {
    const auto a = TRY(months(connection_, ours));
    const auto b = TRY(months(connection_, theirs));
    const auto wanted = [&](const std::string& text) {
      const auto period = Period::parse(text);
      return !question_.periods || (period && question_.periods->contains(*period));
    };
    for (const auto& month : a) {
      if (wanted(month)) (b.contains(month) ? out_.periods : out_.only_ours).push_back(month);
    }
    for (const auto& month : b) {
      if (wanted(month) && !a.contains(month)) out_.only_theirs.push_back(month);
    }
    if (!out_.periods.empty()) return {};
    return fail(ErrorKind::invalid_argument, "no month is on both sides: ours has {}, theirs {}", fmt::join(a, ", "),
                fmt::join(b, ", "));
  }

  std::string in_periods(const Bill& bill) const {
    std::string list;
    for (const auto& month : out_.periods) list += fmt::format("{}date '{}-01'", list.empty() ? "" : ", ", month);
    return fmt::format("select * from ({}) where {} in ({})", bill.select, duck::name(bill.period_column), list);
  }

  const pack::ColumnSpec* column(const std::string& name) const {
    const auto it =
        std::find_if(columns_.begin(), columns_.end(), [&](const auto* each) { return each->name == name; });
    return it == columns_.end() ? nullptr : *it;
  }

  // Columns whose values the two sides share pair their rows; another spelling of a name must not keep them apart.
  Status choose_key() {
    if (!question_.key.empty()) {
      for (const auto& name : question_.key) {
        if (column(name) == nullptr) {
          return fail_hint(fmt::format("centavo docs lists the columns of {}", question_.interface->view().text()),
                           ErrorKind::invalid_argument, "--key {}: there is no such column", name);
        }
      }
      out_.key = question_.key;
      return {};
    }
    for (const auto& name : question_.interface->identity) {
      if (column(name) == nullptr) continue;
      const std::string sql = fmt::format(
          "select coalesce(avg(case when {0} is not distinct from null or {0} in (select {0} from theirs) then 1.0 "
          "else "
          "0 end), 0) >= {1} and (select count({0}) > 0 or (select count({0}) from ours) = 0 from theirs) from ours",
          duck::name(name), kKeyAgreementMin);
      const bool agrees = TRY(connection_.value(sql)).value_or("false") == "true";
      (agrees ? out_.key : out_.not_in_key).push_back(name);
    }
    if (!out_.key.empty()) return {};
    return fail_hint("name columns that both sides have in common with --key", ErrorKind::invalid_argument,
                     "no column pairs the rows of the two sides");
  }

  // A map is equal whatever the order of its keys.
  static std::string value_of(const std::string& side, const pack::ColumnSpec& column) {
    const std::string name = side + "." + duck::name(column.name);
    if (!column.type.starts_with("MAP(")) return name;
    return fmt::format("cast(list_sort(map_entries({})) as varchar)", name);
  }

  // Rows of one key are paired in the order of their amounts.
  std::string numbered(const std::string& side) const {
    std::string key, order;
    for (const auto& name : out_.key) key += (key.empty() ? "" : ", ") + duck::name(name);
    for (const auto* column : columns_) {
      if (is_decimal(column->type)) order += (order.empty() ? "" : ", ") + duck::name(column->name);
    }
    return fmt::format(
        "(select *, hash({0}) as pair_key, row_number() over (partition by hash({0}) order by {1}, x_SourceFile, "
        "x_SourceRow) as pair_number from {2})",
        key, order, side);
  }

  // A quantity may add up to more than its own type holds.
  static std::string wide_sum(const std::string& value) {
    const auto sum = duck::wide_sum(value);
    return fmt::format(", coalesce({}, 0), coalesce({}, 0)", sum.whole, sum.part);
  }

  Status compare() {
    std::string list =
        "count(o.pair_number), count(t.pair_number), count(*) filter (where o.pair_number is not null and "
        "t.pair_number is not null)";
    const std::string paired = "o.pair_number is not null and t.pair_number is not null";
    for (const auto* column : columns_) {
      const std::string ours = value_of("o", *column);
      const std::string theirs = value_of("t", *column);
      const std::string differs = fmt::format("{} and {} is distinct from {}", paired, ours, theirs);
      list += fmt::format(
          ", count(*) filter (where {0} and {1} is not null and {2} is not null), count(*) filter (where {0} and {1} "
          "is "
          "null), count(*) filter (where {0} and {2} is null)",
          differs, ours, theirs);
      if (is_decimal(column->type)) {
        list += wide_sum("o." + duck::name(column->name)) + wide_sum("t." + duck::name(column->name));
      } else {
        list += ", null, null, null, null";
      }
      list += fmt::format(
          ", to_json(min_by({{'ours': cast({1} as varchar), 'theirs': cast({2} as varchar), 'file': o.x_SourceFile, "
          "'row': o.x_SourceRow, 'their_file': t.x_SourceFile, 'their_row': t.x_SourceRow}}, (o.pair_key, "
          "o.pair_number), {3}) filter (where {0}))",
          differs, ours, theirs, question_.samples);
    }
    const auto found = TRY(connection_.all(
        fmt::format("select {} from {} as o full join {} as t on o.pair_key = t.pair_key and o.pair_number = "
                    "t.pair_number",
                    list, numbered("ours"), numbered("theirs"))));
    return read(found.front());
  }

  Status read(const std::vector<std::optional<std::string>>& row) {
    std::size_t at = 0;
    const auto number = [&] { return std::atoll(row[at++].value_or("0").c_str()); };
    out_.rows_ours = number();
    out_.rows_theirs = number();
    out_.pairs = number();
    for (const auto* spec : columns_) {
      BillComparison::Column column;
      column.name = spec->name;
      column.differing = number();
      column.missing_ours = number();
      column.missing_theirs = number();
      if (is_decimal(spec->type)) {
        const auto sum = [&](std::size_t whole) -> Result<Decimal> {
          return add(TRY(parse_decimal(row[whole].value_or("0"))), TRY(parse_decimal(row[whole + 1].value_or("0"))));
        };
        const Decimal ours = TRY(sum(at));
        const Decimal theirs = TRY(sum(at + 2));
        column.ours = ours.shortest();
        column.theirs = theirs.shortest();
        column.difference = TRY(subtract(ours, theirs)).shortest();
      }
      at += 4;
      if (const auto& samples = row[at++]) column.samples = TRY(parse_json(*samples));
      out_.columns.push_back(std::move(column));
    }
    std::stable_sort(out_.columns.begin(), out_.columns.end(), [](const auto& a, const auto& b) {
      return a.differing + a.missing_ours + a.missing_theirs > b.differing + b.missing_ours + b.missing_theirs;
    });
    out_.same = out_.pairs == out_.rows_ours && out_.pairs == out_.rows_theirs && out_.only_ours.empty() &&
                out_.only_theirs.empty() &&
                std::all_of(out_.columns.begin(), out_.columns.end(), [](const auto& column) { return column.same(); });
    return {};
  }

  duck::Connection& connection_;
  const BillQuestion& question_;
  BillComparison& out_;
  std::vector<const pack::ColumnSpec*> columns_;
};

}  // namespace

Result<BillComparison> compare_bills(Workshop& workshop, const Tenant& tenant, const BillQuestion& question,
                                     const OnEvent& on_event, const Cancel* cancel) {
  BillComparison out;
  out.tenant = tenant.id;
  out.theirs = question.tenant ? "tenant " + question.tenant->id : question.file;
  const auto ours_release = TRY(release(workshop.lake.store(), tenant.id, question.release));
  out.release = ours_release.number;
  const Bill ours = TRY(bill_of(workshop, tenant, question, ours_release));
  std::optional<Scratch> scratch;
  Bill theirs;
  if (question.tenant) {
    const auto their_release = TRY(release(workshop.lake.store(), question.tenant->id));
    theirs = TRY(bill_of(workshop, *question.tenant, question, their_release));
  } else {
    scratch.emplace(TRY(Scratch::open(workshop, std::string(kScratchTenant))));
    theirs = TRY(bill_of_file(workshop, *scratch, question, on_event, cancel));
  }
  auto desk = TRY(Desk::open(workshop.engine, cancel));
  TRY(BillComparer(desk.connection(), question, out).run(ours, theirs));
  return out;
}

}  // namespace centavo
