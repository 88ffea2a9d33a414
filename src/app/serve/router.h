#pragma once
/// \file app/serve/router.h
/// From a method and a path to a route, and the routes as an OpenAPI document.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/serve/call.h"

namespace centavo::serve {

class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;                  ///< null: no route of that path
    std::map<std::string, std::string> parts;
    std::vector<std::string> methods;              ///< of the path, when the method is not one of them
  };
  /// `words`: the segments of the path below /api/v1.
  Match match(const std::string& method, std::span<const std::string> words) const;
  const std::vector<Route>& routes() const { return routes_; }

  /// OpenAPI 3.1.
  OrderedJson document(const std::string& server) const;

 private:
  struct Pattern {
    std::vector<std::string> words;                ///< "{name}" is a part
  };
  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;
};

}  // namespace centavo::serve
