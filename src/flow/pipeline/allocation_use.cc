#include "flow/pipeline/allocation_use.h"

#include <algorithm>
#include <set>

#include "flow/allocation/compile.h"
#include "flow/engine/desk.h"
#include "flow/pipeline/released.h"

namespace centavo {
namespace {

constexpr const char* kCharges = "silver.focus_cost_and_usage";

class UseCounter {
 public:
  UseCounter(Workshop& workshop, const Allocation& rules, Reader& reader)
      : workshop_(workshop), rules_(rules), reader_(reader) {
    for (const auto& tag : rules.tags) {
      tags_.emplace_back();
      for (const auto& rule : tag.rules) tags_.back().push_back({tag.name, rule.name, rule.place.text(), 0, 0, {}});
    }
    for (const auto& rule : rules.splits) splits_.push_back({"", rule.name, rule.place.text(), 0, 0, {}});
  }

  Status look_at(const std::string& period) {
    const UseQuery query = use_sql(rules_, period);
    if (query.sql.empty()) return {};
    const Period month = TRY(Period::parse(period));
    const SqlValues values = {{"period_first", fmt::format("cast('{}' as date)", month.first())},
                              {"period_end", fmt::format("cast('{}' as date)", month.end())}};
    const std::string sql = TRY(workshop_.library.expand(query.sql, "duckdb", values));
    for (const auto& row : TRY(reader_.connection().all(sql))) {
      std::size_t at = query.rules.size();   // of the first count
      for (std::size_t i = 0; i < query.rules.size(); ++i) {
        auto& uses = i < tags_.size() ? tags_[i] : splits_;
        const auto first = static_cast<std::size_t>(std::stoull(row[i].value_or("0")));
        for (std::size_t k = 1; k <= query.rules[i].size(); ++k)
          count(uses, query.rules[i], first, k, std::stoll(row[at++].value_or("0")));
      }
    }
    return {};
  }

  AllocationUse result() {
    AllocationUse out;
    for (const auto& tag : tags_) {
      for (const auto& use : tag) judge(use, use.fits == 0, out);
    }
    for (std::size_t i = 0; i < splits_.size(); ++i) {
      judge(splits_[i], splits_[i].fits == 0 && !is_given_to(i), out);
      judge_order(i, out);
    }
    return out;
  }

 private:
  // `fits` charges that rule k would fit met rule `first` of `rules` first.
  static void count(std::vector<RuleUse>& uses, const std::vector<std::size_t>& rules, std::size_t first, std::size_t k,
                    std::int64_t fits) {
    auto& use = uses[rules[k - 1]];
    use.fits += fits;
    if (k == first) use.takes += fits;
    if (k != first && first > 0 && fits > 0) add(use.behind, uses[rules[first - 1]].rule, fits);
  }

  static void add(std::vector<std::pair<std::string, std::int64_t>>& behind, const std::string& rule,
                  std::int64_t charges) {
    const auto it = std::find_if(behind.begin(), behind.end(), [&](const auto& each) { return each.first == rule; });
    if (it == behind.end()) {
      behind.emplace_back(rule, charges);
    } else {
      it->second += charges;
    }
  }

  // Whether an earlier rule may give something to what rule i takes.
  bool is_given_to(std::size_t i) const {
    const auto& from = rules_.splits[i].cost_centres;
    for (std::size_t j = 0; j < i; ++j) {
      const auto& rule = rules_.splits[j];
      if (from.empty()) return false;
      if (rule.to_all || rule.by == SplitBy::metric) return true;
      for (const auto& to : rule.to) {
        if (std::find(from.begin(), from.end(), to) != from.end()) return true;
      }
    }
    return false;
  }

  static void judge(const RuleUse& use, bool never, AllocationUse& out) {
    out.rules.push_back(use);
    if (never) out.findings.push_back({"never_fits", use.rule, use.place, "it fits no charge"});
    for (const auto& [rule, charges] : use.behind) {
      out.findings.push_back({"overlap", use.rule, use.place,
                              fmt::format("{} of its {} charges go to the earlier rule {}", charges, use.fits, rule)});
    }
  }

  // What a rule gives to a cost centre that an earlier one has emptied stays there.
  void judge_order(std::size_t i, AllocationUse& out) const {
    for (std::size_t j = 0; j < i; ++j) {
      for (const auto& from : rules_.splits[j].cost_centres) {
        const auto& to = rules_.splits[i].to;
        bool later = false;
        for (std::size_t k = i + 1; k < rules_.splits.size(); ++k) {
          const auto& also = rules_.splits[k].cost_centres;
          later = later || std::find(also.begin(), also.end(), from) != also.end();
        }
        const bool among_all = rules_.splits[i].to_all && from != kUnallocated && splits_[j].fits > 0 &&
                               std::find(rules_.splits[i].cost_centres.begin(), rules_.splits[i].cost_centres.end(),
                                         from) == rules_.splits[i].cost_centres.end();
        if (later || !(among_all || std::find(to.begin(), to.end(), from) != to.end())) continue;
        out.findings.push_back(
            {"too_early", rules_.splits[j].name, rules_.splits[j].place.text(),
             fmt::format("rule {} gives to {} after this rule has split it", rules_.splits[i].name, from)});
      }
    }
  }

  Workshop& workshop_;
  const Allocation& rules_;
  Reader& reader_;
  std::vector<std::vector<RuleUse>> tags_;
  std::vector<RuleUse> splits_;
};

}  // namespace

Result<AllocationUse> allocation_use(Workshop& workshop, const Tenant& tenant,
                                     const std::optional<PeriodRange>& periods) {
  const auto rules = TRY_IN(fmt::format("tenant {}", tenant.id), read_allocation(workshop.library, tenant.allocation));
  if (!rules) {
    return fail_hint("docs/guides/allocation.md shows how to write them", ErrorKind::not_found,
                     "tenant {} has no allocation rules", tenant.id);
  }
  Reader reader = TRY(Reader::open(workshop, tenant, 0));
  TRY(reader.vet(fmt::format("select billing_period from {}", kCharges)));   // its own columns are what rules see
  UseCounter counter(workshop, *rules, reader);
  std::vector<std::string> seen;
  for (const auto& row : TRY(reader.connection().all(
           fmt::format("select distinct strftime(billing_period, '%Y-%m') from {} order by 1", kCharges)))) {
    const std::string period = row[0].value_or("");
    const auto month = Period::parse(period);
    if (!month || (periods && !periods->contains(*month))) continue;
    TRY(counter.look_at(period));
    seen.push_back(period);
  }
  AllocationUse out = counter.result();
  out.periods = std::move(seen);
  return out;
}

}  // namespace centavo
