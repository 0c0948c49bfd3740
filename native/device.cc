// Character devices: opened, and their ioctls.
#include "support.h"

namespace sapwood {

void addDeviceCalls(Napi::Env, Napi::Object) {}

}  // namespace sapwood
