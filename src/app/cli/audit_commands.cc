/// \file app/cli/audit_commands.cc
/// audit list|verify

#include <charconv>

#include "app/cli/commands.h"
#include "app/cli/context.h"

namespace centavo::cli {
namespace {

struct AuditArguments {
  std::string user, tenant, action, head;
  std::int64_t limit = 50, before = 0;
};

Result<access::People*> people_of(Context& context) {
  auto* const people = TRY(context.people_there_are());
  if (people != nullptr) return people;
  return fail_hint("centavo user add ID --role admin", ErrorKind::not_found,
                   "the lake has no people yet, so nothing was noted");
}

Status list_entries(Context& context, const AuditArguments& given) {
  if (given.limit < 1 || given.before < 0)
    return fail(ErrorKind::invalid_argument, "--limit: {} is below 1, or --before: {} below 0", given.limit,
                given.before);
  auto* const people = TRY(people_of(context));
  std::vector<OrderedJson> objects;
  const int limit = static_cast<int>(std::min<std::int64_t>(given.limit, 1'000'000));
  for (const auto& entry : TRY(people->audit({given.user, given.tenant, given.action, given.before, limit}))) {
    objects.push_back({{"number", entry.number},
                       {"at", time_json(entry.at_ms)},
                       {"user", entry.user},
                       {"action", entry.action},
                       {"tenant", entry.tenant},
                       {"object", entry.object},
                       {"outcome", entry.outcome},
                       {"hash", entry.hash}});
  }
  context.output().list(
      objects,
      {{.key = "number", .align = Align::right},
       {.key = "at", .show = show_time},
       {.key = "user"},
       {.key = "action"},
       {.key = "tenant", .optional = true},
       {.key = "object", .optional = true},
       {.key = "outcome", .tone = [](const OrderedJson& v) { return v == "done" ? Tone::good : Tone::bad; }}},
      "nothing was noted");
  return {};
}

// Whether entry N still has the hash that was noted elsewhere.
Result<std::string> fault_of_head(access::People& people, const std::string& head) {
  const std::size_t colon = head.find(':');
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(head.data(), head.data() + std::min(colon, head.size()), number);
  if (colon == std::string::npos || fault != std::errc() || end != head.data() + colon || number < 1)
    return fail_hint("as `audit verify` says it: 12:ab34…", ErrorKind::invalid_argument,
                     "--head: \"{}\" is not NUMBER:HASH", head);
  const auto found = TRY(people.audit({.before = number + 1, .limit = 1}));
  if (found.empty() || found.front().number != number) return fmt::format("entry {} is not there", number);
  if (found.front().hash != head.substr(colon + 1)) return fmt::format("entry {} is another than it was", number);
  return std::string();
}

Status verify(Context& context, const AuditArguments& given) {
  auto* const people = TRY(people_of(context));
  access::AuditVerdict verdict = TRY(people->verify_audit());
  if (verdict.holds && !given.head.empty()) {
    verdict.fault = TRY(fault_of_head(*people, given.head));
    verdict.holds = verdict.fault.empty();
  }
  const auto newest = TRY(people->audit({.limit = 1}));
  const std::string head = newest.empty() ? "" : fmt::format("{}:{}", newest.front().number, newest.front().hash);
  if (context.output().json())
    context.output().object(
        {{"holds", verdict.holds}, {"entries", verdict.entries}, {"fault", verdict.fault}, {"head", head}});
  if (!verdict.holds) return fail(ErrorKind::check_failed, "audit: {}", verdict.fault);
  context.output().say("the chain of {} entries holds", verdict.entries);
  if (!head.empty()) context.output().say("head {}", head);
  return {};
}

}  // namespace

void add_audit_commands(Command& root) {
  const auto values = std::make_shared<AuditArguments>();
  Command& audit = root.sub("audit", "who changed what, and who was refused").group(kGroupPeople).keep(values);

  Command& list = audit.sub("list", "entries, newest first");
  list.option({.name = "--user",
               .value = "ID",
               .help = "only of this person",
               .target = &values->user,
               .kind = ValueKind::user});
  list.option({.name = "--tenant",
               .value = "ID",
               .help = "only in this tenant",
               .target = &values->tenant,
               .kind = ValueKind::tenant});
  list.option(
      {.name = "--action", .value = "WORDS", .help = "only this: \"release rollback\"", .target = &values->action});
  list.option({.name = "--limit", .value = "N", .help = "how many (default 50)", .target = &values->limit});
  list.option({.name = "--before", .value = "NUMBER", .help = "older than this entry", .target = &values->before});
  list.example("centavo audit list --user ana", "what ana did");
  list.needs(needs_manager());
  list.action([values](Context& context) { return list_entries(context, *values); });

  Command& verify_it = audit.sub("verify", "whether an entry was changed, cut out or cut off");
  verify_it.note(
      "Ends with 3 when the chain does not hold. Keep the head it says elsewhere, and ask with --head later.");
  verify_it.option(
      {.name = "--head", .value = "NUMBER:HASH", .help = "this entry is still there", .target = &values->head});
  verify_it.example("centavo audit verify", "each entry holds the hash of the one before");
  verify_it.needs(needs_manager());
  verify_it.action([values](Context& context) { return verify(context, *values); });
}

}  // namespace centavo::cli
