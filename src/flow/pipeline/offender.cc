#include "flow/pipeline/offender.h"

#include "base/decimal.h"

namespace centavo {
namespace {

constexpr int kRowsTriedMax = 20;

// The value between the message's outermost quotes.
std::optional<std::string> quoted_value(const std::string& message) {
  const auto first = message.find_first_of("\"'");
  if (first == std::string::npos) return std::nullopt;
  const auto last = message.rfind(message[first]);
  if (last <= first + 1) return std::nullopt;
  return message.substr(first + 1, last - first - 1);
}

// The engine shortens a long value.
std::string equals(const std::string& column, const std::string& value) {
  constexpr std::string_view kCut = "...";
  if (value.size() > 50 && value.ends_with(kCut))
    return fmt::format("starts_with({}, {})", column, duck::literal(value.substr(0, value.size() - kCut.size())));
  const std::string same = fmt::format("{} = {}", column, duck::literal(value));
  if (!parse_decimal(value)) return same;
  // A number that is too large for its place is told with zeros that nobody delivered.
  return fmt::format("({0} or try_cast({1} as decimal(38,21)) = try_cast({2} as decimal(38,21)))", same, column,
                     duck::literal(value));
}

struct Suspect {
  std::string file, row, columns;
};

Result<std::vector<Suspect>> suspects_in(duck::Connection& engine, const std::string& select,
                                         const std::string& value) {
  std::vector<std::string> tests, names;
  int places = 0;
  for (const auto& column : TRY(engine.describe(select))) {
    const std::string name = duck::name(column.name);
    if (column.name == "source_file_name" || column.name == "source_row_number") ++places;
    if (column.type != "VARCHAR" || column.name == "source_file_name" || column.name == "raw_ingestion_id") continue;
    tests.push_back(equals(name, value));
    names.push_back(fmt::format("case when {} then {} end", tests.back(), duck::literal(column.name)));
  }
  if (places != 2 || tests.empty()) return std::vector<Suspect>{};
  std::vector<Suspect> out;
  for (const auto& row :
       TRY(engine.all(fmt::format("select source_file_name, source_row_number, concat_ws(' or ', {}) from ({}) where "
                                  "{} order by 1, 2 limit {}",
                                  fmt::join(names, ", "), select, fmt::join(tests, " or "), kRowsTriedMax)))) {
    out.push_back({row[0].value_or(""), row[1].value_or("0"), row[2].value_or("")});
  }
  return out;
}

}  // namespace

std::optional<std::string> find_offender(duck::Connection& engine, const std::map<std::string, std::string>& tables,
                                         const Error& error,
                                         const std::function<bool(const std::string&, const std::string&)>& try_row) {
  const auto value = quoted_value(error.message);
  if (!value) return std::nullopt;
  for (const auto& [table, select] : tables) {
    const auto suspects = suspects_in(engine, select, *value);
    if (!suspects) continue;
    for (const Suspect& suspect : *suspects) {
      const std::string alone = fmt::format("select * from ({}) where source_file_name = {} and source_row_number = {}",
                                            select, duck::literal(suspect.file), suspect.row);
      if (try_row(table, alone))
        return fmt::format("{}: row {}, column {}", suspect.file, suspect.row, suspect.columns);
    }
  }
  return std::nullopt;
}

}  // namespace centavo
