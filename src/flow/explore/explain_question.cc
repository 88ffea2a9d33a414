#include <algorithm>

#include "flow/explore/explore.h"
#include "flow/explore/source.h"
#include "flow/explore/span.h"
#include "io/duck/duck.h"

namespace centavo::explore {

Result<std::string> explain_question(const Holdings& holdings, const Question& question) {
  Question asked = question;
  asked.by.clear();
  const auto span = TRY(span_of(holdings, asked.period));
  Need need = need_of(asked, {span});
  // What somebody may not ask, nobody explains to them.
  TRY(choose_source(holdings, need));
  // Explaining reads the release as a whole, whoever asks: the charges themselves say most.
  Holdings whole = holdings;
  const bool of_rules = std::any_of(need.dimensions.begin(), need.dimensions.end(), [](const std::string& dimension) {
    return dimension.starts_with("vtag:") || dimension == "cost_centre" || dimension.starts_with("level_");
  });
  if (!of_rules && (whole.hides_silver || whole.sees(kCharges))) {
    auto& columns = whole.columns[std::string(kCharges)];
    whole.tables.insert(std::string(kCharges));
    if (whole.hides_silver) {
      columns.insert(known_columns().begin(), known_columns().end());
      columns.insert({"EffectiveCost", "BilledCost", "ListCost", "ContractedCost", "Tags"});
    }
    need.by_charge = true;
  }
  auto source = choose_source(whole, need);
  if (!source || source->amount(asked.measure).starts_with("\"x_")) {   // converted amounts stand in gold
    need.by_charge = false;
    source = choose_source(holdings, need);
  }
  if (!source) return fail(source.error());
  if (source->is_silver() && source->amount(asked.measure).starts_with("\"x_")) {
    return fail_hint(fmt::format("ask for it in a currency of the bills: {}", fmt::join(holdings.billed_in, ", ")),
                     ErrorKind::invalid_argument, "an amount in {} that no gold table has is not explained",
                     source->currency);
  }
  std::string where = source->in(span) + TRY(source->also(asked.filters));
  std::string table = source->table + ".";
  if (source->is_silver()) table.clear();
  if (source->from != source->table) {   // a tag's own rows
    const auto from = source->from.find(" where ");
    const auto end = source->from.rfind(") as ");
    where = fmt::format("({}) and {}", source->from.substr(from + 7, end - from - 7), where);
  }
  std::string measure = source->amount(asked.measure);
  measure = measure.substr(1, measure.size() - 2);
  return fmt::format("{}{} where {}", table, measure, where);
}

}  // namespace centavo::explore
