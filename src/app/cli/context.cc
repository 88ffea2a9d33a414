#include "app/cli/context.h"

#include <cstdlib>
#include <filesystem>

#include <pwd.h>

namespace centavo::cli {

Context::Context(const GlobalOptions& globals, Output& output, const Cancel& cancel, const Clock& clock)
    : globals_(globals), output_(output), cancel_(cancel), clock_(clock) {
  who_.owner = true;
}

std::string Context::user() const {
  if (!globals_.user.empty()) return globals_.user;
  if (const passwd* const entry = getpwuid(geteuid()); entry != nullptr) return entry->pw_name;
  return fmt::format("uid {}", geteuid());
}

namespace {

// Tenants out of sight do not exist.
void show_to(const access::Principal& who, Lake& lake) {
  if (who.owner) return;
  lake.show_only([who](std::string_view tenant) { return access::role_in(who, tenant).has_value(); });
}

}  // namespace

void Context::act_for(access::Principal who, access::Right right) {
  who_ = std::move(who);
  right_ = right;
}

Status Context::require(access::Right right, std::string_view tenant) const {
  if (may(right, tenant)) return {};
  return fail_hint("an administrator grants more: centavo grant add", ErrorKind::permission_denied,
                   "{} may not {} in tenant {}", who_.user, access::name_of(right), tenant);
}

Result<access::People*> Context::people() {
  if (people_ == nullptr) {
    const Lake here = TRY(lake());
    people_ = TRY(access::People::open(here.dir(), clock_));
  }
  return people_.get();
}

Result<access::People*> Context::people_there_are() {
  if (people_ != nullptr) return people_.get();
  const auto dir = Lake::find(globals_.lake);
  if (!dir || !access::People::exist(*dir)) return nullptr;
  people_ = TRY(access::People::open(*dir, clock_));
  return people_.get();
}

Result<access::People*> Context::need_people() {
  auto* const there = TRY(people_there_are());
  if (there != nullptr) return there;
  return fail_hint("centavo user add ID --role admin", ErrorKind::not_found, "the lake has no people yet");
}

Result<Lake> Context::lake() const {
  const std::string dir = TRY(Lake::find(globals_.lake));
  Lake lake = TRY(Lake::open(dir));
  show_to(who_, lake);
  return lake;
}

Result<OpenLake> Context::open_lake() const {
  const std::string dir = TRY(Lake::find(globals_.lake));
  OpenLake open = TRY(open_lake_at(dir));
  show_to(who_, open.lake);
  return open;
}

Result<OpenLake> Context::open_lake_at(const std::string& dir) {
  Lake lake = TRY(Lake::open(dir));
  std::unique_ptr<Catalog> catalog = TRY(Catalog::open(lake.dir()));
  pack::Library library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  duck::Database engine = TRY(open_engine(lake));
  return OpenLake{std::move(lake), std::move(catalog), std::move(library), std::move(engine)};
}

Result<pack::Library> Context::library_here() const {
  const auto dir = Lake::find(globals_.lake);
  if (!dir) {
    if (!globals_.lake.empty() || dir.error().kind != ErrorKind::not_found) return fail(dir.error());
    return pack::Library::load({});
  }
  const Lake lake = TRY(Lake::open(*dir));
  return pack::Library::load(lake.pack_folders(), lake.pack_trees());
}

Result<std::vector<Tenant>> Context::tenants_for(Lake& lake, const std::string& id) const {
  std::vector<Tenant> found;
  if (!id.empty()) {
    found.push_back(TRY(lake.tenant(id)));
    if (!found.back().enabled) {
      return fail_hint(fmt::format("centavo tenant enable {}", id), ErrorKind::invalid_argument,
                       "tenant {} is disabled", id);
    }
    return found;
  }
  bool refused = false;
  for (Tenant& tenant : TRY(lake.tenants())) {
    refused = refused || !may(right_, tenant.id);
    if (tenant.enabled && may(right_, tenant.id)) found.push_back(std::move(tenant));
  }
  if (found.empty() && refused) {
    return fail(ErrorKind::permission_denied, "{} may not {} in any tenant", who_.user, access::name_of(right_));
  }
  if (found.empty()) {
    return fail_hint("centavo tenant add ID --pack PACK --source FOLDER", ErrorKind::not_found, "{}: no tenant yet",
                     lake.dir());
  }
  return found;
}

Result<std::optional<PeriodRange>> period_option(const std::string& text) {
  if (text.empty()) return std::optional<PeriodRange>();
  return std::optional<PeriodRange>(TRY_IN("--period", parse_period_range(text)));
}

std::string source_uri(const std::string& given, const std::string& lake_dir) {
  namespace fs = std::filesystem;
  if (given.find("://") != std::string::npos) return given;
  std::error_code ignored;
  const fs::path absolute = fs::absolute(given, ignored).lexically_normal();
  const fs::path lake = fs::absolute(lake_dir, ignored).lexically_normal();
  const fs::path inside = absolute.lexically_relative(lake);
  if (!inside.empty() && *inside.begin() != ".." && inside != ".") return inside.string();
  return absolute.string();
}

Result<std::pair<std::string, std::string>> name_and_value(const std::string& option, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(ErrorKind::invalid_argument, "{}: \"{}\" is not NAME=VALUE", option, text);
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace centavo::cli
