#include "flow/pipeline/masking.h"

#include <algorithm>
#include <cctype>

#include "io/duck/duck.h"
#include "io/duck/keyed_hash.h"

namespace centavo {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

const pack::ColumnSpec* named(const std::vector<pack::ColumnSpec>& columns, std::string_view name) {
  const auto it =
      std::find_if(columns.begin(), columns.end(), [&](const auto& each) { return same_name(each.name, name); });
  return it == columns.end() ? nullptr : &*it;
}

}  // namespace

Masks masks_of(const pack::Contract& contract, const std::vector<pack::ColumnSpec>& columns,
               const access::Sight& sight) {
  Masks out;
  if (!sight.masks) return out;
  const auto declared = all_columns(contract);
  const bool has_masks =
      std::any_of(declared.begin(), declared.end(), [](const auto& column) { return !column.mask.empty(); });
  const bool hides_others = has_masks || contract.table.layer != pack::Layer::bronze;
  const std::string table = contract.table.text();
  for (const auto& column : columns) {
    const auto* spec = named(declared, column.name);
    const std::string mask = spec != nullptr ? spec->mask : hides_others ? "hide" : "";
    if (!mask.empty() && !sight.sees_clear(table, column.name)) out.emplace(column.name, mask);
  }
  return out;
}

Masks masks_of(const pack::TableName& view, const std::vector<pack::ColumnSpec>& columns, const access::Sight& sight) {
  Masks out;
  for (const auto& column : columns) {
    if (!column.mask.empty() && !sight.sees_clear(view.text(), column.name)) out.emplace(column.name, column.mask);
  }
  return out;
}

Result<std::string> masked_select(const std::string& select, const std::vector<pack::ColumnSpec>& columns,
                                  const Masks& masks) {
  std::string list;
  for (const auto& [name, mask] : masks) {
    const auto* column = named(columns, name);
    if (column == nullptr) continue;
    const std::string masked = TRY_IN(name, access::mask_sql(mask, duck::name(name), column->type, kReadingHash));
    list += fmt::format("{}{} as {}", list.empty() ? "" : ", ", masked, duck::name(name));
  }
  if (list.empty()) return select;
  return fmt::format("select * replace ({}) from ({})", list, select);
}

std::string retyped_select(const std::string& select, const pack::Contract& contract, const Masks& masks) {
  std::string list;
  for (const auto& [name, mask] : masks) {
    const auto* column = contract.find(name);
    if (column == nullptr || access::masked_type(mask, column->type) == column->type) continue;
    list += fmt::format("{}cast(null as {}) as {}", list.empty() ? "" : ", ", column->type, duck::name(name));
  }
  if (list.empty()) return select;
  return fmt::format("select * replace ({}) from ({})", list, select);
}

Result<std::string> reading_key(Lake& lake, std::string_view tenant) {
  const std::string key = TRY(lake.mask_key(tenant));
  const auto hex = duck::KeyedHash().hex(key, "centavo reading key");
  if (!hex) return fail(ErrorKind::internal, "derive the reading key of tenant {}", tenant);
  return std::string(hex->data(), hex->size());
}

}  // namespace centavo
