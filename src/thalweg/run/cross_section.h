// The differential cross section of a run card as an integrand: sub-processes, amplitudes, parton
// densities, cuts and channels put together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/amplitude/plugin.h"
#include "thalweg/event/event_source.h"
#include "thalweg/kinematics/cuts.h"
#include "thalweg/parton/pdf.h"
#include "thalweg/phasespace/channel_set.h"
#include "thalweg/run/card.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

// Hadrons: d sigma = sum_ab f_a(x_a) f_b(x_b) / (2 s_hat) <|M_ab|^2> dPhi dx_a dx_b in pb; partons: with the
// flux 1/(4 |p| sqrt(s)), averaged over nothing but the sub-process named; decays: d Gamma in GeV.
//
// Prior channel weights: diagrams    alpha_i = sum_ab f f |M_i|^2 / sum_j (the same)      (thesis, 2.56)
//                        propagators alpha_i = P_i / sum_j P_j, P_i = prod 1/|q^2 - m^2 + i m Gamma|^2   (2.60)
//                        sherpa      alpha_i = g_i / sum_j g_j                            (2.63, beta_i equal)
//
// Sub-processes are summed at every point, or separate: then each set of them with one amplitude is a part with
// channels of its own, and a point costs one amplitude instead of all (RunCard::sub_processes).
class CrossSection : public Integrand, public EventSource {
 public:
  // RequestError for everything about the card that can be known before sampling.
  explicit CrossSection(const RunCard& card);

  std::size_t dim() const override;
  std::size_t channels() const override { return slots_.size(); }
  std::size_t maps() const override { return maps_; }
  std::size_t map_of(std::size_t channel) const override { return slots_[channel].map; }
  std::size_t parts() const override { return parts_.size(); }
  ChannelPart part_of(std::size_t channel) const override {
    const Part& part = parts_[slots_[channel].part];
    return {slots_[channel].part, part.first, part.size};
  }
  std::string channel_name(std::size_t channel) const override;
  // Floating-point operations of the amplitudes, two look-ups of parton densities, and the maps.
  double cost(std::size_t channel) const override;
  // FLOP of the amplitudes at a point, mean over channels.
  double amplitude_flops() const;
  void use(Precision precision) { precision_ = precision; }
  // The share of amplitudes at random points of the channels that mixed precision leaves to double (evaluator.h).
  double left_to_double(std::uint64_t seed) const;
  // Features: log(pT/GeV), pseudorapidity and azimuth of the final particles (thesis, Tab. A.6), and the logarithm of
  // their mass, on which resonances depend.
  std::size_t features() const override { return channels() > 1 ? 3 * final_legs_ + 1 : 0; }
  void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const override;
  // Scales that are none, alpha_s beyond the Landau pole, and what lies outside of the grid of the densities.
  std::vector<Mark> marks() const override { return marks_; }

  // Record: sub-process (-1 - sub-process: with beams exchanged), x_a, x_b, mu_F, mu_R, alpha_s, helicity
  // configuration, colour flow (see EventChoice), momenta of the final particles.
  std::size_t record_size() const override { return kRecordHead + 4 * final_legs_; }
  Event to_event(std::span<const double> record) const override;
  EventFileInfo file_info() const override;
  void add_variations(const std::vector<std::span<const double>>& records, std::span<Event> events) const override;

  const std::vector<DiagramSet>& diagrams() const { return sets_; }
  bool has_lab_channels() const { return has_lab_channels_; }
  const std::vector<std::string>& notes() const { return notes_; }  // for the log: what had to be assumed
  std::string unit() const override { return beams_.kind == Beams::Kind::decay ? "GeV" : "pb"; }

 private:
  static constexpr std::size_t kRecordHead = 8;
  // ns per point, of one core: of the maps for each coordinate; of a cut on one particle and on the distance of two; of
  // the weight of another channel of the part (propagators; densities).
  static constexpr double kCoordinateCost = 60, kDensitiesCost = 75, kCutCost = 30, kDistanceCost = 60;
  static constexpr double kPropagatorsCost = 15, kDensityCost = 80;
  // FLOP a nanosecond: half of what one core with 512-bit vectors reaches for t t~ + gluons (75 to 110).
  static constexpr double kAmplitudeRate = 45;
  static constexpr double kSeparateFrom = 110;  // cost of amplitudes, ns: about a third of the rest
  double cuts_cost() const;
  // Sub-processes with equal amplitudes, evaluated once.
  struct Group {
    AmplitudeProgram program;
    std::optional<SingleDiagrams> single;    // where channel weights ask for |M_d|^2
    std::vector<std::size_t> channel_of;     // of each diagram
    std::vector<std::size_t> sub_processes;  // indices into sets_
  };
  // What the points of one channel are weights of: all groups, or one.
  struct Part {
    std::vector<std::size_t> groups, sub_processes;       // indices into groups_, sets_
    std::size_t first = 0, size = 0;                      // of slots_
    std::shared_ptr<const PdfEvaluator> densities;        // of hadrons; parts with the same flavours share one
    std::vector<std::array<std::size_t, 2>> flavour_row;  // of each of sub_processes in densities
  };
  // A channel of the integrand.
  struct Slot {
    std::size_t part, channel, map;  // indices into parts_, channels_
  };
  // Points that pass the cuts, in dense arrays.
  struct Survivors {
    std::size_t count = 0;
    std::size_t amplitudes = 0, left = 0;  // evaluated; of them what mixed precision left to double
    std::span<std::size_t> index;          // into the batch
    PhaseSpacePoints points;
    std::span<double> mu_f, mu_r, alpha_s;
    std::span<std::uint8_t> marks;
    std::span<double> pick;  // empty unless records are wanted
    const Part* part = nullptr;
    Batch contributions;                                       // by sub-process of the part
    Batch luminosity;                                          // by group of the part
    std::vector<std::span<std::int32_t>> configuration, flow;  // by group of the part
    std::span<double> weight;
  };
  void join_mirror_images();
  void group_amplitudes(const Parameters& parameters, const std::vector<Vertex>& vertices);
  void make_parts(SubProcesses wanted);
  void add_part(const std::vector<std::size_t>& groups);
  double flops_of(const std::vector<std::size_t>& groups) const;
  double amplitude_cost(const std::vector<std::size_t>& groups) const;  // ns a point
  void resolve_cuts(const RunCard& card, const Multiparticles& multiparticles);
  std::vector<int> neutrinos() const;
  void refuse_balanced(const Cut& cut, const std::string& text) const;
  void declare_variations(const RunCard& card);
  void scale_group(const Group& group, const std::vector<std::size_t>& which,
                   const std::vector<std::span<const double>>& records, const Batch& ratios, Arena& arena) const;
  std::shared_ptr<const PdfEvaluator> densities_of(const std::vector<std::size_t>& sub_processes,
                                                   std::vector<std::array<std::size_t, 2>>& flavour_row) const;
  void load_set(const RunCard& card);
  void declare_marks();
  void check_fixed_scales() const;
  static GridRules continued(GridRules rules);
  CutBounds cut_bounds() const;
  Survivors compute(std::size_t channel, const Batch& points, std::span<const double> pick, Arena& arena) const;
  void select(const PhaseSpacePoints& all, Survivors& s, Arena& arena) const;
  void scales(Survivors& s, Arena& arena) const;
  void amplitudes(Survivors& s, Arena& arena) const;
  void squared_amplitude(const Group& group, const AmplitudeInput& in, Survivors& s, std::span<double> me2,
                         Arena& arena) const;
  void diagram_weights(const Survivors& s, std::size_t first, std::span<const std::size_t> slots, const Batch& prior,
                       Arena& arena) const;
  void prior_weights(const Survivors& s, std::size_t first, std::span<const std::size_t> slots, const Batch& prior,
                     Arena& arena) const;
  void channel_weights(std::size_t channel, const Survivors& s, const Evaluation& out, Arena& arena) const;
  void write_features(const Survivors& s, const Batch& features, Arena& arena) const;
  // Of a sub-process for an event.
  struct Choice {
    std::size_t row = 0;  // of the contributions
    double place = 0;     // of the random number in its term, [0, 1)
    double factor = 1;    // for the weight
  };
  Choice choose(const Survivors& s, std::size_t i, double pick) const;
  void write_records(const Survivors& s, const Evaluation& out) const;
  double flux(double s_hat) const;

  Model model_;
  ProcessDefinition definition_;
  std::vector<DiagramSet> sets_;
  std::vector<std::uint8_t> mirrored_;  // of each: whether it stands for itself with beams exchanged, too
  std::vector<Group> groups_;
  std::vector<std::size_t> group_of_;  // of each sub-process
  std::vector<Part> parts_;
  std::vector<Slot> slots_;
  std::size_t maps_ = 0;
  std::unique_ptr<const PluginAmplitude> plugin_;  // instead of our own |M|^2
  Precision precision_ = Precision::full;
  std::optional<ChannelSet> channels_;
  Beams beams_;
  Cuts cuts_;
  ChannelWeights weights_;
  Expression factorization_, renormalization_;
  std::optional<AlphaS> alpha_s_;  // where it runs
  double alpha_s_fixed_ = 0, alpha_em_ = 0;
  std::vector<std::string> notes_;
  // Places in marks_; the first three alone without densities.
  enum MarkPlace { kFactorization, kRenormalization, kAlphaS, kBelowGrid, kAboveGrid, kOutsideX, kBelowTable };
  std::vector<Mark> marks_;
  bool couples_ = false;                                  // |M|^2 depends on alpha_s
  std::uint8_t undefined_ = 0;                            // of which points have no weight
  double q_min_ = 0, q_max_ = 0, x_min_ = 0, x_max_ = 0;  // of the grid
  bool has_lab_channels_ = false;
  std::size_t final_legs_ = 2, first_final_ = 2;
  std::vector<int> leg_order_;               // 0, 1, ...
  std::vector<std::vector<double>> masses_;  // of each sub-process
  std::shared_ptr<const PdfSet> pdf_;
  std::vector<WeightVariation> variations_;
  // For these, of all flavours:
  std::shared_ptr<const PdfEvaluator> densities_;
  std::vector<PdfEvaluator> member_densities_;           // of the variations that have one
  std::vector<std::array<std::size_t, 2>> flavour_row_;  // of each sub-process in densities_
};

}  // namespace thalweg
