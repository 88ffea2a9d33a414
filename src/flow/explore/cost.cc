#include <algorithm>

#include "flow/explore/amounts.h"
#include "flow/explore/explore.h"
#include "flow/explore/picking.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr int kSeriesMax = 7;
constexpr std::size_t kOtherReleaseMax = 20'000;

std::string numbered(const char* letter, std::size_t count, const char* join = ", ") {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i) out += fmt::format("{}{}{}", out.empty() ? "" : join, letter, i);
  return out;
}

std::string order_sql(const Question& question) {
  const bool falling = question.sort.starts_with('-');
  const std::string by = question.sort.substr(falling ? 1 : 0);
  const std::string keys = question.by.empty() ? "k0" : numbered("k", question.by.size(), " nulls last, ");
  if (by == "key") {
    std::string out;
    for (std::size_t i = 1; i <= question.by.size(); ++i)
      out += fmt::format("{}k{}{} nulls last", out.empty() ? "" : ", ", i, falling ? " desc" : "");
    return out.empty() ? "k0" : out;
  }
  const std::string what = by == "before" ? "w" : by == "change" ? "v - coalesce(w, 0)" : "v";
  return fmt::format("{}{} nulls last, {} nulls last", what, falling ? " desc" : "", keys);
}

// What the other release says of the span before, as rows of a select like picked's.
Result<std::string> other_release_sql(const Other& other, const Question& question, const Span& span) {
  Question then = question;
  then.compare = "none";
  then.compare_release = 0;
  Need need = need_of(then, {span});
  need.may_lack = true;
  const Source source = TRY(choose_source(*other.holdings, need));
  std::string keys;
  for (std::size_t i = 0; i < question.by.size(); ++i) {
    const std::string name = source.name(question.by[i]);
    keys += fmt::format("{}, {}, ", source.column(question.by[i]), name.empty() ? "null" : name);
  }
  const std::string where = source.in(span) + TRY(source.also(then.filters));
  const auto rows = TRY(read_all(*other.reader, source,
                                 fmt::format("select {}sum({}) from {} where {} group by all limit {}", keys,
                                             source.amount(then.measure), source.from, where, kOtherReleaseMax + 1)));
  if (rows.size() > kOtherReleaseMax) {
    return fail_hint("group by less, or filter", ErrorKind::over_limit,
                     "more than {} rows of release {} to compare with", kOtherReleaseMax, other.holdings->release);
  }
  std::string out;
  for (const auto& row : rows) {
    if (!row.back()) continue;
    std::string values;
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      values += fmt::format("{}, ", row[i] ? duck::literal(*row[i]) : "cast(null as varchar)");
    out += fmt::format("{}({}cast('{}' as decimal(38,21)))", out.empty() ? "" : ", ", values, *row.back());
  }
  if (out.empty()) return out;
  std::string names, selected;
  for (std::size_t i = 1; i <= question.by.size(); ++i) {
    const auto& dimension = question.by[i - 1];
    const char* type = dimension == "month" || dimension == "day" ? "date" : "varchar";
    names += fmt::format("k{0}, n{0}, ", i);
    selected += fmt::format("cast(k{} as {}), ", i, type);
  }
  for (std::size_t i = 1; i <= question.by.size(); ++i) selected += fmt::format("n{}, ", i);
  if (question.by.empty()) selected = "0, ";
  return fmt::format(
      "\n  union all\n  select {}cast(null as date), cast(null as decimal(38,21)), w from (values {}) as other({}w)",
      selected, out, names);
}

class Asking {
 public:
  Asking(Reader& reader, const Holdings& holdings, const Question& question, const Other& other)
      : reader_(reader), holdings_(holdings), question_(question), other_(other), width_(question.by.size()) {}

  Result<Cost> run() {
    picking_ = TRY(pick(holdings_, question_, true));
    if (question_.compare_release != 0) TRY(find_before());
    const std::string select = TRY(sql());
    const auto rows = TRY(read_all(reader_, picking_.source, select));
    const auto& total = rows.front();
    TRY(fill_totals(out_, holdings_, question_, picking_, total[v()], total[v() + 1]));
    out_.by = question_.by;
    out_.table = picking_.source.table;
    out_.rows_total = std::stoll(total[1].value_or("0"));
    out_.truncated = out_.rows_total > question_.limit;
    start_series();
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (rows[i][0] == "1") TRY(add_row(rows[i]));
      if (rows[i][0] == "2") TRY(add_to_series(rows[i]));
    }
    if (out_.series.rows.empty() && question_.by.empty())
      out_.series.rows.push_back({std::nullopt, std::vector<std::string>(out_.series.buckets.size(), "0")});
    return std::move(out_);
  }

 private:
  using Row = std::vector<std::optional<std::string>>;

  // The span before is looked for in the other release, which may have other months.
  Status find_before() {
    if (other_.reader == nullptr || other_.holdings == nullptr)
      return fail(ErrorKind::internal, "no reader of release {}", question_.compare_release);
    picking_.before = TRY(compared_span(*other_.holdings, picking_.span, question_.compare));
    if (picking_.before) other_sql_ = TRY(other_release_sql(other_, question_, *picking_.before));
    return {};
  }

  std::size_t v() const { return 3 + 2 * width_; }

  Result<std::string> sql() const {
    std::string picked = TRY(picking_.sql(question_, question_.by, false));
    if (!other_sql_.empty()) picked.insert(picked.size() - 2, other_sql_);
    const std::string keys = width_ == 0 ? "k0" : numbered("k", width_);
    std::string names, shown, no_names, no_keys;
    for (std::size_t i = 1; i <= width_; ++i) {
      names += fmt::format(", max(n{0}) as n{0}", i);
      shown += fmt::format(", {}", Source::shown(question_.by[i - 1], fmt::format("k{}", i)));
      no_names += ", null";
    }
    for (std::size_t i = 1; i <= width_; ++i) shown += fmt::format(", n{}", i);
    for (std::size_t i = 2; i <= width_; ++i) no_keys += ", null";
    const std::string first = width_ == 0 ? "k0" : "k1";
    const std::string first_shown = width_ == 0 ? "" : ", " + Source::shown(question_.by[0], "k1");
    return fmt::format(
        "with {},\nkeyed as (\n  select {}{}, coalesce(sum(v), 0) as v, sum(w) as w from picked group by {}\n),\n"
        "slots as (\n  select {} as k, least(row_number() over (order by sum(v) desc nulls last, {} nulls last), {}) "
        "as "
        "slot\n  from picked where b is not null group by {}\n)\n"
        "select 0 as section, count(*) as place{}{}, cast(null as date) as b, sum(v) as v, sum(w) as w from keyed\n"
        "union all\nselect 1, place{}, null, v, w from (select *, row_number() over (order by {}) as place from keyed) "
        "where place <= {}\n"
        "union all\nselect 2, slot{}{}{}, b, sum(v), null from picked join slots on slots.k is not distinct from {}\n  "
        "where b is not null group by slot, b\norder by 1, 2, b",
        picked, keys, names, keys, first, first, kSeriesMax + 1, first, no_names, no_names, shown, order_sql(question_),
        question_.limit,
        width_ == 0
            ? ""
            : fmt::format(", case when slot <= {} then {} end", kSeriesMax, "any_value(" + first_shown.substr(2) + ")"),
        no_keys, no_names, first);
  }

  Status add_row(const Row& row) {
    CostRow out;
    for (std::size_t i = 0; i < width_; ++i) out.key.push_back(row[2 + i]);
    for (std::size_t i = 0; i < width_; ++i) {
      const auto& name = row[2 + width_ + i];
      out.names.push_back(name == out.key[i] ? std::nullopt : name);
    }
    out.value = plain(row[v()]);
    if (picking_.before) {
      out.before = plain_or_none(row[v() + 1]);
      const std::string before = out.before.value_or("0");
      out.change = TRY(difference(out.value, before));
      out.change_ratio = TRY(ratio(*out.change, before));
    }
    out.share = TRY(ratio(out.value, out_.total));
    out_.rows.push_back(std::move(out));
    return {};
  }

  void start_series() {
    out_.series.grain = picking_.grain;
    out_.series.buckets = buckets_of(holdings_, picking_.span, picking_.grain);
    for (std::size_t i = 0; i < out_.series.buckets.size(); ++i) at_[out_.series.buckets[i]] = i;
  }

  Status add_to_series(const Row& row) {
    const auto slot = static_cast<std::size_t>(std::stoll(row[1].value_or("1")));
    auto& rows = out_.series.rows;
    if (rows.size() < slot) {
      const bool is_other = slot > kSeriesMax;
      rows.push_back({is_other     ? std::optional<std::string>(kOther)
                      : width_ > 0 ? row[2]
                                   : std::nullopt,
                      std::vector<std::string>(out_.series.buckets.size(), "0")});
    }
    const std::string bucket = row[v() - 1].value_or("").substr(0, picking_.grain == "day" ? 10 : 7);
    const auto it = at_.find(bucket);
    if (it == at_.end()) return fail(ErrorKind::internal, "{} is not in the series", bucket);
    rows.back().values[it->second] = plain(row[v()]);
    return {};
  }

  Reader& reader_;
  const Holdings& holdings_;
  const Question& question_;
  const Other& other_;
  const std::size_t width_;
  Picking picking_;
  std::string other_sql_;
  std::map<std::string, std::size_t> at_;
  Cost out_;
};

}  // namespace

Result<Cost> cost(Reader& reader, const Holdings& holdings, const Question& question, const Other& before) {
  return Asking(reader, holdings, question, before).run();
}

Result<Cost> allocated(Reader& reader, const Holdings& holdings, Question question) {
  if (question.by.empty()) {
    for (const std::string& kind : {std::string("cost_centre"), std::string("vtag:"),
                                    holdings.paying_tag.empty() ? "tag:" : holdings.paying_tag}) {
      for (const auto& dimension : holdings.dimensions) {
        if (question.by.empty() && dimension.id.starts_with(kind)) question.by = {dimension.id};
      }
    }
  }
  if (question.by.empty()) {
    return fail_hint("write rules (docs/guides/allocation.md), or ask by SubAccountId", ErrorKind::not_found,
                     "release {} has no cost centre, no virtual tag and no tag", holdings.release);
  }
  return cost(reader, holdings, question);
}

}  // namespace centavo::explore
