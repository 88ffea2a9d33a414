#include "flow/generate/retail_people.h"

#include <array>

#include <fmt/format.h>

namespace centavo::generate {
namespace {

constexpr std::array<std::string_view, 20> kFirst = {"Ana",    "Bruno", "Carla", "Diego",  "Elisa", "Fábio", "Gilda",
                                                     "Heitor", "Inês",  "João",  "Karina", "Lucas", "Marta", "Nuno",
                                                     "Olga",   "Paulo", "Rita",  "Sérgio", "Tânia", "Ugo"};
constexpr std::array<std::string_view, 20> kLetters = {"ana",    "bruno", "carla", "diego",  "elisa", "fabio", "gilda",
                                                       "heitor", "ines",  "joao",  "karina", "lucas", "marta", "nuno",
                                                       "olga",   "paulo", "rita",  "sergio", "tania", "ugo"};
constexpr std::array<std::string_view, 12> kLast = {"Exemplo", "Amostra", "Modelo",   "Padrão", "Fictício", "Inventado",
                                                    "Ensaio",  "Teste",   "Rascunho", "Molde",  "Esboço",   "Croqui"};
constexpr std::array<std::string_view, 5> kDomains = {"example.com", "example.org", "example.net", "mail.example.com",
                                                      "loja.example"};
constexpr std::array<std::string_view, 8> kCities = {"São Paulo", "Campinas", "Recife",  "Natal",
                                                     "Belém",     "Curitiba", "Goiânia", "Vitória"};

// Source: Receita Federal's rule: weights falling to 2, sum modulo 11.
char check_digit(const std::string& digits) {
  int sum = 0;
  int weight = static_cast<int>(digits.size()) + 1;
  for (const char c : digits) sum += (c - '0') * weight--;
  const int rest = sum % 11;
  return static_cast<char>('0' + (rest < 2 ? 0 : 11 - rest));
}

std::string card_of(Random& random) {
  std::string digits = "9999" + random_text(random, Alphabet::digits, 11);
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int d = digits[i] - '0';
    if (i % 2 == 0) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return digits + static_cast<char>('0' + (10 - sum % 10) % 10);
}

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& of, Random& random) {
  return of[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(N)))];
}

}  // namespace

Person person_of(std::uint64_t seed, std::int64_t index) {
  Random random(mix(seed, 0x9e09, static_cast<std::uint64_t>(index)));
  Person out;
  out.customer_id = fmt::format("C{:07}", index + 1);
  const auto first = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kFirst.size())));
  out.name = fmt::format("{} {} {}", kFirst[first], pick(kLast, random), pick(kLast, random));
  out.email = fmt::format("{}.{}@{}", kLetters[first], index + 1, pick(kDomains, random));
  do {
    out.cpf = random_text(random, Alphabet::digits, 9);
  } while (out.cpf.find_first_not_of(out.cpf[0]) == std::string::npos);   // eleven equal digits are no CPF
  out.cpf += check_digit(out.cpf);
  out.cpf += check_digit(out.cpf);
  out.card = card_of(random);
  out.city = pick(kCities, random);
  return out;
}

std::string with_wrong_check_digit(std::string cpf) {
  cpf.back() = static_cast<char>('0' + (cpf.back() - '0' + 1) % 10);
  return cpf;
}

std::string with_points(const std::string& cpf) {
  return fmt::format("{}.{}.{}-{}", cpf.substr(0, 3), cpf.substr(3, 3), cpf.substr(6, 3), cpf.substr(9));
}

}  // namespace centavo::generate
