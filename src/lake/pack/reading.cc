#include "lake/pack/reading.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

constexpr std::size_t kFewWords = 16;

// Levenshtein with neighbours swapped counted as one.
std::size_t distance(std::string_view a, std::string_view b) {
  if (a.size() > 64 || b.size() > 64) return a == b ? 0 : 64;
  std::vector<std::size_t> before2, before(b.size() + 1), row(b.size() + 1);
  std::iota(before.begin(), before.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before2[j - 2] + 1);
    }
    before2 = before;
    before.swap(row);
  }
  return before[b.size()];
}

bool is_text(const Yaml& value) { return value.kind == Yaml::Kind::scalar; }

std::string_view kind_of(const Yaml& value) {
  switch (value.kind) {
    case Yaml::Kind::null: return "nothing";
    case Yaml::Kind::scalar: return "a single value";
    case Yaml::Kind::list: return "a list";
    case Yaml::Kind::map: return "a map";
  }
  return "nothing";
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string wanted = lower(word);
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (const std::size_t d = distance(wanted, lower(candidate)); d < best_distance) {
      best = &candidate;
      best_distance = d;
    }
  }
  for (const std::string& candidate : known) {
    if (!best && wanted.size() >= 4 && lower(candidate).starts_with(wanted)) best = &candidate;
  }
  if (best) return fmt::format("did you mean \"{}\"?", *best);
  if (known.empty() || known.size() > kFewWords) return {};
  std::vector<std::string> sorted = known;
  std::erase(sorted, "");
  std::sort(sorted.begin(), sorted.end());
  return fmt::format("known here: {}", fmt::join(sorted, ", "));
}

std::string snake_case(std::string_view name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_small = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is_upper(c) && i > 0 && is_small(name[i - 1])) out += '_';
    const char plain = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : is_small(c) ? c : '_';
    if (plain != '_' || (!out.empty() && out.back() != '_')) out += plain;
  }
  return out;
}

bool is_snake_case(std::string_view name) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

Fields::Fields(const Reading& reading, const Yaml& map, std::string what)
    : reading_(reading), map_(map), what_(std::move(what)) {
  if (!usable())
    reading_.mistake(map.line, fmt::format("{} must be a map of key: value, and is {}", what_, kind_of(map)));
}

const Yaml* Fields::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const Yaml* value = map_.find(key);
  return value && value->kind != Yaml::Kind::null ? value : nullptr;
}

const Yaml* Fields::list(std::string_view key) {
  const Yaml* value = find(key);
  if (!value || value->kind == Yaml::Kind::list) return value;
  mistake(key, fmt::format("\"{}\" must be a list, and is {}", key, kind_of(*value)));
  return nullptr;
}

const Yaml* Fields::map(std::string_view key) {
  const Yaml* value = find(key);
  if (!value || value->kind == Yaml::Kind::map) return value;
  mistake(key, fmt::format("\"{}\" must be a map of key: value, and is {}", key, kind_of(*value)));
  return nullptr;
}

const Yaml* Fields::scalar(std::string_view key) {
  const Yaml* value = find(key);
  if (!value || is_text(*value)) return value;
  mistake(key, fmt::format("\"{}\" must be a single value, and is {}", key, kind_of(*value)));
  return nullptr;
}

std::string Fields::text(std::string_view key, std::string_view otherwise) {
  const Yaml* value = scalar(key);
  return value ? value->text : std::string(otherwise);
}

std::string Fields::required_text(std::string_view key) {
  const bool present = find(key) != nullptr;
  std::string value = text(key);
  if (!present && usable()) mistake(key, fmt::format("{} needs \"{}\"", what_, key));
  if (present && value.empty() && is_text(*map_.find(key))) mistake(key, fmt::format("\"{}\" is empty", key));
  return value;
}

bool Fields::flag(std::string_view key, bool otherwise) {
  const Yaml* value = scalar(key);
  if (!value) return otherwise;
  if (value->text == "true" || value->text == "false") return value->text == "true";
  mistake(key, fmt::format("\"{}\" is \"{}\"", key, value->text), "write true or false");
  return otherwise;
}

std::int64_t Fields::whole(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t otherwise) {
  const Yaml* value = scalar(key);
  if (!value) return otherwise;
  std::int64_t out = 0;
  const char* const end = value->text.data() + value->text.size();
  const auto [at, fault] = std::from_chars(value->text.data(), end, out);
  if (fault == std::errc() && at == end && out >= least && out <= most) return out;
  mistake(key, fmt::format("\"{}\" is \"{}\"", key, value->text),
          fmt::format("write a whole number from {} to {}", least, most));
  return otherwise;
}

double Fields::number(std::string_view key, double least, double otherwise) {
  const Yaml* value = scalar(key);
  if (!value) return otherwise;
  double out = 0;
  const char* const end = value->text.data() + value->text.size();
  const auto [at, fault] = std::from_chars(value->text.data(), end, out);
  if (fault == std::errc() && at == end && std::isfinite(out) && out >= least) return out;
  mistake(key, fmt::format("\"{}\" is \"{}\"", key, value->text), fmt::format("write a number from {} on", least));
  return otherwise;
}

std::vector<std::string> Fields::texts(std::string_view key) {
  const Yaml* value = find(key);
  if (!value) return {};
  if (is_text(*value)) return {value->text};
  if (!list(key)) return {};
  std::vector<std::string> out;
  for (const Yaml& item : value->items) {
    if (is_text(item)) {
      out.push_back(item.text);
    } else {
      reading_.mistake(item.line,
                       fmt::format("\"{}\" must be a list of single values, and holds {}", key, kind_of(item)));
    }
  }
  return out;
}

std::size_t Fields::choice(std::string_view key, const std::vector<std::string>& words, std::size_t otherwise) {
  const Yaml* value = scalar(key);
  if (!value) return otherwise;
  const auto at = std::find(words.begin(), words.end(), value->text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  mistake(key, fmt::format("unknown {} \"{}\"", key, value->text), did_you_mean(value->text, words));
  return otherwise;
}

Severity Fields::severity() {
  static const std::vector<std::string> kWords = {"error", "quarantine", "warn"};
  return static_cast<Severity>(choice("severity", kWords, 0));
}

int Fields::line_of(std::string_view key) const {
  const Yaml* value = map_.find(key);
  return value ? value->line : map_.line;
}

void Fields::mistake(std::string_view key, std::string message, std::string hint) const {
  reading_.mistake(line_of(key), std::move(message), std::move(hint));
}

void Fields::done() {
  for (const Yaml::Entry& entry : map_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    std::vector<std::string> absent;
    for (const std::string& key : known_) {
      if (!map_.find(key)) absent.push_back(key);
    }
    reading_.mistake(entry.line, fmt::format("unknown key \"{}\" in {}", entry.key, what_),
                     did_you_mean(entry.key, absent));
  }
}

const Yaml* read_document(const Reading& reading, const YamlFile& file) {
  for (const auto& [line, message] : file.mistakes) reading.mistake(line, message);
  const bool broken = !file.mistakes.empty();
  const auto& documents = file.documents;
  if (documents.empty() || documents.front().kind == Yaml::Kind::null) {
    if (!broken) reading.mistake(1, "the file is empty");
    return nullptr;
  }
  if (documents.size() > 1)
    reading.mistake(documents[1].line, "a second document", "one file, one document; remove the ---");
  return &documents.front();
}

std::optional<TableName> read_table_name(Fields& fields, std::string_view key) {
  const std::string text = fields.text(key);
  if (text.empty()) return std::nullopt;
  auto name = parse_table_name(text);
  if (name) return *name;
  fields.mistake(key, name.error().message, name.error().hint);
  return std::nullopt;
}

}  // namespace centavo::pack
