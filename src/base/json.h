#pragma once
/// \file base/json.h
/// JSON documents. Numbers that are money travel as strings.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace centavo {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  ///< keeps the order of keys; for what people read

/// `corrupt_data` with the byte where parsing stopped.
Result<Json> parse_json(std::string_view text);

/// The member as text, or `otherwise` when it is missing, null or not a string.
std::string text_or(const Json& object, const char* key, std::string_view otherwise = {});
bool bool_or(const Json& object, const char* key, bool otherwise);
/// The text of a string, "" of anything else.
std::string text_of(const Json& value);
/// The member, or null when there is none or `object` is no object; null has no elements to go through.
const Json& member(const Json& object, const char* key);
std::int64_t int_or(const Json& object, const char* key, std::int64_t otherwise = 0);

}  // namespace centavo
