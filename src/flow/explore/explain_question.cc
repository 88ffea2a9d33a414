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
  const bool of_rules = std::any_of(need.dimensions.begin(), need.dimensions.end(), [](const std::string& dimension) {
    return dimension.starts_with("vtag:") || dimension == "cost_centre" || dimension.starts_with("level_");
  });
  // The charges themselves say most; who does not see them has the cells that answered followed to them.
  need.stored = true;
  need.by_charge = !of_rules && holdings.sees(kCharges);
  auto source = choose_source(holdings, need);
  if (need.by_charge && (!source || source->amount(asked.measure).starts_with("\"x_"))) {
    need.by_charge = false;   // converted amounts stand in gold
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
