#include "lake/access/people.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "io/sqldb/sqldb.h"
#include "lake/access/sql_people.h"

namespace centavo::access {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kPassword = "correct horse battery";

class PeopleTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / ("centavo-people-" + new_uuid());
    std::filesystem::create_directories(dir_);
    people_ = open();
  }
  void TearDown() override {
    people_.reset();
    std::filesystem::remove_all(dir_);
  }
  std::unique_ptr<People> open() {
    auto opened = People::open(dir_.string(), clock_);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  void add(const std::string& id, std::vector<RoleGrant> roles = {}) {
    User user;
    user.id = id;
    user.name = "Name of " + id;
    user.locale = "pt-BR";
    user.roles = std::move(roles);
    const Status added = people_->add_user(user);
    ASSERT_TRUE(added) << added.error().message;
  }
  void tamper(const std::string& sql) {
    auto db = SqlDb::open((dir_ / "access.sqlite").string());
    ASSERT_TRUE(db->run(sql));
  }

  FakeClock clock_{1'790'000'000'000};
  std::filesystem::path dir_;
  std::unique_ptr<People> people_;
};

TEST_F(PeopleTest, TheFileIsItsOwnersAlone) {
  struct stat found{};
  const std::string path = (dir_ / "access.sqlite").string();
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_TRUE(People::exist(dir_.string()));
  EXPECT_FALSE(People::exist((dir_ / "other").string()));
  people_.reset();
  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(People::open(dir_.string(), clock_).error().kind, ErrorKind::permission_denied);
  ::chmod(path.c_str(), 0600);
  tamper("pragma user_version = 99");
  EXPECT_EQ(People::open(dir_.string(), clock_).error().kind, ErrorKind::unsupported);
}

TEST_F(PeopleTest, AUserIsAddedShownChangedAndRemoved) {
  add("ana", {{Role::analyst, "acme"}});
  EXPECT_EQ(people_->add_user({.id = "ana"}).error().kind, ErrorKind::already_exists);
  for (const char* id : {"", "Ana", "-a", "a b", "a/b", "ç", "a'b"})
    EXPECT_EQ(people_->add_user({.id = id}).error().kind, ErrorKind::invalid_argument) << id;
  EXPECT_EQ(people_->add_user({.id = std::string(64, 'a')}).error().kind, ErrorKind::invalid_argument);
  ASSERT_TRUE(people_->set_user("ana", "Ana B.", std::nullopt, std::nullopt));
  ASSERT_TRUE(people_->grant("ana", {Role::engineer, "globex"}));
  ASSERT_TRUE(people_->unmask("ana", {"acme", "silver.x", "cpf"}));
  const User ana = people_->user("ana").value();
  EXPECT_EQ(ana.name, "Ana B.");
  EXPECT_EQ(ana.locale, "pt-BR");
  EXPECT_FALSE(ana.has_password);
  EXPECT_EQ(ana.created_ms, clock_.now_ms());
  EXPECT_THAT(ana.roles, SizeIs(2));
  EXPECT_THAT(ana.unmasked, SizeIs(1));
  EXPECT_EQ(people_->revoke("ana", {Role::viewer, "acme"}).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(people_->revoke("ana", {Role::analyst, "acme"}));
  ASSERT_TRUE(people_->mask("ana", {"acme", "silver.x", "cpf"}));
  EXPECT_EQ(people_->mask("ana", {"acme", "silver.x", "cpf"}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(people_->principal("ana").value().roles, (std::vector<RoleGrant>{{Role::engineer, "globex"}}));
  ASSERT_TRUE(people_->remove_user("ana"));
  EXPECT_EQ(people_->user("ana").error().kind, ErrorKind::not_found);
  EXPECT_EQ(people_->grant("ana", {Role::admin, "*"}).error().kind, ErrorKind::not_found);
  EXPECT_THAT(people_->users().value(), IsEmpty());
}

TEST_F(PeopleTest, TheLastAdministratorStays) {
  add("ana", {{Role::admin, "*"}});
  add("bea", {{Role::admin, "acme"}});
  EXPECT_EQ(people_->remove_user("ana").error().kind, ErrorKind::conflict);
  EXPECT_EQ(people_->revoke("ana", {Role::admin, "*"}).error().kind, ErrorKind::conflict);
  EXPECT_EQ(people_->set_user("ana", std::nullopt, std::nullopt, true).error().kind, ErrorKind::conflict);
  EXPECT_EQ(role_in(people_->principal("ana").value(), "any"), Role::admin);  // all of it was taken back
  ASSERT_TRUE(people_->grant("bea", {Role::admin, "*"}));
  EXPECT_TRUE(people_->remove_user("ana"));
}

TEST_F(PeopleTest, APasswordSignsInAndIsNowhereInTheFile) {
  add("ana", {{Role::admin, "*"}});
  EXPECT_TRUE(people_->is_empty().value());
  EXPECT_EQ(people_->set_password("ana", "short").error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(people_->set_password("ana", "Name of ana").error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(people_->set_password("eve", kPassword).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(people_->set_password("ana", kPassword));
  EXPECT_FALSE(people_->is_empty().value());
  const auto session = people_->sign_in("ana", kPassword);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->who.user, "ana");
  EXPECT_FALSE(session->must_set_password);
  EXPECT_THAT(session->secret, SizeIs(43));
  const auto [token, text] = people_->make_token("ana", "ci", {Scope::read}, "", 30).value();
  const std::string link = people_->make_link("ana").value();
  people_.reset();  // all of it is in the file
  std::ifstream file(dir_ / "access.sqlite", std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  EXPECT_THAT(bytes.str(), HasSubstr("$argon2id$"));
  for (const std::string& secret : {std::string(kPassword), session->secret, session->csrf, text, link})
    EXPECT_EQ(bytes.str().find(secret), std::string::npos);
}

TEST_F(PeopleTest, UnknownWrongAndDisabledAreToldAlike) {
  add("ana");
  add("bob");
  ASSERT_TRUE(people_->set_password("ana", kPassword));
  ASSERT_TRUE(people_->set_password("bob", kPassword));
  ASSERT_TRUE(people_->set_user("bob", std::nullopt, std::nullopt, true));
  const Error wrong = people_->sign_in("ana", "not the password").error();
  const Error unknown = people_->sign_in("nobody", kPassword).error();
  const Error disabled = people_->sign_in("bob", kPassword).error();
  EXPECT_EQ(wrong.kind, ErrorKind::permission_denied);
  EXPECT_EQ(wrong.message, unknown.message);
  EXPECT_EQ(wrong.message, disabled.message);
  EXPECT_EQ(unknown.kind, wrong.kind);
  EXPECT_EQ(disabled.kind, wrong.kind);
  EXPECT_EQ(people_->principal("bob").error().kind, ErrorKind::permission_denied);
}

TEST_F(PeopleTest, WrongPasswordsMakeOneWaitWhetherThereIsSuchAUserOrNot) {
  add("ana");
  ASSERT_TRUE(people_->set_password("ana", kPassword));
  for (const char* user : {"ana", "nobody"}) {
    for (int i = 0; i < People::kFailuresMax; ++i)
      EXPECT_EQ(people_->sign_in(user, "not the password").error().kind, ErrorKind::permission_denied) << user << i;
    const Error waits = people_->sign_in(user, kPassword).error();
    EXPECT_EQ(waits.kind, ErrorKind::busy) << user;
    EXPECT_THAT(waits.message, HasSubstr("30 seconds"));
  }
  clock_.advance_ms(People::kWaitMs);
  EXPECT_EQ(people_->sign_in("ana", "not the password").error().kind, ErrorKind::permission_denied);
  EXPECT_THAT(people_->sign_in("ana", kPassword).error().message, HasSubstr("60 seconds"));
  clock_.advance_ms(2 * People::kWaitMs);
  EXPECT_TRUE(people_->sign_in("ana", kPassword));
  EXPECT_EQ(people_->sign_in("ana", "not the password").error().kind, ErrorKind::permission_denied);  // counts anew
}

TEST_F(PeopleTest, ASessionEndsWhenItIdlesOrGrowsOldOrIsEnded) {
  add("ana");
  ASSERT_TRUE(people_->set_password("ana", kPassword));
  const Session first = people_->sign_in("ana", kPassword).value();
  EXPECT_EQ(people_->session(first.secret).value().csrf, first.csrf);
  EXPECT_EQ(people_->session("").error().kind, ErrorKind::permission_denied);
  EXPECT_EQ(people_->session(first.csrf).error().kind, ErrorKind::permission_denied);
  clock_.advance_ms(People::kSessionMs - 1);
  EXPECT_TRUE(people_->session(first.secret));
  clock_.advance_ms(People::kSessionMs - 1);
  EXPECT_TRUE(people_->session(first.secret));  // the use before counted
  clock_.advance_ms(People::kSessionMs);
  EXPECT_FALSE(people_->session(first.secret));

  const Session second = people_->sign_in("ana", kPassword).value();
  for (int i = 1; i < 14 * 24; ++i) {
    clock_.advance_ms(People::kSessionMs / 24);
    EXPECT_TRUE(people_->session(second.secret)) << i;
  }
  clock_.advance_ms(People::kSessionMs / 24);
  EXPECT_FALSE(people_->session(second.secret)) << "a week after the sign-in";

  const Session third = people_->sign_in("ana", kPassword).value();
  const Session fourth = people_->sign_in("ana", kPassword).value();
  ASSERT_TRUE(people_->sign_out(third.secret));
  EXPECT_FALSE(people_->session(third.secret));
  EXPECT_TRUE(people_->session(fourth.secret));
  const Session fifth = people_->sign_in("ana", kPassword).value();
  ASSERT_TRUE(people_->set_password("ana", "another good password", fifth.secret));
  EXPECT_FALSE(people_->session(fourth.secret));
  EXPECT_TRUE(people_->session(fifth.secret));
  ASSERT_TRUE(people_->set_user("ana", std::nullopt, std::nullopt, true));
  EXPECT_FALSE(people_->session(fifth.secret));
}

TEST_F(PeopleTest, AChangeIsSeenAtOnceAndAnotherProcesssSoon) {
  add("ana", {{Role::viewer, "acme"}});
  ASSERT_TRUE(people_->set_password("ana", kPassword));
  const Session session = people_->sign_in("ana", kPassword).value();
  EXPECT_EQ(role_in(people_->session(session.secret)->who, "acme"), Role::viewer);
  ASSERT_TRUE(people_->grant("ana", {Role::engineer, "acme"}));
  EXPECT_EQ(role_in(people_->session(session.secret)->who, "acme"), Role::engineer);
  const auto other = open();
  ASSERT_TRUE(other->revoke("ana", {Role::engineer, "acme"}));
  clock_.advance_ms(People::kRememberMs + 1);
  EXPECT_EQ(role_in(people_->session(session.secret)->who, "acme"), Role::viewer);
}

TEST_F(PeopleTest, ALinkSignsInOnce) {
  add("ana", {{Role::admin, "*"}});
  const std::string first = people_->make_link("ana").value();
  const std::string second = people_->make_link("ana").value();
  EXPECT_EQ(people_->follow_link(first).error().kind, ErrorKind::permission_denied) << "a new one ends the earlier";
  const auto session = people_->follow_link(second);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE(session->must_set_password);
  EXPECT_TRUE(people_->session(session->secret)->must_set_password);
  EXPECT_EQ(people_->follow_link(second).error().kind, ErrorKind::permission_denied);
  const std::string late = people_->make_link("ana").value();
  clock_.advance_ms(People::kLinkMs);
  EXPECT_EQ(people_->follow_link(late).error().kind, ErrorKind::permission_denied);
  EXPECT_EQ(people_->make_link("nobody").error().kind, ErrorKind::not_found);
}

TEST_F(PeopleTest, ATokenIsNarrowedEndsAndCannotBeGuessed) {
  add("ana", {{Role::engineer, "acme"}});
  EXPECT_FALSE(people_->make_token("ana", "ci", {}, "", 30));
  EXPECT_FALSE(people_->make_token("ana", "ci", {Scope::read}, "", 0));
  EXPECT_FALSE(people_->make_token("ana", "", {Scope::read}, "", 30));
  EXPECT_EQ(people_->make_token("ana", "ci", {Scope::read}, "globex", 30).error().kind, ErrorKind::not_found);
  const auto [token, text] = people_->make_token("ana", "ci", {Scope::read, Scope::run}, "acme", 30).value();
  EXPECT_THAT(text, testing::StartsWith("cvt_"));
  const Principal who = people_->token_holder(text).value();
  EXPECT_EQ(who.user, "ana");
  EXPECT_EQ(who.tenant_only, "acme");
  EXPECT_EQ(who.scopes, (std::set{Scope::read, Scope::run}));
  EXPECT_EQ(people_->tokens("ana")->front().last_used_ms, clock_.now_ms());
  for (const std::string& guess : {std::string("cvt_"), text + "x", text.substr(0, text.size() - 1), token.id})
    EXPECT_EQ(people_->token_holder(guess).error().kind, ErrorKind::permission_denied) << guess;
  clock_.advance_ms(30LL * 86'400'000);
  EXPECT_FALSE(people_->token_holder(text)) << "its days are over";
  const auto [second, second_text] = people_->make_token("ana", "ci", {Scope::read}, "", 30).value();
  EXPECT_TRUE(people_->token_holder(second_text));
  ASSERT_TRUE(people_->end_token(second.id));
  EXPECT_FALSE(people_->token_holder(second_text));
  EXPECT_EQ(people_->end_token(second.id).error().kind, ErrorKind::not_found);
}

TEST_F(PeopleTest, AScopeBringsTheNarrowerOnesWhoeverMakesTheToken) {
  add("bia", {{Role::admin, "acme"}});
  const auto scopes_of = [&](Scope scope) { return people_->make_token("bia", "t", {scope}, "", 1)->first.scopes; };
  EXPECT_EQ(scopes_of(Scope::read), std::set<Scope>{Scope::read});
  EXPECT_EQ(scopes_of(Scope::run), (std::set<Scope>{Scope::read, Scope::run}));
  EXPECT_EQ(scopes_of(Scope::admin), (std::set<Scope>{Scope::read, Scope::run, Scope::admin}));
  const auto made = people_->make_token("bia", "t", {Scope::admin}, "", 1);
  const auto holder = people_->token_holder(made->second);
  ASSERT_TRUE(holder);
  EXPECT_TRUE(may(*holder, Right::cost_read, "acme"));
  EXPECT_TRUE(may(*holder, Right::close, "acme"));
}

TEST_F(PeopleTest, OnePersonHasSoManyTokensAndThoseThatEndedLongAgoMakeRoom) {
  add("bia");
  for (std::int64_t i = 0; i < People::kTokensMost; ++i)
    ASSERT_TRUE(people_->make_token("bia", "t", {Scope::read}, "", 1)) << i;
  const auto more = people_->make_token("bia", "t", {Scope::read}, "", 1);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::over_limit);
  clock_.advance_ms(40LL * 86'400'000);
  EXPECT_TRUE(people_->make_token("bia", "t", {Scope::read}, "", 1));
  EXPECT_THAT(*people_->tokens("bia"), SizeIs(1));
}

TEST_F(PeopleTest, ReadsCostAWriteOnlyOnceAMinute) {
  add("ana");
  const auto [token, text] = people_->make_token("ana", "ci", {Scope::read}, "", 30).value();
  ASSERT_TRUE(people_->token_holder(text));
  const TimeMs first = clock_.now_ms();
  for (int i = 0; i < 11; ++i) {
    clock_.advance_ms(5'000);
    ASSERT_TRUE(people_->token_holder(text));
  }
  EXPECT_EQ(people_->tokens("ana")->front().last_used_ms, first);
  clock_.advance_ms(5'000);
  ASSERT_TRUE(people_->token_holder(text));
  EXPECT_EQ(people_->tokens("ana")->front().last_used_ms, clock_.now_ms());
  EXPECT_EQ(people_->user("ana")->last_seen_ms, clock_.now_ms());
}

TEST(Remembered, WhatWasLookedUpBeforeAChangeIsNotKeptBehindIt) {
  Remembered remembered;
  Holder holder;
  holder.ends_ms = 1000;
  const std::uint64_t before = remembered.turn();
  remembered.keep_since(before, "a", holder);
  EXPECT_TRUE(remembered.find("a", 1));
  remembered.forget_all();
  EXPECT_FALSE(remembered.find("a", 1));
  remembered.keep_since(before, "a", holder);
  EXPECT_FALSE(remembered.find("a", 1));
}

TEST_F(PeopleTest, ALookUpCostsMicroseconds) {
  add("ana", {{Role::admin, "*"}});
  const auto [token, text] = people_->make_token("ana", "ci", {Scope::read}, "", 30).value();
  ASSERT_TRUE(people_->token_holder(text));
  constexpr int kTimes = 20'000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i) ASSERT_TRUE(people_->token_holder(text));
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
  RecordProperty("microseconds", std::to_string(taken.count() / kTimes));
  std::printf("  a look-up takes %.2f us\n", taken.count() / kTimes);
  EXPECT_LT(taken.count() / kTimes, 200) << "it should be under 20 on a quiet machine";
}

TEST_F(PeopleTest, ManySignInsAtOnceTakeTurns) {
  add("ana");
  ASSERT_TRUE(people_->set_password("ana", kPassword));
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { done += people_->sign_in("ana", kPassword) ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 8);
}

TEST_F(PeopleTest, TheAuditIsAChain) {
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(people_->record({.user = i % 2 ? "ana" : "bob",
                                 .action = "run",
                                 .tenant = "acme",
                                 .object = "o",
                                 .outcome = i == 3 ? "refused" : "done"}));
    clock_.advance_ms(1000);
  }
  EXPECT_TRUE(people_->verify_audit()->holds);
  EXPECT_EQ(people_->verify_audit()->entries, 5);
  EXPECT_THAT(people_->audit({.user = "ana"}).value(), SizeIs(3));
  EXPECT_THAT(people_->audit({.tenant = "globex"}).value(), IsEmpty());
  const auto older = people_->audit({.before = 4, .limit = 2}).value();
  ASSERT_THAT(older, SizeIs(2));
  EXPECT_EQ(older[0].number, 3);
  EXPECT_EQ(older[0].outcome, "refused");
  const auto other = open();  // two processes write one chain
  ASSERT_TRUE(other->record({.user = "eve", .action = "query", .outcome = "done"}));
  ASSERT_TRUE(people_->record({.user = "ana", .action = "query", .outcome = "done"}));
  EXPECT_TRUE(people_->verify_audit()->holds);
}

TEST_F(PeopleTest, EveryTamperingWithTheAuditIsFound) {
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(people_->record({.user = "ana", .action = "run", .tenant = "acme", .object = "o", .outcome = "done"}));
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"update audit set outcome = 'refused' where number = 2", "entry 2"},
      {"update audit set at_ms = at_ms + 1 where number = 5", "entry 5"},
      {"update audit set user_id = 'a', action = 'narun' where number = 4", "entry 4"},
      {"delete from audit where number = 3", "entry 3"},
      {"delete from audit where number = 1", "entry 1"},
      {"delete from audit where number = 5", "entries 5 to 5"},
      {"delete from audit", "entries 1 to 5"},
      {"update audit set number = 9 where number = 5", "entry 5"},
  };
  const auto path = dir_ / "access.sqlite", kept = dir_ / "kept.sqlite";
  tamper("pragma wal_checkpoint(truncate)");
  std::filesystem::copy_file(path, kept);
  for (const auto& [sql, place] : changes) {
    tamper(sql);
    const auto verdict = people_->verify_audit();
    ASSERT_TRUE(verdict) << sql;
    EXPECT_FALSE(verdict->holds) << sql;
    EXPECT_THAT(verdict->fault, HasSubstr(place)) << sql;
    people_.reset();
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + ending);
    std::filesystem::copy_file(kept, path);
    people_ = open();
    ASSERT_TRUE(people_->verify_audit()->holds);
  }
}

TEST_F(PeopleTest, TheVerdictOfAPageReadsWhatIsNewAndAfterAMinuteAll) {
  const auto write = [&] { ASSERT_TRUE(people_->record({.user = "bia", .action = "a", .outcome = "done"})); };
  for (int i = 0; i < 3; ++i) write();
  EXPECT_TRUE(people_->audit_verdict()->holds);
  write();
  EXPECT_EQ(people_->audit_verdict()->entries, 4);
  EXPECT_TRUE(people_->audit_verdict()->holds);
  // What it knows already is looked at again at its end only, until a minute is over; verify_audit() always reads all.
  tamper("update audit set object = 'x' where number = 2");
  EXPECT_TRUE(people_->audit_verdict()->holds);
  EXPECT_FALSE(people_->verify_audit()->holds);
  clock_.advance_ms(People::kVerdictMs);
  EXPECT_FALSE(people_->audit_verdict()->holds);
}

TEST_F(PeopleTest, TheVerdictOfAPageSeesAtOnceWhatIsWrongWithTheEnd) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(people_->record({.user = "bia", .action = "a", .outcome = "done"}));
  EXPECT_TRUE(people_->audit_verdict()->holds);
  tamper("delete from audit where number = 4");
  EXPECT_FALSE(people_->audit_verdict()->holds);
}

TEST_F(PeopleTest, AFileThatIsNoDatabaseIsSaid) {
  people_.reset();
  for (const char* ending : {"-wal", "-shm"}) std::filesystem::remove((dir_ / "access.sqlite").string() + ending);
  std::ofstream(dir_ / "access.sqlite") << std::string(5000, 'x');
  EXPECT_EQ(People::open(dir_.string(), clock_).error().kind, ErrorKind::corrupt_data);
}

}  // namespace
}  // namespace centavo::access
