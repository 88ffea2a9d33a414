#pragma once
/// \file lake/pack/yaml.h
/// YAML as a plain tree in which everything knows its line. The only code that meets yaml-cpp is yaml.cc.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace centavo::pack {

/// One value. Scalars stay text: `Yes`, `1e3` and `2026-10-01` are what was written.
struct Yaml {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;             ///< of a scalar
  bool quoted = false;          ///< of a scalar: '1', "1" or a block, so it is text for sure
  std::vector<Yaml> items;      ///< of a list
  std::vector<Entry> entries;   ///< of a map, in order, keys unique
  int line = 0;                 ///< from 1

  const Yaml* find(std::string_view key) const;
};
struct Yaml::Entry {
  std::string key;
  int line = 0;
  Yaml value;
};

/// The documents of a file; on a syntax error those before it. `mistake(line, message)` hears of syntax errors,
/// duplicate keys, keys that are not text, anchors and aliases.
std::vector<Yaml> parse_yaml(std::string_view text, const std::function<void(int, std::string)>& mistake);

}  // namespace centavo::pack
