#pragma once
/// \file lake/pack/shop_pack.h
/// The pack tests/data/packs/shop in memory, whole or with one thing changed. For tests.

#include <fstream>
#include <sstream>

#include "lake/pack/library.h"

namespace centavo::pack {

inline const PackFiles& shop_files() {
  static const PackFiles kFiles = [] {
    PackFiles out;
    for (const char* path : {"pack.yaml", "sources/shop_files.yaml", "interfaces/sales.yaml", "bronze/shop_orders.yaml",
                             "silver/shop_orders.yaml", "silver/shop_orders.sql", "gold/shop_monthly.yaml",
                             "gold/shop_monthly.sql", "tests/shop_orders.yaml"}) {
      std::ifstream stream(std::string("tests/data/packs/shop/") + path, std::ios::binary);
      std::stringstream text;
      text << stream.rdbuf();
      out[path] = text.str();
    }
    return out;
  }();
  return kFiles;
}

/// The pack with the first `from` in `file` made `to`; an empty `from` appends. The text must be there.
inline PackFiles shop_with(const std::string& file, std::string_view from, std::string_view to) {
  PackFiles out = shop_files();
  std::string& text = out[file];
  const std::size_t at = from.empty() ? text.size() : text.find(from);
  if (at == std::string::npos) {
    text = fmt::format("the test is off: no {} in {}", from, file);
  } else {
    text.replace(at, from.size(), to);
  }
  return out;
}

/// All mistakes, one a line.
inline std::string mistakes_of(const PackFiles& files) {
  std::string out;
  for (const Mistake& mistake : Library::lint_files({{"shop", files}}))
    out += (out.empty() ? "" : "\n") + mistake.text();
  return out;
}

}  // namespace centavo::pack
