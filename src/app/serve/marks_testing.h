#pragma once
/// \file app/serve/marks_testing.h
/// For the tests of this folder: finds texts that must not be in an answer, in every byte of it, also where the bytes
/// are packed (XLSX, Parquet).

#include <array>
#include <bitset>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <unordered_map>

#include <archive.h>
#include <archive_entry.h>

#include "app/serve/served_lake_testing.h"

namespace centavo::serve {

/// Texts of eight bytes and more, looked for all at once: a byte of an answer costs one look at a table.
class Marks {
 public:
  void add(const std::string& mark) {
    if (mark.size() < kHead || !all_.insert(mark).second) return;
    heads_.set(head_of(mark.data()));
    by_head_[mark.substr(0, kHead)].push_back(mark);
  }
  std::size_t size() const { return all_.size(); }
  const std::set<std::string>& all() const { return all_; }

  /// Calls `found` with every mark of the text.
  template <class Found>
  void find(std::string_view text, const Found& found) const {
    for (std::size_t at = 0; at + kHead <= text.size(); ++at) {
      if (!heads_.test(head_of(text.data() + at))) continue;
      const auto some = by_head_.find(std::string(text.substr(at, kHead)));
      if (some == by_head_.end()) continue;
      for (const auto& mark : some->second) {
        if (text.substr(at, mark.size()) == mark) found(mark);
      }
    }
  }

 private:
  static constexpr std::size_t kHead = 8;
  static std::size_t head_of(const char* bytes) {
    std::uint64_t head = 0;
    std::memcpy(&head, bytes, kHead);
    return (head * 0x9E3779B97F4A7C15U) >> 44U;
  }

  std::set<std::string> all_;
  std::bitset<std::size_t{1} << 20> heads_;
  std::unordered_map<std::string, std::vector<std::string>> by_head_;
};

/// What is in a ZIP, one file behind the other.
inline std::string unzipped(const std::string& bytes) {
  std::string out;
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return bytes;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    std::array<char, 16384> piece{};
    for (la_ssize_t size = 0; (size = archive_read_data(reader.get(), piece.data(), piece.size())) > 0;)
      out.append(piece.data(), static_cast<std::size_t>(size));
  }
  return out;
}

/// The rows of a Parquet file as text.
inline std::string read_parquet(duck::Database& engine, const std::string& bytes) {
  static std::atomic<int> number{0};
  const std::string path = (ServedLake::get().dir / fmt::format("answer-{}.parquet", ++number)).string();
  std::ofstream(path, std::ios::binary) << bytes;
  std::string out;
  auto connection = ServedLake::must(engine.connect());
  for (const auto& row : ServedLake::must(connection.all(fmt::format("select * from read_parquet('{}')", path)))) {
    for (const auto& value : row) out += value.value_or("") + "\n";
  }
  std::remove(path.c_str());
  return out;
}

/// Status line and body of an answer as a reader would see them: headers, then the body unpacked.
inline std::string plain_text_of(duck::Database& engine, const http::Response& response, const std::string& body) {
  std::string out;
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\n";
  if (body.starts_with("PK\x03\x04")) return out + unzipped(body);
  if (body.starts_with("PAR1") && body.ends_with("PAR1")) return out + read_parquet(engine, body);
  return out + body;
}

}  // namespace centavo::serve
