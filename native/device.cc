// Character devices: opened, read, written and closed, and the ioctls of /dev/meiN, /dev/rfkill and /dev/watchdogN.
#include "support.h"

#include <fcntl.h>
#include <linux/mei.h>
#include <linux/rfkill.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

// Headers before Linux 5.11 do not have it; the kernel that it runs on may.
#ifndef RFKILL_IOCTL_MAX_SIZE
#define RFKILL_IOCTL_MAX_SIZE _IOW('R', 2, __u32)
#endif

namespace sapwood {

namespace {

// In messages, where only the descriptor is known.
constexpr char kDevice[] = "device";

// What a blocking call gave: an errno, or what its promise is resolved with.
struct Outcome {
  const char* syscall;
  int error = 0;
  mei_client client{};
  bool isClient = false;
};

// Runs one call in the thread pool. It owns its descriptor, and closes it there: the last close of a connected MEI
// handle waits for the firmware.
class BlockingCall : public Napi::AsyncWorker {
 public:
  using Call = std::function<Outcome(int fd)>;

  static Napi::Value start(Napi::Env env, int fd, Call call) {
    // In an environment that is being ended any of these may throw.
    auto own = std::make_unique<Descriptor>(fd);
    std::unique_ptr<BlockingCall> worker(new BlockingCall(env, std::move(own), std::move(call)));
    Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    // It deletes itself when the call is through.
    worker.release();
    return promise;
  }

 protected:
  void Execute() override {
    outcome_ = call_(fd_->get());
    fd_.reset();
  }

  void OnOK() override {
    Napi::Env env = Env();
    if (outcome_.error != 0) {
      deferred_.Reject(systemError(env, outcome_.syscall, outcome_.error, kDevice).Value());
    } else if (outcome_.isClient) {
      Napi::Object client = Napi::Object::New(env);
      client["maxMessageLength"] = Napi::Number::New(env, outcome_.client.max_msg_length);
      client["protocolVersion"] = Napi::Number::New(env, outcome_.client.protocol_version);
      deferred_.Resolve(client);
    } else {
      deferred_.Resolve(env.Undefined());
    }
  }

 private:
  BlockingCall(Napi::Env env, std::unique_ptr<Descriptor> fd, Call call)
      : Napi::AsyncWorker(env, "sapwood:device"),
        deferred_(Napi::Promise::Deferred::New(env)),
        fd_(std::move(fd)),
        call_(std::move(call)) {}

  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Descriptor> fd_;
  Call call_;
  Outcome outcome_{};
};

int retried(int fd, unsigned long request, void* argument) {
  int result;
  do result = ioctl(fd, request, argument);
  while (result < 0 && errno == EINTR);
  return result < 0 ? errno : 0;
}

// A second descriptor of the same handle: closing the first one while the call runs neither blocks nor gives its
// number to somebody else's file under the call.
int duplicateOf(Napi::Env env, int fd) {
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) throw systemError(env, "fcntl F_DUPFD_CLOEXEC", errno, kDevice);
  return own;
}

Napi::Value deviceOpen(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "";
  if (path.empty() || path.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(env, "path must be a string that names a device");
  }
  bool readOnly = false;
  if (!info[1].IsUndefined()) {
    if (!info[1].IsBoolean()) throw Napi::TypeError::New(env, "readOnly must be a boolean");
    readOnly = info[1].As<Napi::Boolean>();
  }
  std::string subject = std::string(kDevice) + " " + path;
  int opened;
  do opened = open(path.c_str(), (readOnly ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  while (opened < 0 && errno == EINTR);
  Descriptor fd(opened);
  if (fd.get() < 0) throw systemError(env, "open", errno, subject);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) throw systemError(env, "fstat", errno, subject);
  // What open() itself says where a device is asked for something that it is not.
  if (!S_ISCHR(status.st_mode)) throw systemError(env, "open", ENOTTY, subject);
  env.GetInstanceData<Addon>()->descriptors.insert(fd.get());
  return Napi::Number::New(env, fd.release());
}

Napi::Value deviceRead(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), readInto(info, kDevice));
}

Napi::Value deviceWrite(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), writeFrom(info, kDevice));
}

Napi::Value deviceClose(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  // Any other descriptor belongs to somebody who does not expect it to go.
  if (env.GetInstanceData<Addon>()->descriptors.erase(fd) == 0) throw systemError(env, "close", EBADF, kDevice);
  return BlockingCall::start(env, fd, [](int) { return Outcome{"close"}; });
}

Napi::Value meiConnect(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  Napi::Uint8Array guid = bytesOf(info[1], "guid");
  if (guid.ByteLength() != sizeof(uuid_le)) throw Napi::RangeError::New(env, "guid must be 16 bytes");
  mei_connect_client_data_vtag data{};
  std::memcpy(&data.connect.in_client_uuid, guid.Data(), sizeof(uuid_le));
  unsigned long request = IOCTL_MEI_CONNECT_CLIENT;
  if (!info[2].IsUndefined()) {
    data.connect.vtag = integerOf(info[2], "vtag", 0, 255);
    request = IOCTL_MEI_CONNECT_CLIENT_VTAG;
  }
  const char* name =
      request == IOCTL_MEI_CONNECT_CLIENT ? "ioctl IOCTL_MEI_CONNECT_CLIENT" : "ioctl IOCTL_MEI_CONNECT_CLIENT_VTAG";
  // The argument without a tag is the first 16 bytes of the one with it; so is the answer.
  return BlockingCall::start(env, duplicateOf(env, fd), [data, request, name](int own) mutable {
    Outcome outcome{name};
    outcome.error = retried(own, request, &data);
    outcome.client = data.out_client_properties;
    outcome.isClient = true;
    return outcome;
  });
}

Napi::Value meiNotifySet(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  auto value = static_cast<uint32_t>(integerOf(info[1], "value", 0, UINT32_MAX));
  return BlockingCall::start(env, duplicateOf(env, fd), [value](int own) mutable {
    Outcome outcome{"ioctl IOCTL_MEI_NOTIFY_SET"};
    outcome.error = retried(own, IOCTL_MEI_NOTIFY_SET, &value);
    return outcome;
  });
}

Napi::Value meiNotifyGet(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  uint32_t events = 0;
  int error = retried(fd, IOCTL_MEI_NOTIFY_GET, &events);
  if (error != 0 && error != EAGAIN) throw systemError(info.Env(), "ioctl IOCTL_MEI_NOTIFY_GET", error, kDevice);
  return Napi::Boolean::New(info.Env(), error == 0 && events != 0);
}

Napi::Value rfkillMaxSize(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  auto bytes = static_cast<uint32_t>(integerOf(info[1], "bytes", 0, UINT32_MAX));
  int error = retried(fd, RFKILL_IOCTL_MAX_SIZE, &bytes);
  if (error != 0) throw systemError(info.Env(), "ioctl RFKILL_IOCTL_MAX_SIZE", error, kDevice);
  return info.Env().Undefined();
}

Napi::Value watchdogIdentity(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  watchdog_info watchdog{};
  int error = retried(fd, WDIOC_GETSUPPORT, &watchdog);
  if (error != 0) throw systemError(info.Env(), "ioctl WDIOC_GETSUPPORT", error, kDevice);
  const char* identity = reinterpret_cast<const char*>(watchdog.identity);
  return Napi::String::New(info.Env(), identity, strnlen(identity, sizeof watchdog.identity));
}

Napi::Value watchdogSetTimeout(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  auto seconds = static_cast<int>(integerOf(info[1], "seconds", 1, INT_MAX));
  return BlockingCall::start(env, duplicateOf(env, fd), [seconds](int own) mutable {
    Outcome outcome{"ioctl WDIOC_SETTIMEOUT"};
    outcome.error = retried(own, WDIOC_SETTIMEOUT, &seconds);
    return outcome;
  });
}

Napi::Value watchdogKeepAlive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  return BlockingCall::start(env, duplicateOf(env, fd), [](int own) {
    Outcome outcome{"ioctl WDIOC_KEEPALIVE"};
    outcome.error = retried(own, WDIOC_KEEPALIVE, nullptr);
    return outcome;
  });
}

}  // namespace

void addDeviceCalls(Napi::Env env, Napi::Object exports) {
  exports["deviceOpen"] = Napi::Function::New(env, deviceOpen, "deviceOpen");
  exports["deviceRead"] = Napi::Function::New(env, deviceRead, "deviceRead");
  exports["deviceWrite"] = Napi::Function::New(env, deviceWrite, "deviceWrite");
  exports["deviceClose"] = Napi::Function::New(env, deviceClose, "deviceClose");
  exports["meiConnect"] = Napi::Function::New(env, meiConnect, "meiConnect");
  exports["meiNotifySet"] = Napi::Function::New(env, meiNotifySet, "meiNotifySet");
  exports["meiNotifyGet"] = Napi::Function::New(env, meiNotifyGet, "meiNotifyGet");
  exports["rfkillMaxSize"] = Napi::Function::New(env, rfkillMaxSize, "rfkillMaxSize");
  exports["watchdogIdentity"] = Napi::Function::New(env, watchdogIdentity, "watchdogIdentity");
  exports["watchdogSetTimeout"] = Napi::Function::New(env, watchdogSetTimeout, "watchdogSetTimeout");
  exports["watchdogKeepAlive"] = Napi::Function::New(env, watchdogKeepAlive, "watchdogKeepAlive");
}

}  // namespace sapwood
