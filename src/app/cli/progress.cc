#include "app/cli/progress.h"

namespace centavo::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidth = 20;
constexpr double kSecondsBeforeGuess = 1;

}  // namespace

std::string progress_line(std::string_view text, std::optional<double> fraction, double seconds_so_far,
                          std::size_t width) {
  std::string tail;
  if (fraction) {
    const double done = std::clamp(*fraction, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(done * kBarWidth);
    tail = "  ";
    for (std::size_t i = 0; i < kBarWidth; ++i) tail += i < full ? "━" : "─";
    tail += fmt::format(" {:3.0f} %", done * 100);
    if (done > 0.01 && seconds_so_far > kSecondsBeforeGuess) {
      tail += fmt::format("  {} left", duration_text(seconds_so_far * (1 - done) / done));
    }
  }
  const std::size_t room = width > width_of(tail) + 1 ? width - width_of(tail) - 1 : 1;
  return shortened(printable(text), room) + tail;
}

Progress::Progress(Output& output)
    : output_(output), on_(output.err_is_terminal() && !output.quiet() && !output.json()) {
  if (on_) output_.before_writing([this] { clear(); });
}

Progress::~Progress() {
  if (!on_) return;
  clear();
  output_.before_writing({});
}

void Progress::show(std::string_view text, std::optional<double> fraction) {
  if (!on_) return;
  const std::lock_guard lock(mutex_);
  const auto now = Steady::now();
  if (shown_ && now - last_ < kPause) return;
  last_ = now;
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  output_.err_raw("\r\x1b[K" + progress_line(text, fraction, seconds, output_.err_width()));
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (!shown_) return;
  shown_ = false;
  output_.err_raw("\r\x1b[K");
}

}  // namespace centavo::cli
