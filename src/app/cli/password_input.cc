#include "app/cli/password_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace centavo::cli {
namespace {

constexpr std::size_t kLineMax = 4096;

// A line without its end; nothing at the end of the input.
Result<std::string> read_line(int fd) {
  std::string line;
  char c = 0;
  for (ssize_t got = 0; (got = ::read(fd, &c, 1)) > 0 && c != '\n';) {
    line += c;
    if (line.size() > kLineMax) return fail(ErrorKind::invalid_argument, "a password is at most a line");
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

// The terminal without echo while it lives.
class QuietTerminal {
 public:
  QuietTerminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_quiet_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  ~QuietTerminal() {
    if (is_quiet_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_there() const { return is_quiet_; }
  Result<std::string> ask(std::string_view prompt) const {
    if (::write(fd_, prompt.data(), prompt.size()) < 0) return fail(ErrorKind::io, "the terminal cannot be written");
    std::string line = TRY(read_line(fd_));
    static_cast<void>(::write(fd_, "\n", 1) < 0);
    return line;
  }

 private:
  const int fd_;
  termios before_{};
  bool is_quiet_ = false;
};

}  // namespace

Result<std::string> read_password(bool from_stdin) {
  std::string password;
  if (from_stdin) {
    password = TRY(read_line(STDIN_FILENO));
  } else {
    const QuietTerminal terminal;
    if (!terminal.is_there())
      return fail_hint("--password-stdin reads it from standard input", ErrorKind::invalid_argument,
                       "there is no terminal to ask for a password");
    password = TRY(terminal.ask("password: "));
    if (TRY(terminal.ask("again: ")) != password)
      return fail(ErrorKind::invalid_argument, "the two passwords are not the same");
  }
  if (password.empty()) return fail(ErrorKind::invalid_argument, "no password was given");
  return password;
}

}  // namespace centavo::cli
