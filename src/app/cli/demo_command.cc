/// \file app/cli/demo_command.cc
/// demo: a lake with two tenants, made from generated inputs, run, proven and shown

#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "app/cli/report_text.h"
#include "app/cli/serve_command.h"
#include "flow/generate/generate.h"
#include "flow/pipeline/certify.h"
#include "flow/pipeline/chargeback.h"

namespace centavo::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBillTenant = "acme";
constexpr const char* kShopTenant = "loja";
constexpr int kBillMonths = 3;
constexpr int kDemoPort = 8080;

// Who pays for acme's bill: docs/guides/allocation.md.
constexpr std::string_view kCostCentres = R"yaml(virtual_tag: cost_centre
description: the team that a charge's own tag names
rules:
  - {name: own team tag, value_sql: "cv_map_get(Tags, 'team')"}
)yaml";
constexpr std::string_view kWhoPays = R"yaml(allocation: cost_centre
rules:
  - name: unused commitment
    take: {match: {CommitmentDiscountStatus: [Unused]}}
    split: proportional
    by: EffectiveCost
    to: all
  - name: tax
    take: {match: {ChargeCategory: [Tax]}}
    split: even
    to: all
)yaml";

struct DemoArguments {
  std::string dir;
  std::int64_t seed = 1, rows = 150000;
  bool no_serve = false;
};

std::string inputs_of(const std::string& dir, const char* tenant) {
  return (fs::path(dir) / "inputs" / tenant).string();
}
std::string marker_of(const std::string& dir) { return (fs::path(dir) / "inputs").string(); }
constexpr const char* kMarkerKey = "demo.json";

/// A folder that is not there, is empty, or holds a demo lake made with the same options. True for the last.
Result<bool> is_own_demo(const DemoArguments& given) {
  std::error_code code;
  if (!fs::exists(given.dir, code)) return false;
  if (!fs::is_directory(given.dir, code))
    return fail(ErrorKind::invalid_argument, "demo: {} is not a folder", given.dir);
  if (fs::is_empty(given.dir, code)) return false;
  const auto refuse = [&](std::string_view why) {
    return fail_hint("name a folder that is not there yet, or remove this one", ErrorKind::already_exists,
                     "demo: {} {}", given.dir, why);
  };
  if (!fs::exists(fs::path(marker_of(given.dir)) / kMarkerKey, code)) return refuse("is not empty and holds no demo");
  const auto store = TRY(open_local_store(marker_of(given.dir)));
  const std::string text = TRY(store->read(kMarkerKey));
  const Json marker = TRY_IN(std::string("demo: inputs/") + kMarkerKey, parse_json(text));
  if (int_or(marker, "seed") != given.seed || int_or(marker, "rows") != given.rows) {
    return refuse(
        fmt::format("holds a demo made with --seed {} --rows {}", int_or(marker, "seed"), int_or(marker, "rows")));
  }
  return true;
}

generate::AwsOptions bill_options(const DemoArguments& given, bool restated) {
  generate::AwsOptions options;
  options.seed = static_cast<std::uint64_t>(given.seed);
  options.rows = given.rows;
  options.months = kBillMonths;
  options.before_restatement = !restated;
  return options;
}

Status write_bill(Context& context, const DemoArguments& given, bool restated) {
  Progress line(context.output());
  const auto report = TRY(generate::generate_aws(
      bill_options(given, restated), inputs_of(given.dir, kBillTenant), nullptr,
      [&](std::int64_t done, std::int64_t total) {
        line.show(fmt::format("writing a bill of {} rows", grouped(std::to_string(total))),
                  static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(total, 1)));
      },
      context.cancel()));
  line.clear();
  context.output().note("inputs/{}: a bill of {}, {} rows in {} files", kBillTenant,
                        restated ? "3 months, one of them restated" : "3 months", grouped(std::to_string(report.rows)),
                        report.files.size());
  return {};
}

Status write_shop(Context& context, const DemoArguments& given) {
  generate::RetailOptions options;
  options.seed = static_cast<std::uint64_t>(given.seed);
  options.rows = std::max<std::int64_t>(given.rows / 15, 100);
  const auto report = TRY(generate::generate_retail(options, inputs_of(given.dir, kShopTenant), {}, context.cancel()));
  context.output().note("inputs/{}: a shop's customers and purchases, {} rows in {} files", kShopTenant,
                        grouped(std::to_string(report.rows)), report.files.size());
  return {};
}

/// `lake` is new: writes the marker and both tenants.
Status found_lake(Context& context, const DemoArguments& given) {
  const auto store = TRY(open_local_store(marker_of(given.dir)));
  TRY(store->write(kMarkerKey, OrderedJson({{"seed", given.seed}, {"rows", given.rows}}).dump() + "\n"));
  std::error_code code;
  Lake lake = fs::exists(fs::path(given.dir) / "centavo.yaml", code) ? TRY(Lake::open(given.dir))
                                                                     : TRY(Lake::create(given.dir, "demo"));
  const pack::Library library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  const auto add = [&](const char* id, const char* name, const char* pack, const char* currency) -> Status {
    if (lake.tenant(id)) return {};
    const auto found = library.packs().find(pack);
    if (found == library.packs().end() || found->second.sources.empty()) {
      return fail(ErrorKind::not_found, "demo: this program has no pack {} with a source", pack);
    }
    const std::string& kind = found->second.sources.front().name;
    Tenant tenant;
    tenant.id = id;
    tenant.name = name;
    tenant.currency = currency;
    tenant.packs = {pack};
    tenant.sources = {{kind, kind, fmt::format("inputs/{}", id), 0}};
    return lake.add(tenant);
  };
  TRY(add(kBillTenant, "Acme Inc.", "aws", "USD"));
  const std::string rules = Lake::allocation_root(kBillTenant);
  TRY(lake.store().write(rules + "/10-cost-centre.yaml", std::string(kCostCentres)));
  TRY(lake.store().write(rules + "/20-who-pays.yaml", std::string(kWhoPays)));
  TRY(add(kShopTenant, "Loja Exemplo", "retail", "BRL"));
  context.output().note("{}: a lake with the tenants {} and {}", given.dir, kBillTenant, kShopTenant);
  return {};
}

Status run_tenant(Context& context, Workshop& workshop, const char* id) {
  RunOptions options;
  options.user = context.user();
  const Tenant tenant = TRY(workshop.lake.tenant(id));
  const RunReport report = TRY(run_one(context, workshop, tenant, options));
  if (report.error) return fail_within(fmt::format("run of tenant {}", id), *report.error);
  return {};
}

Result<std::vector<OrderedJson>> rows_of(Workshop& workshop, const char* tenant_id, std::int64_t release,
                                         std::string_view sql) {
  const Tenant tenant = TRY(workshop.lake.tenant(tenant_id));
  Reader reader = TRY(Reader::open(workshop, tenant, release));
  duck::Rows rows = TRY(reader.query(sql));
  std::vector<OrderedJson> objects;
  while (TRY(rows.next())) {
    OrderedJson object;
    for (std::size_t i = 0; i < rows.columns().size(); ++i) object[rows.columns()[i].name] = rows.json(i);
    objects.push_back(std::move(object));
  }
  return objects;
}

Result<std::vector<OrderedJson>> top_of_bill(Workshop& workshop) {
  return rows_of(workshop, kBillTenant, 0,
                 "select ServiceName as service, sum(BilledCost) as cost, any_value(BillingCurrency) as currency, "
                 "count(*) as rows "
                 "from silver.focus_cost_and_usage group by 1 order by 2 desc, 1 limit 10");
}

/// What each month cost in the first release and costs in the newest.
Result<std::vector<OrderedJson>> restated_months(Workshop& workshop) {
  constexpr std::string_view kByMonth =
      "select strftime(billing_period, '%Y-%m') as month, count(*) as rows, sum(BilledCost) as cost "
      "from silver.focus_cost_and_usage group by 1 order by 1";
  const std::vector<OrderedJson> before = TRY(rows_of(workshop, kBillTenant, 1, kByMonth));
  const std::vector<OrderedJson> now = TRY(rows_of(workshop, kBillTenant, 0, kByMonth));
  std::map<std::string, OrderedJson> first;
  for (const OrderedJson& month : before) first[plain_text(month["month"])] = month;
  std::vector<OrderedJson> changes;
  for (const OrderedJson& month : now) {
    const auto old = first.find(plain_text(month["month"]));
    const OrderedJson none = {{"rows", 0}, {"cost", "0"}};
    const OrderedJson& was = old == first.end() ? none : old->second;
    const Decimal a = TRY(parse_decimal(plain_text(was["cost"])));
    const Decimal b = TRY(parse_decimal(plain_text(month["cost"])));
    const Decimal change = TRY(subtract(b, a));
    changes.push_back({{"month", month["month"]},
                       {"rows before", was["rows"]},
                       {"rows now", month["rows"]},
                       {"cost before", was["cost"]},
                       {"cost now", month["cost"]},
                       {"change", change.shortest()}});
  }
  return changes;
}

/// Certificates of all months, and statements of the first, which is closed: what a desk has at the end of a quarter.
Status close_first_month(Context& context, Workshop& workshop) {
  const Tenant tenant = TRY(workshop.lake.tenant(kBillTenant));
  const TenantLock lock = TRY(TenantLock::take(workshop.lake, tenant.id));
  CertifyOptions options;
  options.user = context.user();
  options.cancel = context.cancel();
  const auto periods = TRY(certifiable_periods(workshop, tenant));
  for (const std::string& period : periods) TRY(certify(workshop, tenant, period, options));
  const auto first = std::find_if(periods.begin(), periods.end(), [](const auto& period) { return !period.empty(); });
  if (first == periods.end()) return {};
  TRY(issue_statements(workshop, tenant, {*first, "", context.user(), ""}));
  TRY(close_statements(workshop, tenant, {*first, "", context.user(), ""}));
  TRY(close_period(workshop, tenant, *first, "strict", false, "invoice agreed", options));
  context.output().note("{} of {}: certified, statements closed, month closed", *first, kBillTenant);
  return {};
}

Status show_results(Context& context, Workshop& workshop, const DemoArguments& given) {
  Output& output = context.output();
  OrderedJson document = {{"lake", given.dir}, {"tenants", OrderedJson::array()}};
  const auto heading = [&](const std::string& text) {
    output.say("");
    output.say("{}", output.styled(text, Tone::strong));
  };
  Status held;
  for (const char* id : {kBillTenant, kShopTenant}) {
    const Tenant tenant = TRY(workshop.lake.tenant(id));
    const Reconciliation proof = TRY(reconcile(workshop, tenant, {}));
    document["tenants"].push_back(proof_object(proof));
    if (held) held = hold(proof);
    if (output.json()) continue;
    heading(fmt::format("Certificate of {} ({}), release {}", id, tenant.name, proof.release));
    print_certificate(context, proof);
    output.line(output.styled(verdict(proof), proof.holds ? Tone::good : Tone::bad));
  }
  const std::vector<OrderedJson> top = TRY(top_of_bill(workshop));
  const auto months = restated_months(workshop);
  if (!months && months.error().kind != ErrorKind::not_found) return fail(months.error());
  document["top"] = top;
  document["restated"] = months ? OrderedJson(*months) : OrderedJson();
  if (output.json()) {
    output.json_document(document);
    return held;
  }
  heading(fmt::format("Top of {}'s bill", kBillTenant));
  output.list(top,
              {{.key = "service"},
               {.key = "cost", .align = Align::point, .show = show_money},
               {.key = "currency"},
               {.key = "rows", .align = Align::right}},
              "");
  heading("What the restated month changed (first release, newest release)");
  if (!months) output.note("the first release was vacuumed away: {}", months.error().message);
  output.list(months.value_or(std::vector<OrderedJson>()),
              {{.key = "month"},
               {.key = "rows before", .align = Align::right},
               {.key = "rows now", .align = Align::right},
               {.key = "cost before", .align = Align::point, .show = show_money},
               {.key = "cost now", .align = Align::point, .show = show_money},
               {.key = "change", .align = Align::point, .show = show_money}},
              "");
  heading("Try next");
  output.line(fmt::format("  export CENTAVO_LAKE={}", fs::absolute(given.dir).lexically_normal().string()));
  for (const std::string_view command :
       {"centavo status", "centavo reconcile --tenant acme --all", "centavo release list --tenant acme",
        "centavo query --tenant acme \"select * from gold.cost_by_month order by all limit 20\"",
        "centavo query --tenant acme --release 1 \"select sum(BilledCost) from silver.focus_cost_and_usage\"",
        "centavo explain --tenant acme \"BilledCost where ChargeCategory = 'Tax'\"",
        "centavo export focus --tenant acme --version 1.2 --out acme.parquet", "centavo lineage gold.cost_by_month",
        "centavo run"}) {
    output.line(fmt::format("  {}", command));
  }
  return held;
}

Status show_demo(Context& context, const DemoArguments& given) {
  if (given.seed < 0) return fail(ErrorKind::invalid_argument, "--seed: {} is below 0", given.seed);
  const bool again = TRY(is_own_demo(given));
  const auto whole = [&]() -> Result<bool> {  // a demo that was cut short goes on where it stopped
    if (!again) return false;
    Lake lake = TRY(Lake::open(given.dir));
    const auto all = TRY(releases(lake.store(), kBillTenant));
    return all.size() >= 2;
  };
  const bool done_before = again && whole().value_or(false);
  TRY(found_lake(context, given));
  if (!done_before) {
    TRY(write_shop(context, given));
    TRY(write_bill(context, given, false));
  }
  OpenLake open = TRY(Context::open_lake_at(given.dir));
  Workshop workshop = open.workshop(context.clock());
  TRY(run_tenant(context, workshop, kBillTenant));
  TRY(run_tenant(context, workshop, kShopTenant));
  if (!done_before) {
    context.output().say("");
    context.output().note("the provider restates a month");
    TRY(write_bill(context, given, true));
    TRY(run_tenant(context, workshop, kBillTenant));
    TRY(close_first_month(context, workshop));
  }
  return show_results(context, workshop, given);
}

/// The port that people know; any free one when it is taken.
Status serve_demo(Context& context, const DemoArguments& given) {
  context.output().say("");
  serve::ServeOptions options;
  options.service.lake_dir = given.dir;
  options.access_log = false;
  options.http.port = kDemoPort;
  const Status served = serve_lake(context, options, "admin", true);
  if (served || served.error().kind != ErrorKind::already_exists) return served;
  context.output().note("port {} is taken: another one", kDemoPort);
  options.http.port = 0;
  return serve_lake(context, options, "admin", true);
}

Status run_demo(Context& context, const DemoArguments& given) {
  TRY(show_demo(context, given));
  return given.no_serve ? Status() : serve_demo(context, given);
}

}  // namespace

void add_demo_command(Command& root) {
  const auto values = std::make_shared<DemoArguments>();
  Command& demo = root.sub("demo", "a sample lake: two tenants, runs, the proof, then the web application")
                      .group(kGroupLake)
                      .keep(values);
  demo.note(
      "Makes believable inputs under DIR/inputs, a lake in DIR with an AWS bill (one month is restated after the first "
      "run) and a shop, "
      "and shows what came out. The same seed makes the same numbers. Running it again on its own lake works.");
  demo.option({.name = "DIR",
               .help = "a folder that is not there yet, is empty, or holds this demo",
               .target = &values->dir,
               .required = true,
               .kind = ValueKind::folder});
  demo.option({.name = "--seed", .value = "N", .help = "of the inputs (default 1)", .target = &values->seed});
  demo.option({.name = "--rows", .value = "N", .help = "rows of the bill (default 150000)", .target = &values->rows});
  demo.option({.name = "--no-serve", .help = "end after the proof", .target = &values->no_serve});
  demo.example("centavo demo ./demo-lake", "make it, run it, look at it");
  demo.needs(needs_nothing());
  demo.action([values](Context& context) { return run_demo(context, *values); });
}

}  // namespace centavo::cli
