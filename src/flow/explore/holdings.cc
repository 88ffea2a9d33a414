#include <algorithm>

#include "flow/explore/explore.h"
#include "flow/explore/source.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr std::size_t kTagsMax = 500;

class Taker {
 public:
  Taker(Reader& reader, const Tenant& tenant) : reader_(reader), tenant_(tenant) {}

  Result<Holdings> run() {
    out_.release = reader_.release().number;
    out_.tenant_currency = tenant_.currency;
    TRY(find_tables());
    if (!out_.sees("gold.cost_by_month")) return std::move(out_);
    TRY(find_cost());
    TRY(find_rates());
    TRY(find_columns());
    TRY(find_tags());
    TRY(find_virtual_tags());
    TRY(find_cost_centres());
    return std::move(out_);
  }

 private:
  using Found = std::vector<std::vector<std::optional<std::string>>>;
  Result<Found> all(const std::string& sql) { return reader_.connection().all(sql); }

  Status find_tables() {
    for (const auto& row : TRY(all("select schema_name || '.' || view_name from duckdb_views() where schema_name in "
                                   "('bronze', 'silver', 'gold')")))
      out_.tables.insert(row[0].value_or(""));
    const auto& versions = reader_.release().versions;
    const bool has_silver = std::any_of(versions.begin(), versions.end(),
                                        [](const auto& each) { return each.first.starts_with("silver."); });
    out_.hides_silver = has_silver && !out_.sees(kCharges);
    for (const std::string table :
         {"gold.cost_by_month", "gold.cost_by_day", "gold.cost_by_tag", "gold.cost_by_virtual_tag",
          "gold.allocated_cost", "gold.cost_in_currency", "gold.commitment_summary", "gold.unallocated_cost",
          "silver.focus_cost_and_usage"}) {
      if (!out_.sees(table)) continue;
      const std::string all_of_it = "select * from " + table;
      TRY(reader_.vet(all_of_it));   // the view then has its converted columns too
      for (const auto& column : TRY(reader_.connection().describe(all_of_it))) out_.columns[table].insert(column.name);
    }
    for (const auto& table : out_.tables) {
      if (table.starts_with("gold.") && table.ends_with("_showback"))
        out_.showbacks.insert(table.substr(5, table.size() - 14));
    }
    return {};
  }

  Status find_cost() {
    for (const auto& row : TRY(all("select strftime(billing_period, '%Y-%m'), BillingCurrency from gold.cost_by_month "
                                   "group by all order by all"))) {
      const std::string month = row[0].value_or("");
      if (out_.periods.empty() || out_.periods.back() != month) out_.periods.push_back(month);
      out_.billed_in.insert(row[1].value_or(""));
    }
    if (out_.sees("gold.cost_by_day")) {
      const auto days = TRY(all("select min(charge_date), max(charge_date) from gold.cost_by_day"));
      out_.first_day = days.front()[0].value_or("");
      out_.last_day = days.front()[1].value_or("");
    }
    for (const char* measure : {"EffectiveCost", "BilledCost", "ListCost", "ContractedCost"}) {
      if (out_.columns["gold.cost_by_month"].contains(measure)) out_.measures.emplace_back(measure);
    }
    if (out_.sees("gold.commitment_summary")) {
      out_.has_commitments =
          TRY(reader_.connection().value("select count(*) > 0 from gold.commitment_summary")) == "true";
    }
    return {};
  }

  Status find_rates() {
    if (out_.sees("gold.cost_in_currency")) {
      const auto own = TRY(reader_.connection().value("select max(x_TenantCurrency) from gold.cost_in_currency"));
      out_.own_currency = own.value_or("");
      out_.has_rates = own.has_value();
      TRY(find_months("gold.cost_in_currency"));
    }
    std::set<std::string> currencies = out_.billed_in;
    if (out_.has_rates) {
      currencies.insert("USD");
      currencies.insert(out_.own_currency);
      out_.tenant_currency = out_.own_currency;
    } else if (!out_.billed_in.contains(tenant_.currency) && !out_.billed_in.empty()) {
      out_.tenant_currency = *out_.billed_in.begin();
    }
    out_.currencies.assign(currencies.begin(), currencies.end());
    return {};
  }

  Status find_months(const std::string& table) {
    for (const auto& row : TRY(all(fmt::format("select distinct strftime(billing_period, '%Y-%m') from {}", table))))
      out_.months[table].insert(row[0].value_or(""));
    return {};
  }

  Status find_columns() {
    std::string counts;
    std::vector<std::string> gold;
    for (const auto& column : known_columns()) {
      if (!is_gold_column(column) || !out_.columns["gold.cost_by_month"].contains(column)) continue;
      if (column == "BillingCurrency" && out_.billed_in.size() < 2) continue;
      gold.push_back(column);
      counts += fmt::format("{}count(distinct {})", counts.empty() ? "" : ", ", duck::name(column));
    }
    const auto counted = TRY(all(fmt::format("select {} from gold.cost_by_month", counts)));
    for (std::size_t i = 0; i < gold.size(); ++i)
      out_.dimensions.push_back({gold[i], "column", std::stoll(counted.front()[i].value_or("0"))});
    out_.dimensions.push_back({"month", "column", static_cast<std::int64_t>(out_.periods.size())});
    if (!out_.first_day.empty()) out_.dimensions.push_back({"day", "column", {}});
    if (!out_.sees(kCharges)) return {};
    for (const auto& column : known_columns()) {
      if (!is_gold_column(column) && out_.columns[std::string(kCharges)].contains(column))
        out_.dimensions.push_back({column, "column", {}});
    }
    return {};
  }

  Status find_tags() {
    if (!out_.sees("gold.cost_by_tag")) return {};
    TRY(find_months("gold.cost_by_tag"));
    std::map<std::string, std::int64_t> values;
    for (const auto& row : TRY(all(
             "select tag_key, strftime(billing_period, '%Y-%m'), count(distinct tag_value) from gold.cost_by_tag where "
             "tag_key <> '*' group by all"))) {
      const std::string id = "tag:" + row[0].value_or("");
      out_.months[id].insert(row[1].value_or(""));
      values[id] = std::max(values[id], static_cast<std::int64_t>(std::stoll(row[2].value_or("0"))));
    }
    const auto paying = tenant_.parameters.find("allocation_tag");
    const std::string tag = "tag:" + (paying == tenant_.parameters.end() ? std::string("team") : paying->second);
    if (values.contains(tag)) out_.paying_tag = tag;
    for (const auto& [id, count] : values) {
      if (out_.dimensions.size() < kTagsMax) out_.dimensions.push_back({id, "tag", count});
    }
    return {};
  }

  Status find_virtual_tags() {
    if (!out_.sees("gold.cost_by_virtual_tag")) return {};
    TRY(find_months("gold.cost_by_virtual_tag"));
    std::map<std::string, std::int64_t> values;
    std::vector<std::string> ids;
    // A table without rules holds one tag of the name none, which no charge has.
    for (const auto& row : TRY(all("select tag, strftime(billing_period, '%Y-%m'), count(distinct tag_value), "
                                   "min(tag_number) from gold.cost_by_virtual_tag group by all order by 4, 1, 2"))) {
      const std::string id = "vtag:" + row[0].value_or("");
      if (id == "vtag:none" && row[2].value_or("0") == "0") continue;
      out_.months[id].insert(row[1].value_or(""));
      if (!values.contains(id)) ids.push_back(id);
      values[id] = std::max(values[id], static_cast<std::int64_t>(std::stoll(row[2].value_or("0"))));
    }
    for (const auto& id : ids) out_.dimensions.push_back({id, "vtag", values[id]});
    return {};
  }

  Status find_cost_centres() {
    if (!out_.sees("gold.allocated_cost")) return {};
    TRY(find_months("gold.allocated_cost"));
    const auto found =
        TRY(all("select count(distinct cost_centre) filter (where cost_centre <> 'unallocated'), "
                "count(distinct level_1), bool_or(level_2 is not null), count(distinct level_2), "
                "bool_or(level_3 is not null), count(distinct level_3) from gold.allocated_cost"));
    const auto& row = found.front();
    const std::int64_t centres = std::stoll(row[0].value_or("0"));
    out_.has_allocation = centres > 0;
    if (centres == 0) return {};
    out_.dimensions.push_back({"cost_centre", "vtag", centres});
    if (row[2] == "true") out_.dimensions.push_back({"level_1", "vtag", std::stoll(row[1].value_or("0"))});
    if (row[2] == "true") out_.dimensions.push_back({"level_2", "vtag", std::stoll(row[3].value_or("0"))});
    if (row[4] == "true") out_.dimensions.push_back({"level_3", "vtag", std::stoll(row[5].value_or("0"))});
    return {};
  }

  Reader& reader_;
  const Tenant& tenant_;
  Holdings out_;
};

}  // namespace

const Dimension* Holdings::dimension(std::string_view id) const {
  const auto it = std::find_if(dimensions.begin(), dimensions.end(), [&](const auto& each) { return each.id == id; });
  return it == dimensions.end() ? nullptr : &*it;
}

Result<Holdings> holdings_of(Reader& reader, const Tenant& tenant) { return Taker(reader, tenant).run(); }

}  // namespace centavo::explore
