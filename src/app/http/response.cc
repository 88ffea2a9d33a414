#include <algorithm>
#include <cctype>

#include "app/http/header_text.h"
#include "app/http/http.h"
#include "app/http/wire.h"
#include "base/json.h"

namespace centavo::http {

namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src "
    "'self'; "
    "manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
constexpr std::string_view kAnswerPolicy = "default-src 'none'; frame-ancestors 'none'";
constexpr std::string_view kPermissions =
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

void add_if_absent(Response& response, std::string_view name, std::string_view value) {
  if (header_of(response, name).empty()) response.header(std::string(name), std::string(value));
}

void add_basics(Response& response, bool secure) {
  add_if_absent(response, "X-Content-Type-Options", "nosniff");
  add_if_absent(response, "Referrer-Policy", "same-origin");
  add_if_absent(response, "Cross-Origin-Resource-Policy", "same-origin");
  // What a signed-in person sees is no cache's business, unless whoever answers says so.
  if (header_of(response, "ETag").empty()) add_if_absent(response, "Cache-Control", "no-store");
  if (secure) add_if_absent(response, "Strict-Transport-Security", "max-age=31536000");
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported: return 400;
    case ErrorKind::permission_denied: return 403;
    case ErrorKind::not_found: return 404;
    case ErrorKind::already_exists:
    case ErrorKind::conflict: return 409;
    case ErrorKind::check_failed:
    case ErrorKind::over_limit: return 422;
    case ErrorKind::busy:
    case ErrorKind::stale:
    case ErrorKind::cancelled: return 503;
    case ErrorKind::out_of_space: return 507;
    case ErrorKind::corrupt_data:
    case ErrorKind::io:
    case ErrorKind::outcome_unknown:
    case ErrorKind::internal: return 500;
  }
  return 500;
}

}  // namespace

std::string_view header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string_view body_of(const Response& response) {
  if (response.shared_body) return *response.shared_body;
  return response.static_body.empty() ? std::string_view(response.body) : response.static_body;
}

Response& Response::header(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

Response problem(int status, std::string_view title, std::string_view detail, std::string_view hint) {
  OrderedJson document = {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
  if (!hint.empty()) document["hint"] = hint;
  Response out;
  out.status = status;
  out.header("Content-Type", "application/problem+json").header("Cache-Control", "no-store");
  // Details may quote what a person sent; what is no UTF-8 in it is replaced.
  out.body = document.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return out;
}

Response problem_of(const Error& error) {
  const int status = status_of(error.kind);
  if (status == 500)
    return problem(500, reason_of(500), "This did not work, and it is not your request's fault.",
                   "Try again; if it stays so, give the request id to whoever runs this server.");
  Response out = problem(status, reason_of(status), error.message, error.hint);
  if (status == 503) out.header("Retry-After", "2");
  return out;
}

Response redirect(std::string_view location) {
  Response out;
  out.status = 308;
  out.header("Location", std::string(location)).header("Cache-Control", "no-store");
  return out;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return status < 400 ? "OK" : "Error";
  }
}

bool is_unchanged(const Request& request, std::string_view etag) {
  const auto weak = [](std::string_view tag) { return tag.substr(0, 2) == "W/" ? tag.substr(2) : tag; };
  const std::string held = request.header("if-none-match");
  std::string_view rest = held;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view one = trimmed(rest.substr(0, comma));
    if (one == "*" || (!one.empty() && weak(one) == weak(etag))) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

bool accepts_coding(const Request& request, std::string_view coding) {
  const std::string all = request.header("accept-encoding");
  std::string_view rest = all;
  std::optional<bool> any;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t semicolon = std::min(one.find(';'), one.size());
    const std::string_view name = trimmed(one.substr(0, semicolon));
    std::string_view weight = trimmed(one.substr(std::min(semicolon + 1, one.size())));
    const bool refused =
        weight.substr(0, 2) == "q=" && weight.substr(2).find_first_not_of("0.") == std::string_view::npos;
    if (equal_ignoring_case(name, coding)) return !refused;
    if (name == "*") any = !refused;
  }
  return any.value_or(false);
}

void secure_page(Response& response, bool secure) {
  add_if_absent(response, "Content-Security-Policy", kPagePolicy);
  add_if_absent(response, "Permissions-Policy", kPermissions);
  add_if_absent(response, "Cross-Origin-Opener-Policy", "same-origin");
  add_if_absent(response, "X-Frame-Options", "DENY");
  add_basics(response, secure);
}

void secure_answer(Response& response, bool secure) {
  add_if_absent(response, "Content-Security-Policy", kAnswerPolicy);
  add_basics(response, secure);
}

void name_request(Response& response, std::string_view request_id) {
  if (header_of(response, "Content-Type") != "application/problem+json" || response.shared_body) return;
  if (!header_of(response, "Content-Encoding").empty()) return;
  if (response.body.size() < 2 || response.body.back() != '}' ||
      response.body.find("\"request_id\"") != std::string::npos)
    return;
  response.body.pop_back();
  if (response.body.back() != '{') response.body += ',';
  response.body += "\"request_id\":\"";
  response.body += request_id;
  response.body += "\"}";
}

std::string head_text(const Response& response, const HeadOptions& options) {
  std::string out = options.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out.reserve(512);
  out += std::to_string(response.status);
  out += ' ';
  out += reason_of(response.status);
  out += "\r\nDate: ";
  out += options.date;
  for (const auto& [name, value] : response.headers) {
    // Framing is the server's: a handler's own word on it would let two readers disagree.
    if (equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Transfer-Encoding") ||
        equal_ignoring_case(name, "Connection")) {
      continue;
    }
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    if (name.empty() || name.find_first_of(": ") != std::string::npos ||
        !std::all_of(name.begin(), name.end(), is_plain))
      continue;
    out += "\r\n";
    out += name;
    out += ": ";
    std::copy_if(value.begin(), value.end(), std::back_inserter(out), is_plain);
  }
  out += "\r\nX-Request-Id: ";
  out += options.request_id;
  if (options.chunked) out += "\r\nTransfer-Encoding: chunked";
  if (options.length) {
    out += "\r\nContent-Length: ";
    out += std::to_string(*options.length);
  }
  if (options.close) {
    out += "\r\nConnection: close";
  } else if (options.http_1_0) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
  return out;
}

std::string event_text(std::string_view event, std::string_view data, std::uint64_t id) {
  std::string out;
  out.reserve(data.size() + event.size() + 48);
  const auto without_line_ends = [](std::string_view text) { return text.substr(0, text.find_first_of("\r\n")); };
  if (id > 0) out += "id: " + std::to_string(id) + '\n';
  if (!event.empty()) {
    out += "event: ";
    out += without_line_ends(event);
    out += '\n';
  }
  while (true) {
    const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == data.size()) break;
    const bool pair = data.substr(end, 2) == "\r\n";
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  out += '\n';
  return out;
}

}  // namespace centavo::http
