// Memory that is shared with another process: made, mapped, and survived when the other one shortens the file.
#include "support.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace sapwood {

namespace {

constexpr int64_t AREA_MAX = 1 << 30;
constexpr int64_t OFFSET_MAX = (int64_t{1} << 53) - 1;

// What the signal handler knows of a mapping. Slots are in one list, used again and never freed: the handler of any
// thread may walk the list at any time.
struct Slot {
  std::atomic<uintptr_t> start{0};
  std::atomic<size_t> length{0};
  std::atomic<size_t> page{0};
  std::atomic<bool> damaged{false};
  bool used = false;
  Slot* next = nullptr;
};

std::atomic<Slot*> slots{nullptr};
std::mutex slotsMutex;
struct sigaction previousAction;

Slot* slotAt(uintptr_t address) {
  for (Slot* slot = slots.load(std::memory_order_acquire); slot != nullptr; slot = slot->next) {
    const uintptr_t start = slot->start.load(std::memory_order_acquire);
    if (start != 0 && address >= start && address - start < slot->length.load(std::memory_order_acquire)) {
      return slot;
    }
  }
  return nullptr;
}

void passOn(int number, siginfo_t* info, void* context) {
  if (previousAction.sa_flags & SA_SIGINFO) {
    previousAction.sa_sigaction(number, info, context);
  } else if (previousAction.sa_handler != SIG_DFL && previousAction.sa_handler != SIG_IGN) {
    previousAction.sa_handler(number);
  } else {
    // A fault comes again upon return, and a signal that was sent is raised again: the process ends as without us.
    signal(number, SIG_DFL);
    if (info->si_code <= 0) raise(number);
  }
}

// A page whose file has become too short: a page of zeroes takes its place, and the mapping counts as damaged.
void onBusError(int number, siginfo_t* info, void* context) {
  const int error = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  Slot* slot = info->si_code > 0 ? slotAt(address) : nullptr;
  const size_t size = slot == nullptr ? 0 : slot->page.load(std::memory_order_relaxed);
  if (slot != nullptr && mmap(reinterpret_cast<void*>(address & ~(size - 1)), size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
    slot->damaged.store(true, std::memory_order_release);
    errno = error;
    return;
  }
  errno = error;
  passOn(number, info, context);
}

void catchBusErrors() {
  struct sigaction action {};
  action.sa_sigaction = onBusError;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previousAction);
}

Slot* takeSlot(uintptr_t start, size_t length, size_t page) {
  std::lock_guard<std::mutex> lock(slotsMutex);
  if (slots.load() == nullptr) catchBusErrors();
  Slot* slot = slots.load();
  while (slot != nullptr && slot->used) slot = slot->next;
  const bool fresh = slot == nullptr;
  if (fresh) {
    slot = new Slot();
    slot->next = slots.load();
  }
  slot->used = true;
  slot->damaged.store(false);
  slot->length.store(length);
  slot->page.store(page);
  slot->start.store(start, std::memory_order_release);
  if (fresh) slots.store(slot, std::memory_order_release);
  return slot;
}

void leaveSlot(Slot* slot) {
  std::lock_guard<std::mutex> lock(slotsMutex);
  slot->start.store(0, std::memory_order_release);
  slot->used = false;
}

}  // namespace

struct MappedArea {
  // What mmap gave: it begins at a page.
  void* pages;
  size_t length;
  Slot* slot;
};

void unmapArea(MappedArea& area) {
  if (area.pages == nullptr) return;
  leaveSlot(area.slot);
  munmap(area.pages, area.length);
  area.pages = nullptr;
}

namespace {

// What can be mapped and unmapped of a file: a part of a huge page cannot.
int64_t pageOf(int fd) {
  struct statfs system {};
  if (fstatfs(fd, &system) == 0 && system.f_type == HUGETLBFS_MAGIC) return system.f_bsize;
  return sysconf(_SC_PAGESIZE);
}

Napi::Value memoryCreate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int64_t size = integerOf(info[0], "size", 1, AREA_MAX);
  Descriptor fd(memfd_create("sapwood", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (fd.get() < 0) throw systemError(env, "memfd_create", errno);
  if (ftruncate(fd.get(), size) != 0) throw systemError(env, "ftruncate", errno);
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw systemError(env, "fcntl F_ADD_SEALS", errno);
  }
  env.GetInstanceData<Addon>()->descriptors.insert(fd.get());
  return Napi::Number::New(env, fd.release());
}

Napi::Value memoryMap(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int fd = descriptorOf(info[0]);
  const int64_t offset = integerOf(info[1], "offset", 0, OFFSET_MAX);
  const int64_t size = integerOf(info[2], "size", 1, AREA_MAX);
  if (offset % 4 != 0) throw Napi::RangeError::New(env, "offset must be a multiple of 4");
  // mmap takes whole pages only.
  const int64_t page = pageOf(fd);
  const int64_t before = offset % page;
  const size_t length = static_cast<size_t>((before + size + page - 1) / page * page);
  void* pages = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset - before);
  if (pages == MAP_FAILED) throw systemError(env, "mmap", errno);
  auto area = std::make_shared<MappedArea>();
  area->pages = pages;
  area->length = length;
  area->slot = takeSlot(reinterpret_cast<uintptr_t>(pages), length, static_cast<size_t>(page));
  void* memory = static_cast<char*>(pages) + before;
  env.GetInstanceData<Addon>()->areas.emplace(memory, area);
  auto* held = new std::shared_ptr<MappedArea>(area);
  return Napi::ArrayBuffer::New(env, memory, static_cast<size_t>(size),
                                [](Napi::BasicEnv owner, void* data, std::shared_ptr<MappedArea>* hint) {
                                  std::unique_ptr<std::shared_ptr<MappedArea>> last(hint);
                                  if ((*last)->pages == nullptr) return;
                                  auto* addon = owner.GetInstanceData<Addon>();
                                  if (addon != nullptr) addon->areas.erase(data);
                                  unmapArea(**last);
                                },
                                held);
}

// The mapping of an ArrayBuffer; none when it is detached already.
std::shared_ptr<MappedArea> areaOf(const Napi::CallbackInfo& info) {
  if (!info[0].IsArrayBuffer()) throw Napi::TypeError::New(info.Env(), "memory must be an ArrayBuffer");
  Napi::ArrayBuffer memory = info[0].As<Napi::ArrayBuffer>();
  if (memory.IsDetached()) return nullptr;
  auto& areas = info.Env().GetInstanceData<Addon>()->areas;
  auto found = areas.find(memory.Data());
  if (found == areas.end()) throw Napi::TypeError::New(info.Env(), "memory is not from memoryMap");
  return found->second;
}

Napi::Value memoryUnmap(const Napi::CallbackInfo& info) {
  std::shared_ptr<MappedArea> area = areaOf(info);
  if (area == nullptr) return info.Env().Undefined();
  Napi::ArrayBuffer memory = info[0].As<Napi::ArrayBuffer>();
  info.Env().GetInstanceData<Addon>()->areas.erase(memory.Data());
  memory.Detach();
  unmapArea(*area);
  return info.Env().Undefined();
}

Napi::Value memoryBlank(const Napi::CallbackInfo& info) {
  std::shared_ptr<MappedArea> area = areaOf(info);
  if (area == nullptr) return info.Env().Undefined();
  void* pages = mmap(area->pages, area->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (pages == MAP_FAILED) throw systemError(info.Env(), "mmap", errno);
  return info.Env().Undefined();
}

Napi::Value memoryDamaged(const Napi::CallbackInfo& info) {
  std::shared_ptr<MappedArea> area = areaOf(info);
  return Napi::Boolean::New(info.Env(), area != nullptr && area->slot->damaged.load(std::memory_order_acquire));
}

}  // namespace

void addMemoryCalls(Napi::Env env, Napi::Object exports) {
  exports["memoryCreate"] = Napi::Function::New(env, memoryCreate, "memoryCreate");
  exports["memoryMap"] = Napi::Function::New(env, memoryMap, "memoryMap");
  exports["memoryUnmap"] = Napi::Function::New(env, memoryUnmap, "memoryUnmap");
  exports["memoryBlank"] = Napi::Function::New(env, memoryBlank, "memoryBlank");
  exports["memoryDamaged"] = Napi::Function::New(env, memoryDamaged, "memoryDamaged");
}

}  // namespace sapwood
