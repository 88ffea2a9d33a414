#pragma once
/// \file lake/access/audit_chain.h
/// The audit in its table: each entry's hash covers the entry and the hash before it.

#include "io/sqldb/sqldb.h"
#include "lake/access/people.h"

namespace centavo::access {

/// SHA-256 of the entry before and this one, as docs/guides/people.md says.
std::string audit_hash(const std::string& before, const AuditEntry& entry);

/// Adds an entry; number, time and hash are set here.
Status append_audit(SqlDb& db, AuditEntry entry, TimeMs now);
Result<std::vector<AuditEntry>> read_audit(SqlDb& db, const AuditQuestion& question);

/// An entry of the chain, by its number and hash; 0: before the first.
struct AuditPoint {
  std::int64_t number = 0;
  std::string hash;
};
/// Reads the chain from `known` on, which must stand there as it is known. Moves `known` to the end when all holds.
/// Keeps no writer waiting.
Result<AuditVerdict> verify_audit(SqlDb& db, AuditPoint& known);

}  // namespace centavo::access
