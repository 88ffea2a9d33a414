#include <algorithm>

#include "app/document/export.h"
#include "app/document/text.h"
#include "base/decimal.h"

namespace centavo::document {
namespace {

constexpr const char* kAmount = "DECIMAL(38,21)";
constexpr const char* kRatio = "DECIMAL(38,6)";
constexpr const char* kText = "VARCHAR";

using Values = std::vector<std::optional<std::string>>;

std::optional<std::string> text_of_json(const OrderedJson& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

bool is_a_decimal(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.-") == std::string::npos && parse_decimal(text) &&
         text.find('.') != std::string::npos;
}

}  // namespace

Table table_of(const explore::Cost& cost) {
  Table out;
  const auto named = [&](std::size_t i) {
    return std::any_of(cost.rows.begin(), cost.rows.end(), [&](const auto& row) { return row.names[i].has_value(); });
  };
  std::vector<bool> has_name;
  for (std::size_t i = 0; i < cost.by.size(); ++i) {
    out.columns.push_back({cost.by[i], kText});
    has_name.push_back(named(i));
    if (has_name[i]) out.columns.push_back({cost.by[i] + " name", kText});
  }
  out.columns.push_back({"currency", kText});
  out.columns.push_back({cost.measure, kAmount});
  if (cost.compare) {
    out.columns.push_back({"before", kAmount});
    out.columns.push_back({"change", kAmount});
    out.columns.push_back({"change_ratio", kRatio});
  }
  out.columns.push_back({"share", kRatio});
  for (const auto& row : cost.rows) {
    Values values;
    for (std::size_t i = 0; i < cost.by.size(); ++i) {
      values.push_back(row.key[i]);
      if (has_name[i]) values.push_back(row.names[i]);
    }
    values.push_back(cost.currency);
    values.push_back(row.value);
    if (cost.compare) values.insert(values.end(), {row.before, row.change, row.change_ratio});
    values.push_back(row.share);
    out.rows.push_back(std::move(values));
  }
  return out;
}

Table table_of(const explore::Pivot& pivot) {
  Table out;
  out.columns.push_back({"level", "BIGINT"});
  for (const auto& dimension : pivot.rows) out.columns.push_back({dimension, kText});
  const auto add = [&](const std::string& key) {
    for (const auto& value : pivot.values) {
      const bool is_count = value.measure == "charge_count" || value.aggregate == "count";
      const std::string what = fmt::format("{} {}", value.measure, value.aggregate);
      out.columns.push_back(
          {pivot.values.size() == 1 ? key : fmt::format("{} {}", key, what), is_count ? "BIGINT" : kAmount});
    }
  };
  for (const auto& key : pivot.column_keys) add(key.front().value_or(std::string(explore::kNone)));
  add("total");
  const auto add_row = [&](const Values& key, const std::vector<std::optional<explore::Cell>>& cells,
                           const std::optional<explore::Cell>& total) {
    Values values = {std::to_string(key.size())};
    for (std::size_t i = 0; i < pivot.rows.size(); ++i)
      values.push_back(i < key.size() ? key[i].value_or(std::string(explore::kNone)) : "(total)");
    const auto add_cell = [&](const std::optional<explore::Cell>& cell) {
      for (std::size_t i = 0; i < pivot.values.size(); ++i)
        values.push_back(cell ? (*cell)[i] : std::optional<std::string>());
    };
    for (const auto& cell : cells) add_cell(cell);
    add_cell(total);
    out.rows.push_back(std::move(values));
  };
  for (const auto& node : pivot.tree) add_row(node.key, node.cells, node.total);
  add_row({}, pivot.grand, pivot.grand_total);
  return out;
}

Table table_of(const explore::Commitments& commitments) {
  Table out;
  for (const char* name : {"CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountType", "currency"})
    out.columns.push_back({name, kText});
  for (const char* name : {"committed", "used", "unused"}) out.columns.push_back({name, kAmount});
  for (const char* name : {"utilisation", "coverage"}) out.columns.push_back({name, kRatio});
  for (const auto& each : commitments.rows)
    out.rows.push_back({each.id, each.name, each.type, each.currency, each.committed, each.used, each.unused,
                        each.utilisation, each.coverage});
  return out;
}

Table table_of(const OrderedJson& objects) {
  Table out;
  std::vector<std::string> keys;
  for (const auto& object : objects) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  for (const auto& key : keys) {
    // A column of numbers, of exact amounts written as text, or of text.
    bool whole = true, exact = true, any = false;
    for (const auto& object : objects) {
      const auto it = object.find(key);
      if (it == object.end() || it->is_null()) continue;
      any = true;
      whole = whole && it->is_number_integer();
      exact = exact && it->is_string() && parse_decimal(it->get<std::string>());
    }
    const bool has_point =
        exact && std::any_of(objects.begin(), objects.end(), [&](const auto& object) {
          const auto it = object.find(key);
          return it != object.end() && it->is_string() && is_a_decimal(it->template get<std::string>());
        });
    out.columns.push_back({key, any && whole ? "BIGINT" : any && has_point ? kAmount : kText});
  }
  for (const auto& object : objects) {
    Values values;
    for (const auto& key : keys) {
      const auto it = object.find(key);
      values.push_back(it == object.end() ? std::nullopt : text_of_json(*it));
    }
    out.rows.push_back(std::move(values));
  }
  return out;
}

}  // namespace centavo::document
