#include "flow/explore/source.h"

#include <algorithm>

#include "flow/explore/span.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr std::string_view kTag = "tag:";
constexpr std::string_view kVirtualTag = "vtag:";

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}
bool has(const std::set<std::string>& set, std::string_view text) { return set.contains(std::string(text)); }

const std::vector<std::string>& gold_columns() {
  static const std::vector<std::string> columns = {"ServiceName",      "ServiceCategory", "SubAccountId",
                                                   "RegionId",         "ChargeCategory",  "x_Provider",
                                                   "BillingAccountId", "BillingCurrency"};
  return columns;
}

bool is_centre(std::string_view dimension) {
  return dimension == "cost_centre" || (dimension.starts_with("level_") && dimension.size() == 7);
}

std::string date(const std::string& day) { return fmt::format("date '{}'", day); }

std::string list_of(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + duck::literal(value);
  return out;
}

// A table that may answer: what it knows beside measures and its own columns.
struct Candidate {
  std::string table;
  std::vector<std::string> dimensions;
  bool has_days = false;
  bool must_have_months = false;   // made by rules or tags: a month may be missing
  bool is_held = false;            // the charges by day, which the reader holds
};

}  // namespace

const std::vector<std::string>& known_columns() {
  static const std::vector<std::string> columns = [] {
    std::vector<std::string> out = gold_columns();
    for (const char* name : {"ServiceSubcategory",
                             "RegionName",
                             "AvailabilityZone",
                             "ResourceId",
                             "ResourceName",
                             "ResourceType",
                             "ChargeClass",
                             "ChargeFrequency",
                             "ChargeDescription",
                             "PricingCategory",
                             "SkuId",
                             "SkuMeter",
                             "CommitmentDiscountId",
                             "CommitmentDiscountType",
                             "CommitmentDiscountStatus",
                             "InvoiceId",
                             "InvoiceIssuerName",
                             "BillingAccountName",
                             "ProviderName",
                             "PublisherName"})
      out.emplace_back(name);
    return out;
  }();
  return columns;
}

bool is_gold_column(std::string_view dimension) { return has(gold_columns(), dimension); }

Need need_of(const Question& question, const std::vector<Span>& spans) {
  Need out;
  out.dimensions = question.by;
  for (const auto& filter : question.filters) out.dimensions.push_back(filter.dimension);
  out.measures = {question.measure};
  out.spans = spans;
  out.currency = question.currency;
  return out;
}

// ---------- how a table spells it

std::string Source::column(const std::string& dimension) const {
  if (dimension == "month") return "billing_period";
  if (dimension == "day") return day();
  if (dimension.starts_with(kTag)) {
    return is_silver() ? fmt::format("nullif(Tags[{}], '')", duck::literal(dimension.substr(kTag.size())))
                       : "tag_value";
  }
  if (dimension.starts_with(kVirtualTag)) return tag_value_;
  if (is_centre(dimension)) return fmt::format("nullif({}, 'unallocated')", dimension);
  return fmt::format("nullif({}, '')", duck::name(dimension));
}

std::string Source::shown(const std::string& dimension, const std::string& value) {
  if (dimension == "month") return fmt::format("strftime({}, '%Y-%m')", value);
  if (dimension == "day") return fmt::format("cast({} as varchar)", value);
  return value;
}

std::string Source::name(const std::string& dimension) const {
  static const std::map<std::string_view, std::string_view> names = {
      {"SubAccountId", "SubAccountName"},
      {"BillingAccountId", "BillingAccountName"},
      {"ResourceId", "ResourceName"},
      {"RegionId", "RegionName"},
      {"CommitmentDiscountId", "CommitmentDiscountName"}};
  const auto it = names.find(dimension);
  if (it == names.end() || columns_ == nullptr || !has(*columns_, it->second)) return {};
  return fmt::format("max({})", duck::name(it->second));
}

std::string Source::amount(const std::string& measure) const {
  return converted_.empty() ? duck::name(measure) : duck::name("x_" + measure + converted_);
}

std::string Source::charge_count() const { return is_silver() ? "count(*)" : "sum(charge_count)"; }

std::string Source::day() const { return is_silver() ? "cast(ChargePeriodStart as date)" : "charge_date"; }

std::string Source::in(const Span& span) const {
  if (!span.in_days) {
    const std::string first = date(first_day_of(span)), last = date(span.to + "-01");
    return span.from == span.to ? fmt::format("billing_period = {}", first)
                                : fmt::format("billing_period between {} and {}", first, last);
  }
  if (is_silver()) {   // not by the day's date: files and row groups of other days are then not read
    return fmt::format(
        "(ChargePeriodStart >= timestamptz '{} 00:00:00+00' and ChargePeriodStart < timestamptz '{} "
        "00:00:00+00')",
        span.from, plus_days(span.to, 1));
  }
  return fmt::format("charge_date between {} and {}", date(span.from), date(span.to));
}

Result<std::string> Source::filtered(const std::vector<Filter>& filters) const {
  std::string out;
  for (const auto& filter : filters) {
    std::vector<std::string> values;
    bool none = false;
    for (const auto& value : filter.values) {
      none = none || value == kNone;
      if (value != kNone) values.push_back(value);
    }
    std::string list = list_of(values);
    if (filter.dimension == "month" || filter.dimension == "day") {
      list.clear();
      for (const auto& value : values) {
        const auto span = parse_span(value);
        if (!span || span->from != value || span->in_days != (filter.dimension == "day"))
          return fail_hint(filter.dimension == "day" ? "write 2026-09-30" : "write 2026-09",
                           ErrorKind::invalid_argument, "filter {}: {} is no {}", filter.dimension,
                           value.substr(0, 100), filter.dimension);
        list += (list.empty() ? "" : ", ") + date(span->in_days ? value : value + "-01");
      }
    }
    const std::string key = column(filter.dimension);
    // A plain column in a list is what files are pruned by; null is in no list.
    const bool plain = key == fmt::format("nullif({}, '')", duck::name(filter.dimension));
    const std::string in =
        list.empty() ? "" : fmt::format("{} in ({})", plain ? duck::name(filter.dimension) : key, list);
    const std::string is_none = fmt::format("{} is null", key);
    if (!filter.exclude) {
      out += fmt::format(" and ({})", !none ? in : in.empty() ? is_none : in + " or " + is_none);
    } else if (none) {
      out += fmt::format(" and {} is not null{}", key, in.empty() ? "" : fmt::format(" and not ({})", in));
    } else {
      out += fmt::format(" and not coalesce({}, false)", in);
    }
  }
  return out;
}

Result<std::string> Source::also(const std::vector<Filter>& filters) const {
  return (only.empty() ? "" : " and " + only) + TRY(filtered(filters));
}

// ---------- which table

class Choice {
 public:
  Choice(const Holdings& holdings, const Need& need) : holdings_(holdings), need_(need) {}

  Result<Source> run() {
    TRY(check_names());
    TRY(find_currency());
    for (const auto& candidate : candidates()) {
      if (covers(candidate)) return source_of(candidate);
    }
    return refuse();
  }

 private:
  Status check_names() {
    for (const auto& dimension : need_.dimensions) {
      if (dimension == "month" || dimension == "day") continue;
      if (dimension.starts_with(kTag) || dimension.starts_with(kVirtualTag)) {
        if (dimension.starts_with(kTag)) tags_.insert(dimension);
        if (dimension.starts_with(kVirtualTag)) virtual_tags_.insert(dimension);
        if (holdings_.months.contains(dimension) || need_.may_lack) continue;
        return fail_hint("`dims` of /meta lists the tags there are", ErrorKind::invalid_argument,
                         "{}: no charge of release {} has it", dimension.substr(0, 200), holdings_.release);
      }
      if (is_centre(dimension)) {
        centres_.insert(dimension);
        if (holdings_.sees("gold.allocated_cost") && has(holdings_.columns.at("gold.allocated_cost"), dimension))
          continue;
        return fail_hint("write rules first: docs/guides/allocation.md", ErrorKind::invalid_argument,
                         "{}: release {} has no allocated cost", dimension, holdings_.release);
      }
      if (!has(known_columns(), dimension)) {
        return fail_hint(
            fmt::format("month, day, tag:KEY, vtag:NAME, cost_centre, {}", fmt::join(known_columns(), ", ")),
            ErrorKind::invalid_argument, "{}: there is no such dimension", dimension.substr(0, 200));
      }
    }
    return {};
  }

  Status find_currency() {
    currency_ = need_.currency.empty() ? holdings_.tenant_currency : need_.currency;
    const bool billed = holdings_.billed_in.contains(currency_);
    if (billed && holdings_.billed_in.size() == 1) return {};
    if (holdings_.has_rates && (currency_ == "USD" || currency_ == holdings_.own_currency)) {
      converted_ = currency_ == holdings_.own_currency ? "InTenantCurrency" : "InUsd";
      for (const auto& measure : need_.measures) {
        if (measure == "BilledCost" || measure == "EffectiveCost" || measure == "charge_count") continue;
        return fail_hint(fmt::format("ask for EffectiveCost or BilledCost, or for a currency of the bills: {}",
                                     fmt::join(holdings_.billed_in, ", ")),
                         ErrorKind::invalid_argument, "{} is not converted to {}", measure, currency_);
      }
      return {};
    }
    if (billed) {
      only_ = fmt::format("BillingCurrency = {}", duck::literal(currency_));
      return {};
    }
    if (need_.may_lack) {
      only_ = "false";
      return {};
    }
    return fail_hint(fmt::format("there are {}", fmt::join(holdings_.currencies, ", ")), ErrorKind::invalid_argument,
                     "cur={}: release {} has no amounts in it", currency_, holdings_.release);
  }

  std::vector<Candidate> candidates() const {
    std::vector<std::string> some = {"x_Provider", "ServiceName", "BillingCurrency"};
    if (!centres_.empty()) {
      std::vector<std::string> of_rules = {"x_Provider",  "BillingAccountId", "SubAccountId",
                                           "ServiceName", "ChargeCategory",   "BillingCurrency"};
      of_rules.insert(of_rules.end(), centres_.begin(), centres_.end());
      return {{"gold.allocated_cost", of_rules, false, true}};
    }
    if (virtual_tags_.size() > 0) {
      some.push_back(*virtual_tags_.begin());
      return {{"gold.cost_by_virtual_tag", some, false, true}};
    }
    std::vector<Candidate> out = {{"gold.cost_by_month", gold_columns(), false, false},
                                  {"gold.cost_by_day", gold_columns(), true, false},
                                  {"gold.cost_in_currency", gold_columns(), true, true}};
    if (!tags_.empty()) {
      some.push_back(*tags_.begin());
      out.push_back({"gold.cost_by_tag", some, false, true});
    }
    out.push_back({std::string(kCharges), known_columns(), true, false, true});
    std::vector<std::string> all = known_columns();
    all.insert(all.end(), tags_.begin(), tags_.end());
    out.push_back({std::string(kCharges), all, true, false});
    return out;
  }

  bool covers(const Candidate& candidate) const {
    if (!holdings_.sees(candidate.table)) return false;
    if (candidate.is_held && (need_.stored || holdings_.held_months.empty())) return false;
    if (need_.by_charge && (candidate.table != kCharges || candidate.is_held)) return false;
    if (need_.by_day && !candidate.has_days) return false;
    if (converted_.empty() && candidate.table == "gold.cost_in_currency") return false;
    const auto& columns = holdings_.columns.at(candidate.table);
    for (const auto& measure : need_.measures) {
      if (measure == "charge_count") continue;
      if (!has(columns, converted_.empty() ? measure : "x_" + measure + converted_)) return false;
    }
    for (const auto& dimension : need_.dimensions) {
      if (dimension == "month") continue;
      if (dimension == "day" && candidate.has_days) continue;
      if (!has(candidate.dimensions, dimension)) return false;
      const bool computed = dimension.starts_with(kTag) || dimension.starts_with(kVirtualTag) || is_centre(dimension);
      if (!computed && !has(columns, dimension)) return false;
    }
    for (const auto& span : need_.spans) {
      if (span.in_days && !candidate.has_days) return false;
      if (candidate.is_held && !is_held(span)) return false;
      if (candidate.must_have_months && !missing_months(candidate.table, span).empty()) return false;
    }
    return true;
  }

  // Months of a span that have cost but no rows in a table, or none of a tag.
  std::vector<std::string> missing_months(const std::string& what, const Span& span) const {
    std::vector<std::string> out;
    const auto it = holdings_.months.find(what);
    for (const auto& month : holdings_.periods) {
      if (!span.in_days && (month < span.from || month > span.to)) continue;
      if (it == holdings_.months.end() || !it->second.contains(month)) out.push_back(month);
    }
    return out;
  }

  // A charge of a day may be on the bill of any month.
  bool is_held(const Span& span) const {
    return std::all_of(holdings_.periods.begin(), holdings_.periods.end(), [&](const auto& month) {
      return holdings_.held_months.contains(month) || (!span.in_days && (month < span.from || month > span.to));
    });
  }

  std::string dates_without(const std::string& what) const {
    std::set<std::string> months;
    for (const auto& span : need_.spans) {
      for (const auto& month : missing_months(what, span)) months.insert(month);
    }
    std::string out;
    for (const auto& month : months) out += (out.empty() ? "" : ", ") + date(month + "-01");
    return out;
  }

  Source source_of(const Candidate& candidate) const {
    Source out;
    out.table = candidate.table;
    out.from = candidate.table;
    out.currency = currency_;
    out.only = only_;
    out.has_days = candidate.has_days;
    out.converted_ = converted_;
    out.columns_ = &holdings_.columns.at(candidate.table);
    out.is_held_ = candidate.is_held;
    if (candidate.is_held) out.from = Reader::held_name(kHeldCharges);
    // In a month in which nothing has the tag, the bill stands under a name that is always there.
    if (candidate.table == "gold.cost_by_tag") {
      const std::string& tag = *tags_.begin();
      const std::string missing = dates_without(tag);
      out.from =
          fmt::format("(select * from gold.cost_by_tag where tag_key = {}{}) as cost_by_tag",
                      duck::literal(tag.substr(kTag.size())),
                      missing.empty() ? "" : fmt::format(" or (tag_key = '*' and billing_period in ({}))", missing));
    }
    if (candidate.table == "gold.cost_by_virtual_tag") {
      const std::string& tag = *virtual_tags_.begin();
      const std::string name = duck::literal(tag.substr(kVirtualTag.size()));
      const std::string missing = dates_without(tag);
      out.from =
          fmt::format("(select * from gold.cost_by_virtual_tag where tag = {}{}) as cost_by_virtual_tag", name,
                      missing.empty() ? "" : fmt::format(" or (tag_number = 1 and billing_period in ({}))", missing));
      if (!missing.empty()) out.tag_value_ = fmt::format("case when tag = {} then tag_value end", name);
    }
    return out;
  }

  tl::unexpected<Error> refuse() const {
    std::vector<std::string> wanted = need_.dimensions;
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    std::string what = wanted.empty() ? need_.measures.front()
                                      : fmt::format("{} by {}", need_.measures.front(), fmt::join(wanted, ", "));
    const bool in_days = std::any_of(need_.spans.begin(), need_.spans.end(), [](const auto& s) { return s.in_days; });
    if (need_.by_charge) what += ", of single charges";
    if (in_days || need_.by_day) what += ", by day";
    if (!converted_.empty()) what += fmt::format(", converted to {}", currency_);
    if (!centres_.empty()) {
      return fail_hint("allocated cost stands by whole months, provider, account, service and charge category",
                       ErrorKind::invalid_argument, "no table has {}, together", what);
    }
    if (!virtual_tags_.empty()) {
      return fail_hint("a virtual tag stands by whole months, provider and service, one tag at a time",
                       ErrorKind::invalid_argument, "no table has {}, together", what);
    }
    if (holdings_.hides_silver) {
      return fail_hint("leave one of them out, or ask for a role that sees silver", ErrorKind::permission_denied,
                       "{}: only the charges themselves have that together, and silver is not in your sight", what);
    }
    return fail_hint("leave one of them out", ErrorKind::invalid_argument, "no table of release {} has {}, together",
                     holdings_.release, what);
  }

  const Holdings& holdings_;
  const Need& need_;
  std::set<std::string> tags_, virtual_tags_, centres_;
  std::string currency_, converted_, only_;
};

Result<Source> choose_source(const Holdings& holdings, const Need& need) { return Choice(holdings, need).run(); }

}  // namespace centavo::explore
