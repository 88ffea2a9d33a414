#pragma once
/// \file app/http/tls.h
/// What a TLS listener needs (OpenSSL): certificate, key, versions, ALPN, resumption.

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/result.h"

namespace centavo::http {

/// Reads a PEM certificate chain and its key. TLS 1.2 and 1.3, forward secrecy only, HTTP/1.1 by ALPN, session tickets.
/// `invalid_argument` names the file that cannot be read or is no PEM, or says that the key is not
/// the certificate's.
Result<std::shared_ptr<SSL_CTX>> load_tls(const std::string& certificate_file, const std::string& key_file);

}  // namespace centavo::http
