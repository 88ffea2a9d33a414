#include "app/http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "app/http/client_testing.h"
#include "app/http/http.h"

namespace centavo::http {
namespace {

using ::testing::HasSubstr;

/// A folder with "<name>.crt" and "<name>.key": a certificate that signs itself.
class Certificates {
 public:
  Certificates() {
    std::string path = std::filesystem::temp_directory_path() / "centavo-tls-XXXXXX";
    folder_ = mkdtemp(path.data());
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  std::string certificate(const std::string& name) const { return folder_ / (name + ".crt"); }
  std::string key(const std::string& name) const { return folder_ / (name + ".key"); }

  void make(const std::string& name, const std::string& common_name) const {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> document(X509_new(), X509_free);
    X509* x509 = document.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key_pair.get());
    X509_NAME* subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(x509, subject);
    X509_sign(x509, key_pair.get(), EVP_sha256());
    FILE* file = std::fopen(certificate(name).c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
    file = std::fopen(key(name).c_str(), "w");
    PEM_write_PrivateKey(file, key_pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

 private:
  std::filesystem::path folder_;
};

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
Context client_context() { return {SSL_CTX_new(TLS_client_method()), SSL_CTX_free}; }

std::string common_name_of(SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(ssl), X509_free);
  char name[64] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name, sizeof name);
  return name;
}

class TlsServer : public ::testing::Test {
 protected:
  TlsServer() {
    certificates_.make("server", "first.example");
    Options options;
    options.port = 0;
    options.certificate_file = certificates_.certificate("server");
    options.key_file = certificates_.key("server");
    options.limits.read_timeout = std::chrono::seconds(2);
    options.limits.drain = std::chrono::seconds(1);
    auto made = Server::listen(options, [](const Request& request, const Cancel&) {
      Response out;
      out.body = (request.secure ? "secure " : "plain ") + request.path + " " + request.body;
      if (request.path == "/stream") {
        out.stream = [](Writer& writer, const Cancel&) -> Status {
          for (int i = 0; i < 2000; ++i) TRY(writer.write(std::string(1000, 's')));
          return {};
        };
      }
      return out;
    });
    server_ = std::move(*made);
    EXPECT_TRUE(server_->start());
  }
  Client client() { return Client(server_->port()); }

  Certificates certificates_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsServer, AnswersRequestsOverTls) {
  EXPECT_THAT(server_->address(), ::testing::StartsWith("https://127.0.0.1:"));
  const Context context = client_context();
  Client one = client();
  ASSERT_TRUE(one.start_tls(context.get()));
  EXPECT_STREQ(SSL_get_version(one.ssl()), "TLSv1.3");
  const Answer answer = one.get("/a");
  EXPECT_EQ(answer.body, "secure /a ");
  EXPECT_EQ(answer.headers.count("strict-transport-security"), 1U);
  one.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'b'));
  EXPECT_EQ(one.answer().body.size(), 100'000 + std::string("secure /p ").size());
  EXPECT_EQ(one.get("/stream").body.size(), 2'000'000U);
  one.send("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(one.answer().body, "secure /last ");
  EXPECT_EQ(one.receive(), "");
  EXPECT_NE(SSL_get_shutdown(one.ssl()) & SSL_RECEIVED_SHUTDOWN, 0);
}

TEST_F(TlsServer, SpeaksHttp11ByAlpnOrNothing) {
  const Context context = client_context();
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
  Client one = client();
  ASSERT_TRUE(one.start_tls(context.get()));
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(one.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  EXPECT_FALSE(client().start_tls(context.get()));
}

TEST_F(TlsServer, RefusesOldVersionsAndPlainText) {
  const Context context = client_context();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  EXPECT_FALSE(client().start_tls(context.get()));
  Client plain = client();
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(plain.answer().status, 0);
  EXPECT_FALSE(plain.timed_out());
}

TEST_F(TlsServer, EndsAHandshakeThatDoesNotCome) {
  Client silent = client();
  EXPECT_EQ(silent.receive(6), "");
  EXPECT_FALSE(silent.timed_out());
}

TEST_F(TlsServer, ResumesSessions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Context context = client_context();
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
    Client one = client();
    ASSERT_TRUE(one.start_tls(context.get()));
    EXPECT_EQ(one.get("/").status, 200);
    EXPECT_EQ(SSL_session_reused(one.ssl()), 0);
    const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(SSL_get1_session(one.ssl()),
                                                                            SSL_SESSION_free);
    Client two = client();
    ASSERT_TRUE(two.start_tls(context.get(), session.get()));
    EXPECT_EQ(two.get("/").status, 200);
    EXPECT_EQ(SSL_session_reused(two.ssl()), 1) << version;
  }
}

TEST_F(TlsServer, TakesANewCertificateWhileOpenConnectionsStay) {
  const Context context = client_context();
  Client before = client();
  ASSERT_TRUE(before.start_tls(context.get()));
  EXPECT_EQ(common_name_of(before.ssl()), "first.example");
  certificates_.make("server", "second.example");
  ASSERT_TRUE(server_->reload());
  Client after = client();
  ASSERT_TRUE(after.start_tls(context.get()));
  EXPECT_EQ(common_name_of(after.ssl()), "second.example");
  EXPECT_EQ(before.get("/still").body, "secure /still ");
}

TEST_F(TlsServer, KeepsTheOldCertificateWhenTheNewOneIsBroken) {
  std::ofstream(certificates_.certificate("server")) << "not a certificate";
  const Status status = server_->reload();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("server.crt"));
  const Context context = client_context();
  Client one = client();
  ASSERT_TRUE(one.start_tls(context.get()));
  EXPECT_EQ(common_name_of(one.ssl()), "first.example");
}

TEST(LoadTls, SaysWhichFileIsWrong) {
  const Certificates certificates;
  certificates.make("a", "a.example");
  certificates.make("b", "b.example");
  EXPECT_TRUE(load_tls(certificates.certificate("a"), certificates.key("a")));
  EXPECT_THAT(load_tls("missing.crt", certificates.key("a")).error().message, HasSubstr("missing.crt"));
  EXPECT_THAT(load_tls(certificates.certificate("a"), "missing.key").error().message, HasSubstr("missing.key"));
  EXPECT_THAT(load_tls(certificates.certificate("a"), certificates.key("b")).error().message, HasSubstr("b.key"));
}

}  // namespace
}  // namespace centavo::http
