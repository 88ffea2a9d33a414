#pragma once
/// \file flow/explore/explore.h
/// Questions about a bill as people ask them, by dimensions, measure, period and filters, and their exact answers from
/// one release: totals, a table with what it was before, a pivot, the lines behind a number.
/// The same questions serve the web application, its exports and the report. Which table answers which question, and
/// what is refused: docs/formats/api.md, "Questions".
///
/// Amounts are decimal text without zeros at the end ("12.5"). Each answer is read by one statement, so that its rows
/// add up to its total whatever happens meanwhile. A reader is one connection: one question at a time.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/period.h"
#include "base/result.h"
#include "flow/pipeline/pipeline.h"

namespace centavo::explore {

/// The charges of all bills.
inline constexpr std::string_view kCharges = "silver.focus_cost_and_usage";
/// The word for null in addresses and filters; what does not stand among a chart's first.
inline constexpr std::string_view kNone = "(none)";
inline constexpr std::string_view kOther = "(other)";

/// A dimension: a column of the cost tables ("ServiceName"), "month" (of the invoice), "day" (on which the charge
/// starts), a tag ("tag:team"), a virtual tag ("vtag:product"), or who pays after all rules ("cost_centre", and
/// "level_1" … of the hierarchy above it).
struct Filter {
  std::string dimension;
  std::vector<std::string> values;     ///< "(none)" is null
  bool exclude = false;
};

/// As the address of a page spells it (web/src/lib/view.ts): p, c, m, cur, by, g, sort, rel, crel, limit, f.X, x.X.
struct Question {
  std::string period = "last";         ///< last, 3m, 6m, 12m, all, 2026-09, 2026-08..2026-09, 2026-09-01..2026-09-15
  std::string compare = "prev";        ///< prev, yoy, none, 2026-08
  std::string measure = "EffectiveCost";
  std::string currency;                ///< "": the tenant's, or the only one there is
  std::vector<std::string> by;         ///< up to 3
  std::string grain;                   ///< of the series: day, month; "": by the length of the period
  std::string sort = "-value";         ///< value, before, change, share, key; "-" for falling
  std::int64_t limit = 1000;           ///< rows; at most kLimitMax
  std::int64_t release = 0;            ///< 0: the newest
  std::int64_t compare_release = 0;    ///< the release that `compare` is read from; 0: the same
  std::vector<Filter> filters;
};
inline constexpr std::int64_t kLimitMax = 100'000;

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// `invalid_argument` names the parameter and what it may be. Unknown parameters are refused unless in `others`, which
/// the caller reads itself (format, cursor, …).
Result<Question> parse_question(const Parameters& parameters, const std::vector<std::string>& others = {});
/// "a,b\,c" -> a | b,c : how lists are written in addresses. Empty values are left out.
std::vector<std::string> split_list(std::string_view text);
std::string join_list(const std::vector<std::string>& values);

/// A span of months ("2026-08".."2026-09", of the invoice) or of days ("2026-09-01".."2026-09-15", on which charges
/// start); both ends count. `from..to` as a period asks for the same rows again.
struct Span {
  std::string from, to;
  std::string spelled;                 ///< as it was asked: "last"
  bool in_days = false;
};

// ---------- what there is

struct Dimension {
  std::string id;
  std::string kind;                    ///< column, tag, vtag
  std::optional<std::int64_t> values;  ///< how many different ones; absent: not counted
};

/// What a release holds that questions need: found once per release and sight, then shared by any number of threads.
struct Holdings {
  std::int64_t release = 0;
  std::string tenant_currency;         ///< what "" as currency means
  std::vector<std::string> periods;    ///< "2026-08", "2026-09": months of invoices, ascending
  std::string first_day, last_day;     ///< on which charges start; "" when there is no cost
  std::vector<std::string> currencies; ///< that may be asked for
  std::set<std::string> billed_in;     ///< currencies of the bills
  std::vector<std::string> measures;
  std::vector<Dimension> dimensions;   ///< that may be asked for with this sight
  std::set<std::string> tables;        ///< in sight: "gold.cost_by_day", "silver.focus_cost_and_usage"
  std::map<std::string, std::set<std::string>> columns;   ///< of those of them that questions read
  std::map<std::string, std::set<std::string>> months;    ///< "gold.cost_by_tag" -> months it has rows of; and
                                                        ///< of each "tag:team" and "vtag:product"
  std::string own_currency;  ///< what x_…InTenantCurrency are in; "" without rates
  bool hides_silver = false;  ///< the release has silver tables that this sight leaves out
  std::string paying_tag;  ///< "tag:team": the tag that gold.unallocated_cost is by; "" when no charge has it
  bool has_allocation = false;  ///< some cost centre pays
  bool has_commitments = false, has_rates = false;
  std::set<std::string> showbacks;  ///< what has a table gold.NAME_showback
  std::set<std::string> held_months;  ///< whose charges the reader holds, added up by day

  bool sees(std::string_view table) const { return tables.contains(std::string(table)); }
  const Dimension* dimension(std::string_view id) const;
};
Result<Holdings> holdings_of(Reader& reader, const Tenant& tenant);

/// Adds up the charges of each month by day and by all that questions group by, and has the reader hold that, the
/// newest month first: questions that no gold table answers then read a fraction of the rows. Months that do not fit
/// into `bytes_most` are left out. Returns holdings that know of it. Costs a whole read of the charges: for a reader
/// that is kept, behind its requests.
Result<Holdings> hold_charges(Reader& reader, const Holdings& holdings, std::int64_t bytes_most);

/// The span that a period means. `invalid_argument`, or `not_found` when the release holds no cost.
Result<Span> span_of(const Holdings& holdings, const std::string& period);

// ---------- answers

/// What every answer about cost says in front.
struct Totals {
  std::int64_t release = 0;
  Span period;
  std::optional<Span> compare;
  std::string currency, measure;
  std::string total;
  std::optional<std::string> before, change;
  std::optional<std::string> change_ratio;  ///< change / |before|, six digits; absent when before is 0
};

/// Amounts by day or month. `keys` go with `rows`; nullopt is "(none)".
struct Series {
  std::string grain;  ///< day, month
  std::vector<std::string> buckets;  ///< without gaps, ascending
  struct Row {
    std::optional<std::string> key;
    std::vector<std::string> values;  ///< one a bucket
  };
  std::vector<Row> rows;
};

struct CostRow {
  std::vector<std::optional<std::string>> key;  ///< one a dimension of `by`
  std::vector<std::optional<std::string>> names;  ///< what people call it: SubAccountName beside SubAccountId
  std::string value;
  std::optional<std::string> before, change, change_ratio, share;
};

struct Cost : Totals {
  std::vector<std::string> by;
  std::string table;  ///< that answered
  std::int64_t rows_total = 0;
  bool truncated = false;
  std::vector<CostRow> rows;
  Series series;  ///< by the first dimension: the seven largest keys and "(other)"
};
/// `before`: a reader of the release that question.compare_release names, with its holdings; null: the same release.
struct Other {
  Reader* reader = nullptr;
  const Holdings* holdings = nullptr;
};
Result<Cost> cost(Reader& reader, const Holdings& holdings, const Question& question, const Other& before = {});

/// The cost by who pays: by "cost_centre" (after all rules), a virtual tag or a tag; what nobody pays has a null key.
/// Without `by` by the first of those that there is, of tags the one that says who pays; `not_found` when there is
/// none.
Result<Cost> allocated(Reader& reader, const Holdings& holdings, Question question);

struct Unallocated {
  std::string value;
  std::optional<std::string> share;
};
/// What no cost centre pays: by the tenant's rules when there are any, else by the tag of gold.unallocated_cost.
/// Absent when neither is there, or has not the measure in the currency.
Result<std::optional<Unallocated>> unallocated(Reader& reader, const Holdings& holdings, const Question& question);

struct Overview : Totals {
  Series series;  ///< one row
  std::optional<std::vector<std::optional<std::string>>> series_before;  ///< as long as the longer of both spans
  struct Mover {
    std::string dimension;
    std::optional<std::string> key;
    std::string value;
    std::optional<std::string> before;
    std::string change;
  };
  std::vector<Mover> movers;  ///< services, largest change first
  struct Top {
    std::optional<std::string> key;
    std::string value;
    std::optional<std::string> share;
  };
  std::vector<Top> top;
  std::optional<Unallocated> unallocated;
};
Result<Overview> overview(Reader& reader, const Holdings& holdings, const Question& question);

struct DimensionValue {
  std::optional<std::string> value, name, cost;
};
/// Values of a dimension in the period that hold `search` (ignoring case) in value or name, dearest first.
Result<std::vector<DimensionValue>> values_of(Reader& reader, const Holdings& holdings, const std::string& dimension,
                                              const std::string& search, const Question& question);

// ---------- pivot

struct PivotValue {
  std::string measure;  ///< of the measures, or charge_count
  std::string aggregate;  ///< sum, count (of charges); min, max (of charges; silver must be in sight)
};
struct PivotQuestion {
  Question question;
  std::vector<std::string> rows;  ///< up to 4
  std::vector<std::string> columns;  ///< none or one
  std::vector<PivotValue> values;  ///< one to four
  bool subtotals = true;
};
/// Reads r, k, val and subtotals beside a question's parameters; "-" is an empty list.
Result<PivotQuestion> parse_pivot(const Parameters& parameters, const std::vector<std::string>& others = {});

/// One text a value, nullopt where no charge is.
using Cell = std::vector<std::optional<std::string>>;
struct Pivot {
  std::int64_t release = 0;
  Span period;
  std::string currency, table;
  std::vector<std::string> rows, columns;
  std::vector<PivotValue> values;
  std::vector<std::vector<std::optional<std::string>>> column_keys;
  struct Node {
    std::vector<std::optional<std::string>> key;  ///< as long as its depth
    bool subtotal = false;
    std::vector<std::optional<Cell>> cells;  ///< one a column key
    std::optional<Cell> total;
  };
  std::vector<Node> tree;  ///< a subtotal before what it adds up; largest first, months and days in order
  std::vector<std::optional<Cell>> grand;
  std::optional<Cell> grand_total;
  bool truncated = false;  ///< the smallest rows were left out; totals and subtotals still count them
};
Result<Pivot> pivot(Reader& reader, const Holdings& holdings, const PivotQuestion& question);

// ---------- lines

struct GridColumn {
  std::string name, type;  ///< the engine's spelling of the type
};
struct Grid {
  std::vector<GridColumn> columns;
  std::vector<std::vector<Json>> rows;  ///< decimals, dates and text as text; whole numbers as numbers; tags as objects
  std::optional<std::string> next;  ///< cursor of the rows behind these
};
/// Charges of silver.focus_cost_and_usage when it is in sight, else rows of gold.cost_by_day; largest amount first.
/// At most question.limit rows. `cursor`: "" or what an earlier answer to the same question gave as next.
Result<Grid> lines(Reader& reader, const Holdings& holdings, const Question& question, const std::string& cursor);
/// The same rows, all of them and all their columns, as one select: for exports.
Result<std::string> lines_sql(const Holdings& holdings, const Question& question);

// ---------- commitments

struct Commitment {
  std::string id;
  std::optional<std::string> name, type;
  std::string currency;
  std::string committed, used, unused;  ///< committed: used and unused
  std::optional<std::string> coverage, utilisation;  ///< six digits; absent when they mean nothing
};
struct Commitments {
  Span period;
  std::string currency;
  std::vector<Commitment> rows;  ///< dearest first
  std::optional<Commitment> total;  ///< its coverage only where it is exact: of one commitment
};
Result<Commitments> commitments(Reader& reader, const Holdings& holdings, const Question& question);

// ---------- explain

/// The question for flow/pipeline's explain(): "EffectiveCost where billing_period = date '2026-09-01' and …", of the
/// charges, or of the gold table whose cells answered. It sums to what cost() gives as total of the same question.
Result<std::string> explain_question(const Holdings& holdings, const Question& question);

// ---------- how a tenant stands

struct Freshness {
  std::string state = "UNKNOWN";  ///< OK, BREACH, UNKNOWN (no source)
  std::optional<double> hours_lag, sla_hours;  ///< of the source that is latest against what it may
};
struct Standing {
  Freshness fresh;
  struct Source {
    std::string name, kind;
    Freshness fresh;
  };
  std::vector<Source> sources;
  std::set<std::string> closed;  ///< months that are
  struct Certified {
    std::int64_t number = 0;
    std::string period;
    TimeMs issued_ms = 0;
    bool holds = false;
  };
  std::optional<Certified> certificate;  ///< the newest
};
Result<Standing> standing(Workshop& workshop, const Tenant& tenant);

}  // namespace centavo::explore
