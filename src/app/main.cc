/// \file app/main.cc
/// Signals in, exit code out. The first Ctrl-C asks the work to stop cleanly, the second one leaves at once.

#include <csignal>

#include <unistd.h>

#include "app/wiring.h"

namespace {

constexpr int kInterrupted = 130;
centavo::Cancel g_cancel;

extern "C" void on_signal(int) {
  if (g_cancel.requested()) _exit(kInterrupted);
  g_cancel.request();
}

void catch_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);  // `centavo query … | head` ends quietly
}

}  // namespace

int main(int argc, char** argv) {
  catch_signals();
  centavo::cli::GlobalOptions globals;
  const auto command_line = centavo::make_command_line(globals);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return centavo::cli::run_program(*command_line, globals, arguments, stdout, stderr, g_cancel);
}
