#pragma once
/// \file app/serve/serve.h
/// `centavo serve`: the server over a lake until somebody stops it.

#include <functional>
#include <string>

#include "app/http/http.h"
#include "app/serve/service.h"
#include "base/cancel.h"

namespace centavo::serve {

struct ServeOptions {
  http::Options http;
  ServiceOptions service;
  bool access_log = true;              ///< a line a request on standard error
};

/// What is said once when requests are answered.
struct Served {
  std::string address;                 ///< "http://127.0.0.1:8080"
  std::string sign_in;                 ///< one-time link of the first administrator; "" when somebody can sign in
};

/// Serves until `cancel` is requested; then lets requests under way end. `user`: whom to make the first administrator
/// and sign in when nobody could; `always_link`: a link for them even when somebody can.
Status serve(const ServeOptions& options, const std::string& user, bool always_link,
             const std::function<Status(const Served&)>& on_ready, const Cancel* cancel,
             const Clock& clock = Clock::system());

}  // namespace centavo::serve
