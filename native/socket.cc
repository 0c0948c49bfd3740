// Unix sockets, with the descriptors that travel over them.
#include "support.h"

namespace sapwood {

void addSocketCalls(Napi::Env, Napi::Object) {}

}  // namespace sapwood
