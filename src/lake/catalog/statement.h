#pragma once
/// \file lake/catalog/statement.h
/// Chargeback statements as they stand in the lake: tenants/<id>/_statements/<20 digits>.json, numbered without gaps,
/// written once, each sealed over the one before. What a closed statement said is changed by later notes only.
/// Format: docs/formats/lake.md.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

struct Statement {
  std::int64_t number = 0;   ///< from 1, per tenant; statements and notes together
  std::string kind;          ///< statement; note: what has to be added to a closed statement
  std::string period;        ///< "2026-09"
  std::string cost_centre;
  std::int64_t about = 0;    ///< statement: the open one that it replaces, 0: none; note: the closed one it corrects
  TimeMs issued_ms = 0;
  std::string user;
  std::string reason;
  std::int64_t release = 0;  ///< whose numbers they are
  Json content = Json::object();   ///< lines and totals; money as text
  std::string hash;          ///< SHA-256 of the content's canonical JSON
  std::string previous;      ///< seal of the document before; "" for the first
  std::string seal;          ///< SHA-256 over all of the above
};

Json to_json(const Statement& statement);

/// Numbers, hashes, chains and writes it. `conflict` when another writer took the number.
Result<Statement> write_statement(Store& store, std::string_view tenant, Statement statement);

/// All of a tenant, oldest first. `corrupt_data` names a document whose hash, seal or link is wrong, or that is gone.
Result<std::vector<Statement>> statements(Store& store, std::string_view tenant);

/// When and by whom a statement was closed.
struct StatementClosing {
  std::int64_t statement = 0;
  TimeMs at_ms = 0;
  std::string user;
};
Status close_statement(Store& store, std::string_view tenant, const StatementClosing& closing);
/// By number of the statement.
Result<std::map<std::int64_t, StatementClosing>> statement_closings(Store& store, std::string_view tenant);

}  // namespace centavo
