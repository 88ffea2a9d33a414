#include "base/json.h"

namespace centavo {

Result<Json> parse_json(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    return fail(ErrorKind::corrupt_data, "not JSON at byte {}", e.byte);
  } catch (const std::exception& e) {
    return fail(ErrorKind::corrupt_data, "not JSON: {}", e.what());
  }
}

std::string text_or(const Json& object, const char* key, std::string_view otherwise) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : std::string(otherwise);
}

bool bool_or(const Json& object, const char* key, bool otherwise) {
  const Json& value = member(object, key);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

const Json& member(const Json& object, const char* key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it == object.end() ? none : *it;
}

std::int64_t int_or(const Json& object, const char* key, std::int64_t otherwise) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() && it->is_number_integer() ? it->get<std::int64_t>() : otherwise;
}

}  // namespace centavo
