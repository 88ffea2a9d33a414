#include "app/document/statements.h"

#include "app/document/html_page.h"
#include "app/document/text.h"

namespace centavo::document {

OrderedJson statement_object(const Statement& statement, const std::string& state) {
  OrderedJson out = {{"number", statement.number == 0 ? OrderedJson() : OrderedJson(statement.number)},
                     {"kind", statement.kind},
                     {"state", state},
                     {"period", statement.period},
                     {"cost_centre", statement.cost_centre},
                     {"about", statement.about == 0 ? OrderedJson() : OrderedJson(statement.about)},
                     {"release", statement.release},
                     {"issued_at", iso_time(statement.issued_ms)},
                     {"issued_by", statement.user},
                     {"reason", statement.reason},
                     {"hash", statement.hash},
                     {"seal", statement.seal}};
  out["totals"] = OrderedJson::parse(member(statement.content, "totals").dump());
  out["lines"] = OrderedJson::parse(member(statement.content, "lines").dump());
  return out;
}

std::string statements_page(const std::vector<OrderedJson>& documents, const std::string& tenant) {
  HtmlPage page(fmt::format("Statements of {}", tenant));
  for (const auto& document : documents) {
    const std::string number = document["number"].is_null() ? "preview" : document["number"].dump();
    const bool note = document["kind"] == "note";
    page.add(fmt::format("<h1>{} {}: {}, {}</h1>\n<p>{}{}</p>\n", note ? "Note" : "Statement", escaped(number),
                         escaped(document["cost_centre"].get<std::string>()),
                         escaped(document["period"].get<std::string>()), escaped(document["state"].get<std::string>()),
                         note ? fmt::format("; corrects statement {}", document["about"].dump()) : ""));
    page.open_table(
        {{"Currency"}, {"Direct", true}, {"Shared", true}, {"Total billed", true}, {"Total effective", true}});
    for (const auto& total : document["totals"]) {
      page.row({total["currency"].get<std::string>(), total["direct_billed"].get<std::string>(),
                total["shared_billed"].get<std::string>(), total["billed"].get<std::string>(),
                total["effective"].get<std::string>()});
    }
    page.close_table();
    page.heading("Lines");
    page.open_table(
        {{"What"}, {"Provider"}, {"Service"}, {"Category"}, {"Currency"}, {"Billed", true}, {"Effective", true}});
    for (const auto& line : document["lines"]) {
      const auto text = [&](const char* key) { return line[key].get<std::string>(); };
      page.row({text("entry") == "direct" ? "direct" : "rule " + text("rule"), text("provider"), text("service"),
                text("category"), text("currency"), text("billed"), text("effective")});
    }
    page.close_table();
    page.add(fmt::format("<footer>Release {}, hash <code>{}</code>{}</footer>\n", document["release"].dump(),
                         document["hash"].get<std::string>(),
                         document["seal"].get<std::string>().empty()
                             ? ""
                             : fmt::format(", seal <code>{}</code>", document["seal"].get<std::string>())));
  }
  return page.take();
}

std::string statements_csv(const std::vector<OrderedJson>& documents) {
  const auto field = [](const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
  };
  std::string out =
      "number,kind,state,about,period,cost_centre,release,currency,entry,rule,provider,service,category,billed,"
      "effective\r\n";
  for (const auto& document : documents) {
    for (const auto& line : document["lines"]) {
      std::string row;
      for (const char* key : {"number", "kind", "state", "about", "period", "cost_centre", "release"})
        row += field(plain_text(document[key])) + ",";
      for (const char* key : {"currency", "entry", "rule", "provider", "service", "category", "billed", "effective"})
        row += field(line[key].get<std::string>()) + (std::string_view(key) == "effective" ? "\r\n" : ",");
      out += row;
    }
  }
  return out;
}

}  // namespace centavo::document
