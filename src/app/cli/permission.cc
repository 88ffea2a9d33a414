#include "app/cli/permission.h"

namespace centavo::cli {
namespace {

constexpr const char* kOwner = "(owner)";

std::string text_of(const std::string* target) { return target == nullptr ? std::string() : *target; }

tl::unexpected<Error> refused(const Context& context, const Parsed& parsed) {
  return fail_hint("an administrator grants more: centavo grant add", ErrorKind::permission_denied, "{} may not `{}`",
                   context.who().user, fmt::join(parsed.path, " "));
}

Status check_tenant(Context& context, const Parsed& parsed, const Needs& needs) {
  const std::string tenant = text_of(needs.tenant);
  if (tenant.empty()) return {};  // the command works on those it may
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(tenant));
  if (!context.may(needs.right, tenant)) {
    return fail_hint("an administrator grants more: centavo grant add", ErrorKind::permission_denied,
                     "{} may not `{}` in tenant {}", context.who().user, fmt::join(parsed.path, " "), tenant);
  }
  const std::string table = text_of(needs.table);
  const std::string layer = needs.layer.empty() ? table.substr(0, table.find('.')) : needs.layer;
  if (layer.empty() || context.sight(tenant).sees_layer(layer)) return {};
  return fail_hint("an administrator grants more: centavo grant add", ErrorKind::permission_denied,
                   "{}: the layer {} of tenant {} is not in sight of {}", fmt::join(parsed.path, " "), layer, tenant,
                   context.who().user);
}

Status check(Context& context, const Parsed& parsed, const Needs& needs) {
  const access::Principal& who = context.who();
  if (who.owner) return {};
  switch (needs.who) {
    case Needs::Who::anyone:
    case Needs::Who::person: return {};
    case Needs::Who::reader: return check_tenant(context, parsed, needs);
    case Needs::Who::manager:
      if (access::may_manage(who)) return {};
      break;
    case Needs::Who::oneself:
      if (access::may_manage(who) || text_of(needs.user) == who.user) return {};
      break;
  }
  return refused(context, parsed);
}

Status record(Context& context, const Parsed& parsed, const Needs& needs, const char* outcome) {
  auto* const people = TRY(context.people_there_are());
  if (people == nullptr) return {};
  access::AuditEntry entry;
  entry.user = context.who().owner ? kOwner : context.who().user;
  entry.action = fmt::format("{}", fmt::join(parsed.path, " "));
  entry.tenant = text_of(needs.tenant);
  entry.object = needs.object ? needs.object() : text_of(needs.table);
  entry.outcome = outcome;
  return people->record(std::move(entry));
}

}  // namespace

Status act_permitted(Context& context, const Parsed& parsed) {
  const auto& needs = parsed.command->needs();
  if (!needs) return fail(ErrorKind::internal, "{} does not say what it needs", fmt::join(parsed.path, " "));
  if (needs->who == Needs::Who::anyone) return parsed.command->action()(context);
  if (!context.globals().user.empty()) {
    if (auto* const people = TRY(context.people_there_are())) {
      auto who = TRY_IN("--as", people->principal(context.globals().user));
      context.act_for(std::move(who), needs->right);
    }
  }
  if (const Status permitted = check(context, parsed, *needs); !permitted) {
    static_cast<void>(record(context, parsed, *needs, "refused"));  // it is refused, noted or not
    return permitted;
  }
  const Status done = parsed.command->action()(context);
  const bool was_refused = !done && done.error().kind == ErrorKind::permission_denied && !context.who().owner;
  if (!needs->writes && !was_refused) return done;
  const Status noted = record(context, parsed, *needs, done ? "done" : was_refused ? "refused" : "failed");
  if (done && !noted) return fail_within("it is done, but not in the audit", noted.error());
  return done;
}

}  // namespace centavo::cli
