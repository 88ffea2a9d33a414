#include "lake/pack/parameters.h"

#include <algorithm>

#include "base/decimal.h"
#include "lake/pack/reading.h"
#include "lake/pack/types.h"

namespace centavo::pack {
namespace {

/// More values than a hint should list.
constexpr std::size_t kListedMax = 16;

/// Whether `plain` is an accepted value, or several with the separator between; none of several is "".
bool is_accepted(const Parameter& parameter, std::string_view plain) {
  const auto& accepted = parameter.accepted;
  if (accepted.empty() || (plain.empty() && !parameter.separator.empty())) return true;
  const std::size_t end = parameter.separator.empty() ? plain.npos : plain.find(parameter.separator);
  if (std::find(accepted.begin(), accepted.end(), plain.substr(0, end)) == accepted.end()) return false;
  if (end == plain.npos) return true;
  const std::string_view rest = plain.substr(end + parameter.separator.size());
  return !rest.empty() && is_accepted(parameter, rest);
}

std::string accepted_text(const Parameter& parameter) {
  if (parameter.accepted.size() > kListedMax) return parameter.description;
  const auto listed = fmt::format("{}", fmt::join(parameter.accepted, ", "));
  return parameter.separator.empty() ? "write one of " + listed
                                     : fmt::format("write of {}, with {} between", listed, parameter.separator);
}

Result<bool> is_below(const std::string& a, const std::string& b) {
  const Decimal left = TRY(parse_decimal(a)), right = TRY(parse_decimal(b));
  const Decimal difference = TRY(subtract(left, right));
  return difference.value < 0;
}

std::string range_text(const Parameter& parameter) {
  if (parameter.max.empty()) return "at least " + parameter.min;
  if (parameter.min.empty()) return "at most " + parameter.max;
  return fmt::format("{} to {}", parameter.min, parameter.max);
}

}  // namespace

Result<std::string> parameter_value(const Parameter& parameter, std::string_view text) {
  const std::string what = fmt::format("parameter {}", parameter.name);
  std::string plain = TRY_IN(what, plain_value(parameter.type, text));
  if (!is_accepted(parameter, plain)) {
    return fail_hint(accepted_text(parameter), ErrorKind::invalid_argument, "{}: \"{}\" is none of its values", what,
                     text);
  }
  const bool below = !parameter.min.empty() && TRY_IN(what, is_below(plain, parameter.min));
  const bool above = !parameter.max.empty() && TRY_IN(what, is_below(parameter.max, plain));
  if (below || above) {
    return fail_hint(parameter.description, ErrorKind::invalid_argument, "{}: {} is not {}", what, text,
                     range_text(parameter));
  }
  return plain;
}

Status check_parameters(const Pack& pack, const std::map<std::string, std::string>& values) {
  for (const Parameter& parameter : pack.parameters) {
    if (const auto given = values.find(parameter.name); given != values.end())
      TRY(parameter_value(parameter, given->second));
  }
  return {};
}

Status check_parameters(const Library& library, const std::map<std::string, std::string>& values) {
  std::vector<std::string> known;
  for (const auto& [name, pack] : library.packs()) {
    TRY(check_parameters(pack, values));
    for (const Parameter& parameter : pack.parameters) known.push_back(parameter.name);
  }
  for (const auto& [name, value] : values) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string hint = did_you_mean(name, known);
    if (hint.empty()) hint = fmt::format("there are {}", fmt::join(known, ", "));
    return fail_hint(std::move(hint), ErrorKind::invalid_argument, "no pack has a parameter \"{}\"", name);
  }
  return {};
}

}  // namespace centavo::pack
