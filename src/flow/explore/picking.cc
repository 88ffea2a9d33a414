#include "flow/explore/picking.h"

#include <algorithm>

#include "flow/explore/amounts.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

bool is_computed(const std::string& dimension) {
  return dimension.find(':') != std::string::npos || dimension == "cost_centre" || dimension.starts_with("level_");
}

constexpr std::size_t kDaysAlwaysShown = 400;

// A day or a month that is named has no other to be compared with.
bool names_time(const Question& question) {
  const auto is_time = [](const std::string& dimension) { return dimension == "day" || dimension == "month"; };
  return std::any_of(question.by.begin(), question.by.end(), is_time) ||
         std::any_of(question.filters.begin(), question.filters.end(),
                     [&](const auto& filter) { return is_time(filter.dimension) && !filter.exclude; });
}

}  // namespace

Result<Picking> pick(const Holdings& holdings, const Question& question, bool with_series) {
  Picking out;
  out.span = TRY(span_of(holdings, question.period));
  if (!names_time(question)) out.before = TRY(compared_span(holdings, out.span, question.compare));
  std::vector<Span> spans = {out.span};
  if (out.before && question.compare_release == 0) spans.push_back(*out.before);
  Need need = need_of(question, spans);
  const bool computed = std::any_of(need.dimensions.begin(), need.dimensions.end(), is_computed);
  const std::string natural = natural_grain(out.span);
  need.by_day = with_series && (question.grain == "day" || (question.grain.empty() && natural == "day" && !computed));
  auto source = choose_source(holdings, need);
  if (!source && need.by_day) {   // what stands by months only is shown by months
    need.by_day = false;
    source = choose_source(holdings, need);
  }
  if (!source) return fail(source.error());
  out.source = std::move(*source);
  const std::string wanted = question.grain.empty() ? natural : question.grain;
  out.grain = wanted == "day" && out.source.has_days ? "day" : "month";
  return out;
}

std::string Picking::bucket(const Span& within) const {
  if (grain == "month")
    return within.in_days ? fmt::format("cast(date_trunc('month', {}) as date)", source.day()) : "billing_period";
  return fmt::format("greatest(date '{}', least({}, date '{}'))", first_day_of(within), source.day(),
                     last_day_of(within));
}

Result<std::string> Picking::sql(const Question& question, const std::vector<std::string>& dimensions,
                                 bool both) const {
  std::string keys, names, by;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    keys += fmt::format("{} as k{}, ", source.column(dimensions[i]), i + 1);
    by += fmt::format("k{}, ", i + 1);
    const std::string name = source.name(dimensions[i]);
    names += fmt::format("{} as n{}, ", name.empty() ? "cast(null as varchar)" : name, i + 1);
  }
  if (dimensions.empty()) {
    keys = "0 as k0, ";
    by = "k0, ";
  }
  const std::string now = source.in(span);
  const std::string then = before && question.compare_release == 0 ? source.in(*before) : "false";
  const std::string amount = source.amount(question.measure);
  const bool compares = then != "false";
  const std::string start = compares ? fmt::format("case when {} then {} end", now, bucket(span)) : bucket(span);
  const std::string other = !both      ? ""
                            : compares ? fmt::format("case when {} then {} end", then, bucket(*before))
                                       : "cast(null as date)";
  return fmt::format(
      "picked as (\n  select {}{}{} as b, {}{} as v, {} as w\n  from {}\n  where {}{}\n  group by {}b{}\n)", keys,
      names, start, both ? other + " as c, " : "",
      compares ? fmt::format("sum({}) filter (where {})", amount, now) : fmt::format("sum({})", amount),
      compares ? fmt::format("sum({}) filter (where {})", amount, then) : "cast(null as decimal(38,21))", source.from,
      compares ? fmt::format("({} or {})", now, then) : now, TRY(source.also(question.filters)), by, both ? ", c" : "");
}

std::vector<std::string> buckets_of(const Holdings& holdings, const Span& span, const std::string& grain) {
  auto out = grain == "day" ? days_of(span) : months_of(span);
  if (out.size() <= kDaysAlwaysShown) return out;
  const std::string first = grain == "day" ? holdings.first_day : holdings.first_day.substr(0, 7);
  const std::string last = grain == "day" ? holdings.last_day : holdings.last_day.substr(0, 7);
  // Ends stay: what lies outside the days of the span counts on them.
  std::vector<std::string> kept;
  for (const auto& bucket : out) {
    if ((bucket >= first && bucket <= last) || bucket == out.front() || bucket == out.back()) kept.push_back(bucket);
  }
  return kept;
}

Result<std::vector<std::vector<std::optional<std::string>>>> read_all(Reader& reader, const Source& source,
                                                                      const std::string& sql) {
  if (source.is_silver()) TRY(reader.vet(sql));
  return reader.connection().all(sql);
}

Status fill_totals(Totals& out, const Holdings& holdings, const Question& question, const Picking& picking,
                   const std::optional<std::string>& value, const std::optional<std::string>& before) {
  out.release = holdings.release;
  out.period = picking.span;
  out.compare = picking.before;
  out.currency = picking.source.currency;
  out.measure = question.measure;
  out.total = plain(value);
  if (!picking.before) return {};
  out.before = plain(before);
  out.change = TRY(difference(out.total, *out.before));
  out.change_ratio = TRY(ratio(*out.change, *out.before));
  return {};
}

}  // namespace centavo::explore
