#include "app/http/wire.h"

#include <utility>

// Beast 1.74 asserts that five bytes of a last chunk came before it looks at them again; four may have.
#define BOOST_DISABLE_ASSERTS
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace centavo::http {

namespace {

namespace beast = boost::beast::http;
using Parser = beast::request_parser<beast::string_body>;

constexpr std::size_t kHeadersMax = 100;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return out;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Response refused(int status, std::string_view detail, std::string_view hint = {}) {
  return problem(status, reason_of(status), detail, hint);
}

/// Headers of which a second one is an attack or an accident.
bool is_single(std::string_view name) {
  constexpr std::array<std::string_view, 7> kSingle = {
      "host", "authorization", "content-type", "content-length", "transfer-encoding", "x-csrf-token", "expect"};
  return std::find(kSingle.begin(), kSingle.end(), name) != kSingle.end();
}

bool is_method_of_ours(std::string_view method) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

/// A host name or address with or without a port; nothing that could be more than that in a link or a log.
bool is_host(std::string_view host) {
  return host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string_view("-._:[]%~").find(c) != std::string_view::npos;
         });
}

/// Whether a first line is three words of which the last is a version.
bool names_a_version(std::string_view line) {
  if (std::count(line.begin(), line.end(), ' ') != 2) return false;
  const std::string_view last = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return last.size() == 8 && last.substr(0, 5) == "HTTP/" && is_digit(last[5]) && last[6] == '.' && is_digit(last[7]);
}

}  // namespace

struct RequestReader::Parts {
  explicit Parts(const Limits& limits) : header_bytes(limits.header_bytes), body_bytes(limits.body_bytes) { restart(); }

  void restart() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(header_bytes + 4));
    parser->body_limit(body_bytes);
    // The head alone first: what trails the last chunk must not come to stand among the headers.
    parser->eager(false);
    state = State::head;
    scanned = 0;
    request = {};
    continues = false;
  }

  void refuse(Response why) {
    refusal = std::move(why);
    state = State::refused;
  }

  std::size_t put_head(std::string_view bytes);
  std::size_t put_body(std::string_view bytes);
  std::size_t parse(std::string_view bytes);
  bool read_head();
  std::optional<Response> fault_of_head() const;
  Response refusal_of(const boost::beast::error_code& error, std::string_view bytes) const;

  std::size_t header_bytes, body_bytes;
  std::optional<Parser> parser;
  State state = State::head;
  std::size_t scanned = 0;  // of the head: no end of it in these bytes
  Request request;
  Response refusal;
  bool continues = false, http_1_0 = false, lives_on = true;
};

/// Waits for a whole head before the parser sees any of it, so that the limit is one of the whole head and how the
/// bytes were cut changes nothing.
std::size_t RequestReader::Parts::put_head(std::string_view bytes) {
  std::size_t skipped = 0;
  if (scanned == 0) {  // RFC 9112, section 2.2: an empty line before a request is ignored
    while (bytes.substr(skipped, 2) == "\r\n") skipped += 2;
    bytes.remove_prefix(skipped);
    if (bytes.empty() || bytes == "\r") return skipped;
  }
  for (; scanned < bytes.size(); ++scanned) {
    const char c = bytes[scanned];
    if (scanned >= header_bytes) {
      const bool in_target = bytes.substr(0, header_bytes).find('\n') == std::string_view::npos;
      refuse(in_target ? refused(414, "The address is too long.") : refused(431, "The headers are too long."));
      return skipped;
    }
    if (scanned == 0 && (c < 'A' || c > 'Z')) {
      refuse(refused(400, "This is no HTTP request.", "Is this address meant to be https, or http?"));
      return skipped;
    }
    if (c == '\0' || (c == '\n' && bytes[scanned - 1] != '\r')) {
      refuse(refused(400, "A line of the headers does not end as HTTP says."));
      return skipped;
    }
    if ((c == ' ' || c == '\t') && bytes[scanned - 1] == '\n') {
      refuse(refused(400, "A header goes on in the next line, which HTTP no longer has."));
      return skipped;
    }
    if (c == '\n' && scanned >= 3 && bytes[scanned - 2] == '\n') {
      return skipped + parse(bytes);
    }
  }
  return skipped;
}

std::size_t RequestReader::Parts::parse(std::string_view bytes) {
  boost::beast::error_code error;
  const std::size_t taken = parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != beast::error::need_more) {
    refuse(refusal_of(error, bytes));
    return taken;
  }
  if (state == State::head && parser->is_header_done() && !read_head()) return taken;
  if (state == State::head) {  // a whole head that the parser still wants more of
    refuse(refused(400, "The headers cannot be read."));
    return taken;
  }
  if (parser->is_done()) state = State::complete;
  return taken;
}

std::size_t RequestReader::Parts::put_body(std::string_view bytes) {
  // The parser wants a line between chunks in one piece, and sees no more than the longest we allow.
  const std::size_t taken = parse(bytes.substr(0, header_bytes));
  if (state == State::body && taken == 0 && bytes.size() >= header_bytes) {
    refuse(refused(400, "A line between the chunks of the body is too long."));
  }
  return taken;
}

bool RequestReader::Parts::read_head() {
  const auto& message = parser->get();
  http_1_0 = message.version() == 10;
  lives_on = parser->keep_alive();
  request.method = std::string(view(message.method_string()));
  request.target = std::string(view(message.target()));
  std::size_t count = 0;
  std::string twice;
  for (const auto& field : message) {
    std::string name = lower(view(field.name_string()));
    if (++count > kHeadersMax) {
      refuse(refused(431, "There are too many headers."));
      return false;
    }
    const auto [at, is_new] = request.headers.try_emplace(std::move(name), view(field.value()));
    if (is_new) continue;
    if (is_single(at->first)) twice = at->first;
    at->second += at->first == "cookie" ? "; " : ", ";
    at->second += view(field.value());
  }
  if (!twice.empty()) {
    refuse(refused(400, "The header \"" + twice + "\" is there twice."));
    return false;
  }
  if (auto fault = fault_of_head()) {
    refuse(std::move(*fault));
    return false;
  }
  state = State::body;
  parser->eager(true);
  continues = lower(request.header("expect")) == "100-continue" && !http_1_0;
  return true;
}

std::optional<Response> RequestReader::Parts::fault_of_head() const {
  const auto has = [this](const char* name) { return request.headers.count(name) > 0; };
  if (!is_method_of_ours(request.method)) {
    return refused(405, "This server does not know the method.")
        .header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  }
  if (!http_1_0 && !has("host")) return refused(400, "The header \"Host\" is missing.");
  if (!is_host(request.header("host"))) return refused(400, "The header \"Host\" is no host.");
  const bool chunked = has("transfer-encoding");
  if (chunked && (http_1_0 || lower(request.header("transfer-encoding")) != "chunked" || has("content-length"))) {
    return refused(400, "The length of the body is not clear.");
  }
  if (has("expect") && lower(request.header("expect")) != "100-continue")
    return refused(417, "Only 100-continue can be expected.");
  const bool brings_a_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (brings_a_body && has("content-type") && !chunked && !has("content-length")) {
    return refused(411, "The header \"Content-Length\" is missing.");
  }
  return std::nullopt;
}

Response RequestReader::Parts::refusal_of(const boost::beast::error_code& error, std::string_view bytes) const {
  using E = beast::error;
  if (error == E::body_limit) {
    return refused(413, "The body is larger than " + std::to_string(body_bytes) + " bytes.");
  }
  if (error == E::header_limit) return refused(431, "The headers are too long.");
  if (error == E::bad_version && names_a_version(bytes.substr(0, bytes.find('\r'))))
    return refused(505, "This server speaks HTTP/1.1.");
  if (error == E::bad_target) return refused(400, "The address holds a byte that no address has.");
  if (error == E::bad_content_length || error == E::bad_transfer_encoding)
    return refused(400, "The length of the body is not clear.");
  if (error == E::bad_chunk || error == E::bad_chunk_extension)
    return refused(400, "The chunks of the body cannot be read.");
  return refused(400, "The request cannot be read.");
}

RequestReader::RequestReader(const Limits& limits) : parts_(std::make_unique<Parts>(limits)) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

std::size_t RequestReader::put(std::string_view bytes) {
  std::size_t taken = 0;
  // The parser takes a line at a time between chunks; go on while it takes any.
  while (taken < bytes.size() && (state() == State::head || state() == State::body)) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t step = state() == State::head ? parts_->put_head(rest) : parts_->put_body(rest);
    taken += step;
    if (step == 0) break;
  }
  return taken;
}

RequestReader::State RequestReader::state() const { return parts_->state; }
bool RequestReader::is_empty() const { return parts_->state == State::head && parts_->scanned == 0; }
bool RequestReader::wants_continue() const {
  return parts_->state == State::body && parts_->continues && body_size() == 0;
}
std::size_t RequestReader::body_size() const { return parts_->parser->get().body().size(); }
bool RequestReader::is_http_1_0() const { return parts_->http_1_0; }
bool RequestReader::keeps_alive() const { return parts_->lives_on && parts_->state != State::refused; }
const Response& RequestReader::refusal() const { return parts_->refusal; }

Request RequestReader::take() {
  Request out = std::move(parts_->request);
  out.body = std::move(parts_->parser->get().body());
  parts_->restart();
  return out;
}

}  // namespace centavo::http
