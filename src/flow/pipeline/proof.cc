#include "flow/pipeline/work.h"

namespace centavo {
namespace {

using pack::TableName;

ProofRecord record_of(const Task& task, const std::string& tenant, std::string measure, std::string currency,
                      std::string category, std::string amount) {
  ProofRecord record;
  record.tenant = tenant;
  record.table = task.table.text();
  record.period = task.period;
  record.measure = std::move(measure);
  record.currency = std::move(currency);
  record.category = std::move(category);
  record.amount = std::move(amount);
  return record;
}

using Key = std::tuple<std::string, std::string, std::string, std::string>;   // period, measure, currency, category

std::map<std::string, std::map<Key, Decimal>> by_table(const std::vector<ProofRecord>& proofs) {
  std::map<std::string, std::map<Key, Decimal>> out;
  for (const auto& proof : proofs) {
    const auto amount = parse_decimal(proof.amount);
    if (amount) out[proof.table][{proof.period, proof.measure, proof.currency, proof.category}] = *amount;
  }
  return out;
}

// Compares the totals of one measure in two tables, and the categories when both have them.
class Comparison {
 public:
  /// `contract` is that of `to`.
  Comparison(std::string from, const pack::Contract& contract, std::vector<Reconciliation::Line>& out)
      : from_(std::move(from)), to_(contract.table.text()), contract_(contract), out_(out) {}

  /// `aside` is what `to` set aside: input = table + quarantine.
  void run(const std::map<Key, Decimal>& from, const std::map<Key, Decimal>& to, const std::map<Key, Decimal>& aside,
           const std::optional<PeriodRange>& periods) {
    std::set<Key> keys;
    const bool categories = has_categories(from) && has_categories(to);
    for (const auto* side : {&from, &to, &aside}) {
      for (const auto& [key, amount] : *side) {
        const auto& [period, measure, currency, category] = key;
        if (measure == "rows" || (!category.empty() && !categories)) continue;
        if (!has_measure(from, measure) || !has_measure(to, measure, period)) continue;
        const auto parsed = Period::parse(period);
        if (periods && parsed && !periods->contains(*parsed)) continue;
        keys.insert(key);
      }
    }
    for (const auto& key : keys) add(key, at(from, key), at(to, key), at(aside, key));
  }

 private:
  static bool has_categories(const std::map<Key, Decimal>& side) {
    return std::any_of(side.begin(), side.end(), [](const auto& entry) { return !std::get<3>(entry.first).empty(); });
  }
  static bool has_measure(const std::map<Key, Decimal>& side, const std::string& measure) {
    return std::any_of(side.begin(), side.end(),
                       [&](const auto& entry) { return std::get<1>(entry.first) == measure; });
  }
  // A table that was made and has no row left of a measure that it declares has 0 of it: that is no reason to look
  // away.
  bool has_measure(const std::map<Key, Decimal>& to, const std::string& measure, const std::string& period) const {
    const bool made = to.contains({period, "rows", "", ""});
    const bool declared = std::any_of(contract_.proofs.begin(), contract_.proofs.end(),
                                      [&](const auto& proof) { return proof.measure == measure; });
    return has_measure(to, measure) || (made && declared);
  }
  static Decimal at(const std::map<Key, Decimal>& side, const Key& key) {
    const auto it = side.find(key);
    return it == side.end() ? Decimal{} : it->second;
  }

  void add(const Key& key, const Decimal& from, const Decimal& to, const Decimal& aside) {
    Reconciliation::Line line;
    std::tie(line.period, line.measure, line.currency, line.category) = key;
    line.from = from_;
    line.to = to_;
    line.from_amount = from.shortest();
    line.to_amount = to.shortest();
    if (!aside.is_zero()) line.note = fmt::format("{} in quarantine", aside.shortest());
    const auto all = centavo::add(to, aside);
    const auto difference = all ? subtract(*all, from) : all;
    line.difference = difference ? difference->shortest() : "too large";
    line.holds = difference && difference->is_zero();
    out_.push_back(std::move(line));
  }

  std::string from_, to_;
  const pack::Contract& contract_;
  std::vector<Reconciliation::Line>& out_;
};

// Sums over periods: what a table without periods must agree with.
std::map<Key, Decimal> without_periods(const std::map<Key, Decimal>& side) {
  std::map<Key, Decimal> out;
  for (const auto& [key, amount] : side) {
    Key total = key;
    std::get<0>(total) = "";
    const auto sum = add(out[total], amount);
    if (sum) out[total] = *sum;
  }
  return out;
}

}  // namespace

Result<std::vector<ProofRecord>> measure(Desk& desk, const pack::Library& library, const pack::Contract& contract,
                                         const SqlValues& values, const Task& task, const std::string& tenant) {
  std::vector<ProofRecord> out;
  const auto rows = TRY(desk.connection().value("select count(*) from this"));
  out.push_back(record_of(task, tenant, "rows", "", "", rows.value_or("0")));
  for (const auto& proof : contract.proofs) {
    const std::string sql = fmt::format(
        "select cast({} as varchar) as currency, cast({} as varchar) as category, sum({}) as amount from this{} group "
        "by 1, 2",
        proof.currency.empty() ? "''" : proof.currency, proof.by.empty() ? "''" : proof.by, proof.amount,
        proof.where.empty() ? "" : " where " + proof.where);
    const std::string doing = fmt::format("proof of {} ({})", proof.measure, proof.place.text());
    const std::string expanded = TRY_IN(doing, library.expand(sql, "duckdb", values));
    const auto sums = TRY_IN(doing, desk.connection().all(expanded));
    std::map<std::string, Decimal> totals;
    for (const auto& row : sums) {
      const std::string currency = row[0].value_or("");
      const Decimal amount = TRY_IN(doing, parse_decimal(row[2].value_or("0")));
      totals[currency] = TRY_IN(doing, add(totals[currency], amount));
      if (!proof.by.empty())
        out.push_back(record_of(task, tenant, proof.measure, currency, row[1].value_or("(none)"), amount.text()));
    }
    for (const auto& [currency, amount] : totals)
      out.push_back(record_of(task, tenant, proof.measure, currency, "", amount.text()));
  }
  return out;
}

std::vector<Reconciliation::Line> compare(const Graph& graph, const std::vector<ProofRecord>& proofs,
                                          const std::optional<PeriodRange>& periods) {
  std::vector<Reconciliation::Line> out;
  const auto tables = by_table(proofs);
  const std::map<Key, Decimal> none;
  const auto of = [&](const std::string& table) -> const std::map<Key, Decimal>& {
    const auto it = tables.find(table);
    return it == tables.end() ? none : it->second;
  };
  for (const auto& node : graph.nodes()) {
    const std::string name = node.model->contract.table.text();
    if (!node.feeds.empty()) {
      for (const auto& [key, rows] : of("files:" + name)) {
        const auto& [period, measure, currency, category] = key;
        const auto parsed = Period::parse(period);
        if (periods && parsed && !periods->contains(*parsed)) continue;
        Reconciliation::Line line;
        line.period = period;
        line.measure = "rows";
        line.from = "files";
        line.to = name;
        line.from_amount = rows.shortest();
        const auto it = of(name).find(key);
        const Decimal made = it == of(name).end() ? Decimal{} : it->second;
        line.to_amount = made.shortest();
        const auto set_aside = of("quarantine:" + name).find(key);
        const Decimal aside = set_aside == of("quarantine:" + name).end() ? Decimal{} : set_aside->second;
        if (!aside.is_zero()) line.note = fmt::format("{} in quarantine", aside.shortest());
        const auto all = add(made, aside);
        const auto difference = all ? subtract(*all, rows) : all;
        line.difference = difference ? difference->shortest() : "too large";
        line.holds = difference && difference->is_zero();
        out.push_back(std::move(line));
      }
    }
    // An interface's implementers add up: what reads the interface agrees with their sum.
    std::map<Key, Decimal> inputs;
    std::string from;
    for (const auto& input : node.periods_of) {   // not those that only weigh or rate its rows
      if (of(input.text()).empty()) continue;
      const auto& side = of(input.text());
      const auto shaped = node.is_periodic() ? side : without_periods(side);
      bool shares = false;
      for (const auto& proof : node.model->contract.proofs) {
        shares = shares || std::any_of(shaped.begin(), shaped.end(),
                                       [&](const auto& e) { return std::get<1>(e.first) == proof.measure; });
      }
      if (!shares) continue;
      for (const auto& [key, amount] : shaped) {
        const auto sum = add(inputs[key], amount);
        if (sum) inputs[key] = *sum;
      }
      from += (from.empty() ? "" : " + ") + input.text();
    }
    if (!from.empty())
      Comparison(from, node.model->contract, out).run(inputs, of(name), of("quarantine:" + name), periods);
  }
  return out;
}

}  // namespace centavo
