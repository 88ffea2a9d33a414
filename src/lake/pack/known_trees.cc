#include "lake/pack/known_trees.h"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "base/digest.h"
#include "io/duck/duck.h"

namespace centavo::pack {
namespace {

namespace fs = std::filesystem;

constexpr char kYaml = 'y';
constexpr char kSql = 's';
constexpr char kPattern = 'p';
constexpr std::size_t kDigestSize = 64;
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{256} << 20;
constexpr int kTreeDepthMax = 1000;

// Numbers as base-128, lowest first; texts with their length in front.
class Packing {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(0x80 | (value & 0x7f));
    bytes_ += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// After the first wrong byte everything is 0 and empty, and good() is false.
class Unpacking {
 public:
  explicit Unpacking(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      out |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return out;
    }
    good_ = false;
    return 0;
  }
  std::string text() {
    const std::size_t size = count();
    std::string out(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return out;
  }
  // Of things that take a byte each at least.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value <= bytes_.size()) return static_cast<std::size_t>(value);
    good_ = false;
    bytes_ = {};
    return 0;
  }
  bool good() const { return good_; }
  bool at_end() const { return good_ && bytes_.empty(); }
  void spoil() { good_ = false; }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

void write(Packing& out, const Yaml& value) {
  out.number(static_cast<std::uint64_t>(value.kind) * 2 + (value.quoted ? 1 : 0));
  out.number(static_cast<std::uint64_t>(value.line));
  switch (value.kind) {
    case Yaml::Kind::null: break;
    case Yaml::Kind::scalar: out.text(value.text); break;
    case Yaml::Kind::list:
      out.number(value.items.size());
      for (const Yaml& item : value.items) write(out, item);
      break;
    case Yaml::Kind::map:
      out.number(value.entries.size());
      for (const Yaml::Entry& entry : value.entries) {
        out.text(entry.key);
        out.number(static_cast<std::uint64_t>(entry.line));
        write(out, entry.value);
      }
      break;
  }
}

void read(Unpacking& in, Yaml& value, int depth = 0) {
  const std::uint64_t head = in.number();
  if (head / 2 > static_cast<std::uint64_t>(Yaml::Kind::map) || depth > kTreeDepthMax) return in.spoil();
  value.kind = static_cast<Yaml::Kind>(head / 2);
  value.quoted = head % 2 == 1;
  value.line = static_cast<int>(in.number());
  if (value.kind == Yaml::Kind::scalar) value.text = in.text();
  if (value.kind == Yaml::Kind::list) {
    value.items.resize(in.count());
    for (Yaml& item : value.items) {
      if (in.good()) read(in, item, depth + 1);
    }
  }
  if (value.kind == Yaml::Kind::map) {
    value.entries.resize(in.count());
    for (Yaml::Entry& entry : value.entries) {
      if (!in.good()) break;
      entry.key = in.text();
      entry.line = static_cast<int>(in.number());
      read(in, entry.value, depth + 1);
    }
  }
}

void write(Packing& out, const YamlFile& file) {
  out.number(file.documents.size());
  for (const Yaml& document : file.documents) write(out, document);
  out.number(file.mistakes.size());
  for (const auto& [line, message] : file.mistakes) {
    out.number(static_cast<std::uint64_t>(line));
    out.text(message);
  }
}

void read(Unpacking& in, YamlFile& file) {
  file.documents.resize(in.count());
  for (Yaml& document : file.documents) read(in, document);
  file.mistakes.resize(in.count());
  for (auto& [line, message] : file.mistakes) {
    line = static_cast<int>(in.number());
    message = in.text();
  }
}

void write(Packing& out, const ParseTree& tree) {
  out.text(tree.error);
  out.number(tree.error_offset);
  out.number(static_cast<std::uint64_t>(tree.statements));
  out.number(tree.tables.size());
  for (const ParseTree::Table& table : tree.tables) {
    for (const std::string* part : {&table.catalog, &table.schema, &table.table}) out.text(*part);
    out.number(table.offset);
  }
  out.number(tree.calls.size());
  for (const ParseTree::Call& call : tree.calls) {
    out.text(call.name);
    out.number(call.offset);
    out.number(static_cast<std::uint64_t>(call.arguments));
    out.number((call.is_operator ? 1u : 0u) + (call.makes_rows ? 2u : 0u));
  }
  out.number(tree.columns.size());
  for (const std::string& column : tree.columns) out.text(column);
  out.number(tree.orders_without_nulls.size());
  for (const std::size_t offset : tree.orders_without_nulls) out.number(offset);
}

void read(Unpacking& in, ParseTree& tree) {
  tree.error = in.text();
  tree.error_offset = in.number();
  tree.statements = static_cast<int>(in.number());
  tree.tables.resize(in.count());
  for (ParseTree::Table& table : tree.tables) {
    for (std::string* part : {&table.catalog, &table.schema, &table.table}) *part = in.text();
    table.offset = in.number();
  }
  tree.calls.resize(in.count());
  for (ParseTree::Call& call : tree.calls) {
    call.name = in.text();
    call.offset = in.number();
    call.arguments = static_cast<int>(in.number());
    const std::uint64_t flags = in.number();
    call.is_operator = (flags & 1) != 0;
    call.makes_rows = (flags & 2) != 0;
  }
  tree.columns.resize(in.count());
  for (std::string& column : tree.columns) column = in.text();
  tree.orders_without_nulls.resize(in.count());
  for (std::size_t& offset : tree.orders_without_nulls) offset = in.number();
}

void write(Packing& out, const std::string& text) { out.text(text); }
void read(Unpacking& in, std::string& text) { text = in.text(); }

// This build of the program and its engine; "" when that cannot be told. Builds of one version differ in their parsers.
std::string identity_of_program() {
  struct stat program{};
  if (::stat("/proc/self/exe", &program) != 0) return {};
  return fmt::format("centavo pack trees, {} {} {}.{:09} duckdb {}", CENTAVO_VERSION, program.st_size,
                     program.st_mtim.tv_sec, program.st_mtim.tv_nsec, duck::engine_version());
}

// "", when it is not there or not to be trusted.
std::string read_body(const std::string& path, const std::string& identity) {
  std::error_code fault;
  const std::uintmax_t size = fs::file_size(path, fault);
  if (fault || size > kFileBytesMax) return {};
  std::string bytes(size, '\0');
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(size))) return {};
  const std::size_t head = identity.size() + 1 + kDigestSize + 1;
  if (bytes.size() < head || !bytes.starts_with(identity) || bytes[identity.size()] != '\n') return {};
  std::string body = bytes.substr(head);
  return bytes.compare(identity.size() + 1, kDigestSize, sha256_hex(body)) == 0 ? body : std::string();
}

}  // namespace

KnownTrees::KnownTrees(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  identity_ = identity_of_program();
  const std::string body = read_body(path_, identity_);
  Unpacking in(body);
  while (in.good() && !in.at_end()) {
    std::string key = in.text();
    std::string tree = in.text();
    if (in.good()) in_file_.emplace(std::move(key), std::move(tree));
  }
}

template <class Tree>
bool KnownTrees::find(char kind, std::string_view text, Tree& tree) {
  if (path_.empty()) return false;
  const std::string key = kind + sha256_hex(text);
  const auto known = in_file_.find(key);
  if (known == in_file_.end()) return false;
  Unpacking in(known->second);
  Tree out;
  read(in, out);
  if (!in.at_end()) return false;
  asked_for_.insert(*known);
  tree = std::move(out);
  return true;
}

template <class Tree>
void KnownTrees::add(char kind, std::string_view text, const Tree& tree) {
  if (path_.empty()) return;
  Packing out;
  write(out, tree);
  asked_for_[kind + sha256_hex(text)] = out.take();
  any_new_ = true;
}

std::vector<YamlFile> KnownTrees::yaml(const std::vector<const std::string*>& texts) {
  std::vector<YamlFile> out(texts.size());
  std::vector<const std::string*> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (find(kYaml, *texts[i], out[i])) continue;
    missing.push_back(texts[i]);
    places.push_back(i);
  }
  if (missing.empty()) return out;
  std::vector<YamlFile> parsed = parse_yaml_files(missing);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    add(kYaml, *missing[i], parsed[i]);
    out[places[i]] = std::move(parsed[i]);
  }
  return out;
}

Result<std::vector<ParseTree>> KnownTrees::sql(const std::vector<std::string>& texts) {
  return std::move(TRY(yaml_and_sql({}, texts)).second);
}

Result<std::pair<std::vector<YamlFile>, std::vector<ParseTree>>> KnownTrees::yaml_and_sql(
    const std::vector<const std::string*>& yaml_texts, const std::vector<std::string>& sql_texts) {
  std::vector<ParseTree> out(sql_texts.size());
  std::vector<std::string> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < sql_texts.size(); ++i) {
    if (find(kSql, sql_texts[i], out[i])) continue;
    missing.push_back(sql_texts[i]);
    places.push_back(i);
  }
  if (missing.empty()) return std::pair(yaml(yaml_texts), std::move(out));
  Result<std::vector<ParseTree>> parsed = std::vector<ParseTree>();
  std::jthread other;
  try {
    if (!yaml_texts.empty()) other = std::jthread([&] { parsed = parse_sql(missing); });
  } catch (const std::system_error&) {
    // No more threads to be had.
  }
  if (!other.joinable()) parsed = parse_sql(missing);
  std::vector<YamlFile> files = yaml(yaml_texts);
  if (other.joinable()) other.join();
  std::vector<ParseTree> trees = TRY(std::move(parsed));
  for (std::size_t i = 0; i < missing.size(); ++i) {
    add(kSql, missing[i], trees[i]);
    out[places[i]] = std::move(trees[i]);
  }
  return std::pair(std::move(files), std::move(out));
}

Result<std::vector<std::string>> KnownTrees::faults(const std::vector<std::string>& patterns) {
  std::vector<std::string> out(patterns.size()), missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (find(kPattern, patterns[i], out[i])) continue;
    missing.push_back(patterns[i]);
    places.push_back(i);
  }
  const std::vector<std::string> found = TRY(regex_faults(missing));
  for (std::size_t i = 0; i < missing.size(); ++i) {
    add(kPattern, missing[i], found[i]);
    out[places[i]] = found[i];
  }
  return out;
}

void KnownTrees::keep() const {
  if (!any_new_ || identity_.empty()) return;
  Packing packed;
  for (const auto& [key, tree] : asked_for_) {
    packed.text(key);
    packed.text(tree);
  }
  const std::string body = packed.take();
  const std::string temp = fmt::format("{}-{}", path_, new_uuid());
  std::ofstream stream(temp, std::ios::binary);
  stream << identity_ << '\n' << sha256_hex(body) << '\n' << body;
  stream.close();
  std::error_code fault;
  if (stream) fs::rename(temp, path_, fault);
  if (!stream || fault) fs::remove(temp, fault);
}

}  // namespace centavo::pack
