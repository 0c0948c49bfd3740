// What the calls of the addon share: its state in one environment, checked arguments, errors.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace sapwood {

struct MappedArea;
struct Mapping;
struct Watcher;

// The addon's state in one environment (the main thread or one worker). What is still open at its end is closed.
struct Addon {
  ~Addon();

  // (syscall, errno, subject) => the error that is thrown.
  Napi::FunctionReference makeError;
  // Descriptors opened here that have no ring.
  std::unordered_set<int> descriptors;
  // Rings by their descriptor.
  std::unordered_map<int, std::shared_ptr<Mapping>> rings;
  // Memory from memoryMap, by its address.
  std::unordered_map<void*, std::shared_ptr<MappedArea>> areas;
  std::unordered_map<uint32_t, Watcher*> watches;
  uint32_t nextWatch = 1;
};

// A descriptor that is closed unless it is released.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return fd_; }
  int release();

 private:
  int fd_;
};

// The error of a system call, with the errno that it left. `subject` is what it was about: an interface, a device.
Napi::Error systemError(Napi::Env env, const char* syscall, int error, const std::string& subject = "");

// Arguments, checked. They throw a TypeError or RangeError that names the argument.
int64_t integerOf(Napi::Value value, const char* what, int64_t low, int64_t high);
int descriptorOf(Napi::Value value);
Napi::Uint8Array bytesOf(Napi::Value value, const char* what);
std::string interfaceNameOf(Napi::Value value);

// read(2) of (fd, into, at) and write(2) of (fd, from, start, end): what the call gave, or -1 for EAGAIN.
ssize_t readInto(const Napi::CallbackInfo& info, const std::string& subject);
ssize_t writeFrom(const Napi::CallbackInfo& info, const std::string& subject);

Napi::Value packetOpen(const Napi::CallbackInfo& info);
Napi::Value packetFilter(const Napi::CallbackInfo& info);
Napi::Value packetStatistics(const Napi::CallbackInfo& info);
Napi::Value packetSend(const Napi::CallbackInfo& info);
Napi::Value packetClose(const Napi::CallbackInfo& info);
Napi::Value tapOpen(const Napi::CallbackInfo& info);
Napi::Value frameRead(const Napi::CallbackInfo& info);
Napi::Value frameWrite(const Napi::CallbackInfo& info);
Napi::Value watch(const Napi::CallbackInfo& info);

// The calls of one file each, added to the addon's exports.
void addDeviceCalls(Napi::Env env, Napi::Object exports);
void addMemoryCalls(Napi::Env env, Napi::Object exports);
void addNetlinkCalls(Napi::Env env, Napi::Object exports);
void addSocketCalls(Napi::Env env, Napi::Object exports);

// Closes a descriptor that may be anything: a connection whose owner wants a close to wait for it does not get that.
void closeAnything(int fd);

// Ends a ring: unmaps its memory and closes its descriptor. Once, however often it is called.
void closeMapping(Mapping& mapping);
// Unmaps. Once, however often it is called.
void unmapArea(MappedArea& area);

}  // namespace sapwood
