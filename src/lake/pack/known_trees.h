#pragma once
/// \file lake/pack/known_trees.h
/// What the parsers said of texts they have seen, kept in a file: parsing packs is most of what a short command does.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "lake/pack/parse_tree.h"
#include "lake/pack/yaml.h"

namespace centavo::pack {

/// Trees by the SHA-256 of their text. Only what parsers answer is kept, never a judgement: packs are judged each time.
/// The file is a cache: one that is damaged, of another build of the program or of another engine counts as empty, and
/// one that cannot be written is left. Not thread-safe.
class KnownTrees {
 public:
  /// `path` empty: nothing is known, and nothing kept.
  explicit KnownTrees(std::string path);

  /// As parse_yaml_files, parse_sql and regex_faults; only texts that are not known are parsed.
  std::vector<YamlFile> yaml(const std::vector<const std::string*>& texts);
  Result<std::vector<ParseTree>> sql(const std::vector<std::string>& texts);
  /// Both at once: the engine parses the SQL while the YAML is read.
  Result<std::pair<std::vector<YamlFile>, std::vector<ParseTree>>> yaml_and_sql(
      const std::vector<const std::string*>& yaml_texts, const std::vector<std::string>& sql_texts);
  Result<std::vector<std::string>> faults(const std::vector<std::string>& patterns);

  /// Writes what was asked for since it was made, when any of it was not in the file.
  void keep() const;

 private:
  std::string path_;
  std::string identity_;  // of the program and its engine
  std::unordered_map<std::string, std::string> in_file_;  // "y" and a text's digest -> its tree, written out
  std::unordered_map<std::string, std::string> asked_for_;
  bool any_new_ = false;

  template <class Tree>
  bool find(char kind, std::string_view text, Tree& tree);
  template <class Tree>
  void add(char kind, std::string_view text, const Tree& tree);
};

}  // namespace centavo::pack
