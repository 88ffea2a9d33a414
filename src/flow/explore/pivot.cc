#include <algorithm>
#include <map>

#include "flow/explore/amounts.h"
#include "flow/explore/explore.h"
#include "flow/explore/source.h"
#include "flow/explore/span.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr std::size_t kCellsMax = 60'000;
constexpr std::size_t kColumnsMax = 400;

using Key = std::vector<std::optional<std::string>>;

class Turning {
 public:
  Turning(Reader& reader, const Holdings& holdings, const PivotQuestion& asked)
      : reader_(reader), holdings_(holdings), asked_(asked), width_(asked.rows.size()) {}

  Result<Pivot> run() {
    out_.release = holdings_.release;
    out_.period = TRY(span_of(holdings_, asked_.question.period));
    source_ = TRY(choose_source(holdings_, need()));
    out_.currency = source_.currency;
    out_.table = source_.table;
    out_.rows = asked_.rows;
    out_.columns = asked_.columns;
    out_.values = asked_.values;
    const auto rows = TRY(read_all_cells());
    TRY(name_columns(rows));
    for (const auto& row : rows) place(row);
    build_tree();
    return std::move(out_);
  }

 private:
  // One cell: how many of the rows' dimensions it is of, its keys, and whether it is of one column or of all.
  struct Found {
    std::size_t depth = 0;
    bool is_total = false;   // over all columns
    Key key;
    std::optional<std::string> column;
    Cell values;
  };

  Need need() const {
    Need out = need_of(asked_.question, {out_.period});
    out.dimensions.insert(out.dimensions.end(), asked_.rows.begin(), asked_.rows.end());
    out.dimensions.insert(out.dimensions.end(), asked_.columns.begin(), asked_.columns.end());
    out.measures.clear();
    for (const auto& value : asked_.values) {
      out.measures.push_back(value.aggregate == "count" ? "charge_count" : value.measure);
      out.by_charge = out.by_charge || value.aggregate == "min" || value.aggregate == "max";
    }
    return out;
  }

  std::string value_sql(const PivotValue& value) const {
    if (value.measure == "charge_count" || value.aggregate == "count") return source_.charge_count();
    return fmt::format("{}({})", value.aggregate, source_.amount(value.measure));
  }

  // Every level of subtotals, with and without the columns, as the engine adds them up.
  std::string sets_sql() const {
    std::string out;
    for (std::size_t depth = 0; depth <= width_; ++depth) {
      if (!asked_.subtotals && depth != 0 && depth != width_) continue;
      std::string keys;
      for (std::size_t i = 1; i <= depth; ++i) keys += fmt::format("{}k{}", keys.empty() ? "" : ", ", i);
      out += fmt::format("{}({})", out.empty() ? "" : ", ", keys);
      if (!asked_.columns.empty()) out += fmt::format(", ({}{}c)", keys, keys.empty() ? "" : ", ");
    }
    return out;
  }

  Result<std::vector<Found>> read_all_cells() {
    std::string keys, grouped, shown, partition, by, values, outer;
    for (std::size_t i = 1; i <= width_; ++i) {
      const auto& dimension = asked_.rows[i - 1];
      keys += fmt::format("{} as k{}, ", source_.column(dimension), i);
      grouped += fmt::format("k{0}, grouping(k{0}) as g{0}, ", i);
      shown += fmt::format("{}, ", Source::shown(dimension, fmt::format("k{}", i)));
      partition += fmt::format(", k{}", i);
      by += fmt::format("{}1 - g{}", i == 1 ? "" : " + ", i);
    }
    const bool has_column = !asked_.columns.empty();
    keys += fmt::format("{} as c", has_column ? source_.column(asked_.columns[0]) : "cast(null as varchar)");
    std::string measures;
    for (std::size_t i = 0; i < asked_.values.size(); ++i) {
      values += fmt::format(", {} as v{}", value_sql(asked_.values[i]), i);
      outer += fmt::format(", v{}", i);
    }
    for (const auto& measure : inputs()) measures += ", " + measure;
    const std::string depth = width_ == 0 ? "0" : by;
    const std::string sql = fmt::format(
        "with picked as (\n  select {0}{1} from {2} where {3}{4}\n),\ncells as (\n  select {5}{6} as c, {7} as "
        "gc{8} "
        "from picked group by grouping sets ({9})\n),\nranked as (\n  select *, {10} as depth, max(case when gc = 1 "
        "then v0 "
        "end) over (partition by {10}{11}) as total from cells\n)\nselect depth, gc, {12}{13}{14} from ranked order by "
        "depth, total desc nulls last{11}, gc desc, c limit {15}",
        keys, measures, source_.from, source_.in(out_.period), TRY(source_.also(asked_.question.filters)), grouped,
        has_column ? "c" : "cast(null as varchar)", has_column ? "grouping(c)" : "1", values, sets_sql(), depth,
        partition, shown, has_column ? Source::shown(asked_.columns[0], "c") : "c", outer, kCellsMax + 1);
    auto rows = TRY(read_all(sql));
    std::vector<Found> out;
    for (auto& row : rows) out.push_back(found_in(row));
    if (out.size() > kCellsMax) cut(out);
    return out;
  }

  Result<std::vector<Key>> read_all(const std::string& sql) {
    if (source_.is_silver()) TRY(reader_.vet(sql));
    return reader_.connection().all(sql);
  }

  // The columns that values read, once each.
  std::vector<std::string> inputs() const {
    std::vector<std::string> out;
    const auto add = [&](const std::string& column) {
      if (std::find(out.begin(), out.end(), column) == out.end()) out.push_back(column);
    };
    for (const auto& value : asked_.values) {
      const bool counts = value.measure == "charge_count" || value.aggregate == "count";
      if (!counts) add(source_.amount(value.measure));
      if (counts && !source_.is_silver()) add("charge_count");
    }
    return out;
  }

  Found found_in(const Key& row) const {
    Found out;
    out.depth = static_cast<std::size_t>(std::stoll(row[0].value_or("0")));
    out.is_total = row[1] == "1";
    for (std::size_t i = 0; i < out.depth; ++i) out.key.push_back(row[2 + i]);
    out.column = row[2 + width_];
    for (std::size_t i = 0; i < asked_.values.size(); ++i) out.values.push_back(plain_or_none(row[3 + width_ + i]));
    return out;
  }

  // The last row may have lost some of its cells, so that it goes as a whole.
  void cut(std::vector<Found>& cells) {
    out_.truncated = true;
    const std::size_t depth = cells.back().depth;
    const Key key = cells.back().key;
    while (!cells.empty() && cells.back().depth == depth && cells.back().key == key) cells.pop_back();
  }

  Status name_columns(const std::vector<Found>& cells) {
    if (asked_.columns.empty()) return {};
    std::vector<const Found*> totals;
    for (const auto& cell : cells) {
      if (cell.depth == 0 && !cell.is_total) totals.push_back(&cell);
    }
    if (totals.size() > kColumnsMax) {
      return fail_hint("filter, ask for a shorter period, or have it in the rows", ErrorKind::over_limit,
                       "{} columns of {}, {} are allowed", totals.size(), asked_.columns[0], kColumnsMax);
    }
    const bool in_order = asked_.columns[0] == "month" || asked_.columns[0] == "day";
    if (!in_order) {
      std::stable_sort(totals.begin(), totals.end(),
                       [&](const auto* a, const auto* b) { return larger(a->values[0], b->values[0]); });
    }
    for (const auto* cell : totals) {
      column_at_[cell->column] = out_.column_keys.size();
      out_.column_keys.push_back({cell->column});
    }
    return {};
  }

  static bool larger(const std::optional<std::string>& a, const std::optional<std::string>& b) {
    const auto left = parse_decimal(a.value_or("0"));
    const auto right = parse_decimal(b.value_or("0"));
    if (!left || !right) return false;
    const auto less = subtract(*left, *right);
    return less && less->value > 0;
  }

  void place(const Found& cell) {
    auto& node = nodes_[cell.key];
    if (node.order == 0) node.order = ++placed_;
    node.cells.resize(out_.column_keys.size());
    if (cell.is_total) {
      node.total = cell.values;
    } else if (const auto it = column_at_.find(cell.column); it != column_at_.end()) {
      node.cells[it->second] = cell.values;
    }
  }

  struct Placed {
    std::size_t order = 0;
    std::vector<std::optional<Cell>> cells;
    std::optional<Cell> total;
  };

  void build_tree() {
    const auto grand = nodes_.find(Key());
    out_.grand.resize(out_.column_keys.size());
    if (grand != nodes_.end()) {
      out_.grand = grand->second.cells;
      out_.grand_total = grand->second.total;
    }
    std::map<Key, std::vector<const std::pair<const Key, Placed>*>> children;
    for (const auto& node : nodes_) {
      if (node.first.empty()) continue;
      const bool flat = !asked_.subtotals;
      children[flat ? Key() : Key(node.first.begin(), node.first.end() - 1)].push_back(&node);
    }
    for (auto& [key, list] : children) {
      const std::size_t depth = list.front()->first.size();
      const auto& dimension = asked_.rows[depth - 1];
      const bool in_order = dimension == "month" || dimension == "day";
      std::sort(list.begin(), list.end(), [&](const auto* a, const auto* b) {
        return in_order ? a->first < b->first : a->second.order < b->second.order;
      });
    }
    add_children(children, Key());
  }

  template <class Children>
  void add_children(const Children& children, const Key& key) {
    const auto it = children.find(key);
    if (it == children.end()) return;
    for (const auto* node : it->second) {
      out_.tree.push_back({node->first, node->first.size() < width_, node->second.cells, node->second.total});
      if (node->first.size() < width_) add_children(children, node->first);
    }
  }

  Reader& reader_;
  const Holdings& holdings_;
  const PivotQuestion& asked_;
  const std::size_t width_;
  Source source_;
  std::map<Key, Placed> nodes_;
  std::map<std::optional<std::string>, std::size_t> column_at_;
  std::size_t placed_ = 0;
  Pivot out_;
};

}  // namespace

Result<Pivot> pivot(Reader& reader, const Holdings& holdings, const PivotQuestion& question) {
  return Turning(reader, holdings, question).run();
}

}  // namespace centavo::explore
