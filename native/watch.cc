// Readiness of a descriptor: uv_poll on the loop of the calling environment.
#include "support.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>

namespace sapwood {

// Lives from watch() to the callback of uv_close.
struct Watcher {
  uv_poll_t poll;
  Addon* addon;
  napi_env env;
  uint32_t id;
  // A duplicate, so that the loop never polls a descriptor that its owner has closed.
  int fd;
  short events;
  int uvEvents;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
};

namespace {

void onClosed(uv_handle_t* handle) {
  auto* watcher = static_cast<Watcher*>(handle->data);
  // Lets an environment end that waits for this watch.
  napi_remove_async_cleanup_hook(watcher->hook);
  delete watcher;
}

void stop(Watcher* watcher) {
  watcher->addon->watches.erase(watcher->id);
  napi_delete_reference(watcher->env, watcher->callback);
  napi_async_destroy(watcher->env, watcher->context);
  uv_close(reinterpret_cast<uv_handle_t*>(&watcher->poll), onClosed);
  // Now, while its owner still has the descriptor: the last close of some devices blocks, and must not be this one.
  ::close(watcher->fd);
}

void onEnvironmentEnds(napi_async_cleanup_hook_handle, void* data) {
  auto* watcher = static_cast<Watcher*>(data);
  // A watch that was closed shortly before is on its way to onClosed.
  if (!uv_is_closing(reinterpret_cast<uv_handle_t*>(&watcher->poll))) stop(watcher);
}

void onPoll(uv_poll_t* poll, int status, int uvEvents) {
  auto* watcher = static_cast<Watcher*>(poll->data);
  napi_env env = watcher->env;
  Napi::HandleScope scope(env);
  int events = (uvEvents & UV_READABLE ? POLLIN : 0) | (uvEvents & UV_WRITABLE ? POLLOUT : 0);
  if (watcher->uvEvents & UV_PRIORITIZED) {
    // libuv reports an error as everything that was asked for when POLLPRI is among it: the descriptor itself is asked.
    pollfd asked{watcher->fd, watcher->events, 0};
    if (::poll(&asked, 1, 0) <= 0) return;
    events = asked.revents & watcher->events;
    if (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) {
      uv_poll_stop(poll);
      events = POLLERR;
    }
  }
  if (status < 0) {
    // libuv stops at POLLERR. On a socket the error is taken off here, and it is polled again: an interface that went
    // down may come up.
    events = POLLERR;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(watcher->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0) {
      uv_poll_start(poll, watcher->uvEvents, onPoll);
    }
  }

  napi_value callback, receiver, argument;
  if (napi_get_reference_value(env, watcher->callback, &callback) != napi_ok ||
      napi_get_global(env, &receiver) != napi_ok || napi_create_int32(env, events, &argument) != napi_ok) {
    return;
  }
  // The callback may close the watch: from here on it is not touched.
  if (napi_make_callback(env, watcher->context, receiver, callback, 1, &argument, nullptr) ==
      napi_pending_exception) {
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
}

Napi::Value handleOf(Napi::Env env, uint32_t id) {
  Napi::Object handle = Napi::Object::New(env);
  handle["close"] = Napi::Function::New(
      env,
      [id](const Napi::CallbackInfo& info) {
        auto& watches = info.Env().GetInstanceData<Addon>()->watches;
        auto found = watches.find(id);
        if (found != watches.end()) stop(found->second);
      },
      "close");
  return handle;
}

}  // namespace

Napi::Value watch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  int events = static_cast<int>(integerOf(info[1], "events", 1, POLLIN | POLLPRI | POLLOUT));
  if (!info[2].IsFunction()) throw Napi::TypeError::New(env, "onReady must be a function");
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw Napi::Error::New(env, "there is no event loop");

  Descriptor own(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (own.get() < 0) throw systemError(env, "fcntl F_DUPFD_CLOEXEC", errno);
  auto watcher = std::make_unique<Watcher>();
  int status = uv_poll_init(loop, &watcher->poll, own.get());
  if (status < 0) throw systemError(env, "uv_poll_init", -status);

  // From here on the handle belongs to the loop, and everything ends in onClosed.
  Watcher* w = watcher.release();
  auto* addon = env.GetInstanceData<Addon>();
  w->poll.data = w;
  w->addon = addon;
  w->env = env;
  w->id = addon->nextWatch++;
  w->fd = own.release();
  w->events = static_cast<short>(events);
  w->uvEvents = (events & POLLIN ? UV_READABLE : 0) | (events & POLLOUT ? UV_WRITABLE : 0) |
                (events & POLLPRI ? UV_PRIORITIZED : 0);
  napi_create_reference(env, info[2], 1, &w->callback);
  napi_async_init(env, nullptr, Napi::String::New(env, "sapwood:watch"), &w->context);
  napi_add_async_cleanup_hook(env, onEnvironmentEnds, w, &w->hook);
  addon->watches.emplace(w->id, w);
  uv_poll_start(&w->poll, w->uvEvents, onPoll);
  return handleOf(env, w->id);
}

}  // namespace sapwood
