#include "app/cli/table_pages.h"

#include "app/document/lineage.h"

namespace centavo::cli {
namespace {

/// Text that fits into one cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|')
      out += "\\|";
    else if (c == '\n')
      out += ' ';
    else
      out += c;
  }
  return out;
}

std::string_view write_text(pack::WriteMode mode) {
  switch (mode) {
    case pack::WriteMode::replace_period: return "replaces a period";
    case pack::WriteMode::replace: return "replaces all rows";
    case pack::WriteMode::append: return "appends";
  }
  return "";
}

std::string_view severity_text(pack::Severity severity) {
  switch (severity) {
    case pack::Severity::error: return "error";
    case pack::Severity::quarantine: return "quarantine";
    case pack::Severity::warn: return "warn";
  }
  return "";
}

std::string columns_text(const std::vector<pack::ColumnSpec>& columns) {
  std::string text =
      "\n## Columns\n\n| column | type | required | unit | description |\n| --- | --- | --- | --- | --- |\n";
  for (const pack::ColumnSpec& column : columns) {
    std::string description = column.description;
    if (!column.accepted.empty())
      description += fmt::format("{}One of {}.", description.empty() ? "" : " ", fmt::join(column.accepted, ", "));
    if (!column.classification.empty())
      description += fmt::format("{}Classified {}.", description.empty() ? "" : " ", column.classification);
    text += fmt::format("| {} | {} | {} | {} | {} |\n", cell(column.name), cell(column.type),
                        column.required ? "yes" : "", cell(column.unit), cell(description));
  }
  return text;
}

std::string inputs_text(const document::Lineage& lineage, const std::string& table) {
  std::string made_from, read_by;
  for (const auto& [from, to] : lineage.edges) {
    if (to == table) made_from += fmt::format("{}`{}`", made_from.empty() ? "" : ", ", from);
    if (from == table) read_by += fmt::format("{}`{}`", read_by.empty() ? "" : ", ", to);
  }
  std::string text;
  if (!made_from.empty()) text += fmt::format("- Made from {}\n", made_from);
  if (!read_by.empty()) text += fmt::format("- Read by {}\n", read_by);
  return text;
}

std::string model_page(const pack::Model& model, const document::Lineage& lineage) {
  const pack::Contract& contract = model.contract;
  const std::string name = contract.table.text();
  std::string page =
      fmt::format("# {}\n\n{}\n\n- Pack `{}`, {}\n", name, contract.description, contract.pack, contract.place.text());
  page += fmt::format("- A run {}{}\n", write_text(contract.write),
                      contract.period_column.empty() ? "" : fmt::format(" of `{}`", contract.period_column));
  if (!contract.grain.empty()) page += fmt::format("- One row per {}\n", fmt::join(contract.grain, ", "));
  if (!contract.implements.empty()) page += fmt::format("- Implements `{}`\n", contract.implements);
  page += inputs_text(lineage, name) + columns_text(contract.columns);
  if (!contract.checks.empty()) {
    page += "\n## Checks\n\n| check | severity |\n| --- | --- |\n";
    for (const pack::CheckSpec& check : contract.checks)
      page += fmt::format("| {} | {} |\n", cell(check.name), severity_text(check.severity));
  }
  if (!model.sql.empty())
    page += fmt::format("\n## SQL\n\n```sql\n{}{}```\n", model.sql, model.sql.ends_with('\n') ? "" : "\n");
  return page;
}

}  // namespace

std::map<std::string, std::string> table_pages(const pack::Library& library) {
  const document::Lineage lineage = document::lineage_of(library);
  std::map<std::string, std::string> pages;
  std::string index = "# Tables\n";
  for (const auto& [name, pack] : library.packs()) {
    if (pack.models.empty() && pack.interfaces.empty()) continue;
    index += fmt::format("\n## {}\n\n{}\n\n| table | what a row is |\n| --- | --- |\n", name, pack.description);
    const auto add = [&](const std::string& table, const std::string& description, std::string page) {
      index += fmt::format("| [{0}]({0}.md) | {1} |\n", table, cell(description));
      pages[table + ".md"] = std::move(page);
    };
    for (const pack::Interface& interface : pack.interfaces) {
      const std::string table = interface.view().text();
      add(table, interface.description,
          fmt::format("# {}\n\n{}\n\n- Interface `{}`: the union of all tables that implement it\n{}{}", table,
                      interface.description, interface.name, inputs_text(lineage, table),
                      columns_text(interface.columns)));
    }
    for (const pack::Model& model : pack.models)
      add(model.contract.table.text(), model.contract.description, model_page(model, lineage));
  }
  pages["README.md"] = index + fmt::format("\n## Lineage\n\n```mermaid\n{}```\n", to_mermaid(lineage));
  return pages;
}

}  // namespace centavo::cli
