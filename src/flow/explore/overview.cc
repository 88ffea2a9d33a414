#include <algorithm>

#include "flow/explore/amounts.h"
#include "flow/explore/explore.h"
#include "flow/explore/picking.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr int kMoversMax = 8;
constexpr int kTopMax = 8;
const char* const kBy = "ServiceName";

using Row = std::vector<std::optional<std::string>>;

class Looking {
 public:
  Looking(Reader& reader, const Holdings& holdings, const Question& question)
      : reader_(reader), holdings_(holdings), question_(question) {
    question_.by = {kBy};
    question_.compare_release = 0;
  }

  Result<Overview> run() {
    picking_ = TRY(pick(holdings_, question_, true));
    const std::string sql = fmt::format(
        "with {},\nkeyed as (select k1, coalesce(sum(v), 0) as v, sum(w) as w from picked group by k1)\n"
        "select 0 as section, cast(null as varchar) as k, cast(null as date) as b, sum(v) as v, sum(w) as w, 0 as "
        "place from keyed\n"
        "union all\nselect 1, null, b, sum(v), null, 0 from picked where b is not null group by b\n"
        "union all\nselect 2, null, c, null, sum(w), 0 from picked where c is not null group by c\n"
        "union all\nselect * from (select 3, k1, null, v, w, row_number() over (order by abs(v - coalesce(w, 0)) desc, "
        "k1 "
        "nulls last) as place from keyed where v <> coalesce(w, 0)) where place <= {}\n"
        "union all\nselect * from (select 4, k1, null, v, w, row_number() over (order by v desc, k1 nulls last) as "
        "place "
        "from keyed) where place <= {}\norder by section, place, b",
        TRY(picking_.sql(question_, question_.by, true)), kMoversMax, kTopMax);
    const auto rows = TRY(read_all(reader_, picking_.source, sql));
    TRY(fill_totals(out_, holdings_, question_, picking_, rows.front()[3], rows.front()[4]));
    start_series();
    for (const auto& row : rows) TRY(add(row));
    out_.unallocated = TRY(unallocated(reader_, holdings_, question_));
    return std::move(out_);
  }

 private:
  void start_series() {
    out_.series.grain = picking_.grain;
    out_.series.buckets = buckets_of(holdings_, picking_.span, picking_.grain);
    out_.series.rows.push_back({std::nullopt, std::vector<std::string>(out_.series.buckets.size(), "0")});
    if (!picking_.before) return;
    earlier_ = buckets_of(holdings_, *picking_.before, picking_.grain);
    out_.series_before.emplace(std::max(earlier_.size(), out_.series.buckets.size()));
    for (std::size_t i = 0; i < earlier_.size(); ++i) (*out_.series_before)[i] = "0";
  }

  std::string bucket_of(const Row& row) const {
    return row[2].value_or("").substr(0, picking_.grain == "day" ? 10 : 7);
  }
  static std::size_t place_of(const std::vector<std::string>& buckets, const std::string& bucket) {
    return static_cast<std::size_t>(std::lower_bound(buckets.begin(), buckets.end(), bucket) - buckets.begin());
  }

  Status add(const Row& row) {
    const std::string section = row[0].value_or("");
    if (section == "1") {
      const auto at = place_of(out_.series.buckets, bucket_of(row));
      if (at < out_.series.buckets.size()) out_.series.rows[0].values[at] = plain(row[3]);
    }
    if (section == "2" && out_.series_before) {
      const auto at = place_of(earlier_, bucket_of(row));
      if (at < earlier_.size()) (*out_.series_before)[at] = plain(row[4]);
    }
    if (section == "3" && picking_.before) {
      const std::string value = plain(row[3]), before = plain(row[4]);
      out_.movers.push_back({kBy, row[1], value, plain_or_none(row[4]), TRY(difference(value, before))});
    }
    if (section == "4") {
      const std::string value = plain(row[3]);
      out_.top.push_back({row[1], value, TRY(ratio(value, out_.total))});
    }
    return {};
  }

  Reader& reader_;
  const Holdings& holdings_;
  Question question_;
  Picking picking_;
  std::vector<std::string> earlier_;
  Overview out_;
};

}  // namespace

Result<Overview> overview(Reader& reader, const Holdings& holdings, const Question& question) {
  return Looking(reader, holdings, question).run();
}

Result<std::optional<Unallocated>> unallocated(Reader& reader, const Holdings& holdings, const Question& question) {
  const auto nothing = std::optional<Unallocated>();
  const auto span = TRY(span_of(holdings, question.period));
  const bool by_rules = holdings.has_allocation;
  const char* table = by_rules ? "gold.allocated_cost" : "gold.unallocated_cost";
  if (!holdings.sees(table) || span.in_days || !holdings.columns.at(table).contains(question.measure)) return nothing;
  const std::string currency = question.currency.empty() ? holdings.tenant_currency : question.currency;
  const bool converts = holdings.has_rates && (currency == "USD" || currency == holdings.own_currency);
  const bool single = holdings.billed_in.size() == 1 && holdings.billed_in.contains(currency);
  if (!single && (converts || !holdings.billed_in.contains(currency))) return nothing;
  Question whole = question;
  whole.filters.clear();
  whole.by.clear();
  Source source = TRY(choose_source(holdings, need_of(whole, {span})));
  const std::string where = fmt::format("{}{}{}", source.in(span), source.only.empty() ? "" : " and ", source.only);
  const std::string amount = duck::name(question.measure);
  const auto rows = TRY(reader.connection().all(
      fmt::format("select (select sum({0}) from {1} where {2}{3}), (select sum({0}) from {4} where {2})", amount, table,
                  where, by_rules ? " and cost_centre = 'unallocated'" : "", source.from)));
  const std::string value = plain(rows.front()[0]);
  return std::optional<Unallocated>(Unallocated{value, TRY(ratio(value, plain(rows.front()[1])))});
}

Result<std::vector<DimensionValue>> values_of(Reader& reader, const Holdings& holdings, const std::string& dimension,
                                              const std::string& search, const Question& question) {
  Question asked = question;
  asked.by = {dimension};
  const auto span = TRY(span_of(holdings, asked.period));
  const Source source = TRY(choose_source(holdings, need_of(asked, {span})));
  const std::string name = source.name(dimension);
  const std::string where = source.in(span) + TRY(source.also(asked.filters));
  const std::string found =
      search.empty() ? ""
                     : fmt::format(
                           " where contains(lower(coalesce(k, '(none)')), lower({0})) or contains(lower(coalesce(n, "
                           "'')), lower({0}))",
                           duck::literal(search));
  const auto rows = TRY(read_all(
      reader, source,
      fmt::format(
          "with found as (select {} as k, {} as n, sum({}) as v from {} where {} group by k),\nshown as "
          "(select {} as k, n, v from found)\nselect k, n, v from shown{} order by v desc nulls last, k limit {}",
          source.column(dimension), name.empty() ? "cast(null as varchar)" : name, source.amount(asked.measure),
          source.from, where, Source::shown(dimension, "k"), found, asked.limit)));
  std::vector<DimensionValue> out;
  for (const auto& row : rows) out.push_back({row[0], row[1] == row[0] ? std::nullopt : row[1], plain_or_none(row[2])});
  return out;
}

}  // namespace centavo::explore
