#pragma once
/// \file lake/pack/yaml.h
/// YAML as a plain tree in which everything knows its line. The only code that meets yaml-cpp is yaml.cc.

#include <map>
#include <string>
#include <string_view>
#include <utility>
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

/// A file's documents; on a syntax error those before it.
struct YamlFile {
  std::vector<Yaml> documents;
  /// Line and message: syntax errors, duplicate keys, keys that are not text, anchors and aliases.
  std::vector<std::pair<int, std::string>> mistakes;
};

YamlFile parse_yaml(std::string_view text);

/// The same for many texts, on as many threads as the machine has: yaml-cpp reads some 5 MB a second.
std::vector<YamlFile> parse_yaml_files(const std::vector<const std::string*>& texts);

}  // namespace centavo::pack
