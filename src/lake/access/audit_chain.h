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
Result<AuditVerdict> verify_audit(SqlDb& db);

}  // namespace centavo::access
