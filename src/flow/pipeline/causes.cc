#include "flow/pipeline/causes.h"

#include "flow/pipeline/account.h"

#include "base/currency.h"

namespace centavo {
namespace {

using Groups = std::map<SumKey, Sum>;

enum class By { total, category, invoice };

Groups grouped(const Sums& sums, const std::string& measure, By by) {
  Groups out;
  for (const auto& [key, sum] : sums) {
    if (key.measure != measure) continue;
    SumKey group{key.measure, key.currency, "", "", ""};
    if (by == By::category) group.category = key.category;
    if (by == By::invoice) {
      group.issuer = key.issuer;
      group.invoice = key.invoice;
    }
    (void)out[group].add(sum.rows, sum.amount);
  }
  return out;
}

void add_all(Sums& into, const Sums& more) {
  for (const auto& [key, sum] : more) (void)into[key].add(sum.rows, sum.amount);
}

Decimal at(const Groups& groups, const SumKey& key) {
  const auto it = groups.find(key);
  return it == groups.end() ? Decimal{} : it->second.amount;
}

Decimal minus(const Decimal& a, const Decimal& b) { return subtract(a, b).value_or(Decimal{1, 0}); }
Decimal plus(const Decimal& a, const Decimal& b) { return add(a, b).value_or(Decimal{1, 0}); }
Decimal negated(const Decimal& a) { return {-a.value, a.scale}; }

std::string money(const Decimal& amount) { return amount.shortest(); }

// Whether two amounts are one but for rounding to the subunit.
bool agree(const Decimal& a, const Decimal& b, const std::string& currency) {
  const auto whole = in_subunits(minus(a, b), currency);
  return whole && *whole == 0;
}

// What the size of a difference alone says.
void name_by_size(Compared& line) {
  const auto whole = in_subunits(line.difference, line.currency);
  const bool less = line.difference.value < 0;
  if (whole && *whole == 0) {
    line.cause = "rounding";
    line.text = "less than half of the currency's smallest coin";
  } else if (whole && (*whole == 1 || *whole == -1)) {
    line.cause = less ? "lost_cent" : "extra_cent";
    line.text =
        less ? "one of the currency's smallest coins is missing" : "one of the currency's smallest coins is too much";
  } else {
    line.cause = "unexplained";
    line.text = "no cause that is known fits this amount";
  }
}

// The sides of one link of the account.
struct Link {
  std::string from, to;
  Sums from_sums, to_sums, aside;
  std::set<std::string> measures, categorised, invoiced;
};

std::set<std::string> common(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

std::vector<Compared> compare_by(const Link& link, const std::string& measure, By by) {
  const Groups from = grouped(link.from_sums, measure, by);
  const Groups to = grouped(link.to_sums, measure, by);
  const Groups aside = grouped(link.aside, measure, by);
  std::set<SumKey> keys;
  for (const auto* side : {&from, &to, &aside}) {
    for (const auto& [key, sum] : *side) keys.insert(key);
  }
  std::vector<Compared> out;
  for (const auto& key : keys) {
    Compared line;
    line.measure = measure;
    line.currency = key.currency;
    line.category = key.category;
    line.issuer = key.issuer;
    line.invoice = key.invoice;
    line.by_invoice = by == By::invoice;
    line.from = link.from;
    line.to = link.to;
    line.from_amount = at(from, key);
    line.to_amount = at(to, key);
    line.aside = at(aside, key);
    line.difference = minus(plus(line.to_amount, line.aside), line.from_amount);
    line.focus = line.strict();
    if (const auto it = from.find(key); it != from.end()) line.rows = it->second.rows;
    out.push_back(std::move(line));
  }
  return out;
}

// Names a difference between tables: one category alone, or its size.
void name_link(Compared& line, const std::vector<Compared>& categories) {
  const Compared* only = nullptr;
  int differing = 0;
  for (const auto& each : categories) {
    if (each.strict() || each.currency != line.currency) continue;
    only = &each;
    ++differing;
  }
  const auto whole = in_subunits(line.difference, line.currency);
  const bool one_coin = whole && *whole >= -1 && *whole <= 1;
  if (!one_coin && differing == 1 && equal(only->difference, line.difference) &&
      (only->category == "Tax" || only->category == "Credit")) {
    line.cause = only->category == "Tax" ? "tax" : "credit";
    line.text = fmt::format("all of it in charges of category {}", only->category);
    return;
  }
  if (line.by_invoice && differing == 0) {
    line.cause = "other_invoice";
    line.text = "the currency's total agrees: it stands under another invoice";
    return;
  }
  name_by_size(line);
}

// Names a difference between the raw files and bronze by the file that it is in.
void name_raw(Compared& line, const Account& account, const std::string& table) {
  for (const auto& file : account.files) {
    if (file.table != table || !file.raw_key.empty() || file.bronze_rows == 0) continue;
    line.cause = "extra_file";
    line.text = fmt::format("bronze has {} rows of {}, which no landing names", file.bronze_rows, file.path);
    return;
  }
  for (const auto& file : account.files) {
    if (file.table != table || !file.readable) continue;
    const bool same_money = std::all_of(file.amounts.begin(), file.amounts.end(), [&](const auto& entry) {
      const auto it = file.bronze_amounts.find(entry.first);
      return it != file.bronze_amounts.end() && equal(it->second, entry.second);
    });
    if (file.rows == file.bronze_rows && same_money) continue;
    if (file.bronze_rows == 0) {
      line.cause = "missing_file";
    } else if (file.bronze_rows == 2 * file.rows) {
      line.cause = "duplicated_file";
    } else if (file.bronze_rows != file.rows) {
      line.cause = file.bronze_rows > file.rows ? "duplicated_row" : "missing_row";
    } else {
      name_by_size(line);
    }
    line.text = fmt::format("{}: {} rows in raw, {} in bronze", file.path, file.rows, file.bronze_rows);
    return;
  }
  name_by_size(line);
}

std::vector<Compared> compare_link(const Link& link, const Account& account, const std::string& raw_table) {
  std::vector<Compared> out;
  for (const auto& measure : link.measures) {
    std::vector<Compared> categories;
    if (link.categorised.contains(measure)) categories = compare_by(link, measure, By::category);
    auto lines = compare_by(link, measure, By::total);
    if (link.invoiced.contains(measure)) {
      auto invoiced = compare_by(link, measure, By::invoice);
      lines.insert(lines.end(), std::make_move_iterator(invoiced.begin()), std::make_move_iterator(invoiced.end()));
    }
    for (auto& category : categories) {
      if (!category.strict()) lines.push_back(category);
    }
    for (auto& line : lines) {
      if (line.strict()) continue;
      if (raw_table.empty())
        name_link(line, categories);
      else
        name_raw(line, account, raw_table);
    }
    out.insert(out.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  }
  return out;
}

Compared compare_rows(const StageSums& raw, const StageSums& bronze, const Account& account) {
  Compared line;
  line.measure = "rows";
  line.from = "raw:" + raw.table;
  line.to = bronze.table;
  line.from_amount = {raw.rows, 0};
  line.to_amount = {bronze.rows, 0};
  line.difference = minus(line.to_amount, line.from_amount);
  line.rows = raw.rows;
  line.focus = line.strict();
  if (!line.strict()) {
    name_raw(line, account, raw.table);
    if (line.cause == "unexplained" || line.cause.ends_with("cent"))
      line.cause = line.difference.value < 0 ? "missing_row" : "duplicated_row";
  }
  return line;
}

// Tables that stand for the bill: those that implement an interface and prove what is payable.
std::vector<const StageSums*> bill_stages(const Graph& graph, const Account& account) {
  std::vector<const StageSums*> out;
  for (const auto& node : graph.nodes()) {
    if (node.model->contract.implements.empty()) continue;
    const auto* stage =
        account.find(pack::name_of(node.model->contract.table.layer), node.model->contract.table.text());
    if (stage != nullptr && stage->readable && !stage->whole && stage->measures.contains(std::string(kPayable)))
      out.push_back(stage);
  }
  return out;
}

// Puts a name to what an invoice and the bill differ by.
class InvoiceCause {
 public:
  InvoiceCause(const Sums& bill, const Account& account, const Earlier& earlier)
      : bill_(bill), account_(account), earlier_(earlier) {}

  void name(Compared& line) const {
    if (line.strict()) return;
    if (const auto whole = in_subunits(line.difference, line.currency); whole && *whole == 0) return name_by_size(line);
    if (line.rows == 0 && no_rows(line)) return;
    if (by_category(line) || by_file(line) || by_rows(line) || by_not_final(line)) return;
    name_by_size(line);
  }

 private:
  Decimal sum(const std::function<bool(const SumKey&)>& counts) const {
    Decimal out;
    for (const auto& [key, sum] : bill_) {
      if (counts(key)) out = plus(out, sum.amount);
    }
    return out;
  }
  bool same_invoice(const SumKey& key, const Compared& line) const {
    return key.invoice == line.invoice && (line.issuer.empty() || key.issuer == line.issuer);
  }

  // The bill has no row of this invoice in this currency.
  bool no_rows(Compared& line) const {
    std::set<std::string> currencies;
    bool final_rows = false;
    for (const auto& [key, sum] : bill_) {
      if (same_invoice(key, line)) currencies.insert(key.currency);
      final_rows = final_rows || !key.invoice.empty();
    }
    if (!currencies.empty()) {
      line.cause = "mixed_currency";
      line.text =
          fmt::format("the invoice is in {}, the bill has it in {}", line.currency, fmt::join(currencies, ", "));
      return true;
    }
    const Decimal open = sum([&](const SumKey& key) { return key.invoice.empty() && key.currency == line.currency; });
    if (!final_rows || (!open.is_zero() && agree(open, line.to_amount, line.currency))) {
      line.cause = "not_final";
      line.text =
          fmt::format("the bill names no invoice yet; rows without one sum to {} {}", money(open), line.currency);
    } else {
      line.cause = "unknown_invoice";
      line.text = "no row of the bill names this invoice";
    }
    return true;
  }

  bool by_category(Compared& line) const {
    for (const auto& [category, cause] : {std::pair<std::string, std::string>{"Tax", "tax"}, {"Credit", "credit"}}) {
      const Decimal here = sum([&](const SumKey& key) {
        return same_invoice(key, line) && key.currency == line.currency && key.category == category;
      });
      if (!here.is_zero() && agree(negated(here), line.difference, line.currency)) {
        line.cause = cause;
        line.text = fmt::format("the bill's rows of category {} sum to {} {}: the invoice is without them", category,
                                money(here), line.currency);
        return true;
      }
      const auto before = earlier_.categories.find({category, line.currency});
      if (before == earlier_.categories.end()) continue;
      const Decimal all =
          sum([&](const SumKey& key) { return key.currency == line.currency && key.category == category; });
      const Decimal gone = minus(before->second, all);
      if (gone.is_zero() || !agree(gone, line.difference, line.currency)) continue;
      line.cause = cause;
      line.text = fmt::format("rows of category {} worth {} {} were in the certificate before and are gone", category,
                              money(gone), line.currency);
      return true;
    }
    return false;
  }

  bool by_file(Compared& line) const {
    for (const auto& [path, amount] : earlier_.files) {
      if (amount.is_zero() || !agree(amount, line.difference, line.currency)) continue;
      line.cause = "missing_file";
      line.text =
          fmt::format("{} was in the certificate before with {} {} and is gone", path, money(amount), line.currency);
      return true;
    }
    std::map<std::string, const FilePart*> seen;
    for (const auto& file : account_.files) {
      if (file.bronze_rows == 0) continue;
      const auto [other, fresh] = seen.emplace(file.table + file.fingerprint, &file);
      const auto amount = file.bronze_amounts.find(line.currency);
      if (fresh || amount == file.bronze_amounts.end()) continue;
      if (!agree(negated(amount->second), line.difference, line.currency)) continue;
      line.cause = "duplicated_file";
      line.text = fmt::format("{} has the rows of {}", file.path, other->second->path);
      return true;
    }
    return false;
  }

  bool by_rows(Compared& line) const {
    for (const auto& repeated : account_.repeated) {
      if (repeated.currency != line.currency || !agree(negated(repeated.amount), line.difference, line.currency))
        continue;
      line.cause = "duplicated_row";
      line.text = fmt::format("rows that stand twice, such as {}, are worth it", repeated.place);
      return true;
    }
    return false;
  }

  bool by_not_final(Compared& line) const {
    const Decimal open = sum([&](const SumKey& key) { return key.invoice.empty() && key.currency == line.currency; });
    if (open.is_zero() || !agree(open, line.difference, line.currency)) return false;
    line.cause = "not_final";
    line.text = fmt::format("rows without an invoice yet sum to {} {}", money(open), line.currency);
    return true;
  }

  const Sums& bill_;
  const Account& account_;
  const Earlier& earlier_;
};

}  // namespace

Sums payable_sums(const Graph& graph, const Account& account) {
  Sums out;
  for (const auto* stage : bill_stages(graph, account)) {
    for (const auto& [key, sum] : stage->sums) {
      if (key.measure == kPayable) (void)out[key].add(sum.rows, sum.amount);
    }
  }
  return out;
}

std::vector<Compared> compare_stages(const Graph& graph, const Account& account) {
  std::vector<Compared> out;
  for (const auto& node : graph.nodes()) {
    const std::string table = node.model->contract.table.text();
    const auto* to = account.find(pack::name_of(node.model->contract.table.layer), table);
    if (to == nullptr || to->whole || !to->readable) continue;
    if (const auto* raw = account.find("raw", table); raw != nullptr && raw->readable) {
      out.push_back(compare_rows(*raw, *to, account));
      const Link link{"raw:" + table, table, raw->sums, to->sums, {}, raw->measures, raw->categorised, raw->invoiced};
      auto lines = compare_link(link, account, table);
      out.insert(out.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
    }
    // An interface's implementers add up: what reads the interface agrees with their sum.
    for (const auto& measure : to->measures) {
      Link link{"", table, {}, to->sums, {}, {measure}, to->categorised, to->invoiced};
      bool readable = true;
      for (const auto& input : node.periods_of) {   // not those that only weigh or rate its rows
        const auto* from = account.find(pack::name_of(input.layer), input.text());
        if (from == nullptr || !from->measures.contains(measure)) continue;
        readable = readable && from->readable;
        link.from += (link.from.empty() ? "" : " + ") + input.text();
        add_all(link.from_sums, from->sums);
        link.categorised = common(link.categorised, from->categorised);
        link.invoiced = common(link.invoiced, from->invoiced);
      }
      if (link.from.empty() || !readable) continue;
      if (const auto* aside = account.find("quarantine", "quarantine:" + table)) link.aside = aside->sums;
      auto lines = compare_link(link, account, "");
      out.insert(out.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
    }
  }
  return out;
}

Result<std::vector<Compared>> compare_invoices(const Graph& graph, const Account& account,
                                               const std::vector<Invoice>& invoices, const Earlier& earlier) {
  const Sums bill = payable_sums(graph, account);
  const InvoiceCause cause(bill, account, earlier);
  std::vector<Compared> out;
  for (const auto& invoice : invoices) {
    if (invoice.period != account.period) continue;
    Compared line;
    line.measure = kPayable;
    line.invoice = invoice.id;
    line.issuer = invoice.issuer;
    line.currency = invoice.currency;
    line.by_invoice = true;
    line.from = "bill";
    line.to = "invoice";
    line.to_amount = invoice.amount;
    std::set<std::string> currencies, issuers;
    for (const auto& [key, sum] : bill) {
      if (key.invoice != invoice.id || (!invoice.issuer.empty() && key.issuer != invoice.issuer)) continue;
      currencies.insert(key.currency);
      issuers.insert(key.issuer);
    }
    if (line.currency.empty() && !currencies.empty()) line.currency = *currencies.begin();
    if (line.issuer.empty() && issuers.size() == 1) line.issuer = *issuers.begin();
    for (const auto& [key, sum] : bill) {
      if (key.invoice != invoice.id || (!invoice.issuer.empty() && key.issuer != invoice.issuer)) continue;
      if (key.currency != line.currency) continue;
      line.from_amount = TRY(add(line.from_amount, sum.amount));
      line.rows += sum.rows;
    }
    line.difference = TRY(subtract(line.to_amount, line.from_amount));
    cause.name(line);
    // The tolerance is for rounding: an invoice without rows is not rounded.
    line.focus = line.strict() ||
                 (line.rows > 0 && compare_sizes(line.difference, rounding_variance(line.currency, line.rows)) <= 0);
    out.push_back(std::move(line));
  }
  return out;
}

std::vector<Finding> look_for_repeats(const Graph& graph, const Account& account,
                                      const std::set<std::string>& settled) {
  std::vector<Finding> out;
  std::map<std::string, const FilePart*> seen;
  std::set<std::string> tables_with_files_twice;
  for (const auto& file : account.files) {
    if (file.bronze_rows == 0 || file.fingerprint.empty()) continue;
    const auto [other, fresh] = seen.emplace(file.table + file.fingerprint, &file);
    if (fresh) continue;
    for (const auto& [currency, amount] : file.bronze_amounts) {
      if (amount.is_zero()) continue;
      tables_with_files_twice.insert(file.table);
      out.push_back({"duplicated_file", file.path, currency, money(amount),
                     fmt::format("{} has the same {} rows as {}, worth {} {}", file.path, file.bronze_rows,
                                 other->second->path, money(amount), currency),
                     !settled.contains(currency)});
    }
  }
  for (const auto& repeated : account.repeated) {
    if (tables_with_files_twice.contains(repeated.table)) continue;
    out.push_back(
        {"duplicated_row", repeated.table, repeated.currency, money(repeated.amount),
         fmt::format("{}: {} rows stand twice, the same in every column, worth {} {}; one is {}", repeated.table,
                     repeated.rows, money(repeated.amount), repeated.currency, repeated.place),
         !settled.contains(repeated.currency)});
  }
  std::map<std::pair<std::string, std::string>, std::set<std::string>> currencies;
  for (const auto& [key, sum] : payable_sums(graph, account)) {
    if (!key.invoice.empty()) currencies[{key.issuer, key.invoice}].insert(key.currency);
  }
  for (const auto& [invoice, found] : currencies) {
    if (found.size() < 2) continue;
    out.push_back(
        {"mixed_currency", invoice.second, "", "",
         fmt::format("invoice {} of {} has rows in {}", invoice.second, invoice.first, fmt::join(found, ", ")), true});
  }
  return out;
}

}  // namespace centavo
