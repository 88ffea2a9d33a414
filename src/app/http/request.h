#pragma once
/// \file app/http/request.h
/// The words of a request: target, addresses of proxies, ids. Pure text; server.cc and the fuzzers call it.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace centavo::http {

/// A request's target taken apart. `path` is `segments` joined: "/t/acme/cost" is {"t", "acme", "cost"} and "/" is {}.
struct Target {
  std::string path;
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
};

/// Takes "/t/acme/cost?by=ServiceName" apart, and "http://host/…" whose scheme and host it drops. Each segment, name
/// and value is percent-decoded once; "+" is a space in the query alone. A "/" that was written %2F stays in its
/// segment. `invalid_argument` for anything but a path that starts with "/"; for a broken percent escape, bytes that
/// are no UTF-8, a control character or "\" in the path, NUL in the query; for "//", "." or ".." in the decoded path;
/// and for more than 200 parameters.
Result<Target> parse_target(std::string_view target);

/// `target` below `base_path` ("/pivot"), as segments and path; none when it is elsewhere. "" takes all.
std::optional<Target> below(Target target, std::string_view base_path);

/// Percent-decodes; none when an escape is broken.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

bool is_utf8(std::string_view text);

/// Whether a client's X-Request-Id is one we pass on: 1 to 64 of A-Z a-z 0-9 . _ -
bool is_request_id(std::string_view text);
/// A new one: 16 hexadecimal digits, not to be guessed.
std::string new_request_id();

/// Addresses ("10.0.0.7", "::1") and networks ("10.0.0.0/8") of proxies that we believe.
class TrustedProxies {
 public:
  /// `invalid_argument` names what is neither.
  static Result<TrustedProxies> of(const std::vector<std::string>& texts);
  bool contains(std::string_view address) const;
  /// The client's address: the last in X-Forwarded-For that no trusted proxy has; `peer` when the peer is not trusted
  /// or says nothing we can read.
  std::string client_of(const std::string& peer, std::string_view forwarded_for) const;

 private:
  struct Network {
    std::string bytes;  // 16: IPv4 mapped into IPv6
    int bits = 128;
  };
  std::vector<Network> networks_;
};

/// What a rate limit counts as one client: an IPv4 address, or the first 64 bits of an IPv6 one.
std::string rate_key(std::string_view address);

}  // namespace centavo::http
