#include "app/serve/call.h"

#include <algorithm>
#include <charconv>

#include <spdlog/spdlog.h>

#include "app/serve/service.h"

namespace centavo::serve {

std::string Call::parameter(const char* name, std::string_view otherwise) const {
  return request.parameter(name).value_or(std::string(otherwise));
}

Result<std::int64_t> Call::number(const char* name, std::int64_t otherwise, std::int64_t least,
                                  std::int64_t most) const {
  const auto text = request.parameter(name);
  if (!text || text->empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (code != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    return fail(ErrorKind::invalid_argument, "{}: a whole number from {} to {} is asked for", name, least, most);
  }
  return value;
}

std::string Call::question_key() const {
  auto words = request.query;
  std::sort(words.begin(), words.end());
  return Json(words).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> Call::body() const {
  if (request.body.empty()) return Json::object();
  const std::string type = request.header("content-type");
  if (!type.starts_with("application/json"))
    return fail(ErrorKind::invalid_argument, "the body's Content-Type must be application/json");
  auto json = parse_json(request.body);
  if (!json) return fail(ErrorKind::invalid_argument, "the body is {}", json.error().message);
  if (!json->is_object()) return fail(ErrorKind::invalid_argument, "the body must be a JSON object");
  return std::move(*json);
}

Result<std::string> Call::text(const Json& body, const char* name, std::size_t most, bool required) {
  const Json& value = member(body, name);
  if (value.is_null()) {
    if (!required) return std::string();
    return fail(ErrorKind::invalid_argument, "the body has no {}", name);
  }
  if (!value.is_string()) return fail(ErrorKind::invalid_argument, "{} must be a text", name);
  const std::string out = value.get<std::string>();
  if (out.size() > most) return fail(ErrorKind::invalid_argument, "{} has more than {} bytes", name, most);
  if (required && out.empty()) return fail(ErrorKind::invalid_argument, "{} is empty", name);
  for (const char c : out) {
    const bool blank = c == '\n' || c == '\t' || c == '\r';
    if ((static_cast<unsigned char>(c) < 0x20 && !blank) || c == 0x7f)
      return fail(ErrorKind::invalid_argument, "{} holds control characters", name);
  }
  return out;
}

bool Call::may(access::Right right) const { return access::may(who, right, part("tenant")); }

access::Sight Call::sight() const { return access::sight_of(who, part("tenant")); }

Result<OpenTenant> Call::open() const { return service.open_tenant(part("tenant")); }

Result<OpenRelease> Call::open(OpenTenant& open, std::int64_t release) const {
  OpenRelease out = TRY(service.readers().open_release(open, release, sight(), &cancel));
  out.reader.connection().watch(&cancel);
  return out;
}

Result<http::Response> Call::answer(OpenTenant& open, std::int64_t release, const std::string& more,
                                    const std::function<Result<OrderedJson>(OpenRelease&)>& make) {
  const std::string key = fmt::format("{}\n{}\n{}", question_key(), open.tenant.currency, more);
  service.warming().asked(*this, release);
  return service.answer(*this, release, key, [&]() -> Result<OrderedJson> {
    OpenRelease seen = TRY(this->open(open, release));
    return make(seen);
  });
}

Result<OrderedJson> grid_of(duck::Rows& rows, std::int64_t rows_most) {
  constexpr std::size_t kBytesMost = 32u << 20;
  OrderedJson columns = OrderedJson::array(), values = OrderedJson::array();
  for (const auto& column : rows.columns()) columns.push_back({{"name", column.name}, {"type", column.type}});
  std::size_t bytes = 0;
  bool truncated = false;
  while (TRY(rows.next())) {
    truncated = static_cast<std::int64_t>(values.size()) == rows_most;
    if (truncated) break;
    OrderedJson row = OrderedJson::array();
    for (std::size_t i = 0; i < rows.columns().size(); ++i) {
      Json value = rows.json(i);
      bytes += value.is_string() ? value.get_ref<const std::string&>().size() : 24;
      row.emplace_back(std::move(value));
    }
    values.push_back(std::move(row));
    if (bytes > kBytesMost)
      return fail_hint("name fewer columns", ErrorKind::over_limit, "the answer has more than 32 MiB");
  }
  return OrderedJson{{"columns", columns}, {"rows", values}, {"truncated", truncated}};
}

std::string json_text(const OrderedJson& document) {
  return document.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

http::Response json_response(const OrderedJson& document, int status) {
  http::Response out;
  out.status = status;
  out.header("Content-Type", "application/json").header("Cache-Control", "no-store");
  out.body = json_text(document);
  return out;
}

http::Response problem_of(const Error& error, const http::Request& request) {
  http::Response out = http::problem_of(error);
  if (out.status >= 500) spdlog::error("{} {} {}: {}", request.id, request.method, request.path, error.message);
  if (error.kind == ErrorKind::busy || error.kind == ErrorKind::cancelled) out.header("Retry-After", "5");
  return out;
}

}  // namespace centavo::serve
