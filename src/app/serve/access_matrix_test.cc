/// \file app/serve/access_matrix_test.cc
/// Who may what, as tables: every route × role × tenant, and every way to rows × role × layer. A new route without a
/// row here fails.

#include <gtest/gtest.h>

#include "app/serve/marks_testing.h"

namespace centavo::serve {
namespace {

using access::Role;
using access::Scope;

struct Person {
  std::string name;
  access::Session session = {};   ///< of a browser
  std::string token = {};
};

http::Response ask(const Person& person, const std::string& method, const std::string& path, const std::string& body) {
  http::Request request = ServedLake::request_of(method, "/api/v1" + path, body);
  if (!person.session.secret.empty()) request.headers["cookie"] = "centavo=" + person.session.secret;
  if (!person.session.csrf.empty()) request.headers["x-csrf-token"] = person.session.csrf;
  if (!person.token.empty()) request.headers["authorization"] = "Bearer " + person.token;
  return lake().handle(request);
}

Person of_acme(Role role) {
  const std::string name = fmt::format("m-{}", access::name_of(role));
  return {name, lake().session(name, {{role, "acme"}})};
}

Person with_token(const std::set<Scope>& scopes) {
  const Person owner = of_acme(Role::admin);
  return {"token", {}, ServedLake::must(lake().service->people().make_token(owner.name, "m", scopes, "", 1)).second};
}

// In the order of the tables: five roles of acme; who manages the lake; nobody, a session that ended; tokens of acme's
// administrator to read, run and administer.
std::vector<Person> everybody() {
  std::vector<Person> out;
  for (const Role role : {Role::viewer, Role::analyst, Role::scientist, Role::engineer, Role::admin})
    out.push_back(of_acme(role));
  out.push_back({"m-manager", lake().session("m-manager", {{Role::admin, "*"}})});
  out.push_back({"nobody"});
  const Person ended = {"m-ended", lake().session("m-ended", {{Role::admin, "acme"}})};
  ServedLake::must(lake().service->people().sign_out(ended.session.secret));
  out.push_back(ended);
  for (const Scope scope : {Scope::read, Scope::run, Scope::admin}) out.push_back(with_token({scope}));
  return out;
}

// y answered · b let through, the words are off (400, 409, 422) · - not allowed (403) · 0 not there (404) · x sign in
// first (401)
char letter_of(int status) {
  switch (status) {
    case 400:
    case 409:
    case 422: return 'b';
    case 401: return 'x';
    case 403: return '-';
    case 404: return '0';
    default: return status < 400 ? 'y' : '5';
  }
}

struct MatrixRow {
  const char* method;
  const char* pattern;
  const char* path;       ///< of acme: what stands for the parts, and a query
  const char* body;
  const char* expected;  ///< viewer analyst scientist engineer admin · manager · nobody ended · token read run admin
};

constexpr const char* kEverybody = "yyyyy y yy yyy";
constexpr const char* kSignedIn = "yyyyy y xx yyy";
constexpr const char* kNotThere = "00000 0 xx 000";
constexpr const char* kManage = "----- y xx ---";

const MatrixRow kRows[] = {
    // --- the session
    {"GET", "/openapi.json", "/openapi.json", "", kEverybody},
    {"GET", "/me", "/me", "", kSignedIn},
    {"PATCH", "/me", "/me", R"({"locale":"en"})", "yyyyy y xx ---"},
    {"POST", "/me/password", "/me/password", R"({"new":"short"})", "bbbbb b xx ---"},
    {"POST", "/session", "/session", "{}", "bbbbb b bb bbb"},
    // --- people
    {"GET", "/users", "/users", "", kManage},
    {"POST", "/users", "/users", "{}", "----- b xx ---"},
    {"PATCH", "/users/{user}", "/users/m-target", R"({"name":"T"})", kManage},
    {"POST", "/users/{user}/link", "/users/m-target/link", "{}", kManage},
    {"GET", "/users/{user}/grants", "/users/m-target/grants", "", kManage},
    {"PUT", "/users/{user}/grants", "/users/m-target/grants", R"({"kind":"role","role":"viewer","tenant":"acme"})",
     kManage},
    {"DELETE", "/users/{user}/grants", "/users/m-target/grants", R"({"kind":"role","role":"viewer","tenant":"acme"})",
     kManage},
    {"GET", "/tokens", "/tokens", "", kSignedIn},
    {"POST", "/tokens", "/tokens", R"({"name":"m","scopes":["read"],"days":1})", "yyyyy y xx ---"},
    {"DELETE", "/tokens/{token}", "/tokens/none", "", "00000 0 xx ---"},
    {"GET", "/audit", "/audit", "", kManage},
    // --- cost
    {"GET", "/t/{tenant}/meta", "/t/acme/meta", "", kSignedIn},
    {"GET", "/t/{tenant}/overview", "/t/acme/overview", "", kSignedIn},
    {"GET", "/t/{tenant}/cost", "/t/acme/cost", "", kSignedIn},
    {"GET", "/t/{tenant}/pivot", "/t/acme/pivot", "", kSignedIn},
    {"GET", "/t/{tenant}/dims/{dimension}/values", "/t/acme/dims/ServiceName/values", "", kSignedIn},
    {"GET", "/t/{tenant}/lines", "/t/acme/lines", "", kSignedIn},
    {"GET", "/t/{tenant}/explain", "/t/acme/explain?m=BilledCost", "", kSignedIn},
    {"GET", "/t/{tenant}/commitments", "/t/acme/commitments", "", kSignedIn},
    // --- who pays
    {"GET", "/t/{tenant}/allocation", "/t/acme/allocation", "", kSignedIn},
    {"GET", "/t/{tenant}/allocated", "/t/acme/allocated", "", kSignedIn},
    {"GET", "/t/{tenant}/statements", "/t/acme/statements", "", kSignedIn},
    {"POST", "/t/{tenant}/statements", "/t/acme/statements", R"({"period":"never"})", "----b b xx --b"},
    {"GET", "/t/{tenant}/statements/{number}", "/t/acme/statements/1", "", kSignedIn},
    {"GET", "/t/{tenant}/statements/{number}.csv", "/t/acme/statements/1.csv", "", kSignedIn},
    {"GET", "/t/{tenant}/statements/{number}.html", "/t/acme/statements/1.html", "", kSignedIn},
    {"POST", "/t/{tenant}/statements/{number}/close", "/t/acme/statements/999/close", "{}", "----0 0 xx --0"},
    // --- proof
    {"GET", "/t/{tenant}/reconcile", "/t/acme/reconcile", "", kSignedIn},
    {"GET", "/t/{tenant}/certificates", "/t/acme/certificates", "", kSignedIn},
    {"POST", "/t/{tenant}/certificates", "/t/acme/certificates", R"({"period":"never"})", "---bb b xx -bb"},
    {"POST", "/t/{tenant}/certificates/verify", "/t/acme/certificates/verify", "{}", kSignedIn},
    {"GET", "/t/{tenant}/certificates/{number}", "/t/acme/certificates/1", "", kSignedIn},
    {"GET", "/t/{tenant}/certificates/{number}/page", "/t/acme/certificates/1/page", "", kSignedIn},
    {"GET", "/t/{tenant}/diff", "/t/acme/diff?a=1&b=1", "", kSignedIn},
    {"GET", "/t/{tenant}/periods", "/t/acme/periods", "", kSignedIn},
    {"POST", "/t/{tenant}/periods/{period}/close", "/t/acme/periods/never/close", "{}", "----b b xx --b"},
    {"POST", "/t/{tenant}/periods/{period}/reopen", "/t/acme/periods/never/reopen", "{}", "----b b xx --b"},
    // --- data
    {"GET", "/t/{tenant}/tables", "/t/acme/tables", "", kSignedIn},
    {"GET", "/t/{tenant}/tables/{table}", "/t/acme/tables/silver.aws_cost_and_usage", "", "00yyy y xx yyy"},
    {"GET", "/t/{tenant}/tables/{table}/sample", "/t/acme/tables/bronze.aws_cur_line_items/sample", "",
     "000yy y xx yyy"},
    {"GET", "/t/{tenant}/quality", "/t/acme/quality", "", kSignedIn},
    {"GET", "/t/{tenant}/quarantine/{table}", "/t/acme/quarantine/bronze.aws_cur_line_items", "", "000yy y xx yyy"},
    {"GET", "/t/{tenant}/lineage", "/t/acme/lineage", "", kSignedIn},
    {"POST", "/t/{tenant}/sql", "/t/acme/sql", R"({"sql":"select 1"})", "-yyyy y xx yyy"},
    {"GET", "/t/{tenant}/sql/history", "/t/acme/sql/history", "", "-yyyy y xx yyy"},
    // --- operations
    {"GET", "/tenants", "/tenants", "", kSignedIn},
    {"GET", "/t/{tenant}/runs", "/t/acme/runs", "", kSignedIn},
    {"GET", "/t/{tenant}/runs/{run}", "/t/acme/runs/{run}", "", kSignedIn},
    {"POST", "/t/{tenant}/runs", "/t/acme/runs", R"({"period":"never"})", "---bb b xx -bb"},
    {"GET", "/t/{tenant}/releases", "/t/acme/releases", "", kSignedIn},
    {"GET", "/t/{tenant}/releases/{number}", "/t/acme/releases/1", "", kSignedIn},
    {"POST", "/t/{tenant}/releases/{number}/rollback", "/t/acme/releases/999/rollback", "{}", "---00 0 xx -00"},
    {"GET", "/jobs/{job}", "/jobs/none", "", kNotThere},
    {"GET", "/jobs/{job}/events", "/jobs/none/events", "", kNotThere},
    {"DELETE", "/jobs/{job}", "/jobs/none", "", kNotThere},
    // The last: it ends the sessions.
    {"DELETE", "/session", "/session", "", kSignedIn},
};

std::string with(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// What the rows name is there: a person, a statement and a certificate.
void prepare() {
  auto& people = lake().service->people();
  access::User target;
  target.id = "m-target";
  if (!people.user(target.id)) ServedLake::must(people.add_user(target));
  const auto ana = lake().session("m-manager", {{Role::admin, "*"}});
  const auto periods = parse_json(body_of(lake().ask(ana, "GET", "/api/v1/t/acme/periods")));
  ASSERT_TRUE(periods && !periods->empty());
  const std::string body = Json({{"period", (*periods)[0]["period"]}}).dump();
  for (const char* path : {"/api/v1/t/acme/statements", "/api/v1/t/acme/certificates"}) {
    const auto made = lake().ask(ana, "POST", path, body);
    ASSERT_LT(made.status, 300) << path << " " << body_of(made);
  }
}

std::string newest_run() { return ServedLake::must(lake().service->catalog().runs("acme", 1)).front().id; }

TEST(AccessMatrix, EveryRouteHasARow) {
  std::set<std::string> rows, routes;
  for (const MatrixRow& row : kRows) rows.insert(fmt::format("{} {}", row.method, row.pattern));
  for (const Route& route : lake().service->router().routes()) routes.insert(route.method + " " + route.pattern);
  EXPECT_EQ(rows, routes);
}

TEST(AccessMatrix, EveryRouteAnswersEachAsTheTableSays) {
  prepare();
  const auto people = everybody();
  std::size_t cells = 0;
  for (const MatrixRow& row : kRows) {
    const std::string expected = with(row.expected, " ", "");
    ASSERT_EQ(expected.size(), people.size()) << row.pattern;
    for (std::size_t i = 0; i < people.size(); ++i) {
      const auto response = ask(people[i], row.method, with(row.path, "{run}", newest_run()), row.body);
      EXPECT_EQ(letter_of(response.status), expected[i])
          << people[i].name << " (" << i << "): " << row.method << " " << row.path << ": " << response.status << " "
          << body_of(response).substr(0, 300);
      ++cells;
    }
  }
  std::printf("%zu routes x %zu askers: %zu cells in their own tenant\n", std::size(kRows), people.size(), cells);
}

// Of another tenant each is told what is told of one that is not there; who is nobody is told to sign in.
TEST(AccessMatrix, EveryRouteOfAnotherTenantIsNotThere) {
  lake().session("m2", {{Role::viewer, "acme"}});
  std::vector<Person> people;
  for (const Role role : {Role::viewer, Role::analyst, Role::scientist, Role::engineer, Role::admin}) {
    const std::string name = fmt::format("o-{}", access::name_of(role));
    people.push_back({name, lake().session(name, {{role, "acme"}})});
  }
  const std::string owner = people.back().name;
  for (const Scope scope : {Scope::read, Scope::run, Scope::admin})
    people.push_back(
        {"token", {}, ServedLake::must(lake().service->people().make_token(owner, "o", {scope}, "", 1)).second});
  people.push_back({"o-nothing", lake().session("o-nothing", {})});
  lake().session("o-everywhere", {{Role::admin, "*"}});
  people.push_back(
      {"token of acme",
       {},
       ServedLake::must(lake().service->people().make_token("o-everywhere", "o", {Scope::admin}, "acme", 1)).second});
  const std::string run = ServedLake::must(lake().service->catalog().runs("beta", 1)).front().id;
  std::size_t cells = 0;
  for (const MatrixRow& row : kRows) {
    if (!std::string(row.pattern).starts_with("/t/{tenant}")) continue;
    const std::string path = with(with(row.path, "/t/acme/", "/t/beta/"), "{run}", run);
    for (const Person& person : people) {
      const auto other = ask(person, row.method, path, row.body);
      EXPECT_EQ(other.status, 404) << person.name << ": " << row.method << " " << path;
      const auto nowhere = ask(person, row.method, with(path, "/t/beta/", "/t/none/"), row.body);
      EXPECT_EQ(body_of(other), with(body_of(nowhere), "none", "beta"))
          << person.name << " tells a tenant of others from one that is not there by " << row.method << " " << path;
      ++cells;
    }
    EXPECT_EQ(ask({"nobody"}, row.method, path, row.body).status, 401) << path;
    ++cells;
  }
  std::printf("%zu cells in another tenant\n", cells);
}

// ---------- layers

struct LayerRow {
  const char* way;
  const char* layer;
  const char* expected;  ///< viewer analyst scientist engineer admin: y rows of the layer come, n they do not
};

const LayerRow kLayers[] = {
    {"list", "gold", "yyyyy"},
    {"list", "silver", "nnyyy"},
    {"list", "bronze", "nnnyy"},
    {"table", "gold", "yyyyy"},
    {"table", "silver", "nnyyy"},
    {"table", "bronze", "nnnyy"},
    {"sample", "gold", "yyyyy"},
    {"sample", "silver", "nnyyy"},
    {"sample", "bronze", "nnnyy"},
    {"quarantine", "gold", "yyyyy"},
    {"quarantine", "silver", "nnyyy"},
    {"quarantine", "bronze", "nnnyy"},
    {"release", "gold", "yyyyy"},
    {"release", "silver", "nnyyy"},
    {"release", "bronze", "nnnyy"},
    {"run", "gold", "yyyyy"},
    {"run", "silver", "nnyyy"},
    {"run", "bronze", "nnnyy"},
    {"lineage", "gold", "yyyyy"},
    {"lineage", "silver", "nnyyy"},
    {"lineage", "bronze", "nnnyy"},
    {"lineage", "raw", "nnnyy"},
    {"sql", "gold", "nyyyy"},
    {"sql", "silver", "nnyyy"},
    {"sql", "bronze", "nnnyy"},
    {"sql as csv", "gold", "nyyyy"},
    {"sql as csv", "silver", "nnyyy"},
    {"sql as csv", "bronze", "nnnyy"},
    {"sql as jsonl", "gold", "nyyyy"},
    {"sql as jsonl", "silver", "nnyyy"},
    {"sql as jsonl", "bronze", "nnnyy"},
    {"sql as parquet", "gold", "nyyyy"},
    {"sql as parquet", "silver", "nnyyy"},
    {"sql as parquet", "bronze", "nnnyy"},
    {"sql as xlsx", "gold", "nyyyy"},
    {"sql as xlsx", "silver", "nnyyy"},
    {"sql as xlsx", "bronze", "nnnyy"},
    {"cost by", "silver", "nnyyy"},
    {"values", "silver", "nnyyy"},
    {"difference by", "silver", "nnyyy"},
    {"landings", "raw", "nnnyy"},
    {"raw record", "raw", "nnnyy"},
};

std::string table_in(const std::string& layer) {
  return layer == "gold"     ? "gold.cost_by_day"
         : layer == "silver" ? "silver.aws_cost_and_usage"
                             : "bronze.aws_cur_line_items";
}

bool is_in(const Json& list, const char* member, const std::string& value) {
  return std::any_of(list.begin(), list.end(), [&](const Json& each) { return text_or(each, member) == value; });
}

// Whether this way brings this person something of the layer.
bool brings(const Person& person, const std::string& way, const std::string& layer) {
  const std::string table = table_in(layer), of_acme = "/t/acme/";
  const auto get = [&](const std::string& path) { return ask(person, "GET", of_acme + path, ""); };
  const auto document = [&](const std::string& path) { return parse_json(body_of(get(path))).value_or(Json()); };
  if (way == "list") return is_in(document("tables"), "layer", layer);
  if (way == "table") return get("tables/" + table).status == 200;
  if (way == "sample") return !member(document("tables/" + table + "/sample"), "rows").empty();
  if (way == "quarantine") return get("quarantine/" + table).status == 200;
  if (way == "release") return member(document("releases/1"), "tables").contains(table);
  if (way == "run") {
    const std::string first = ServedLake::must(lake().service->catalog().runs("acme", 1000)).back().id;
    return is_in(member(document("runs/" + first), "tasks"), "table", table);
  }
  if (way == "landings") {
    const std::string first = ServedLake::must(lake().service->catalog().runs("acme", 1000)).back().id;
    return !member(document("runs/" + first), "landings").empty();
  }
  if (way == "lineage") return is_in(document("lineage")["nodes"], "kind", layer == "raw" ? "source" : layer);
  if (way == "raw record") {
    const Json explained = document("explain?m=BilledCost");
    const Json& lines = member(explained, "lines");
    EXPECT_FALSE(lines.empty()) << person.name;
    return std::any_of(lines.begin(), lines.end(), [](const Json& line) { return member(line, "raw").is_string(); });
  }
  if (way == "cost by") return get("cost?by=ResourceId").status == 200;
  if (way == "values") return get("dims/ResourceId/values").status == 200;
  if (way == "difference by") return get("diff?a=1&b=1&by=ResourceId").status < 300;
  const std::string format = way == "sql" ? "" : "?format=" + way.substr(std::string("sql as ").size());
  const auto rows =
      ask(person, "POST", of_acme + "sql" + format, Json({{"sql", "select * from " + table + " limit 3"}}).dump());
  return rows.status == 200 && body_of(rows).size() > 50;
}

TEST(AccessMatrix, EveryWayToRowsKeepsToTheLayersOfTheRole) {
  std::size_t cells = 0;
  for (const LayerRow& row : kLayers) {
    std::size_t i = 0;
    for (const Role role : {Role::viewer, Role::analyst, Role::scientist, Role::engineer, Role::admin}) {
      const std::string name = fmt::format("l-{}", access::name_of(role));
      const Person person = {name, lake().session(name, {{role, "acme"}})};
      EXPECT_EQ(brings(person, row.way, row.layer), row.expected[i] == 'y')
          << name << ": " << row.way << " " << row.layer;
      ++i;
      ++cells;
    }
  }
  std::printf("%zu cells of way x layer x role\n", cells);
}

// ---------- masks

struct MaskRow {
  const char* way;
  const char* emails;  ///< engineer, administrator, engineer with a grant for the e-mails: y in clear, n masked
};

// The CPFs, which nobody here was granted, come in clear by no way.
const MaskRow kMasks[] = {{"sample", "nny"},  {"sql", "nny"},  {"csv", "nny"},       {"jsonl", "nny"},
                          {"parquet", "nny"}, {"xlsx", "nny"}, {"quarantine", "nnn"}};

std::string text_by(duck::Database& engine, const Person& person, const std::string& way) {
  const std::string table = "bronze.retail_customers";
  const std::string body =
      Json({{"sql", "select name, email, cpf, credit_card_number from " + table}, {"limit", 5000}}).dump();
  const auto response = way == "sample" ? ask(person, "GET", "/t/loja/tables/" + table + "/sample?limit=500", "")
                        : way == "quarantine"
                            ? ask(person, "GET", "/t/loja/quarantine/silver.retail_customers?limit=1000", "")
                        : way == "sql" ? ask(person, "POST", "/t/loja/sql", body)
                                       : ask(person, "POST", "/t/loja/sql?format=" + way, body);
  EXPECT_EQ(response.status, 200) << way << " " << body_of(response).substr(0, 300);
  return plain_text_of(engine, response, body_of(response));
}

TEST(AccessMatrix, MaskedColumnsComeInClearByNoWayButToWhoHasTheGrant) {
  OpenTenant open = ServedLake::must(lake().service->open_tenant("loja"));
  Reader whole = ServedLake::must(lake().service->readers().open(open, 0, access::whole_sight()));
  Marks emails, others;
  for (const auto& row :
       ServedLake::must(whole.connection().all("select email, cpf, credit_card_number from bronze.retail_customers"))) {
    emails.add(row[0].value_or(""));
    others.add(row[1].value_or(""));
    others.add(row[2].value_or(""));
  }
  ASSERT_GT(emails.size(), 20U);
  ASSERT_GT(others.size(), 20U);
  const Person people[] = {{"k-engineer", lake().session("k-engineer", {{Role::engineer, "loja"}})},
                           {"k-admin", lake().session("k-admin", {{Role::admin, "loja"}})},
                           {"k-granted", lake().session("k-granted", {{Role::engineer, "loja"}})}};
  ServedLake::must(lake().service->people().unmask("k-granted", {"loja", "bronze.retail_customers", "email"}));
  duck::Database engine = ServedLake::must(duck::Database::open({.threads = 1}));
  std::size_t cells = 0;
  for (const MaskRow& row : kMasks) {
    for (std::size_t i = 0; i < std::size(people); ++i) {
      const std::string text = text_by(engine, people[i], row.way);
      std::size_t shown = 0, more = 0;
      emails.find(text, [&](const std::string&) { ++shown; });
      others.find(text, [&](const std::string&) { ++more; });
      EXPECT_EQ(shown > 0, row.emails[i] == 'y')
          << people[i].name << " " << row.way << ": " << shown << " e-mails in clear";
      EXPECT_EQ(more, 0U) << people[i].name << " " << row.way;
      ++cells;
    }
  }
  std::printf("%zu cells of masked columns; %zu values looked for\n", cells, emails.size() + others.size());
}

}  // namespace
}  // namespace centavo::serve
