#include "lake/delta/log_path.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace centavo::delta {
namespace {

constexpr std::size_t kVersionDigits = 20;
constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

std::optional<std::int64_t> digits(std::string_view text, std::size_t length) {
  std::int64_t value = 0;
  if (text.size() != length || text.empty() || !std::isdigit(static_cast<unsigned char>(text[0]))) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Spark's set of characters that a partition folder does not hold (ExternalCatalogUtils).
bool folder_escapes(unsigned char c) {
  return c < 0x20 || c == 0x7f ||
         std::string_view("\"#%'*/:=?\\{[]^").find(static_cast<char>(c)) != std::string_view::npos;
}

std::string escape_folder(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (folder_escapes(static_cast<unsigned char>(c))) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string log_folder(std::string_view root) {
  return root.empty() ? "_delta_log" : fmt::format("{}/_delta_log", root);
}
std::string commit_name(Version version) { return fmt::format("{:020d}.json", version); }
std::string commit_key(std::string_view root, Version version) {
  return fmt::format("{}/{}", log_folder(root), commit_name(version));
}
std::string checkpoint_key(std::string_view root, Version version) {
  return fmt::format("{}/{:020d}.checkpoint.parquet", log_folder(root), version);
}
std::string last_checkpoint_key(std::string_view root) { return log_folder(root) + "/_last_checkpoint"; }

Result<Version> parse_commit_name(std::string_view name) {
  if (name.size() == kVersionDigits + 5 && name.ends_with(".json")) {
    if (const auto version = digits(name.substr(0, kVersionDigits), kVersionDigits)) return *version;
  }
  return fail(ErrorKind::corrupt_data, "\"{}\" is not the name of a commit", name);
}

std::optional<CheckpointName> parse_checkpoint_name(std::string_view name) {
  constexpr std::string_view middle = ".checkpoint.";
  if (name.size() < kVersionDigits + middle.size() || name.substr(kVersionDigits, middle.size()) != middle)
    return std::nullopt;
  const auto version = digits(name.substr(0, kVersionDigits), kVersionDigits);
  if (!version) return std::nullopt;
  const std::string_view rest = name.substr(kVersionDigits + middle.size());
  CheckpointName out;
  out.version = *version;
  if (rest == "parquet") return out;
  if (rest.size() == 29 && rest.ends_with(".parquet") && rest[10] == '.') {
    const auto part = digits(rest.substr(0, 10), 10), parts = digits(rest.substr(11, 10), 10);
    if (!part || !parts || *part < 1 || *part > *parts || *parts > 1'000'000) return std::nullopt;
    out.kind = CheckpointName::Kind::part;
    out.part = static_cast<int>(*part);
    out.parts = static_cast<int>(*parts);
    return out;
  }
  constexpr std::size_t uuid_length = 36;
  if (rest.size() > uuid_length && rest[8] == '-' && rest[13] == '-') {
    const std::string_view extension = rest.substr(uuid_length);
    out.kind = extension == ".json" ? CheckpointName::Kind::unique_json : CheckpointName::Kind::unique_parquet;
    if (extension == ".json" || extension == ".parquet") return out;
  }
  return std::nullopt;
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view kept = "-_.!~*'()/@=$,;";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || kept.find(c) != std::string_view::npos)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

std::string decode_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int high = path[i] == '%' && i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(path[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += path[i];
    }
  }
  return out;
}

std::string canonical_path(std::string_view path) {
  std::string out = decode_path(path);
  if (out.starts_with("file:")) {
    std::size_t slashes = 5;
    while (slashes < out.size() && out[slashes] == '/') ++slashes;
    out = "/" + out.substr(slashes);
  }
  return out;
}

bool is_absolute(std::string_view decoded_path) {
  if (decoded_path.starts_with('/')) return true;
  const std::size_t scheme = decoded_path.find("://");
  return scheme != std::string_view::npos && scheme > 0 &&
         std::all_of(decoded_path.begin(), decoded_path.begin() + static_cast<std::ptrdiff_t>(scheme), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
         });
}

std::string partition_folder(const std::vector<std::string>& columns, const PartitionValues& values) {
  std::string out;
  for (const std::string& column : columns) {
    const auto it = values.find(column);
    const bool null = it == values.end() || !it->second;
    out += fmt::format("{}{}={}", out.empty() ? "" : "/", escape_folder(column),
                       null ? std::string(kNullFolder) : escape_folder(*it->second));
  }
  return out;
}

}  // namespace centavo::delta
