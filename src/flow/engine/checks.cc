#include "flow/engine/checks.h"

#include <algorithm>
#include <cctype>

namespace centavo {
namespace {

using pack::CheckKind;
using pack::CheckSpec;
using pack::Severity;

constexpr int kSampleRows = 3;

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

std::vector<std::string> quoted(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(duck::name(name));
  return out;
}

std::string literals(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const auto& value : values) out.push_back(duck::literal(value));
  return join(out, ", ");
}

// "a is null or b is null", per column.
std::string any_column(const CheckSpec& check, std::string_view predicate) {
  std::vector<std::string> parts;
  for (const auto& column : check.columns) parts.push_back(fmt::format(fmt::runtime(predicate), duck::name(column)));
  return "(" + join(parts, " or ") + ")";
}

// True for a bad row; nullopt for a check that is not on single rows.
std::optional<std::string> bad_row_sql(const pack::Contract& contract, const CheckSpec& check) {
  switch (check.kind) {
    case CheckKind::required: return any_column(check, "{} is null");
    case CheckKind::accepted_values: {
      // Compared as text, so that booleans and numbers can be listed too.
      const auto* column = contract.find(check.columns.front());
      const bool text = column != nullptr && column->type == "VARCHAR";
      return any_column(check, text ? "{0} not in (" + literals(check.values) + ")"
                                    : "cast({0} as varchar) not in (" + literals(check.values) + ")");
    }
    case CheckKind::pattern:
      return fmt::format("not regexp_matches({}, {})", duck::name(check.columns.front()), duck::literal(check.pattern));
    case CheckKind::range: {
      const std::string column = duck::name(check.columns.front());
      const auto* spec = contract.find(check.columns.front());
      const std::string type = spec == nullptr ? "decimal(38,9)" : spec->type;
      std::vector<std::string> parts;
      if (!check.min.empty())
        parts.push_back(fmt::format("{} < cast({} as {})", column, duck::literal(check.min), type));
      if (!check.max.empty())
        parts.push_back(fmt::format("{} > cast({} as {})", column, duck::literal(check.max), type));
      return "(" + join(parts, " or ") + ")";
    }
    case CheckKind::valid_cpf: return any_column(check, "not centavo_valid_cpf({})");
    case CheckKind::valid_cnpj: return any_column(check, "not centavo_valid_cnpj({})");
    case CheckKind::valid_email:
      return fmt::format(
          "not regexp_full_match({}, '[A-Za-z0-9.!#$%&''*+/=?^_`{{|}}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+')",
          duck::name(check.columns.front()));
    default: return std::nullopt;
  }
}

// A total order, so that the row which stays is the same whatever the threads and the order of files: as delivered
// where the table knows its source, then by the whole row (rows equal in all of it may stand for each other).
std::string second_and_later_sql(const pack::Contract& contract, const CheckSpec& check) {
  std::vector<std::string> order;
  const auto columns = all_columns(contract);
  for (const char* source : {"source_file_name", "source_row_number", "x_SourceFile", "x_SourceRow"}) {
    if (std::any_of(columns.begin(), columns.end(), [&](const auto& column) { return column.name == source; }))
      order.push_back(duck::name(source));
  }
  order.emplace_back("this");
  return fmt::format("row_number() over (partition by {} order by {}) > 1", join(quoted(check.columns), ", "),
                     join(order, ", "));
}

// The bad rows of a check on the whole table, as a select.
Result<std::string> bad_rows_select(const pack::Library& library, const CheckSpec& check, const SqlValues& values,
                                    const StagedFacts& facts) {
  switch (check.kind) {
    case CheckKind::unique: {
      const std::string columns = join(quoted(check.columns), ", ");
      return fmt::format("select {0}, count(*) as copies from this group by {0} having count(*) > 1", columns);
    }
    case CheckKind::reference: {
      std::vector<std::string> equal, present;
      for (std::size_t i = 0; i < check.columns.size(); ++i) {
        const auto& theirs = i < check.to_columns.size() ? check.to_columns[i] : check.columns[i];
        equal.push_back(fmt::format("u.{} = t.{}", duck::name(theirs), duck::name(check.columns[i])));
        present.push_back(fmt::format("t.{} is not null", duck::name(check.columns[i])));
      }
      return fmt::format("select t.* from this t where {} and not exists (select 1 from {} u where {})",
                         join(present, " and "), check.to->text(), join(equal, " and "));
    }
    case CheckKind::freshness:
      return fmt::format(
          "select max({0}) as newest from this having max({0}) < timestamptz '{1}' - interval '{2} seconds'",
          duck::name(check.columns.front()), iso_time(facts.now_ms), static_cast<std::int64_t>(check.hours * 3600));
    case CheckKind::reconciles: {
      const auto side = [&](const std::string& sum, const std::string& by, const std::string& where,
                            const std::string& from) {
        return fmt::format("select {} as category, {} as amount from {}{}{}", by.empty() ? "''" : by, sum, from,
                           where.empty() ? "" : " where " + where, by.empty() ? "" : " group by 1");
      };
      const std::string ours =
          TRY(library.expand(side(check.ours, check.ours_by, check.ours_where, "this"), "duckdb", values));
      const std::string theirs = TRY(
          library.expand(side(check.theirs, check.theirs_by, check.theirs_where, check.to->text()), "duckdb", values));
      return fmt::format(
          "select coalesce(o.category, t.category) as category, o.amount as ours, t.amount as theirs from ({}) o full "
          "join ({}) t "
          "on o.category is not distinct from t.category where abs(coalesce(o.amount, 0) - coalesce(t.amount, 0)) > {}",
          ours, theirs, check.tolerance);
    }
    case CheckKind::sql: return library.expand(check.sql, "duckdb", values);
    default: return fail(ErrorKind::internal, "check {} is not on the whole table", check.name);
  }
}

bool is_private(const pack::Contract& contract, std::string_view name) {
  const auto* column = contract.find(name);
  return column != nullptr && (column->classification == "personal" || column->classification == "secret");
}

// Columns that tell which rows are bad and why: the grain, those the check is about, and the period. In bronze, where
// the row came from.
std::set<std::string> telling_columns(const pack::Contract& contract, const CheckSpec& check) {
  std::set<std::string> out(contract.grain.begin(), contract.grain.end());
  out.insert(check.columns.begin(), check.columns.end());
  if (out.size() == check.columns.size()) out.insert({"source_file_name", "source_row_number"});
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (const auto& column : all_columns(contract)) {
    for (std::size_t at = check.sql.find(column.name); at != std::string::npos;
         at = check.sql.find(column.name, at + 1)) {
      const std::size_t end = at + column.name.size();
      if ((at == 0 || !is_word(check.sql[at - 1])) && (end == check.sql.size() || !is_word(check.sql[end])))
        out.insert(column.name);
    }
  }
  return out;
}

Result<std::string> sample_of(Desk& desk, const pack::Contract& contract, const CheckSpec& check,
                              const std::string& select) {
  const auto telling = telling_columns(contract, check);
  // A column of the table is shown when it tells something; others (counts, sums of the check) are what it is about.
  std::set<std::string> left_out;
  for (const auto& column : TRY(desk.connection().describe("select * from this"))) {
    if (!telling.contains(column.name) || is_private(contract, column.name)) left_out.insert(column.name);
  }
  auto rows = TRY(desk.connection().query(fmt::format("select * from ({}) limit {}", select, kSampleRows)));
  Json out = Json::array();
  while (TRY(rows.next())) {
    Json row = Json::object();
    for (std::size_t i = 0; i < rows.columns().size(); ++i) {
      const auto& name = rows.columns()[i].name;
      if (!rows.is_null(i) && !left_out.contains(name)) row[name] = rows.json(i);
    }
    out.push_back(std::move(row));
  }
  return out.dump();
}

bool known_by_statistics(const CheckSpec& check, const StagedFacts& facts) {
  if (check.kind != CheckKind::required) return false;
  return std::all_of(check.columns.begin(), check.columns.end(), [&](const std::string& column) {
    const auto it = facts.null_counts.find(column);
    return it != facts.null_counts.end() && it->second == 0;
  });
}

// One scan for all checks on single rows.
Status scan_rows(Desk& desk, const pack::Contract& contract,
                 const std::vector<std::pair<CheckResult*, std::string>>& rules) {
  if (rules.empty()) return {};
  std::vector<std::string> counts;
  for (const auto& [result, bad] : rules) counts.push_back(fmt::format("count(*) filter (where {})", bad));
  auto rows = TRY(desk.connection().query(fmt::format("select {} from this", join(counts, ", "))));
  if (TRY(rows.next())) {
    for (std::size_t i = 0; i < rules.size(); ++i) rules[i].first->bad_rows = rows.integer(i);
  }
  while (TRY(rows.next())) {
  }
  for (const auto& [result, bad] : rules) {
    if (result->bad_rows == 0) continue;
    result->sample = TRY(sample_of(desk, contract, *result->check, "select * from this where " + bad));
  }
  return {};
}

}  // namespace

Result<std::vector<CheckResult>> run_checks(Desk& desk, const pack::Library& library, const pack::Contract& contract,
                                            const SqlValues& values, const StagedFacts& facts) {
  std::vector<CheckResult> results(contract.checks.size());
  std::vector<std::pair<CheckResult*, std::string>> row_rules;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& check = contract.checks[i];
    results[i].check = &check;
    if (check.kind == CheckKind::schema_unchanged || known_by_statistics(check, facts)) continue;
    if (auto bad = bad_row_sql(contract, check)) row_rules.emplace_back(&results[i], std::move(*bad));
  }
  TRY(scan_rows(desk, contract, row_rules));

  for (auto& result : results) {
    const auto& check = *result.check;
    if (check.kind == CheckKind::schema_unchanged || bad_row_sql(contract, check)) continue;
    if (check.kind == CheckKind::row_count_change) {
      if (facts.rows_before.value_or(0) == 0) continue;
      const double change =
          std::abs(static_cast<double>(facts.rows - *facts.rows_before)) / static_cast<double>(*facts.rows_before);
      if (change > check.max_change_ratio) {
        result.bad_rows = 1;
        result.sample = Json::array({Json{{"rows_before", *facts.rows_before}, {"rows", facts.rows}}}).dump();
      }
      continue;
    }
    const std::string doing = fmt::format("check {} ({})", check.name, check.place.text());
    const std::string bad = TRY_IN(doing, bad_rows_select(library, check, values, facts));
    const std::string count = check.kind == CheckKind::unique ? "coalesce(sum(copies - 1), 0)::bigint" : "count(*)";
    const auto value = TRY_IN(doing, desk.connection().value(fmt::format("select {} from ({})", count, bad)));
    result.bad_rows = std::stoll(value.value_or("0"));
    if (result.bad_rows > 0) result.sample = TRY_IN(doing, sample_of(desk, contract, check, bad));
  }
  return results;
}

Result<std::string> quarantine_reason_sql(const pack::Library&, const pack::Contract& contract,
                                          const std::vector<CheckResult>& failed, const SqlValues&) {
  std::vector<std::string> reasons;
  for (const auto& result : failed) {
    if (result.passed() || result.check->severity != Severity::quarantine) continue;
    std::string bad;
    if (result.check->kind == CheckKind::unique) {
      bad = second_and_later_sql(contract, *result.check);
    } else if (auto row = bad_row_sql(contract, *result.check)) {
      bad = *row;
    } else {
      return fail(ErrorKind::invalid_argument, "{}: check {} cannot quarantine: it is not on single rows",
                  result.check->place.text(), result.check->name);
    }
    reasons.push_back(fmt::format("case when {} then {} end", bad, duck::literal(result.check->name)));
  }
  if (reasons.empty()) return std::string();
  return fmt::format("nullif(concat_ws('; ', {}), '')", join(reasons, ", "));
}

}  // namespace centavo
