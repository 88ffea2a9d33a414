#include "app/serve/router.h"

#include <algorithm>

namespace centavo::serve {
namespace {

std::vector<std::string> words_of(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    out.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// "statements/{number}.csv" has a part with an ending.
bool fits(const std::string& word, const std::string& given, std::map<std::string, std::string>& parts) {
  if (word.empty() || word.front() != '{') return word == given;
  const std::size_t close = word.find('}');
  const std::string_view ending = std::string_view(word).substr(close + 1);
  if (given.size() <= ending.size() || !std::string_view(given).ends_with(ending)) return false;
  parts[word.substr(1, close - 1)] = given.substr(0, given.size() - ending.size());
  return true;
}

bool is_plain(const std::string& word) { return word.empty() || word.front() != '{' || word.back() != '}'; }

OrderedJson path_parameters(const std::vector<std::string>& words) {
  OrderedJson out = OrderedJson::array();
  for (const auto& word : words) {
    if (word.empty() || word.front() != '{') continue;
    out.push_back({{"name", word.substr(1, word.find('}') - 1)},
                   {"in", "path"},
                   {"required", true},
                   {"schema", {{"type", "string"}}}});
  }
  return out;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  // What is spelled out goes before what has parts.
  std::stable_sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
    const auto count = [](const Route& route) {
      const auto words = words_of(route.pattern);
      return std::count_if(words.begin(), words.end(), is_plain);
    };
    return count(a) > count(b);
  });
  for (const Route& route : routes_) patterns_.push_back({words_of(route.pattern)});
}

Router::Match Router::match(const std::string& method, std::span<const std::string> words) const {
  Match out;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto& pattern = patterns_[i].words;
    if (pattern.size() != words.size()) continue;
    std::map<std::string, std::string> parts;
    bool all = true;
    for (std::size_t w = 0; w < words.size() && all; ++w) all = fits(pattern[w], words[w], parts);
    if (!all) continue;
    const Route& route = routes_[i];
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      out.route = &route;
      out.parts = std::move(parts);
      return out;
    }
    out.methods.push_back(route.method);
  }
  return out;
}

OrderedJson Router::document(const std::string& server) const {
  OrderedJson paths = OrderedJson::object();
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const Route& route = routes_[i];
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    OrderedJson parameters = path_parameters(patterns_[i].words);
    if (route.questions) parameters.push_back({{"$ref", "#/components/parameters/question"}});
    for (const auto& parameter : route.parameters) {
      parameters.push_back({{"name", parameter.name},
                            {"in", "query"},
                            {"description", parameter.about},
                            {"schema", {{"type", "string"}}}});
    }
    OrderedJson operation = {{"summary", route.summary}};
    if (!parameters.empty()) operation["parameters"] = parameters;
    if (route.method != "GET" && route.method != "DELETE") {
      operation["requestBody"] = {{"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}};
    }
    if (route.needs == Needs::nobody) operation["security"] = OrderedJson::array();
    operation["x-needs"] = route.needs == Needs::tenant   ? OrderedJson(access::name_of(route.right))
                           : route.needs == Needs::manage ? OrderedJson("manage")
                                                          : OrderedJson();
    operation["responses"] = {{"200", {{"description", "done"}}},
                              {"default", {{"$ref", "#/components/responses/problem"}}}};
    paths[route.pattern][method] = std::move(operation);
  }
  const OrderedJson problem = {{"type", "object"},
                               {"required", {"title", "status"}},
                               {"properties",
                                {{"type", {{"type", "string"}}},
                                 {"title", {{"type", "string"}}},
                                 {"status", {{"type", "integer"}}},
                                 {"detail", {{"type", "string"}}},
                                 {"hint", {{"type", "string"}}},
                                 {"request_id", {{"type", "string"}}}}}};
  const OrderedJson question = {
      {"name", "question"},
      {"in", "query"},
      {"style", "form"},
      {"explode", true},
      {"description",
       "A question about a bill: p (period), c (compare), m (measure), cur, by, g, sort, rel, crel, f.NAME (keep), "
       "x.NAME (leave out). docs/formats/api.md"},
      {"schema", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}}};
  return {
      {"openapi", "3.1.0"},
      {"info", {{"title", "centavo"}, {"version", CENTAVO_VERSION}}},
      {"servers", OrderedJson::array({{{"url", server + "/api/v1"}}})},
      {"security", OrderedJson::array({{{"token", OrderedJson::array()}}, {{"session", OrderedJson::array()}}})},
      {"paths", paths},
      {"components",
       {{"schemas", {{"Problem", problem}}},
        {"parameters", {{"question", question}}},
        {"responses",
         {{"problem",
           {{"description", "RFC 9457"},
            {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}}}}},
        {"securitySchemes",
         {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
          {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "centavo"}}}}}}}};
}

}  // namespace centavo::serve
