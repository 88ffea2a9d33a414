/// \file app/cli/report_command.cc
/// report: a month as one page, and as PDF when a Chromium is there

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/row_format.h"
#include "app/cli/temp_folder.h"
#include "app/document/report.h"
#include "flow/explore/explore.h"
#include "lake/catalog/billing_period.h"
#include "lake/catalog/certificate.h"

extern char** environ;

namespace centavo::cli {
namespace {

namespace fs = std::filesystem;

struct ReportArguments {
  std::string tenant, period, out, language = "en", measure = "EffectiveCost", currency;
  bool pdf = false;
};

constexpr int kPdfSeconds = 60;

Result<document::Report> read_report(Context& context, Workshop& workshop, const Tenant& tenant,
                                     const ReportArguments& given) {
  Reader reader = TRY(Reader::open(workshop, tenant, 0, context.sight(tenant.id)));
  reader.connection().watch(context.cancel());
  const auto holdings = TRY(explore::holdings_of(reader, tenant));
  explore::Question question;
  question.period = TRY_IN("--period", Period::parse(given.period)).text();
  question.measure = given.measure;
  question.currency = given.currency;
  if (std::find(holdings.periods.begin(), holdings.periods.end(), question.period) == holdings.periods.end()) {
    return fail_hint(holdings.periods.empty() ? "land a bill and run"
                                              : fmt::format("there are {}", fmt::join(holdings.periods, ", ")),
                     ErrorKind::not_found, "release {} of {} has no cost of {}", holdings.release, tenant.id,
                     question.period);
  }
  document::Report out;
  out.tenant = tenant;
  out.release = reader.release();
  out.overview = TRY(explore::overview(reader, holdings, question));
  const auto by = [&](const char* dimension) {
    explore::Question each = question;
    each.by = {dimension};
    return explore::cost(reader, holdings, each);
  };
  out.services = TRY(by("ServiceName"));
  out.accounts = TRY(by("SubAccountId"));
  out.regions = TRY(by("RegionId"));
  // Who pays is known of billed and effective cost in the currency of the bills.
  if (auto allocation = explore::allocated(reader, holdings, question)) out.allocation = std::move(*allocation);
  if (holdings.has_commitments && holdings.billed_in.contains(out.overview.currency))
    out.commitments = TRY(explore::commitments(reader, holdings, question));
  for (auto& each : TRY(certificates(workshop.lake.store(), tenant.id))) {
    if (each.period == question.period) out.certificate = std::move(each);
  }
  out.is_closed = TRY(closed_periods(workshop.lake.store(), tenant.id)).contains(question.period);
  out.made_ms = workshop.clock.now_ms();
  return out;
}

std::string browser() {
  if (const char* named = std::getenv("CENTAVO_CHROMIUM"); named != nullptr && *named != '\0') return named;
  const char* const path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const fs::path folder = rest.substr(0, end);
    rest.erase(0, end + 1);
    for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
      if (!folder.empty() && ::access((folder / name).c_str(), X_OK) == 0) return (folder / name).string();
    }
  }
  return {};
}

// Runs a program without its words, for a while at most. Its exit code; -1 when it had to be stopped.
Result<int> run_quietly(const std::vector<std::string>& command, int seconds) {
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int started = posix_spawnp(&child, words.front(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (started != 0) return fail(ErrorKind::io, "start {}: {}", command.front(), std::strerror(started));
  for (int waited_ms = 0; waited_ms < seconds * 1000; waited_ms += 20) {
    int state = 0;
    if (waitpid(child, &state, WNOHANG) == child) return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    usleep(20'000);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return -1;
}

Status print_pdf(const std::string& html, const std::string& pdf) {
  const std::string program = browser();
  if (program.empty()) {
    return fail_hint("install chromium, name one with CENTAVO_CHROMIUM, or print the HTML page from a browser",
                     ErrorKind::unsupported, "report --pdf: there is no Chromium on this machine");
  }
  const std::string temporary = temporary_name(pdf);
  const fs::path profile = fs::path(html).parent_path() / "profile";
  const int code = TRY(run_quietly(
      {program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer",
       "--user-data-dir=" + profile.string(), "--print-to-pdf=" + temporary, "file://" + html},
      kPdfSeconds));
  std::error_code ignored;
  if (code != 0 || fs::file_size(temporary, ignored) == 0 || ignored) {
    fs::remove(temporary, ignored);
    return fail_hint("print the HTML page from a browser", ErrorKind::io, "{} made no PDF ({})", program,
                     code == -1 ? "it took too long or fell" : fmt::format("exit code {}", code));
  }
  return put_in_place(temporary, pdf);
}

Status save(Context& context, const std::string& path, const std::string& text) {
  RowSink sink = TRY(RowSink::open(context.output(), path));
  TRY(sink.write(text));
  return sink.close();
}

Status make_report(Context& context, const ReportArguments& given) {
  const auto language = TRY_IN("--lang", document::parse_language(given.language));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const auto report = TRY(read_report(context, workshop, tenant, given));
  const std::string page = document::report_page(report, language);
  std::error_code ignored;
  const std::string ending = given.pdf ? ".pdf" : ".html";
  const std::string name = fmt::format("{}-{}{}", tenant.id, report.overview.period.from, ending);
  const std::string out = fs::absolute(given.out.empty() ? name : given.out, ignored).string();
  if (given.pdf) {
    const TempFolder folder = TRY(TempFolder::make("report"));
    const std::string html = folder.path() + "/report.html";
    TRY(save(context, html, page));
    TRY(print_pdf(html, out));
  } else {
    TRY(save(context, out, page));
  }
  const OrderedJson object = {{"tenant", tenant.id},
                              {"period", report.overview.period.from},
                              {"release", report.release.number},
                              {"measure", report.overview.measure},
                              {"currency", report.overview.currency},
                              {"total", report.overview.total},
                              {"file", out}};
  if (context.output().json()) context.output().json_document(object);
  context.output().say("{}", out);
  return {};
}

}  // namespace

void add_report_command(Command& root) {
  const auto values = std::make_shared<ReportArguments>();
  Command& report =
      root.sub("report", "a month as one page to read, to mail and to print").group(kGroupRead).keep(values);
  report.note("The page holds all it needs and no script. PDF is printed by a Chromium of the machine.");
  report.option({.name = "--tenant",
                 .value = "ID",
                 .help = "whose cost",
                 .target = &values->tenant,
                 .required = true,
                 .kind = ValueKind::tenant});
  report.option({.name = "--period", .value = "MONTH", .help = "2026-09", .target = &values->period, .required = true});
  report.option({.name = "--out",
                 .value = "FILE",
                 .help = "where to (default: TENANT-MONTH.html)",
                 .target = &values->out,
                 .kind = ValueKind::file});
  report.option({.name = "--pdf", .help = "a PDF instead", .target = &values->pdf});
  report.option({.name = "--lang",
                 .value = "LANGUAGE",
                 .help = "en or pt-BR (default en)",
                 .target = &values->language,
                 .choices = {"en", "pt-BR"}});
  report.option({.name = "--measure",
                 .value = "MEASURE",
                 .help = "which cost (default EffectiveCost)",
                 .target = &values->measure,
                 .choices = {"EffectiveCost", "BilledCost", "ListCost", "ContractedCost"}});
  report.option({.name = "--currency",
                 .value = "CURRENCY",
                 .help = "of the bills, or one that rates convert to (default: the tenant's)",
                 .target = &values->currency});
  report.example("centavo report --tenant acme --period 2026-09", "acme-2026-09.html")
      .example("centavo report --tenant acme --period 2026-09 --pdf --lang pt-BR", "acme-2026-09.pdf, in Portuguese");
  report.needs(needs_right(access::Right::cost_read, values->tenant));
  report.action([values](Context& context) { return make_report(context, *values); });
}

}  // namespace centavo::cli
