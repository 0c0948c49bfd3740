// Memory that two processes share.
#include "support.h"

namespace sapwood {

void addMemoryCalls(Napi::Env, Napi::Object) {}

}  // namespace sapwood
