/// \file app/cli/token_commands.cc
/// token add|list|end

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/people_text.h"

namespace centavo::cli {
namespace {

struct TokenArguments {
  std::string id, name, user, tenant;
  std::vector<std::string> scopes;
  std::int64_t days = 90;
};

Status add_token(Context& context, const TokenArguments& given) {
  std::set<access::Scope> scopes;
  for (const std::string& scope : given.scopes) scopes.insert(TRY(access::parse_scope(scope)));
  if (scopes.empty()) scopes.insert(access::Scope::read);
  const int days = static_cast<int>(std::clamp<std::int64_t>(given.days, -1, 1'000'000));
  auto* const people = TRY(context.need_people());
  const auto [token, text] = TRY(people->make_token(given.user, given.name, scopes, given.tenant, days));
  if (context.output().json()) {
    OrderedJson object = token_object(token);
    object["token"] = text;
    context.output().object(object);
  }
  context.output().say("{}", text);
  context.output().note("token {} of {}, until {}; this is the only time it is shown", token.id, token.user,
                        time_text(token.expires_ms));
  return {};
}

Status list_tokens(Context& context, const TokenArguments& given) {
  std::vector<OrderedJson> objects;
  if (auto* const people = TRY(context.people_there_are())) {
    for (const access::Token& token : TRY(people->tokens(given.user))) objects.push_back(token_object(token));
  }
  context.output().list(objects,
                        {{.key = "id"},
                         {.key = "name"},
                         {.key = "user"},
                         {.key = "scopes", .show = show_words},
                         {.key = "tenant", .optional = true},
                         {.key = "expires_at", .title = "until", .show = show_time},
                         {.key = "last_used_at", .title = "last used", .show = show_time}},
                        "no tokens: centavo token add NAME --user ID");
  return {};
}

Status end_token(Context& context, const TokenArguments& given) {
  auto* const people = TRY(context.people_there_are());
  if (people == nullptr) return fail(ErrorKind::not_found, "no token \"{}\"", given.id);
  if (!access::may_manage(context.who())) {  // its own, and of no other does it learn whether there are any
    const auto own = TRY(people->tokens(context.who().user));
    const bool is_own = std::any_of(own.begin(), own.end(), [&](const auto& token) { return token.id == given.id; });
    if (!is_own) return fail(ErrorKind::not_found, "no token \"{}\" of {}", given.id, context.who().user);
  }
  TRY(people->end_token(given.id));
  if (context.output().json()) context.output().object({{"id", given.id}, {"state", "ended"}});
  context.output().say("token {} is no good any more", given.id);
  return {};
}

}  // namespace

void add_token_commands(Command& root) {
  const auto values = std::make_shared<TokenArguments>();
  Command& token = root.sub("token", "tokens for scripts: add, list, end").group(kGroupPeople).keep(values);
  const Option user = {.name = "--user",
                       .value = "ID",
                       .help = "whose: it never does more than this person may",
                       .target = &values->user,
                       .required = true,
                       .kind = ValueKind::user};

  Command& add = token.sub("add", "a new token; its text is shown once").option(user);
  add.option({.name = "NAME", .help = "what it is for", .target = &values->name, .required = true});
  add.option({.name = "--scope",
              .value = "SCOPE",
              .help = "what it may be used for (default read)",
              .target = &values->scopes,
              .choices = {"read", "run", "admin"}});
  add.option({.name = "--tenant",
              .value = "ID",
              .help = "only in this tenant",
              .target = &values->tenant,
              .kind = ValueKind::tenant});
  add.option({.name = "--days", .value = "N", .help = "how long it is good (default 90)", .target = &values->days});
  add.example("centavo token add nightly --user rui --scope read --scope run --tenant acme", "for a nightly script");
  add.needs(needs_oneself(values->user).writing([values] { return values->user; }));
  add.action([values](Context& context) { return add_token(context, *values); });

  Option whose = user;
  whose.required = false;
  whose.help = "only this person's";
  Command& list = token.sub("list", "tokens, when they end and were used last").option(whose);
  list.example("centavo token list", "of everybody");
  list.needs(needs_oneself(values->user));
  list.action([values](Context& context) { return list_tokens(context, *values); });

  Command& end = token.sub("end", "end a token at once");
  end.option({.name = "ID", .help = "as `token list` says", .target = &values->id, .required = true});
  end.example("centavo token end 0123456789abcdef", "one that leaked");
  end.needs(needs_person().writing([values] { return values->id; }));
  end.action([values](Context& context) { return end_token(context, *values); });
}

}  // namespace centavo::cli
