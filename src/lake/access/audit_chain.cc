#include "lake/access/audit_chain.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/json.h"

namespace centavo::access {
namespace {

constexpr const char* kAuditColumns = "number, at_ms, user_id, action, tenant, object, outcome, hash";

AuditEntry entry_of(const SqlStatement& row) {
  return {row.integer(0), row.integer(1), row.text(2), row.text(3), row.text(4), row.text(5), row.text(6), row.text(7)};
}

Result<AuditPoint> head_of(SqlDb& db) {
  auto row = TRY(db.prepare("select number, hash from audit_head"));
  if (!TRY(row.step())) return AuditPoint{};
  return AuditPoint{row.integer(0), row.text(1)};
}

// What a reader sees stays the same until it is gone.
class Snapshot {
 public:
  static Result<Snapshot> of(SqlDb& db) {
    TRY(db.run("begin"));
    return Snapshot(&db);
  }
  Snapshot(Snapshot&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot() {
    if (db_ != nullptr) static_cast<void>(db_->run("rollback"));
  }

 private:
  explicit Snapshot(SqlDb* db) : db_(db) {}
  SqlDb* db_;
};

}  // namespace

std::string audit_hash(const std::string& before, const AuditEntry& entry) {
  const Json values = {before,       entry.number, entry.at_ms,  entry.user,
                       entry.action, entry.tenant, entry.object, entry.outcome};
  return sha256_hex(values.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Status append_audit(SqlDb& db, AuditEntry entry, TimeMs now) {
  auto transaction = TRY(db.begin());
  const AuditPoint head = TRY(head_of(db));
  entry.number = head.number + 1;
  entry.at_ms = now;
  entry.hash = audit_hash(head.hash, entry);
  TRY(db.run(fmt::format("insert into audit ({}) values (?, ?, ?, ?, ?, ?, ?, ?)", kAuditColumns), entry.number,
             entry.at_ms, entry.user, entry.action, entry.tenant, entry.object, entry.outcome, entry.hash));
  TRY(db.run("delete from audit_head"));
  TRY(db.run("insert into audit_head (number, hash) values (?, ?)", entry.number, entry.hash));
  return transaction.commit();
}

Result<std::vector<AuditEntry>> read_audit(SqlDb& db, const AuditQuestion& question) {
  auto rows = TRY(db.prepare(fmt::format(
      "select {} from audit where (?1 = '' or user_id = ?1) and (?2 = '' or tenant = ?2) and (?3 = '' or action = ?3) "
      "and (?4 = 0 or number < ?4) order by number desc limit ?5",
      kAuditColumns)));
  TRY(rows.bind_all(question.user, question.tenant, question.action, question.before, question.limit));
  std::vector<AuditEntry> found;
  while (TRY(rows.step())) found.push_back(entry_of(rows));
  return found;
}

Result<AuditVerdict> verify_audit(SqlDb& db, AuditPoint& known) {
  AuditVerdict verdict;
  const auto broken = [&](std::string fault) {
    verdict.holds = false;
    verdict.fault = std::move(fault);
    return verdict;
  };
  const auto snapshot = TRY(Snapshot::of(db));
  auto rows = TRY(db.prepare(fmt::format("select {} from audit where number >= ? order by number", kAuditColumns)));
  TRY(rows.bind_all(known.number));
  std::string before = known.hash;
  verdict.entries = std::max<std::int64_t>(known.number - 1, 0);
  while (TRY(rows.step())) {
    const AuditEntry entry = entry_of(rows);
    if (entry.number != verdict.entries + 1)
      return broken(fmt::format("entry {} is missing: after it comes {}", verdict.entries + 1, entry.number));
    const std::string right = entry.number == known.number ? known.hash : audit_hash(before, entry);
    if (entry.hash != right)
      return broken(fmt::format("entry {} is not what was written, or the one before it", entry.number));
    before = entry.hash;
    ++verdict.entries;
  }
  const AuditPoint head = TRY(head_of(db));
  if (head.number != verdict.entries)
    return broken(fmt::format("entries {} to {} are missing at the end", verdict.entries + 1, head.number));
  if (head.hash != before) return broken("the end of the chain is not the entry that was written last");
  known = head;
  return verdict;
}

}  // namespace centavo::access
