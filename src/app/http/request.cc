#include "app/http/request.h"

#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "app/http/header_text.h"
#include "app/http/http.h"

namespace centavo::http {

namespace {

constexpr std::size_t kParametersMax = 200;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Result<std::string> decoded(std::string_view text, bool plus_is_space) {
  auto out = percent_decoded(text, plus_is_space);
  if (!out) return fail(ErrorKind::invalid_argument, "the address has a broken percent escape");
  if (!is_utf8(*out)) return fail(ErrorKind::invalid_argument, "the address is not UTF-8");
  return std::move(*out);
}

std::string joined(const std::vector<std::string>& segments, bool ends_in_slash) {
  std::string path;
  for (const std::string& segment : segments) path += '/' + segment;
  if (ends_in_slash || path.empty()) path += '/';
  return path;
}

Status check_path(std::string_view path) {
  if (std::any_of(path.begin(), path.end(), [](char c) { return is_control(c) || c == '\\'; })) {
    return fail(ErrorKind::invalid_argument, "the path holds a character that no path of ours has");
  }
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view part = path.substr(at + 1, end - at - 1);
    if ((part.empty() && end != path.size()) || part == "." || part == "..") {
      return fail(ErrorKind::invalid_argument, "the path is not plain: \"//\", \".\" and \"..\" are refused");
    }
    at = end;
  }
  return {};
}

Status parse_query(std::string_view query, std::vector<std::pair<std::string, std::string>>& out) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (out.size() == kParametersMax) {
      return fail(ErrorKind::invalid_argument, "the address has more than {} parameters", kParametersMax);
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = TRY(decoded(pair.substr(0, equals), true));
    std::string value = TRY(decoded(pair.substr(std::min(equals + 1, pair.size())), true));
    if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) {
      return fail(ErrorKind::invalid_argument, "the address holds a zero byte");
    }
    out.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

/// 16 bytes in network order, IPv4 as ::ffff:a.b.c.d; "" when it is no address.
std::string address_bytes(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string address(text.substr(0, text.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data() + 12) == 1) {
    bytes[10] = bytes[11] = 0xff;
  } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    return {};
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_mapped_ipv4(std::string_view bytes) {
  return bytes.substr(0, 10) == std::string_view("\0\0\0\0\0\0\0\0\0\0", 10) && bytes[10] == '\xff' &&
         bytes[11] == '\xff';
}

bool same_bits(std::string_view a, std::string_view b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - bits % 8;
  return (static_cast<unsigned char>(a[whole]) >> shift) == (static_cast<unsigned char>(b[whole]) >> shift);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(i);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) return false;
    }
    const unsigned second = byte(i + 1);
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

Result<Target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.substr(0, scheme.size()) != scheme) continue;
    const std::size_t path = target.find_first_of("/?", scheme.size());
    target = path == std::string_view::npos || target[path] == '?' ? "/" : target.substr(path);
    break;
  }
  if (target.empty() || target.front() != '/') {
    return fail(ErrorKind::invalid_argument, "the address of a request starts with \"/\"");
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = std::min(target.find('?'), target.size());

  Target out;
  std::string_view path = target.substr(1, question - 1);
  const bool ends_in_slash = path.empty() || path.back() == '/';
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    out.segments.push_back(TRY(decoded(path.substr(0, end), false)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  out.path = joined(out.segments, ends_in_slash);
  TRY(check_path(out.path));
  TRY(parse_query(target.substr(std::min(question + 1, target.size())), out.query));
  return out;
}

std::optional<Target> below(Target target, std::string_view base_path) {
  while (!base_path.empty() && base_path.back() == '/') base_path.remove_suffix(1);
  const bool ends_in_slash = target.path.back() == '/';
  std::size_t depth = 0;
  while (!base_path.empty()) {
    base_path.remove_prefix(1);
    const std::size_t end = std::min(base_path.find('/'), base_path.size());
    if (depth == target.segments.size() || target.segments[depth] != base_path.substr(0, end)) return std::nullopt;
    base_path.remove_prefix(end);
    ++depth;
  }
  if (depth > 0) {
    target.segments.erase(target.segments.begin(), target.segments.begin() + static_cast<std::ptrdiff_t>(depth));
    target.path = joined(target.segments, ends_in_slash);
  }
  return target;
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

std::string new_request_id() {
  std::array<unsigned char, 8> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

Result<TrustedProxies> TrustedProxies::of(const std::vector<std::string>& texts) {
  TrustedProxies out;
  for (const std::string& text : texts) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    Network network{address_bytes(std::string_view(text).substr(0, slash)), 128};
    bool sound = !network.bytes.empty();
    if (sound && slash < text.size()) {
      const int most = is_mapped_ipv4(network.bytes) ? 32 : 128;
      int bits = -1;
      const auto read = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
      sound = read.ec == std::errc() && read.ptr == text.data() + text.size() && bits >= 0 && bits <= most;
      network.bits = bits + 128 - most;
    }
    if (!sound) {
      return fail_hint("write an address (10.0.0.7, ::1) or a network (10.0.0.0/8)", ErrorKind::invalid_argument,
                       "trusted proxy \"{}\" is no address", text);
    }
    out.networks_.push_back(std::move(network));
  }
  return out;
}

bool TrustedProxies::contains(std::string_view address) const {
  if (networks_.empty()) return false;
  const std::string bytes = address_bytes(address);
  return !bytes.empty() && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return same_bits(bytes, network.bytes, network.bits);
  });
}

std::string TrustedProxies::client_of(const std::string& peer, std::string_view forwarded_for) const {
  if (!contains(peer)) return peer;
  std::string client = peer;
  while (!forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::string_view last =
        trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    if (address_bytes(last).empty()) break;
    client = last;
    if (!contains(last)) break;
    forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
  }
  return client;
}

std::string rate_key(std::string_view address) {
  const std::string bytes = address_bytes(address);
  if (bytes.empty()) return std::string(address.substr(0, 64));
  return is_mapped_ipv4(bytes) ? bytes.substr(12) : bytes.substr(0, 8);
}

std::string Request::header(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? std::string() : found->second;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::cookie(std::string_view name) const {
  const std::string all = header("cookie");
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view pair = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name) continue;
    std::string_view value = trimmed(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return std::nullopt;
}

}  // namespace centavo::http
