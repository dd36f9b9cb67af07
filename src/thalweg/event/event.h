// Event records in the Les Houches convention (hep-ph/0109068, hep-ph/0609017), and what a file says of
// the run that made it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace thalweg {

struct EventParticle {
  int pdg = 0;
  int status = 0;                               // -1 incoming, 1 outgoing, 2 intermediate
  std::array<int, 2> mothers{0, 0};             // 1-based
  std::array<int, 2> colours{0, 0};             // from 501
  double px = 0, py = 0, pz = 0, e = 0, m = 0;  // GeV
  double lifetime = 0;
  double spin = 9;  // helicity; 9: unknown
};

struct Event {
  int process_id = 1;
  double weight = 0;  // pb; see EventFileInfo for what their sum means
  double scale = 0;   // GeV, factorisation scale
  double renormalization_scale = 0;
  double alpha_em = 0, alpha_s = 0;
  double trials = 1;  // since the event before, this one included
  int channel = -1;   // integration channel; -1 unknown
  std::vector<EventParticle> particles;
  std::vector<double> variations;  // weights with other scales or parton densities, those of EventFileInfo
};

// A weight beside the nominal one: factors of the scales, the LHAPDF id of the densities. Names follow SciPost Phys.
// Core 6, 007: MUR=0.5_MUF=1.0_PDF=331900.
struct WeightVariation {
  double mu_r = 1, mu_f = 1;
  int pdf_id = 0;
  int member = 0;
  std::string name() const;
};

// The run behind a file of events.
struct EventFileInfo {
  std::string process;
  std::array<int, 2> beam_pdg{2212, 2212};
  std::array<double, 2> beam_energy{0, 0};  // GeV
  std::array<int, 2> pdf_id{0, 0};          // LHAPDF ids; 0: none or unknown
  double cross_section = 0, error = 0;      // pb (decays: GeV)
  double largest_weight = 0;
  std::uint64_t events = 0;
  std::size_t legs = 4;  // particles of an event
  double sum_trials = 0;
  std::uint64_t seed = 0;
  std::vector<WeightVariation> variations{};
  std::string card{}, slha{};  // texts for the header
};

}  // namespace thalweg
