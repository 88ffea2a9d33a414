#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/digest.h"
#include "io/store/key.h"
#include "lake/tenant/lake_yaml.h"
#include "lake/tenant/names.h"
#include "lake/tenant/tenant.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigKey = "centavo.yaml";

std::string tenant_key(std::string_view id) { return Lake::tenant_root(id) + "/tenant.yaml"; }

std::string absolute(const std::string& dir) {
  std::error_code code;
  const fs::path path = fs::weakly_canonical(dir, code);
  std::string out = code ? dir : path.string();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

bool holds_lake(const fs::path& dir) {
  std::error_code code;
  return fs::is_regular_file(dir / kConfigKey, code);
}

// A part of a key, or one that every store refuses: code with a hostile name goes nowhere.
std::string_view part(std::string_view text) { return is_id(text) ? text : std::string_view(".tmp-not-a-name"); }

std::string_view table_part(std::string_view text) {
  const bool good = !text.empty() && text.size() <= 200 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  return good ? text : std::string_view(".tmp-not-a-name");
}

}  // namespace

Result<Lake> Lake::open(std::string dir) {
  Lake lake;
  lake.dir_ = absolute(dir);
  if (!holds_lake(lake.dir_)) {
    if (::access((fs::path(lake.dir_) / kConfigKey).c_str(), F_OK) != 0 && errno == EACCES) {
      return fail_hint("ask its owner for access", ErrorKind::permission_denied, "open lake {}: may not look into it",
                       lake.dir_);
    }
    return fail_hint(fmt::format("make one with: centavo init {}", dir.empty() ? "DIR" : dir), ErrorKind::not_found,
                     "open lake {}: there is no centavo.yaml", lake.dir_);
  }
  lake.store_ = TRY_IN("open lake", open_local_store(lake.dir_));
  const std::string yaml = TRY_IN("open lake", lake.store_->read(kConfigKey));
  lake.config_ = TRY_IN("open lake", parse_lake_config(yaml, fmt::format("{}/{}", lake.dir_, kConfigKey)));
  return lake;
}

Result<Lake> Lake::create(std::string dir, std::string name) {
  if (dir.empty()) return fail(ErrorKind::invalid_argument, "create a lake: the folder has no name");
  TRY(check_free_text("name", name));
  Lake lake;
  lake.dir_ = absolute(dir);
  lake.config_.name = std::move(name);
  lake.store_ = TRY_IN("create lake", open_local_store(lake.dir_));
  const Status written = lake.store_->write_if_absent(kConfigKey, to_yaml(lake.config_));
  if (!written && written.error().kind == ErrorKind::already_exists) {
    return fail_hint("use it as it is, or choose another folder", ErrorKind::already_exists,
                     "create lake {}: there is one", lake.dir_);
  }
  TRY_IN("create lake", written);
  return lake;
}

Result<std::string> Lake::find(const std::string& given) {
  if (!given.empty()) return absolute(given);
  if (const char* named = std::getenv("CENTAVO_LAKE"); named != nullptr && *named != '\0') return absolute(named);
  std::error_code code;
  const fs::path here = fs::current_path(code);
  if (code) return fail(ErrorKind::io, "find the lake: {}", code.message());
  for (fs::path dir = here;; dir = dir.parent_path()) {
    if (holds_lake(dir)) return dir.string();
    if (dir == dir.parent_path()) break;
  }
  return fail_hint("name it with --lake DIR or CENTAVO_LAKE, or make one with: centavo init DIR", ErrorKind::not_found,
                   "no lake in {} or above it", here.string());
}

std::vector<std::string> Lake::pack_folders() const { return {dir_ + "/packs"}; }

std::string Lake::pack_trees() const { return dir_ + "/.pack_trees"; }

Result<std::vector<Tenant>> Lake::tenants() {
  // Folder names only: a listing through the store would walk every tenant's data.
  std::vector<std::string> ids;
  std::error_code code;
  for (fs::directory_iterator it(fs::path(dir_) / "tenants", code), end; !code && it != end; it.increment(code)) {
    const std::string id = it->path().filename().string();
    std::error_code missing;
    if (is_shown_ && !is_shown_(id)) continue;
    if (is_id(id) && fs::exists(it->path() / "tenant.yaml", missing)) ids.push_back(id);
  }
  if (code && code != std::errc::no_such_file_or_directory) {
    return fail(ErrorKind::io, "list tenants of {}: {}", dir_, code.message());
  }
  std::sort(ids.begin(), ids.end());
  std::vector<Tenant> out;
  for (const std::string& id : ids) out.push_back(TRY(tenant(id)));
  return out;
}

Result<Tenant> Lake::tenant(std::string_view id) {
  TRY(check_id("tenant", id));
  const std::string key = tenant_key(id);
  const bool is_hidden = is_shown_ && !is_shown_(id);
  const Result<std::string> yaml = is_hidden ? Result<std::string>() : store_->read(key);
  if (is_hidden || (!yaml && yaml.error().kind == ErrorKind::not_found)) {
    std::string known;
    for (const Tenant& other : TRY(tenants())) known += (known.empty() ? "" : ", ") + other.id;
    return fail_hint(known.empty() ? "add it with: centavo tenant add" : fmt::format("there are: {}", known),
                     ErrorKind::not_found, "tenant {}: no such tenant", id);
  }
  if (!yaml) return fail_within(fmt::format("tenant {}", id), yaml.error());
  const std::string file = fmt::format("{}/{}", dir_, key);
  Tenant out = TRY(parse_tenant(*yaml, file));
  if (out.id != id) {
    return fail_hint("the folder and the id in it must agree", ErrorKind::invalid_argument,
                     "{}: the id is {}, but the folder is {}", file, out.id, id);
  }
  const std::string rules = allocation_root(id);
  for (const ObjectInfo& object : TRY(store_->list(rules, false))) {
    const std::string name = object.key.substr(rules.size() + 1);
    if (name.ends_with(".yaml")) out.allocation[name] = TRY(store_->read(object.key));
  }
  return out;
}

Status Lake::add(const Tenant& tenant) {
  TRY(validate(tenant));
  const Status written = store_->write_if_absent(tenant_key(tenant.id), to_yaml(tenant));
  if (!written && written.error().kind == ErrorKind::already_exists) {
    return fail_hint("change it with: centavo tenant set", ErrorKind::already_exists, "tenant {}: there is one",
                     tenant.id);
  }
  TRY_IN(fmt::format("add tenant {}", tenant.id), written);
  return {};
}

Status Lake::save(const Tenant& tenant) {
  TRY(validate(tenant));
  TRY_IN(fmt::format("save tenant {}", tenant.id), store_->info(tenant_key(tenant.id)));
  TRY_IN(fmt::format("save tenant {}", tenant.id), store_->write(tenant_key(tenant.id), to_yaml(tenant)));
  return {};
}

Status Lake::remove(std::string_view id) {
  TRY(check_id("tenant", id));
  const TenantLock lock = TRY_IN(fmt::format("remove tenant {}", id), TenantLock::take(*this, id));
  // Out of sight in one step, then gone: a crash in between leaves a folder that nothing lists.
  const fs::path folder = fs::path(dir_) / tenant_root(id);
  const fs::path gone = fs::path(dir_) / "tenants" / fmt::format("{}removed-{}-{}", kTempPrefix, id, new_uuid());
  std::error_code code;
  fs::rename(folder, gone, code);
  if (!code) fs::remove_all(gone, code);
  if (code) return fail(ErrorKind::io, "remove tenant {}: {}", id, code.message());
  return {};
}

std::string Lake::tenant_root(std::string_view id) { return fmt::format("tenants/{}", part(id)); }

std::string Lake::raw_root(std::string_view id, std::string_view source) {
  return fmt::format("{}/raw/{}", tenant_root(id), part(source));
}

std::string Lake::table_root(std::string_view id, std::string_view layer, std::string_view table) {
  return fmt::format("{}/{}/{}", tenant_root(id), table_part(layer), table_part(table));
}

std::string Lake::quarantine_root(std::string_view id, std::string_view layer, std::string_view table) {
  return fmt::format("{}/quarantine/{}/{}", tenant_root(id), table_part(layer), table_part(table));
}

std::string Lake::staging_root(std::string_view id) { return tenant_root(id) + "/_staging"; }
std::string Lake::releases_root(std::string_view id) { return tenant_root(id) + "/_releases"; }
std::string Lake::allocation_root(std::string_view id) { return tenant_root(id) + "/allocation"; }
std::string Lake::definitions_root(std::string_view id) { return tenant_root(id) + "/_definitions"; }

Status validate(const Tenant& tenant) {
  TRY(check_id("tenant", tenant.id));
  const auto doing = [&] { return fmt::format("tenant {}", tenant.id); };
  TRY_IN(doing(), check_free_text("name", tenant.name));
  TRY_IN(doing(), check_currency(tenant.currency));
  TRY_IN(doing(), check_hours("sla_hours", tenant.sla_hours));
  if (tenant.retention_days < 0) {
    return fail_hint("write 0 to keep everything", ErrorKind::invalid_argument, "{}: retention_days {}: below 0",
                     doing(), tenant.retention_days);
  }
  for (const std::string& pack : tenant.packs) TRY_IN(doing(), check_id("pack", pack));
  std::set<std::string> names;
  for (const TenantSource& source : tenant.sources) {
    TRY_IN(doing(), check_id("source", source.name));
    const auto at = [&] { return fmt::format("{}: source {}", doing(), source.name); };
    TRY_IN(at(), check_id("kind", source.kind));
    TRY_IN(at(), check_uri(source.uri));
    if (source.sla_hours != 0) TRY_IN(at(), check_hours("sla_hours", source.sla_hours));
    if (!names.insert(source.name).second) {
      return fail_hint("give one of them another name", ErrorKind::invalid_argument, "{}: two sources have that name",
                       at());
    }
  }
  for (const auto& [name, value] : tenant.parameters) TRY_IN(doing(), check_parameter_name(name));
  for (const auto& [name, value] : tenant.labels) {
    TRY_IN(doing(), check_free_text("label", name));
    TRY_IN(doing(), check_free_text("label", value));
  }
  return {};
}

Json to_json(const Tenant& tenant) {
  Json sources = Json::array();
  for (const TenantSource& source : tenant.sources) {
    sources.push_back({{"name", source.name},
                       {"kind", source.kind},
                       {"uri", source.uri},
                       {"sla_hours", source.sla_hours > 0 ? source.sla_hours : tenant.sla_hours}});
  }
  return {{"id", tenant.id},
          {"name", tenant.name},
          {"currency", tenant.currency},
          {"sla_hours", tenant.sla_hours},
          {"enabled", tenant.enabled},
          {"retention_days", tenant.retention_days},
          {"packs", tenant.packs},
          {"sources", std::move(sources)},
          {"parameters", tenant.parameters},
          {"labels", tenant.labels}};
}

}  // namespace centavo
