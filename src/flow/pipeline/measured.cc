#include "flow/pipeline/measured.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "flow/engine/desk.h"

namespace centavo {
namespace {

bool is_number(const std::string& type) {
  return type.starts_with("DECIMAL") || type == "BIGINT" || type == "INTEGER" || type == "SMALLINT" ||
         type == "TINYINT" || type == "HUGEINT";
}

// What a row is about when nobody says: its grain, unless that names the file it came from; else all but numbers.
std::vector<std::string> identity_of(const Measured& measured, const std::vector<std::string>& grain) {
  const bool by_file = grain.empty() || std::any_of(grain.begin(), grain.end(), is_delivery_column);
  if (!by_file) return grain;
  std::vector<std::string> out;
  for (const auto& column : measured.columns) {
    const bool nested = column.type.starts_with("MAP(") || column.type.starts_with("STRUCT(") ||
                        column.type.ends_with("[]") || column.type == "DOUBLE" || column.type == "FLOAT";
    if (!is_delivery_column(column.name) && !is_number(column.type) && !nested) out.push_back(column.name);
  }
  return out;
}

template <class Proofs>
std::string currency_of(const Measured& measured, const Proofs& proofs) {
  for (const auto& proof : proofs) {
    if (same_name(proof.amount, measured.measure) && !proof.currency.empty()) return proof.currency;
  }
  return measured.find("BillingCurrency") != nullptr ? "BillingCurrency" : "''";
}

Measured of_interface(const pack::Library& library, const pack::Interface& interface, std::string_view measure) {
  Measured out;
  out.table = interface.view();
  out.interface = &interface;
  out.models = library.implementers(interface.name);
  out.columns = interface.columns;
  if (const auto* column = out.find(measure)) out.measure = column->name;
  out.currency = currency_of(out, interface.proofs);
  out.identity = interface.identity.empty() ? identity_of(out, {}) : interface.identity;
  return out;
}

Measured of_table(const pack::Library& library, const pack::Model& model, std::string_view measure) {
  Measured out;
  out.table = model.contract.table;
  out.models = {&model};
  out.columns = all_columns(model.contract);
  if (const auto* column = out.find(measure)) out.measure = column->name;
  out.currency = currency_of(out, model.contract.proofs);
  out.identity = model.contract.identity;
  const auto* interface = library.interface(model.contract.implements);
  if (out.identity.empty() && interface != nullptr) {
    for (const auto& name : interface->identity) {
      if (out.find(name) != nullptr) out.identity.push_back(name);
    }
  }
  if (out.identity.empty()) out.identity = identity_of(out, model.contract.grain);
  return out;
}

bool is_shown(const Release& release, const Measured& measured) {
  return std::any_of(measured.models.begin(), measured.models.end(),
                     [&](const auto* model) { return release.versions.contains(model->contract.table.text()); });
}

Result<Measured> shown_table(const pack::Library& library, const Release& release, const pack::TableName& table,
                             std::string_view measure) {
  Measured out;
  if (const auto* interface = library.interface_of_view(table)) {
    out = of_interface(library, *interface, measure);
  } else if (const auto* model = library.model(table)) {
    out = of_table(library, *model, measure);
  }
  if (!out.models.empty() && is_shown(release, out)) return out;
  return fail_hint("`centavo lineage` lists the tables", ErrorKind::not_found, "release {} has no table {}",
                   release.number, table.text());
}

Result<Measured> checked(Measured measured, std::string_view text) {
  const auto* column = measured.find(measured.measure);
  if (column == nullptr) {
    std::string known;
    for (const auto& each : measured.columns) {
      if (is_number(each.type)) known += (known.empty() ? "" : ", ") + each.name;
    }
    return fail_hint(known.empty() ? "" : fmt::format("its numbers: {}", known), ErrorKind::not_found,
                     "{} has no column {}", measured.table.text(), text.substr(text.rfind('.') + 1));
  }
  if (!is_number(column->type)) {
    return fail_hint("name a column of decimals or whole numbers", ErrorKind::invalid_argument,
                     "{} of {} is {}: a measure is an exact number", column->name, measured.table.text(), column->type);
  }
  return measured;
}

}  // namespace

const pack::ColumnSpec* Measured::find(std::string_view column) const {
  const auto it =
      std::find_if(columns.begin(), columns.end(), [&](const auto& each) { return same_name(each.name, column); });
  return it == columns.end() ? nullptr : &*it;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

bool is_delivery_column(std::string_view name) {
  static const std::set<std::string, std::less<>> names = {
      "x_SourceFile",      "x_SourceRow",         "x_RawIngestionId", "source_file_name",
      "source_row_number", "ingestion_timestamp", "raw_ingestion_id"};
  return names.contains(name);
}

Result<Measured> table_of(const pack::Library& library, const Release& release, const pack::TableName& table) {
  return shown_table(library, release, table, {});
}

Result<Measured> find_measured(const pack::Library& library, const Release& release, std::string_view text) {
  const auto dot = text.rfind('.');
  const std::string_view column = dot == std::string_view::npos ? text : text.substr(dot + 1);
  if (dot != std::string_view::npos) {
    const auto table = TRY(pack::parse_table_name(text.substr(0, dot)));
    return checked(TRY(shown_table(library, release, table, column)), text);
  }
  std::vector<Measured> found;
  for (const auto& [name, pack] : library.packs()) {
    for (const auto& interface : pack.interfaces) found.push_back(of_interface(library, interface, column));
  }
  for (const auto layer : {pack::Layer::silver, pack::Layer::gold}) {
    for (const auto& [name, pack] : library.packs()) {
      for (const auto& model : pack.models) {
        if (model.contract.table.layer == layer) found.push_back(of_table(library, model, column));
      }
    }
  }
  for (auto& measured : found) {
    if (!measured.measure.empty() && is_shown(release, measured)) return checked(std::move(measured), text);
  }
  return fail_hint("name a money column, such as BilledCost, or a table's: gold.cost_by_month.BilledCost",
                   ErrorKind::not_found, "no table of release {} has a column {}", release.number, text);
}

}  // namespace centavo
