// The addon: flat calls into the system. What they mean, and every policy, is in TypeScript; addon.ts is the contract.
#include "support.h"

#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace sapwood {

Addon::~Addon() {
  for (auto& [fd, mapping] : rings) closeMapping(*mapping);
  for (auto& [address, area] : areas) unmapArea(*area);
  for (int fd : descriptors) closeAnything(fd);
  // The environment that holds the reference ends with this object.
  makeError.SuppressDestruct();
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() {
  int fd = fd_;
  fd_ = -1;
  return fd;
}

void closeAnything(int fd) {
  const linger none{};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  ::close(fd);
}

Napi::Error systemError(Napi::Env env, const char* syscall, int error, const std::string& subject) {
  auto& makeError = env.GetInstanceData<Addon>()->makeError;
  if (makeError.IsEmpty()) return Napi::Error::New(env, std::string(syscall) + " failed");
  Napi::Value made = makeError.Call(
      {Napi::String::New(env, syscall), Napi::Number::New(env, error), Napi::String::New(env, subject)});
  return Napi::Error(env, made);
}

int64_t integerOf(Napi::Value value, const char* what, int64_t low, int64_t high) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0.5;
  // The first two comparisons are false for NaN, and keep the conversion in the range of int64_t.
  if (number >= static_cast<double>(low) && number <= static_cast<double>(high) &&
      number == static_cast<double>(static_cast<int64_t>(number))) {
    return static_cast<int64_t>(number);
  }
  std::string text = std::string(what) + " must be a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high);
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), text);
  throw Napi::RangeError::New(value.Env(), text);
}

int descriptorOf(Napi::Value value) {
  return static_cast<int>(integerOf(value, "fd", 0, INT_MAX));
}

Napi::Uint8Array bytesOf(Napi::Value value, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a Uint8Array");
  }
  return value.As<Napi::Uint8Array>();
}

std::string interfaceNameOf(Napi::Value value) {
  std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name.empty() || name.size() >= IFNAMSIZ || name.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(value.Env(), "the name of an interface must be a string of 1 to 15 bytes");
  }
  return name;
}

namespace {

Napi::Value onSystemError(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "makeError must be a function");
  info.Env().GetInstanceData<Addon>()->makeError = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

Napi::Value ifIndex(const Napi::CallbackInfo& info) {
  std::string name = interfaceNameOf(info[0]);
  unsigned index = if_nametoindex(name.c_str());
  if (index == 0) throw systemError(info.Env(), "if_nametoindex", errno, name);
  return Napi::Number::New(info.Env(), index);
}

Napi::Value unshareNet(const Napi::CallbackInfo& info) {
  if (unshare(CLONE_NEWNET) != 0) throw systemError(info.Env(), "unshare", errno);
  return info.Env().Undefined();
}

Napi::Value closeDescriptor(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  // Any other descriptor belongs to somebody who does not expect it to go.
  if (info.Env().GetInstanceData<Addon>()->descriptors.erase(fd) == 0) {
    throw systemError(info.Env(), "close", EBADF);
  }
  closeAnything(fd);
  return info.Env().Undefined();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Addon());
  exports["onSystemError"] = Napi::Function::New(env, onSystemError, "onSystemError");
  exports["ifIndex"] = Napi::Function::New(env, ifIndex, "ifIndex");
  exports["packetOpen"] = Napi::Function::New(env, packetOpen, "packetOpen");
  exports["packetFilter"] = Napi::Function::New(env, packetFilter, "packetFilter");
  exports["packetStatistics"] = Napi::Function::New(env, packetStatistics, "packetStatistics");
  exports["packetSend"] = Napi::Function::New(env, packetSend, "packetSend");
  exports["packetClose"] = Napi::Function::New(env, packetClose, "packetClose");
  exports["tapOpen"] = Napi::Function::New(env, tapOpen, "tapOpen");
  exports["frameRead"] = Napi::Function::New(env, frameRead, "frameRead");
  exports["frameWrite"] = Napi::Function::New(env, frameWrite, "frameWrite");
  exports["watch"] = Napi::Function::New(env, watch, "watch");
  exports["unshareNet"] = Napi::Function::New(env, unshareNet, "unshareNet");
  exports["close"] = Napi::Function::New(env, closeDescriptor, "close");
  addDeviceCalls(env, exports);
  addMemoryCalls(env, exports);
  addNetlinkCalls(env, exports);
  addSocketCalls(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(sapwood_native, initialize)

}  // namespace sapwood
