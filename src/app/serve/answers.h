#pragma once
/// \file app/serve/answers.h
/// Answers that depend on nothing but their key (release, sight, question), kept by size. Thread-safe.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/cancel.h"
#include "base/result.h"

namespace centavo::serve {

class Answers {
 public:
  using Answer = std::shared_ptr<const std::string>;
  using Make = std::function<Result<std::string>()>;

  explicit Answers(std::size_t bytes_most) : bytes_most_(bytes_most) {}
  /// Null when it is not kept.
  Answer find(const std::string& key);
  void keep(const std::string& key, Answer answer);
  /// The answer that is kept, else what `make` gives, kept from then on. Who asks for what another is making waits for
  /// it and gets the same, also its error; if the other gave up, the next one makes it. `cancelled` ends the wait.
  Result<Answer> find_or_make(const std::string& key, const Cancel& cancel, const Make& make);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    Answer answer;
  };
  struct Making {
    bool done = false;
    Result<Answer> made = fail(ErrorKind::cancelled, "nobody made the answer");
  };
  class Turn;
  Answer find_kept(const std::string& key);

  const std::size_t bytes_most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  ///< used last comes first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
  std::unordered_map<std::string, std::shared_ptr<Making>> making_;
};

}  // namespace centavo::serve
