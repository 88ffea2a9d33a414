#include "lake/catalog/numbered_log.h"

#include <charconv>

namespace centavo {
namespace {

constexpr int kAppendAttemptsMax = 1000;
constexpr std::size_t kNumberDigits = 20;
constexpr std::string_view kEnding = ".json";

Result<std::int64_t> number_of_key(std::string_view key, std::string_view what) {
  const std::string_view file = key.substr(key.rfind('/') + 1);
  std::int64_t number = 0;
  bool fits = file.size() == kNumberDigits + kEnding.size() && file.ends_with(kEnding);
  if (fits) {
    const char* const end = file.data() + kNumberDigits;
    const auto [stop, fault] = std::from_chars(file.data(), end, number);
    fits = fault == std::errc() && stop == end && number > 0;
  }
  if (!fits) return fail(ErrorKind::corrupt_data, "{}: not the name of {}", key, what);
  return number;
}

}  // namespace

std::string NumberedLog::key(std::int64_t number) const {
  return fmt::format("{}/{:020d}{}", folder_, number, kEnding);
}

Result<std::vector<std::int64_t>> NumberedLog::numbers() const {
  std::vector<std::int64_t> found;
  for (const ObjectInfo& object : TRY(store_.list(folder_, false)))
    found.push_back(TRY(number_of_key(object.key, what_)));
  return found;
}

Result<Json> NumberedLog::read(std::int64_t number) const {
  const std::string name = key(number);
  const std::string text = TRY(store_.read(name));
  Json json = TRY_IN(name, parse_json(text));
  if (!json.is_object() || int_or(json, "number") != number)
    return fail(ErrorKind::corrupt_data, "{}: its number is not that of its name", name);
  return json;
}

Result<std::vector<Json>> NumberedLog::read_all() const {
  std::vector<Json> out;
  for (const std::int64_t number : TRY(numbers())) out.push_back(TRY(read(number)));
  return out;
}

Result<std::int64_t> NumberedLog::append(const std::function<Json(std::int64_t number)>& entry_of, bool retry) const {
  const std::vector<std::int64_t> taken = TRY(numbers());
  const std::int64_t first = taken.empty() ? 1 : taken.back() + 1;
  for (std::int64_t number = first; number < first + (retry ? kAppendAttemptsMax : 1); ++number) {
    const Status written = store_.write_if_absent(
        key(number), entry_of(number).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    if (written) return number;
    if (written.error().kind != ErrorKind::already_exists) return fail_within("write " + key(number), written.error());
  }
  return fail_hint("run again when the other writers are done", ErrorKind::conflict, "write {}: others took its number",
                   what_);
}

}  // namespace centavo
