// Units: c = hbar = 1, everything in GeV and its powers; cross sections are shown in pb.
#pragma once

#include <numbers>

namespace thalweg {

// (hbar c)^2 in pb GeV^2: 1 GeV^-2 = 0.3893793656e9 pb (PDG constants after the 2019 SI).
inline constexpr double kPicobarnPerInverseGeV2 = 0.3893793656e9;
inline constexpr double kPi = std::numbers::pi;

}  // namespace thalweg
