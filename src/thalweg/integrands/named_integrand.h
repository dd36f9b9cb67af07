// Integrands that a card asks for by name: toys (toys.h), a library of the user (toys.h), h -> 4 leptons
// (higgs_four_leptons.h), a scalar into three (scalar_three_body.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "thalweg/model/parameters.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

inline const std::vector<std::string> kIntegrandNames = {
    "camel", "camel_back", "crossed_ring", "higgs_four_leptons", "library", "scalar_three_body"};
inline const std::vector<std::string> kRingChannels = {"ring", "line", "flat"};

struct IntegrandRequest {
  std::string name{};                                 // empty: none
  std::uint64_t dimension = 4;                        // camel: 1 to 64
  double cut = -1e300;                                // camel_back
  bool optimal_prior = true;                          // alpha_i = g_i / sum_j g_j; else 1 / channels
  std::vector<std::string> channels{"ring", "line"};  // crossed_ring
  std::string library{};
  bool symmetric_angles = false;  // higgs_four_leptons: Angles of nested_decay.h
  double cost = 1;                // of a call of the library, microseconds
};

// RequestError for a name, dimension, channel, parameter or library that is not there.
std::unique_ptr<Integrand> make_named_integrand(const IntegrandRequest& request, const Parameters& parameters);

}  // namespace thalweg
