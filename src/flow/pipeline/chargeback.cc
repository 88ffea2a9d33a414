#include "flow/pipeline/chargeback.h"

#include <algorithm>
#include <set>

#include "base/decimal.h"
#include "base/digest.h"
#include "lake/catalog/certificate.h"

namespace centavo {
namespace {

constexpr const char* kTable = "gold.allocated_cost";
const std::vector<const char*> kLineKeys = {"currency", "entry", "rule", "provider", "service", "category"};
const std::vector<const char*> kLineAmounts = {"billed", "effective"};

std::string shortest(const std::string& text) {
  const auto amount = parse_decimal(text);
  return amount ? amount->shortest() : text;
}

Result<std::string> sum_of(const std::string& a, const std::string& b, bool minus) {
  const Decimal x = TRY(parse_decimal(a.empty() ? "0" : a));
  const Decimal y = TRY(parse_decimal(b.empty() ? "0" : b));
  return (minus ? TRY(subtract(x, y)) : TRY(add(x, y))).shortest();
}

// Lines by what they are about.
using Lines = std::map<std::vector<std::string>, Json>;

Status add_lines(Lines& lines, const Json& content, bool minus) {
  for (const Json& line : member(content, "lines")) {
    std::vector<std::string> key;
    for (const char* name : kLineKeys) key.push_back(text_or(line, name));
    auto [at, fresh] = lines.emplace(std::move(key), line);
    for (const char* name : kLineAmounts)
      at->second[name] = TRY(sum_of(fresh ? "0" : text_or(at->second, name), text_or(line, name), minus));
  }
  return {};
}

// The document's content: its lines that are not nothing, and what they add up to by currency.
Result<Json> content_of(const std::string& tenant, const std::string& period, const std::string& cost_centre,
                        const Lines& lines) {
  Json list = Json::array();
  std::map<std::string, Json> totals;
  for (const auto& [key, line] : lines) {
    if (text_or(line, "billed") == "0" && text_or(line, "effective") == "0") continue;
    list.push_back(line);
    const bool direct = text_or(line, "entry") == "direct";
    auto [at, fresh] = totals.emplace(key.front(), Json{{"currency", key.front()}});
    for (const char* name : kLineAmounts) {
      for (const std::string& total : {std::string(name), fmt::format("{}_{}", direct ? "direct" : "shared", name)})
        at->second[total] = TRY(sum_of(text_or(at->second, total.c_str()), text_or(line, name), false));
      for (const char* kind : {"direct", "shared"}) {
        const std::string other = fmt::format("{}_{}", kind, name);
        if (!at->second.contains(other)) at->second[other] = "0";
      }
    }
  }
  Json sums = Json::array();
  for (auto& [currency, total] : totals) sums.push_back(std::move(total));
  return Json{{"tenant", tenant}, {"period", period}, {"cost_centre", cost_centre}, {"lines", list}, {"totals", sums}};
}

bool is_nothing(const Json& content) { return member(content, "lines").empty(); }

std::string hash_of(const Json& content) { return sha256_hex(canonical_json(content)); }

// A month's documents and what they stand for.
struct Book {
  std::vector<Statement> all;
  std::map<std::int64_t, StatementClosing> closings;

  // The newest statement of a cost centre; null without one.
  const Statement* newest(const std::string& period, const std::string& cost_centre) const {
    const Statement* out = nullptr;
    for (const auto& each : all) {
      if (each.kind == "statement" && each.period == period && each.cost_centre == cost_centre) out = &each;
    }
    return out;
  }
  bool closed(const Statement& statement) const { return closings.contains(statement.number); }
  std::set<std::string> cost_centres(const std::string& period) const {
    std::set<std::string> out;
    for (const auto& each : all) {
      if (each.period == period) out.insert(each.cost_centre);
    }
    return out;
  }
};

Result<Book> book_of(Workshop& workshop, const Tenant& tenant) {
  auto& store = workshop.lake.store();
  return Book{TRY(statements(store, tenant.id)), TRY(statement_closings(store, tenant.id))};
}

// What the newest release says, by cost centre. One that has no cost any more and had a statement is there with
// nothing.
Result<std::map<std::string, Statement>> said_now(Workshop& workshop, const Tenant& tenant,
                                                  const StatementRequest& request, const Book& book) {
  const Period month = TRY(Period::parse(request.period));
  Reader reader = TRY(Reader::open(workshop, tenant, 0));
  if (!reader.release().versions.contains(kTable)) {
    return fail_hint("docs/guides/allocation.md shows how rules are written", ErrorKind::not_found,
                     "tenant {}: release {} has no allocated cost", tenant.id, reader.release().number);
  }
  std::map<std::string, Lines> lines;
  for (const auto& cost_centre : book.cost_centres(month.text())) lines[cost_centre];
  for (const auto& row : TRY(reader.connection().all(fmt::format(
           "select cost_centre, BillingCurrency, case when entry = 'direct' then 'direct' else 'shared' end, "
           "coalesce(rule, ''), coalesce(x_Provider, ''), coalesce(ServiceName, ''), coalesce(ChargeCategory, ''), "
           "sum(BilledCost), sum(EffectiveCost) from {} where billing_period = date '{}' group by all",
           kTable, month.first())))) {
    std::vector<std::string> key;
    Json line = Json::object();
    for (std::size_t i = 0; i < kLineKeys.size(); ++i) {
      key.push_back(row[i + 1].value_or(""));
      line[kLineKeys[i]] = key.back();
    }
    line["billed"] = shortest(row[7].value_or("0"));
    line["effective"] = shortest(row[8].value_or("0"));
    lines[row[0].value_or("")].emplace(std::move(key), std::move(line));
  }
  if (!request.cost_centre.empty()) {
    std::erase_if(lines, [&](const auto& each) { return each.first != request.cost_centre; });
  }
  if (lines.empty()) {
    return fail(ErrorKind::not_found, "tenant {}: release {} has no cost of {}{}", tenant.id, reader.release().number,
                request.cost_centre.empty() ? "" : request.cost_centre + " in ", month.text());
  }
  std::map<std::string, Statement> out;
  for (const auto& [cost_centre, own] : lines) {
    Statement statement;
    statement.kind = "statement";
    statement.period = month.text();
    statement.cost_centre = cost_centre;
    statement.issued_ms = workshop.clock.now_ms();
    statement.user = request.user;
    statement.reason = request.reason;
    statement.release = reader.release().number;
    statement.content = TRY(content_of(tenant.id, month.text(), cost_centre, own));
    statement.hash = hash_of(statement.content);
    out.emplace(cost_centre, std::move(statement));
  }
  return out;
}

}  // namespace

std::string state_of(const Statement& statement, const std::vector<Statement>& all,
                     const std::map<std::int64_t, StatementClosing>& closings) {
  if (statement.kind == "note") return "final";
  if (closings.contains(statement.number)) return "closed";
  const bool replaced = std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other.kind == "statement" && other.about == statement.number;
  });
  return replaced ? "replaced" : "open";
}

Result<std::vector<Statement>> preview_statements(Workshop& workshop, const Tenant& tenant,
                                                  const StatementRequest& request) {
  std::vector<Statement> out;
  for (auto& [cost_centre, statement] : TRY(said_now(workshop, tenant, request, {})))
    out.push_back(std::move(statement));
  return out;
}

Result<std::vector<Statement>> issue_statements(Workshop& workshop, const Tenant& tenant,
                                                const StatementRequest& request) {
  const Book book = TRY(book_of(workshop, tenant));
  std::vector<Statement> out;
  for (auto& [cost_centre, statement] : TRY(said_now(workshop, tenant, request, book))) {
    const Statement* newest = book.newest(statement.period, cost_centre);
    if (newest == nullptr && is_nothing(statement.content)) continue;
    if (newest != nullptr && book.closed(*newest)) {
      if (request.cost_centre.empty()) continue;
      return fail_hint(fmt::format("centavo statement correct --tenant {} --period {}", tenant.id, statement.period),
                       ErrorKind::conflict, "statement {} of {} for {} is closed; it is corrected by a note",
                       newest->number, cost_centre, statement.period);
    }
    if (newest != nullptr && newest->hash == statement.hash) continue;
    statement.about = newest == nullptr ? 0 : newest->number;
    out.push_back(TRY(write_statement(workshop.lake.store(), tenant.id, std::move(statement))));
  }
  return out;
}

Result<std::vector<Statement>> close_statements(Workshop& workshop, const Tenant& tenant,
                                                const StatementRequest& request) {
  const Book book = TRY(book_of(workshop, tenant));
  std::vector<Statement> out;
  for (const auto& [cost_centre, now] : TRY(said_now(workshop, tenant, request, book))) {
    const Statement* newest = book.newest(now.period, cost_centre);
    const auto issue_first = [&](const std::string& why) {
      return fail_hint(fmt::format("centavo statement issue --tenant {} --period {}", tenant.id, now.period),
                       ErrorKind::check_failed, "{} for {}: {}; nothing was closed", cost_centre, now.period, why);
    };
    if (newest == nullptr && is_nothing(now.content)) continue;
    if (newest == nullptr) return issue_first("it has no statement");
    if (book.closed(*newest)) continue;
    if (newest->hash != now.hash)
      return issue_first(fmt::format("statement {} is not what release {} says", newest->number, now.release));
    out.push_back(*newest);
  }
  for (const auto& statement : out) {
    TRY(close_statement(workshop.lake.store(), tenant.id, {statement.number, workshop.clock.now_ms(), request.user}));
  }
  return out;
}

Result<std::vector<Statement>> correct_statements(Workshop& workshop, const Tenant& tenant,
                                                  const StatementRequest& request) {
  const Book book = TRY(book_of(workshop, tenant));
  std::vector<Statement> out;
  for (auto& [cost_centre, now] : TRY(said_now(workshop, tenant, request, book))) {
    const Statement* newest = book.newest(now.period, cost_centre);
    if (newest == nullptr || !book.closed(*newest)) {
      if (request.cost_centre.empty()) continue;
      return fail_hint("an open one is replaced by `statement issue`", ErrorKind::invalid_argument,
                       "{} has no closed statement for {}", cost_centre, now.period);
    }
    Lines lines;
    TRY(add_lines(lines, now.content, false));
    TRY(add_lines(lines, newest->content, true));
    for (const auto& each : book.all) {
      if (each.kind == "note" && each.about == newest->number) TRY(add_lines(lines, each.content, true));
    }
    Statement note = std::move(now);
    note.kind = "note";
    note.about = newest->number;
    note.content = TRY(content_of(tenant.id, note.period, cost_centre, lines));
    if (is_nothing(note.content)) continue;
    out.push_back(TRY(write_statement(workshop.lake.store(), tenant.id, std::move(note))));
  }
  return out;
}

}  // namespace centavo
