#include "flow/pipeline/masking.h"

#include <algorithm>
#include <cctype>

#include "flow/pipeline/measured.h"
#include "io/duck/duck.h"
#include "io/duck/keyed_hash.h"

namespace centavo {
namespace {

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

Status vet_dimensions(const pack::Library& library, const access::Sight& sight, std::string_view list) {
  if (sight.sees_all()) return {};
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view column = list.substr(0, std::min(end, list.find('.')));
    list.remove_prefix(std::min(end + 1, list.size()));
    bool seen = false;
    for (const auto& [name, pack] : library.packs()) {
      for (const auto& model : pack.models) {
        const auto columns = all_columns(model.contract);
        const auto* found = named(columns, column);
        if (found == nullptr) continue;
        if (masks_of(model.contract, columns, sight).contains(found->name))
          return fail(ErrorKind::permission_denied, "{} is masked in {}", column, model.contract.table.text());
        seen = seen || sight.sees_layer(pack::name_of(model.contract.table.layer));
      }
    }
    if (!seen) return fail(ErrorKind::permission_denied, "{} is in no table in sight", column);
  }
  return {};
}

Result<std::string> reading_key(Lake& lake, std::string_view tenant) {
  const std::string key = TRY(lake.mask_key(tenant));
  const auto hex = duck::KeyedHash().hex(key, "centavo reading key");
  if (!hex) return fail(ErrorKind::internal, "derive the reading key of tenant {}", tenant);
  return std::string(hex->data(), hex->size());
}

}  // namespace centavo
