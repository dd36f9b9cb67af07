// Work that may end the process: a library that is given a damaged file.
#pragma once

#include <functional>
#include <string>

namespace thalweg {

// What `make` returns, made in a process of its own; Errors that it throws are thrown here again. RequestError
// "<place>: ..." when that process crashes. SIGINT and SIGTERM end it at once, whatever it does (Interrupted). To be
// called while there is one thread.
std::string in_guarded_process(const std::string& place, const std::function<std::string()>& make);

}  // namespace thalweg
