#pragma once
/// \file lake/catalog/certificate.h
/// Certificates as they stand in the lake: tenants/<id>/_certificates/<20 digits>.json, written once, each sealed over
/// the one before. Format and what the digests cover: docs/formats/certificate.md.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

struct Certificate {
  std::int64_t number = 0;      ///< from 1, per tenant
  std::string period;           ///< "2026-09"; "": the tables without periods
  std::string reason;           ///< issued, closed, restated, reopened
  TimeMs issued_ms = 0;
  std::string user;
  Json statement = Json::object();  ///< what is certified: the same for the same rows, in whatever order and files
  Json evidence = Json::object();   ///< what it was read from: files with digests, table versions, release
  std::string hash;             ///< SHA-256 of the statement's canonical JSON
  std::string previous;         ///< seal of the certificate before; "" for the first
  std::string seal;             ///< SHA-256 over all of the above

  bool holds(std::string_view mode) const;   ///< mode: "strict" or "focus"
};

/// JSON of one line: keys sorted, no blanks. Equal values, equal text.
std::string canonical_json(const Json& value);

Json to_json(const Certificate& certificate);

/// Numbers, hashes, chains and writes it. `conflict` when another writer took the number. The caller holds the tenant's
/// lock.
Result<Certificate> write_certificate(Store& store, std::string_view tenant, Certificate certificate);

/// The folder that they stand in.
std::string certificates_root(std::string_view tenant);
/// All of a tenant, oldest first, as they stand: seals are not checked.
Result<std::vector<Certificate>> certificates(Store& store, std::string_view tenant);

/// What is wrong with the chain, a sentence each; none when every hash, seal and link is right. Files that cannot be
/// read are named too.
Result<std::vector<std::string>> check_chain(Store& store, std::string_view tenant);

}  // namespace centavo
