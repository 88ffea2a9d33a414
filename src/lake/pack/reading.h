#pragma once
/// \file lake/pack/reading.h
/// Reading YAML maps by their known keys, with every mistake collected instead of stopping at the first.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lake/pack/library.h"
#include "lake/pack/yaml.h"

namespace centavo::pack {

/// `did you mean "columns"?` for the nearest of `known`, or all of them when they are few, or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

/// "x_ChargeId" -> "x_charge_id", for names of checks (delivered columns have a rule of their own).
std::string snake_case(std::string_view name);

/// Whether the name is lower-case snake_case and begins with a letter.
bool is_snake_case(std::string_view name);

/// One file being read. The vector outlives it.
class Reading {
 public:
  Reading(std::string file, std::vector<Mistake>& mistakes) : file_(std::move(file)), mistakes_(mistakes) {}

  const std::string& file() const { return file_; }
  Place place(const Yaml& value) const { return {file_, value.line, 0}; }
  void mistake(int line, std::string message, std::string hint = {}) const {
    mistakes_.push_back({{file_, line, 0}, std::move(message), std::move(hint)});
  }
  std::vector<Mistake>& mistakes() const { return mistakes_; }

 private:
  std::string file_;
  std::vector<Mistake>& mistakes_;
};

/// A map and its known keys: each getter names one; done() reports the rest. Getters report wrong kinds of values and
/// then answer as if the key were absent.
class Fields {
 public:
  /// `what` for messages: "contract", "column \"cpf\"".
  Fields(const Reading& reading, const Yaml& map, std::string what);

  const Yaml* find(std::string_view key);                    ///< null when absent or null
  const Yaml* list(std::string_view key);
  const Yaml* map(std::string_view key);
  std::string text(std::string_view key, std::string_view otherwise = {});
  std::string required_text(std::string_view key);
  bool flag(std::string_view key, bool otherwise = false);
  std::int64_t whole(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t otherwise);
  double number(std::string_view key, double least, double otherwise);
  std::vector<std::string> texts(std::string_view key);      ///< a list of scalars, or one scalar
  /// The index of the key's text in `words`; `otherwise` when absent or none of them.
  std::size_t choice(std::string_view key, const std::vector<std::string>& words, std::size_t otherwise);
  Severity severity();

  const Reading& reading() const { return reading_; }
  int line() const { return map_.line; }
  int line_of(std::string_view key) const;                   ///< of the key's value; the map's own when absent
  bool usable() const { return map_.kind == Yaml::Kind::map; }
  void mistake(std::string_view key, std::string message, std::string hint = {}) const;
  void done();

 private:
  const Yaml* scalar(std::string_view key);

  const Reading& reading_;
  const Yaml& map_;
  std::string what_;
  std::vector<std::string> known_;
};

/// The one document of a YAML file, or null; mistakes when there is none, or more. Also passes on the file's own
/// mistakes.
const Yaml* read_document(const Reading& reading, const YamlFile& file);

// One function per kind of file. Each returns what could be read; mistakes say what could not.
struct FunctionsFile {
  std::vector<Function> functions;
  std::map<std::string, std::pair<int, int>, std::less<>> common;   ///< name -> fewest and most arguments (-1: any)
  std::map<std::string, std::string, std::less<>> instead;          ///< a function of one engine -> what to write
};
void read_pack_file(const Reading& reading, const YamlFile& file, Pack& pack);
SourceKind read_source(const Reading& reading, const YamlFile& file, const std::string& pack);
Interface read_interface(const Reading& reading, const YamlFile& file, const std::string& pack);
Contract read_contract(const Reading& reading, const YamlFile& file, const std::string& pack);
std::vector<PackTest> read_tests(const Reading& reading, const YamlFile& file);
FunctionsFile read_functions(const Reading& reading, const YamlFile& file);

// Parts of contracts and interfaces.
std::vector<ColumnSpec> read_columns(Fields& fields, bool of_interface);
std::vector<CheckSpec> read_checks(Fields& fields);
std::vector<ProofSpec> read_proofs(Fields& fields);
std::optional<TableName> read_table_name(Fields& fields, std::string_view key);

/// Checks that the columns imply: required, accepted_values, pattern, range; with the column's severity.
std::vector<CheckSpec> implied_checks(const std::vector<ColumnSpec>& columns);
/// A check's name when none is given: "unique_billing_period_x_charge_id".
std::string made_name(CheckKind kind, const std::vector<std::string>& columns);
std::string_view name_of(CheckKind kind);

}  // namespace centavo::pack
