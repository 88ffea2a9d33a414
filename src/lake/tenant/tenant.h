#pragma once
/// \file lake/tenant/tenant.h
/// A lake and its tenants, as the YAML in the lake says. Names of everything else follow from the tenant's id.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

/// Where a tenant's bytes come from: LAKE/tenants/<id>/tenant.yaml, under `sources`.
struct TenantSource {
  std::string name;       ///< "aws_cur"; unique in the tenant; part of raw keys
  std::string kind;       ///< name of a pack's source
  std::string uri;        ///< a folder, a glob or a file; "file://" allowed; relative to the lake
  double sla_hours = 0;   ///< 0: the tenant's
  bool operator==(const TenantSource&) const = default;
};

struct Tenant {
  std::string id;         ///< ^[a-z][a-z0-9_-]{0,62}$
  std::string name;
  std::string currency = "USD";
  double sla_hours = 36;
  bool enabled = true;
  int retention_days = 0;
  std::vector<std::string> packs;                 ///< given with --pack
  std::vector<TenantSource> sources;
  std::map<std::string, std::string> parameters;  ///< a pack's $parameters, this tenant's values
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> allocation;  ///< who pays: name -> text of the files allocation/*.yaml beside it
};

/// LAKE/centavo.yaml
struct LakeConfig {
  int format = 1;  ///< version of the lake's layout; a newer one is refused by name
  std::string name;
  std::int64_t memory_limit_bytes = 0;  ///< 0: the engine's default
  int threads = 0;
};
constexpr int kLakeFormat = 1;

/// A lake's folder: its configuration and tenants. Not thread-safe.
class Lake {
 public:
  /// `not_found` with what to do when `dir` has no centavo.yaml; `unsupported` for a lake of a newer version.
  static Result<Lake> open(std::string dir);
  /// Makes an empty lake. `already_exists` when there is one; other files in the folder are left alone.
  static Result<Lake> create(std::string dir, std::string name = {});
  /// --lake, else CENTAVO_LAKE, else the nearest parent of the working folder with centavo.yaml.
  static Result<std::string> find(const std::string& given);

  const std::string& dir() const { return dir_; }
  const LakeConfig& config() const { return config_; }
  Store& store() { return *store_; }
  /// Folders that hold packs of this lake (LAKE/packs), for Library::load.
  std::vector<std::string> pack_folders() const;
  /// The file in which Library::load keeps what the parsers said of them.
  std::string pack_trees() const;

  /// From now on the others do not exist for tenants() and tenant(): what somebody else sees of the lake.
  void show_only(std::function<bool(std::string_view)> is_shown) { is_shown_ = std::move(is_shown); }

  Result<std::vector<Tenant>> tenants();  ///< in order of id
  Result<Tenant> tenant(std::string_view id);  ///< `not_found` lists the ones there are
  Status add(const Tenant& tenant);  ///< `already_exists`
  Status save(const Tenant& tenant);
  Status remove(std::string_view id);  ///< the tenant and all its data, under its lock; `busy` while a run holds it

  /// The tenant's secret key for keyed hashes: 32 random bytes as hex, made on first use, mode 0600.
  Result<std::string> mask_key(std::string_view tenant_id);
  /// The same, without making one.
  Result<std::optional<std::string>> mask_key_there_is(std::string_view tenant_id);

  // Keys in the store. No other code builds a path that holds a tenant's name. A name that is not a valid one gives a
  // key that every store refuses.
  static std::string tenant_root(std::string_view id);  ///< tenants/<id>
  static std::string raw_root(std::string_view id, std::string_view source);  ///< tenants/<id>/raw/<source>
  static std::string table_root(std::string_view id, std::string_view layer, std::string_view table);
  static std::string quarantine_root(std::string_view id, std::string_view layer, std::string_view table);
  static std::string staging_root(std::string_view id);  ///< tenants/<id>/_staging
  static std::string releases_root(std::string_view id);  ///< tenants/<id>/_releases
  static std::string definitions_root(std::string_view id);  ///< tenants/<id>/_definitions
  static std::string allocation_root(std::string_view id);  ///< tenants/<id>/allocation

 private:
  std::string dir_;
  LakeConfig config_;
  std::unique_ptr<Store> store_;
  std::function<bool(std::string_view)> is_shown_;  ///< empty: all are
};

/// One run at a time per tenant: holds LAKE/tenants/<id>/.lock until destroyed. `busy` names who holds it (pid, host,
/// since).
class TenantLock {
 public:
  static Result<TenantLock> take(const Lake& lake, std::string_view tenant_id);
  TenantLock(TenantLock&&) noexcept;
  TenantLock& operator=(TenantLock&&) noexcept;
  ~TenantLock();

 private:
  explicit TenantLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

Status validate(const Tenant& tenant);
Result<Tenant> parse_tenant(std::string_view yaml, const std::string& file);
std::string to_yaml(const Tenant& tenant);
Json to_json(const Tenant& tenant);

}  // namespace centavo
