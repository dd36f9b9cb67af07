// A matrix element of somebody else, from a shared library with the UMAMI interface (umami.h).
#pragma once

#include <memory>
#include <string>

#include "thalweg/amplitude/evaluator.h"

namespace thalweg {

class PluginAmplitude {
 public:
  // RequestError when the file cannot be loaded, lacks a function, is no library for this processor, has another
  // number of particles, needs inputs that are not there (only momenta, alpha_s and flavour are), or does not start.
  // `card`: path of an SLHA card that is handed on, "" for none.
  PluginAmplitude(const std::string& path, std::size_t particles, const std::string& card);
  ~PluginAmplitude();

  // |M|^2 as the library gives it, not finite values included. RunError when it reports an error. Thread safe.
  void evaluate(const Momenta& momenta, std::span<const double> alpha_s, std::span<double> me2, Arena& arena) const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

// "plugin:FILE" -> FILE, "" for "" (our own amplitudes). RequestError for anything else.
std::string plugin_path(const std::string& amplitude);

}  // namespace thalweg
