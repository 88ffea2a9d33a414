#include "flow/explore/amounts.h"
#include "flow/explore/explore.h"
#include "flow/explore/source.h"
#include "flow/explore/span.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr const char* kTable = "gold.commitment_summary";

Result<Commitment> commitment_in(const std::vector<std::optional<std::string>>& row) {
  Commitment out;
  out.id = row[0].value_or("");
  out.name = row[1];
  out.type = row[2];
  out.currency = row[3].value_or("");
  out.committed = plain(row[4]);
  out.used = plain(row[5]);
  out.unused = plain(row[6]);
  out.utilisation = TRY(ratio(out.used, out.committed));
  out.coverage = TRY(ratio(plain(row[7]), plain(row[8])));
  return out;
}

}  // namespace

Result<Commitments> commitments(Reader& reader, const Holdings& holdings, const Question& question) {
  Commitments out;
  if (!holdings.sees(kTable)) {
    out.currency = question.currency.empty() ? holdings.tenant_currency : question.currency;
    return out;
  }
  out.period = TRY(span_of(holdings, question.period));
  if (out.period.in_days) {
    return fail_hint("ask for whole months", ErrorKind::invalid_argument, "commitments stand by month");
  }
  out.currency = question.currency.empty() ? holdings.tenant_currency : question.currency;
  if (!holdings.billed_in.contains(out.currency)) {
    return fail_hint(
        fmt::format("commitments are in the currencies of the bills: {}", fmt::join(holdings.billed_in, ", ")),
        ErrorKind::invalid_argument, "cur={}: commitments are not converted", out.currency);
  }
  Source table;
  table.table = kTable;
  const auto rows = TRY(reader.connection().all(
      fmt::format("with picked as (select * from {} where BillingCurrency = {} and {})\nselect CommitmentDiscountId, "
                  "max(CommitmentDiscountName), max(CommitmentDiscountType), max(BillingCurrency), sum(used_cost) + "
                  "sum(unused_cost), "
                  "sum(used_cost), sum(unused_cost), sum(covered_cost), sum(eligible_cost), "
                  "grouping(CommitmentDiscountId) from picked "
                  "group by grouping sets ((x_Provider, CommitmentDiscountId), ()) order by 10, 5 desc, 1",
                  kTable, duck::literal(out.currency), table.in(out.period))));
  for (const auto& row : rows) {
    auto one = TRY(commitment_in(row));
    if (row[9] == "0") {
      out.rows.push_back(std::move(one));
    } else if (!out.rows.empty()) {
      // What two commitments could both have covered counts in each of them, so that the sum says nothing.
      if (out.rows.size() > 1) one.coverage.reset();
      one.currency = out.currency;
      out.total = std::move(one);
    }
  }
  return out;
}

}  // namespace centavo::explore
