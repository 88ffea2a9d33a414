/// \file app/cli/ask_command.cc
/// ask: the questions of the web application, written like its addresses

#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/row_format.h"
#include "app/document/answers.h"
#include "app/document/export.h"

namespace centavo::cli {
namespace {

struct AskArguments {
  std::string tenant, what, question, format, out;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(ErrorKind::invalid_argument, "ask: {}: % is not followed by two digits", text);
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// "p=2026-09&f.ServiceName=Amazon+S3", with or without a ? in front.
Result<explore::Parameters> parameters_in(std::string_view text) {
  explore::Parameters out;
  if (text.starts_with('?')) text.remove_prefix(1);
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      return fail_hint("write p=2026-09&by=ServiceName", ErrorKind::invalid_argument, "ask: {}: has no =", pair);
    out.emplace_back(TRY(decoded(pair.substr(0, equals))), TRY(decoded(pair.substr(equals + 1))));
  }
  return out;
}

std::string parameter(const explore::Parameters& parameters, std::string_view key) {
  for (const auto& [name, value] : parameters) {
    if (name == key) return value;
  }
  return {};
}

class SinkOfRows : public document::Sink {
 public:
  explicit SinkOfRows(RowSink& sink) : sink_(sink) {}
  Status write(std::string_view bytes) override { return sink_.write(bytes); }

 private:
  RowSink& sink_;
};

class Asked {
 public:
  Asked(Context& context, const AskArguments& given, Workshop& workshop, const Tenant& tenant)
      : context_(context), given_(given), workshop_(workshop), tenant_(tenant) {}

  Status run() {
    parameters_ = TRY(parameters_in(given_.question));
    format_ = TRY(format_of());
    question_ = given_.what == "pivot" ? TRY(explore::parse_pivot(parameters_)).question
                                       : TRY(explore::parse_question(parameters_, {"q", "dim", "cursor"}));
    Reader reader = TRY(Reader::open(workshop_, tenant_, question_.release, context_.sight(tenant_.id)));
    reader.connection().watch(context_.cancel());
    const auto holdings = TRY(explore::holdings_of(reader, tenant_));
    return answer(reader, holdings);
  }

 private:
  Result<std::string> format_of() const {
    if (!given_.format.empty()) return given_.format;
    if (context_.output().json()) return std::string("json");
    const auto dot = given_.out.rfind('.');
    return dot == std::string::npos ? std::string("table") : given_.out.substr(dot + 1);
  }

  Status answer(Reader& reader, const explore::Holdings& holdings) {
    const std::string& what = given_.what;
    if (what == "cost" || what == "allocated") {
      const auto cost =
          TRY(what == "cost" ? with_other_release(reader, holdings) : explore::allocated(reader, holdings, question_));
      about(cost.period, cost.currency, cost.release);
      return tell(document::to_json(cost), document::table_of(cost));
    }
    if (what == "pivot") {
      const auto asked = TRY(explore::parse_pivot(parameters_));
      const auto pivot = TRY(explore::pivot(reader, holdings, asked));
      about(pivot.period, pivot.currency, pivot.release);
      return tell(document::to_json(pivot), document::table_of(pivot));
    }
    if (what == "commitments") {
      const auto found = TRY(explore::commitments(reader, holdings, question_));
      about(found.period, found.currency, holdings.release);
      return tell(document::to_json(found), document::table_of(found));
    }
    if (what == "lines") return lines(reader, holdings);
    if (what == "values") {
      const auto values = TRY(
          explore::values_of(reader, holdings, parameter(parameters_, "dim"), parameter(parameters_, "q"), question_));
      const OrderedJson object = document::to_json(values);
      return tell(object, document::table_of(object["values"]));
    }
    const auto standing = TRY(explore::standing(workshop_, tenant_));
    if (what == "meta") {
      const OrderedJson object = document::meta_object(tenant_, &reader.release(), holdings, standing);
      return tell(object, document::table_of(object["dims"]));
    }
    if (what == "explain") {
      const std::string asked = TRY(explore::explain_question(holdings, question_));
      const auto found = TRY(explain(workshop_, tenant_, asked, question_.release, 20, context_.sight(tenant_.id), true,
                                     context_.cancel()));
      const OrderedJson object = document::explain_object(found, context_.sight(tenant_.id).sees_layer("raw"));
      return tell(object, document::table_of(object["files"]));
    }
    const auto found = TRY(explore::overview(reader, holdings, question_));
    about(found.period, found.currency, found.release);
    const OrderedJson object = document::to_json(found, standing, OrderedJson::array());
    return tell(object, document::table_of(object["movers"]));
  }

  Result<explore::Cost> with_other_release(Reader& reader, const explore::Holdings& holdings) {
    if (question_.compare_release == 0) return explore::cost(reader, holdings, question_);
    Reader other = TRY(Reader::open(workshop_, tenant_, question_.compare_release, context_.sight(tenant_.id)));
    const auto then = TRY(explore::holdings_of(other, tenant_));
    return explore::cost(reader, holdings, question_, {&other, &then});
  }

  Status lines(Reader& reader, const explore::Holdings& holdings) {
    about(TRY(explore::span_of(holdings, question_.period)), question_.currency, holdings.release);
    if (format_ == "json" || format_ == "table") {
      const auto grid = TRY(explore::lines(reader, holdings, question_, parameter(parameters_, "cursor")));
      document::Table table;
      for (const auto& column : grid.columns) table.columns.push_back({column.name, column.type});
      for (const auto& row : grid.rows) {
        std::vector<std::optional<std::string>> values;
        for (const auto& value : row)
          values.push_back(value.is_null()     ? std::optional<std::string>()
                           : value.is_string() ? value.get<std::string>()
                                               : value.dump());
        table.rows.push_back(std::move(values));
      }
      return tell(document::to_json(grid), table);
    }
    const std::string sql = TRY(explore::lines_sql(holdings, question_));
    auto rows = TRY(reader.query(sql));
    const auto table = document::rows_of(rows);
    return write(*table);
  }

  void about(const explore::Span& period, const std::string& currency, std::int64_t release) {
    about_ =
        document::about_of(tenant_, question_, period, currency, release, context_.user(), context_.clock().now_ms());
  }

  Status tell(const OrderedJson& object, const document::Table& table) {
    if (format_ == "json") {
      if (given_.out.empty()) {
        context_.output().json_document(object);
        return {};
      }
      RowSink sink = TRY(RowSink::open(context_.output(), given_.out));
      TRY(sink.write(object.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n"));
      return sink.close();
    }
    if (format_ == "table") {
      show(table);
      return {};
    }
    return write(*document::rows_of(table));
  }

  void show(const document::Table& table) {
    std::vector<OrderedJson> objects;
    for (const auto& row : table.rows) {
      OrderedJson object = OrderedJson::object();
      for (std::size_t i = 0; i < row.size(); ++i)
        object[table.columns[i].name] = row[i] ? OrderedJson(*row[i]) : OrderedJson();
      objects.push_back(std::move(object));
    }
    std::vector<ListColumn> columns;
    for (const auto& column : table.columns) {
      const bool number = column.type != "VARCHAR";
      columns.push_back(
          {.key = column.name, .align = number ? Align::point : Align::left, .width_max = number ? 0U : 60U});
    }
    context_.output().list(objects, columns, "nothing");
  }

  Status write(document::TableRows& rows) {
    document::ExportOptions options;
    options.format = TRY(document::parse_file_format(format_));
    options.about = about_;
    options.cancel = context_.cancel();
    RowSink file = TRY(RowSink::open(context_.output(), given_.out));
    SinkOfRows sink(file);
    TRY(document::write_file(rows, sink, options));
    return file.close();
  }

  Context& context_;
  const AskArguments& given_;
  Workshop& workshop_;
  const Tenant& tenant_;
  explore::Parameters parameters_;
  explore::Question question_;
  std::string format_;
  document::About about_;
};

Status run_ask(Context& context, const AskArguments& given) {
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  return Asked(context, given, workshop, tenant).run();
}

}  // namespace

void add_ask_command(Command& root) {
  const auto values = std::make_shared<AskArguments>();
  Command& ask = root.sub("ask", "cost as the web application's pages ask for it").group(kGroupRead).keep(values);
  ask.note(
      "QUESTION is what stands behind the ? in a page's address: p (period), c (compare), m (measure), cur, by, "
      "f.DIMENSION, "
      "x.DIMENSION and more; docs/formats/api.md says all of it.");
  ask.option(
      {.name = "WHAT",
       .help = "cost, overview, pivot, lines, allocated, commitments, values, meta or explain",
       .target = &values->what,
       .required = true,
       .choices = {"cost", "overview", "pivot", "lines", "allocated", "commitments", "values", "meta", "explain"}});
  ask.option({.name = "QUESTION", .help = "p=2026-09&by=ServiceName", .target = &values->question});
  ask.option({.name = "--tenant",
              .value = "ID",
              .help = "whose cost",
              .target = &values->tenant,
              .required = true,
              .kind = ValueKind::tenant});
  ask.option({.name = "--format",
              .value = "FORMAT",
              .help = "how the answer is written (default: table, or by the ending of --out)",
              .target = &values->format,
              .choices = {"table", "json", "csv", "csvbr", "jsonl", "xlsx", "parquet"}});
  ask.option({.name = "--out",
              .value = "FILE",
              .help = "write there instead of standard output",
              .target = &values->out,
              .kind = ValueKind::file});
  ask.example("centavo ask cost --tenant acme \"p=last&by=ServiceName,RegionId&sort=-change\"", "what moved most")
      .example("centavo ask pivot --tenant acme \"p=3m&r=ServiceCategory,ServiceName&k=month\" --out pivot.xlsx",
               "a pivot with its subtotals as a spreadsheet");
  ask.needs(needs_right(access::Right::cost_read, values->tenant));
  ask.action([values](Context& context) { return run_ask(context, *values); });
}

}  // namespace centavo::cli
