#pragma once
/// \file app/serve/answers.h
/// Answers that depend on nothing but their key (release, sight, question), kept by size. Thread-safe.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace centavo::serve {

class Answers {
 public:
  explicit Answers(std::size_t bytes_most) : bytes_most_(bytes_most) {}
  std::shared_ptr<const std::string> find(const std::string& key);
  void keep(const std::string& key, std::shared_ptr<const std::string> answer);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const std::string> answer;
  };
  const std::size_t bytes_most_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;             ///< used last comes first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace centavo::serve
