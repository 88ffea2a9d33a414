#include <charconv>

#include "lake/catalog/catalog.h"

namespace centavo {
namespace {

constexpr int kPublishAttemptsMax = 1000;
constexpr std::size_t kNumberDigits = 20;
constexpr std::string_view kEnding = ".json";

std::string folder_of_releases(std::string_view tenant) { return fmt::format("tenants/{}/_releases", tenant); }

std::string release_key(std::string_view tenant, std::int64_t number) {
  return fmt::format("{}/{:020d}{}", folder_of_releases(tenant), number, kEnding);
}

Result<std::int64_t> number_of_key(std::string_view key) {
  const std::string_view file = key.substr(key.rfind('/') + 1);
  std::int64_t number = 0;
  bool fits = file.size() == kNumberDigits + kEnding.size() && file.ends_with(kEnding);
  if (fits) {
    const char* const end = file.data() + kNumberDigits;
    const auto [stop, fault] = std::from_chars(file.data(), end, number);
    fits = fault == std::errc() && stop == end && number > 0;
  }
  if (!fits) return fail(ErrorKind::corrupt_data, "{}: not the name of a release", key);
  return number;
}

/// Numbers of all releases, ascending.
Result<std::vector<std::int64_t>> numbers(Store& store, std::string_view tenant) {
  std::vector<std::int64_t> found;
  for (const ObjectInfo& object : TRY(store.list(folder_of_releases(tenant), false))) {
    found.push_back(TRY(number_of_key(object.key)));
  }
  return found;
}

Result<Release> read_release(Store& store, std::string_view tenant, std::int64_t number) {
  const std::string key = release_key(tenant, number);
  const std::string text = TRY(store.read(key));
  const Json json = TRY_IN(key, parse_json(text));
  const auto corrupt = [&](std::string_view what) { return fail(ErrorKind::corrupt_data, "{}: {}", key, what); };
  if (!json.is_object() || int_or(json, "number") != number) return corrupt("its number is not that of its name");
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
  if (json.contains("withheld") && json["withheld"].is_object()) {
    for (const auto& [table, version] : json["withheld"].items()) {
      if (!version.is_number_integer()) return corrupt(fmt::format("withheld version of {} is not a number", table));
      release.withheld[table] = version.get<std::int64_t>();
    }
  }
  if (json.contains("certificate")) release.certificate = json["certificate"];
  return release;
}

}  // namespace

Json to_json(const Release& release) {
  Json out = {
      {"number", release.number}, {"run", release.run},           {"published_at", iso_time(release.published_ms)},
      {"reason", release.reason}, {"versions", release.versions}, {"certificate", release.certificate}};
  if (!release.withheld.empty()) out["withheld"] = release.withheld;
  return out;
}

Result<Release> publish(Store& store, std::string_view tenant, Release release) {
  const std::vector<std::int64_t> taken = TRY(numbers(store, tenant));
  release.number = taken.empty() ? 1 : taken.back() + 1;
  for (int attempt = 0; attempt < kPublishAttemptsMax; ++attempt, ++release.number) {
    const std::string key = release_key(tenant, release.number);
    const Status written = store.write_if_absent(key, to_json(release).dump(2) + "\n");
    if (written) return release;
    if (written.error().kind != ErrorKind::already_exists) return fail_within("publish " + key, written.error());
  }
  return fail_hint("run again when the other writers are done", ErrorKind::conflict,
                   "publish a release of {}: others took {} numbers in a row", tenant, kPublishAttemptsMax);
}

Result<std::vector<Release>> releases(Store& store, std::string_view tenant) {
  std::vector<Release> all;
  for (const std::int64_t number : TRY(numbers(store, tenant))) all.push_back(TRY(read_release(store, tenant, number)));
  return all;
}

Result<Release> release(Store& store, std::string_view tenant, std::int64_t number) {
  const std::vector<std::int64_t> taken = TRY(numbers(store, tenant));
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
