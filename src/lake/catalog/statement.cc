#include "lake/catalog/statement.h"

#include "base/digest.h"
#include "lake/catalog/certificate.h"
#include "lake/catalog/numbered_log.h"

namespace centavo {
namespace {

NumberedLog log_of_statements(Store& store, std::string_view tenant) {
  return {store, fmt::format("tenants/{}/_statements", tenant), "a statement"};
}

NumberedLog log_of_closings(Store& store, std::string_view tenant) {
  return {store, fmt::format("tenants/{}/_statements_closed", tenant), "a statement's closing"};
}

std::string hash_of(const Statement& statement) { return sha256_hex(canonical_json(statement.content)); }

std::string seal_of(const Statement& statement) {
  Json sealed = to_json(statement);
  sealed.erase("content");  // the hash stands for it
  sealed.erase("seal");
  return sha256_hex(canonical_json(sealed));
}

Result<Statement> read_statement(const NumberedLog& log, std::int64_t number) {
  const Json json = TRY(log.read(number));
  if (!json.contains("content") || !json["content"].is_object())
    return fail(ErrorKind::corrupt_data, "{}: it has no content", log.key(number));
  Statement out;
  out.number = number;
  out.kind = text_or(json, "kind");
  out.period = text_or(json, "period");
  out.cost_centre = text_or(json, "cost_centre");
  out.about = int_or(json, "about");
  out.issued_ms = TRY_IN(log.key(number), parse_iso_time(text_or(json, "issued_at")));
  out.user = text_or(json, "issued_by");
  out.reason = text_or(json, "reason");
  out.release = int_or(json, "release");
  out.content = json["content"];
  out.hash = text_or(json, "hash");
  out.previous = text_or(json, "previous");
  out.seal = text_or(json, "seal");
  return out;
}

}  // namespace

Json to_json(const Statement& statement) {
  return {{"format", 1},
          {"number", statement.number},
          {"kind", statement.kind},
          {"period", statement.period},
          {"cost_centre", statement.cost_centre},
          {"about", statement.about},
          {"issued_at", iso_time(statement.issued_ms)},
          {"issued_by", statement.user},
          {"reason", statement.reason},
          {"release", statement.release},
          {"content", statement.content},
          {"hash", statement.hash},
          {"previous", statement.previous},
          {"seal", statement.seal}};
}

Result<Statement> write_statement(Store& store, std::string_view tenant, Statement statement) {
  const auto before = TRY(statements(store, tenant));
  statement.previous = before.empty() ? std::string() : before.back().seal;
  statement.hash = hash_of(statement);
  const auto entry_of = [&](std::int64_t number) {
    statement.number = number;
    statement.seal = seal_of(statement);
    return to_json(statement);
  };
  statement.number = TRY_IN(fmt::format("tenant {}", tenant), log_of_statements(store, tenant).append(entry_of, false));
  return statement;
}

Result<std::vector<Statement>> statements(Store& store, std::string_view tenant) {
  const NumberedLog log = log_of_statements(store, tenant);
  std::vector<Statement> out;
  for (const std::int64_t number : TRY(log.numbers())) {
    const auto expected = static_cast<std::int64_t>(out.size()) + 1;
    if (number != expected) return fail(ErrorKind::corrupt_data, "tenant {}: statement {} is gone", tenant, expected);
    out.push_back(TRY(read_statement(log, number)));
    const Statement& last = out.back();
    const std::string previous = number == 1 ? std::string() : out[out.size() - 2].seal;
    if (last.hash != hash_of(last) || last.seal != seal_of(last) || last.previous != previous) {
      return fail_hint("bring it back from a backup: a statement is never written again", ErrorKind::corrupt_data,
                       "{}: it is not as it was issued", log.key(number));
    }
  }
  return out;
}

Status close_statement(Store& store, std::string_view tenant, const StatementClosing& closing) {
  const auto entry_of = [&](std::int64_t number) -> Json {
    return {{"format", 1},
            {"number", number},
            {"statement", closing.statement},
            {"at", iso_time(closing.at_ms)},
            {"by", closing.user}};
  };
  TRY(log_of_closings(store, tenant).append(entry_of));
  return {};
}

Result<std::map<std::int64_t, StatementClosing>> statement_closings(Store& store, std::string_view tenant) {
  const NumberedLog log = log_of_closings(store, tenant);
  std::map<std::int64_t, StatementClosing> out;
  for (const Json& json : TRY(log.read_all())) {
    StatementClosing closing{int_or(json, "statement"), 0, text_or(json, "by")};
    closing.at_ms = TRY_IN(log.key(int_or(json, "number")), parse_iso_time(text_or(json, "at")));
    out.emplace(closing.statement, std::move(closing));
  }
  return out;
}

}  // namespace centavo
