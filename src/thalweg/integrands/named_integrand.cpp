#include "thalweg/integrands/named_integrand.h"

#include "thalweg/integrands/higgs_four_leptons.h"
#include "thalweg/integrands/scalar_three_body.h"
#include "thalweg/integrands/toys.h"

namespace thalweg {

std::unique_ptr<Integrand> make_named_integrand(const IntegrandRequest& request, const Parameters& parameters) {
  if (request.name == "higgs_four_leptons")
    return std::make_unique<HiggsFourLeptons>(parameters,
                                              request.symmetric_angles ? Angles::symmetric : Angles::frames);
  if (request.name == "scalar_three_body") return std::make_unique<ScalarThreeBody>();
  return make_toy(request);
}

}  // namespace thalweg
