#pragma once

namespace thalweg {

// Version of the package, such as "0.1.0".
const char* version();

}  // namespace thalweg
