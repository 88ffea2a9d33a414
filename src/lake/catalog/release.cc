#include "lake/catalog/catalog.h"
#include "lake/catalog/numbered_log.h"

namespace centavo {
namespace {

NumberedLog log_of_releases(Store& store, std::string_view tenant) {
  return {store, fmt::format("tenants/{}/_releases", tenant), "a release"};
}

Result<Release> read_release(Store& store, std::string_view tenant, std::int64_t number) {
  const NumberedLog log = log_of_releases(store, tenant);
  const std::string key = log.key(number);
  const Json json = TRY(log.read(number));
  const auto corrupt = [&](std::string_view what) { return fail(ErrorKind::corrupt_data, "{}: {}", key, what); };
  if (!json.contains("versions") || !json["versions"].is_object()) return corrupt("it has no table versions");
  Release release;
  release.number = number;
  release.run = text_or(json, "run");
  release.reason = text_or(json, "reason");
  release.published_ms = TRY_IN(key, parse_iso_time(text_or(json, "published_at")));
  for (const auto& [table, version] : json["versions"].items()) {
    if (!version.is_number_integer()) return corrupt(fmt::format("version of {} is not a number", table));
    release.versions[table] = version.get<std::int64_t>();
  }
  if (json.contains("certificate")) release.certificate = json["certificate"];
  return release;
}

}  // namespace

Json to_json(const Release& release) {
  return {{"number", release.number}, {"run", release.run},           {"published_at", iso_time(release.published_ms)},
          {"reason", release.reason}, {"versions", release.versions}, {"certificate", release.certificate}};
}

Result<Release> publish(Store& store, std::string_view tenant, Release release) {
  const auto entry_of = [&](std::int64_t number) {
    release.number = number;
    return to_json(release);
  };
  release.number =
      TRY_IN(fmt::format("publish a release of {}", tenant), log_of_releases(store, tenant).append(entry_of));
  return release;
}

Result<std::vector<Release>> releases(Store& store, std::string_view tenant) {
  std::vector<Release> all;
  for (const std::int64_t number : TRY(log_of_releases(store, tenant).numbers()))
    all.push_back(TRY(read_release(store, tenant, number)));
  return all;
}

Result<Release> release(Store& store, std::string_view tenant, std::int64_t number) {
  const std::vector<std::int64_t> taken = TRY(log_of_releases(store, tenant).numbers());
  if (taken.empty()) {
    return fail_hint(fmt::format("centavo run --tenant {}", tenant), ErrorKind::not_found,
                     "tenant {} has no release yet", tenant);
  }
  if (number == 0) return read_release(store, tenant, taken.back());
  if (!std::binary_search(taken.begin(), taken.end(), number)) {
    return fail_hint(fmt::format("centavo release list --tenant {}", tenant), ErrorKind::not_found,
                     "tenant {} has no release {}; the newest is {}", tenant, number, taken.back());
  }
  return read_release(store, tenant, number);
}

}  // namespace centavo
