#include "flow/generate/aws_fleet.h"

#include <array>

#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

constexpr std::size_t kCachedSlotsMax = 20000;   // some 12 MB
constexpr Amount kPlanShare = 0.68_amount;       // what a savings plan leaves of the price

constexpr std::array<std::string_view, 8> kTeams = {"payments", "search", "checkout", "ads",
                                                    "platform", "data",   "mobile",   "risk"};
constexpr std::array<std::string_view, 8> kTenants = {"tenant-payments", "tenant-search",   "tenant-checkout",
                                                      "tenant-ads",      "tenant-platform", "tenant-data",
                                                      "tenant-mobile",   "tenant-risk"};

std::string arn(std::string_view service, const Region& region, const Account& account, std::string_view rest) {
  return fmt::format("arn:aws:{}:{}:{}:{}", service, region.code, account.id, rest);
}

std::string resource_name(ResourceForm form, const Region& region, const Account& account, std::string_view team,
                          Random& random) {
  const auto hex = [&](int length) { return random_text(random, Alphabet::hex, length); };
  switch (form) {
    case ResourceForm::none: return {};
    case ResourceForm::instance: return "i-0" + hex(16);
    case ResourceForm::volume: return "vol-0" + hex(16);
    case ResourceForm::snapshot: return arn("ec2", region, account, "snapshot/snap-0" + hex(16));
    case ResourceForm::nat_gateway: return arn("ec2", region, account, "natgateway/nat-0" + hex(16));
    case ResourceForm::load_balancer:
      return arn("elasticloadbalancing", region, account, fmt::format("loadbalancer/app/{}-alb/{}", team, hex(16)));
    case ResourceForm::bucket: return fmt::format("{}-{}-{}", team, random.percent(50) ? "assets" : "logs", hex(6));
    case ResourceForm::database: return arn("rds", region, account, fmt::format("db:{}-db-{}", team, hex(4)));
    case ResourceForm::function:
      return arn("lambda", region, account, fmt::format("function:{}-worker-{}", team, hex(4)));
    case ResourceForm::distribution:
      return fmt::format("arn:aws:cloudfront::{}:distribution/E{}", account.id,
                         random_text(random, Alphabet::upper, 13));
    case ResourceForm::table: return arn("dynamodb", region, account, fmt::format("table/{}-{}", team, hex(4)));
    case ResourceForm::cache:
      return arn("elasticache", region, account, fmt::format("cluster:{}-cache-{}", team, hex(4)));
    case ResourceForm::task: return arn("ecs", region, account, fmt::format("task/{}/{}", team, hex(32)));
    case ResourceForm::cluster: return arn("eks", region, account, fmt::format("cluster/{}-{}", team, hex(4)));
    case ResourceForm::log_group:
      return arn("logs", region, account, fmt::format("log-group:/app/{}/{}", team, hex(4)));
    case ResourceForm::queue: return arn("sqs", region, account, fmt::format("{}-events-{}", team, hex(4)));
    case ResourceForm::topic: return arn("sns", region, account, fmt::format("{}-alerts-{}", team, hex(4)));
    case ResourceForm::search_domain: return arn("es", region, account, fmt::format("domain/{}-{}", team, hex(4)));
    case ResourceForm::stream: return arn("kinesis", region, account, fmt::format("stream/{}-{}", team, hex(4)));
    case ResourceForm::key: return arn("kms", region, account, "key/" + uuid_of(random.next()));
    case ResourceForm::secret:
      return arn("secretsmanager", region, account, fmt::format("secret:{}/api-{}", team, hex(6)));
    case ResourceForm::zone: return "arn:aws:route53:::hostedzone/Z" + random_text(random, Alphabet::upper, 13);
    case ResourceForm::api: return fmt::format("arn:aws:apigateway:{}::/apis/{}", region.code, hex(10));
    case ResourceForm::vault: return arn("backup", region, account, "recovery-point:" + uuid_of(random.next()));
    case ResourceForm::file_system: return arn("elasticfilesystem", region, account, "file-system/fs-0" + hex(16));
    case ResourceForm::repository: return arn("ecr", region, account, fmt::format("repository/{}-{}", team, hex(4)));
  }
  return {};
}

template <class Range>
std::vector<std::uint16_t> by_weight(const Range& range) {
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < range.size(); ++i)
    out.insert(out.end(), static_cast<std::size_t>(range[i].weight), static_cast<std::uint16_t>(i));
  return out;
}

Product make_product(const UsageKind& kind, const Region& region, const Layout& layout) {
  Product out;
  out.kind = &kind;
  out.region = &region;
  out.rate = kind.rate / 100 * region.price_percent;
  if (kind.savings_plan) out.plan_rate = times(out.rate, kPlanShare);
  out.usage_type = fmt::format("{}{}", region.prefix, kind.usage_type);
  out.rate_text = text_of(out.rate);
  Random random(mix(static_cast<std::uint64_t>(&kind - usage_kinds().data()),
                    static_cast<std::uint64_t>(&region - regions().data())));
  out.sku = random_text(random, Alphabet::upper, 16);
  out.rate_code = out.sku + ".JRTCKXETXF.6YS6EN2CT7";
  out.rate_id = random_text(random, Alphabet::digits, 9);
  out.description =
      csv_field(fmt::format("${} per {} of {} in {}", out.rate_text, kind.unit, out.usage_type, region.location));
  out.columns = layout.product_columns(out);
  return out;
}

}  // namespace

Fleet::Fleet(std::uint64_t seed, int accounts, const Layout& layout)
    : seed_(mix(seed, 0xf1ee7)), kind_by_weight_(by_weight(usage_kinds())), region_by_weight_(by_weight(regions())) {
  Random random(mix(seed, 0xacc7));
  for (int i = 0; i < accounts; ++i) {
    Account account;
    account.index = i;
    // One account starts with zeros, as real ones do: ids are text.
    account.id = i == 3 ? "00" + random_text(random, Alphabet::digits, 10)
                        : std::to_string(random.between(1, 9)) + random_text(random, Alphabet::digits, 11);
    const auto team = static_cast<std::size_t>(i) % kTeams.size();
    account.team = i == 0 ? kTeams[4] : kTeams[team];
    account.tenant = i == 0 ? kTenants[4] : kTenants[team];
    account.name = i == 0 ? "payer" : fmt::format("{}-{}", account.team, i < 9 ? "prod" : "dev");
    accounts_.push_back(std::move(account));
  }
  products_.reserve(usage_kinds().size() * regions().size());
  for (const auto& kind : usage_kinds()) {
    for (const auto& region : regions()) products_.push_back(make_product(kind, region, layout));
  }
}

const Product& Fleet::product(int kind, int region) const {
  return products_[static_cast<std::size_t>(kind) * regions().size() + static_cast<std::size_t>(region)];
}

std::int64_t Fleet::expected(std::int64_t rows, int kind, int region) const {
  const auto all = static_cast<std::int64_t>(kind_by_weight_.size() * region_by_weight_.size());
  return rows * usage_kinds()[static_cast<std::size_t>(kind)].weight *
         regions()[static_cast<std::size_t>(region)].weight / all;
}

Slot Fleet::make(std::int64_t index) const {
  Slot out;
  out.key = mix(seed_, static_cast<std::uint64_t>(index));
  Random random(out.key);
  const int kind =
      kind_by_weight_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kind_by_weight_.size())))];
  const int region =
      region_by_weight_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(region_by_weight_.size())))];
  out.product = &product(kind, region);
  // A few accounts carry most of the bill; the payer runs nothing itself.
  const auto linked = static_cast<std::int64_t>(accounts_.size()) - 1;
  const std::int64_t account = 1 + std::min(random.below(linked), random.below(linked));
  out.account = &accounts_[static_cast<std::size_t>(account)];
  const std::string_view team =
      random.percent(80) ? out.account->team : kTeams[static_cast<std::size_t>(random.below(8))];
  out.team = random.percent(82) ? team : "";
  const auto env = random.below(100);
  out.env = account >= 9 ? (env < 90 ? "dev" : "")
            : env < 64   ? "prod"
            : env < 78   ? "staging"
            : env < 83   ? "production"
            : env < 86   ? "Prod"
                         : "";
  out.tenant = random.percent(93) ? out.account->tenant : "";
  out.id = random_text(random, Alphabet::lower, 52);
  out.negation_id = out.id;
  out.id[0] = 'm';
  out.negation_id[0] = 'n';
  const UsageKind& used = *out.product->kind;
  out.resource = resource_name(used.resource, *out.product->region, *out.account, team, random);
  if (used.resource == ResourceForm::instance || used.resource == ResourceForm::volume) {
    out.zone = fmt::format("{}{}", out.product->region->code, "abc"[random.below(3)]);
  }
  out.typical = used.instance ? kOne : used.typical / 100 * random.between(20, 260);
  out.pods = used.instance && used.savings_plan && random.percent(12);
  return out;
}

const Slot& Fleet::slot(std::int64_t index) {
  while (cache_.size() < kCachedSlotsMax && static_cast<std::int64_t>(cache_.size()) <= index) {
    cache_.push_back(make(static_cast<std::int64_t>(cache_.size())));
  }
  if (index < static_cast<std::int64_t>(cache_.size())) return cache_[static_cast<std::size_t>(index)];
  beyond_ = make(index);
  return beyond_;
}

}  // namespace centavo::generate
